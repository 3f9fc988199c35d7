#include <fmt/format.h>
#include <zip.h>

#include <cmath>
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

/// Text of an XML document.
std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : xml_characters(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

const char* const spaces =
    "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "
    "xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" "
    "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" "
    "xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" "
    "xmlns:number=\"urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0\" "
    "xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" "
    "xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
    "xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" office:version=\"1.3\"";

std::string style_name(const BookColumn& column) {
  switch (column.kind) {
    case CellKind::text:
      return "text";
    case CellKind::whole:
      return "whole";
    case CellKind::percent:
      return fmt::format("percent{}", column.decimals);
    case CellKind::pounds:
      return fmt::format("pounds{}", column.decimals);
    default:
      return fmt::format("{}{}", column.grouped ? "number" : "plain", column.decimals);
  }
}

/// The styles of numbers that the book's columns need.
std::string number_styles(const studies::Book& book) {
  std::map<std::string, BookColumn> styles;
  for (const BookSheet& sheet : book.sheets)
    for (const auto& row : sheet.rows)
      for (std::size_t c = 0; c < row.size(); ++c)
        if (std::holds_alternative<double>(row[c])) {
          const BookColumn shown = studies::column_of_cell(row[c], sheet.columns[c]);
          styles.emplace(style_name(shown), shown);
        }
  std::string xml;
  for (const auto& [name, column] : styles) {
    const std::string digits = fmt::format(
        "<number:number number:decimal-places=\"{0}\" number:min-decimal-places=\"{0}\" "
        "number:min-integer-digits=\"1\"{1}/>",
        column.kind == CellKind::whole ? 0 : column.decimals,
        column.kind == CellKind::percent || !column.grouped ? "" : " number:grouping=\"true\"");
    if (column.kind == CellKind::percent)
      xml += fmt::format(
          "<number:percentage-style "
          "style:name=\"N{0}\">{1}<number:text>%</number:text></number:percentage-style>",
          name, digits);
    else
      xml += fmt::format("<number:number-style style:name=\"N{0}\">{2}{1}</number:number-style>", name,
                         digits, column.kind == CellKind::pounds ? "<number:text>£</number:text>" : "");
    xml += fmt::format(
        "<style:style style:name=\"{0}\" style:family=\"table-cell\" style:data-style-name=\"N{0}\"/>", name);
  }
  return xml;
}

void text_cell(std::string& xml, std::string_view text, const char* style) {
  xml += fmt::format(
      "<table:table-cell table:style-name=\"{}\" "
      "office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>",
      style, xml_text(text));
}

void cell(std::string& xml, const BookCell& value, const BookColumn& column) {
  const double* number = std::get_if<double>(&value);
  if (number == nullptr) return text_cell(xml, std::get<std::string>(value), "words_cell");
  xml += fmt::format(
      "<table:table-cell table:style-name=\"{}\" office:value-type=\"{}\" "
      "office:value=\"{}\"><text:p>{}</text:p></table:table-cell>",
      style_name(studies::column_of_cell(value, column)),
      column.kind == CellKind::percent ? "percentage" : "float", *number, shown_cell(value, column));
}

void sheet_xml(std::string& xml, const BookSheet& sheet) {
  xml += fmt::format("<table:table table:name=\"{}\" table:style-name=\"sheet\">", xml_text(sheet.name));
  const bool wide_second = sheet.table == "notes" || sheet.table == "contents";
  for (std::size_t c = 0; c < std::max<std::size_t>(1, sheet.columns.size()); ++c)
    xml += fmt::format("<table:table-column table:style-name=\"{}\"/>",
                       sheet.columns.empty() || (wide_second && c == 1)   ? "wide"
                       : sheet.columns[c].kind == studies::CellKind::text ? "words"
                                                                          : "column");
  xml += "<table:table-row>";
  text_cell(xml, sheet.title, "title");
  xml += "</table:table-row>";
  for (const std::string& line : sheet.lines) {
    xml += "<table:table-row>";
    text_cell(xml, line, sheet.columns.empty() ? "wrapped" : "text");
    xml += "</table:table-row>";
  }
  if (!sheet.columns.empty()) {
    xml += "<table:table-row>";
    for (const BookColumn& column : sheet.columns) text_cell(xml, column.label, "heading");
    xml += "</table:table-row>";
  }
  for (const auto& row : sheet.rows) {
    xml += "<table:table-row>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const auto* text = std::get_if<std::string>(&row[c]);
      if (sheet.table == "contents" && c == 0 && text != nullptr)
        xml += fmt::format(
            "<table:table-cell table:style-name=\"text\" office:value-type=\"string\"><text:p><text:a "
            "xlink:href=\"#'{0}'.A1\" xlink:type=\"simple\">{0}</text:a></text:p></table:table-cell>",
            xml_text(*text));
      else if (sheet.table == "notes" && c == 1 && text != nullptr)
        text_cell(xml, *text, "wrapped");
      else
        cell(xml, row[c], sheet.columns[c]);
    }
    xml += "</table:table-row>";
  }
  xml += "</table:table>";
}

