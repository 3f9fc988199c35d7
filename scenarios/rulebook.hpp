// Appraisal rules as one dated table, a column an edition; discounting and weights that follow
// from it.
#pragma once
#include <Eigen/Dense>
#include <optional>
#include <string>
#include <vector>

namespace spillway::scenarios {

/// One cell: a value with its source, or empty where nobody has sourced it.
struct RuleCell {
  std::optional<double> value;
  std::string source;  ///< [S] read in the source; [K] general knowledge, unverified; empty cells say why
};

/// One rule, a cell an edition in the order of rulebooks().
struct RuleRow {
  std::string key, unit, description;
  std::vector<RuleCell> cells;
};

/// An edition of the rules.
struct Rulebook {
  std::string name, title, published;
  std::size_t column = 0;  ///< of RuleRow::cells
};

/// Editions, oldest first; the last is in force.
const std::vector<Rulebook>& rulebooks();
const Rulebook& rulebook_in_force();
/// @throws InputError  unknown; names the nearest and lists all
const Rulebook& rulebook(const std::string& name);

/// The table: every rule of every edition.
const std::vector<RuleRow>& rule_table();
const RuleCell& rule_cell(const Rulebook& rulebook, const std::string& key);
/// A value that the appraisal needs. @throws InputError  the edition's cell is empty; says why and what to do
double rule(const Rulebook& rulebook, const std::string& key);

/// The year whose pounds the rules' value of a point of life satisfaction is in.
constexpr int wellby_price_year = 2019;

/// Which schedule of rates discounts a line.
enum class DiscountSchedule { standard, health, sensitivity, health_sensitivity };

/// Discount factors of `years` whole years: factor(t) = product over s = 1..t of 1 / (1 + r_s), 1 in the base
/// year. Rates step after years 30, 75, 125, 200 and 300 from the base year. Years before the base year are
/// compounded at the first rate.
/// @param first_year  calendar year of the first factor
/// @throws InputError  the edition has no sourced rate for a step that is reached
std::vector<double> discount_factors(const Rulebook& rulebook, int discount_base_year, int first_year,
                                     int years, DiscountSchedule schedule = DiscountSchedule::standard);

/// Present value of a pound a year in each period of `period_years`: the sum of the factors of the years that
/// the period covers.
std::vector<double> period_present_values(const Rulebook& rulebook, int discount_base_year, int first_year,
                                          int periods, double period_years);

/// Classes of optimism bias, and their uplift of capital cost as a share. @throws InputError  unknown class
const std::vector<std::string>& optimism_bias_classes();
double optimism_bias(const Rulebook& rulebook, const std::string& name);

/// Distributional weight (reference / income)^elasticity. @throws InputError  an income not above 0
double distributional_weight(double reference, double income, double elasticity);

/// A department's words for a benefit-cost ratio, worst first, and the rules at which each but the worst
/// begins.
struct ValueForMoney {
  std::string department, source;  ///< source: with its date
  std::vector<std::string> bands, thresholds;
};
const std::vector<ValueForMoney>& value_for_money_words();
/// @throws InputError  no such department
const ValueForMoney& value_for_money_of(const std::string& department);

/// Value-for-money band of a benefit-cost ratio, in the edition's thresholds.
std::string value_for_money_band(const Rulebook& rulebook, const ValueForMoney& words,
                                 double benefit_cost_ratio);
/// Ratios at which the bands above the worst begin, ascending: one fewer than there are bands.
std::vector<double> value_for_money_thresholds(const Rulebook& rulebook, const ValueForMoney& words);

/// Rules on which two editions differ, or that one of them has not sourced.
struct RuleDifference {
  std::string key, unit, description;
  RuleCell first, second;
};
std::vector<RuleDifference> compare_rulebooks(const Rulebook& first, const Rulebook& second);

}  // namespace spillway::scenarios
