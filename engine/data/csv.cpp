#include "engine/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "engine/data/csv_cells.hpp"
#include "engine/data/csv_layout.hpp"
#include "engine/data/encoding.hpp"
#include "engine/data/limits.hpp"

namespace spillway {

namespace {

constexpr std::ptrdiff_t rows_a_task = 8192;
constexpr std::size_t shown_cells = 1000;  // faults of one column; the rest is counted
constexpr const char* thin_space = "\xE2\x80\x89";
constexpr double not_there = std::numeric_limits<double>::quiet_NaN();

bool blank(char c) { return c == ' ' || c == '\t'; }

enum class Cell { number, missing, infinite, other };

/// Plain digits as a number; `other` also for digits with a superfluous leading zero, which are codes.
Cell read_plain(std::string_view cell, double& value) {
  value = not_there;
  const bool is_signed = cell[0] == '+' || cell[0] == '-';
  const std::string_view digits = is_signed ? cell.substr(1) : cell;
  if (digits.empty() || digits[0] == '+' || digits[0] == '-') return Cell::other;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return Cell::other;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || status == std::errc::invalid_argument) {
    value = not_there;
    return Cell::other;
  }
  if (status == std::errc::result_out_of_range) {
    // No double: as large as 1e999, or as small as 1e-999, which is 0 to every digit that a double has.
    const std::size_t exponent = digits.find_first_of("eE");
    const bool tiny =
        exponent != std::string_view::npos ? digits[exponent + 1] == '-' : digits.starts_with("0.");
    value = tiny ? 0.0 : not_there;
    return tiny ? Cell::number : Cell::infinite;
  }
  if (std::isnan(value)) return Cell::other;  // "nan(...)", "NAN": not among the spellings we take
  if (std::isinf(value)) return Cell::infinite;
  if (cell[0] == '-') value = -value;
  return Cell::number;
}

/// The cells of one column that have no value; most cells are told from them by their first byte.
class Markers {
 public:
  Markers(const CsvExpectations& expectations, const std::string& column) {
    const auto own = expectations.missing_in.find(column);
    words_ = own == expectations.missing_in.end() ? &expectations.missing : &own->second;
    for (const auto& word : *words_) {
      if (word.empty()) continue;
      first_[static_cast<unsigned char>(word[0])] = true;
      double value = 0.0;
      if (read_plain(word, value) == Cell::number) numbers_.push_back(value);
    }
  }
  bool hold(std::string_view cell) const {
    return cell.empty() || (first_[static_cast<unsigned char>(cell[0])] &&
                            std::find(words_->begin(), words_->end(), cell) != words_->end());
  }
  /// A mark that is a number, however it is written: -99 and -99.0.
  bool hold(double value) const {
    return !numbers_.empty() && std::find(numbers_.begin(), numbers_.end(), value) != numbers_.end();
  }

 private:
  const std::vector<std::string>* words_;
  std::vector<double> numbers_;
  std::array<bool, 256> first_{};
};

/// How numbers are written in one column.
struct Numerals {
  Numerals(const CsvExpectations& expectations, const std::string& column) : missing(expectations, column) {
    if (!expectations.sheet) return;
    published = true;
    thousands = expectations.sheet->thousands;
    decimal = expectations.sheet->decimal;
    percent = expectations.sheet->percent;
  }

  /// @param percent_sign  set where the cell ends in one
  Cell read(std::string_view cell, double& value, bool& percent_sign) const {
    value = not_there;
    percent_sign = false;
    if (missing.hold(cell)) return Cell::missing;
    std::string plain;
    if (published && (cell.size() > 64 || !plain_digits(cell, plain, percent_sign))) return Cell::other;
    const Cell kind = read_plain(published ? std::string_view(plain) : cell, value);
    if (kind == Cell::number && missing.hold(value)) {
      value = not_there;
      return Cell::missing;
    }
    if (percent_sign && percent == Percent::share) value /= 100.0;
    return kind;
  }

  Markers missing;
  bool published = false;
  std::string thousands;
  char decimal = '.';
  Percent percent = Percent::text;

