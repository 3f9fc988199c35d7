// The bias-corrected spatial lag panel: rho, phi and beta that solve the score less its bias.
#pragma once
#include <Eigen/Dense>
#include <vector>

#include "engine/estimate/panel/within.hpp"

namespace spillway {

/// Solution of g(theta) = b - H theta - q(theta) = 0.
///
/// With fixed effects E[X~'e~] is not zero: y_{t-1} contains earlier errors, and demeaning puts them into e~.
/// The bias of the score is q = -(1/T) sum_{s<t} E[r_t e_s], r = W y_{t-1} or y_{t-l}. Estimated without bias
/// for any spatial covariance of e, and any change of it over the years, as long as e is serially
/// uncorrelated:
///
///     q_i = -1/(T-2) sum_s e_is [W g_s]_i,  g_s = sum_{m=0}^{T-2} c_sm A_m e_s,
///     c_sm = 1[m <= T-2-s] - (T-1-m) / (T (T-1)),  A_0 = I,
///     A_m = (diag(rho) W + phi_1 I) A_{m-1} + (diag(rho_2) W + phi_2 I) A_{m-2}
///
/// for the lag of area i's type; g_s in place of W g_s for the own lag; the iterate before for second lags
/// (their moving-average weights are those of the first, one period later). g comes from Clenshaw's
/// recursion, its derivatives by forward mode beside it.
struct CorrectedScore {
  enum class Status { found, no_root, too_short };
  Status status = Status::no_root;
  int evaluations = 0;              ///< of q; its derivatives are evaluated at the start and at the end
  Eigen::VectorXd coefficients, q;  ///< q: p, zero for covariates
  Eigen::MatrixXd dq;               ///< dq/dtheta, p x p
  Eigen::MatrixXd jacobian;         ///< H + dq/dtheta
  std::vector<double> residual;     ///< [t n + i], two-way residual at the root
  int equations = 0;  ///< corrected equations an area: its spatial lag, the own lags, its second spatial lag
  std::vector<double> area_q;  ///< [(i equations + e)(1 + p)]: q of area i, then its p derivatives
  std::vector<double> cell_q;  ///< [(t n + i) equations + e]: mean of period t's score; its sum over t is q
  /// Row of theta that equation e of an area of this type belongs to.
  int row(int equation, std::int32_t type) const {
    if (equation < lag_equations) return type;
    return lags + equation - lag_equations + (equation < lag_equations + own_lags ? 0 : type);
  }
  int lags = 0, lag_equations = 0, own_lags = 0;
};

/// @param within  least squares of the same panel: H, b and the start of Newton's steps (each capped at 0.3)
///
/// Starts with Newton steps on a Jacobian from every third period, kept up by Broyden (1965) updates; the
/// last step uses the full derivatives. Where that does not settle, every step does. Derivatives carry single
/// precision (relative 1e-7): they move the root by nothing and its standard errors by as much. Needs T >= 4.
/// Cost: about six passes of T - 1 products with W, T wide, and one of T (T - 1), 1 + p wide.
CorrectedScore corrected_score(const TransformedPanel& panel, const LeastSquares& within,
                               const SpatialWeights& weights, Parallelism parallelism);

}  // namespace spillway
