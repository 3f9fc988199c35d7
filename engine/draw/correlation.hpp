// Correlation matrices: are they possible, what is the nearest that is, and a factor to draw with.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

namespace spillway {

/// The correlation matrix nearest to `matrix` in the Frobenius norm among those whose smallest eigenvalue is
/// at least `floor`, by alternating projections with Dykstra's correction.
///
/// @param matrix  symmetric, n x n
/// @param floor   in [0, 1)
/// Source: Higham (2002), "Computing the nearest correlation matrix", IMA J. Numer. Anal. 22, algorithm 3.3.
Eigen::MatrixXd nearest_correlation(const Eigen::MatrixXd& matrix, double floor = 0.0);

/// Lower triangular L with L L' = `correlation`; rows of parameters uncorrelated with earlier ones are unit
/// vectors. Semidefinite matrices (perfect correlation) are fine.
///
/// @param names  of the rows, for messages
/// @throws InputError  not n x n, not symmetric, a diagonal other than 1, an entry outside [-1, 1], or an
/// eigenvalue
///                     below zero; the last offers the nearest valid matrix as TOML.
Eigen::MatrixXd correlation_factor(const Eigen::MatrixXd& correlation, const std::vector<std::string>& names);

}  // namespace spillway
