#include "engine/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>
#include <unordered_map>

namespace spillway {

namespace {

constexpr std::ptrdiff_t rows_a_block = 8192;

/// The file cut into cells: cell (row, column) is text[start, start + length).
struct Cells {
  struct Cell {
    std::uint64_t start = 0;
    std::uint32_t length = 0;
  };
  std::string text;
  std::string file;
  std::vector<std::string> header;
  std::vector<Cell> cells;         // row after row
  std::vector<std::int64_t> line;  // of each row
  std::size_t columns() const { return header.size(); }
  std::size_t rows() const { return line.size(); }
  std::string_view at(std::size_t row, std::size_t column) const {
    const Cell& cell = cells[row * columns() + column];
    return {text.data() + cell.start, cell.length};
  }
};

std::string inflated(const std::string& bytes, const std::string& file, std::vector<Fault>& faults) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK)
    throw StoreError(fmt::format("zlib could not start on '{}'", file));
  std::string text;
  std::array<char, 1 << 16> buffer;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
  int status = Z_OK;
  while (status != Z_STREAM_END || stream.avail_in > 0) {
    if (status == Z_STREAM_END && inflateReset(&stream) != Z_OK) break;  // gzip members may follow each other
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
    if (status != Z_OK && status != Z_STREAM_END) break;
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END)
    faults.push_back({file, 0, "", "", "gzip data end early or are damaged; expected a whole .gz file"});
  return text;
}

/// Length of the UTF-8 sequence at `at`, 0 where there is none (overlong forms and surrogates are refused).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) {
    return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0u;
  };
  const auto tail = [&](std::size_t k) { return (byte(k) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2) || (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F))
      return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && byte(1) < 0x90) ||
        (lead == 0xF4 && byte(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

void check_utf8(std::string_view text, const std::string& file, std::vector<Fault>& faults) {
  for (std::size_t at = 0; at < text.size();) {
    if (at + 8 <= text.size()) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080ull) == 0) {
        at += 8;
        continue;
      }
    }
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      faults.push_back({file, line, "", fmt::format("\\x{:02X}", static_cast<unsigned char>(text[at])),
                        "the byte is not UTF-8; save the file as UTF-8"});
      return;
    }
    at += length;
  }
}

bool blank(char c) { return c == ' ' || c == '\t'; }

Cells::Cell trimmed(const std::string& text, std::size_t first, std::size_t last) {
  while (first < last && blank(text[first])) ++first;
  while (last > first && blank(text[last - 1])) --last;
  return {first, static_cast<std::uint32_t>(last - first)};
}

