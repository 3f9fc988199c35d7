// Spatial autoregression of one period's outcome on its neighbours': lag, Durbin and error models, and their
// impacts.
#pragma once
#include <memory>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/spatial/log_determinant.hpp"
#include "engine/estimate/spatial/sar_data.hpp"

namespace spillway {

/// Fit every estimator of the model:
///
///     y = rho W y + X b [+ W X theta] + effects + e          coefficient "rho" first
///     y = X b [+ W X theta] + effects + u, u = lambda W u + e   with model.spatial_error: "lambda" first
///
/// "qml"         quasi-maximum likelihood with the fast log-determinant (its bound is a diagnostic)
/// "qml_exact"   the same with a sparse factorisation at every rho that is tried
/// "qml_elhorst" panels with effects: lags of the demeaned variables and sigma2 = e'e / (n T), as splm
/// "gs2sls"      two-stage least squares with W x and W^2 x as instruments (lag only)
/// "gs2sls_wx"   the same with W x alone (spreg's GM_Lag default)
///
/// After rho or lambda come "(Intercept)" where no effect absorbs it, covariates by name, Durbin terms
/// "lag_x:NAME", and, for lag models, impacts "impact_direct:NAME", "impact_indirect:NAME",
/// "impact_total:NAME": functions of the others, with the delta method's joint covariance, hence a singular
/// covariance matrix.
///
/// Standard errors: information matrix (iid) for qml; see spatial_two_stage for gs2sls. With area effects
/// sigma2 and the covariance of "qml" carry Lee & Yu's (2010) T/(T-1), which "qml_elhorst" lacks: without it
/// they are too small at fixed T. rho and b do not depend on it. Intervals are normal. Nothing is resampled:
/// Fit::resampled is null.
///
/// @param determinant  log|I - rho W| of data.weights, shared by all fits on one W; null: set up here
/// @throws InputError      estimators, covariances or intervals that do not go together, by name
/// @throws NumericalError  collinear regressors; a likelihood without an interior maximum
std::vector<Fit> fit_spatial_autoregression(const SarData& data, const SarModel& model,
                                            const FitContext& context,
                                            std::shared_ptr<const LogDeterminant> determinant = nullptr);

}  // namespace spillway
