#include "tools/studies/curve_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "tools/studies/specification_curve.hpp"

namespace spillway::studies {

std::vector<float> distances(const std::vector<double>& draws) {
  std::vector<double> sorted = draws;
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted_quantile(sorted, 0.5),
               scale = (sorted_quantile(sorted, 0.75) - sorted_quantile(sorted, 0.25)) / 1.349;
  std::vector<float> distance;
  if (!(scale > 0.0)) return distance;
  distance.reserve(draws.size() + 1);
  distance.push_back(static_cast<float>(median / scale));
  for (const double draw : draws) distance.push_back(static_cast<float>((draw - median) / scale));
  return distance;
}

CurveTest curve_test(const std::vector<Specification>& specifications, std::size_t headline, Among among) {
  CurveTest test;
  std::size_t draws = 0;
  const auto of = [&](const Specification& one) -> const std::vector<float>* {
    const bool stands = one.standing == Standing::accepted || one.standing == Standing::caution;
    if (headline >= one.distance.size() || (among == Among::standing && !stands)) return nullptr;
    return one.distance[headline].empty() ? nullptr : &one.distance[headline];
  };
  for (const Specification& one : specifications)
    if (const auto* distance = of(one)) draws = std::max(draws, distance->size());
  if (draws < 2) return test;
  std::vector<float> largest(draws - 1, 0.0f), own;
  for (const Specification& one : specifications) {
    const auto* distance = of(one);
    // Draws of a specification with failed replicates are others' than those of the rest.
    if (distance == nullptr || distance->size() != draws) continue;
    ++test.tested;
    own.push_back(std::abs(distance->front()));
    for (std::size_t d = 0; d + 1 < draws; ++d)
      largest[d] = std::max(largest[d], std::abs((*distance)[d + 1]));
  }
  const float most = *std::max_element(own.begin(), own.end());
  test.largest = most;
  const auto at_least = [&](float t) {
    return std::count_if(largest.begin(), largest.end(), [&](float one) { return one >= t; });
  };
  const auto p_of = [&](float t) {
    return (1.0 + static_cast<double>(at_least(t))) / static_cast<double>(draws);
  };
  test.p = p_of(most);
  for (const float t : own) test.adjusted += p_of(t) < 0.05;
  return test;
}

std::string sentence(const CurveTest& test, const std::string& headline, Among among) {
  if (test.tested == 0) return {};
  return fmt::format(
      "after looking at {} {}: no effect on {} in any of them has p = {:.2g} (max-t over joint draws); {} of "
      "them have an effect at 5 % with the looking allowed for",
      test.tested, among == Among::all ? "all specifications with every draw" : "those that stand", headline,
      test.p, test.adjusted);
}

}  // namespace spillway::studies
