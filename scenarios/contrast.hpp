// Two policies against each other in every area, on the same draws.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/propagate/dynamics.hpp"

namespace spillway::scenarios {

/// A less B in every area, draw by draw, of one outcome.
struct AreaContrast {
  AreaOutcome outcome = AreaOutcome::uplift;
  Eigen::MatrixXf quantile;  ///< plan.quantiles x areas, type 7 of Hyndman & Fan (1996)
  Eigen::VectorXf mean, sd;
  Eigen::VectorXf first_better, second_better;  ///< shares of draws; equal ones are neither's
  long draws = 0;
  std::string path;  ///< how it was computed
};

/// Whether the two move under the same rho, phi and W in every draw, so that their difference is a scenario
/// itself.
bool same_coefficients(const Dynamics& first, const Dynamics& second);

/// Paired differences of `plan.outcomes` (uplift and cumulative_uplift).
///
/// Where both are shocks under the same coefficients, the difference follows the recursion with the shocks of
/// A and minus those of B: one evaluate() with all draws, exact order statistics. Where one changes rho or W,
/// the first `draws` draws of both are propagated by the plain recursion, areas x draws floats held for each
/// outcome.
/// @throws InputError  other draws, horizons or areas; an outcome in pounds
std::vector<AreaContrast> contrast_areas(const Dynamics& first, const Dynamics& second,
                                         const OutcomePlan& plan, long draws, Parallelism parallelism);

}  // namespace spillway::scenarios
