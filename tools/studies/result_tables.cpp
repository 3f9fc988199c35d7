#include "tools/studies/result_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "engine/config/further_outcome.hpp"
#include "tools/studies/group_names.hpp"
#include "tools/studies/group_spread.hpp"
#include "tools/studies/winners.hpp"
#include "tools/studies/words.hpp"
#include "tools/studies/worth_rows.hpp"

namespace spillway::studies {

namespace {

/// An outcome of a policy: the scenario that holds it.
struct OutcomeOf {
  std::string policy, name, scenario, unit;
};

/// Each policy's own outcome, then its further ones.
std::vector<OutcomeOf> outcomes_of(const RunReader& reader) {
  std::vector<OutcomeOf> all;
  const auto add = [&](const std::string& policy, const std::string& scenario) {
    all.push_back({policy, outcome_named(reader, scenario), scenario, ""});
  };
  const std::vector<std::string> scenarios = reader.scenarios();
  for (const std::string& policy : scenarios) {
    if (!policy_of(policy).empty()) continue;
    add(policy, policy);
    for (const std::string& scenario : scenarios)
      if (policy_of(scenario) == policy) add(policy, scenario);
  }
  return all;
}

/// What the whole horizon adds up to where the run kept it, else the last period.
std::string summed_outcome(const RunReader& reader, const std::string& scenario) {
  const auto outcomes = reader.aggregate_outcomes(scenario);
  for (const char* name : {"cumulative_uplift", "uplift"})
    if (std::find(outcomes.begin(), outcomes.end(), name) != outcomes.end()) return name;
  return "";
}

/// Rates and jobs by type, means by residents of working age (by population where the areas have no such
/// column).
TextTable jobs_table(const RunReader& reader, const std::vector<OutcomeOf>& outcomes) {
  TextTable table;
  const auto columns = reader.area_columns();
  const auto has = [&](const std::string& name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  // Without residents of working age a rate is no number of people.
  const bool counted = has("population_16_64");
  const std::string people = counted ? "population_16_64" : "population";
  std::vector<std::pair<std::string, std::string>> measures;
  for (const auto& [column, words] : {std::pair{"employment_rate", "in work"},
                                      {"inactivity_rate", "inactive"},
                                      {"job_density", "jobs a head"}})
    if (has(column)) measures.emplace_back(column, words);
  if (measures.empty() || !has(people)) return table;
  const std::vector<double> weight = reader.area_numbers(people);
  const std::vector<std::string> types =
      reader.area_texts(reader.attribute_as<std::string>("/areas", "type_column"));
  std::vector<std::string> groups = {"nation"};
  for (const std::string& type : types)
    if (!type.empty() && std::find(groups.begin(), groups.end(), type) == groups.end())
      groups.push_back(type);
  std::sort(groups.begin() + 1, groups.end());
  table.title = "jobs: what areas have, and what policies add by the end of the horizon";
  table.header = {"areas", people};
  for (const auto& [column, words] : measures) table.header.push_back(words);
  std::vector<const OutcomeOf*> shares;
  for (const OutcomeOf& one : outcomes)
    if (is_share(one.unit) && !one.unit.starts_with("proportion")) {  // of whom it does not say
      shares.push_back(&one);
      table.header.push_back(fmt::format("{} {}: {} [5 %, 95 %]", one.policy, one.name,
                                         counted ? "people" : "percentage points"));
    }
  for (const std::string& group : groups) {
    double heads = 0.0;
    std::vector<double> sums(measures.size(), 0.0), known(measures.size(), 0.0);
    for (std::size_t i = 0; i < weight.size(); ++i)
      if (group == "nation" || types[i] == group) heads += weight[i];
    std::vector<std::string> row = {group, fmt::format("{:.0f}", heads)};
    for (std::size_t m = 0; m < measures.size(); ++m) {
      const std::vector<double> values = reader.area_numbers(measures[m].first);
      for (std::size_t i = 0; i < weight.size(); ++i)
        if ((group == "nation" || types[i] == group) && std::isfinite(values[i])) {
          sums[m] += weight[i] * values[i];
          known[m] += weight[i];
        }
      row.push_back(known[m] > 0.0 ? fmt::format("{:.4g}", sums[m] / known[m]) : "");
    }
    for (const OutcomeOf* one : shares) {
      const GroupSpread spread = group_spread(reader, one->scenario, summed_outcome(reader, one->scenario),
                                              group == "nation" ? "nation" : "area_type", {.05, .5, .95});
      const auto place = std::find(spread.groups.begin(), spread.groups.end(), group);
      if (place == spread.groups.end()) {
        row.emplace_back();
        continue;
      }
      const auto& change = spread.quantile[static_cast<std::size_t>(place - spread.groups.begin())];
      const auto shown = [&](double c) {
        return counted ? fmt::format("{:+.0f}", heads * c) : fmt::format("{:+.4g}", 100.0 * c);
      };
      row.push_back(fmt::format("{} [{}, {}]", shown(change[1]), shown(change[0]), shown(change[2])));
    }
    table.rows.push_back(std::move(row));
  }
  table.notes = {fmt::format("rates and jobs a head: means by {}, as the data have them; {}", people,
                             counted ? "people: the change of the rate times residents of working age"
                                     : "a column population_16_64 would turn percentage points into people")};
  if (shares.empty())
    table.notes.push_back(
        "no policy has an outcome that is a share of people: add one with [[scenario.outcome]]");
  return table;
}

}  // namespace

bool is_log(const std::string& unit) {
  const std::size_t at = unit.find("log point");
  return at != std::string::npos && (at == 0 || unit[at - 1] < 'a' || unit[at - 1] > 'z');
}

bool is_share(const std::string& unit) {
  const bool hundredths = unit.find('%') != std::string::npos || unit.find("percent") != std::string::npos ||
                          unit.find("per cent") != std::string::npos;
  return !hundredths &&
         (unit.starts_with("share") || unit.starts_with("employment rate") || unit.starts_with("proportion"));
}

double shown_as(const std::string& unit) { return is_log(unit) || is_share(unit) ? 100.0 : 1.0; }

std::string unit_shown(const std::string& unit) {
  return is_log(unit) ? "%" : is_share(unit) ? "percentage points" : unit;
}

std::string unit_in_words(const std::string& unit) {
  if (shown_as(unit) == 1.0) return unit;
  const std::size_t end = std::min({unit.find(", "), unit.find(" per "), unit.size()});
  const std::string first = unit.substr(0, end), rest = unit.substr(end);
  const bool rate = !rest.starts_with(", summed");
  return unit_shown(unit) +
         (rate && first.ends_with(" a year")     ? " a year"
          : rate && first.ends_with(" a period") ? " a period"
                                                 : "") +
         rest;
}

std::vector<TextTable> tables_of_estimates(const RunReader& reader) {
  const auto stored = reader.estimates();
  std::vector<std::pair<std::string, std::vector<const Estimate*>>> groups;
  for (const StoredEstimate& one : stored) {
    const std::string key = one.estimate.model + (one.in_grid ? " [" + one.estimate.cell + "]" : "");
    if (groups.empty() || groups.back().first != key) {
      auto found =
          std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == key; });
      if (found == groups.end())
        groups.push_back({key, {}});
      else
        std::rotate(found, found + 1, groups.end());
    }
    groups.back().second.push_back(&one.estimate);
  }
  std::vector<TextTable> tables;
  for (const auto& [title, estimates] : groups) {
    TextTable table = estimate_table(title + ": " + estimates.front()->outcome, estimates);
    for (const Estimate* estimate : estimates) table.notes.push_back(estimate->echo);
    tables.push_back(std::move(table));
  }
  return tables;
}

