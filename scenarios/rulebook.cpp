#include "scenarios/rulebook.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/error.hpp"

namespace spillway::scenarios {

namespace {

const std::string tag = "TAG forthcoming change, 16 Apr 2026 [S]";
const std::string terms = "HM Treasury, review of discounting: terms of reference, 16 Dec 2025 [S]";
const std::string reduced =
    "HM Treasury, The Green Book, text of 2018 to 2022, A6.20 to A6.21 and table 8 [S]";
const std::string extdata = "tables of the R package greenbook 0.1.1 [S]";
const std::string mott = "Mott MacDonald 2002, in the tables of the R package greenbook 0.1.1 [S]";

/// One value in both editions.
std::vector<RuleCell> both(double value, const std::string& source) {
  return {{value, source}, {value, source}};
}

/// One schedule of rates. Of `old_known` steps the older edition's text is known to have the rate too.
std::vector<RuleRow> steps(const std::string& key, const std::string& description,
                           const std::vector<double>& rates, std::size_t old_known,
                           const std::string& old_source, const std::string& new_source) {
  constexpr std::array<const char*, 6> years = {"0-30",    "31-75",   "76-125",
                                                "126-200", "201-300", "301 and over"};
  std::vector<RuleRow> rows;
  for (std::size_t k = 0; k < years.size(); ++k) {
    const RuleCell none{std::nullopt, "not in our sources"};
    rows.push_back({fmt::format("{}_{}", key, k),
                    "share a year",
                    fmt::format("{}, years {}", description, years[k]),
                    {k < old_known ? RuleCell{rates[k], old_source} : none,
                     k < rates.size() ? RuleCell{rates[k], new_source} : none}});
  }
  return rows;
}

std::vector<RuleRow> made_table() {
  std::vector<RuleRow> rows;
  const auto append = [&](const std::vector<RuleRow>& more) {
    rows.insert(rows.end(), more.begin(), more.end());
  };
  append(steps("stpr", "social time preference rate", {0.035, 0.030, 0.025, 0.020, 0.015, 0.010}, 6,
               tag + ": the standard rates, not marked as new; 3.5, 3.0 and 2.5% also in " + terms, tag));
  append(steps("stpr_health", "rate for health effects", {0.015, 0.0129, 0.0107, 0.0086, 0.0064, 0.0043}, 6,
               tag + ": not marked as new", tag));
  append(steps("stpr_sensitivity",
               "lower rate, sensitivity test beyond 50 years (pure time preference removed)",
               {0.030, 0.0257, 0.0214, 0.0171, 0.0129, 0.0086}, 3, reduced, tag));
  append(steps("stpr_health_sensitivity", "lower rate for health effects, sensitivity test beyond 50 years",
               {0.0100, 0.0086, 0.0071}, 3, reduced, reduced));
  const std::string anatomy = terms;
  rows.push_back(
      {"pure_time_preference", "share a year", "delta of STPR = delta + L + mu g", both(0.005, anatomy)});
  rows.push_back(
      {"risk_allowance", "share a year", "L: catastrophic and systemic risk", both(0.010, anatomy)});
  rows.push_back({"marginal_utility", "ratio", "mu: elasticity of the marginal utility of consumption",
                  both(1.0, anatomy)});
  rows.push_back(
      {"consumption_growth", "share a year", "g: growth of consumption per head", both(0.020, anatomy)});
  rows.push_back(
      {"excess_tax_burden",
       "share of cost",
       "marginal excess tax burden added to public cost",
       {{std::nullopt, "not in our sources"}, {0.0, "do not add: NEWS of the R package greenbook [S]"}}});
  const auto bias = [&](const char* key, const char* words, double capital, double duration) {
    rows.push_back({fmt::format("optimism_bias_{}", key), "share of capital cost",
                    fmt::format("upper bound, {}", words), both(capital, mott)});
    rows.push_back({fmt::format("optimism_duration_{}", key), "share of works' duration",
                    fmt::format("upper bound, {}", words), both(duration, mott)});
  };
  bias("standard_buildings", "standard buildings", 0.24, 0.04);
  bias("non_standard_buildings", "non-standard buildings", 0.51, 0.39);
  bias("standard_civil", "standard civil engineering", 0.44, 0.20);
  bias("non_standard_civil", "non-standard civil engineering", 0.66, 0.25);
  bias("equipment", "equipment and development", 2.00, 0.54);
  bias("outsourcing", "outsourcing", 0.41, 0.15);
  rows.push_back({"distributional_elasticity",
                  "ratio",
                  "weight = (reference income / income)^this",
                  {{1.3, "[K, unverified for this edition]"}, {1.3, extdata}}});
  rows.push_back({"distributional_elasticity_low",
                  "ratio",
                  "sensitivity",
                  {{std::nullopt, "not in our sources"}, {0.8, extdata}}});
  rows.push_back({"distributional_elasticity_high",
                  "ratio",
                  "sensitivity",
                  {{std::nullopt, "not in our sources"}, {2.0, extdata}}});
  rows.push_back(
      {"wellby_low", "GBP of 2019", "a point of life satisfaction for a year, low", both(10000.0, extdata)});
  rows.push_back(
      {"wellby", "GBP of 2019", "a point of life satisfaction for a year", both(13000.0, extdata)});
  rows.push_back({"wellby_high", "GBP of 2019", "a point of life satisfaction for a year, high",
                  both(16000.0, extdata)});
  const std::string older = "DfT, guidance on value for money [S, older edition]",
                    known = "DfT, Value for Money Framework [K, unverified]",
                    acceptable =
                        "DCLG Appraisal Guide 2016, by the guidance of BLRF2 round 1, July 2022: low or "
                        "acceptable from 1.0 [S]",
                    unread =
                        "DCLG Appraisal Guide 2016 [K, unverified]; the metrics of the fourth edition "
                        "(18 February 2026) are not read";
  rows.push_back({"band_dft_poor", "ratio", "DfT: poor from", both(0.0, known)});
  rows.push_back({"band_dft_low", "ratio", "DfT: low from", both(1.0, older)});
  rows.push_back({"band_dft_medium", "ratio", "DfT: medium from", both(1.5, older)});
  rows.push_back({"band_dft_high", "ratio", "DfT: high from", both(2.0, older)});
  rows.push_back({"band_dft_very_high", "ratio", "DfT: very high from", both(4.0, known)});
  rows.push_back({"band_mhclg_acceptable", "ratio", "MHCLG: acceptable from", both(1.0, acceptable)});
  rows.push_back({"band_mhclg_high", "ratio", "MHCLG: high from", both(2.0, unread)});
  return rows;
}

const char* schedule_key(DiscountSchedule schedule) {
  switch (schedule) {
    case DiscountSchedule::standard:
      return "stpr";
    case DiscountSchedule::health:
      return "stpr_health";
    case DiscountSchedule::sensitivity:
      return "stpr_sensitivity";
    case DiscountSchedule::health_sensitivity:
      return "stpr_health_sensitivity";
  }
  return "";
}

}  // namespace

const std::vector<Rulebook>& rulebooks() {
  static const std::vector<Rulebook> editions = {
      {"green-book-2022", "HM Treasury, The Green Book, edition of 2022", "2022", 0},
      {"green-book-2026", "HM Treasury, The Green Book, edition of February 2026", "2026-02", 1},
  };
  return editions;
}

const Rulebook& rulebook_in_force() { return rulebooks().back(); }

const Rulebook& rulebook(const std::string& name) {
  std::vector<std::string> names;
  for (const Rulebook& edition : rulebooks()) {
    if (edition.name == name) return edition;
    names.push_back(edition.name);
  }
  const std::string near = nearest_word(name, names);
  throw InputError(fmt::format("no rulebook '{}'{}; the rulebooks are {}", name,
                               near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                               fmt::join(names, ", ")));
}

const std::vector<RuleRow>& rule_table() {
  static const std::vector<RuleRow> rows = made_table();
  return rows;
}

const RuleCell& rule_cell(const Rulebook& rulebook, const std::string& key) {
  const auto row =
      std::find_if(rule_table().begin(), rule_table().end(), [&](const RuleRow& r) { return r.key == key; });
  if (row == rule_table().end()) throw InputError(fmt::format("no rule '{}' in the rulebooks' table", key));
  return row->cells[rulebook.column];
}

double rule(const Rulebook& rulebook, const std::string& key) {
  const RuleCell& cell = rule_cell(rulebook, key);
  if (!cell.value)
    throw InputError(
        fmt::format("{} has no sourced value of '{}' ({}); use another rulebook or leave out what needs it",
                    rulebook.name, key, cell.source));
  return *cell.value;
}

std::vector<double> discount_factors(const Rulebook& rulebook, int discount_base_year, int first_year,
                                     int years, DiscountSchedule schedule) {
  constexpr std::array<int, 5> last = {30, 75, 125, 200, 300};
  const auto rate = [&](int year) {
    const auto step = std::lower_bound(last.begin(), last.end(), year) - last.begin();
    return rule(rulebook, fmt::format("{}_{}", schedule_key(schedule), step));
  };
  const int offset = first_year - discount_base_year;
  std::vector<double> factors;
  double factor = 1.0;
  for (int year = -1; year >= offset; --year) factor *= 1.0 + rate(0);
  for (int year = 1; year <= offset; ++year) factor /= 1.0 + rate(year);
  for (int k = 0; k < years; ++k) {
    if (k > 0) {
      const int year = offset + k;
      factor /= 1.0 + rate(std::max(year, 0));
    }
    factors.push_back(factor);
  }
  return factors;
}

std::vector<double> period_present_values(const Rulebook& rulebook, int discount_base_year, int first_year,
                                          int periods, double period_years) {
  const int years = static_cast<int>(std::ceil(periods * period_years - 1e-9));
  const std::vector<double> yearly = discount_factors(rulebook, discount_base_year, first_year, years);
  std::vector<double> values;
  for (int h = 0; h < periods; ++h) {
    const double from = h * period_years, to = (h + 1) * period_years;
    double sum = 0.0;
    for (int k = 0; k < years; ++k)
      sum += std::max(0.0, std::min(to, k + 1.0) - std::max(from, static_cast<double>(k))) *
             yearly[static_cast<std::size_t>(k)];
    values.push_back(sum);
  }
  return values;
}

const std::vector<std::string>& optimism_bias_classes() {
  static const std::vector<std::string> names = {"standard_buildings", "non_standard_buildings",
                                                 "standard_civil",     "non_standard_civil",
                                                 "equipment",          "outsourcing"};
  return names;
}

double optimism_bias(const Rulebook& rulebook, const std::string& name) {
  const std::vector<std::string>& names = optimism_bias_classes();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::string near = nearest_word(name, names);
    throw InputError(fmt::format("no optimism bias class '{}'{}; the classes are {}", name,
                                 near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                                 fmt::join(names, ", ")));
  }
  return rule(rulebook, "optimism_bias_" + name);
}