std::string content_xml(const studies::Book& book) {
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content {}><office:automatic-styles>"
      "<style:style style:name=\"sheet\" style:family=\"table\" "
      "style:master-page-name=\"Default\"><style:table-properties "
      "table:display=\"true\"/></style:style>"
      "<style:style style:name=\"column\" style:family=\"table-column\"><style:table-column-properties "
      "style:column-width=\"3.6cm\"/></style:style>"
      "<style:style style:name=\"words\" style:family=\"table-column\"><style:table-column-properties "
      "style:column-width=\"6.2cm\"/></style:style>"
      "<style:style style:name=\"wide\" style:family=\"table-column\"><style:table-column-properties "
      "style:column-width=\"18cm\"/></style:style>"
      "<style:style style:name=\"text\" style:family=\"table-cell\"/>"
      "<style:style style:name=\"words_cell\" style:family=\"table-cell\"><style:table-cell-properties "
      "style:text-align-source=\"fix\"/><style:paragraph-properties fo:text-align=\"start\" "
      "fo:margin-left=\"0.15cm\"/></style:style>"
      "<style:style style:name=\"wrapped\" style:family=\"table-cell\"><style:table-cell-properties "
      "fo:wrap-option=\"wrap\" style:vertical-align=\"top\"/></style:style>"
      "<style:style style:name=\"title\" style:family=\"table-cell\"><style:text-properties "
      "fo:font-weight=\"bold\" fo:font-size=\"14pt\"/></style:style>"
      "<style:style style:name=\"heading\" style:family=\"table-cell\"><style:table-cell-properties "
      "fo:wrap-option=\"wrap\" style:vertical-align=\"top\"/><style:text-properties "
      "fo:font-weight=\"bold\"/></style:style>"
      "{}</office:automatic-styles><office:body><office:spreadsheet>",
      spaces, number_styles(book));
  for (const BookSheet& sheet : book.sheets) sheet_xml(xml, sheet);
  xml += "<table:database-ranges>";
  for (const BookSheet& sheet : book.sheets)
    if (!sheet.table.empty())
      xml += fmt::format(
          "<table:database-range table:name=\"table_{}\" table:target-range-address=\"'{}'.A{}:'{}'.{}{}\" "
          "table:contains-header=\"true\" table:display-filter-buttons=\"true\"/>",
          xml_text(sheet.table), xml_text(sheet.name), header_row(sheet) + 1, xml_text(sheet.name),
          column_letters(sheet.columns.size() - 1), header_row(sheet) + 1 + sheet.rows.size());
  return xml + "</table:database-ranges></office:spreadsheet></office:body></office:document-content>\n";
}

