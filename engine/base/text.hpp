// Text that comes from data, made safe for where it goes: one function a destination.
#pragma once
#include <string>
#include <string_view>

namespace spillway {

/// For a terminal: control characters, bytes that are no UTF-8 and marks that turn the direction of writing
/// as \x1b, \xff, \u202e. New lines, tabs and the colours of our own marks stay.
std::string terminal_text(std::string_view text);

/// The same on one line and short: new lines and tabs as \n and \t, what is beyond `most` bytes as "...".
std::string shown_text(std::string_view text, std::size_t most = 160);

/// At most about `most` bytes: what is beyond, in the middle, is "...". No character is cut.
std::string shortened(std::string_view text, std::size_t most);

/// A cell of a CSV file: quoted where it must be; a text that a spreadsheet would take for a formula gets an
/// apostrophe before it. Numbers are left alone.
std::string csv_cell(std::string_view text);

/// A cell of a Markdown table: nothing in it is markup, HTML or the end of the cell.
std::string markdown_cell(std::string_view text);

/// Words of a LaTeX document: every special character as itself.
std::string latex_text(std::string_view text);

/// Whether the text is well-formed UTF-8.
bool is_utf8(std::string_view text);

/// Whether the text can name something: not empty, at most 200 bytes of UTF-8 without control characters.
/// @return  what is wrong, or empty
std::string name_fault(std::string_view text);

/// The same for a file in a folder that is given: no '/', not "." or "..".
std::string file_name_fault(std::string_view text);

/// Whether the text can be a path that a configuration names: UTF-8, no control characters, at most 4,000
/// bytes. @return  what is wrong, or empty
std::string path_fault(std::string_view text);

}  // namespace spillway
