// Estimates as economists print them: one column a model, standard errors in brackets.
#pragma once
#include <string>
#include <vector>

#include "engine/estimate/estimate.hpp"

namespace spillway::cli {

enum class TableFormat { terminal, csv, latex, markdown };

/// A table with a title, a header and rows of texts, written in any format.
struct TextTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> notes;
};

std::string format_table(const TextTable& table, TableFormat format);
/// @throws InputError  not terminal | csv | latex | markdown
TableFormat table_format(const std::string& name);

/// Coefficients, intervals and diagnostics of estimates of one model, side by side.
TextTable estimate_table(const std::string& title, const std::vector<const Estimate*>& estimates);

/// Four significant digits, no more noise than a reader can use.
std::string short_number(double value);

}  // namespace spillway::cli
