// The propagation backwards: what a unit of shock in an area is worth, for an objective that is linear in
// uplift.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/propagate/dynamics.hpp"

namespace spillway {

/// Derivatives of J = sum_h c(h)' u(h) by the shocks d(s) of one draw, in double precision: areas x horizon.
///
/// With u(h) = A_h u(h-1) + d(h), p(s) = c(s) + A_{s+1}' p(s+1) and p(H) = c(H); dJ/dd_i(s) = p_i(s). One
/// recursion backwards gives the derivative of every area, where differences would take one recursion
/// forwards an area. The reference of AdjointBatches. Source: Griewank & Walther (2008), Evaluating
/// Derivatives, ch. 3 (reverse mode).
/// @param objective  c, areas x horizon: units of J per unit of uplift
/// @throws InputError  `objective` has another shape
Eigen::MatrixXd adjoint_one(const Dynamics& dynamics, long draw, const Eigen::MatrixXd& objective);

/// The adjoint of many draws at a time, where a unit of shock comes with a profile over the periods.
///
/// For an objective c_i(h) = weight_i kappa(class(i), h) and a profile a(s) of the shock, the worth of a unit
/// in area i is q_i = sum_s a(s) p_i(s) = [sum_k (A')^k b(k)]_i with b_i(k) = weight_i sum_s a(s)
/// kappa(class(i), s + k): one recursion by Horner's rule, whatever the length of the profile. A' = W'
/// diag(rho) + phi I.
class AdjointBatches {
 public:
  static constexpr int lanes = 8;  ///< draws of one batch

  /// @param dynamics  of shocks alone (rho constant over the horizon, no added links); its weights must
  /// outlive this
  /// @throws InputError  the dynamics change rho or W over the horizon
  AdjointBatches(const Dynamics& dynamics, Eigen::VectorXd weight);

  /// @param first, count  draws first ... first + count - 1, count at most `lanes`
  /// @param kappa         [draw of the batch][period][class]: objective per unit of weighted uplift
  /// @param profile       [draw of the batch][period]: a
  /// @param worth         filled, [area][lane]; lanes beyond `count` repeat the last draw
  void run(long first, int count, const double* kappa, const double* profile,
           std::vector<double>& worth) const;

 private:
  const Dynamics& dynamics_;
  Eigen::VectorXd weight_;
  SpatialWeights::Matrix transposed_;
};

}  // namespace spillway
