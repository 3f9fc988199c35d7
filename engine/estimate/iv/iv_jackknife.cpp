#include "engine/estimate/iv/iv_jackknife.hpp"

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/estimate/iv/iv_cluster_sums.hpp"
#include "engine/estimate/iv/iv_estimators.hpp"

namespace spillway {

Eigen::MatrixXd jackknife_covariance(const IvDesign& design, const RowClusters& clusters, double kappa,
                                     const IvSolution& full) {
  const ClusterSums sums = cluster_sums(design, clusters.of_row, clusters.count);
  const Eigen::VectorXd total = sums.packed.rowwise().sum();
  const Eigen::Index q = design.coefficients();
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(q, q);
  Eigen::VectorXd theta(q);
  const Eigen::Index k = design.endogenous;
  for (Eigen::Index g = 0; g < clusters.count; ++g) {
    const Eigen::VectorXd without = total - sums.packed.col(g);
    if (k_class_from_cross(sums, without.data(), kappa, theta) == SolveStatus::singular)
      throw NumericalError(
          fmt::format("cr3: without one cluster of '{}' (number {}) the design is singular (a control lives "
                      "in that cluster alone; use cr1)",
                      clusters.column, g + 1));
    // Columns of the design are already residuals on w: gamma on the centred columns gets w's part back.
    const Eigen::VectorXd gamma = theta.tail(design.controls) + design.y_on_w - design.s_on_w * theta.head(k);
    const Eigen::VectorXd move = design.raw(theta.head(k), gamma) - full.coefficients;
    covariance.noalias() += move * move.transpose();
  }
  const auto count = static_cast<double>(clusters.count);
  return (count - 1.0) / count * covariance;
}

}  // namespace spillway
