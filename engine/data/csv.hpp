// CSV files, plain or gzipped: read into a Table with every fault listed, and written back without loss.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/parallel.hpp"
#include "engine/data/read_bytes.hpp"
#include "engine/data/table.hpp"

namespace spillway {

/// Cells that say "no value" unless a manifest or a recipe lists others; an empty cell always does.
const std::vector<std::string>& missing_markers();

/// What becomes of "12.3%".
enum class Percent { text, percent, share };  ///< no number; 12.3; 0.123

/// How a publisher laid a table out in its file. Where nothing is said the file is looked at; what was found
/// is in CsvTable::notes.
struct SheetFormat {
  char delimiter = '\0';      ///< zero: comma, semicolon, tab or pipe, whichever makes rows of one width
  std::string encoding;       ///< one of known_encodings(); empty: found
  std::size_t skip_rows = 0;  ///< rows above the header; a quoted cell with line breaks is one row
  std::string header;         ///< the header is the first row with a cell of this text; empty: the first row
  std::optional<std::string> until;  ///< the table ends above the row that starts so; "": above a blank row
  std::string thousands;             ///< between groups of three digits; empty: none
  char decimal = '.';
  Percent percent = Percent::text;
};

/// What the caller knows of a CSV file before it is read.
struct CsvExpectations {
  std::map<std::string, ColumnKind> kinds = {};          ///< kind of these columns; the others are inferred
  std::vector<std::string> required = {};                ///< columns that must be there
  bool others_are_numbers = false;                       ///< every column not in `kinds` must hold numbers
  bool others_are_texts = false;                         ///< or is read as texts, digits too
  Parallelism parallelism = {0};                         ///< changes speed, never results
  std::vector<std::string> missing = missing_markers();  ///< cells without a value, numbers and texts alike
  std::map<std::string, std::vector<std::string>> missing_in = {};  ///< the same for single columns
  std::optional<SheetFormat> sheet = {};  ///< a publisher's file; none: exactly a pack's form
};

/// A table and where its rows stand in the file.
struct CsvTable {
  Table table;
  std::vector<std::int64_t> line;  ///< row -> line of the file, 1-based (the header is line 1)
  std::map<std::string, std::map<std::string, std::size_t>>
      marks;                       ///< column -> mark -> cells read as missing
  std::vector<std::string> notes;  ///< what was found or left out in a publisher's file
};

/// Read a CSV file (RFC 4180, comma, one header line, UTF-8 with or without BOM, LF or CRLF), or a gzipped
/// one; with `sheet`, a publisher's file of any layout that SheetFormat describes.
///
/// A column holds numbers where every cell that has a value is one. A cell without a value (empty, or one of
/// the markers) is NaN among numbers and the level "" among texts. Digits that start with a superfluous 0
/// ("00123") make a code, so the column is text. Spaces around an unquoted cell are dropped, no-break spaces
/// around any, blank lines skipped.
///
/// @param faults  appended, in the order of the file: rows with more or fewer cells than the header, a cell
/// that is
///                not a number where one is due, infinite numbers, quotes that do not close, header names
///                that are empty or used twice, required columns that are missing, bytes that are not UTF-8
///                or not gzip, a header that is not in the first row, whatever is beyond
///                engine/data/limits.hpp. A table with faults may lack rows or columns; do not use it.
/// @throws InputError  the file is missing or no file
/// @throws StoreError  the file cannot be read
CsvTable read_csv(const std::filesystem::path& file, std::vector<Fault>& faults,
                  const CsvExpectations& expectations = {});

/// As read_csv, from bytes in memory (gzipped or not); `file` is used in messages only.
CsvTable parse_csv(std::string bytes, const std::string& file, std::vector<Fault>& faults,
                   const CsvExpectations& expectations = {});

/// What a recipe can say so that `cell` becomes a number: "; say thousands = \",\" in [[source]]", or "".
std::string number_remedy(const std::string& cell);

/// A cell as a plain number, NaN where it is empty or one of missing_markers(); false where it is neither.
bool number_of_cell(const std::string& cell, double& value);

/// The table as CSV: shortest digits that read back as the same double, empty cells for NaN, quotes where
/// needed.
std::string format_csv(const Table& table, Parallelism parallelism = {});

/// `value` in the shortest digits that read back as the same double; "" for NaN.
void append_number(std::string& text, double value);

/// `text` as a CSV cell: in quotes where it holds a comma, quote or line break, or starts or ends with a
/// space.
std::string quoted_cell(const std::string& text);

/// Names for a message, the first dozen: "a, b, c and 40 more".
std::string some_of(const std::vector<std::string>& names);

}  // namespace spillway
