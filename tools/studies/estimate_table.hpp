// Estimates as economists print them: one column a model, standard errors in brackets.
#pragma once
#include <string>
#include <vector>

#include "engine/estimate/estimate.hpp"

namespace spillway::studies {

enum class TableFormat { terminal, csv, latex, markdown };

/// A table with a title, a header and rows of texts, written in any format.
struct TextTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> notes;
  std::vector<std::string> definitions;  ///< one a row where there are any; a CSV's last column, the other
                                         ///< formats have them in notes
};

/// Of a table the rows where a column holds one of some words, and the columns asked for, in their order.
struct TablePick {
  std::vector<std::string> columns;                                    ///< none: all
  std::vector<std::pair<std::string, std::vector<std::string>>> rows;  ///< column, words; all must hold
};
/// @param rows  "scenario=wealth_fund", "group=London,North East" @throws InputError  no '='
TablePick table_pick(const std::vector<std::string>& columns, const std::vector<std::string>& rows);
/// Of several tables those that have the columns that rows go by and one that is asked for.
/// @throws InputError  no table has such a column, or no row such a word; names the nearest
std::vector<TextTable> picked(std::vector<TextTable> tables, const TablePick& pick);

std::string format_table(const TextTable& table, TableFormat format);
/// For a terminal, a table whose last column says what each row is: a line of facts a row, and the words
/// below it.
std::string described_table(const TextTable& table);
/// @throws InputError  not terminal | csv | latex | markdown
TableFormat table_format(const std::string& name);

/// Estimates of one model side by side, one column each: coefficients with standard errors in brackets and
/// intervals in square ones, counts, effects as yes or no, every diagnostic; definitions as notes.
TextTable estimate_table(const std::string& title, const std::vector<const Estimate*>& estimates);

/// Four significant digits, no more noise than a reader can use.
std::string short_number(double value);

}  // namespace spillway::studies
