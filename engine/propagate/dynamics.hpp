// How a policy's deviation of growth moves over the horizon, for every draw, in affine form.
#pragma once
#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <vector>

#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// For draw d, period h = 1..H and area i of row class c(i):
///
///     u_i(h) = rho_c(d,h) [ (1 - lambda_c(d,h)) (W u(h-1))_i + lambda_c(d,h) (C u(h-1))_i ] + phi(d)
///     u_i(h-1)
///              + sum_q amplitude_q(d,h) shape_iq ,      u(0) = 0.
///
/// A scenario of shocks alone has one class a type and lambda = 0. One that closes gaps in rho or adds links
/// gives the treated areas classes of their own; its forcing (A' - A) y0 is a shape like any other.
struct Dynamics {
  const SpatialWeights* weights = nullptr;  ///< W, areas x areas
  SpatialWeights::Matrix added_links;   ///< C, areas x areas, rows sum to 1 or 0; no rows and columns: none
  std::vector<std::int32_t> row_class;  ///< area -> class
  int classes = 1;
  long draws = 0;
  int horizon = 10;
  bool coefficients_by_period = false;  ///< rho and lambda change over the horizon (phasing in)
  std::vector<double> rho;     ///< [draw][period][class], or [draw][class] where constant over periods
  std::vector<double> lambda;  ///< likewise; empty: zero
  std::vector<double> phi;     ///< [draw]
  Eigen::MatrixXd shape;       ///< areas x shapes, unit: outcome a period per unit of amplitude
  std::vector<double>
      amplitude;  ///< [draw][period][shape]; draw d, period h (0-based), shape q at (d H + h) Q + q

  long areas() const { return static_cast<long>(row_class.size()); }
  int shapes() const { return static_cast<int>(shape.cols()); }
  double rho_at(long draw, int period, int cls) const {
    return coefficients_by_period ? rho[static_cast<std::size_t>((draw * horizon + period) * classes + cls)]
                                  : rho[static_cast<std::size_t>(draw * classes + cls)];
  }
  double lambda_at(long draw, int period, int cls) const {
    if (lambda.empty()) return 0.0;
    return coefficients_by_period
               ? lambda[static_cast<std::size_t>((draw * horizon + period) * classes + cls)]
               : lambda[static_cast<std::size_t>(draw * classes + cls)];
  }
  double amplitude_at(long draw, int period, int q) const {
    return amplitude[static_cast<std::size_t>((draw * horizon + period) * shapes() + q)];
  }
};

/// Check that the arrays fit together, once, where they enter.
///
/// @throws InputError  an array of the wrong length, a class out of range, a number that is not finite; names
/// it
void check(const Dynamics& dynamics);

/// The plain serial recursion of one draw in double precision: areas x horizon. The reference of every fast
/// path.
Eigen::MatrixXd propagate_one(const Dynamics& dynamics, long draw);

}  // namespace spillway
