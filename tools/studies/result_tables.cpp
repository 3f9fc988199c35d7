#include "tools/studies/result_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tools/studies/group_spread.hpp"
#include "tools/studies/winners.hpp"

namespace spillway::studies {

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

TextTable table_of_scenarios(const RunReader& reader, const std::string& grouping) {
  TextTable table;
  table.title = "outcomes by " + grouping + ", last period, against no policy";
  table.header = {"scenario", "outcome", "group", "p5", "p25", "median", "p75", "p95", "unit"};
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
      if (!some)
        throw InputError(fmt::format("scenario '{}' has no grouping '{}' (it has: {})", scenario, grouping,
                                     fmt::join(groupings, ", ")));
      const GroupSpread spread = group_spread(reader, scenario, outcome, grouping, {.05, .25, .5, .75, .95});
      for (std::size_t g = 0; g < spread.groups.size(); ++g) {
        std::vector<std::string> row = {scenario, outcome, spread.groups[g]};
        for (const double value : spread.quantile[g])
          row.push_back(std::isnan(value) ? "" : fmt::format("{:.6g}", value));
        row.push_back(spread.unit);
        table.rows.push_back(row);
      }
    }
  return table;
}

TextTable table_of_winners(const RunReader& reader) {
  TextTable table;
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
