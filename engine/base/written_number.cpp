#include "engine/base/written_number.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

namespace spillway {

namespace {

/// Whether every `mark` stands between thousands: three digits behind it, no more and no fewer.
bool in_threes(const std::string& text, char mark) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1))
    if (std::min(text.find_first_not_of("0123456789", at + 1), text.size()) != at + 4) return false;
  return true;
}

/// The parts between `marks`, each as a number; empty where one of them is none.
std::vector<double> parts_of(std::string_view text, std::string_view mark) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(mark, at), text.size());
    const std::optional<double> one = written_number(std::string(text.substr(at, end - at)));
    if (!one) return {};
    numbers.push_back(*one);
    at = end + mark.size();
  }
  return numbers.size() > 1 ? numbers : std::vector<double>{};
}

}  // namespace

std::optional<double> written_number(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c == ' ' || c == '_'; });
  for (const char* currency : {"GBP", "gbp", "\u00a3"})
    if (text.starts_with(currency)) text.erase(0, std::string(currency).size());
  if (std::count(text.begin(), text.end(), ',') == 1 && !in_threes(text, ','))
    text[text.find(',')] = '.';  // "0,25"
  if (!in_threes(text, ',')) return {};
  std::erase(text, ',');
  if (std::count(text.begin(), text.end(), '.') > 1) {  // "2.000.000": dots between thousands
    if (!in_threes(text, '.')) return {};
    std::erase(text, '.');
  }
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || !std::isfinite(value)) return {};
  std::string rest(read.ptr, end);
  std::transform(rest.begin(), rest.end(), rest.begin(), [](unsigned char c) { return std::tolower(c); });
  if (rest == "%" || rest == "percent" || rest == "percentage" || rest == "pc") return value / 100.0;
  for (const auto& [word, times] :
       {std::pair{"k", 1e3}, std::pair{"thousand", 1e3}, std::pair{"m", 1e6}, std::pair{"mn", 1e6},
        std::pair{"million", 1e6}, std::pair{"bn", 1e9}, std::pair{"billion", 1e9}, std::pair{"b", 1e9}})
    if (rest == word) return value * times;
  if (rest == ":1") return value;               // "2:1"
  if (rest.starts_with('/') && value != 0.0) {  // "1/5"
    double below = 0.0;
    const auto ratio = std::from_chars(rest.data() + 1, rest.data() + rest.size(), below);
    if (ratio.ec == std::errc() && ratio.ptr == rest.data() + rest.size() && below > value)
      return value / below;
    return {};
  }
  if (rest == "gbp" || rest == "pounds") return value;
  if (rest.empty() || rest == "years" || rest == "year" || rest == "yrs") return value;
  return {};
}

std::vector<double> written_numbers(std::string_view text) {
  if (auto several = parts_of(text, ";"); !several.empty()) return several;
  const auto commas = std::count(text.begin(), text.end(), ',');
  if (commas == 0) return {};
  const bool spaced = text.find(", ") != std::string_view::npos, dots = text.find('.') < text.find(',');
  if (!spaced && !dots && (commas == 1 || in_threes(std::string(text), ','))) return {};
  return parts_of(text, ",");
}

std::vector<double> written_range(std::string_view text) {
  for (const std::string_view mark : {"..", " to ", ":", "-", "\u2013"}) {
    const std::vector<double> ends = parts_of(text, mark);
    if (ends.size() == 2 && ends[0] < ends[1]) return ends;
  }
  return {};
}

}  // namespace spillway