namespace {
InputError no_table(const std::string& scenario, const std::string& wanted,
                    const std::vector<std::string>& groupings, const std::vector<std::string>& scenarios) {
  std::vector<std::string> known = {"estimates", "outcomes", "appraisal", "winners", "sets", "area_split"};
  known.insert(known.end(), groupings.begin(), groupings.end());
  const bool single = wanted == "lsoa" || wanted == "area" || wanted == "areas";
  const std::string near = single ? "area_split" : nearest_word(wanted, known);
  if (std::find(scenarios.begin(), scenarios.end(), wanted) != scenarios.end())
    return InputError(
        fmt::format("'{}' is a scenario, and a table has all of them; name a table (it has: {}), and --rows "
                    "scenario={} for one",
                    wanted, fmt::join(known, ", "), wanted));
  return InputError(
      fmt::format("scenario '{}' has no grouping '{}'{} (it has: {}; other tables: estimates, outcomes, "
                  "appraisal, winners, sets, area_split)",
                  scenario, wanted, near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                  fmt::join(groupings, ", ")));
}
}  // namespace

namespace {
/// Where quantiles are of too few draws to be read as a band: a note that says so, else none.
std::vector<std::string> few_draws(const RunReader& reader) {
  for (const std::string& scenario : reader.scenarios())
    if (reader.has("/scenarios/" + scenario + "/replicate"))
      if (const auto draws = static_cast<long>(reader.replicate_of_draw(scenario).size());
          draws < kFewestForBand)
        return {no_band_words(draws)};
  return {};
}
}  // namespace

