// Model A: the spatial lag panel, every estimator of it, and the decision table that says which to believe.
#pragma once
#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// Fit every estimator that `model` names, and always `as_published` (within, area effects, no own lag).
///
///     y_it = sum_k rho_k 1[type(i)=k] (W y_{t-1})_i + phi y_{i,t-1} + x_it' beta + mu_i + tau_t + e_it
///
/// Estimators: as_published | within | within_no_own_lag | half_panel_jackknife | corrected_score |
/// corrected_score_no_own_lag | corrected_score_second_lags (y and W y two periods ago: the cure for AR(1)
/// errors, see docs/methods/method.md; one regression period fewer) | double_filter_iv | analytical |
/// arellano_bond | pooled. Coefficient names as in the contract: "lag:<type>" (or "lag"), "previous",
/// covariates by their own names. Intervals that need replicates are left NaN with their method named;
/// conclude_panel() fills them. Sources: Nickell (1981); Dhaene & Jochmans (2015); Yu, de Jong & Lee (2008);
/// for the corrected score see docs/methods/method.md.
/// @throws NumericalError  a design that is singular (the columns are named)
std::vector<Fit> fit_panel(const PanelData& data, const PanelModel& model, const FitContext& context);

/// The replicates of one fit: parameters x replicates, and the status of each.
struct Replicates {
  Eigen::MatrixXd value, t;
  std::vector<std::uint8_t> status;
};

/// Fill intervals that come from replicates, apply the decision table (warnings, refusals, notes), add the
/// test of equal rho with the smallest detectable difference and the ratio's Fieller set, and say in one
/// sentence why the published specification and the headline differ.
///
/// @param replicates  one a fit, in order; empty matrices where a fit has none
void conclude_panel(std::vector<Fit>& fits, const PanelData& data, const PanelModel& model,
                    const FitContext& context, const std::vector<Replicates>& replicates);

}  // namespace spillway