double distributional_weight(double reference, double income, double elasticity) {
  if (!(reference > 0.0) || !(income > 0.0))
    throw InputError(fmt::format("a distributional weight of income {:g} against {:g} (both must be above 0)",
                                 income, reference));
  return std::pow(reference / income, elasticity);
}

const std::vector<ValueForMoney>& value_for_money_words() {
  static const std::vector<ValueForMoney> all = {
      {"dft",
       "DfT, Value for Money Framework and its update (indicative benefit-cost ratio)",
       {"very poor", "poor", "low", "medium", "high", "very high"},
       {"band_dft_poor", "band_dft_low", "band_dft_medium", "band_dft_high", "band_dft_very_high"}},
      {"mhclg",
       "MHCLG, words of the Appraisal Guide of 2016; those of the fourth edition (18 February 2026) are not "
       "read",
       {"poor", "acceptable", "high"},
       {"band_mhclg_acceptable", "band_mhclg_high"}},
  };
  return all;
}

const ValueForMoney& value_for_money_of(const std::string& department) {
  for (const ValueForMoney& one : value_for_money_words())
    if (one.department == department) return one;
  throw InputError(
      fmt::format("no value-for-money words of '{}' (there are those of dft and mhclg)", department));
}

std::vector<double> value_for_money_thresholds(const Rulebook& rulebook, const ValueForMoney& words) {
  std::vector<double> thresholds;
  for (const std::string& key : words.thresholds) thresholds.push_back(rule(rulebook, key));
  return thresholds;
}

std::string value_for_money_band(const Rulebook& rulebook, const ValueForMoney& words,
                                 double benefit_cost_ratio) {
  std::size_t band = 0;
  for (const double threshold : value_for_money_thresholds(rulebook, words))
    band += benefit_cost_ratio >= threshold;
  return words.bands[band];
}

std::vector<RuleDifference> compare_rulebooks(const Rulebook& first, const Rulebook& second) {
  std::vector<RuleDifference> differences;
  for (const RuleRow& row : rule_table())
    if (row.cells[first.column].value != row.cells[second.column].value)
      differences.push_back(
          {row.key, row.unit, row.description, row.cells[first.column], row.cells[second.column]});
  return differences;
}

}  // namespace spillway::scenarios
