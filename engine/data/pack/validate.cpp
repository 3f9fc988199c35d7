#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/data/pack/data_pack.hpp"
#include "engine/data/pack/links.hpp"
#include "engine/data/pack/population.hpp"

namespace spillway {

namespace {

/// Faults of columns that are not as long as the table, or hold infinite numbers.
void check_columns(const Table& areas, std::vector<Fault>& faults) {
  for (const auto& column : areas.columns) {
    const std::size_t length = column.kind == ColumnKind::number ? column.number.size() : column.level.size();
    if (length != areas.rows) {
      faults.push_back({"areas", 0, column.name, "",
                        fmt::format("the column has {} rows; expected {}, one an area", length, areas.rows)});
      continue;
    }
    for (std::size_t r = 0; r < length; ++r)
      if (column.kind == ColumnKind::number && std::isinf(column.number[r]))
        faults.push_back({"areas", static_cast<long>(r + 2), column.name, fmt::format("{}", column.number[r]),
                          "the number is infinite; expected a finite number, or an empty cell"});
      else if (column.kind == ColumnKind::text &&
               (column.level[r] < 0 || static_cast<std::size_t>(column.level[r]) >= column.levels.size()))
        faults.push_back(
            {"areas", static_cast<long>(r + 2), column.name, fmt::format("{}", column.level[r]),
             fmt::format("not a level of the column; expected 0 to {}", column.levels.size() - 1)});
  }
}

void check_codes(const Column& codes, std::vector<Fault>& faults) {
  std::vector<std::size_t> first(codes.levels.size(), 0);
  for (std::size_t r = 0; r < codes.level.size(); ++r) {
    auto& row = first[static_cast<std::size_t>(codes.level[r])];
    const std::string& code = codes.text(r);
    if (code.empty())
      faults.push_back({"areas", static_cast<long>(r + 2), "area_code", code,
                        "the code is missing; expected a code for every area"});
    else if (row > 0)
      faults.push_back(
          {"areas", static_cast<long>(r + 2), "area_code", code,
           fmt::format("the code is used already in line {}; expected each area once", row + 1)});
    if (row == 0) row = r + 1;
  }
}

void check_population(const Table& areas, const Column& codes, std::vector<Fault>& faults) {
  const Column* population = areas.find("population");
  if (population == nullptr || population->kind != ColumnKind::number) return;
  if (std::string what = fault_of_population_unit(population->unit); !what.empty()) {
    faults.push_back({"areas", 0, "population", population->unit, std::move(what)});
    return;
  }
  std::vector<std::int64_t> line(areas.rows);
  std::iota(line.begin(), line.end(), 2);
  for (Fault& fault : population_faults(*population, codes, "areas", line))
    faults.push_back(std::move(fault));
}

void check_panel(const Panel& panel, const Column& codes, std::vector<Fault>& faults) {
  const auto rows = static_cast<Eigen::Index>(codes.level.size());
  const auto width = static_cast<Eigen::Index>(panel.periods.size());
  for (std::size_t t = 1; t < panel.periods.size(); ++t)
    if (panel.periods[t] <= panel.periods[t - 1])
      faults.push_back(
          {"panel", 0, "period", std::to_string(panel.periods[t]),
           fmt::format("follows {}; expected periods in ascending order, each once", panel.periods[t - 1])});
  Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic> seen =
      Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic>::Constant(rows, width, false);
  for (const auto& variable : panel.variables) {
    if (variable.value.rows() != rows || variable.value.cols() != width) {
      faults.push_back({"panel", 0, variable.name, "",
                        fmt::format("the variable is {} x {}; expected areas x periods, {} x {}",
                                    variable.value.rows(), variable.value.cols(), rows, width)});
      continue;
    }
    for (Eigen::Index t = 0; t < width; ++t)
      for (Eigen::Index a = 0; a < rows; ++a) {
        const double value = variable.value(a, t);
        if (std::isinf(value))
          faults.push_back(
              {"panel", 0, variable.name, fmt::format("{}", value),
               fmt::format("the number of area '{}' in {} is infinite; expected a finite number, or NaN",
                           codes.text(static_cast<std::size_t>(a)),
                           panel.periods[static_cast<std::size_t>(t)])});
        seen(a, t) = seen(a, t) || !std::isnan(value);
      }
  }
  for (Eigen::Index t = 0; t < width; ++t)
    if (!panel.variables.empty() && !seen.col(t).any())
      faults.push_back({"panel", 0, "period", std::to_string(panel.periods[static_cast<std::size_t>(t)]),
                        "no area has a value in this period; expected at least one"});
}

void check_edges(const std::vector<Edge>& edges, const Column& codes, Listing listing,
                 const std::string& name, std::vector<Fault>& faults) {
  std::vector<ListedLink> links;
  const auto areas = static_cast<std::int32_t>(codes.level.size());
  for (const auto& edge : edges) {
    if (edge.from < 0 || edge.from >= areas || edge.to < 0 || edge.to >= areas)
      faults.push_back({name, 0, "", fmt::format("{} -> {}", edge.from, edge.to),
                        fmt::format("a row of no area; expected rows 0 to {}", areas - 1)});
    else
      links.push_back({edge, 0});
  }
  if (!std::is_sorted(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
        return a.from != b.from ? a.from < b.from : a.to < b.to;
      }))
    faults.push_back({name, 0, "", "", "the links are not in order; expected them sorted by (from, to)"});
  checked_links(std::move(links), codes, listing, name, faults);
}

}  // namespace

std::vector<Fault> validate(const DataPack& pack) {
  std::vector<Fault> faults;
  check_columns(pack.areas, faults);
  const Column* codes = pack.areas.find("area_code");
  if (codes == nullptr || codes->kind != ColumnKind::text) {
    faults.push_back(
        {"areas", 0, "area_code", "", "the column is missing or not text; expected a code for every area"});
    return faults;
  }
  if (!faults.empty()) return faults;
  check_codes(*codes, faults);
  check_population(pack.areas, *codes, faults);
  check_panel(pack.panel, *codes, faults);
  check_edges(pack.edges, *codes, Listing::both_directions, "edges", faults);
  check_edges(pack.flows, *codes, Listing::directed, "flows", faults);
  if (!(std::isfinite(pack.period_years) && pack.period_years >= 0.0))
    faults.push_back({"pack", 0, "period_years", fmt::format("{}", pack.period_years),
                      "not a length of time; expected years above 0, or 0 for uneven periods"});
  return faults;
}

}  // namespace spillway