/// Cut one record that starts at `at` into `out`; returns where the next one starts. Quoted cells are
/// unescaped in place. `line` counts the line breaks passed.
std::size_t cut_record(std::string& text, std::size_t at, std::vector<Cells::Cell>& out, std::int64_t& line,
                       const std::string& file, std::vector<Fault>& faults) {
  const std::int64_t first_line = line;
  while (true) {
    std::size_t start = at;
    while (start < text.size() && blank(text[start])) ++start;
    if (start < text.size() && text[start] == '"') {
      std::size_t read = start + 1, write = start;
      bool closed = false;
      while (read < text.size()) {
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
      out.push_back({start, static_cast<std::uint32_t>(write - start)});
      if (!closed) {
        faults.push_back(
            {file, first_line, "", "", "a quote is opened and never closed; expected a closing \""});
        return text.size();
      }
      at = read;
      while (at < text.size() && (blank(text[at]) || text[at] == '\r')) ++at;
      if (at < text.size() && text[at] != ',' && text[at] != '\n') {
        faults.push_back({file, line, "", text.substr(start, std::min<std::size_t>(write - start, 40)),
                          "text follows the closing quote; expected a comma or the end of the line"});
        while (at < text.size() && text[at] != ',' && text[at] != '\n') ++at;
      }
    } else {
      at = start;
      while (at < text.size() && text[at] != ',' && text[at] != '\n') ++at;
      std::size_t end = at;
      if (end > start && text[end - 1] == '\r' && (at == text.size() || text[at] == '\n')) --end;
      out.push_back(trimmed(text, start, end));
    }
    if (at >= text.size()) return at;
    if (text[at] == '\n') {
      ++line;
      return at + 1;
    }
    ++at;
  }
}

bool is_blank_record(const std::vector<Cells::Cell>& record) {
  return record.size() == 1 && record[0].length == 0;
}

Fault ragged(const std::string& file, std::int64_t line, std::size_t found, std::size_t expected) {
  return {file, line, "", "",
          fmt::format("the row has {} cell{}; expected {}, as the header has", found, found == 1 ? "" : "s",
                      expected)};
}

/// Any file: one record after the other, because quoted cells may hold line breaks.
void cut_serially(Cells& cells, std::size_t at, std::int64_t line, std::vector<Fault>& faults) {
  std::vector<Cells::Cell> record;
  while (at < cells.text.size()) {
    record.clear();
    const std::int64_t first_line = line;
    at = cut_record(cells.text, at, record, line, cells.file, faults);
    if (is_blank_record(record) && cells.columns() > 1) continue;
    if (record.size() != cells.columns()) {
      faults.push_back(ragged(cells.file, first_line, record.size(), cells.columns()));
      continue;
    }
    cells.cells.insert(cells.cells.end(), record.begin(), record.end());
    cells.line.push_back(first_line);
  }
}

/// A file without quotes: every line is a record, so the lines are cut in parallel.
void cut_lines(Cells& cells, std::size_t at, std::int64_t line, Parallelism parallelism,
               std::vector<Fault>& faults) {
  const std::string& text = cells.text;
  std::vector<std::size_t> starts;
  starts.reserve((text.size() - at) / 32);
  while (at < text.size()) {
    starts.push_back(at);
    const void* end = std::memchr(text.data() + at, '\n', text.size() - at);
    if (end == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) + 1;
  }
  const std::size_t columns = cells.columns();
  const auto rows = static_cast<std::ptrdiff_t>(starts.size());
  cells.cells.resize(starts.size() * columns);
  std::vector<std::uint32_t> found(starts.size());
  for_each_block(rows, rows_a_block, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t row = first; row < last; ++row) {
      const auto r = static_cast<std::size_t>(row);
      const std::size_t next = r + 1 < starts.size() ? starts[r + 1] : text.size();
      std::size_t end = next;
      if (end > starts[r] && text[end - 1] == '\n') --end;
      if (end > starts[r] && text[end - 1] == '\r') --end;
      std::uint32_t count = 0;
      for (std::size_t start = starts[r];;) {
        std::size_t stop = start;
        while (stop < end && text[stop] != ',') ++stop;
        if (count < columns) cells.cells[r * columns + count] = trimmed(text, start, stop);
        ++count;
        if (stop >= end) break;
        start = stop + 1;
      }
      found[r] = count;
    }
  });
  // Keep whole rows, close the gaps that blank and ragged lines leave.
  cells.line.reserve(starts.size());
  std::size_t kept = 0;
  for (std::size_t r = 0; r < starts.size(); ++r) {
    const bool is_blank = found[r] == 1 && cells.cells[r * columns].length == 0 && columns > 1;
    if (found[r] == columns) {
      if (kept != r) std::copy_n(&cells.cells[r * columns], columns, &cells.cells[kept * columns]);
      cells.line.push_back(line + static_cast<std::int64_t>(r));
      ++kept;
    } else if (!is_blank) {
      faults.push_back(ragged(cells.file, line + static_cast<std::int64_t>(r), found[r], columns));
    }
  }
  cells.cells.resize(kept * columns);
}

enum class Cell { number, missing, infinite, other };

/// The cells of one column that have no value; most cells are told from them by their first byte.
class Markers {
 public:
  Markers(const CsvExpectations& expectations, const std::string& column) {
    const auto own = expectations.missing_in.find(column);
    words_ = own == expectations.missing_in.end() ? &expectations.missing : &own->second;
    for (const auto& word : *words_)
      if (!word.empty()) first_[static_cast<unsigned char>(word[0])] = true;
  }
  bool hold(std::string_view cell) const {
    return cell.empty() || (first_[static_cast<unsigned char>(cell[0])] &&
                            std::find(words_->begin(), words_->end(), cell) != words_->end());
  }

