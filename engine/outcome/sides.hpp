// Whom a policy leaves better or worse off, area by area.
#pragma once
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace spillway {

enum class Side { better, worse, open };

/// Share of draws on one side from which an area counts as there.
constexpr double kSureSide = 0.95;

/// The least effect that has a side: 1e-5 of the largest over areas. Nobody would call less a gain, and far
/// below it, where outcomes are computed to (AreaSummary), a sign is the approximation's. Areas that nothing
/// reaches are there.
inline double least_effect(const Eigen::VectorXf& mean) {
  double largest = 0.0;
  for (const float value : mean)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return 1e-5 * largest;
}

/// @param better  share of draws in which the area is better off;  @param mean  of its draws
inline Side side_of(double better, double mean, double least) {
  if (!(std::abs(mean) > least)) return Side::open;
  return better >= kSureSide ? Side::better : better <= 1.0 - kSureSide ? Side::worse : Side::open;
}

}  // namespace spillway
