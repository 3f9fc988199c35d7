// Model B: instrumental variables and every diagnostic of them.
#pragma once
#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// Fit ols | 2sls | liml | fuller | gmm | gmm_iterated, as `model.estimators` names them, on one cell.
///
///     s_i = z_i' pi + w_i' gamma_1 + v_i ;  y_i = beta s_i + w_i' gamma + u_i
///
/// Coefficients: endogenous first, then controls, then "(Intercept)" (absent where fixed effects are
/// absorbed). Diagnostics follow ivreg2's conventions, each with its definition; a weak or unidentified cell
/// is said in words. The Resampled of "ols" and "2sls" replicates from per-cluster cross-products under joint
/// cluster weights.
/// @throws NumericalError  fewer instruments than endogenous regressors, or a singular design (columns named)
std::vector<Fit> fit_instrumental(const CrossSection& data, const IvModel& model, const FitContext& context);

}  // namespace spillway
