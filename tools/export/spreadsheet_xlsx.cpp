#include <fmt/format.h>
#include <xlsxwriter.h>

#include <map>

#include "engine/base/files.hpp"
#include "engine/base/text.hpp"
#include "tools/export/spreadsheet.hpp"

namespace spillway {

namespace {

using studies::BookCell;
using studies::BookColumn;
using studies::BookSheet;
using studies::CellKind;

constexpr std::size_t most_text = 32'000;  ///< the format ends at 32,767

std::string cell_text(const std::string& text) { return shortened(xml_characters(text), most_text); }

void tried(lxw_error error, const std::filesystem::path& file) {
  if (error != LXW_NO_ERROR)
    throw StoreError(fmt::format("cannot write '{}': {}", file.string(), lxw_strerror(error)));
}

/// The formats of a workbook, one for each way a number is shown.
class Formats {
 public:
  explicit Formats(lxw_workbook* workbook) : workbook_(workbook) {
    title = workbook_add_format(workbook), heading = workbook_add_format(workbook),
    wrapped = workbook_add_format(workbook), after_number = workbook_add_format(workbook);
    format_set_bold(title);
    format_set_font_size(title, 14);
    format_set_bold(heading);
    format_set_text_wrap(heading);
    format_set_align(heading, LXW_ALIGN_VERTICAL_TOP);
    format_set_text_wrap(wrapped);
    format_set_align(wrapped, LXW_ALIGN_VERTICAL_TOP);
    format_set_indent(after_number, 1);
  }

  lxw_format* of(const BookColumn& column) {
    if (column.kind == CellKind::text || column.kind == CellKind::mixed) return nullptr;  // each cell its own
    std::string code = column.kind == CellKind::percent || !column.grouped ? "0" : "#,##0";
    if (column.decimals > 0) code += "." + std::string(static_cast<std::size_t>(column.decimals), '0');
    if (column.kind == CellKind::percent) code += "%";
    if (column.kind == CellKind::pounds) code = "£" + code + ";-£" + code;
    auto [found, fresh] = of_code_.try_emplace(code, nullptr);
    if (fresh) {
      found->second = workbook_add_format(workbook_);
      format_set_num_format(found->second, found->first.c_str());
    }
    return found->second;
  }

  lxw_format *title, *heading, *wrapped, *after_number;

