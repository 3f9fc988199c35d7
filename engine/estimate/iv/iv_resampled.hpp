// Replicates of k-class estimates under cluster weights, from cross-products per cluster.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/iv/iv_cluster_sums.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// OLS (kappa = 0) or 2SLS (kappa = 1) again, with cluster g entering weight_g times.
///
/// A replicate is one weighted sum of packed cross-products, one Cholesky factor and back substitution.
/// Columns are those of the design, centred and with controls out, so the sums are well conditioned; the
/// constant stays among the controls, so each replicate is centred anew. Absorbed effects stay as in the full
/// sample. `t` is NaN: percentile-t pairs intervals under-cover for IV (0.79 to 0.91 of a nominal 0.95 in
/// simulation), so none is offered.
class IvResampled : public Resampled {
 public:
  IvResampled(const IvDesign& design, const CrossSection& data, const Clusters& joint, double kappa);
  const std::vector<std::string>& parameters() const override { return names_; }
  void evaluate(ReplicateBlock& block) const override;
  /// Of endogenous regressors, as the instruments predict them for 2SLS; NaN for controls.
  Eigen::MatrixXd partial_leverage() const override;

 private:
  std::vector<std::string> names_;
  ClusterSums layout_;          ///< shapes only
  Eigen::MatrixXd statistics_;  ///< clusters x entries
  double kappa_;
  Eigen::MatrixXd map_;  ///< raw coefficients = map theta + offset
  Eigen::VectorXd offset_;
};

}  // namespace spillway