 private:
  const std::vector<std::string>* words_;
  std::array<bool, 256> first_{};
};

/// Read a cell as a number; `other` also for digits with a superfluous leading zero, which are codes.
Cell read_number(std::string_view cell, const Markers& markers, double& value) {
  value = std::numeric_limits<double>::quiet_NaN();
  if (markers.hold(cell)) return Cell::missing;
  const bool signed_cell = cell[0] == '+' || cell[0] == '-';
  const std::string_view digits = signed_cell ? cell.substr(1) : cell;
  if (digits.empty() || digits[0] == '+' || digits[0] == '-') return Cell::other;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return Cell::other;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || status == std::errc::invalid_argument) {
    value = std::numeric_limits<double>::quiet_NaN();
    return Cell::other;
  }
  if (status == std::errc::result_out_of_range) {  // 1e999 or 1e-999: not a double
    value = std::numeric_limits<double>::quiet_NaN();
    return Cell::infinite;
  }
  if (std::isnan(value)) return Cell::other;  // "nan(...)", "NAN": not among the spellings we take
  if (std::isinf(value)) return Cell::infinite;
  if (cell[0] == '-') value = -value;
  return Cell::number;
}

/// The cells that keep a column of texts from being one of numbers: all where most are numbers, else the
/// first.
void note_not_numbers(const Cells& cells, const Markers& markers, Column& column) {
  std::vector<std::uint8_t> is_number;
  double ignored = 0.0;
  for (const auto& level : column.levels)
    is_number.push_back(read_number(level, markers, ignored) == Cell::number);
  std::size_t numbers = 0, values = 0;
  for (const auto level : column.level) {
    numbers += is_number[static_cast<std::size_t>(level)];
    values += !column.levels[static_cast<std::size_t>(level)].empty();
  }
  if (numbers == values) return;
  for (std::size_t r = 0; r < column.level.size(); ++r) {
    if (is_number[static_cast<std::size_t>(column.level[r])] || column.text(r).empty()) continue;
    column.not_numbers.push_back({cells.file, static_cast<long>(cells.line[r]), column.name,
                                  column.text(r).substr(0, 60),
                                  fmt::format("not a number ({} of {} are)", numbers, values)});
    if (2 * numbers < values) return;
  }
}

void read_texts(const Cells& cells, std::size_t c, const Markers& markers, Column& column) {
  column.kind = ColumnKind::text;
  column.number = {};
  column.level.resize(cells.rows());
  std::unordered_map<std::string_view, std::int32_t> level_of;
  level_of.reserve(64);
  std::string_view previous;
  std::int32_t level = -1;
  for (std::size_t r = 0; r < cells.rows(); ++r) {
    std::string_view cell = cells.at(r, c);
    if (markers.hold(cell)) cell = {};
    if (level < 0 || cell != previous) {
      const auto [place, added] = level_of.try_emplace(cell, static_cast<std::int32_t>(column.levels.size()));
      if (added) column.levels.emplace_back(cell);
      level = place->second;
      previous = cell;
    }
    column.level[r] = level;
  }
  note_not_numbers(cells, markers, column);
}

/// What reading one column as numbers found.
struct NumberFaults {
  bool text = false;          // a cell is text
  std::vector<Fault> faults;  // what would be wrong if the column must hold numbers
};

std::vector<std::string> cut_header(Cells& cells, std::size_t& at, std::int64_t& line,
                                    std::vector<Fault>& faults) {
  std::vector<Cells::Cell> record;
  while (at < cells.text.size() && (record.empty() || is_blank_record(record))) {
    record.clear();
    at = cut_record(cells.text, at, record, line, cells.file, faults);
  }
  std::vector<std::string> header;
  for (const auto& cell : record) header.emplace_back(cells.text.substr(cell.start, cell.length));
  if (record.empty() || is_blank_record(record)) {
    faults.push_back(
        {cells.file, 1, "", "", "the file is empty; expected a header line with the names of the columns"});
    return {};
  }
  for (std::size_t c = 0; c < header.size(); ++c) {
    if (header[c].empty())
      faults.push_back({cells.file, line - 1, "", "",
                        fmt::format("column {} has no name; expected one in the header", c + 1)});
    else if (const auto first =
                 std::find(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(c), header[c]);
             first != header.begin() + static_cast<std::ptrdiff_t>(c))
      faults.push_back(
          {cells.file, line - 1, header[c], "", "the name is used by two columns; expected names used once"});
  }
  return header;
}

}  // namespace

