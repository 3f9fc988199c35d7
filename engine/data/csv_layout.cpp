#include "engine/data/csv_layout.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <unordered_map>

#include "engine/data/encoding.hpp"

namespace spillway {

namespace {

constexpr std::size_t looked_at = 200;  // rows
constexpr std::size_t bytes_looked_at = 1u << 20;

struct HeadRow {
  std::vector<std::string> cells;
  std::size_t filled() const {
    return static_cast<std::size_t>(
        std::count_if(cells.begin(), cells.end(), [](const std::string& cell) { return !cell.empty(); }));
  }
};

/// The first rows from `at` on, cut on a copy, blank ones as well.
std::vector<HeadRow> head_of(const std::string& text, std::size_t at, char delimiter, Tidiness tidiness) {
  CsvCells copy;
  copy.delimiter = delimiter;
  copy.tidiness = tidiness;
  copy.text = text.substr(at, bytes_looked_at);
  const bool whole = at + copy.text.size() == text.size();
  std::vector<HeadRow> rows;
  std::vector<Fault> ignored;
  CsvRecord record;
  std::int64_t line = 1;
  for (std::size_t next = 0; next < copy.text.size() && rows.size() < looked_at && ignored.empty();) {
    next = cut_record(copy, next, record, line, ignored);
    if (next >= copy.text.size() && !whole && !rows.empty()) break;  // it may be cut short
    HeadRow row;
    for (const CsvCell& cell : record) row.cells.emplace_back(copy.view(cell));
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The width that most rows have (blank ones apart), the larger of two that are as common, and how many have
/// it.
std::pair<std::size_t, std::size_t> usual_width(const std::vector<HeadRow>& rows) {
  std::map<std::size_t, std::size_t> count;
  for (const HeadRow& row : rows)
    if (row.filled() > 0) ++count[row.cells.size()];
  std::pair<std::size_t, std::size_t> best{1, 0};
  for (const auto& [width, times] : count)
    if (times >= best.second) best = {width, times};
  return best;
}

bool is_number_like(const std::string& cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789.,+-%() ") == std::string::npos &&
         cell.find_first_of("0123456789") != std::string::npos;
}

/// The row that seems to be the header below titles: the first as wide as most, every cell a word, unlike the
/// row below it; npos where the first row may well be the header.
std::size_t lower_header(const std::vector<HeadRow>& rows) {
  std::size_t first = 0;
  while (first < rows.size() && rows[first].filled() == 0) ++first;
  if (first == rows.size()) return std::string::npos;
  const std::size_t width = usual_width(rows).first;
  if (width < 2 || rows[first].filled() > std::min<std::size_t>(2, width - 1)) return std::string::npos;
  // Titles padded with delimiters are as wide as the table, so the cells that are filled tell.
  std::size_t most = 0;
  for (const HeadRow& row : rows)
    if (row.cells.size() == width) most = std::max(most, row.filled());
  for (std::size_t k = first + 1; k + 1 < rows.size(); ++k) {
    const HeadRow& row = rows[k];
    if (row.cells.size() != width || row.filled() < std::max<std::size_t>(2, most - most / 4) ||
        row.filled() <= rows[first].filled())
      continue;
    if (rows[k + 1].filled() == 0) continue;  // a title of several cells
    const bool words = std::none_of(row.cells.begin(), row.cells.end(), is_number_like) ||
                       (!row.cells[0].empty() && !is_number_like(row.cells[0]));
    const std::size_t below = k + 1;
    const bool like_below =
        rows[below].cells.size() == width && shape_of(rows[below].cells[0]) == shape_of(row.cells[0]) &&
        (row.cells[0].find_first_of("0123456789") != std::string::npos ||
         std::equal(row.cells.begin(), row.cells.end(), rows[below].cells.begin(),
                    [](const auto& a, const auto& b) { return is_number_like(a) == is_number_like(b); }));
    return words && !like_below ? k : std::string::npos;
  }
  return std::string::npos;
}

std::string named(const HeadRow& row) {
  std::vector<std::string> cells;
  for (const std::string& cell : row.cells)
    if (!cell.empty()) cells.push_back(shown_cell(cell));
  return some_of(cells);
}

/// Runs of white space, line breaks among them, become one space: headings are wrapped in spreadsheets.
std::string unwrapped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (space && (result.empty() || result.back() == ' ')) continue;
    result += space ? ' ' : c;
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}  // namespace

std::string shape_of(std::string_view code) {
  std::string shape(code);
  for (char& c : shape) {
    if (std::isdigit(static_cast<unsigned char>(c)))
      c = '9';
    else if (std::isalpha(static_cast<unsigned char>(c)))
      c = 'A';
  }
  return shape;
}

std::string kind_of_code(const std::string& code) {
  std::string kind;
  for (const char c : shape_of(code))
    if (kind.empty() || c != kind.back() || (c != 'A' && c != '9')) kind += c;
  if (kind != "A9" || code.size() != 9) return kind;
  if (code[0] >= 'a' && code[0] <= 'z') return "a9";  // written by hand beside capitals
  // ONS's nine-character codes say in their first three what they are of: a country, the United Kingdom, a
  // region; small areas, which rows of their authorities often head.
  const std::string entity = code.substr(0, 3);
  for (const char* whole : {"E92", "W92", "S92", "N92", "K01", "K02", "K03", "K04", "E12", "E13"})
    if (entity == whole) return entity;
  static const std::vector<std::pair<const char*, std::vector<const char*>>> levels = {
      {"A9 output areas", {"E00", "W00", "S00", "N00"}},
      {"A9 lower areas", {"E01", "W01", "S01", "N20"}},
      {"A9 middle areas", {"E02", "W02", "S02", "N21"}},
      {"A9 authorities", {"E06", "E07", "E08", "E09", "W06", "S12", "N09"}}};
  for (const auto& [level, entities] : levels)
    if (std::find(entities.begin(), entities.end(), entity) != entities.end()) return level;
  return kind;
}

char found_delimiter(const std::string& text, Tidiness tidiness) {
  char best = ',';
  std::pair<std::size_t, std::size_t> score{0, 0};
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto [width, rows] = usual_width(head_of(text, 0, delimiter, tidiness));
    if (width < 2) continue;
    const std::pair now{rows, width};
    if (now > score) {
      best = delimiter;
      score = now;
    }
  }
  return best;
}

std::int64_t cut_header(CsvCells& cells, const SheetFormat* sheet, std::size_t& at, std::int64_t& line,
                        std::vector<Fault>& faults) {
  CsvRecord record;
  const auto refuse = [&](std::int64_t where, const std::string& value, const std::string& what) {
    faults.push_back({cells.file, where, "", value, what});
    return std::int64_t{0};
  };
  std::size_t skipped = 0;
  for (; sheet != nullptr && skipped < sheet->skip_rows; ++skipped) {
    if (at >= cells.text.size())
      return refuse(0, "",
                    fmt::format("the file has only {} rows, and skip_rows = {}", skipped, sheet->skip_rows));
    at = cut_record(cells, at, record, line, faults);
  }
  // Looked at before anything is cut, because cutting takes the quotes out in place.
  const std::vector<HeadRow> head = head_of(cells.text, at, cells.delimiter, cells.tidiness);
  const bool searched = sheet != nullptr && !sheet->header.empty();
  std::int64_t header_line = 0;
  std::string nearest;
  for (bool found = false; !found;) {
    if (at >= cells.text.size()) {
      if (searched)
        return refuse(0, sheet->header,
                      fmt::format("no row has a cell of this text, which `header` says the header has{}",
                                  nearest.empty() ? "" : fmt::format("; is it '{}'?", nearest)));
      return refuse(1, "",
                    skipped > 0 ? fmt::format("nothing is left below the {} rows of skip_rows", skipped)
                                : "the file is empty; expected a header line with the names of the columns");
    }
    header_line = line;
    const std::size_t before = faults.size();
    at = cut_record(cells, at, record, line, faults);
    if (faults.size() > before) return 0;
    if (is_blank(cells, record)) continue;
    cells.header.clear();
    for (const CsvCell& cell : record)
      cells.header.push_back(cells.tidiness == Tidiness::published ? unwrapped(cells.view(cell))
                                                                   : std::string(cells.view(cell)));
    found =
        !searched || std::find(cells.header.begin(), cells.header.end(), sheet->header) != cells.header.end();
    if (!found && nearest.empty() && header_line < 1000) nearest = nearest_word(sheet->header, cells.header);
  }
  if (searched) return header_line;
  const std::size_t lower = lower_header(head);
  if (lower == std::string::npos) return header_line;
  std::size_t title = 0;
  while (head[title].filled() == 0) ++title;
  const std::string where = fmt::format("row {} ({})", skipped + lower + 1, named(head[lower]));
  const std::string title_text = named(head[title]);
  cells.header.clear();
  if (sheet == nullptr)
    return refuse(header_line, title_text,
                  fmt::format("this is no header; it seems to be {}: delete the {} rows above it", where,
                              skipped + lower));
  return refuse(header_line, title_text,
                fmt::format("this is no header; it seems to be {}: say skip_rows = {} in [[source]]", where,
                            skipped + lower));
}

void check_header(CsvCells& cells, std::int64_t line, std::vector<Fault>& faults,
                  std::vector<std::string>& notes) {
  const bool published = cells.tidiness == Tidiness::published;
  std::unordered_map<std::string, std::size_t> times;
  for (std::size_t c = 0; c < cells.header.size(); ++c) {
    const std::string& name = cells.header[c];
    if (!name.empty()) {
      if (++times[name] == 2 && !published)
        faults.push_back({cells.file, line, shown_cell(name), "",
                          "the name is used by two columns; expected names used once"});
    } else if (!published) {
      faults.push_back({cells.file, line, "", "",
                        fmt::format("column {} has no name; expected one in the header", c + 1)});
    }
  }
  if (!published) return;
  std::unordered_map<std::string, std::size_t> number;
  for (std::size_t c = 0; c < cells.header.size(); ++c) {
    std::string& name = cells.header[c];
    if (name.empty()) {
      name = fmt::format("column {}", c + 1);
    } else if (times[name] > 1) {
      const std::size_t k = ++number[name];
      if (k == 1)
        notes.push_back(fmt::format("column '{0}' stands {1} times: `{0} (1)` to `{0} ({1})`",
                                    shown_cell(name), times[name]));
      name += fmt::format(" ({})", k);
    }
  }
  times.clear();
  for (const std::string& name : cells.header)
    if (++times[name] == 2)
      faults.push_back({cells.file, line, shown_cell(name), "", "the name is used by two columns"});
}

}  // namespace spillway
