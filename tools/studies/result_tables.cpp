#include "tools/studies/result_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace spillway::studies {

namespace {

double type7(std::vector<double> draws, double p) {
  std::sort(draws.begin(), draws.end());
  const double at = p * static_cast<double>(draws.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  return draws[low] +
         (at - static_cast<double>(low)) * (draws[std::min(low + 1, draws.size() - 1)] - draws[low]);
}

}  // namespace

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
  for (const auto& scenario : reader.scenarios())
    for (const auto& outcome : reader.aggregate_outcomes(scenario)) {
      const auto groupings = reader.groupings(scenario, outcome);
      if (std::find(groupings.begin(), groupings.end(), grouping) == groupings.end())
        throw InputError(fmt::format("scenario '{}' has no grouping '{}' (it has: {})", scenario, grouping,
                                     fmt::join(groupings, ", ")));
      const StoredAggregate series = reader.aggregate(scenario, outcome, grouping);
      for (std::size_t g = 0; g < series.groups.size(); ++g) {
        std::vector<double> draws;
        for (long d = 0; d < series.draws; ++d) draws.push_back(series.at(d, series.periods.size() - 1, g));
        std::vector<std::string> row = {scenario, outcome, series.groups[g]};
        for (const double p : {.05, .25, .5, .75, .95}) row.push_back(fmt::format("{:.6g}", type7(draws, p)));
        row.push_back(series.unit);
        table.rows.push_back(row);
      }
    }
  return table;
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

}  // namespace spillway::studies
