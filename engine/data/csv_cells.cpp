#include "engine/data/csv_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/data/csv_layout.hpp"
#include "engine/data/encoding.hpp"
#include "engine/data/limits.hpp"

namespace spillway {

namespace {

constexpr std::ptrdiff_t rows_a_block = 8192;
constexpr std::size_t shown_ragged = 3;  // the rest is counted

/// Length of the no-break or zero-width space that ends at `end` (or starts at `start`), 0 where there is
/// none: U+00A0, U+2007, U+2009, U+200B, U+202F, U+FEFF.
bool is_no_break(std::string_view bytes) {
  return bytes == "\xC2\xA0" || bytes == "\xE2\x80\x87" || bytes == "\xE2\x80\x89" ||
         bytes == "\xE2\x80\x8B" || bytes == "\xE2\x80\xAF" || bytes == "\xEF\xBB\xBF";
}
std::size_t no_break_before(const std::string& text, std::size_t first, std::size_t end) {
  if (end <= first || static_cast<unsigned char>(text[end - 1]) < 0x80) return 0;
  for (const std::size_t length : {2u, 3u})
    if (end - first >= length && is_no_break(std::string_view(text).substr(end - length, length)))
      return length;
  return 0;
}
std::size_t no_break_after(const std::string& text, std::size_t start, std::size_t last) {
  if (start >= last || static_cast<unsigned char>(text[start]) < 0x80) return 0;
  for (const std::size_t length : {2u, 3u})
    if (last - start >= length && is_no_break(std::string_view(text).substr(start, length))) return length;
  return 0;
}

bool is_space(char c, char delimiter) { return (c == ' ' || c == '\t') && c != delimiter; }

/// The cell without spaces (where `spaces`) and no-break spaces at its ends.
CsvCell trimmed(CsvCells& cells, std::size_t first, std::size_t last, bool spaces) {
  const std::string& text = cells.text;
  bool padded = false;
  for (bool again = true; again;) {
    again = false;
    if (spaces) {
      while (first < last && is_space(text[first], cells.delimiter)) ++first;
      while (last > first && is_space(text[last - 1], cells.delimiter)) --last;
    }
    if (const std::size_t length = no_break_after(text, first, last)) first += length, again = padded = true;
    if (const std::size_t length = no_break_before(text, first, last)) last -= length, again = padded = true;
  }
  if (padded) cells.unpadded.fetch_add(1, std::memory_order_relaxed);
  return {first, static_cast<std::uint32_t>(last - first)};
}

bool too_large(const CsvCells& cells, std::int64_t line, std::size_t start, std::size_t end,
               std::size_t cell_start, std::size_t columns, std::vector<Fault>& faults) {
  const auto refuse = [&](const std::string& what) { faults.push_back({cells.file, line, "", "", what}); };
  if (end - cell_start > limits::cell_bytes)
    refuse(fmt::format("a cell has more than {} bytes; is its quote never closed?", limits::cell_bytes));
  else if (end - start > limits::line_bytes)
    refuse(fmt::format("the row has more than {} bytes; a table with a row an area is expected",
                       limits::line_bytes));
  else if (columns > limits::columns)
    refuse(fmt::format("the row has more than {} cells; at most so many columns are read", limits::columns));
  else
    return false;
  return true;
}

/// Rows whose width is not the header's.
struct Ragged {
  struct Row {
    std::int64_t line;
    std::size_t found;
    std::string first;  // cell
    bool after_blank;
  };
  std::vector<Row> shown;
  std::size_t count = 0;
  std::int64_t last_whole = 0;  // line of the last row that has the right width
  std::string last_first;       // and its first cell
  bool blank_before = false;

