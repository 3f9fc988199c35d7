// Quantiles of samples, one definition each.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace spillway {

/// Quantile of ascending values at `level` (0..1), type 7 of Hyndman & Fan (1996), that of R and numpy:
/// linear between order statistics. Equal neighbours, infinite ones too, need no interpolation. NaN where
/// there is no value.
template <typename Number>
double sorted_quantile(const std::vector<Number>& ascending, double level) {
  if (ascending.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = level * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double low = static_cast<double>(ascending[below]),
               high = static_cast<double>(ascending[std::min(below + 1, ascending.size() - 1)]);
  return low == high ? low : low + (place - static_cast<double>(below)) * (high - low);
}

/// The same of values in any order, which it moves; O(n), no sort. No value may be NaN.
template <typename Number>
double quantile_in_place(std::vector<Number>& values, double level) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = level * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), below, values.end());
  const double low = static_cast<double>(*below);
  if (below + 1 == values.end()) return low;
  const double high = static_cast<double>(*std::min_element(below + 1, values.end()));
  return low == high ? low : low + (place - std::floor(place)) * (high - low);
}

/// Median of values in any order, which it moves.
template <typename Number>
double median_in_place(std::vector<Number>& values) {
  return quantile_in_place(values, 0.5);
}

}  // namespace spillway
