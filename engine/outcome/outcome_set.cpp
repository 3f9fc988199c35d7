#include "engine/outcome/outcome_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/constants.hpp"
#include "engine/base/statistics.hpp"

namespace spillway {

namespace {

/// 0 times anything is 0: an outcome without a multiplier does not move, wherever the coefficient is.
double times(double b, double m) { return b == 0.0 || m == 0.0 ? 0.0 : b * m; }

/// In order, those that meet as one.
ConfidenceSet joined(ConfidenceSet set) {
  std::sort(set.begin(), set.end());
  ConfidenceSet made;
  for (const auto& part : set) {
    if (!made.empty() && part.first <= made.back().second)
      made.back().second = std::max(made.back().second, part.second);
    else
      made.push_back(part);
  }
  return made;
}

}  // namespace

Band band_of_rest(std::vector<double> draws) {
  std::erase_if(draws, [](double value) { return std::isnan(value); });
  std::sort(draws.begin(), draws.end());
  // Between an infinite draw and its neighbour there is no middle: the band reaches the infinite one.
  const auto end = [&](double level, double beyond) {
    const double value = sorted_quantile(draws, level);
    return std::isnan(value) && !draws.empty() ? beyond : value;
  };
  return {end(0.5 * kRestLeftOut, -infinity), end(1.0 - 0.5 * kRestLeftOut, infinity)};
}

ConfidenceSet outcome_set(const ConfidenceSet& set, Band multiplier) {
  ConfidenceSet made;
  for (const auto& [low, high] : set) {
    // Over a rectangle a product is least and largest in corners.
    const double corner[] = {times(low, multiplier.low), times(low, multiplier.high),
                             times(high, multiplier.low), times(high, multiplier.high)};
    const auto [least, most] = std::minmax_element(std::begin(corner), std::end(corner));
    made.emplace_back(*least, *most);
  }
  return joined(std::move(made));
}

std::optional<Follows> follows(const std::vector<Eigen::VectorXd>& outcome) {
  bool up = false, down = false;
  for (std::size_t k = 1; k < outcome.size(); ++k)
    for (Eigen::Index d = 0; d < outcome[k].size(); ++d) {
      const double before = outcome[k - 1][d], after = outcome[k][d],
                   rounding =
                       std::isinf(after - before) ? 0.0 : 1e-12 * std::max(std::abs(before), std::abs(after));
      up = up || after > before + rounding;
      down = down || after < before - rounding;
    }
  if (up && down) return {};
  return up ? Follows::up : down ? Follows::down : Follows::not_at_all;
}

ConfidenceSet outcome_set(const ConfidenceSet& set, Follows follows, const std::function<Band(double)>& at) {
  if (set.empty()) return {};
  if (follows == Follows::not_at_all) {
    const Band one = at(0.0);
    return {{one.low, one.high}};
  }
  ConfidenceSet made;
  for (const auto& [low, high] : set) {
    const double least = follows == Follows::up ? low : high, most = follows == Follows::up ? high : low;
    made.emplace_back(std::isinf(least) ? -infinity : at(least).low,
                      std::isinf(most) ? infinity : at(most).high);
  }
  return joined(std::move(made));
}

std::string set_in_words(const ConfidenceSet& set, double scale, const std::string& unit) {
  if (set.empty()) return "empty";
  std::string text;
  for (const auto& [low, high] : set) {
    const auto end = [&](double value) {
      return std::isinf(value) ? std::string("no bound")
                               : fmt::format("{}{:.3g}{}", value > 0.0 ? "+" : "", scale * value, unit);
    };
    if (!text.empty()) text += " or ";
    text += std::isinf(low) && std::isinf(high) ? "no bound either way" : end(low) + " to " + end(high);
  }
  return text;
}

bool holds(const ConfidenceSet& set, double value) {
  return std::any_of(set.begin(), set.end(),
                     [&](const auto& part) { return part.first <= value && value <= part.second; });
}

}  // namespace spillway