 private:
  lxw_workbook* workbook_;
  std::map<std::string, lxw_format*> of_code_;
};

/// Lines that a wrapped text takes in a column of so many characters; a word may end a line early.
std::size_t lines_of(const std::string& text, std::size_t characters) {
  return std::max<std::size_t>(1, (text.size() + characters - 1) / characters);
}
/// Room for wrapped lines: not every reader makes it by itself.
void set_lines(lxw_worksheet* page, lxw_row_t row, std::size_t lines) {
  constexpr double line_height = 15.0;
  worksheet_set_row(page, row, line_height * static_cast<double>(std::min<std::size_t>(lines, 20)), nullptr);
}

void write_sheet(lxw_workbook* workbook, Formats& formats, const BookSheet& sheet,
                 const std::filesystem::path& file) {
  lxw_worksheet* page = workbook_add_worksheet(workbook, sheet.name.c_str());
  if (page == nullptr)
    throw StoreError(fmt::format("cannot write '{}': the sheet '{}' is refused", file.string(), sheet.name));
  constexpr std::uint8_t a4 = 9;
  worksheet_set_landscape(page);
  worksheet_set_paper(page, a4);
  worksheet_fit_to_pages(page, 1, 0);  // on paper a table is as wide as the sheet
  const bool cover = sheet.columns.empty();
  tried(worksheet_write_string(page, 0, 0, cell_text(sheet.title).c_str(), formats.title), file);
  lxw_row_t row = 1;
  for (const std::string& line : sheet.lines) {
    const std::string text = cell_text(line);
    if (cover) set_lines(page, row, lines_of(text, 85));
    tried(worksheet_write_string(page, row++, 0, text.c_str(), cover ? formats.wrapped : nullptr), file);
  }
  if (cover) {
    worksheet_set_column(page, 0, 0, 100, nullptr);
    return;
  }
  std::vector<lxw_table_column> columns(sheet.columns.size());
  std::vector<lxw_table_column*> pointers;
  std::vector<std::string> labels;  // the library's texts are not const
  for (const BookColumn& column : sheet.columns) labels.push_back(cell_text(column.label));
  std::vector<lxw_format*> of_column;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c] = {};
    columns[c].header = labels[c].data();
    columns[c].header_format = formats.heading;
    of_column.push_back(formats.of(sheet.columns[c]));
    columns[c].format = of_column.back();
    pointers.push_back(&columns[c]);
  }
  pointers.push_back(nullptr);
  lxw_table_options options = {};
  std::string name = "table_" + sheet.table;
  options.name = name.data();
  options.columns = pointers.data();
  options.style_type = LXW_TABLE_STYLE_TYPE_LIGHT;
  options.style_type_number = 1;
  const auto last = static_cast<lxw_col_t>(sheet.columns.size() - 1);
  tried(worksheet_add_table(page, row, 0, static_cast<lxw_row_t>(row + sheet.rows.size()), last, &options),
        file);
  std::size_t lines = 1;
  for (const BookColumn& column : sheet.columns)
    lines = std::max(lines, lines_of(column.label, column.kind == CellKind::text ? 20 : 12));
  set_lines(page, row, lines);
  for (const auto& cells : sheet.rows) {
    ++row;
    for (lxw_col_t c = 0; c <= last; ++c) {
      if (const double* value = std::get_if<double>(&cells[c])) {
        const BookColumn& column = sheet.columns[c];
        tried(worksheet_write_number(page, row, c, *value,
                                     column.kind == CellKind::mixed
                                         ? formats.of(studies::column_of_cell(cells[c], column))
                                         : of_column[c]),
              file);
        continue;
      }
      const std::string text = cell_text(std::get<std::string>(cells[c]));
      if (sheet.table == "notes" && c == 1) set_lines(page, row, lines_of(text, 85));
      if (sheet.table == "contents" && c == 0)
        tried(worksheet_write_url_opt(page, row, c, fmt::format("internal:'{}'!A1", text).c_str(), nullptr,
                                      text.c_str(), nullptr),
              file);
      else
        tried(worksheet_write_string(page, row, c, text.c_str(),
                                     sheet.table == "notes" ? formats.wrapped
                                     : c > 0 && sheet.columns[c - 1U].kind != CellKind::text
                                         ? formats.after_number
                                         : nullptr),
              file);
    }
  }
  for (std::size_t c = 0; c < sheet.columns.size(); ++c)
    worksheet_set_column(page, static_cast<lxw_col_t>(c), static_cast<lxw_col_t>(c),
                         (sheet.table == "notes" || sheet.table == "contents") && c == 1 ? 90
                         : sheet.columns[c].kind == CellKind::text                       ? 24
                                                                                         : 16,
                         nullptr);
}

}  // namespace

void write_xlsx(const studies::Book& book, const std::filesystem::path& file) {
  for (const BookSheet& sheet : book.sheets) check_size(sheet);
  const std::filesystem::path final_path = link_target(file), temporary = temporary_beside(final_path);
  try {
    const std::string name = temporary.string(),
                      folder = final_path.has_parent_path() ? final_path.parent_path().string() : ".";
    lxw_workbook_options options = {};
    std::string scratch = folder;
    options.tmpdir = scratch.data();
    lxw_workbook* workbook = workbook_new_opt(name.c_str(), &options);
    if (workbook == nullptr) throw StoreError(fmt::format("cannot write '{}'", file.string()));
    Formats formats(workbook);
    lxw_doc_properties properties = {};
    std::string title = cell_text(book.title), maker = "Spillway";
    properties.title = title.data();
    properties.author = maker.data();
    workbook_set_properties(workbook, &properties);
    try {
      for (const BookSheet& sheet : book.sheets) write_sheet(workbook, formats, sheet, file);
    } catch (...) {
      lxw_workbook_free(workbook);
      throw;
    }
    tried(workbook_close(workbook), file);
    publish(temporary, final_path);
  } catch (...) {
    discard(temporary);
    throw;
  }
}

}  // namespace spillway
