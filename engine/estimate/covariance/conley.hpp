// Spatial HAC: kernel-weighted sums over pairs of places.
#pragma once
#include <Eigen/Dense>

#include "engine/base/parallel.hpp"

namespace spillway {

enum class SpatialKernel { bartlett, uniform };

/// sum_i sum_j K(d_ij / cutoff) x_i x_j' over all pairs of rows closer than the cutoff, i = j included.
///
/// Bartlett K(u) = 1 - u, uniform K(u) = 1, for u < 1 (Conley 1999, with planar distance). Places are sorted
/// into square cells of one cutoff, so only neighbouring cells are searched: cost is the number of close
/// pairs.
///
/// @param x                  rows x m
/// @param easting, northing  m, one a row
/// @param cutoff_km          km, > 0
/// Sums are taken in blocks of cells in a fixed order: the same bits with any number of workers.
Eigen::MatrixXd conley_sum(const Eigen::MatrixXd& x, const Eigen::VectorXd& easting,
                           const Eigen::VectorXd& northing, double cutoff_km, SpatialKernel kernel,
                           Parallelism parallelism);

}  // namespace spillway
