// Any text as an expression of a recipe is parsed and evaluated on a small table, or refused in words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "engine/data/recipe/recipe_expression.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const spillway::Table table = [] {
    spillway::Table made;
    made.rows = 4;
    made.columns.resize(3);
    made.columns[0].name = "x";
    made.columns[0].number = {1.0, -2.0, 0.0, std::numeric_limits<double>::quiet_NaN()};
    made.columns[1].name = "y";
    made.columns[1].number = {3.0, 1e300, 2.5, 7.0};
    made.columns[2].name = "k";
    made.columns[2].kind = spillway::ColumnKind::text;
    made.columns[2].levels = {"a", "1,5", ""};
    made.columns[2].level = {0, 1, 0, 2};
    return made;
  }();
  spillway::recipe::ExpressionRows rows;
  rows.table = &table;
  rows.has_previous = true;
  rows.previous = {-1, 0, -1, 2};
  std::vector<std::string> notes;
  try {
    const spillway::recipe::Expression expression(std::string(reinterpret_cast<const char*>(data), size));
    const auto column = spillway::recipe::to_column("r", evaluate(expression, rows, notes));
    const bool text = column.kind == spillway::ColumnKind::text;
    if ((text ? column.level.size() : column.number.size()) != table.rows) std::abort();
  } catch (const spillway::recipe::ExpressionError&) {
  }
  return 0;
}
