// Where the table stands in a publisher's file: its delimiter, the rows above the header.
#pragma once
#include <string>
#include <vector>

#include "engine/data/csv.hpp"
#include "engine/data/csv_cells.hpp"

namespace spillway {

/// Comma, semicolon, tab or pipe: the one by which most of the first rows have one and the same width above
/// 1, the widest of those, a comma where two are alike.
char found_delimiter(const std::string& text, Tidiness tidiness);

/// Cut what stands above the header, then the header's cells, into `cells.header`.
///
/// @param sheet   null: the header is the first row that is not blank
/// @param at      start of the text; moves to the first row below the header
/// @param line    of `at`
/// @param faults  no header; a title where the header is due, with where the header seems to be
/// @return the line of the header, 0 where there is none
std::int64_t cut_header(CsvCells& cells, const SheetFormat* sheet, std::size_t& at, std::int64_t& line,
                        std::vector<Fault>& faults);

/// Names that are empty or stand twice, in time linear in their number. Of an exact file they are faults. Of
/// a published one empty names become "column 3" and twins "name (1)", "name (2)", so that no use of them is
/// a guess.
void check_header(CsvCells& cells, std::int64_t line, std::vector<Fault>& faults,
                  std::vector<std::string>& notes);

/// The kind of characters of a code, for telling notes from codes: letters A, digits 9, others as they are.
std::string shape_of(std::string_view code);

/// The letters and digits of a code with their runs as one: E01000001 is A9, "Source: ONS" is "A: A".
std::string kind_of_code(const std::string& code);

}  // namespace spillway
