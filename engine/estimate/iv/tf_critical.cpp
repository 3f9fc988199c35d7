#include "engine/estimate/iv/tf_critical.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/base/distributions.hpp"

namespace spillway {

namespace {

/// u of each f0 = k * kStep.
constexpr double kStep = 0.002, kLast = 6.0, kSmall = 0.02;

struct Curve {
  std::vector<double> u;
  double two_sided = normal_quantile(0.975), one_sided = normal_quantile(0.95);

  double at(double f0) const {
    if (f0 <= kSmall) return two_sided + 0.5 * two_sided * f0 * f0;  // its expansion at 0
    const double place = f0 / kStep;
    const auto k = std::min(static_cast<std::size_t>(place), u.size() - 2);
    return u[k] + (place - static_cast<double>(k)) * (u[k + 1] - u[k]);
  }

  Curve() {
    for (int k = 0; k * kStep <= kLast; ++k) {
      const double f0 = k * kStep;
      if (f0 <= kSmall) {
        u.push_back(at(f0));
        continue;
      }
      // x (x + f0) / f0 = c(x^2) = x (x - g0) / g0 of the g0 with u(g0) = x.
      double x = u.back();
      for (int round = 0; round < 100; ++round) {
        const double next = at(f0 * x / (x + 2.0 * f0));
        if (std::abs(next - x) < 1e-14) break;
        x = next;
      }
      u.push_back(f0 - normal_quantile(normal_cdf(x + f0) - 0.95));
    }
  }
};

}  // namespace

double tf_critical(double f) {
  static const Curve curve;
  if (std::isnan(f)) return f;
  const double t = std::sqrt(std::max(0.0, f));
  if (t <= curve.two_sided) return std::numeric_limits<double>::infinity();
  if (t >= curve.u.back()) return std::max(curve.two_sided, curve.one_sided * t / (t - curve.one_sided));
  const auto above = std::upper_bound(curve.u.begin(), curve.u.end(), t);
  const auto k = static_cast<double>(above - curve.u.begin() - 1);
  const double low = *(above - 1), f0 = kStep * (k + (t - low) / (*above - low));
  return t * (t - f0) / f0;
}

}  // namespace spillway
