// Fits that leave next to nothing: a copy of a column, rounded, is no estimate.
#pragma once
#include <Eigen/Dense>

#include "engine/estimate/estimate.hpp"

namespace spillway {

struct PanelScores;

/// A warning where the regressors leave less than kCopyShare of the outcome (collinearity.hpp), or nothing
/// but its last printed digit.
/// @param squares  of the residuals
/// @param before   of the outcome about its mean or after effects, before controls and regressors
/// @param largest  residual, in the outcome's unit
/// @param unit     printed_unit() of the outcome
void tell_near_fit(double squares, double before, double largest, double unit, Estimate& estimate);

/// The power of ten of which all values are multiples, as numbers are that were rounded; 0: there is none, or
/// it is more than a twentieth of the values' standard deviation. Missing values are passed over.
double printed_unit(const Eigen::Ref<const Eigen::VectorXd>& values);

/// Sum of squares of a panel's outcome after effects.
double outcome_squares(const PanelScores& scores);

}  // namespace spillway
