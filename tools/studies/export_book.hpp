// A run as a book of sheets for people who work in spreadsheets: plain labels with units, one table a sheet.
// Laid out as the Analysis Function's guidance on accessible spreadsheets asks (cover, contents, notes; no
// blank rows inside a table, no empty cells, no merged cells): the writers in tools/export only put it into a
// format.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// mixed: numbers of a unit a row, which no count of decimals fits.
enum class CellKind { text, whole, number, mixed, percent, pounds };

/// A column: its kind, and the decimals that its numbers are shown with (they are kept in full).
struct BookColumn {
  std::string label;
  CellKind kind = CellKind::text;
  int decimals = 0;
  bool grouped = true;  ///< thousands are set apart
};

/// A text, or a number; a percent is kept as a share of one.
using BookCell = std::variant<std::string, double>;

/// What stands where there is no number.
inline constexpr const char* not_available = "[x]";

/// A title and lines of text above one table.
struct BookSheet {
  std::string name;   ///< of the tab, at most 31 characters
  std::string title;  ///< of the table, in words
  std::vector<std::string> lines;
  std::string table;  ///< name of the marked table; empty: the sheet has none
  std::vector<BookColumn> columns;
  std::vector<std::vector<BookCell>> rows;
};

/// Cover, contents, notes, then the tables.
struct Book {
  std::string title;
  std::vector<BookSheet> sheets;
};

/// Groups by outcome, appraisal, parameters, winners and losers, areas. What the run has none of is left out.
/// @throws InputError  the run has no scenario
Book book_of(const RunReader& reader);

/// A number as a sheet shows it.
std::string shown_cell(const BookCell& cell, const BookColumn& column);

/// How a cell is shown: as its column's, or where units are mixed with four digits of its own number, at most
/// nine decimals.
BookColumn column_of_cell(const BookCell& cell, const BookColumn& column);

}  // namespace spillway::studies
