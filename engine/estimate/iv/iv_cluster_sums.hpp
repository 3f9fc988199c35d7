// Cross-products of model B's columns, cluster by cluster: what replicates and jackknives are made from.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "engine/estimate/iv/iv_design.hpp"

namespace spillway {

/// Packed lower triangles of X_g'X_g for the columns X = [y | s | z | w] of a design.
struct ClusterSums {
  Eigen::Index k = 0, l = 0, p = 0;
  Eigen::MatrixXd packed;  ///< entries x clusters; entry (i, j), i >= j, at offset(i, j)

  Eigen::Index columns() const { return 1 + k + l + p; }
  /// Column-wise packing: (j, j), (j + 1, j), ..., then (j + 1, j + 1), ...
  Eigen::Index offset(Eigen::Index i, Eigen::Index j) const {
    return j * columns() - j * (j - 1) / 2 + (i - j);
  }
  Eigen::Index entries() const { return columns() * (columns() + 1) / 2; }
};

/// @param cluster  row -> cluster in [0, clusters); -1 is left out
ClusterSums cluster_sums(const IvDesign& design, const std::vector<std::int32_t>& cluster,
                         Eigen::Index clusters);

/// k-class coefficients [beta, gamma] on the centred columns from packed cross-products.
///
/// @param cross  ClusterSums::entries(), in `layout`'s packing
/// @return false where a pivot of the scaled cross-products is below 1e-10 (theta is then untouched)
enum class SolveStatus : std::uint8_t { fine = 0, singular = 1 };
SolveStatus k_class_from_cross(const ClusterSums& layout, const double* cross, double kappa,
                               Eigen::VectorXd& theta);

}  // namespace spillway
