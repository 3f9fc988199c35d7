// Appraisal in Green Book terms: what a scenario is worth, to whom, and how sure that is. Pure functions of
// draws.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/outcome/outcome.hpp"
#include "scenarios/rulebook.hpp"

namespace spillway::scenarios {

/// A part of the nation with its gain; groups do not overlap and cover the nation (area types, for example).
struct AppraisalGroup {
  std::string name;
  double population = 0.0;
  double income_per_head = 0.0;  ///< mean of the income column; used by distributional weights
  Eigen::MatrixXd
      gva;  ///< draws x periods: GVA gained in each period, GBP of the price base year, undiscounted
};

/// GBP of GVA gained in each period by a group, from the group's mean growth and uplift of growth:
/// n GVA_0 (exp(sum (y0 + u)) - exp(sum y0)), n years a period. Means are GVA-weighted; the spread of growth
/// within the group is left out, an error of second order in u.
/// @param uplift  draws x periods, uplift of growth a period (the aggregate outcome `uplift` of the group)
/// @param growth  y0 of the group, growth a period
Eigen::MatrixXd gva_gain(const Eigen::MatrixXd& uplift, double gva, double growth, double period_years);

/// Where the money of a scenario stands, draw by draw.
struct AppraisalInputs {
  std::string scenario;
  std::vector<AppraisalGroup> groups;
  std::string target;                      ///< the group that the policy is for: the local column
  std::optional<AppraisalGroup> own = {};  ///< that group, where it is none of `groups` but cuts across them
  double median_income =
      0.0;               ///< of residents: half live in areas of at most that income; 0: no income column
  Eigen::MatrixXd cost;  ///< draws x periods, GBP of the price base year, undiscounted
  Eigen::MatrixXd later_cost =
      {};  ///< draws x periods after the horizon: what the programme spends only then
  double period_years = 1.0;
  std::string no_gva;                      ///< why there is no GVA to count; empty: there is
  std::vector<std::string> notes;          ///< what a reader must know of the money, from the lever
  std::vector<std::string> not_monetised;  ///< significant effects without a value: row G

