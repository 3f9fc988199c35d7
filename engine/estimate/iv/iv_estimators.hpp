// The estimators of model B on a prepared design: k-class (OLS, 2SLS, LIML, Fuller) and GMM.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_moments.hpp"

namespace spillway {

/// What an estimator leaves: raw coefficients with their covariance, and residuals for the tests.
struct IvSolution {
  std::string estimator;
  Eigen::VectorXd beta;          ///< k, of the endogenous regressors
  Eigen::VectorXd coefficients;  ///< k + p raw, as IvDesign::names()
  Eigen::MatrixXd covariance;    ///< of coefficients
  Eigen::VectorXd residual;      ///< n, y - s beta - w gamma (times the root weight)
  double kappa = 1.0;            ///< of the k-class; NaN for GMM
  double j = 0.0;                ///< GMM objective at the estimate; NaN for the k-class
  int steps = 0;                 ///< GMM: weighting matrices used
  Meat::Definite definite = Meat::Definite::as_is;
  ClusterSupport support;  ///< clusters, or rows under hc0 to hc3, that carry each coefficient
  std::vector<std::string> notes;
};

/// k-class estimate; kappa = 0: OLS, 1: 2SLS.
///
///     beta = [s'(I - kappa M_z) s]^-1 s'(I - kappa M_z) y
///
/// Covariance: A^-1 (x^' u-meat x^) A^-1 with x^ the projection on all instruments (OLS: x itself), and s2
/// A^-1 under iid errors, A the matrix in brackets above: as ivreg2 and linearmodels have it; hc2 and hc3 use
/// the leverages of x^; cr3 is the jackknife over clusters.
IvSolution fit_k_class(const IvDesign& design, const MomentCovariance& moments, const CrossSection& data,
                       const std::string& name, double kappa);

/// LIML's kappa: the least eigenvalue of (Y'M_z Y)^-1 Y'Y, Y = [y, s] with controls partialled out.
double liml_kappa(const IvDesign& design);

/// Two-step or iterated efficient GMM. Step one weights by 2SLS residuals; later ones by the last step's.
///
/// Covariance: the sandwich with moments of the final residuals (linearmodels' "robust" GMM).
/// @param most_steps  2: two-step; more: iterate until beta moves by at most 1e-10 of its size
/// @throws NumericalError  the moments' covariance is singular (fewer clusters than instruments, say)
IvSolution fit_gmm(const IvDesign& design, const MomentCovariance& moments, const std::string& name,
                   int most_steps);

/// Solve a symmetric positive definite system after scaling; `singular` where the reciprocal condition of the
/// scaled matrix is below 1e-12.
struct SymmetricSolve {
  Eigen::MatrixXd value;
  enum class Status { fine, singular } status = Status::fine;
};
SymmetricSolve solve_symmetric(const Eigen::MatrixXd& matrix, const Eigen::MatrixXd& right);

}  // namespace spillway
