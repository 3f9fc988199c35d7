// Scrambled Sobol' points: the designs of sensitivity analysis are made of them.
#pragma once
#include <Eigen/Dense>
#include <cstdint>

namespace spillway {

/// The first `points` points of the Sobol' sequence (direction numbers of Joe & Kuo 2008, from Boost.Random),
/// each dimension scrambled by a random lower triangular matrix over GF(2) and a random digital shift.
///
/// @param points      1..2^32 - 1; a power of two keeps every dyadic interval equally full
/// @param dimensions  1..3667
/// @return  points x dimensions, in the open interval (0, 1), multiples of 2^-32 plus 2^-33. Dimension k
/// depends on
///          (seed, k) alone, and point i is the same whatever `points` is.
/// @throws InputError  no points or too many, no dimensions or too many
/// Source: Matousek (1998), "On the L2-discrepancy for anchored boxes", J. Complexity 14; its points have the
/// variance of Owen's (1995) nested scrambling.
Eigen::MatrixXd sobol_points(long points, int dimensions, std::uint64_t seed);

}  // namespace spillway
