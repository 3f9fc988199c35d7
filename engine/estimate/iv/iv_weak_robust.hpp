// Inference that holds whatever the instruments' strength: Anderson-Rubin, conditional likelihood ratio, and
// their confidence sets.
#pragma once
#include <functional>
#include <vector>

#include "engine/estimate/confidence_set.hpp"
#include "engine/estimate/estimate.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_moments.hpp"
#include "engine/estimate/iv/iv_strength.hpp"

namespace spillway {

/// Statistic and set of one method; the set is only made with one endogenous regressor.
struct WeakRobust {
  std::vector<Diagnostic> diagnostics;
  ConfidenceSet anderson_rubin, conditional_likelihood;
  enum class Sets { made, none } sets = Sets::none;
};

/// anderson_rubin (F form, H0: beta = 0), anderson_rubin_chi2, clr, each with p; and both sets at
/// `level`.
///
/// AR(b) = g(b)'V(b)^-1 g(b) / L1 * f_factor with g = d_y - b d_s and V from the joint covariance of the
/// reduced form, so the set {b: AR(b) <= F quantile} is bounded by roots of det [V(b), g(b); g(b)', c], a
/// polynomial of degree 2 L1 in b: they are found as eigenvalues, b = +-infinity included, and refined by
/// bisection. CLR: Moreira (2003) with Kleibergen's (2005) robust statistics; p-value by the integral of
/// Andrews, Moreira & Stock (2007).
WeakRobust weak_robust(const IvDesign& design, const MomentCovariance& moments, const ReducedForm& form,
                       double level, IvFindings& found);

/// Both sets from a reduced form with its covariance, however that was come by; one endogenous regressor.
///
/// @param factor  what AR is multiplied by beside 1 / L1
/// @param df2     of the F quantile
struct WeakRobustSets {
  ConfidenceSet anderson_rubin, conditional_likelihood;
};
WeakRobustSets weak_robust_sets(const ReducedForm& form, double level, double factor, double df2);

/// P(QLR > statistic | rk) with l instruments and one endogenous regressor.
double clr_p_value(double statistic, double rk, Eigen::Index l);

/// { tan(phi): h(phi) <= 0 } over phi in (-pi/2, pi/2] as intervals; h is continuous on the circle.
/// @param breaks  angles between which h may change sign; those missing cost accuracy only if both a set and
/// its
///                gap lie between two neighbours
ConfidenceSet accepted_set(const std::function<double(double)>& h, std::vector<double> breaks);

}  // namespace spillway
