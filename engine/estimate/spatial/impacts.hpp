// Direct, indirect and total impacts of a spatial autoregression, with their covariance by the delta method.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/estimate/spatial/log_determinant.hpp"
#include "engine/estimate/spatial/sar_design.hpp"

namespace spillway {

/// Impacts of each covariate x: dE[y]/dx = (I - rho W)^-1 (beta I + theta W) (LeSage & Pace 2009, ch. 2).
///
/// direct   = mean of its diagonal = (beta tr A + theta tr G) / n,  A = (I - rho W)^-1, G = W A
/// total    = mean of its row sums = (beta 1'A1 + theta 1'AW1) / n
/// indirect = total - direct: the spillover on others
struct Impacts {
  std::vector<std::string>
      names;  ///< "impact_direct:x", ... then "impact_indirect:x", ..., "impact_total:x", ...
  Eigen::VectorXd value;
  /// d value / d (rho, beta): 3 m x (1 + k). tr A' = tr G + rho tr G^2 per unit of rho, tr G' = tr G^2: both
  /// traces are derivatives of the log-determinant, so nothing is simulated.
  Eigen::MatrixXd jacobian;
};

/// @param beta  of design.x
/// Row-standardised W without islands has 1'A1 / n = 1 / (1 - rho); other W cost three solves.
Impacts lag_impacts(const SarDesign& design, const SpatialWeights& weights, const LogDeterminant& determinant,
                    double rho, const Eigen::VectorXd& beta);

}  // namespace spillway
