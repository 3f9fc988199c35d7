// CSV files, plain or gzipped: read into a Table with every fault listed, and written back without loss.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/parallel.hpp"
#include "engine/data/table.hpp"

namespace spillway {

/// Cells that say "no value" unless a manifest or a recipe lists others; an empty cell always does.
const std::vector<std::string>& missing_markers();

/// What the caller knows of a CSV file before it is read.
struct CsvExpectations {
  std::map<std::string, ColumnKind> kinds;               ///< kind of these columns; the others are inferred
  std::vector<std::string> required;                     ///< columns that must be there
  bool others_are_numbers = false;                       ///< every column not in `kinds` must hold numbers
  Parallelism parallelism{0};                            ///< changes speed, never results
  std::vector<std::string> missing = missing_markers();  ///< cells without a value, numbers and texts alike
  std::map<std::string, std::vector<std::string>> missing_in;  ///< the same for single columns
};

/// A table and where its rows stand in the file.
struct CsvTable {
  Table table;
  std::vector<std::int64_t> line;  ///< row -> line of the file, 1-based (the header is line 1)
};

/// The bytes of a file.
/// @throws StoreError  the file is missing or cannot be read; names it
std::string read_bytes(const std::filesystem::path& file);

/// Read a CSV file (RFC 4180, comma, one header line, UTF-8 with or without BOM, LF or CRLF), or a gzipped
/// one.
///
/// A column holds numbers where every cell that has a value is one. A cell without a value (empty, or one of
/// the markers) is NaN among numbers and the level "" among texts. Digits that start with a superfluous 0
/// ("00123") make a code, so the column is text.
/// Spaces around an unquoted cell are dropped, blank lines skipped.
///
/// @param faults  appended, in the order of the file: rows with more or fewer cells than the header, a cell
/// that is
///                not a number where one is due, infinite numbers, quotes that do not close, header names
///                that are empty or used twice, required columns that are missing, bytes that are not UTF-8
///                or not gzip. A table with faults may lack rows or columns; do not use it.
/// @throws StoreError  the file is missing or cannot be read
CsvTable read_csv(const std::filesystem::path& file, std::vector<Fault>& faults,
                  const CsvExpectations& expectations = {});

/// As read_csv, from bytes in memory (gzipped or not); `file` is used in messages only.
CsvTable parse_csv(std::string bytes, const std::string& file, std::vector<Fault>& faults,
                   const CsvExpectations& expectations = {});

/// The table as CSV: shortest digits that read back as the same double, empty cells for NaN, quotes where
/// needed.
std::string format_csv(const Table& table, Parallelism parallelism = {});

/// `value` in the shortest digits that read back as the same double; "" for NaN.
void append_number(std::string& text, double value);

/// `text` as a CSV cell: in quotes where it holds a comma, quote or line break, or starts or ends with a
/// space.
std::string quoted_cell(const std::string& text);

}  // namespace spillway