  void add(std::int64_t line, std::size_t found, std::string_view first) {
    if (shown.size() < shown_ragged) shown.push_back({line, found, shown_cell(first), blank_before});
    ++count;
  }
};

void report(const CsvCells& cells, const Ragged& ragged, std::vector<Fault>& faults) {
  if (ragged.count == 0) return;
  const auto what = [&](const Ragged::Row& row) {
    return fmt::format("the row has {} cell{}; expected {}, as the header has", row.found,
                       row.found == 1 ? "" : "s", cells.columns());
  };
  const Ragged::Row& first = ragged.shown.front();
  const bool last = first.line > ragged.last_whole && ragged.last_whole > 0 && first.found < cells.columns();
  const bool like_the_others = !first.first.empty() && shape_of(first.first.substr(0, 2)) ==
                                                           shape_of(ragged.last_first);  // a row cut short
  if (last && !like_the_others) {
    const std::string rows =
        ragged.count == 1
            ? "it looks like a note below the table"
            : fmt::format("it and {} more below it look like notes below the table", ragged.count - 1);
    const std::string start = first.first.substr(0, first.first.find_first_of(",;:\""));
    const std::string remedy = cells.tidiness == Tidiness::exact ? std::string("delete them from the file")
                               : first.after_blank
                                   ? std::string("say until = \"\" (the table ends at a blank row)")
                                   : fmt::format("say until = \"{}\"", start);
    faults.push_back(
        {cells.file, first.line, "", first.first, fmt::format("{}; {}; {}", what(first), rows, remedy)});
    return;
  }
  for (const Ragged::Row& row : ragged.shown) faults.push_back({cells.file, row.line, "", "", what(row)});
  if (ragged.count > ragged.shown.size())
    faults.push_back(
        {cells.file, ragged.shown.back().line, "", "",
         fmt::format("and {} more rows are not as wide as the header", ragged.count - ragged.shown.size())});
}

/// Whether only empty cells stand beyond the header's.
bool ends_empty(const CsvCells& cells, const CsvRecord& record) {
  return cells.tidiness == Tidiness::published && record.size() > cells.columns() &&
         std::all_of(record.begin() + static_cast<std::ptrdiff_t>(cells.columns()), record.end(),
                     [](const CsvCell& cell) { return cell.length == 0; });
}

bool too_many(const CsvCells& cells, std::size_t rows, std::int64_t line, std::vector<Fault>& faults) {
  if (rows <= limits::rows && rows * std::max<std::size_t>(1, cells.columns()) <= limits::cells) return false;
  faults.push_back({cells.file, line, "", "",
                    fmt::format("the table has more than {} rows or {} cells; read a part of it",
                                limits::rows, limits::cells)});
  return true;
}

/// Rows below the table that are as whole as its own and begin alike: the table, going on.
class LikeTheTable {
 public:
  explicit LikeTheTable(const CsvCells& cells) : cells_(cells) {}

  void look(const CsvRecord& record, bool blank, std::int64_t line, CsvCells& found) {
    if (ended_ || blank) return;
    const std::size_t columns = cells_.columns();
    const bool whole = columns > 1 && record.size() >= columns && cells_.rows() > 0 &&
                       std::all_of(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(columns),
                                   [](const CsvCell& cell) { return cell.length > 0; });
    if (!whole || kind(cells_.view(record[0])) != kind(cells_.at(cells_.rows() - 1, 0))) {
      ended_ = true;
      return;
    }
    if (found.left_out_alike++ == 0) found.left_out_alike_from = line;
  }

 private:
  /// Shape and kind: authorities are not their nation, whose code looks alike.
  static std::pair<std::string, std::string> kind(std::string_view code) {
    return {shape_of(code), kind_of_code(std::string(code))};
  }

