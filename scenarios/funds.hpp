// The funds that levers know by name: amount, profile, extent and until when they run, each with its source;
// and the money of a scenario, however it is said.
#pragma once
#include <string>
#include <vector>

#include "scenarios/lever.hpp"
#include "scenarios/places.hpp"
#include "scenarios/policy_builder.hpp"

namespace spillway::scenarios {

struct Fund {
  std::string name, title;
  double amount;  ///< GBP of price_year, whole programme in England; 0: no sourced figure, ask for it
  double years;   ///< length of the programme; 0: not known
  std::string price_year;       ///< whose prices its amounts are in: "cash", each year's own
  std::string extent;           ///< England | UK | other: only England's amounts are spread over England
  int first_year, valid_until;  ///< calendar years of its first and last pound; 0: not known
  std::vector<double> profile;  ///< GBP m a year, of the whole fund; empty: not published
  double capital_share;         ///< negative: not known
  double places, per_place;     ///< how many places, GBP each; 0: not by place
  std::string source;
};

/// Every fund, in the order of the documentation.
const std::vector<Fund>& funds();

/// A programme of employment_support whose size is published: people helped in all, at a cost for each.
struct HelpProgramme {
  std::string name, title;
  double places, cost_per_place;  ///< people; GBP of price_year
  int price_year;                 ///< calendar year; 0: nominal, of a year that is not published
  std::string runs;
  std::string source;
};
const std::vector<HelpProgramme>& help_programmes();

/// docs/guide/presets.md: every amount that a lever knows by name.
std::string presets_document();

/// Names of all funds, then "custom".
std::vector<std::string> fund_names();

/// What a lever spends where nothing says: explicit amounts, of no fund.
struct MoneyUnlessSaid {
  double amount, years;
  double places;  ///< times amount_per_place is the amount, where a lever spends by place; else 0
  std::string source;
};
const MoneyUnlessSaid& unless_said(const std::string& lever);

/// A column of parameters that a package's budget adds to a lever's: times its own money.
inline const std::string times_of_budget = "times_of_budget";
/// That column; ones where there is no budget.
Eigen::VectorXd of_budget(const Parameters& parameters);

/// Pounds of the whole programme in each draw, public money, before `factor`: what a list of places gives,
/// else the profile's sum, else `amount`, else places times amount_per_place, else the fund's own, else
/// `otherwise`; times what a package's budget makes of it.
///
/// @param listed  pounds of a list; 0: none
/// @throws InputError  a fund without a sourced amount; two of them say different amounts
Eigen::VectorXd fund_amount(const Parameters& parameters, const MoneyUnlessSaid& otherwise,
                            double listed = 0.0);

/// Years of the programme in each draw: of the profile, else `fund_years`, else the fund's, else `otherwise`.
/// @throws InputError  fund_years is another number than the profile's
Eigen::VectorXd fund_years(const Parameters& parameters, const MoneyUnlessSaid& otherwise);

/// Share of the programme's money planned for each year: of `profile`, else the fund's own; empty: even.
std::vector<double> profile_shares(const Parameters& parameters);

/// Calendar years of a fund's own money; of a length that it does not have where `years` says so.
std::vector<int> years_of_money(const Fund& fund, double years);

/// Base-year pounds of the whole plan for a pound of its amount, in each draw, as price_year says. A fund's
/// own amount in cash is of the fund's own years, whenever the policy starts; other cash is of the policy's.
Eigen::VectorXd fund_price(const LeverContext& context, const Parameters& parameters,
                           const MoneyUnlessSaid& otherwise, double listed = 0.0);

/// What is spent in each period for a pound of the amount: draws x periods, pounds of the price base year.
Eigen::MatrixXd fund_delivered(const LeverContext& context, const Parameters& parameters,
                               const MoneyUnlessSaid& otherwise, double listed = 0.0);

/// The same for the periods after the horizon, as delivered_later.
Eigen::MatrixXd fund_delivered_later(const LeverContext& context, const Parameters& parameters,
                                     const MoneyUnlessSaid& otherwise, double listed = 0.0);

/// How many places: `places`, else the fund's, else `otherwise`.
double fund_places(const Parameters& parameters, const MoneyUnlessSaid& otherwise);

/// Parameters fund, amount, price_year, profile, fund_years, match_public, match_private.
/// @param match_private  its default
std::vector<ParameterSpec> fund_parameters(Distribution match_private);

/// What others add is spent like the programme's own money: (1 + match_public + match_private) a pound.
Eigen::VectorXd with_match(const Parameters& parameters);

/// The cost of a programme that spends `public_money` (draws x periods, GBP) itself: its own pounds and
/// public match are public cost; private match is none. A sentence keeps the parts apart.
void add_programme_cost(PolicyBuilder& builder, const Parameters& parameters,
                        const Eigen::MatrixXd& public_money);

/// The same of what it spends after the horizon.
void add_later_programme_cost(PolicyBuilder& builder, const Parameters& parameters,
                              const Eigen::MatrixXd& public_money);

/// Which money, its amount, years, profile, extent and source; a warning where its fund has ended.
void note_fund(PolicyBuilder& builder, const Parameters& parameters, const MoneyUnlessSaid& otherwise,
               const Reached& reached);

/// A sentence where a fund's own amount, which is England's, is spread over areas that are not England by
/// their residents; empty: it fits, or `amount` or a profile is given.
std::string fund_misfit(const Parameters& parameters, const MoneyUnlessSaid& otherwise, double residents);

}  // namespace spillway::scenarios
