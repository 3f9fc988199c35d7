// (I - A)^-1 v for A = diag(rho_type) W + phi I, expanded about one point so that other points cost no solve.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// One point of the dynamics: how growth spreads, by type, and how it persists.
struct SpreadPoint {
  Eigen::VectorXd rho;  ///< by type
  double phi = 0.0;
};

/// What may move away from the point: terms are made of nothing else.
struct SpreadFreedom {
  enum class Rho { by_type, common } rho = Rho::by_type;  ///< common: one move for all types
  enum class Phi { free, fixed } phi = Phi::free;
};

/// x(rho, phi) = (I - A)^-1 v about a point, to first or second order in (rho, phi).
///
/// With M = (I - A)^-1 at the point, D_k = dA/d(parameter k) (diag(1 of type k) W, W for a rho that is
/// common, or I for phi) and delta the move,
///     x = M v + sum_k delta_k M D_k M v + sum_kl delta_k delta_l M D_k M D_l M v + ...
/// Its error in any area is at most q^(order + 1) / (1 - q) times the largest |M v|, with
/// q = (max |delta rho| + |delta phi|) / (1 - max |rho| - |phi|) below 1 (rows of W sum to 1 or 0).
class SpreadExpansion {
 public:
  /// @throws NumericalError  max |rho| + |phi| of 1 or more at the point: growth never settles
  SpreadExpansion(const SpatialWeights& weights, std::vector<std::int32_t> type, SpreadPoint point,
                  Parallelism parallelism = {}, SpreadFreedom freedom = {});

  const SpreadPoint& point() const noexcept { return point_; }
  const SpatialWeights& weights() const noexcept { return *weights_; }

  /// (I - A)^-1 v at the point, each column to `precision` of its largest entry and with the bits that it has
  /// alone. @throws NumericalError  what comes out is not finite
  Eigen::MatrixXd solve(const Eigen::MatrixXd& v, double precision = 1e-13) const;

  /// The terms of the expansion: M v, then one column a parameter, then (order 2) one a pair k <= l.
  Eigen::MatrixXd terms(const Eigen::VectorXd& v, int order) const;
  /// The same of several columns, each to its own order: one pass over W serves some of them.
  std::vector<Eigen::MatrixXd> terms(const Eigen::MatrixXd& v, const std::vector<int>& order) const;
  /// How far another point is, by parameter: rho by type or the common one, then phi where it is free.
  Eigen::VectorXd move(const SpreadPoint& at) const;
  /// What each term counts at another point.
  Eigen::VectorXd factors(const SpreadPoint& at, int order) const;
  Eigen::Index parameters() const;
  Eigen::Index count(int order) const;
  /// The bound above at another point; infinite where q is 1 or more.
  double error_bound(const SpreadPoint& at, int order) const;

 private:
  Eigen::Index lags() const;
  Eigen::MatrixXd derivatives(const Eigen::VectorXd& x) const;
  template <int kColumns>
  void solve_some(const Eigen::MatrixXd& v, Eigen::Index first, double precision, Eigen::MatrixXd& x) const;

  const SpatialWeights* weights_;
  std::vector<std::int32_t> type_;
  SpreadPoint point_;
  Parallelism parallelism_;
  SpreadFreedom freedom_;
};

}  // namespace spillway
