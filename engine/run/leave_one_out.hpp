// What an estimate would be without each cluster: influence, and the jackknife's standard errors.
#pragma once
#include "engine/draw/bootstrap.hpp"

namespace spillway {

/// More clusters than this are not left out one by one: no reader asks for a single one of so many, and the
/// cost grows with their square.
inline constexpr Eigen::Index kMostLeftOut = 2000;

/// An estimator computed again without each cluster of the joint bootstrap in turn, from the clusters' sums.
struct LeaveOneOut {
  std::vector<std::string> parameters;  ///< coefficients of the estimate
  Eigen::MatrixXd value;                ///< parameters x clusters; NaN where a fit without it fails or where
                                        ///< the cluster has no observation of the model
  long failed = 0;                      ///< clusters without which it cannot be computed
  /// CV3J: of parameter k, sqrt((G - 1) / G sum_g (b_(g) - mean)^2), over the clusters that count. Source:
  /// MacKinnon, Nielsen & Webb (2023), "Leverage, influence, and the jackknife in clustered regression
  /// models", Stata Journal 23, eq. 13 with the mean of b_(g) as centre.
  Eigen::VectorXd standard_error;
};

/// @param fit       with a `resampled` that needs no spread
/// @param clusters  of the joint bootstrap, at most kMostLeftOut
LeaveOneOut leave_one_out(const Fit& fit, Eigen::Index clusters, Parallelism parallelism);

/// Tell the estimate's reader: CV3J errors and the extremes as diagnostics, who moves the first coefficient
/// most as a note, and as a warning where that is by more than its standard error.
///
/// @param label  of each cluster: its name, or its code
void tell_influence(Fit& fit, const LeaveOneOut& left_out, const std::string& column,
                    const std::vector<std::string>& label);

}  // namespace spillway
