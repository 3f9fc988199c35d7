// Shapley effects: the share of an output's variance owed to each of several inputs, dependent or not.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/draw/sensitivity_indices.hpp"

namespace spillway {

/// Each base row redraws its inputs one after another, in an order of its own, given those not yet redrawn.
struct ShapleyDesign {
  int inputs = 0;
  Eigen::MatrixXd
      point;  ///< rows (inputs + 1) x inputs, each column uniform on (0, 1), jointly a Gaussian copula
  std::vector<int> order;  ///< [row][step]: the input that step s redraws as well
};

struct ShapleyEffects {
  double variance = 0.0;             ///< of the output
  std::vector<WithInterval> effect;  ///< by input; they sum to 1
};

/// The design for inputs whose normal scores have this correlation.
///
/// Inputs J are redrawn given the others K by Matheron's rule, z_J = z'_J + R_JK R_KK^-1 (z_K - z'_K), with
/// z' an independent draw. Base rows and redraws are Sobol' points.
/// @param correlation  inputs x inputs, Pearson of the normal scores, positive definite
/// @param names        of the inputs, for messages
/// @throws InputError  fewer than two rows; no correlation matrix, or a singular one (an input that others
/// determine)
ShapleyDesign shapley_design(long rows, const Eigen::MatrixXd& correlation,
                             const std::vector<std::string>& names, std::uint64_t seed);

/// Shapley effects from c(J) = E Var(Y | X_-J), each estimated by half the mean squared change where J is
/// redrawn, over one random permutation a row: unbiased but for the division by the variance, and exactly
/// additive.
///
/// @param output  one value a row of design.point
/// @throws InputError  another number of values, or one that is not finite
/// @throws NumericalError  the output does not vary
/// Source: Song, Nelson & Staum (2016), SIAM/ASA J. Uncertainty Quantification 4, algorithm 1 with random
/// permutations and an inner sample of two (variance by Jansen's 1999 difference).
ShapleyEffects shapley_effects(const ShapleyDesign& design, const Eigen::VectorXd& output,
                               const IndexBootstrap& bootstrap);

}  // namespace spillway
