// Wild cluster bootstrap-t of one coefficient: restricted and unrestricted for OLS, restricted efficient
// (WRE) for IV.
#pragma once
#include <Eigen/Dense>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/estimate/covariance/wild_weights.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_moments.hpp"

namespace spillway {

/// What the bootstrap says of H0: beta = b.
struct WildTest {
  double t = 0.0;
  double p_symmetric = 0.0;   ///< share of |t*| >= |t|
  double p_equal_tail = 0.0;  ///< twice the smaller tail
  long replicates = 0;        ///< that gave a statistic
};

/// Bootstrap-t of the coefficient of the only regressor s of a design (instrumented: 2SLS; exogenous: OLS).
///
/// Under H0: beta = b the residuals are u = M_w (y - s b), and for IV the efficient first stage s = z pi + w
/// g + d u + r with v = s - z pi (Davidson & MacKinnon 2010; cluster version as Roodman, MacKinnon, Nielsen &
/// Webb 2019). Replicate: y* = b s* + w'gamma + q_g u, s* = z pi + q_g v, one multiplier q_g a cluster,
/// re-estimated with its cluster-robust t. Everything is computed from sums per cluster, so the cost of a
/// replicate does not depend on the number of rows. OLS is the case z = s, v = 0. With two-way clusters
/// multipliers go by the way with fewer clusters and t by both. Absorbed effects that cross the bootstrap's
/// clusters are not projected out of q_g u again (kept fixed).
class WildCluster {
 public:
  enum class Regressor { exogenous, instrumented };
  enum class Residuals { restricted, unrestricted };

  /// @param moments  clustered; its ways define t
  WildCluster(const IvDesign& design, const MomentCovariance& moments, Regressor regressor, WildWeights kind,
              std::uint64_t seed, long replicates, Parallelism parallelism);

  double estimate() const { return estimate_; }
  double standard_error() const { return standard_error_; }
  const WildPlan& plan() const { return plan_; }
  const std::string& column() const { return column_; }  ///< of the clusters that share a multiplier

  /// t* of every replicate under H0: beta = b; NaN where a replicate has no variance.
  Eigen::VectorXd statistics(double b) const;

  /// p = (1 + #{t* >= t}) / (B + 1), or #/2^G over every sign vector (identity included). Statistics within
  /// 1e-9 of each other (relative) are ties and count as >=.
  WildTest test(double b, Residuals residuals) const;

  /// Equal-tailed interval by inverting the restricted test: the values whose p_equal_tail is above 1 -
  /// level; an end may be infinite. NaN, NaN where B is too small for the level.
  std::pair<double, double> interval(double level) const;

 private:
  /// Distance of t(b) from the tail's critical value; <= 0: b is accepted by that tail.
  /// @param all  statistics(b)
  double excess(double b, double level, double tail, const Eigen::VectorXd& all) const;

  /// Every sum over clusters that a replicate needs. @param on_w  w'u and w's by cell
  void prepare_replicates(const Eigen::MatrixXd& on_w);

  /// Variance of one replicate's score from the scores of its cells: what the quadratic form says, and what
  /// stands where two-way clusters make it negative.
  double direct_variance(Eigen::Index replicate, const double* moving, const double* fixed) const;

  Parallelism parallelism_;
  WildPlan plan_;
  std::string column_;
  Regressor regressor_;
  Eigen::Index l_ = 0, p_ = 0, cells_ = 0;
  /// Sums over the rows of each cell (cluster, or intersection of two ways), z and w orthonormal: z'u, z's,
  /// z'z, z'w (l, l, l (l + 1) / 2, l p), u = y - s estimate.
  Eigen::MatrixXd features_;   ///< features x cells
  Eigen::VectorXd z_u_, z_s_;  ///< l: totals
  double u_u_ = 0.0, u_s_ = 0.0, s_s_ = 0.0;
  std::vector<std::int32_t> multiplier_of_cell_, other_of_cell_;
  Eigen::Index multipliers_ = 0, others_ = 0;
  double factor_ = 1.0;  ///< small sample
  double estimate_ = 0.0, standard_error_ = 0.0;
  // A cell's score is q_g f'm - f'k with m over (z'u, z's, z'z) and k over (z'z, z'w), so its variance over
  // any ways is m'A m - 2 m'B k + k'C k. A and B depend on the replicate alone, not on b: they are made once,
  // and stand as kernels::WildReplicates says, a column for the replicates of a group.
  Eigen::Index moving_ = 0, fixed_ = 0;  ///< lengths of m and k
  Eigen::MatrixXd totals_;               ///< multiplier-weighted sums of features_ and of w'u, w's, x groups
  Eigen::MatrixXd squares_;              ///< A, upper triangle by columns, x groups
  Eigen::MatrixXd crosses_;              ///< B by columns, x groups
  Eigen::MatrixXd constant_;             ///< C
};

}  // namespace spillway
