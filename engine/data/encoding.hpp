// Bytes of a text file as UTF-8.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.hpp"

namespace spillway {

/// What may be done about bytes that are not UTF-8.
enum class EncodingRule {
  utf8_only,  ///< they are faults
  found,      ///< UTF-16 by its byte order mark or its zero bytes, else Windows-1252; said in the notes
};

/// The names that `encoding` may have in a recipe.
const std::vector<std::string>& known_encodings();

/// The text of a file as UTF-8 without a byte order mark; a lone carriage return, where they outnumber line
/// feeds, ends a line and becomes a line feed.
///
/// @param encoding  one of known_encodings(), or empty: by `rule`
/// @param faults    appended: bytes that do not fit the encoding, and files that are no text at all
/// (spreadsheets,
///                  archives, web pages, ...), by their kind and with how to export them
/// @param notes     appended: what was found
std::string utf8_text(std::string bytes, const std::string& encoding, EncodingRule rule,
                      const std::string& file, std::vector<Fault>& faults, std::vector<std::string>& notes);

/// Length of the UTF-8 sequence at `at`, 0 where there is none (overlong forms and surrogates are refused).
std::size_t utf8_length(std::string_view text, std::size_t at);

/// The beginning of a cell for a message: at most 60 bytes, cut between characters.
std::string shown_cell(std::string_view cell);

}  // namespace spillway