 private:
  /// The cell with '.' as decimal sign, '-' as minus and no thousands separators; false where it is no number
  /// of this kind.
  bool plain_digits(std::string_view cell, std::string& plain, bool& percent_sign) const {
    if (cell.starts_with("\xE2\x88\x92")) {  // U+2212, the minus of typesetters
      plain = "-";
      cell.remove_prefix(3);
    } else if (cell[0] == '-' || cell[0] == '+') {
      plain = cell[0];
      cell.remove_prefix(1);
    }
    if (percent != Percent::text && cell.ends_with('%')) {
      percent_sign = true;
      cell.remove_suffix(1);
      for (const std::string_view space : {" ", "\xC2\xA0", "\xE2\x80\xAF", thin_space})
        while (cell.ends_with(space)) cell.remove_suffix(space.size());
    }
    if (cell.empty()) return false;
    const std::size_t point = cell.find(decimal);
    if (!without_thousands(cell.substr(0, point), plain)) return false;
    if (point == std::string_view::npos) return true;
    const std::string_view rest = cell.substr(point + 1);
    if (decimal != '.' && rest.find('.') != std::string_view::npos) return false;
    plain += '.';
    plain += rest;
    return true;
  }

  bool without_thousands(std::string_view whole, std::string& plain) const {
    if (decimal != '.' && whole.find('.') != std::string_view::npos && thousands != ".") return false;
    if (thousands.empty()) {
      plain += whole;
      return true;
    }
    bool first = true;
    while (true) {
      const std::size_t end = separator(whole);
      const std::string_view group = whole.substr(0, end);
      if (first && end == std::string_view::npos) {  // no separator in it
        plain += whole;
        return true;
      }
      const bool digits =
          std::all_of(group.begin(), group.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!digits || (first ? group.empty() || group.size() > 3 : group.size() != 3)) return false;
      plain += group;
      if (end == std::string_view::npos) return true;
      first = false;
      whole.remove_prefix(end + separator_length(whole, end));
    }
  }
  // A space also stands for the no-break and thin spaces that typesetters put there.
  std::size_t separator(std::string_view text) const {
    if (thousands != " ") return text.find(thousands);
    return std::min(
        {text.find(' '), text.find("\xC2\xA0"), text.find("\xE2\x80\xAF"), text.find(thin_space)});
  }
  std::size_t separator_length(std::string_view text, std::size_t at) const {
    if (thousands != " ") return thousands.size();
    return text[at] == ' ' ? 1 : text[at] == '\xC2' ? 2 : 3;
  }
};

constexpr std::size_t shown_not_numbers = 3;

/// The cells that keep a column of texts from being one of numbers: where most are numbers the first few and
/// how many there are, else the first.
void note_not_numbers(const CsvCells& cells, const Numerals& numerals, Column& column) {
  std::vector<std::uint8_t> is_number;
  double ignored = 0.0;
  bool sign = false;
  for (const auto& level : column.levels)
    is_number.push_back(numerals.read(level, ignored, sign) == Cell::number);
  std::size_t numbers = 0, values = 0;
  for (const auto level : column.level) {
    numbers += is_number[static_cast<std::size_t>(level)];
    values += !column.levels[static_cast<std::size_t>(level)].empty();
  }
  if (numbers == values) return;
  const std::size_t shown = 2 * numbers < values ? 1 : shown_not_numbers;
  for (std::size_t r = 0; r < column.level.size() && column.not_numbers.size() < shown; ++r) {
    const std::string& text = column.text(r);
    if (is_number[static_cast<std::size_t>(column.level[r])] || text.empty()) continue;
    column.not_numbers.push_back({cells.file, static_cast<long>(cells.line[r]), column.name, shown_cell(text),
                                  fmt::format("not a number ({} of {} are){}", numbers, values,
                                              numerals.published ? number_remedy(text) : std::string{})});
  }
}

void read_texts(const CsvCells& cells, std::size_t c, const Numerals& numerals, Column& column,
                std::map<std::string, std::size_t>& marks) {
  column.kind = ColumnKind::text;
  column.number = {};
  column.level.resize(cells.rows());
  std::unordered_map<std::string_view, std::int32_t> level_of;
  level_of.reserve(64);
  std::string_view previous;
  std::int32_t level = -1;
  bool is_mark = false;
  for (std::size_t r = 0; r < cells.rows(); ++r) {
    const std::string_view cell = cells.at(r, c);
    if (level < 0 || cell != previous) {
      is_mark = !cell.empty() && numerals.missing.hold(cell);
      const auto [place, added] = level_of.try_emplace(is_mark ? std::string_view{} : cell,
                                                       static_cast<std::int32_t>(column.levels.size()));
      if (added) column.levels.emplace_back(place->first);
      level = place->second;
      previous = cell;
    }
    if (is_mark) ++marks[std::string(cell)];
    column.level[r] = level;
  }
  note_not_numbers(cells, numerals, column);
}

/// What reading one column as numbers found, in one block of rows.
struct NumberFaults {
  bool text = false;                // a cell is text
  std::vector<Fault> faults;        // what would be wrong if the column must hold numbers
  std::size_t dropped = 0;          // faults not kept
  std::size_t signs = 0, bare = 0;  // numbers other than 0 with a percent sign, and without
  std::map<std::string, std::size_t> marks;
};

/// Trailing columns without a name and without a value, as spreadsheets export them, are dropped.
void drop_empty_columns(CsvCells& cells, std::vector<std::string>& notes) {
  const std::size_t before = cells.columns();
  std::size_t kept = before;
  const auto empty = [&](std::size_t c) {
    if (!cells.header[c].empty()) return false;
    for (std::size_t r = 0; r < cells.rows(); ++r)
      if (cells.cells[r * before + c].length > 0) return false;
    return true;
  };
  while (kept > 1 && empty(kept - 1)) --kept;
  if (kept == before) return;
  for (std::size_t r = 0; r < cells.rows(); ++r)
    for (std::size_t c = 0; c < kept; ++c) cells.cells[r * kept + c] = cells.cells[r * before + c];
  cells.cells.resize(cells.rows() * kept);
  cells.header.resize(kept);
  notes.push_back(
      fmt::format("{} empty column{} at the end left out", before - kept, before - kept == 1 ? "" : "s"));
}

void check_required(const CsvCells& cells, const std::vector<std::string>& required, std::int64_t line,
                    std::vector<Fault>& faults) {
  for (const auto& name : required) {
    if (std::find(cells.header.begin(), cells.header.end(), name) != cells.header.end()) continue;
    const std::string near = nearest_word(name, cells.header);
    faults.push_back(
        {cells.file, line, name, "",
         fmt::format("the column is missing{}; expected it in the header: {}",
                     near.empty() ? "" : fmt::format(" (is it '{}'?)", near), some_of(cells.header))});
  }
}

}  // namespace

