// Sobol' indices: the share of an output's variance that each of several independent inputs explains.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

namespace spillway {

/// An estimate with its bootstrap interval.
struct WithInterval {
  double estimate = 0.0, low = 0.0, high = 0.0;
};

/// How intervals of sensitivity indices are made: percentiles over resampled rows of the design.
struct IndexBootstrap {
  long replicates = 500;  ///< >= 2
  double level = 0.95;    ///< in (0, 1)
  std::uint64_t seed = 20241;
};

/// Indices of one output. Estimates of small indices may come out just below 0, and are left so.
struct SobolIndices {
  double mean = 0.0, variance = 0.0;       ///< of the output
  std::vector<WithInterval> first, total;  ///< by input
};

/// Rows of a Saltelli design of `base` rows: A, B, then A with column i from B for i = 0, 1, ...; base
/// (inputs + 2) rows x inputs, each uniform on (0, 1), from Sobol' points in 2 x inputs dimensions.
/// @param base  a power of two
/// @throws InputError  base is no power of two, or there are no inputs
Eigen::MatrixXd saltelli_design(long base, int inputs, std::uint64_t seed);

/// First-order indices by Saltelli et al. (2010), Computer Physics Communications 181, table 2 (b), and total
/// indices by Jansen (1999), ibid. 117, of the output at the rows of a Saltelli design. The output is centred
/// first, which changes no expectation and takes the mean's square out of the error. Intervals resample rows
/// as if they were independent, which on Sobol' points makes them too wide rather than too narrow.
///
/// @param output  base (inputs + 2) values, in the design's order
/// @throws InputError  another number of values; one that is not finite (names its row)
/// @throws NumericalError  the output does not vary
SobolIndices sobol_indices(const Eigen::VectorXd& output, int inputs, const IndexBootstrap& bootstrap);

/// Sobol' indices are shares of variance only where inputs are independent.
/// @param correlation  inputs x inputs
/// @throws InputError  two inputs are dependent; names the most dependent pair and what to use instead
void require_independent(const Eigen::MatrixXd& correlation, const std::vector<std::string>& names);

/// Means of columns of `rows`, and the same for rows resampled with replacement: replicates x columns.
/// Replicate r depends on (seed, r) alone.
Eigen::MatrixXd resampled_means(const Eigen::MatrixXd& rows, const IndexBootstrap& bootstrap);

/// The two percentiles of `values` that hold `level` between them (type 7 of Hyndman & Fan 1996).
WithInterval percentile_interval(double estimate, const Eigen::VectorXd& values, double level);

/// @throws InputError  not `expected` values, or one that is not finite (names its row of the design)
void check_output(const Eigen::VectorXd& output, long expected);

}  // namespace spillway
