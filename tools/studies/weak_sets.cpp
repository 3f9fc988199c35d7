#include "tools/studies/weak_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "engine/base/constants.hpp"
#include "engine/base/statistics.hpp"
#include "engine/config/further_outcome.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/json_number.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/stored_config.hpp"
#include "tools/studies/words.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

const StoredEstimate* headline_of(const std::vector<StoredEstimate>& all, const std::string& name) {
  for (const StoredEstimate& one : all)
    if (!one.in_grid && one.estimate.model + "/" + one.estimate.estimator == name) return &one;
  return nullptr;
}

/// Draws of the coefficient that drives a scenario, in the order of its draws; empty: the file has none.
Eigen::VectorXd coefficient_draws(const RunReader& reader, const std::string& scenario,
                                  const std::string& parameter) {
  if (!reader.has("/draws/value")) return {};
  const DrawSet draws = reader.draws();
  const Eigen::Index row = draws.find(parameter);
  if (row < 0) return {};
  const std::vector<int> replicate = reader.replicate_of_draw(scenario);
  Eigen::VectorXd values(static_cast<Eigen::Index>(replicate.size()));
  for (Eigen::Index d = 0; d < values.size(); ++d)
    values[d] = draws.value(row, replicate[static_cast<std::size_t>(d)]);
  return values;
}

/// Why the effect of a scenario is not in proportion to one coefficient; empty: it is.
std::string not_in_proportion(const ScenarioConfig& scenario) {
  const scenarios::ActsThrough acts = scenarios::acts_through(scenario);
  if (!acts.stock) return "no estimate with instruments drives it";
  if (acts.figure)
    return "a sourced figure makes part of its effect beside the estimate, so it is not in proportion to the "
           "coefficient";
  if (acts.dynamics)
    return "it changes how growth spreads beside what it adds, so its effect is not in proportion to the "
           "coefficient";
  if (scenario.spread == "estimated")
    return "two coefficients drive it (an area's own stock and its neighbours'), and a set of one says "
           "nothing "
           "of both; spread = \"propagated\" or \"none\" has one";
  return "";
}

Band of_draws(std::vector<double> values, double level) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  std::sort(values.begin(), values.end());
  return {sorted_quantile(values, 0.5 - 0.5 * level), sorted_quantile(values, 0.5 + 0.5 * level)};
}

/// Cumulative uplift of every group of a grouping.
void add_uplift(const RunReader& reader, const std::string& grouping, const Eigen::VectorXd& b,
                WeakSets& sets) {
  const StoredAggregate stored = reader.aggregate(sets.scenario, "cumulative_uplift", grouping);
  for (std::size_t g = 0; g < stored.groups.size(); ++g) {
    std::vector<double> multiplier, outcome;
    for (long d = 0; d < stored.draws; ++d) {
      const double value = stored.at(d, stored.periods.size() - 1, g);
      outcome.push_back(value);
      if (b[d] != 0.0) multiplier.push_back(value / b[d]);
    }
    const Band band = band_of_rest(std::move(multiplier));
    OutcomeSets one;
    one.outcome = "cumulative_uplift";
    one.grouping = grouping;
    one.group = stored.groups[g];
    one.unit = stored.unit;
    one.anderson_rubin = outcome_set(sets.anderson_rubin, band);
    one.clr = outcome_set(sets.clr, band);
    one.draws = of_draws(std::move(outcome), sets.level);
    sets.outcomes.push_back(std::move(one));
  }
}

