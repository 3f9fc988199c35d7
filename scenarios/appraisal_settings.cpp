// [appraisal] of a run as settings, its values sampled.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/base/error.hpp"
#include "engine/draw/distribution.hpp"
#include "engine/policy/prices.hpp"
#include "scenarios/appraisal.hpp"

namespace spillway::scenarios {

AppraisalSettings appraisal_settings(const RunConfig& config, long draws) {
  AppraisalSettings settings;
  settings.rulebook = rulebook(config.rulebook).name;
  settings.price_base_year = config.price_base_year;
  settings.discount_base_year = config.discount_base_year;
  settings.first_year = config.starts_in();
  settings.appraisal_years = config.appraisal_years;
  settings.reference_option = config.reference_option;
  settings.optimism_bias_class = config.optimism_bias_class;
  if (!settings.optimism_bias_class.empty())
    optimism_bias(rulebook(settings.rulebook), settings.optimism_bias_class);
  settings.capital_share = config.capital_share;
  settings.residual_persistence = config.residual_persistence;
  settings.lower_rate = config.lower_rate ? Switch::on : Switch::off;
  settings.health_rate = config.health_rate ? Switch::on : Switch::off;
  settings.department = config.department;
  for (const double million : config.envelope) settings.envelope.push_back(1e6 * million);
  settings.distributional_weights = config.distributional_weights ? Switch::on : Switch::off;

  struct Range {
    const char* name;
    double low, high;
  };
  constexpr double large = 1e6;
  std::vector<Range> ranges = {{"gva_welfare_share", 0.0, 1.0}, {"gva_additional_share", 0.0, 1.0},
                               {"benefit_years", 0.25, 100.0},  {"fiscal_per_pound", -large, large},
                               {"cashable_share", 0.0, 1.0},    {"ame_share", 0.0, 1.0},
                               {"wellby_value", 0.0, large},    {"wellbeing_points", -10.0, 10.0}};
  for (const BenefitRule& known : benefit_rules())
    if (known.name.ends_with("_per_pound")) ranges.push_back({known.name.c_str(), -large, large});
  std::vector<std::string> names = {"gva"};
  for (const Range& range : ranges) names.push_back(range.name);

  std::vector<Fault> faults;
  const auto add = [&](const std::string& key, std::string value, std::string what) {
    Fault fault;
    fault.file = config.file.string();
    const auto found = config.benefits.find(key);
    if (found != config.benefits.end())
      if (const auto* drawn = std::get_if<Distribution>(&found->second)) fault.line = drawn->line;
    fault.column = "appraisal.benefits." + key;
    fault.value = std::move(value);
    fault.what = std::move(what);
    faults.push_back(std::move(fault));
  };
  for (const auto& [key, value] : config.benefits) {
    if (key == "gva") {
      if (const bool* on = std::get_if<bool>(&value))
        settings.gva = *on ? Switch::on : Switch::off;
      else
        add(key, "", "is not true or false; gva = false leaves the line out");
      continue;
    }
    const auto range = std::find_if(ranges.begin(), ranges.end(),
                                    [&, wanted = key](const Range& r) { return wanted == r.name; });
    if (range == ranges.end()) {
      const std::string near = nearest_word(key, names);
      add(key, "",
          fmt::format("no such line of benefits; {}",
                      near.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                   : fmt::format("did you mean '{}'?", near)));
      continue;
    }
    const auto* drawn = std::get_if<Distribution>(&value);
    if (drawn == nullptr) {
      add(key, "", "is not a number or distribution; leave the line out to turn it off");
      continue;
    }
    const std::vector<std::string> wrong = spillway::faults(*drawn);
    for (const std::string& what : wrong) add(key, "", what);
    if (!wrong.empty()) continue;
    const Eigen::VectorXd values = sample({"appraisal." + key}, {*drawn}, {}, draws, config.seed).col(0);
    if (values.minCoeff() < range->low || values.maxCoeff() > range->high) {
      add(key, fmt::format("{:g} to {:g}", values.minCoeff(), values.maxCoeff()),
          fmt::format("is out of range; expected from {:g} to {:g}", range->low, range->high));
      continue;
    }
    settings.values[key] = values;
    settings.sources[key] =
        drawn->date.empty() ? drawn->source : fmt::format("{}, {}", drawn->source, drawn->date);
  }
  for (const BenefitRule& known : benefit_rules()) {
    const bool other =
        known.overlaps == "gva" ? settings.gva == Switch::on : settings.values.contains(known.overlaps);
    if (settings.values.contains(known.name) && other)
      add(known.name, "",
          fmt::format("counts what the line '{}' counts already; turn one of them off", known.overlaps));
  }
  for (const char* part : {"cashable_share", "ame_share"})
    if (settings.values.contains(part) && !settings.values.contains("fiscal_per_pound"))
      add(part, "", "is a share of what fiscal_per_pound brings back, and there is none");
  // Every year that is appraised needs a rate, and an edition that lacks one is told of before anything is
  // run.
  for (const bool health : {false, true}) {
    if (health && !config.health_rate) continue;
    const bool lower = config.lower_rate;
    try {
      discount_factors(rulebook(settings.rulebook), settings.discount_base_year, settings.first_year,
                       settings.appraisal_years,
                       health ? (lower ? DiscountSchedule::health_sensitivity : DiscountSchedule::health)
                              : (lower ? DiscountSchedule::sensitivity : DiscountSchedule::standard));
    } catch (const InputError& error) {
      faults.push_back(fault_of_key(config, "appraisal.appraisal_years",
                                    fmt::format("{}", settings.appraisal_years), error.what()));
    }
  }
  if (!faults.empty()) throw InputError(faults);
  if (settings.values.contains("wellbeing_points") && !settings.values.contains("wellby_value")) {
    const RuleCell& point = rule_cell(rulebook(settings.rulebook), "wellby");
    settings.values["wellby_value"] = Eigen::VectorXd::Constant(
        draws, rule(rulebook(settings.rulebook), "wellby") *
                   deflators(config).ratio(wellby_price_year, config.price_base_year));
    settings.sources["wellby_value"] = point.source;
  }
  return settings;
}

}  // namespace spillway::scenarios