TextTable table_of_scenarios(const RunReader& reader, const std::string& grouping, Figures figures) {
  TextTable table;
  table.notes = few_draws(reader);
  table.title = "outcomes by " + grouping + ", last period, against no policy";
  table.header = {"scenario", "outcome", "group", "p5", "p25", "median", "p75", "p95", "unit"};
  const GroupNames names(reader);
  const bool named = names.known(grouping);
  if (named) table.header.insert(table.header.begin() + 3, "name");
  // The grouping of the areas that a policy acts on is some scenarios' alone.
  const auto has = [&](const std::string& scenario, const std::string& outcome) {
    const auto groupings = reader.groupings(scenario, outcome);
    return std::find(groupings.begin(), groupings.end(), grouping) != groupings.end();
  };
  const auto scenarios = reader.scenarios();
  const bool some = std::any_of(scenarios.begin(), scenarios.end(), [&](const auto& scenario) {
    const auto outcomes = reader.aggregate_outcomes(scenario);
    return !outcomes.empty() && has(scenario, outcomes.front());
  });
  for (const auto& scenario : scenarios)
    for (const auto& outcome : reader.aggregate_outcomes(scenario)) {
      const auto groupings = reader.groupings(scenario, outcome);
      if (some && !has(scenario, outcome)) continue;
      if (!some) throw no_table(scenario, grouping, groupings, scenarios);
      const GroupSpread spread = group_spread(reader, scenario, outcome, grouping, {.05, .25, .5, .75, .95});
      for (std::size_t g = 0; g < spread.groups.size(); ++g) {
        std::vector<std::string> row = {scenario, outcome, spread.groups[g]};
        if (named) row.push_back(names.named(grouping, spread.groups[g]));
        const bool shown = figures == Figures::shown;
        for (const double value : spread.quantile[g])
          row.push_back(std::isnan(value) ? ""
                        : shown           ? fmt::format("{:.4g}", shown_as(spread.unit) * value)
                                          : fmt::format("{:.6g}", value));
        row.push_back(shown ? unit_in_words(spread.unit) : spread.unit);
        table.rows.push_back(row);
      }
    }
  return table;
}

namespace {

/// What departments spend and what comes back, year by year.
TextTable exchequer_by_year(const RunReader& reader) {
  TextTable table;
  const ExchequerTable years = exchequer_rows(reader);
  table.title = fmt::format(
      "the Exchequer's view by year, GBP m, {}: undiscounted, without optimism bias, medians of draws",
      years.prices);
  table.header = {"policy", "year"};
  for (const std::size_t k : years.told) {
    const ExchequerFigure& figure = exchequer_figures()[k];
    table.header.push_back(figure.share ? fmt::format("{}, share of draws", figure.words) : figure.words);
  }
  for (const ExchequerRow& one : years.rows) {
    table.rows.push_back({one.policy, fmt::format("{}", one.year)});
    for (const std::size_t k : years.told) {
      const double unit = exchequer_figures()[k].share ? 1.0 : 1e6;
      table.rows.back().push_back(std::isnan(one.value[k]) ? "" : fmt::format("{:.6g}", one.value[k] / unit));
    }
  }
  for (const std::string& words : years.assumed) table.notes.push_back("what comes back: " + words);
  table.notes.push_back(
      "no part of it is a benefit to society; other columns need fiscal_per_pound, ame_share or "
      "cashable_share under "
      "[appraisal.benefits], or an envelope under [appraisal]");
  return table;
}

/// A figure of pounds or of uplift as tables show it: shares and logs in percent.
std::vector<std::string> spread_shown(const WorthRow& row) {
  const bool millions = row.figure == "cost";  // of a policy; a head costs pounds
  const double factor = millions ? 1e-6 : shown_as(row.unit);
  std::vector<std::string> shown;
  for (const double value : {row.p5, row.p50, row.p95})
    shown.push_back(std::isnan(value) ? "costs nothing" : fmt::format("{:.6g}", factor * value));
  shown.push_back(millions        ? "GBP m" + row.unit.substr(3)
                  : factor == 1.0 ? row.unit
                                  : unit_shown(row.unit) + row.unit.substr(row.unit.find(" summed")));
  return shown;
}

/// What GBP 100m of public cost bring of every outcome, of the nation and the areas that policies are for.
TextTable pounds_of_outcomes(const RunReader& reader) {
  TextTable table;
  table.title =
      "the same outcomes per GBP 100m of public cost in present value: below zero the outcome falls";
  table.header = {"policy", "outcome", "areas", "p5", "median", "p95", "unit"};
  for (const WorthRow& row : worth_rows(reader)) {
    const bool nation = row.figure == "nation_uplift_per_100m";
    if (row.part != "policy" || (!nation && row.figure != "target_uplift_per_100m")) continue;
    table.rows.push_back({row.policy, row.outcome, nation ? "nation" : "target areas"});
    for (std::string& cell : spread_shown(row)) table.rows.back().push_back(std::move(cell));
  }
  table.notes = {"of a package each lever alone too: spillway table RESULT appraisal"};
  return table;
}

}  // namespace

