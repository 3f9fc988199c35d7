// How many clusters a coefficient rests on, and what a clustered covariance says where that is one.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/estimate/estimate.hpp"

namespace spillway {

/// Equal clusters that would carry each coefficient as the unequal ones do (Carter, Schnepel & Steigerwald
/// 2017, without correlation inside clusters): (sum_g v_g)^2 / sum_g v_g^2, v_g cluster g's share of the
/// squares of the coefficient's regressor after all others are taken out.
struct ClusterSupport {
  Eigen::VectorXd effective;  ///< by coefficient; empty: not clustered
  std::string column;         ///< "lad_code", or "rows"
  double clusters = 0.0;      ///< how many there are
};

/// @param squares  coefficients x clusters: v_g
Eigen::VectorXd effective_clusters(const Eigen::MatrixXd& squares);

/// Below it a coefficient counts as resting on one cluster: four fifths of its squares lie there.
inline constexpr double kOneCluster = 1.5;
/// Below it the reader is told (few treated clusters: MacKinnon & Webb 2017).
inline constexpr double kFewClusters = 5.0;

/// Coefficients that rest on one cluster lose standard error and interval, with a warning: that cluster's sum
/// of scores is zero by the normal equations, so the sandwich has nothing to measure. Those that rest on few
/// keep them, with a warning. Impacts of such a coefficient go with it.
void judge_cluster_support(const ClusterSupport& support, Estimate& estimate);

/// Take the standard error and the interval of coefficient k away.
void drop_standard_error(Eigen::Index k, Estimate& estimate);
/// ... of every coefficient, because the model fits without residual: a warning says so.
void drop_standard_errors_of_exact_fit(Estimate& estimate);
/// Whether that was done.
bool is_exact_fit(const Estimate& estimate);

/// A test that is not made, by name, with the reason as its definition.
Diagnostic no_test(const std::string& name, const std::string& reason);

/// What stands for an estimator that failed: refused, no coefficients, the reason as a warning.
Fit failed_fit(const std::string& model, const std::string& kind, const std::string& estimator,
               const std::string& outcome, const std::string& reason);

}  // namespace spillway
