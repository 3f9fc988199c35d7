// A book as a file: .xlsx by libxlsxwriter, .ods as zipped XML by libzip.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "tools/studies/export_book.hpp"

namespace spillway {

/// Each writes the file whole or not at all, over a former one.
/// @throws InputError  a sheet has more rows or columns than the format knows
/// @throws StoreError  the file cannot be written
void write_xlsx(const studies::Book& book, const std::filesystem::path& file);
void write_ods(const studies::Book& book, const std::filesystem::path& file);

/// The row that a sheet's header stands in, from 0: below the title and the lines.
inline std::size_t header_row(const studies::BookSheet& sheet) { return 1 + sheet.lines.size(); }

/// "A", ..., "Z", "AA".
std::string column_letters(std::size_t column);

/// A text as XML 1.0 can hold it: without control characters and the two code points that are no characters
/// (U+FFFE, U+FFFF). A program refuses the whole file for one of them.
std::string xml_characters(std::string_view text);

/// Most rows and columns of a sheet, in either format.
constexpr std::size_t most_rows = 1'048'576, most_columns = 1'024;
void check_size(const studies::BookSheet& sheet);

}  // namespace spillway
