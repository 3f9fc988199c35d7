#include "engine/estimate/iv/iv_exclusion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/distributions.hpp"

namespace spillway {

namespace {

/// Along one direction of direct effects: estimate(d) = beta - d shift, variance(d) = a - 2 d b + d^2 c.
struct Direction {
  double shift, a, b, c;
};

struct Directions {
  double beta = 0.0, quantile = 0.0;
  std::vector<Direction> all;
};

Directions directions(const IvDesign& design, const MomentCovariance& moments, double level) {
  Directions result;
  const Eigen::Index l = design.instruments;
  const Eigen::VectorXd first_stage = design.zz.ldlt().solve(design.zs.col(0));
  const Eigen::VectorXd projected = design.z * first_stage;
  const double explained = first_stage.dot(design.zs.col(0));
  result.beta = first_stage.dot(design.zy) / explained;
  const double tail = 0.5 + 0.5 * level;
  result.quantile = moments.clustered() ? student_quantile(tail, moments.residual_df(design.parameters()))
                                        : normal_quantile(tail);
  const double factor = moments.small_sample_factor(design.parameters()) / (explained * explained);
  const Eigen::VectorXd spread = (design.zz.diagonal() / static_cast<double>(design.rows)).cwiseSqrt();
  // The first sign is +: the other half of the corners is the same line, d < 0.
  const Eigen::Index corners = l <= 6 ? Eigen::Index{1} << (l - 1) : 1;
  Eigen::MatrixXd residuals(design.rows, 1 + corners);
  residuals.col(0) = design.y - design.s * result.beta;
  Eigen::VectorXd shift(corners);
  for (Eigen::Index corner = 0; corner < corners; ++corner) {
    Eigen::VectorXd per_unit = spread.cwiseInverse();
    for (Eigen::Index j = 1; j < l && l <= 6; ++j)
      if ((corner >> (j - 1)) & 1) per_unit(j) = -per_unit(j);
    shift(corner) = first_stage.dot(design.zz * per_unit) / explained;
    residuals.col(1 + corner) = design.z * per_unit - design.s * shift(corner);
  }
  const Eigen::MatrixXd meat = moments.meat(projected, residuals).value;
  for (Eigen::Index corner = 0; corner < corners; ++corner)
    result.all.push_back({shift(corner), factor * meat(0, 0), factor * meat(0, 1 + corner),
                          factor * meat(1 + corner, 1 + corner)});
  return result;
}

}  // namespace

ExclusionDoubt exclusion_doubt(const IvDesign& design, const MomentCovariance& moments, double level,
                               double delta) {
  const Directions found = directions(design, moments, level);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  ExclusionDoubt doubt{infinity, -infinity, infinity};
  for (const auto& direction : found.all)
    for (const double d : {-delta, 0.0, delta}) {
      const double at = found.beta - d * direction.shift;
      const double reach =
          found.quantile *
          std::sqrt(std::max(0.0, direction.a - 2.0 * d * direction.b + d * d * direction.c));
      doubt.low = std::min(doubt.low, at - reach);
      doubt.high = std::max(doubt.high, at + reach);
    }
  for (const auto& direction : found.all) {
    // (beta - d shift)^2 = q^2 variance(d): the plain interval meets zero where the left side is the smaller
    // at d = 0.
    const double q2 = found.quantile * found.quantile;
    const double c0 = found.beta * found.beta - q2 * direction.a;
    if (c0 <= 0) {
      doubt.switching_value = 0.0;
      break;
    }
    const double c1 = -2.0 * found.beta * direction.shift + 2.0 * q2 * direction.b;
    const double c2 = direction.shift * direction.shift - q2 * direction.c;
    const double discriminant = c1 * c1 - 4.0 * c2 * c0;
    if (discriminant < 0) continue;
    // Stable roots: q = -(c1 + sign sqrt) / 2, then q / c2 and c0 / q.
    const double half = -0.5 * (c1 + std::copysign(std::sqrt(discriminant), c1));
    if (c2 != 0.0) doubt.switching_value = std::min(doubt.switching_value, std::abs(half / c2));
    if (half != 0.0) doubt.switching_value = std::min(doubt.switching_value, std::abs(c0 / half));
  }
  return doubt;
}

std::pair<double, double> exclusion_bounds(const IvDesign& design, const MomentCovariance& moments,
                                           double level, double delta) {
  const ExclusionDoubt doubt = exclusion_doubt(design, moments, level, delta);
  return {doubt.low, doubt.high};
}

double exclusion_switching_value(const IvDesign& design, const MomentCovariance& moments, double level) {
  return exclusion_doubt(design, moments, level, 0.0).switching_value;
}

double largest_reduced_form_effect(const IvDesign& design) {
  double largest = 0.0;
  for (Eigen::Index j = 0; j < design.instruments; ++j)
    largest = std::max(
        largest, std::abs(design.zy(j)) / std::sqrt(design.zz(j, j) * static_cast<double>(design.rows)));
  return largest;
}

}  // namespace spillway