/// Ratios of benefits to costs, appraised with the coefficient at the ends of its sets.
void add_ratios(const RunReader& reader, const Eigen::VectorXd& b, WeakSets& sets) {
  const std::string ratio[] = {"bcr_local", "bcr_national"};
  std::vector<OutcomeSets> made(2);
  for (std::size_t k = 0; k < 2; ++k) made[k] = {ratio[k], "", "", "1", {}, {}, {nan, nan}, ""};
  const auto give_up = [&](const std::string& why) {
    for (OutcomeSets& one : made) one.not_given = why;
    sets.outcomes.insert(sets.outcomes.end(), made.begin(), made.end());
  };
  const std::string group = "/scenarios/" + sets.scenario;
  if (!reader.has(group + "/cost") || !reader.has(group + "/aggregate/uplift/area_type"))
    return give_up("the result keeps no costs, or no uplift by area_type, to appraise");
  const RunConfig config = stored_config(reader);
  scenarios::AppraisalSettings settings = scenarios::appraisal_settings(config, b.size());
  settings.switching = scenarios::Switch::off;
  const auto appraised = [&](const Eigen::VectorXd& factor) {
    const scenarios::AppraisalResult result =
        scenarios::appraise(stored_inputs(reader, sets.scenario, "area_type", factor), settings);
    return std::vector<Eigen::VectorXd>{result.local.adjusted_bcr, result.national.adjusted_bcr};
  };
  const std::vector<Eigen::VectorXd> drawn = appraised(Eigen::VectorXd::Ones(b.size()));
  if (!drawn[1].array().isFinite().any())
    return give_up(
        "there is no ratio: the present value of public cost is not above zero, or no benefit counts");
  // At nothing, at a coefficient of the usual size, and at every end of its sets.
  std::map<double, std::vector<Eigen::VectorXd>> at = {{0.0, {}}, {b.cwiseAbs().mean(), {}}};
  for (const ConfidenceSet* set : {&sets.anderson_rubin, &sets.clr})
    for (const auto& [low, high] : *set)
      for (const double end : {low, high})
        if (std::isfinite(end)) at[end] = {};
  for (auto& [value, ratios] : at) ratios = appraised((value / b.array()).matrix());
  for (std::size_t k = 0; k < 2; ++k) {
    OutcomeSets& one = made[k];
    one.draws = of_draws({drawn[k].begin(), drawn[k].end()}, sets.level);
    std::vector<Eigen::VectorXd> rising;
    for (const auto& [value, ratios] : at) rising.push_back(ratios[k]);
    const std::optional<Follows> way = follows(rising);
    if (!way) {
      one.not_given = "draws differ in whether a larger coefficient raises or lowers it";
      continue;
    }
    const auto band = [&](double value) {
      const Eigen::VectorXd& draws = at.at(value)[k];
      return band_of_rest({draws.begin(), draws.end()});
    };
    one.anderson_rubin = outcome_set(sets.anderson_rubin, *way, band);
    one.clr = outcome_set(sets.clr, *way, band);
  }
  sets.outcomes.insert(sets.outcomes.end(), made.begin(), made.end());
}

std::string shape_of(const ConfidenceSet& set) {
  if (set.empty()) return "empty";
  if (set.size() > 1) return "disjoint";
  const bool low = std::isinf(set[0].first), high = std::isinf(set[0].second);
  return low && high ? "unbounded" : low ? "no_lower_bound" : high ? "no_upper_bound" : "bounded";
}

Json set_json(const ConfidenceSet& set) {
  Json intervals = Json::array();
  for (const auto& [low, high] : set) intervals.push_back({number(low), number(high)});
  return {{"is", shape_of(set)}, {"intervals", intervals}};
}

bool in_percent(const OutcomeSets& one) { return is_log(one.unit) || is_share(one.unit); }

std::string unit_words(const OutcomeSets& one) {
  return is_log(one.unit) ? " %" : is_share(one.unit) ? " percentage points" : "";
}

std::string words_of(const OutcomeSets& one, const ConfidenceSet& set) {
  return set_in_words(set, in_percent(one) ? 100.0 : 1.0, unit_words(one));
}

/// "Whole effect over the horizon, other deprived areas"; "Benefit-cost ratio, national".
std::string set_of_words(const OutcomeSets& one) {
  if (one.outcome == "bcr_local") return "Benefit-cost ratio, local";
  if (one.outcome == "bcr_national") return "Benefit-cost ratio, national";
  const std::string effect =
      one.outcome == "cumulative_uplift" ? "Whole effect over the horizon" : plain_words(one.outcome);
  if (one.grouping == "nation") return effect + ", all areas together";
  if (one.group == target_grouping) return effect + ", the areas that it acts on";
  if (one.group == "elsewhere") return effect + ", all other areas";
  return fmt::format("{}, {} areas", effect, lower_case(plain_words(one.group)));
}

}  // namespace