std::vector<TextTable> tables_of_outcomes(const RunReader& reader) {
  std::vector<OutcomeOf> outcomes = outcomes_of(reader);
  TextTable table;
  table.notes = few_draws(reader);
  table.title =
      "every outcome of every policy by the end of the horizon, against no policy, on the same draws";
  table.header = {"policy", "outcome", "group", "p5", "median", "p95", "P(better)", "unit"};
  bool further = false;
  for (OutcomeOf& one : outcomes) {
    further = further || one.scenario != one.policy;
    const std::string outcome = summed_outcome(reader, one.scenario);
    if (outcome.empty()) continue;
    const auto kept = reader.groupings(one.scenario, outcome);
    for (const char* grouping : {"nation", "area_type"}) {
      if (std::find(kept.begin(), kept.end(), grouping) == kept.end()) continue;
      const GroupSpread spread = group_spread(reader, one.scenario, outcome, grouping, {.05, .5, .95});
      one.unit = spread.unit;
      const double factor = shown_as(spread.unit);
      const auto shown = [](double value, const char* digits) {
        return std::isnan(value) ? std::string() : fmt::format(fmt::runtime(digits), value);
      };
      for (std::size_t g = 0; g < spread.groups.size(); ++g) {
        std::vector<std::string> row = {one.policy, one.name, spread.groups[g]};
        for (const double value : spread.quantile[g]) row.push_back(shown(factor * value, "{:.6g}"));
        row.push_back(shown(spread.better[g], "{:.3f}"));
        row.push_back(unit_shown(spread.unit));
        table.rows.push_back(std::move(row));
      }
    }
  }
  if (!further)
    table.notes.push_back(
        "each policy has one outcome here; further ones: [[scenario.outcome]], docs/guide/levers.md");
  std::vector<TextTable> tables = {std::move(table)};
  if (TextTable pounds = pounds_of_outcomes(reader); !pounds.rows.empty())
    tables.push_back(std::move(pounds));
  if (TextTable jobs = jobs_table(reader, outcomes); !jobs.rows.empty()) tables.push_back(std::move(jobs));
  return tables;
}

