#include "engine/estimate/panel/panel_decision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spillway {

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

double order_quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  // A hair above the product: 0.975 x 10,000 is 9,750 exactly in the user's mind.
  const double position = q * static_cast<double>(sorted.size() + 1) + 1e-9;
  const double below = std::floor(position);
  if (below < 1.0) return sorted.front();
  if (below >= static_cast<double>(sorted.size())) return sorted.back();
  const auto k = static_cast<std::size_t>(below);
  const double share = std::max(0.0, position - below - 1e-9);
  return sorted[k - 1] + share * (sorted[k] - sorted[k - 1]);
}

ConfidenceSet fieller_set(double a, double b, double variance_a, double variance_b, double covariance,
                          double critical) {
  // (a - r b)^2 <= c^2 (Vaa - 2 r Vab + r^2 Vbb):  A r^2 + B r + C <= 0.
  const double c2 = critical * critical;
  const double qa = b * b - c2 * variance_b, qb = -2.0 * (a * b - c2 * covariance),
               qc = a * a - c2 * variance_a;
  const double discriminant = qb * qb - 4.0 * qa * qc;
  if (qa > 0.0) {
    const double root = std::sqrt(std::max(0.0, discriminant));
    return {{(-qb - root) / (2.0 * qa), (-qb + root) / (2.0 * qa)}};
  }
  if (discriminant <= 0.0 || qa == 0.0) return {{-kInfinity, kInfinity}};
  const double root = std::sqrt(discriminant);
  const double one = (-qb - root) / (2.0 * qa), two = (-qb + root) / (2.0 * qa);
  return {{-kInfinity, std::min(one, two)}, {std::max(one, two), kInfinity}};
}

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::supported:
      return "supported";
    case Verdict::not_supported:
      return "not supported";
    case Verdict::not_detectable:
      break;
  }
  return "not detectable with these data";
}

Verdict verdict_on_sign(double low, double high, double standard_error, double published) {
  if (low > 0.0) return Verdict::supported;
  if (high < 0.0) return Verdict::not_supported;
  return 2.8 * standard_error <= std::abs(published) ? Verdict::not_supported : Verdict::not_detectable;
}

Verdict verdict_on_loading(double low, double high, double standard_error) {
  constexpr double of_interest = 0.2;
  if (low > 1.0 || high < 0.0) return Verdict::not_supported;  // above, or against the cycle
  if (low > -1.0 && high < 1.0) return Verdict::supported;
  return 2.8 * standard_error <= of_interest ? Verdict::not_supported : Verdict::not_detectable;
}

Verdict verdict_on_gap(double low, double high, double reference) {
  const double claimed = -0.1 * reference;
  const bool holds_claim = low <= claimed && claimed <= high;
  if (!holds_claim) return Verdict::not_supported;
  return high < 0.0 ? Verdict::supported : Verdict::not_detectable;
}

}  // namespace spillway
