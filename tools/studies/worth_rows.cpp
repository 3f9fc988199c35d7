#include "tools/studies/worth_rows.hpp"

#include <algorithm>

#include "engine/config/further_outcome.hpp"

namespace spillway::studies {

namespace {

/// Columns by threes, as worth_columns() makes them: the 5, 50 and 95 % quantiles of a figure.
void add_rows(const std::vector<TableColumn>& columns, const std::string& policy, const std::string& outcome,
              std::vector<WorthRow>& rows) {
  const auto named = [&](const std::string& name) -> const TableColumn* {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.name == name; });
    return found == columns.end() ? nullptr : &*found;
  };
  const TableColumn* parts = named("part");
  if (parts == nullptr) return;
  for (std::size_t row = 0; row < parts->texts.size(); ++row)
    for (const TableColumn& low : columns) {
      if (!low.name.ends_with("_p5")) continue;
      const std::string figure = low.name.substr(0, low.name.size() - 3);
      const TableColumn *middle = named(figure + "_p50"), *high = named(figure + "_p95");
      if (middle == nullptr || high == nullptr) continue;
      rows.push_back({policy, parts->texts[row], figure.ends_with("_per_100m") ? outcome : std::string(),
                      figure, low.unit, low.numbers[row], middle->numbers[row], high->numbers[row]});
    }
}

}  // namespace

std::string outcome_named(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/scenarios/" + scenario, further = further_name(scenario);
  if (!further.empty() || !reader.has_attribute(group, "outcome"))
    return further.empty() ? scenario : further;
  return reader.attribute_as<std::string>(group, "outcome");
}

std::vector<WorthRow> worth_rows(const RunReader& reader) {
  std::vector<WorthRow> rows;
  const std::vector<std::string> scenarios = reader.scenarios();
  for (const std::string& policy : reader.appraisals()) {
    add_rows(reader.appraisal(policy).worth, policy, outcome_named(reader, policy), rows);
    for (const std::string& scenario : scenarios)
      if (policy_of(scenario) == policy && reader.has(worth_place(scenario)))
        add_rows(reader.table(worth_place(scenario)), policy, outcome_named(reader, scenario), rows);
  }
  return rows;
}

}  // namespace spillway::studies
