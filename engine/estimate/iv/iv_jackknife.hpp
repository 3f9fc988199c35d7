// Cluster jackknife covariance (CR3) of k-class estimates.
#pragma once
#include <Eigen/Dense>

namespace spillway {

struct IvDesign;
struct IvSolution;
struct RowClusters;

/// CR3: (G - 1) / G sum_g (theta_(g) - theta)(theta_(g) - theta)', theta_(g) without cluster g, from
/// cross-products per cluster (MacKinnon, Nielsen & Webb 2023). Absorbed effects stay those of the full
/// sample.
/// @throws NumericalError  leaving out one cluster makes the design singular
Eigen::MatrixXd jackknife_covariance(const IvDesign& design, const RowClusters& clusters, double kappa,
                                     const IvSolution& full);

}  // namespace spillway
