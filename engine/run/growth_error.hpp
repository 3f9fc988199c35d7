// What places would have grown without a policy, and how far that is known.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/pack/data_pack.hpp"
#include "engine/policy/lever_context.hpp"
#include "engine/policy/policy.hpp"

namespace spillway {

/// Each area's mean growth a period, shrunk towards its type-by-region mean by the share of the spread that
/// is sampling noise (empirical Bayes; Efron & Morris 1973).
struct ShrunkMeans {
  Eigen::VectorXd growth;
  double kept = 0.0;   ///< share of an area's own deviation
  double areas = 0.0;  ///< that have a value in some period
};
ShrunkMeans shrunk_means(const DataPack& pack, const std::vector<std::int32_t>& type,
                         const std::string& outcome);

/// How far the counterfactual growth may be from the truth: that of draw d is off by direction move_d'.
struct GrowthError {
  Eigen::MatrixXd direction;  ///< areas x directions, outcome a period
  Eigen::MatrixXd move;       ///< draws x directions, unitless
};

/// The error of shrunk means about the areas' own mean growth m, drawn.
///
/// y_t = m + A (y_{t-1} - m) + e_t, so a mean over periods is off by (I - A)^-1 e-bar. With contrasts h_k of
/// the residuals y_t - A y_{t-1} over periods (orthonormal, free of their mean), sum_k h_k h_k' / T(T-1)
/// estimates the covariance of e-bar over areas, however they move together. The directions are these,
/// through (I - A)^-1 and the shrinking, at the mean of the draws of A. What shrinking itself leaves open,
/// kept (1 - kept) v an area with v the mean variance of an area's mean, goes on top, independent over areas.
/// Moves are normal over the root of a chi-square with as many degrees as there are directions (at most 8:
/// further contrasts are added to them), so an area's error has the t distribution of a variance from few
/// periods.
///
/// @return no directions where fewer than four periods were seen or A is not stationary
GrowthError growth_error(const LeverContext& context, std::uint64_t seed);

/// As many directions and moves, all zero: enough for a rehearsal, which counts shapes.
GrowthError unsolved_growth_error(const LeverContext& context);

/// Let a policy that changes rho or W act on uncertain growth: the forcing (A' - A) y0 of each treated class
/// gets a shape for every direction, beside that of y0 itself. The policy says so in a note.
void add_growth_error(Policy& policy, const LeverContext& context, const GrowthError& error);

}  // namespace spillway