  const CsvCells& cells_;
  bool ended_ = false;
};

/// Any file: one record after the other, because quoted cells may hold line breaks.
void cut_serially(CsvCells& cells, std::size_t at, std::int64_t line, const std::string* until,
                  std::vector<Fault>& faults) {
  CsvRecord record;
  Ragged ragged;
  LikeTheTable below(cells);
  const std::size_t before = faults.size();
  while (at < cells.text.size()) {
    const std::int64_t first_line = line;
    at = cut_record(cells, at, record, line, faults);
    if (faults.size() > before + 1000) break;
    const bool blank = is_blank(cells, record);
    const bool stops = until != nullptr && (until->empty() ? blank && cells.rows() > 0
                                                           : cells.view(record[0]).starts_with(*until));
    if (cells.left_out_from > 0 || stops) {
      if (cells.left_out_from == 0) cells.left_out_from = first_line;
      if (!blank) ++cells.left_out;
      below.look(record, blank, first_line, cells);
      continue;
    }
    if (blank && (cells.columns() > 1 || cells.tidiness == Tidiness::published)) {
      ragged.blank_before = true;
      continue;
    }
    if (record.size() != cells.columns() && !ends_empty(cells, record)) {
      ragged.add(first_line, record.size(), cells.view(record[0]));
    } else {
      if (too_many(cells, cells.rows() + 1, first_line, faults)) return;
      cells.cells.insert(cells.cells.end(), record.begin(),
                         record.begin() + static_cast<std::ptrdiff_t>(cells.columns()));
      cells.line.push_back(first_line);
      ragged.last_whole = first_line;
      ragged.last_first = cells.view(record[0]).substr(0, 2);
    }
    ragged.blank_before = false;
  }
  report(cells, ragged, faults);
}

/// A file without quotes: every line is a record, so the lines are cut in parallel.
void cut_lines(CsvCells& cells, std::size_t at, std::int64_t line, Parallelism parallelism,
               std::vector<Fault>& faults) {
  const std::string& text = cells.text;
  std::vector<std::size_t> starts;
  while (at < text.size()) {
    starts.push_back(at);
    if (starts.size() > limits::rows && too_many(cells, starts.size(), line, faults)) return;
    const void* end = std::memchr(text.data() + at, '\n', text.size() - at);
    if (end == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) + 1;
  }
  if (too_many(cells, starts.size(), line, faults)) return;
  const std::size_t columns = cells.columns();
  const auto rows = static_cast<std::ptrdiff_t>(starts.size());
  constexpr std::uint32_t oversized = ~0u;
  cells.cells.resize(starts.size() * columns);
  std::vector<std::uint32_t> found(starts.size());
  std::vector<std::uint8_t> empty(starts.size(), 1), extra(starts.size(), 0);
  for_each_block(rows, rows_a_block, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t row = first; row < last; ++row) {
      const auto r = static_cast<std::size_t>(row);
      const std::size_t next = r + 1 < starts.size() ? starts[r + 1] : text.size();
      std::size_t end = next;
      if (end > starts[r] && text[end - 1] == '\n') --end;
      if (end > starts[r] && text[end - 1] == '\r') --end;
      std::uint32_t count = 0;
      if (end - starts[r] > limits::line_bytes) {
        found[r] = oversized;
        continue;
      }
      for (std::size_t start = starts[r];;) {
        std::size_t stop = start;
        while (stop < end && text[stop] != cells.delimiter) ++stop;
        if (stop - start > limits::cell_bytes) {
          count = oversized;
          break;
        }
        const CsvCell cell = trimmed(cells, start, stop, true);
        if (cell.length > 0) empty[r] = 0;
        if (count < columns)
          cells.cells[r * columns + count] = cell;
        else if (cell.length > 0)
          extra[r] = 1;
        ++count;
        if (stop >= end) break;
        start = stop + 1;
      }
      found[r] = count;
    }
  });
  // Keep whole rows, close the gaps that blank and ragged lines leave.
  cells.line.reserve(starts.size());
  Ragged ragged;
  std::size_t kept = 0;
  const bool published = cells.tidiness == Tidiness::published;
  for (std::size_t r = 0; r < starts.size(); ++r) {
    const auto here = line + static_cast<std::int64_t>(r);
    if (found[r] == oversized) {
      faults.push_back(
          {cells.file, here, "", "",
           fmt::format("a cell has more than {} bytes, or the row more than {}; a table with a row an "
                       "area is expected",
                       limits::cell_bytes, limits::line_bytes)});
      return;
    }
    if (empty[r] && (published || (found[r] == 1 && columns > 1))) {
      ragged.blank_before = true;
      continue;
    }
    if (found[r] == columns || (published && found[r] > columns && !extra[r])) {
      if (kept != r) std::copy_n(&cells.cells[r * columns], columns, &cells.cells[kept * columns]);
      cells.line.push_back(here);
      ragged.last_whole = here;
      ragged.last_first = cells.at(kept, 0).substr(0, 2);
      ++kept;
    } else {
      ragged.add(here, found[r], cells.view(cells.cells[r * columns]));
    }
    ragged.blank_before = false;
  }
  cells.cells.resize(kept * columns);
  report(cells, ragged, faults);
}

}  // namespace