WeakSets weak_sets(const RunReader& reader, const std::string& scenario, Ratios ratios) {
  const auto names = reader.scenarios();
  if (std::find(names.begin(), names.end(), scenario) == names.end())
    throw no_scenario(reader.path().string(), scenario, names);
  WeakSets sets;
  sets.scenario = scenario;
  sets.effective_f = sets.effective_f_critical = nan;
  const auto without = [&](std::string why) {
    sets.not_given = std::move(why);
    return sets;
  };
  const RunConfig config = stored_config(reader);
  const auto found = std::find_if(config.scenarios.begin(), config.scenarios.end(),
                                  [&](const ScenarioConfig& one) { return one.name == scenario; });
  if (found == config.scenarios.end())
    return without("the configuration in the file does not name the scenario");
  if (std::string why = not_in_proportion(*found); !why.empty()) return without(std::move(why));
  const std::string group = "/scenarios/" + scenario;
  const std::string driver = reader.has_attribute(group, "infrastructure_estimate")
                                 ? reader.attribute_as<std::string>(group, "infrastructure_estimate")
                                 : "";
  if (driver.empty()) return without("the result does not say which estimate drives it");
  sets.estimate = driver;
  if (reader.attribute_as<std::string>(group, "infrastructure_estimate_of") != "this run")
    return without(fmt::format("{} is an estimate of another run", driver));
  const std::vector<StoredEstimate> estimates = reader.estimates();
  const StoredEstimate* stored = headline_of(estimates, driver);
  if (!stored || !stored->estimate.has_anderson_rubin_set)
    return without(
        fmt::format("{} has no Anderson-Rubin set (it is no estimate with instruments and one "
                    "endogenous regressor)",
                    driver));
  const Estimate& estimate = stored->estimate;
  sets.coefficient = estimate.names.front();
  sets.anderson_rubin = estimate.anderson_rubin_set;
  if (reader.has_attribute(stored->group, "clr_intervals")) {
    sets.has_clr = true;
    if (reader.has(stored->group + "/clr_set")) {
      const auto ends = reader.numbers(stored->group + "/clr_set", {RunReader::any_length, 2}).value;
      for (std::size_t k = 0; k + 1 < ends.size(); k += 2) sets.clr.emplace_back(ends[k], ends[k + 1]);
    }
  }
  IvFindings strength;
  const auto known = [&](const char* name) -> std::optional<double> {
    const double value = estimate.diagnostic(name);
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
  };
  strength.effective_f = known("effective_f");
  strength.effective_f_critical = known("effective_f_critical");
  strength.kleibergen_paap_f = known("kleibergen_paap_f");
  sets.weak = strength.weak();
  sets.effective_f = strength.effective_f.value_or(nan);
  sets.effective_f_critical = strength.effective_f_critical.value_or(nan);
  sets.level_of_coefficient = estimate.level;
  sets.level = estimate.level - kRestLeftOut;
  const Eigen::VectorXd b = coefficient_draws(reader, scenario, driver + "/" + estimate.names.front());
  if (b.size() == 0)
    return without(fmt::format("the result keeps no draws of {} (store.keep = \"summary\"?)", driver));
  if (b.size() < kFewestForRest)
    return without(fmt::format("{} draws are too few for a band that leaves 1 % out (needs {})", b.size(),
                               kFewestForRest));
  for (const std::string grouping : {"nation", "area_type", target_grouping})
    if (reader.has(fmt::format("{}/aggregate/cumulative_uplift/{}", group, grouping)) &&
        reader.has_draws(scenario, "cumulative_uplift", grouping))
      add_uplift(reader, grouping, b, sets);
  if (sets.outcomes.empty())
    return without("the result keeps no draws of cumulative_uplift (name it in outcomes.area)");
  if (ratios == Ratios::appraised && !is_further(*found)) add_ratios(reader, b, sets);
  return sets;
}

std::string set_sentence(const WeakSets& sets, const std::string& grouping, const std::string& group) {
  for (const OutcomeSets& one : sets.outcomes) {
    if (one.outcome != "cumulative_uplift" || one.grouping != grouping || one.group != group) continue;
    const bool clr = sets.has_clr;
    return fmt::format("by a set that holds however weak they are ({:g} %, {}): {}", 100.0 * sets.level,
                       clr ? "CLR" : "Anderson-Rubin", words_of(one, clr ? one.clr : one.anderson_rubin));
  }
  return "";
}

std::string sets_text(const WeakSets& sets) {
  if (!sets.not_given.empty() || !sets.weak) return "";
  std::string text = fmt::format(
      "The instruments of {} are weak{}. By sets that hold however weak they are ({:g} %, {}; spillway table "
      "RUN "
      "sets):\n",
      sets.estimate,
      std::isfinite(sets.effective_f) ? fmt::format(" (effective F {:.3g}, and {:.3g} is needed)",
                                                    sets.effective_f, sets.effective_f_critical)
                                      : "",
      100.0 * sets.level, sets.has_clr ? "CLR" : "Anderson-Rubin");
  for (const OutcomeSets& one : sets.outcomes)
    text += fmt::format("     {}: {}\n", set_of_words(one),
                        one.not_given.empty() ? words_of(one, sets.has_clr ? one.clr : one.anderson_rubin)
                                              : "no set: " + one.not_given);
  return text + "\n";
}