  /// The group that the policy is for; null: there is none of that name.
  const AppraisalGroup* local() const;
};

/// What the inputs of an appraisal are made from, beside a scenario's outcome.
struct AppraisalSource {
  std::string scenario;
  std::string grouping = "area_type";           ///< one group an appraisal group
  std::string target = "doubly_disadvantaged";  ///< a group of the grouping; empty: the first
  std::string target_grouping = {};             ///< the grouping that target is a group of; empty: `grouping`
  Eigen::VectorXd population,
      gva;                     ///< by area; gva in GBP of the price base year, empty where the pack has none
  Eigen::VectorXd income;      ///< by area; empty: no income column
  Eigen::MatrixXd cost;        ///< draws x periods
  Eigen::MatrixXd later_cost;  ///< draws x periods after the horizon; empty: none
  double period_years = 1.0;
  bool outcome_is_gva_growth = true;
};

/// Areas that are in no group of a grouping, as a group of their own.
constexpr const char* elsewhere_name = "elsewhere";

/// The inputs of an appraisal from a scenario's aggregates: one group of the grouping each and, where areas
/// are in none, one of those (from the nation's uplift less the groups'), its GVA gained from `uplift` in
/// every period (gva_gain), its income the mean of its residents'. Where the outcome is not GVA growth, or
/// there is no GVA, no GVA is counted and `no_gva` says why.
/// @throws InputError  the outcome keeps no `uplift` by area_type
AppraisalInputs appraisal_inputs(const AppraisalSource& source, const ScenarioOutcome& outcome,
                                 const OutcomePlan& plan);

enum class Switch { off, on };

/// Which row of the appraisal summary table a line counts in: A, or C (other quantified impacts, less firmly
/// known).
enum class Firmness { initial, adjusted };

/// What is known of a line of benefits before any scenario: its name, what it is worth, and its source.
struct BenefitRule {
  std::string name, unit, description;
  Firmness firmness = Firmness::adjusted;
  std::string overlaps;  ///< a line that already contains it: never both on
  bool health = false;   ///< discounted at the health schedule where the settings say so
};
/// Every line there is. gva: GVA times its welfare share. <x>_per_pound: GBP of benefit per GBP of public
/// cost, over benefit_years; fiscal_per_pound is the Exchequer's and no benefit. wellbeing_points: points of
/// life satisfaction of the target group, valued by wellby_value.
const std::vector<BenefitRule>& benefit_rules();

/// How to appraise.
struct AppraisalSettings {
  std::string rulebook = "green-book-2026";
  int price_base_year = 2024, discount_base_year = 2026, first_year = 2026, appraisal_years = 10;
  std::string reference_option = "business_as_usual";
  std::string optimism_bias_class;  ///< "": none, said so
  double capital_share = 0.0;       ///< share of cost that is capital: CDEL, and what the bias is of, [0, 1]
  double residual_persistence =
      0.0;  ///< share of the last period's gain kept each year after the horizon, [0, 1]
  Switch distributional_weights = Switch::off;
  Switch lower_rate = Switch::off;   ///< discount at the sensitivity schedule
  Switch health_rate = Switch::off;  ///< discount lines of health and wellbeing at the health schedule
  std::string department = "dft";    ///< whose value-for-money words
  std::vector<double> envelope;      ///< GBP a year from the first: what can be afforded; empty: not asked
  /// Values a draw: gva_welfare_share, gva_additional_share, benefit_years, wellby_value, fiscal_per_pound,
  /// cashable_share, ame_share, and a line's own name.
  std::map<std::string, Eigen::VectorXd> values;
  std::map<std::string, std::string> sources;
  Switch gva = Switch::on;
  Switch switching = Switch::on;  ///< search switching values: most of an appraisal's time
};

/// Settings of a run, with [appraisal.benefits] sampled: a line is on where its value is given, `gva = false`
/// turns GVA off.
///
/// Nationally, local GVA is not additional unless gva_additional_share says so with its source (MHCLG's
/// stance since 2016).
/// @throws InputError  an unknown rulebook, class or line (nearest named); a value out of range; a line
/// beside another
///                     that contains it; a price base year without a deflator, where one is needed
AppraisalSettings appraisal_settings(const RunConfig& config, long draws);

/// Of what the Exchequer gets back nothing is estimated: which figures it is, and whose. Needs
/// `fiscal_per_pound`.
std::string assumed_return(const AppraisalSettings& settings);

/// Present value of GBP 1 that comes in each period, spread evenly over its years, in pounds of the price
/// base year: what appraise() makes of a period's amount. Residual effects of the last period are in it.
Eigen::VectorXd present_value_of_periods(const AppraisalSettings& settings, int periods, double period_years);

/// P10, P50 and P90; NaN where there are no draws.
struct Percentiles {
  double p10, p50, p90;
};
/// Type 7 of Hyndman & Fan (1996), finite draws only.
Percentiles percentiles(const Eigen::VectorXd& draws);

/// One line of benefits in present value: GBP of the price base year, by draw.
struct BenefitLine {
  std::string name, source;
  Firmness firmness = Firmness::initial;
  Eigen::VectorXd local, national, weighted;  ///< weighted: empty where weights are off
};

/// One column of the appraisal: local, national, or nationally weighted.
struct AppraisalColumn {
  std::string name;
  Eigen::VectorXd benefits;                   ///< A
  Eigen::VectorXd other;                      ///< C
  Eigen::VectorXd npsv;                       ///< A - B + C
  Eigen::VectorXd initial_bcr, adjusted_bcr;  ///< A / B, (A + C) / B; NaN in a draw whose cost is not above 0
  double bcr_above_one = 0.0, bcr_above_two = 0.0;  ///< P of the adjusted ratio; NaN where it does not exist
  std::string band;                ///< of the median adjusted ratio; empty where it does not exist
  std::vector<double> band_share;  ///< share of draws in each of value_for_money_bands(); empty likewise
};

/// GVA gained by one group in present value, times its welfare share and before any cost: GBP of the price
/// base year.
struct PlaceGain {
  std::string name;
  double population = 0.0;
  Eigen::VectorXd gva;  ///< by draw
};

/// By how much one thing must change for the median to cross a threshold, on the same draws.
struct SwitchingValue {
  std::string what;              ///< "all benefits", "costs", "line gva", "flat discount rate"
  std::string threshold;         ///< "median NPSV = 0"
  std::optional<double> value;   ///< factor on what it is, or a rate; none: no root in the range searched, or
                                 ///< only where costs vanish
  double low = 0.0, high = 0.0;  ///< range searched
};

/// What one year means for the Exchequer, by draw: GBP of the price base year, undiscounted, no optimism
/// bias.
struct ExchequerYear {
  int year = 0;
  Eigen::VectorXd rdel, cdel;  ///< what departments spend: revenue and capital
  Eigen::VectorXd ame_saved;   ///< benefits no longer paid; with receipts all that the money brings back
  Eigen::VectorXd receipts;    ///< taxes gained
  Eigen::VectorXd cashable;    ///< of what comes back, what can be taken out of a budget

