// Clusters of areas by a column of the pack.
#include <fmt/format.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/covariance/require_clusters.hpp"

namespace spillway {

namespace {

bool without_value(const Column& column, std::size_t row) {
  return column.kind == ColumnKind::text ? column.text(row).empty() : !std::isfinite(column.number[row]);
}

}  // namespace

Clusters clusters_by(const Table& areas, const std::string& column) {
  const Column& source = areas.at(column);
  const Categories found = categories(source);
  // Levels that no row uses, and that of areas without a value, would count as clusters: number the others,
  // in order.
  std::vector<std::int32_t> number(found.names.size(), -1);
  std::vector<std::uint8_t> used(found.names.size(), 0);
  for (std::size_t row = 0; row < areas.rows; ++row)
    if (!without_value(source, row)) used[static_cast<std::size_t>(found.of_row[row])] = 1;
  Clusters clusters;
  clusters.column = column;
  for (std::size_t level = 0; level < used.size(); ++level)
    if (used[level]) {
      number[level] = static_cast<std::int32_t>(clusters.names.size());
      clusters.names.push_back(found.names[level]);
    }
  clusters.of_area.reserve(areas.rows);
  for (const auto level : found.of_row) clusters.of_area.push_back(number[static_cast<std::size_t>(level)]);
  return clusters;
}

void require_clusters(const Clusters& clusters, const Table& areas, const std::vector<int>& rows) {
  const Column* codes = areas.find("area_code");
  std::vector<Fault> faults;
  for (const int row : rows) {
    const auto r = static_cast<std::size_t>(row);
    if (clusters.of_area[r] >= 0) continue;
    Fault fault;
    fault.column = clusters.column;
    fault.what = fmt::format(
        "area {} has no value, so it belongs to no cluster; give it one or cluster by another column",
        codes && codes->kind == ColumnKind::text ? codes->text(r) : std::to_string(r + 1));
    faults.push_back(std::move(fault));
  }
  if (!faults.empty()) throw InputError(std::move(faults));
}

}  // namespace spillway
