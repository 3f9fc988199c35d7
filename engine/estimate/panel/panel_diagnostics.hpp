// Tests of the residuals behind model A: serial correlation, feedback, cross-section dependence, common
// shocks.
#pragma once
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/panel/panel_covariance.hpp"

namespace spillway {

/// What takes the clusters' place where they share shocks: cells of their groups (or of all areas) and
/// periods.
struct GroupCells {
  std::vector<std::int32_t> of_row;  ///< row of the panel -> group
  Eigen::Index groups = 0;
  Independent level = Independent::groups;
  enum class Made { by_column, by_merging } made = Made::by_column;
  Eigen::MatrixXd influence;  ///< on theta, p x (periods groups), column t groups + g
};

/// A statistic that should be zero: its z and the contributions of clusters, or of cells, whose sum it is.
struct ResidualTest {
  enum class Kind { r1, r2, m2, w1, lead } kind = Kind::r1;
  std::string covariate;      ///< of a lead test
  double statistic = 0.0;     ///< C = sum_g c_g
  Eigen::VectorXd influence;  ///< c_g + D' J^-1 s_g: with the estimation of theta in it; of cells times
                              ///< sqrt(T / (T - 1))
  double z() const { return statistic / influence.norm(); }
};

/// r1, r2, W1, m2 and lead-x at the estimate, summed by cluster (demeaning's own serial correlation is taken
/// off by k_lt, also where variances change over the years).
/// @param influence  of each cluster on theta: clusters x p
/// @param cells  where clusters share shocks: cells of their groups and periods take the clusters' place
std::vector<ResidualTest> residual_tests(const PanelScores& scores, const SpatialWeights& weights,
                                         const std::vector<std::int32_t>& cluster_of_row,
                                         const Eigen::MatrixXd& influence, Parallelism parallelism,
                                         const GroupCells* cells = nullptr);

/// Largest root of the recursion with coefficients (rho by type, phi_1[, phi_2][, rho_2 by type]): below 1
/// the panel is stationary. |phi| + max |rho| with one lag; with two, the largest root of x^2 = (rho w +
/// phi_1) x + rho_2 w + phi_2 over types and w = 1, -1, the ends of W's spectrum.
double stationary_root(int lags, int own_lags, int second_lags,
                       const Eigen::Ref<const Eigen::VectorXd>& theta);

/// Moran's I (mean over periods) and Pesaran's CD of the residuals: of every least-squares fit.
void add_dependence_diagnostics(const PanelScores& scores, const PanelData& data, Estimate& estimate);

/// The tests above, Q2, Moran's I, Pesaran's CD and the test of equal period effects of types, printed beside
/// a fit.
void add_residual_diagnostics(const PanelScores& scores, const PanelData& data,
                              const std::vector<std::int32_t>& cluster_of_row,
                              const Eigen::MatrixXd& influence, Parallelism parallelism,
                              const GroupCells* cells, Estimate& estimate);

/// The Wald test of equal rho by the estimate's own covariance, and its distance from a stationary root.
void add_coefficient_diagnostics(const TransformedPanel& panel, Eigen::Index clusters, Estimate& estimate);

}  // namespace spillway