const std::vector<std::string>& missing_markers() {
  static const std::vector<std::string> markers = {"NA",   "N/A", "n/a", "#N/A", "NaN", "nan", "null",
                                                   "NULL", "..",  ":",   "[c]",  "[x]", "[z]", "-"};
  return markers;
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!stream || error)
    throw StoreError(fmt::format("cannot read '{}': {}", file.string(),
                                 error ? error.message() : std::string("permission denied or not a file")));
  std::string bytes(size, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size))
    throw StoreError(
        fmt::format("cannot read '{}': {} of {} bytes came", file.string(), stream.gcount(), size));
  return bytes;
}

CsvTable read_csv(const std::filesystem::path& file, std::vector<Fault>& faults,
                  const CsvExpectations& expectations) {
  return parse_csv(read_bytes(file), file.string(), faults, expectations);
}

CsvTable parse_csv(std::string bytes, const std::string& file, std::vector<Fault>& faults,
                   const CsvExpectations& expectations) {
  std::vector<Fault> found;
  Cells cells;
  cells.file = file;
  const bool gzipped = bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
  cells.text = gzipped ? inflated(bytes, file, found) : std::move(bytes);
  CsvTable result;
  const auto finish = [&] {
    std::stable_sort(found.begin(), found.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    faults.insert(faults.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  };
  if (!found.empty()) {
    finish();
    return result;
  }
  check_utf8(cells.text, file, found);

  std::size_t at = cells.text.compare(0, 3, "\xEF\xBB\xBF") == 0 ? 3 : 0;
  std::int64_t line = 1;
  cells.header = cut_header(cells, at, line, found);
  for (const auto& name : expectations.required)
    if (!cells.header.empty() &&
        std::find(cells.header.begin(), cells.header.end(), name) == cells.header.end()) {
      const std::string near = nearest_word(name, cells.header);
      found.push_back({file, 1, name, "",
                       fmt::format("the column is missing{}; expected it in the header: {}",
                                   near.empty() ? "" : fmt::format(" (is it '{}'?)", near),
                                   fmt::join(cells.header, ", "))});
    }
  if (cells.header.empty()) {
    finish();
    return result;
  }
  if (std::memchr(cells.text.data() + at, '"', cells.text.size() - at) == nullptr)
    cut_lines(cells, at, line, expectations.parallelism, found);
  else
    cut_serially(cells, at, line, found);

  // Numbers first, by column and block of rows; what is not a column of numbers is read as texts after.
  const std::size_t columns = cells.columns(), rows = cells.rows();
  const auto blocks =
      std::max<std::ptrdiff_t>(1, (static_cast<std::ptrdiff_t>(rows) + rows_a_block - 1) / rows_a_block);
  std::vector<Column> table(columns);
  std::vector<Markers> markers;
  for (const auto& name : cells.header) markers.emplace_back(expectations, name);
  std::vector<std::uint8_t> try_numbers(columns, 1), must_be_numbers(columns, 0);
  for (std::size_t c = 0; c < columns; ++c) {
    table[c].name = cells.header[c];
    const auto known = expectations.kinds.find(cells.header[c]);
    if (known != expectations.kinds.end()) {
      must_be_numbers[c] = known->second == ColumnKind::number;
      try_numbers[c] = must_be_numbers[c];
    } else {
      must_be_numbers[c] = expectations.others_are_numbers;
    }
    double ignored = 0.0;
    std::size_t r = 0;
    while (r < rows && markers[c].hold(cells.at(r, c))) ++r;
    if (!must_be_numbers[c] && r < rows && read_number(cells.at(r, c), markers[c], ignored) == Cell::other)
      try_numbers[c] = 0;
    if (try_numbers[c]) table[c].number.resize(rows);
  }
  std::vector<NumberFaults> outcome(columns * static_cast<std::size_t>(blocks));
  for_each_block(
      static_cast<std::ptrdiff_t>(outcome.size()), 1, expectations.parallelism,
      [&](std::ptrdiff_t task, std::ptrdiff_t) {
        const auto c = static_cast<std::size_t>(task / blocks);
        if (!try_numbers[c]) return;
        NumberFaults& mine = outcome[static_cast<std::size_t>(task)];
        const auto first = static_cast<std::size_t>((task % blocks) * rows_a_block);
        for (std::size_t r = first; r < std::min(rows, first + rows_a_block); ++r) {
          const std::string_view cell = cells.at(r, c);
          const Cell kind = read_number(cell, markers[c], table[c].number[r]);
          if (kind == Cell::number || kind == Cell::missing) continue;
          if (kind == Cell::other) {
            mine.text = true;
            if (!must_be_numbers[c]) return;
          }
          mine.faults.push_back({file, cells.line[r], cells.header[c], std::string(cell.substr(0, 60)),
                                 kind == Cell::infinite
                                     ? "the number is infinite; expected a finite number, or an empty cell"
                                     : "not a number; expected a number, or an empty cell"});
        }
      });
  for_each_block(
      static_cast<std::ptrdiff_t>(columns), 1, expectations.parallelism,
      [&](std::ptrdiff_t column, std::ptrdiff_t) {
        const auto c = static_cast<std::size_t>(column);
        bool text = !try_numbers[c];
        for (std::ptrdiff_t block = 0; block < blocks; ++block)
          text =
              text || (outcome[c * static_cast<std::size_t>(blocks) + static_cast<std::size_t>(block)].text &&
                       !must_be_numbers[c]);
        if (text) {
          read_texts(cells, c, markers[c], table[c]);
          for (std::ptrdiff_t block = 0; block < blocks; ++block)
            outcome[c * static_cast<std::size_t>(blocks) + static_cast<std::size_t>(block)].faults.clear();
        }
      });
  for (auto& one : outcome)
    found.insert(found.end(), std::make_move_iterator(one.faults.begin()),
                 std::make_move_iterator(one.faults.end()));
  finish();
  result.table.columns = std::move(table);
  result.table.rows = rows;
  result.line = std::move(cells.line);
  return result;
}

void append_number(std::string& text, double value) {
  if (std::isnan(value)) return;
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

std::string quoted_cell(const std::string& text) {
  const bool plain = text.find_first_of(",\"\r\n") == std::string::npos &&
                     (text.empty() || (!blank(text.front()) && !blank(text.back())));
  if (plain) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string format_csv(const Table& table, Parallelism parallelism) {
  std::string text;
  std::vector<std::vector<std::string>> levels(table.columns.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c) text += ',';
    text += quoted_cell(table.columns[c].name);
    for (const auto& level : table.columns[c].levels) levels[c].push_back(quoted_cell(level));
  }
  text += '\n';
  const auto rows = static_cast<std::ptrdiff_t>(table.rows);
  std::vector<std::string> parts(static_cast<std::size_t>((rows + rows_a_block - 1) / rows_a_block));
  for_each_block(rows, rows_a_block, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::string& part = parts[static_cast<std::size_t>(first / rows_a_block)];
    for (std::ptrdiff_t row = first; row < last; ++row) {
      const auto r = static_cast<std::size_t>(row);
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        if (c) part += ',';
        const Column& column = table.columns[c];
        if (column.kind == ColumnKind::number)
          append_number(part, column.number[r]);
        else
          part += levels[c][static_cast<std::size_t>(column.level[r])];
      }
      part += '\n';
    }
  });
  std::size_t size = text.size();
  for (const auto& part : parts) size += part.size();
  text.reserve(size);
  for (const auto& part : parts) text += part;
  return text;
}

}  // namespace spillway
