// What if the instruments also act on the outcome directly?
#pragma once
#include <utility>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_moments.hpp"

namespace spillway {

/// Union of 2SLS confidence intervals over direct effects of the instruments in [-delta, delta] (Conley,
/// Hansen & Rossi 2012), one endogenous regressor.
///
/// A direct effect is in units of the outcome per standard deviation of an instrument (after the controls);
/// all corners of the box are tried, up to 6 instruments; beyond that effects of one common size and both
/// signs.
/// @param delta  >= 0
std::pair<double, double> exclusion_bounds(const IvDesign& design, const MomentCovariance& moments,
                                           double level, double delta);

/// Both answers of one cell: the union's ends at `delta`, and the least delta at which the union meets zero.
struct ExclusionDoubt {
  double low, high, switching_value;
};
ExclusionDoubt exclusion_doubt(const IvDesign& design, const MomentCovariance& moments, double level,
                               double delta);

/// The least delta at which that union meets zero; 0 where the plain interval already does.
double exclusion_switching_value(const IvDesign& design, const MomentCovariance& moments, double level);

/// Reduced-form effect of one standard deviation of each instrument alone, largest in absolute value: what a
/// direct effect is compared with.
double largest_reduced_form_effect(const IvDesign& design);

}  // namespace spillway
