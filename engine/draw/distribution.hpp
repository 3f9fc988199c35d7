// Sampling of scenario parameters.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"

namespace spillway {

/// The u-quantile of a distribution, u in (0, 1). PERT: beta on [low, high] with alpha = 1 + 4 (mode - low) /
/// (high - low), beta = 1 + 4 (high - mode) / (high - low) (Vose 2008). Discrete and empirical: the least
/// value whose cumulative probability reaches u, so that draws are values of the list (type 1 of Hyndman &
/// Fan 1996). Absolute error below 1e-12 of the range. @throws InputError  an invalid distribution, or u
/// outside (0, 1)
double quantile(const Distribution& distribution, double u);

/// Mean of a distribution; exact, not sampled.
double mean(const Distribution& distribution);

/// Everything wrong with a distribution, in words; empty: valid.
std::vector<std::string> faults(const Distribution& distribution);

/// Draws of several distributions, draws x parameters, with rank correlation by a Gaussian copula.
///
/// Draw d of parameter k depends on (seed, d, name) alone, never on how many other parameters there are, so
/// two scenarios share random numbers where they share names. With a correlation it also depends on the
/// parameters listed earlier that it is correlated with. Beta and PERT draws are within 1e-11 of the range of
/// quantile().
/// @param correlation  parameters x parameters, Pearson of the normals behind; empty: independent
/// @throws InputError  the matrix is not a correlation matrix; offers the nearest valid one (Higham 2002);
///                     an invalid distribution; a name used twice
Eigen::MatrixXd sample(const std::vector<std::string>& names, const std::vector<Distribution>& distributions,
                       const Eigen::MatrixXd& correlation, long draws, std::uint64_t seed);

}  // namespace spillway
