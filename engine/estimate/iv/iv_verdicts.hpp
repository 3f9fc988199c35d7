// Verdicts on what the report claims of its instrumental variables, and multiple testing over its proxies.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/estimate/estimate.hpp"

namespace spillway {

/// One sentence a claim of the report: all cells in the claimed direction (positive, where more of the
/// outcome is good and no proxy counts a lack); IV larger than OLS in that direction; Kleibergen-Paap F above
/// 10; Durbin-Wu-Hausman rejects; Hansen J does not. Each begins with the claim and says "supported", "not
/// supported" or "not detectable", with the numbers. Empty where `fits` has no 2SLS.
///
/// @param fits   "2sls" (and "ols") of one or several cells, in any order
/// @param model  what is good in its outcome, and which proxies count a lack
/// Supported: every cell agrees, by its interval or test at 5 %. Not supported: some cell contradicts the
/// claim by its interval or test. Not detectable: neither, or the test has no power because the instruments
/// are weak.
std::vector<std::string> iv_verdicts(const std::vector<Fit>& fits, const IvModel& model = {});

/// Romano & Wolf (2005) step-down p-values of H0: coefficient 0 of each fit = 0, jointly over the fits.
///
/// @param fits    with a Resampled each, over the same joint clusters
/// @param counts  clusters x replicates: how often each joint cluster enters a replicate
/// @return        one adjusted p-value a fit; p = (1 + #{max |t*| >= |t|}) / (B + 1) over replicates where
/// every fit
///                of the step succeeded
/// Deviations b* - b are scaled by their interquartile range / 1.349, not their sd: 2SLS may have no
/// variance.
/// @throws NumericalError  a fit without a Resampled, or fewer than 100 good replicates
std::vector<double> romano_wolf(const std::vector<Fit>& fits, const Eigen::MatrixXd& counts);

}  // namespace spillway