const std::vector<std::string>& missing_markers() {
  static const std::vector<std::string> markers = {"NA",   "N/A", "n/a", "#N/A", "NaN", "nan", "null",
                                                   "NULL", "..",  ":",   "[c]",  "[x]", "[z]", "-"};
  return markers;
}

CsvTable read_csv(const std::filesystem::path& file, std::vector<Fault>& faults,
                  const CsvExpectations& expectations) {
  return parse_csv(read_bytes(file), file.string(), faults, expectations);
}

CsvTable parse_csv(std::string bytes, const std::string& file, std::vector<Fault>& faults,
                   const CsvExpectations& expectations) {
  const SheetFormat* sheet = expectations.sheet ? &*expectations.sheet : nullptr;
  std::vector<Fault> found;
  CsvCells cells;
  cells.file = file;
  cells.tidiness = sheet != nullptr ? Tidiness::published : Tidiness::exact;
  CsvTable result;
  const auto finish = [&] {
    std::stable_sort(found.begin(), found.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    faults.insert(faults.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  };
  try {
    bytes = expanded(std::move(bytes), file);
  } catch (const InputError& error) {
    faults.insert(faults.end(), error.faults().begin(), error.faults().end());
    return result;
  }
  cells.text =
      utf8_text(std::move(bytes), sheet != nullptr ? sheet->encoding : std::string{},
                sheet != nullptr ? EncodingRule::found : EncodingRule::utf8_only, file, found, result.notes);
  if (cells.text.empty() && !found.empty()) {
    finish();
    return result;
  }
  std::size_t at = 0;
  std::int64_t line = 1;
  cells.delimiter = sheet != nullptr && sheet->delimiter != '\0'
                        ? sheet->delimiter
                        : found_delimiter(cells.text, cells.tidiness);
  if (sheet == nullptr && cells.delimiter != ',') {
    found.push_back(
        {file, 1, "", "",
         fmt::format("the columns are separated by {}s; a pack's are separated by commas: save the file so",
                     delimiter_name(cells.delimiter))});
    finish();
    return result;
  }
  if (sheet != nullptr && sheet->delimiter == '\0' && cells.delimiter != ',')
    result.notes.push_back(fmt::format("columns are separated by {}s", delimiter_name(cells.delimiter)));

  const std::int64_t header_line = cut_header(cells, sheet, at, line, found);
  if (cells.header.empty() || header_line == 0) {
    finish();
    return result;
  }
  cut_rows(cells, at, line, sheet != nullptr && sheet->until ? &*sheet->until : nullptr,
           expectations.parallelism, found);
  if (sheet != nullptr) {
    drop_empty_columns(cells, result.notes);
    if (cells.unpadded > 0)
      result.notes.push_back(fmt::format("no-break spaces around {} cell{} left out", cells.unpadded.load(),
                                         cells.unpadded == 1 ? "" : "s"));
    if (cells.left_out_from > 0)
      result.notes.push_back(fmt::format("{} row{} from line {} on left out, below the table", cells.left_out,
                                         cells.left_out == 1 ? "" : "s", cells.left_out_from));
    if (cells.left_out_alike > 0 && sheet->until->empty())
      found.push_back(
          {file, cells.left_out_alike_from, "", "",
           fmt::format("the table goes on below the blank row of line {}, and until = \"\" would "
                       "leave {} row{} like those above out; leave `until` out (blank rows are "
                       "skipped), or say what the row below the table starts with",
                       cells.left_out_from, cells.left_out_alike, cells.left_out_alike == 1 ? "" : "s")});
    else if (cells.left_out_alike > 0 && sheet->until)
      result.notes.push_back(fmt::format(
          "warning: {} of the rows below the table look like its own, first in line {}: does it end where a "
          "row starts with '{}'?",
          cells.left_out_alike, cells.left_out_alike_from, *sheet->until));
    if (cells.left_out_from == 0 && sheet->until && !sheet->until->empty())
      found.push_back({file, 0, "", *sheet->until, "no row starts so, though `until` says that one does"});
  }
  check_header(cells, header_line, found, result.notes);
  check_required(cells, expectations.required, header_line, found);

  // Numbers first, by column and block of rows; what is not a column of numbers is read as texts after.
  std::vector<Numerals> numerals;
  for (const std::string& name : cells.header) numerals.emplace_back(expectations, name);
  const std::size_t columns = cells.columns(), rows = cells.rows();
  const auto blocks =
      std::max<std::ptrdiff_t>(1, (static_cast<std::ptrdiff_t>(rows) + rows_a_task - 1) / rows_a_task);
  std::vector<Column> table(columns);
  std::vector<std::uint8_t> try_numbers(columns, 1), must_be_numbers(columns, 0);
  for (std::size_t c = 0; c < columns; ++c) {
    table[c].name = cells.header[c];
    const auto known = expectations.kinds.find(cells.header[c]);
    if (known != expectations.kinds.end()) {
      must_be_numbers[c] = known->second == ColumnKind::number;
      try_numbers[c] = must_be_numbers[c];
    } else {
      must_be_numbers[c] = expectations.others_are_numbers;
      try_numbers[c] = !expectations.others_are_texts;
    }
    double ignored = 0.0;
    bool sign = false;
    std::size_t r = 0;
    while (r < rows && numerals[c].missing.hold(cells.at(r, c))) ++r;
    if (try_numbers[c] && !must_be_numbers[c] && r < rows &&
        numerals[c].read(cells.at(r, c), ignored, sign) == Cell::other)
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
        const auto first = static_cast<std::size_t>((task % blocks) * rows_a_task);
        for (std::size_t r = first; r < std::min(rows, first + rows_a_task); ++r) {
          const std::string_view cell = cells.at(r, c);
          double& value = table[c].number[r];
          bool sign = false;
          const Cell kind = numerals[c].read(cell, value, sign);
          if (kind == Cell::number) {
            if (value != 0.0) ++(sign ? mine.signs : mine.bare);
            continue;
          }
          if (kind == Cell::missing) {
            if (!cell.empty()) ++mine.marks[std::string(cell)];
            continue;
          }
          if (kind == Cell::other) {
            mine.text = true;
            if (!must_be_numbers[c]) return;
          }
          if (mine.faults.size() < shown_cells)
            mine.faults.push_back({file, cells.line[r], cells.header[c], shown_cell(cell),
                                   kind == Cell::infinite
                                       ? "the number is infinite; expected a finite number, or an empty cell"
                                       : "not a number; expected a number, or an empty cell"});
          else
            ++mine.dropped;
        }
      });
  std::vector<std::map<std::string, std::size_t>> marks(columns);
  std::vector<std::vector<Fault>> of_column(columns);
  for_each_block(
      static_cast<std::ptrdiff_t>(columns), 1, expectations.parallelism,
      [&](std::ptrdiff_t column, std::ptrdiff_t) {
        const auto c = static_cast<std::size_t>(column);
        const auto first = outcome.begin() + column * blocks, last = first + blocks;
        const bool text = !try_numbers[c] ||
                          (!must_be_numbers[c] &&
                           std::any_of(first, last, [](const NumberFaults& block) { return block.text; }));
        if (text) {
          read_texts(cells, c, numerals[c], table[c], marks[c]);
          return;
        }
        std::size_t signs = 0, bare = 0, dropped = 0;
        for (auto block = first; block != last; ++block) {
          signs += block->signs;
          bare += block->bare;
          dropped += block->dropped;
          for (const auto& [mark, count] : block->marks) marks[c][mark] += count;
          for (Fault& fault : block->faults) {
            if (of_column[c].size() < shown_cells)
              of_column[c].push_back(std::move(fault));
            else
              ++dropped;
          }
        }
        if (dropped > 0)
          of_column[c].push_back({file, of_column[c].back().line, cells.header[c], "",
                                  fmt::format("and {} more cells of the column are no numbers", dropped)});
        if (signs > 0 && bare > 0)
          of_column[c].push_back(
              {file, 0, cells.header[c], "",
               fmt::format("{} numbers have a percent sign and {} have none; say what they are with "
                           "text = [\"{}\"] and number(replace(...)) in the recipe",
                           signs, bare, cells.header[c])});
      });
  for (std::size_t c = 0; c < columns; ++c) {
    found.insert(found.end(), std::make_move_iterator(of_column[c].begin()),
                 std::make_move_iterator(of_column[c].end()));
    if (!marks[c].empty()) result.marks[cells.header[c]] = std::move(marks[c]);
  }
  finish();
  result.table.columns = std::move(table);
  result.table.rows = rows;
  result.line = std::move(cells.line);
  return result;
}

bool number_of_cell(const std::string& cell, double& value) {
  bool sign = false;
  const Cell kind = Numerals({}, "").read(cell, value, sign);
  return kind == Cell::number || kind == Cell::missing;
}

std::string number_remedy(const std::string& cell) {
  const auto reads = [&](const SheetFormat& sheet) {
    CsvExpectations expectations;
    expectations.sheet = sheet;
    double value = 0.0;
    bool sign = false;
    return Numerals(expectations, "").read(cell, value, sign) == Cell::number;
  };
  for (const auto& [thousands, decimal] :
       {std::pair{",", '.'}, {"", ','}, {".", ','}, {" ", '.'}, {" ", ','}, {"'", '.'}}) {
    SheetFormat sheet;
    sheet.thousands = thousands;
    sheet.decimal = decimal;
    std::string say;
    if (!sheet.thousands.empty()) say += fmt::format("thousands = \"{}\"", thousands);
    if (decimal == ',') say += (say.empty() ? "" : " and ") + std::string("decimal = \",\"");
    if (reads(sheet)) return "; say " + say + " in [[source]]";
    sheet.percent = Percent::percent;
    if (cell.ends_with('%') && reads(sheet))
      return fmt::format("; say percent = true{} in [[source]]",
                         cell.find_first_of(", '") == std::string::npos ? "" : " and " + say);
  }
  if (cell.size() <= 6 && cell.find_first_of("0123456789") == std::string::npos)
    return fmt::format("; where it stands for a missing value, say missing = [\"{}\", ...] in [[source]]",
                       cell);
  return {};
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  std::vector<std::string> shown;
  for (std::size_t k = 0; k < std::min(most, names.size()); ++k) shown.push_back(shown_cell(names[k]));
  if (names.size() <= most) return fmt::format("{}", fmt::join(shown, ", "));
  return fmt::format("{} and {} more", fmt::join(shown, ", "), names.size() - most);
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
  std::vector<std::string> parts(static_cast<std::size_t>((rows + rows_a_task - 1) / rows_a_task));
  for_each_block(rows, rows_a_task, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::string& part = parts[static_cast<std::size_t>(first / rows_a_task)];
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