std::vector<TextTable> tables_of_appraisal(const RunReader& reader) {
  TextTable values, worth;
  values.notes = few_draws(reader);
  values.title = "appraisal: present values, GBP m of the price base year; median [10 %, 90 %] of draws";
  values.header = {"policy", "benefits", "public cost", "national NPSV", "benefit-cost ratio"};
  worth.title = "a pound of public cost in present value, and a head of the target areas; median [5 %, 95 %]";
  worth.header = {"policy", "whose money", "outcome", "figure", "p5", "median", "p95", "unit"};
  for (const std::string& policy : reader.appraisals()) {
    const StoredAppraisal stored = reader.appraisal(policy);
    const auto middle = [](std::vector<double> draws, double unit) -> std::string {
      std::erase_if(draws, [](double value) { return std::isnan(value); });
      if (draws.empty()) return "none";
      std::sort(draws.begin(), draws.end());
      const auto at = [&](double level) { return sorted_quantile(draws, level) / unit; };
      return fmt::format("{:.6g} [{:.6g}, {:.6g}]", at(.5), at(.1), at(.9));
    };
    values.rows.push_back({policy, middle(stored.present_value_benefits, 1e6),
                           middle(stored.present_value_costs, 1e6), middle(stored.npsv, 1e6),
                           middle(stored.bcr, 1.0)});
  }
  for (const WorthRow& row : worth_rows(reader)) {
    worth.rows.push_back({row.policy, row.part, row.outcome, row.figure});
    for (std::string& cell : spread_shown(row)) worth.rows.back().push_back(std::move(cell));
  }
  if (values.rows.empty())
    throw InputError(
        "the result appraises nothing (an appraisal needs outcomes.area with \"uplift\", "
        "outcomes.groupings with \"area_type\" and a lever with costs)");
  worth.notes = {
      "uplift below zero: the outcome falls; a draw in which a policy costs nothing is in no figure a pound"};
  std::vector<TextTable> tables = {std::move(values)};
  if (!worth.rows.empty()) tables.push_back(std::move(worth));
  if (TextTable years = exchequer_by_year(reader); !years.rows.empty()) tables.push_back(std::move(years));
  return tables;
}

TextTable table_of_area_split(const RunReader& reader) {
  TextTable table;
  table.title = "where each area's cumulative uplift comes from";
  table.header = {"scenario", "area"};
  const auto codes = reader.area_texts("area_code");
  const long areas = static_cast<long>(codes.size());
  for (const auto& scenario : reader.scenarios()) {
    const std::string group = "/scenarios/" + scenario + "/area_split";
    if (!reader.has(group + "/mean")) continue;
    const auto parts = reader.texts(group + "/part");
    const auto level = reader.numbers(group + "/level").value;
    const auto count = static_cast<long>(parts.size()), levels = static_cast<long>(level.size());
    const auto mean = reader.numbers(group + "/mean", {count, areas}).value,
               quantile = reader.numbers(group + "/quantile", {count, levels, areas}).value;
    const StoredAreaSummary whole = reader.area_summary(scenario, "cumulative_uplift");
    std::vector<long> shown = {0, levels / 2, levels - 1};
    shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
    if (table.rows.empty()) {
      for (const std::string& part : parts) {
        table.header.push_back(part + " mean");
        for (const long k : shown)
          table.header.push_back(fmt::format("{} p{:g}", part, 100.0 * level[static_cast<std::size_t>(k)]));
      }
      table.header.insert(table.header.end(), {"total mean", "unit"});
    }
    for (long i = 0; i < areas; ++i) {
      std::vector<std::string> row = {scenario, codes[static_cast<std::size_t>(i)]};
      for (long p = 0; p < count; ++p) {
        row.push_back(fmt::format("{:.6g}", mean[static_cast<std::size_t>(p * areas + i)]));
        for (const long k : shown)
          row.push_back(
              fmt::format("{:.6g}", quantile[static_cast<std::size_t>((p * levels + k) * areas + i)]));
      }
      row.push_back(fmt::format("{:.6g}", whole.summary.mean(static_cast<Eigen::Index>(i))));
      row.push_back(whole.unit);
      table.rows.push_back(std::move(row));
    }
  }
  if (table.rows.empty())
    throw InputError(
        "the run kept no split of areas' uplift (run it with \"cumulative_uplift_split\" in outcomes.area, "
        "beside "
        "\"cumulative_uplift\")");
  return table;
}

TextTable table_of_winners(const RunReader& reader) {
  TextTable table;
  table.notes = few_draws(reader);
  bool people = false;
  table.title = "areas and residents that each policy leaves better or worse off, in 95 % of draws";
  table.header = {"scenario",
                  "outcome",
                  "grouping",
                  "group",
                  "areas better",
                  "areas worse",
                  "areas not told apart",
                  "residents better",
                  "residents worse",
                  "residents not told apart"};
  for (const WinnersRow& one : winners_of(reader, people)) {
    std::vector<std::string> row = {one.scenario, one.outcome, one.grouping.empty() ? "all" : one.grouping,
                                    one.group};
    for (const double count : one.areas) row.push_back(fmt::format("{:.0f}", count));
    for (const double count : one.residents) row.push_back(people ? fmt::format("{:.0f}", count) : "");
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace spillway::studies