/// An archive in memory, by name and text; the first entry is stored as it is, as the format asks of its
/// type.
std::string zipped(const std::vector<std::pair<std::string, std::string>>& entries,
                   const std::filesystem::path& file) {
  zip_error_t error;
  zip_error_init(&error);
  const auto refuse = [&](const char* why) {
    const std::string what = fmt::format("cannot write '{}': {}", file.string(), why);
    zip_error_fini(&error);
    throw StoreError(what);
  };
  zip_source_t* memory = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (memory == nullptr) refuse(zip_error_strerror(&error));
  zip_t* archive = zip_open_from_source(memory, ZIP_TRUNCATE, &error);
  if (archive == nullptr) {
    zip_source_free(memory);
    refuse(zip_error_strerror(&error));
  }
  zip_source_keep(memory);
  bool stored = true, whole = true;
  for (const auto& [name, text] : entries) {
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    const zip_int64_t index =
        source == nullptr ? -1 : zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      whole = false;
      break;
    }
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, stored ? 0 : 3);
    // Times would make equal runs differ.
    zip_file_set_mtime(archive, static_cast<zip_uint64_t>(index), 315532800, 0);
    stored = false;
  }
  if (!whole || zip_close(archive) != 0) {
    const std::string why = zip_strerror(archive);
    zip_discard(archive);
    zip_source_free(memory);
    refuse(why.c_str());
  }
  std::string bytes;
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_source_stat(memory, &status) == 0 && zip_source_open(memory) == 0) {
    bytes.resize(status.size);
    if (zip_source_read(memory, bytes.data(), status.size) != static_cast<zip_int64_t>(status.size))
      bytes.clear();
    zip_source_close(memory);
  }
  zip_source_free(memory);
  if (bytes.empty()) refuse("the archive could not be read back");
  zip_error_fini(&error);
  return bytes;
}

}  // namespace

std::string xml_characters(std::string_view text) {
  std::string out;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const auto c = static_cast<unsigned char>(text[k]);
    const std::string_view three = text.substr(k, 3);
    if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF")
      k += 2;
    else if (c >= 0x20 || c == '\t' || c == '\n')
      out += text[k];
  }
  return is_utf8(out) ? out : terminal_text(out);
}

std::string column_letters(std::size_t column) {
  std::string letters;
  for (std::size_t left = column + 1; left > 0; left = (left - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (left - 1) % 26));
  return letters;
}

void check_size(const studies::BookSheet& sheet) {
  if (header_row(sheet) + 1 + sheet.rows.size() > most_rows || sheet.columns.size() > most_columns)
    throw InputError(
        fmt::format("the sheet '{}' would have {} rows and {} columns (a spreadsheet holds {} and {}); keep "
                    "fewer scenarios or outcomes, or export a GeoPackage",
                    sheet.name, sheet.rows.size(), sheet.columns.size(), most_rows, most_columns));
}

void write_ods(const studies::Book& book, const std::filesystem::path& file) {
  for (const BookSheet& sheet : book.sheets) check_size(sheet);
  const std::string type = "application/vnd.oasis.opendocument.spreadsheet";
  const std::string manifest = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest "
      "xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.3\">"
      "<manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.3\" manifest:media-type=\"{}\"/>"
      "<manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>"
      "<manifest:file-entry manifest:full-path=\"styles.xml\" manifest:media-type=\"text/xml\"/>"
      "<manifest:file-entry manifest:full-path=\"meta.xml\" "
      "manifest:media-type=\"text/xml\"/></manifest:manifest>\n",
      type);
  const std::string styles = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-styles "
      "{}><office:styles><style:default-style style:family=\"table-cell\">"
      "<style:text-properties fo:font-family=\"Arial\" fo:font-size=\"12pt\" fo:language=\"en\" "
      "fo:country=\"GB\"/></style:default-style></office:styles>"
      // On paper a table is as wide as the sheet, however many columns it has.
      "<office:automatic-styles><style:page-layout style:name=\"page\"><style:page-layout-properties "
      "style:print-orientation=\"landscape\" fo:page-width=\"29.7cm\" fo:page-height=\"21cm\" "
      "style:scale-to-X=\"1\" style:scale-to-Y=\"0\"/></style:page-layout></office:automatic-styles>"
      "<office:master-styles><style:master-page style:name=\"Default\" style:page-layout-name=\"page\"/>"
      "</office:master-styles></office:document-styles>\n",
      spaces);
  const std::string meta = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-meta "
      "{}><office:meta><dc:title>{}</dc:title><dc:language>en-GB</dc:language><meta:generator>Spillway</"
      "meta:generator></office:meta></office:document-meta>\n",
      spaces, xml_text(book.title));
  write_file(file, zipped({{"mimetype", type},
                           {"content.xml", content_xml(book)},
                           {"styles.xml", styles},
                           {"meta.xml", meta},
                           {"META-INF/manifest.xml", manifest}},
                          file));
}

}  // namespace spillway
