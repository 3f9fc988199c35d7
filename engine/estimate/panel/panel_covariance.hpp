// Covariance of panel estimates: the sandwich in every flavour, with each peer's small-sample convention by
// name.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <string>
#include <vector>

#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/within.hpp"

namespace spillway {

/// Scores of one fit: s_it = X~_it e_it, less q_it where the score is corrected.
struct PanelScores {
  const TransformedPanel* panel = nullptr;
  const std::vector<double>* residual = nullptr;  ///< [t n + i]
  const CorrectedScore* correction = nullptr;     ///< null: plain least squares
  Eigen::MatrixXd inverse;                        ///< J^-1, p x p
  Eigen::MatrixXd cross_inverse;                  ///< H^-1
  double residual_square = 0.0;
  std::vector<int> area;  ///< row -> row of the pack's areas
  const std::vector<double>* influence =
      nullptr;  ///< [(t n + i) p]: used instead, with inverse = I; null: none

  /// The p numbers s_it.
  void cell(Eigen::Index t, Eigen::Index i, double* score) const;
};

/// Whether the residuals are rounding (see collinearity.hpp).
bool fits_exactly(const PanelScores& scores);

struct PanelCovariance {
  Eigen::MatrixXd value;
  long clusters = 0;        ///< fewest of any dimension; 0: not clustered
  std::string description;  ///< "cluster by lad_code (309), CR1 = G/(G-1) (N-1)/(N-p)"
  ClusterSupport support;   ///< clusters that carry each coefficient; empty: not clustered
  std::string warning;      ///< why `value` is not there, or empty
};

/// @param leave_one_out  estimates without each cluster of context.by[0], parameters x clusters; called for
///                       small_sample = "cr3" only
/// @throws InputError  an unknown kind, clusters or coordinates that are missing, a cutoff that is not
/// positive
PanelCovariance panel_covariance(const CovarianceConfig& config, const PanelScores& scores,
                                 const FitContext& context, const Eigen::VectorXd& coefficients,
                                 const std::function<Eigen::MatrixXd(const Clusters&)>& leave_one_out);

/// Scores summed by cluster and period: p x (periods clusters), column t clusters + g.
struct CellSums {
  Eigen::MatrixXd value;
  Eigen::Index periods = 0, clusters = 0;
  Eigen::Index periods_seen = 0;       ///< with a row that takes part: these count
  Eigen::MatrixXd by_cluster() const;  ///< p x clusters
  Eigen::MatrixXd by_period() const;   ///< p x periods
};
CellSums cell_sums(const PanelScores& scores, const std::vector<std::int32_t>& cluster_of_row,
                   Eigen::Index clusters, Parallelism parallelism);

/// Cells of cluster x period, V = T/(T-1) sum (J^-1 s_gt)(.)': for few clusters; needs serially uncorrelated
/// errors.
Eigen::MatrixXd score_cell_covariance(const CellSums& sums, const Eigen::MatrixXd& inverse);

/// Periods as clusters, V = T/(T-1) sum_t (J^-1 s_t)(.)', to be used with t(T-1).
Eigen::MatrixXd period_covariance(const CellSums& sums, const Eigen::MatrixXd& inverse);

/// Cluster of each row of the panel. @throws InputError  an area of the panel is in no cluster
std::vector<std::int32_t> clusters_of_rows(const Clusters& clusters, const std::vector<int>& area);

}  // namespace spillway
