// Is W right? The corrected score with the lags of two sets of weights at once.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <utility>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/panel/within.hpp"

namespace spillway {

/// The corrected score (corrected_score.hpp) with a common lag by rival weights V beside the model's own:
///
///     y_it = sum_k rho_k 1[type(i)=k] (W y_{t-1})_i + psi (V y_{t-1})_i + phi y_{i,t-1} + x_it' beta + ...
///
/// so A = diag(rho) W + psi V + phi I, with one more corrected equation, that of V y_{t-1}: E[(V y_{t-1})~'
/// e~] is no more zero than W's, and a J test on least squares would keep that bias (Nickell 1981).
/// Encompassing: Mizon & Richard (1986).
struct Encompassing {
  enum class Status { found, no_root } status = Status::no_root;
  std::vector<std::string> names;  ///< lags by type, own lag, covariates, "rival"
  Eigen::VectorXd coefficients;
  Eigen::MatrixXd jacobian;  ///< -dg/dtheta at the root
  /// J^-1 s_it, coefficients x (T n), column t n + i.
  Eigen::MatrixXd influence;
  Eigen::Index areas = 0, periods = 0;
};

/// Plain: every step is Newton's with full derivatives. Cost: per step T (T - 1) / 2 products with W and V, 1
/// + p columns wide. @throws NumericalError  the two lags are collinear
Encompassing encompass(const PanelData& data, const PanelModel& model, const SpatialWeights& rival,
                       Parallelism parallelism);

/// Hold a fit's W against each rival: finding, diagnostics, and a warning where a rival matters.
///
/// Wald tests go by what the fit's interval takes as independent (clusters, cells of groups, periods); their
/// level is shared among the rivals (Bonferroni).
/// @param rivals  over the rows of `data`
void hold_against_rivals(const PanelData& data, const PanelModel& model, const FitContext& context,
                         const std::vector<std::pair<std::string, SpatialWeights>>& rivals,
                         Estimate& estimate);

}  // namespace spillway
