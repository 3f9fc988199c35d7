// How strong the instruments are: the reduced form and the statistics made from it.
#pragma once
#include <Eigen/Dense>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_moments.hpp"

namespace spillway {

/// Reduced form on instruments made orthonormal: y = z d_y + e, s = z d_s + v, and the joint covariance of d.
struct ReducedForm {
  Eigen::MatrixXd z;           ///< n x l, z'z = I
  Eigen::VectorXd y_on_z;      ///< l
  Eigen::MatrixXd s_on_z;      ///< l x k
  Eigen::MatrixXd residuals;   ///< n x (1 + k): of y, then of each s
  Eigen::MatrixXd covariance;  ///< l (1 + k) square, of vec[y_on_z, s_on_z], without small-sample factor
};

ReducedForm reduced_form(const IvDesign& design, const MomentCovariance& moments);

/// first_stage_f, partial_r2, cragg_donald_f, kleibergen_paap_f, kleibergen_paap_lm, effective_f with its
/// critical value, Stock-Yogo values. With several endogenous regressors first_stage_f is the weakest's, and
/// each has its own line "first_stage_f:<name>".
std::vector<Diagnostic> strength_diagnostics(const IvDesign& design, const MomentCovariance& moments,
                                             const ReducedForm& form, IvFindings& found);

/// Montiel Olea & Pflueger (2013): critical value of the effective F at 5 %, worst-case bias tau, by
/// Patnaik's approximation; the simplified conservative version (B_e = 1, so x = 1 / tau).
/// @param covariance  of the coefficients on orthonormal instruments, l x l
double effective_f_critical(const Eigen::MatrixXd& covariance, double tau);

}  // namespace spillway
