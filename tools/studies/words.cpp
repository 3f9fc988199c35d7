#include "tools/studies/words.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <map>
#include <set>

namespace spillway::studies {

std::string plain_words(const std::string& name) {
  static const std::map<std::string, std::string> known = {
      {"uplift", "Uplift"},
      {"gva_per_head_uplift", "GVA per head"},
      {"discounted_gva_uplift", "Discounted GVA per head"},
      {"nation", "Nation"},
      {"lad", "Local authority"}};
  if (const auto found = known.find(name); found != known.end()) return found->second;
  static const std::set<std::string> capitals = {"gva",   "imd",  "cni", "lad", "lsoa",
                                                 "ukspf", "npsv", "bcr", "iv",  "gdhi"};
  bool plain = !name.empty();
  for (const char c : name) plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (!plain || name.front() == '_' || name.back() == '_') return name;
  std::string text, part;
  for (std::size_t k = 0; k <= name.size(); ++k) {
    if (k < name.size() && name[k] != '_') {
      part += name[k];
      continue;
    }
    if (capitals.contains(part))
      for (char& c : part) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    text += (text.empty() ? "" : " ") + part;
    part.clear();
  }
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

std::string capitalised(std::string label) {
  if (!label.empty() && label[0] >= 'a' && label[0] <= 'z')
    label[0] = static_cast<char>(label[0] - 'a' + 'A');
  return label;
}

std::string lower_case(std::string label) {
  if (!label.empty() && label[0] >= 'A' && label[0] <= 'Z')
    label[0] = static_cast<char>(label[0] - 'A' + 'a');
  return label;
}

std::string no_band_words(long draws) {
  return fmt::format("no band from {} draw{} (it needs {})", draws, draws == 1 ? "" : "s", kFewestForBand);
}

std::string said(double value) {
  if (!std::isfinite(value)) return "?";
  if (value == 0.0) return "0";
  if (std::fabs(value) < 0.001) return "about 0";
  const int digits = 1 - static_cast<int>(std::floor(std::log10(std::fabs(value))));
  if (digits >= 0) return fmt::format("{:.{}f}", value, digits);
  const double step = std::pow(10.0, -digits), rounded = std::round(value / step) * step;
  std::string text = fmt::format("{:.0f}", std::fabs(rounded));
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return (rounded < 0.0 ? "-" : "") + text;
}

std::string signed_words(double value) { return (value >= 0.001 ? "+" : "") + said(value); }

}  // namespace spillway::studies