TextTable table_of_sets(const RunReader& reader) {
  TextTable table;
  table.title = "What policies do by sets that hold however weak the instruments are";
  table.header = {"scenario",           "outcome",           "group", "CLR set",
                  "Anderson-Rubin set", "draws, same level", "unit"};
  for (const std::string& scenario : reader.scenarios()) {
    const WeakSets sets = weak_sets(reader, scenario);
    if (!sets.not_given.empty()) {
      table.rows.push_back({scenario, "", "", "not given", "not given", "", ""});
      table.notes.push_back(fmt::format("{}: no set: {}", scenario, sets.not_given));
      continue;
    }
    for (const OutcomeSets& one : sets.outcomes) {
      const bool given = one.not_given.empty();
      table.rows.push_back(
          {scenario, one.outcome, one.group,
           !given         ? "not given"
           : sets.has_clr ? words_of(one, one.clr)
                          : "not kept",
           given ? words_of(one, one.anderson_rubin) : "not given",
           std::isfinite(one.draws.low) ? words_of(one, {{one.draws.low, one.draws.high}}) : "",
           in_percent(one) ? "%" : one.unit});
      if (!given)
        table.notes.push_back(fmt::format("{}, {}: no set: {}", scenario, one.outcome, one.not_given));
    }
    table.notes.push_back(fmt::format(
        "{}: {} of {}{}: {:g} % set {}; outcomes at {:g} %: the rest of the level, 1 %, is that of a band of "
        "everything else (Bonferroni)",
        scenario, sets.coefficient, sets.estimate,
        std::isfinite(sets.effective_f)
            ? fmt::format(", effective F {:.3g} ({} {:.3g})", sets.effective_f,
                          sets.weak ? "weak: below its critical value" : "critical value",
                          sets.effective_f_critical)
        : sets.weak ? ", weak instruments"
                    : "",
        100.0 * sets.level_of_coefficient,
        sets.has_clr
            ? fmt::format("CLR {}, Anderson-Rubin {}", describe(sets.clr), describe(sets.anderson_rubin))
            : fmt::format("Anderson-Rubin {}", describe(sets.anderson_rubin)),
        100.0 * sets.level));
  }
  return table;
}

nlohmann::ordered_json sets_json(const WeakSets& sets) {
  Json json = {{"scenario", sets.scenario},
               {"estimate", sets.estimate.empty() ? Json(nullptr) : Json(sets.estimate)},
               {"not_given", sets.not_given.empty() ? Json(nullptr) : Json(sets.not_given)}};
  if (!sets.not_given.empty()) return json;
  json["coefficient"] = sets.coefficient;
  json["weak"] = sets.weak;
  json["effective_f"] = number(sets.effective_f);
  json["effective_f_critical"] = number(sets.effective_f_critical);
  json["level"] = sets.level;
  json["level_of_coefficient"] = sets.level_of_coefficient;
  json["level_split"] =
      "Bonferroni: the coefficient's set, and a band of everything else that leaves 0.01 out";
  json["coefficient_sets"] = {{"anderson_rubin", set_json(sets.anderson_rubin)},
                              {"clr", sets.has_clr ? set_json(sets.clr) : Json(nullptr)}};
  json["outcomes"] = Json::array();
  for (const OutcomeSets& one : sets.outcomes) {
    Json row = {{"outcome", one.outcome}, {"unit", one.unit}};
    if (!one.group.empty()) {
      row["grouping"] = one.grouping;
      row["group"] = one.group;
    }
    const bool given = one.not_given.empty();
    row["not_given"] = given ? Json(nullptr) : Json(one.not_given);
    row["anderson_rubin"] = given ? set_json(one.anderson_rubin) : Json(nullptr);
    row["clr"] = given && sets.has_clr ? set_json(one.clr) : Json(nullptr);
    row["draws"] = {{"low", number(one.draws.low)}, {"high", number(one.draws.high)}};
    json["outcomes"].push_back(std::move(row));
  }
  return json;
}

}  // namespace spillway::studies
