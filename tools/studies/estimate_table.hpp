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

std::string format_table(const TextTable& table, TableFormat format);
/// @throws InputError  not terminal | csv | latex | markdown
TableFormat table_format(const std::string& name);

/// Estimates of one model side by side, one column each: coefficients with standard errors in brackets and
/// intervals in square ones, counts, effects as yes or no, every diagnostic; definitions as notes.
TextTable estimate_table(const std::string& title, const std::vector<const Estimate*>& estimates);

/// Four significant digits, no more noise than a reader can use.
std::string short_number(double value);

}  // namespace spillway::studies
