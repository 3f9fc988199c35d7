// Morris screening: which of many independent inputs matter at all, from few evaluations.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "engine/draw/sensitivity_indices.hpp"

namespace spillway {

/// Trajectories through the unit cube, each moving one input at a time.
struct MorrisDesign {
  int inputs = 0;
  Eigen::MatrixXd point;   ///< trajectories (inputs + 1) x inputs, in (0, 1)
  std::vector<int> moved;  ///< [trajectory][step]: which input step s of a trajectory moves
};

/// Elementary effects of one output, per unit of probability of each input.
struct MorrisEffects {
  std::vector<double> mean;                 ///< mu: sign of the effect, where it has one
  std::vector<WithInterval> mean_absolute;  ///< mu*: how much the input matters (Campolongo et al. 2007)
  std::vector<double> sd;                   ///< sigma: curvature and interaction
};

/// Random trajectories on the grid (k + 1/2) / levels, each step half the range, up or down: the grid's ends
/// are not 0 and 1, where unbounded distributions have no quantile.
/// @param levels  even
/// @throws InputError  no inputs, fewer than two trajectories, levels odd or below 2
/// Source: Morris (1991), Technometrics 33. Trajectory t depends on (seed, t) alone.
MorrisDesign morris_design(long trajectories, int inputs, int levels, std::uint64_t seed);

/// @param output  one value a row of design.point
/// @throws InputError  another number of values, or one that is not finite
MorrisEffects morris_effects(const MorrisDesign& design, const Eigen::VectorXd& output,
                             const IndexBootstrap& bootstrap);

}  // namespace spillway
