// Columns of a pack that a test makes by hand.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/data/pack/data_pack.hpp"

namespace spillway::test {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

inline Column texts(const std::string& name, const std::vector<std::string>& values) {
  Column column;
  column.name = name;
  column.kind = ColumnKind::text;
  for (const auto& value : values) {
    std::int32_t level = 0;
    while (level < static_cast<std::int32_t>(column.levels.size()) &&
           column.levels[static_cast<std::size_t>(level)] != value)
      ++level;
    if (level == static_cast<std::int32_t>(column.levels.size())) column.levels.push_back(value);
    column.level.push_back(level);
  }
  return column;
}

inline Column numbers(const std::string& name, const std::vector<double>& values, const std::string& unit) {
  Column column;
  column.name = name;
  column.unit = unit;
  column.number = values;
  return column;
}

}  // namespace spillway::test