  Eigen::VectorXd spent() const { return rdel + cdel; }
  Eigen::VectorXd net() const { return spent() - ame_saved - receipts; }
};

/// The Exchequer's view: transfers between it and people are no benefit to society and stand here alone.
struct Exchequer {
  std::vector<ExchequerYear> years;
  Eigen::VectorXd returned;  ///< present value of what comes back over that of what is spent; NaN without
  Eigen::VectorXd present_value_net;                           ///< of net cost
  bool fiscal = false, split = false, cashable_known = false;  ///< whether the figures were given
  std::string assumed;  ///< what comes back is, and whose figures it rests on; empty: nothing comes back
  std::vector<double> within;  ///< by year, share of draws in which spending is within the envelope
};

struct AppraisalResult {
  std::string scenario;
  AppraisalSettings settings;
  Eigen::VectorXd present_value_costs;  ///< B, with optimism bias
  Eigen::VectorXd financial_costs;      ///< J: undiscounted, without optimism bias, all of the programme
  Eigen::VectorXd
      later_costs;  ///< of J, what is spent after the scenario's horizon: in B too, without a benefit
  Eigen::VectorXd costs_left_out;  ///< of J, what is spent after the years appraised and is not in B
  AppraisalColumn local, national;
  std::optional<AppraisalColumn> weighted;
  std::vector<BenefitLine> lines;
  Exchequer exchequer;
  std::vector<PlaceGain> places;          ///< every group, losers too; empty where no GVA is counted
  PlaceGain target;                       ///< whom the local column is for; no gva where none is counted
  std::vector<SwitchingValue> switching;  ///< of the national column
  std::string bcr_reason;                 ///< why no ratio exists; empty: it does
  std::map<std::string, double> weights;  ///< distributional weight of each group, where on
  std::vector<std::string> notes;         ///< bases, years, bias, what is off and why
  std::vector<std::string> not_monetised;

  // The headline is the national column: what the contract stores.
  Eigen::VectorXd present_value_benefits() const { return national.benefits + national.other; }
  const Eigen::VectorXd& npsv() const { return national.npsv; }
  const Eigen::VectorXd& bcr() const { return national.adjusted_bcr; }
};

/// @throws InputError  groups or costs of different draws or periods; no such target group; settings out of
/// range
AppraisalResult appraise(const AppraisalInputs& inputs, const AppraisalSettings& settings);

/// A root of `f` on [low, high] by bisection to 1e-12 of the range; none where the ends have the same sign.
std::optional<double> root(const std::function<double(double)>& f, double low, double high);

/// A row of the appraisal summary table (MHCLG Appraisal Guide, rows A to L [K, unverified against the 4th
/// edition]).
struct SummaryRow {
  char letter;
  std::string title, local, national, note;
};
std::vector<SummaryRow> appraisal_summary(const AppraisalResult& result);
/// What the years mean for the Exchequer, as text.
std::string exchequer_table(const AppraisalResult& result);
/// The table as text, with the bases it rests on and the edition of the rules.
std::string appraisal_table(const AppraisalResult& result);

/// The same scenario under two rulebooks: rules that differ, then headlines side by side, as text.
std::string appraisal_difference(const AppraisalInputs& inputs, const AppraisalSettings& settings,
                                 const std::string& first, const std::string& second);

}  // namespace spillway::scenarios
