#include "engine/estimate/confidence_set.hpp"

#include <fmt/format.h>

#include <cmath>

namespace spillway {

std::string describe(const ConfidenceSet& set) {
  if (set.empty()) return "empty";
  if (set.size() == 1 && std::isinf(set[0].first) && std::isinf(set[0].second)) return "the whole line";
  std::string text;
  for (const auto& [low, high] : set) {
    if (!text.empty()) text += " or ";
    text += std::isinf(low) ? std::string("(-inf") : fmt::format("[{:.4g}", low);
    text += std::isinf(high) ? std::string(", inf)") : fmt::format(", {:.4g}]", high);
  }
  return text;
}

}  // namespace spillway
