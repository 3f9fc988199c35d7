// Clusters of areas by a column of the pack.
#include <fmt/format.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

Clusters clusters_by(const Table& areas, const std::string& column) {
  const Column& source = areas.at(column);
  const Column* codes = areas.find("area_code");
  std::vector<Fault> faults;
  for (std::size_t row = 0; row < areas.rows; ++row) {
    const bool missing =
        source.kind == ColumnKind::text ? source.text(row).empty() : !std::isfinite(source.number[row]);
    if (!missing) continue;
    Fault fault;
    fault.column = column;
    fault.what = fmt::format(
        "area {} has no value, so it belongs to no cluster; give it one or cluster by another column",
        codes && codes->kind == ColumnKind::text ? codes->text(row) : std::to_string(row + 1));
    faults.push_back(std::move(fault));
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  Categories found = categories(source);
  // Levels that no row uses (an empty text, say) would count as clusters: number those in use, in order.
  std::vector<std::int32_t> number(found.names.size(), -1);
  std::vector<std::uint8_t> used(found.names.size(), 0);
  for (const auto level : found.of_row) used[static_cast<std::size_t>(level)] = 1;
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

}  // namespace spillway
