#include "engine/estimate/covariance/cluster_support.hpp"

#include <fmt/format.h>

#include <cmath>

#include "engine/base/constants.hpp"
#include "engine/estimate/collinearity.hpp"

namespace spillway {

Eigen::VectorXd effective_clusters(const Eigen::MatrixXd& squares) {
  Eigen::VectorXd effective(squares.rows());
  for (Eigen::Index k = 0; k < squares.rows(); ++k) {
    const Eigen::VectorXd share = squares.row(k).transpose() / squares.row(k).maxCoeff();  // no overflow
    effective(k) = share.sum() * share.sum() / share.squaredNorm();
  }
  return effective;
}

void drop_standard_error(Eigen::Index k, Estimate& estimate) {
  estimate.covariance.row(k).setConstant(nan);
  estimate.covariance.col(k).setConstant(nan);
  estimate.low(k) = estimate.high(k) = nan;
}

void drop_standard_errors_of_exact_fit(Estimate& estimate) {
  for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k) drop_standard_error(k, estimate);
  estimate.interval_method = "none";
  estimate.warnings.push_back(
      fmt::format("{}: '{}' is an exact function of the regressors, so the estimate stands and standard "
                  "errors, intervals and tests of the residuals, which would measure rounding, are left out",
                  kExactFit, estimate.outcome));
}

bool is_exact_fit(const Estimate& estimate) {
  return estimate.interval_method == "none" && estimate.coefficients.size() > 0 &&
         estimate.coefficients.allFinite() && estimate.covariance.size() > 0 &&
         std::isnan(estimate.covariance(0, 0)) && !estimate.refused;
}

void judge_cluster_support(const ClusterSupport& support, Estimate& estimate) {
  const std::string what = support.column == "rows" ? "row" : "cluster",
                    by = support.column == "rows" ? "" : fmt::format(" by '{}'", support.column);
  for (Eigen::Index k = 0; k < support.effective.size(); ++k) {
    const double effective = support.effective(k);
    const std::string& name = estimate.names[static_cast<std::size_t>(k)];
    if (!(effective < kFewClusters)) continue;
    if (effective < kOneCluster) {
      drop_standard_error(k, estimate);
      for (const char* kind : {"impact_direct:", "impact_indirect:", "impact_total:"})
        if (const auto impact = estimate.find(kind + name); impact >= 0)
          drop_standard_error(impact, estimate);
      estimate.warnings.push_back(
          fmt::format("{} rests on 1 {}{} (effective number {:.2f} of {:.0f}): its own score sum is zero by "
                      "construction, "
                      "so the sandwich says nothing; no standard error, no interval",
                      name, what, by, effective, support.clusters));
    } else {
      estimate.warnings.push_back(fmt::format(
          "{} rests on few {}s{} (effective number {:.1f} of {:.0f}): its standard error is too small, read "
          "its interval as a lower bound of the doubt",
          name, what, by, effective, support.clusters));
    }
  }
}

Diagnostic no_test(const std::string& name, const std::string& reason) {
  return {name, nan, nan, "not computed: " + reason};
}

Fit failed_fit(const std::string& model, const std::string& kind, const std::string& estimator,
               const std::string& outcome, const std::string& reason) {
  Fit fit;
  fit.estimate.model = model;
  fit.estimate.kind = kind;
  fit.estimate.estimator = estimator;
  fit.estimate.outcome = outcome;
  fit.estimate.interval_method = "none";
  fit.estimate.refused = true;
  fit.estimate.echo = estimator + " failed";
  fit.estimate.warnings.push_back(fmt::format("{} failed: {}", estimator, reason));
  return fit;
}

}  // namespace spillway
