#include "tools/studies/stored_column.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace spillway::studies {

Column column_of(const TableColumn& stored) {
  Column column;
  column.name = stored.name;
  column.unit = stored.unit;
  column.number = stored.numbers;
  if (!stored.numbers.empty()) return column;
  column.kind = ColumnKind::text;
  std::map<std::string, std::int32_t> level;
  for (const std::string& text : stored.texts) {
    const auto [at, fresh] = level.emplace(text, static_cast<std::int32_t>(column.levels.size()));
    if (fresh) column.levels.push_back(text);
    column.level.push_back(at->second);
  }
  return column;
}

}  // namespace spillway::studies
