#include "scenarios/funds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

const std::vector<Fund>& funds() {
  static const std::vector<Fund> all = {
      {"ukspf_2022_25_england", "UK Shared Prosperity Fund 2022-25", 1.5e9, 3.0, "England",
       "vsnw.org.uk; technical note, 13 Dec 2024 [S]; the UK's whole fund is GBP 2.56bn (report)"},
      {"ukspf_2025_26_england", "UK Shared Prosperity Fund 2025-26", 570.8e6, 1.0, "England",
       "vsnw.org.uk; technical note, 13 Dec 2024 [S]; the UK's GBP 902m"},
      {"pride_in_place", "Pride in Place", 0.0, 10.0, "UK",
       "up to GBP 5bn for 339 places: 244 of up to GBP 20m over 10 years, 95 of GBP 1.5m (gov.uk, 25 Sep "
       "2025; PQ 88594 "
       "[S]); England's part is not in our sources"},
      {"levelling_up_fund", "Levelling Up Fund", 0.0, 3.0, "UK",
       "amount not in our sources; years " + assumption},
      {"local_growth_fund", "Local Growth Fund", 0.0, 10.0, "England",
       "11 mayoral city regions, 2026-27 to 2035-36; quantum not found (PQ 60135; method note, 26 Nov 2025 "
       "[S])"},
      {"cwf_2024_28", "Community Wealth Fund 2024-28", 87.5e6, 4.0, "England",
       "25% of dormant assets (report [S])"},
      {"cwf_as_launched", "Community Wealth Fund as launched", 175e6, 10.0, "England",
       "GBP 87.5m dormant assets and GBP 87.5m Lottery (gov.uk response, 25 Sep 2025; civilsociety.co.uk "
       "[S])"},
      {"cwf_expanded", "Community Wealth Fund, expanded scheme", 225e6, 10.0, "England",
       "25% of nearly GBP 900m (report [S])"},
  };
  return all;
}

std::vector<std::string> fund_names() {
  std::vector<std::string> names;
  for (const Fund& fund : funds()) names.push_back(fund.name);
  names.push_back("custom");
  return names;
}

namespace {
const Fund* chosen(const Parameters& parameters) {
  const std::string& name = parameters.texts.at("fund");
  const auto found =
      std::find_if(funds().begin(), funds().end(), [&](const Fund& fund) { return fund.name == name; });
  return found == funds().end() ? nullptr : &*found;
}
}  // namespace

Eigen::VectorXd fund_amount(const Parameters& parameters) {
  Eigen::VectorXd amount = parameters["amount"];
  const Fund* fund = chosen(parameters);
  if (amount.maxCoeff() > 0.0) return amount;
  if (fund == nullptr)
    throw InputError("fund is 'custom' but no amount is given (set amount in GBP, with its source)");
  if (fund->amount == 0.0)
    throw InputError(
        fmt::format("fund '{}' has no sourced amount for England ({}); set amount in GBP, with its source",
                    fund->name, fund->source));
  return Eigen::VectorXd::Constant(amount.size(), fund->amount);
}

Eigen::VectorXd listed_amount(const Parameters& parameters, const Reached& reached) {
  const auto amount = std::find(parameters.names.begin(), parameters.names.end(), "amount");
  if (amount != parameters.names.end()) {
    const double said = parameters["amount"].mean();
    if (said > 0.0 && std::abs(said - reached.gbp) > 1e-6 * reached.gbp)
      throw refusal("amount", fmt::format("{:g}", said),
                    fmt::format("the list of places gives GBP {:.2f}m in all, this GBP {:.2f}m; leave one of "
                                "them out",
                                reached.gbp / 1e6, said / 1e6));
  }
  return Eigen::VectorXd::Constant(parameters.value.rows(), reached.gbp);
}

std::string listed_note(const Parameters& parameters, const Reached& reached) {
  return fmt::format(
      "Money: GBP {:.1f}m over {:g} years (mean of the draws), as {} gives it; nominal amounts are read as "
      "base-year prices.",
      reached.gbp / 1e6, fund_years(parameters).mean(), reached.name);
}

Eigen::VectorXd fund_years(const Parameters& parameters) {
  Eigen::VectorXd years = parameters["fund_years"];
  if (years.maxCoeff() > 0.0) {
    if (years.minCoeff() <= 0.0)
      throw InputError(fmt::format("fund_years is {:g} in a draw (a programme lasts longer than 0 years)",
                                   years.minCoeff()));
    return years;
  }
  const Fund* fund = chosen(parameters);
  if (fund == nullptr)
    throw InputError("fund is 'custom' but no fund_years is given (set its length in years)");
  return Eigen::VectorXd::Constant(years.size(), fund->years);
}

std::vector<ParameterSpec> fund_parameters(const std::string& fallback) {
  return {
      text("fund", "which fund; its amount, length, extent and source are in docs/guide/levers.md", fallback,
           fund_names()),
      pounds("amount", "whole programme in base-year prices; 0: the fund's own amount",
             point(0.0, "see the funds' table"), 1e12, 1e4),
      number("fund_years", "years", "length of the programme; 0: the fund's own",
             point(0.0, "see the funds' table"), 0.0, 50.0),
  };
}

std::string fund_misfit(const Parameters& parameters, double residents) {
  constexpr double least = 45e6, most = 75e6;  // England has 57 million; the projections of a few decades fit
  const Fund* fund = chosen(parameters);
  if (fund == nullptr || parameters["amount"].maxCoeff() > 0.0 || (residents >= least && residents <= most))
    return "";
  return fmt::format(
      "The fund's GBP {:.4g}m are for England's 57 million residents, and these areas have {:.3g} million: "
      "each "
      "resident gets {:.2g} times as much; set amount to what these areas would get.",
      fund->amount / 1e6, residents / 1e6, 57e6 / residents);
}

std::string fund_note(const Parameters& parameters) {
  const Fund* fund = chosen(parameters);
  return fmt::format(
      "Fund: {}, GBP {:.1f}m over {:g} years (means of the draws), extent {}, source: {}; nominal amounts "
      "are "
      "read as base-year prices.",
      fund == nullptr ? "custom" : fund->title, fund_amount(parameters).mean() / 1e6,
      fund_years(parameters).mean(), fund == nullptr ? "as configured" : fund->extent,
      parameters["amount"].maxCoeff() > 0.0 ? "the configuration" : fund->source);
}

}  // namespace spillway::scenarios
