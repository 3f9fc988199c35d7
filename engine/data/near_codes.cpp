#include "engine/data/near_codes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace spillway {

std::string lower_case(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

namespace {

/// Without ".0" behind digits, where a spreadsheet made a number of a code.
std::string_view without_decimals(std::string_view code) {
  const std::size_t point = code.find('.');
  if (point == 0 || point == std::string_view::npos || point + 1 == code.size() ||
      code.find_first_not_of('0', point + 1) != std::string_view::npos ||
      code.substr(0, point).find_first_not_of("0123456789") != std::string_view::npos)
    return code;
  return code.substr(0, point);
}

std::string plain(std::string_view code) {
  code = without_decimals(code);
  const std::size_t digits = std::min(code.find_first_not_of('0'), code.empty() ? 0 : code.size() - 1);
  return lower_case(code.substr(digits));
}

}  // namespace

NearCodes::NearCodes(const std::vector<std::string>& codes) {
  for (const std::string& code : codes) {
    if (code.empty()) continue;
    const auto [held, fresh] = known_.emplace(plain(code), code);
    if (!fresh && held->second != code) held->second.clear();
  }
}

std::string NearCodes::why(std::string_view code) const {
  const auto held = code.empty() ? known_.end() : known_.find(plain(code));
  if (held == known_.end() || held->second.empty() || held->second == code) return {};
  const std::string& known = held->second;
  if (lower_case(known) == lower_case(code))
    return fmt::format("; '{}' differs in upper and lower case alone", known);
  if (without_decimals(code) == known)
    return fmt::format("; a spreadsheet made a number of '{}': keep codes as text", known);
  return known.size() > without_decimals(code).size()
             ? fmt::format(
                   "; '{}' without its leading zeros, which a spreadsheet takes off: keep codes as text",
                   known)
             : fmt::format("; '{}' with leading zeros before it: write codes alike", known);
}

}  // namespace spillway