std::string delimiter_name(char delimiter) {
  switch (delimiter) {
    case ',':
      return "comma";
    case ';':
      return "semicolon";
    case '\t':
      return "tab";
    case '|':
      return "pipe";
    default:
      return fmt::format("'{}'", delimiter);
  }
}

bool is_blank(const CsvCells& cells, const CsvRecord& record) {
  if (cells.tidiness == Tidiness::exact) return record.size() == 1 && record[0].length == 0;
  return std::all_of(record.begin(), record.end(), [](const CsvCell& cell) { return cell.length == 0; });
}

std::size_t cut_record(CsvCells& cells, std::size_t at, CsvRecord& record, std::int64_t& line,
                       std::vector<Fault>& faults) {
  std::string& text = cells.text;
  const std::int64_t first_line = line;
  const std::size_t record_start = at;
  record.clear();
  const auto ends_cell = [&](char c) { return c == cells.delimiter || c == '\n'; };
  while (true) {
    std::size_t start = at;
    while (start < text.size() && is_space(text[start], cells.delimiter)) ++start;
    if (start < text.size() && text[start] == '"') {
      std::size_t read = start + 1, write = start;
      bool closed = false;
      while (read < text.size() && read - start <= limits::cell_bytes + 2) {
        if (text[read] == '"') {
          if (read + 1 < text.size() && text[read + 1] == '"') {
            ++read;
          } else {
            closed = true;
            ++read;
            break;
          }
        } else if (text[read] == '\n') {
          ++line;
        }
        text[write++] = text[read++];
      }
      record.push_back(trimmed(cells, start, write, true));
      if (!closed && read >= text.size()) {
        faults.push_back(
            {cells.file, first_line, "", "", "a quote is opened and never closed; expected a closing \""});
        return text.size();
      }
      if (too_large(cells, first_line, record_start, read, start, record.size(), faults)) return text.size();
      at = read;
      while (at < text.size() && (is_space(text[at], cells.delimiter) || text[at] == '\r')) ++at;
      if (at < text.size() && !ends_cell(text[at])) {
        faults.push_back(
            {cells.file, line, "",
             shown_cell(std::string_view(text).substr(start, std::min<std::size_t>(write - start, 40))),
             fmt::format("text follows the closing quote; expected a {} or the end of the line",
                         delimiter_name(cells.delimiter))});
        while (at < text.size() && !ends_cell(text[at])) ++at;
      }
    } else {
      at = start;
      while (at < text.size() && !ends_cell(text[at])) ++at;
      std::size_t end = at;
      if (end > start && text[end - 1] == '\r' && (at == text.size() || text[at] == '\n')) --end;
      record.push_back(trimmed(cells, start, end, true));
      if (too_large(cells, first_line, record_start, at, start, record.size(), faults)) return text.size();
    }
    if (at >= text.size()) return at;
    if (text[at] == '\n') {
      ++line;
      return at + 1;
    }
    ++at;
  }
}

void cut_rows(CsvCells& cells, std::size_t at, std::int64_t line, const std::string* until,
              Parallelism parallelism, std::vector<Fault>& faults) {
  if (until == nullptr && std::memchr(cells.text.data() + at, '"', cells.text.size() - at) == nullptr)
    cut_lines(cells, at, line, parallelism, faults);
  else
    cut_serially(cells, at, line, until, faults);
}

}  // namespace spillway
