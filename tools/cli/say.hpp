// What the program says: results on standard output, messages on standard error.
#pragma once
#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace spillway::cli {

/// Descriptors 0, 1 and 2 that the caller closed are opened so that no file of ours ever gets their number,
/// and so that every use of them still fails.
void occupy_standard_descriptors();

/// A document on standard output, byte by byte. @throws StoreError  it cannot be written
void write_output(std::string_view text);
/// What was written so far is out. @throws StoreError  it is not
void flush_output();

/// Words for people on standard output, safe for a terminal. @throws StoreError  as write_output
void print_words(std::string_view text);
template <typename... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_words(fmt::format(format, std::forward<Values>(values)...));
}

/// A message on standard error, safe for a terminal. Where it cannot be written, nothing happens: a message
/// never ends the work that it is about.
void say_words(std::string_view text) noexcept;
template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
  say_words(fmt::format(format, std::forward<Values>(values)...));
}

}  // namespace spillway::cli
