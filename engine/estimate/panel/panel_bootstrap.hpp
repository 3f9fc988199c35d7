// Pairs bootstrap of panel estimators from sufficient statistics: no replicate touches a row of the data.
#pragma once
#include <Eigen/Dense>
#include <memory>
#include <string>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/within.hpp"

namespace spillway {

/// What cluster g contributes: cross-products of [X~ y~], its sums by effect group and period, its number of
/// areas by group and, for the corrected score, q_g and dq_g/dtheta.
///
/// X~ of the full sample is already centred, and estimates do not change when a constant of a period is taken
/// off, so a replicate needs only:  H_b = sum w C_g - sum_jt M_jt M_jt' / n_j,  M, n weighted sums of group
/// j. In an unbalanced panel the areas' shares of periods differ, so a group's number of areas becomes the T
/// x T matrix S_j = D'MD of its period dummies beside area effects:  H_b = sum w C_g - sum_j M_j' S_j^- M_j.
struct PanelStatistics {
  int regressors = 0, lags = 0, own_lags = 0, second_lags = 0;
  Eigen::Index periods = 0, groups = 0;
  enum class Balance { balanced, unbalanced } balance = Balance::balanced;
  int corrected_rows = 0;          ///< rows of theta with a correction; 0: plain least squares
  Eigen::MatrixXd value;           ///< clusters x statistics
  std::vector<std::string> names;  ///< of regressors
  Eigen::Index clusters_used = 0;  ///< clusters with at least one area of this model

  int stride() const { return regressors + 1; }
  /// Position of cross-product (f, c), f <= c; the outcome's own square is not kept.
  static Eigen::Index cross(int f, int c) { return static_cast<Eigen::Index>(c) * (c + 1) / 2 + f; }
  Eigen::Index crosses() const { return static_cast<Eigen::Index>(stride()) * (stride() + 1) / 2 - 1; }
  Eigen::Index sum(Eigen::Index group, Eigen::Index t, int f) const {
    return crosses() + (group * periods + t) * stride() + f;
  }
  /// A group's number of areas, or the first of its T x T.
  Eigen::Index size(Eigen::Index group) const {
    return crosses() + groups * periods * stride() +
           group * (balance == Balance::balanced ? 1 : periods * periods);
  }
  Eigen::Index q(int row) const { return size(groups) + row; }
  Eigen::Index dq(int row, int d) const {
    return q(corrected_rows) + static_cast<Eigen::Index>(row) * regressors + d;
  }
  Eigen::Index count() const { return dq(corrected_rows, 0); }
};

/// @param cluster_of_row  row of the panel -> joint cluster, -1: in none (contributes nothing)
/// @param correction      null: plain least squares
PanelStatistics cluster_statistics(const TransformedPanel& panel,
                                   const std::vector<std::int32_t>& cluster_of_row, Eigen::Index clusters,
                                   const CorrectedScore* correction, Parallelism parallelism);

/// One replicate solved.
struct PanelSolution {
  Eigen::VectorXd coefficients;
  Eigen::MatrixXd jacobian;  ///< H_b, or H_b + dq_b
  std::uint8_t status = 0;   ///< as ReplicateBlock::status
};

/// A panel estimator under cluster weights: weighted combinations of least-squares fits (the half-panel
/// jackknife has three parts), or the corrected score, whose replicate is one Newton step from theta (its
/// error is of order 1/G):
///
///     theta_b = theta + J_b^-1 (b_b - H_b theta - q_b)
///
/// Percentile-t: the score of cluster g at theta_b is linear in its statistics, so the replicate's own
/// cluster-robust standard errors are one more matrix product.
class PanelResampled final : public Resampled {
 public:
  struct Part {
    double weight = 1.0;
    PanelStatistics statistics;
    Eigen::MatrixXd raw_map = {};  ///< of its centred regressors; empty: they are raw
  };
  enum class Studentise { no, yes };

  /// @param coefficients  of the full sample
  /// @param contrasts     pairs of lag columns (a, b): appended parameters theta_a - theta_b,
  /// "difference:a-b"
  PanelResampled(std::vector<Part> parts, Eigen::VectorXd coefficients,
                 std::vector<std::pair<int, int>> contrasts, Studentise studentise);

  const std::vector<std::string>& parameters() const override { return parameters_; }
  void evaluate(ReplicateBlock& block) const override;
  void refit(ReplicateBlock& block) const override;
  Eigen::MatrixXd partial_leverage() const override;

  /// Cluster-robust covariance of all parameters (contrasts too) on the joint clusters, factor G / (G - 1);
  /// the one that percentile-t intervals use. Empty unless studentised.
  const Eigen::MatrixXd& joint_covariance() const { return joint_covariance_; }
  const std::vector<std::pair<int, int>>& contrasts() const { return contrasts_; }
  /// Covariances for few clusters, computed with the fit: score cells (cluster x period) and periods as
  /// clusters; and cells of coarser groups x period, empty where there are none.
  struct FewClusters {
    Eigen::MatrixXd cells, periods, groups;
  };
  FewClusters few_clusters;
  /// Replicates from score cells instead of pairs, for few clusters: theta + sum_c v_c psi_c, psi_c the
  /// influence of cell c (cluster x period) times sqrt(T / (T - 1)), v_c = +-1 by (seed, replicate). Their
  /// spread is that of the score cells, so scenario bands are as wide as the interval shown; the clusters'
  /// weights are not used, nor is there a t.
  struct CellDraws {
    Eigen::MatrixXd influence;  ///< coefficients x cells; no columns: pairs
    std::uint64_t seed = 0;
  };
  CellDraws cell_draws;
  /// Clusters with at least one area of this model.
  Eigen::Index clusters_used() const { return parts_.front().statistics.clusters_used; }

  /// How many equal clusters carry each coefficient: (sum_g v_g)^2 / sum_g v_g^2, v_g = [H^-1 C_g H^-1]_kk
  /// its variance from cluster g under iid errors (Carter, Schnepel & Steigerwald 2017). A lag of a type of
  /// areas counts the clusters that hold such areas. Empty unless studentised.
  const Eigen::VectorXd& effective_clusters() const { return effective_clusters_; }

  /// Estimates with each cluster left out in turn: parameters x clusters (coefficients only).
  Eigen::MatrixXd leave_one_out() const;

 private:
  PanelSolution solve(const PanelStatistics& statistics, const double* sums) const;
  void linear_form(const PanelStatistics& statistics, const double* sums, const PanelSolution& solution,
                   double* form) const;
  void evaluate_few(ReplicateBlock& block, long first, long count) const;
  void evaluate_cells(ReplicateBlock& block) const;
  std::uint8_t stationarity(const Eigen::Ref<const Eigen::VectorXd>& theta) const;

  std::vector<Part> parts_;
  Eigen::VectorXd coefficients_;
  std::vector<std::pair<int, int>> contrasts_;
  Studentise studentise_;
  std::vector<std::string> parameters_;
  Eigen::VectorXd unit_;        ///< 1 / sqrt(diag H): scale of the singularity check
  Eigen::MatrixXd transposed_;  ///< statistics x clusters of the first part
  Eigen::MatrixXd joint_covariance_;
  Eigen::VectorXd effective_clusters_;
};

}  // namespace spillway
