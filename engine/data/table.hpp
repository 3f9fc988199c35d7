// A table of named columns, numbers or texts, as read from a CSV file.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.hpp"

namespace spillway {

enum class ColumnKind { number, text };

/// One column. Numbers: NaN is an empty cell. Texts: row -> level -> its name, levels in order of first
/// appearance; an empty cell is the level "".
struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::string unit;         ///< from the pack's manifest, else empty
  std::string description;  ///< likewise
  std::string price_base;   ///< year of money columns, likewise
  std::vector<double> number;
  std::vector<std::int32_t> level;
  std::vector<std::string> levels;
  std::vector<Fault> not_numbers;  ///< texts of a file that look like numbers but for these cells

  const std::string& text(std::size_t row) const { return levels[static_cast<std::size_t>(level[row])]; }
};

/// Columns of equal length.
struct Table {
  std::vector<Column> columns;
  std::size_t rows = 0;

  const Column* find(const std::string& name) const;
  /// @throws InputError  no such column; names the nearest and lists those there are.
  const Column& at(const std::string& name) const;
  /// As at(), and the column must hold numbers. @throws InputError  the cells that are none
  const std::vector<double>& numbers(const std::string& name) const;
};

/// Why a column of texts is no column of numbers: the cells that are none, by file and line where known.
std::vector<Fault> faults_as_numbers(const Column& column);

/// Rows of the column that have no value.
std::size_t rows_without_value(const Column& column);

/// A column as categories: row -> index into names. Numbers are categories by their printed value.
struct Categories {
  std::vector<std::int32_t> of_row;
  std::vector<std::string> names;
};
Categories categories(const Column& column);

}  // namespace spillway
