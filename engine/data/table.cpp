#include "engine/data/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/base/error.hpp"
#include "engine/data/csv.hpp"

namespace spillway {

const Column* Table::find(const std::string& name) const {
  for (const auto& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

const Column& Table::at(const std::string& name) const {
  if (const Column* column = find(name)) return *column;
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  const std::string near = nearest_word(name, names);
  throw InputError(fmt::format("no column '{}'{}; there are: {}", name,
                               near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                               fmt::join(names, ", ")));
}

const std::vector<double>& Table::numbers(const std::string& name) const {
  const Column& column = at(name);
  if (column.kind != ColumnKind::number) throw InputError(faults_as_numbers(column));
  return column.number;
}

std::vector<Fault> faults_as_numbers(const Column& column) {
  if (!column.not_numbers.empty()) return column.not_numbers;
  Fault fault;
  fault.what = fmt::format("column '{}' holds text such as '{}' (needs numbers)", column.name,
                           column.levels.empty() ? "" : column.levels.front());
  return {fault};
}

std::size_t rows_without_value(const Column& column) {
  const auto count = [](const auto& values, auto missing) {
    return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), missing));
  };
  if (column.kind == ColumnKind::number)
    return count(column.number, [](double value) { return std::isnan(value); });
  return count(column.level,
               [&](std::int32_t level) { return column.levels[static_cast<std::size_t>(level)].empty(); });
}

Categories categories(const Column& column) {
  Categories result;
  if (column.kind == ColumnKind::text) {
    result.of_row = column.level;
    result.names = column.levels;
    return result;
  }
  // By printed value, so that every NaN is one category, "", and 0 and -0 are what the reader of a file sees.
  std::unordered_map<std::string, std::int32_t> number_of;
  result.of_row.reserve(column.number.size());
  for (const double value : column.number) {
    std::string text;
    append_number(text, value);
    const auto [place, added] = number_of.try_emplace(text, static_cast<std::int32_t>(result.names.size()));
    if (added) result.names.push_back(text);
    result.of_row.push_back(place->second);
  }
  return result;
}

}  // namespace spillway
