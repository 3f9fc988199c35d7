// A text cut into rows of cells (RFC 4180 with any one-byte delimiter), within the limits of limits.hpp.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/parallel.hpp"

namespace spillway {

/// A cell: text[start, start + length).
struct CsvCell {
  std::uint64_t start = 0;
  std::uint32_t length = 0;
};

/// Who wrote the file: what a program wrote must be exact; what a publisher did may have the untidiness of
/// spreadsheets, which changes no value.
enum class Tidiness { exact, published };

/// Rows of equal width, and the text they lie in.
struct CsvCells {
  std::string text;
  std::string file;  ///< for messages
  char delimiter = ',';
  Tidiness tidiness = Tidiness::exact;
  std::vector<std::string> header;
  std::vector<CsvCell> cells;             ///< row after row
  std::vector<std::int64_t> line;         ///< of each row
  std::int64_t left_out_from = 0;         ///< line of the row where `until` stopped; 0: it did not
  std::int64_t left_out = 0;              ///< rows from there on
  std::int64_t left_out_alike = 0;        ///< of them those next to the table that look like its own
  std::int64_t left_out_alike_from = 0;   ///< line of the first of these
  std::atomic<std::size_t> unpadded = 0;  ///< cells that lost a no-break space at their ends

  std::size_t columns() const { return header.size(); }
  std::size_t rows() const { return line.size(); }
  std::string_view view(const CsvCell& cell) const { return {text.data() + cell.start, cell.length}; }
  std::string_view at(std::size_t row, std::size_t column) const {
    return view(cells[row * columns() + column]);
  }
};

using CsvRecord = std::vector<CsvCell>;

bool is_blank(const CsvCells& cells, const CsvRecord& record);

/// Cut the record at `at`, a row that may run over several lines, into `record`.
///
/// Spaces around an unquoted cell are dropped, no-break spaces around any; of a published file also spaces
/// around a quoted one. Quoted cells are unescaped in place.
/// @param line    of `at`; moves on
/// @param faults  a quote that does not close, text after a closing quote, a cell, line or number of columns
/// past
///                its limit (after which nothing more is cut)
/// @return where the next record starts; the size of the text at its end
std::size_t cut_record(CsvCells& cells, std::size_t at, CsvRecord& record, std::int64_t& line,
                       std::vector<Fault>& faults);

/// Cut the rows below the header, as wide as `cells.header`, in parallel where no cell is quoted. Blank rows
/// are skipped. Of a published file, cells beyond the header's are dropped where they are empty.
///
/// @param until   stop at the first row whose first cell starts with this text; "" stops at a blank row;
/// null: read
///                all
/// @param faults  rows of another width: where they are all at the end, one fault that names them as notes;
/// else
///                the first of them and their number
void cut_rows(CsvCells& cells, std::size_t at, std::int64_t line, const std::string* until,
              Parallelism parallelism, std::vector<Fault>& faults);

/// The delimiter by its name: "comma", "tab", ...
std::string delimiter_name(char delimiter);

}  // namespace spillway
