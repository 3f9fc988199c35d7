// Tests of the residuals behind model A: serial correlation, feedback, cross-section dependence, common shocks.
#pragma once
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/panel_covariance.hpp"

namespace spillway {

/// A statistic that should be zero: its z and, clusters x 1, the contributions whose sum it is.
struct ResidualTest {
  std::string name;
  double statistic = 0.0;              ///< C = sum_g c_g
  Eigen::VectorXd influence;           ///< c_g + D' J^-1 s_g: with the estimation of theta in it
  double z() const { return statistic / influence.norm(); }
};

/// r1, r2, W1, m2 and lead-x at the estimate, summed by cluster (econometrics: demeaning's own serial correlation
/// is taken off by k_lt, also where variances change over the years).
std::vector<ResidualTest> residual_tests(const PanelScores& scores, const SpatialWeights& weights,
                                         const std::vector<std::int32_t>& cluster_of_row, Eigen::Index clusters);

/// Everything that is printed beside a panel estimate: the tests above, Q2, Moran's I, Pesaran's CD, equal rho,
/// the distance from a stationary root, equal period effects of types.
void add_panel_diagnostics(const PanelScores& scores, const PanelData& data, const std::vector<std::int32_t>& cluster_of_row,
                           Eigen::Index clusters, Estimate& estimate);

}  // namespace spillway
