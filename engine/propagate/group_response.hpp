// How groups of areas answer to shocks, for every draw, without propagating a single draw.
#pragma once
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/propagate/dynamics.hpp"

namespace spillway {

/// Answers of groups to unit shocks: response(draw, lag, group, shape) = w_g' A^lag s_q, weighted means of uplift.
///
/// With one rho a class, A = diag(rho) W + phi I, so A^k = sum_m C(k, m) phi^(k-m) (diag(rho) W)^m, and (diag(rho) W)^m s
/// is a polynomial in the classes' rho whose coefficients are vectors over areas that no draw changes. Their sums over
/// groups are a few hundred numbers (220 of each shape and group for three classes and ten periods): all draws follow
/// from them by evaluating the polynomial. Exact to rounding, in double precision.
class GroupResponse {
 public:
  /// @param dynamics  of shocks alone: rho constant over the horizon, no detour
  /// @param weight    areas x groups; columns that sum to one give means
  /// @throws InputError  the dynamics change rho or W; or classes and horizon ask for more than 20,000 coefficients
  GroupResponse(const Dynamics& dynamics, const Eigen::MatrixXd& weight, Parallelism parallelism);

  long draws() const noexcept { return draws_; }
  int horizon() const noexcept { return horizon_; }
  int groups() const noexcept { return groups_; }
  int shapes() const noexcept { return shapes_; }
  double at(long draw, int lag, int group, int shape) const {
    return value_[static_cast<std::size_t>(((draw * horizon_ + lag) * groups_ + group) * shapes_ + shape)];
  }

  /// Uplift of every group in every period under these amplitudes of the shapes: [draw][period][group].
  /// @param amplitude  [draw][period][shape], as in Dynamics. @throws InputError  of another length
  std::vector<double> uplift(const std::vector<double>& amplitude, Parallelism parallelism) const;

 private:
  long draws_ = 0;
  int horizon_ = 0, groups_ = 0, shapes_ = 0;
  std::vector<double> value_;
};

}  // namespace spillway
