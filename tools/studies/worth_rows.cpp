#include "tools/studies/worth_rows.hpp"

#include <algorithm>
#include <cmath>

#include "engine/config/further_outcome.hpp"
#include "scenarios/appraisal.hpp"
#include "tools/studies/stored_config.hpp"

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

const std::vector<ExchequerFigure>& exchequer_figures() {
  static const std::vector<ExchequerFigure> all = {{"rdel", "RDEL"},
                                                   {"cdel", "CDEL"},
                                                   {"ame_saved", "AME saved"},
                                                   {"receipts", "receipts"},
                                                   {"cashable", "cashable"},
                                                   {"net_cost", "net cost"},
                                                   {"net_cost_p10", "net cost, 10 %"},
                                                   {"net_cost_p90", "net cost, 90 %"},
                                                   {"within_envelope", "within envelope", true}};
  return all;
}

std::string comes_back(const RunReader& reader, const StoredAppraisal& stored) {
  for (const auto& [name, value] : stored.attributes)
    if (const auto* words = std::get_if<std::string>(&value); name == what_comes_back && words != nullptr)
      return *words;
  const auto returned = [](const TableColumn& one) { return one.name == "receipts"; };
  if (std::none_of(stored.exchequer.begin(), stored.exchequer.end(), returned)) return "";
  try {
    const auto draws = static_cast<long>(stored.present_value_costs.size());
    return scenarios::assumed_return(scenarios::appraisal_settings(stored_config(reader), draws));
  } catch (const std::exception&) {  // a configuration that this version does not read
    return "assumed, not estimated by this run: fiscal_per_pound of its configuration (spillway inspect)";
  }
}

ExchequerTable exchequer_rows(const RunReader& reader) {
  ExchequerTable made;
  for (const std::string& policy : reader.appraisals()) {
    const StoredAppraisal stored = reader.appraisal(policy);
    const auto column = [&](const std::string& name) -> const TableColumn* {
      const auto found = std::find_if(stored.exchequer.begin(), stored.exchequer.end(),
                                      [&](const TableColumn& one) { return one.name == name; });
      return found == stored.exchequer.end() ? nullptr : &*found;
    };
    const TableColumn* years = column("year");
    if (years == nullptr) continue;
    for (std::size_t k = 0; k < years->numbers.size(); ++k) {
      ExchequerRow row{policy, static_cast<int>(years->numbers[k]), {}};
      for (const ExchequerFigure& figure : exchequer_figures()) {
        const TableColumn* of = column(figure.column);
        row.value.push_back(of == nullptr ? std::nan("") : of->numbers[k]);
      }
      made.rows.push_back(std::move(row));
    }
    if (const std::string words = comes_back(reader, stored);
        !words.empty() && std::find(made.assumed.begin(), made.assumed.end(), words) == made.assumed.end())
      made.assumed.push_back(words);
    if (const TableColumn* cost = column("net_cost"); cost != nullptr && cost->unit.starts_with("GBP, "))
      made.prices = cost->unit.substr(5);
  }
  for (std::size_t k = 0; k < exchequer_figures().size(); ++k)
    if (std::any_of(made.rows.begin(), made.rows.end(),
                    [k](const ExchequerRow& row) { return !std::isnan(row.value[k]); }))
      made.told.push_back(k);
  return made;
}

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
