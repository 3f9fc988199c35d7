// The funds that levers know by name: amount, length and extent, each with its source.
#pragma once
#include <string>
#include <vector>

#include "scenarios/lever.hpp"
#include "scenarios/places.hpp"

namespace spillway::scenarios {

struct Fund {
  std::string name, title;
  double amount;       ///< GBP, nominal, whole programme; 0: no sourced amount for England, ask for it
  double years;        ///< length of the programme
  std::string extent;  ///< England | UK | other: only England's amounts are spread over England
  std::string source;
};

/// Every fund, in the order of the documentation.
const std::vector<Fund>& funds();

/// Names of all funds, then "custom".
std::vector<std::string> fund_names();

/// Amount of the chosen fund in each draw: `amount` where given (above 0), else the fund's.
/// @throws InputError  the fund has no sourced amount for England, or is "custom", and `amount` is 0
Eigen::VectorXd fund_amount(const Parameters& parameters);

/// The pounds that a list of places gives, in each draw. @throws InputError  `amount` says another sum
Eigen::VectorXd listed_amount(const Parameters& parameters, const Reached& reached);
/// One sentence: which list, how much.
std::string listed_note(const Parameters& parameters, const Reached& reached);

/// Years of the chosen fund in each draw: `fund_years` where given (above 0), else the fund's.
/// @throws InputError  the fund is "custom" and fund_years is 0
Eigen::VectorXd fund_years(const Parameters& parameters);

/// Parameters fund, amount, fund_years.
std::vector<ParameterSpec> fund_parameters(const std::string& fallback);

/// A sentence where a fund's own amount, which is England's, is spread over areas that are not England by
/// their residents; empty: it fits, or `amount` is given.
std::string fund_misfit(const Parameters& parameters, double residents);

/// One sentence: which fund, its amount, years, extent, source.
std::string fund_note(const Parameters& parameters);

}  // namespace spillway::scenarios
