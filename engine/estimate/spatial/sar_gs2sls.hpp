// Generalised spatial two-stage least squares: W y instrumented by spatial lags of the regressors.
#pragma once
#include <Eigen/Dense>
#include <vector>

#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/spatial/sar_design.hpp"

namespace spillway {

struct SarTwoStage {
  double rho = 0.0;
  Eigen::VectorXd beta;
  Eigen::VectorXd residual;  ///< n T
  double sigma2 = 0.0;
  Eigen::MatrixXd covariance;    ///< of (rho, beta)
  std::string covariance_words;  ///< convention, as the echo line prints it
  Eigen::Index instruments = 0;  ///< excluded ones that were kept
  long clusters = 0;
  ClusterSupport support;               ///< clusters, or rows, that carry each of (rho, beta)
  bool exact = false;                   ///< the residuals are rounding: there is no covariance
  std::vector<Diagnostic> diagnostics;  ///< first_stage_f, sargan_j
};

/// y = rho W y + X b + e by 2SLS with X and W^1 x, ..., W^lags x of every covariate as instruments (Kelejian
/// & Prucha 1998; one more lag with Durbin terms, whose W x is a regressor). spatialreg's stsls has lags = 2
/// (W2X = TRUE), spreg's GM_Lag by default 1. An instrument that is a combination of those before it is left
/// out.
///
/// Covariance: iid with sigma2 = e'e / N (small_sample = "none", as spreg), e'e / (N - k) ("stata", as splm's
/// spgm), or else the same with n (T - 1) for N where there are area effects; all but the first are
/// spatialreg's stsls and spreg's sig2n_k in a cross-section. hc0 (stsls robust, spreg's white), hc1; cluster
/// (none: CR0, else G/(G-1) (N-1)/(N-k)).
/// @throws InputError      a covariance that is not one of these; no covariate to lag
/// @throws NumericalError  no instrument is left
SarTwoStage spatial_two_stage(const SarData& data, const SarDesign& design, int lags,
                              const CovarianceConfig& covariance, const FitContext& context);

}  // namespace spillway
