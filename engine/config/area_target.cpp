#include "engine/config/area_target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/error.hpp"

namespace spillway {

namespace {
constexpr std::string_view column_mark = "column:", list_mark = "list:";
}  // namespace

std::string to_text(const AreaTarget& target) {
  if (!target.list.empty()) return fmt::format("{}{}", list_mark, target.list);
  if (!target.column.empty())
    return fmt::format("{}{}={}", column_mark, target.column, fmt::join(target.equals, "|"));
  return target.place.empty() ? target.type : target.type + ":" + target.place;
}

AreaTarget area_target(const std::string& text) {
  AreaTarget target;
  if (text.starts_with(list_mark)) {
    target.list = text.substr(list_mark.size());
    if (target.list.empty()) throw InputError("names no file; write \"list:places.csv\"");
    return target;
  }
  if (!text.starts_with(column_mark)) {
    if (text.empty()) throw InputError("is empty; expected a type of area, a column or a list");
    // A group of two groupings crossed, as tables write it.
    const auto colon = text.find(':');
    target.type = text.substr(0, colon);
    if (colon == std::string::npos) return target;
    const auto begin = text.find_first_not_of(' ', colon + 1);
    target.place = begin == std::string::npos ? "" : text.substr(begin);
    if (target.type.empty() || target.place.empty())
      throw InputError(
          "crosses a type with nothing; write \"doubly_disadvantaged:Tees Valley\", a type and a place");
    return target;
  }
  const auto equals = text.find('=', column_mark.size());
  target.column = text.substr(column_mark.size(), equals - column_mark.size());
  std::string_view rest =
      equals == std::string::npos ? std::string_view{} : std::string_view(text).substr(equals + 1);
  while (!rest.empty()) {
    const auto bar = rest.find('|');
    if (bar != 0) target.equals.emplace_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
  }
  if (equals == std::string::npos || target.column.empty() || target.equals.empty())
    throw InputError("names no column with a value; write \"column:in_programme=yes\"");
  return target;
}

}  // namespace spillway
