// The pieces of the decision table of model A that can be checked by hand.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <utility>
#include <vector>

#include "engine/estimate/confidence_set.hpp"
#include "engine/estimate/estimate.hpp"

namespace spillway {

/// Order statistic of `sorted` at probability q: position q (B + 1), linear between neighbours (Hyndman & Fan
/// type 6).
double order_quantile(const std::vector<double>& sorted, double q);

/// Values of theta_a / theta_b not rejected by a t-test of theta_a - ratio theta_b = 0 (Fieller 1954): one
/// interval, the outside of one, or the whole line.
ConfidenceSet fieller_set(double a, double b, double variance_a, double variance_b, double covariance,
                          double critical);

enum class Verdict { supported, not_supported, not_detectable };
std::string to_string(Verdict verdict);

/// "rho is significant": the interval against zero, and whether an effect of the published size could have
/// been seen.
Verdict verdict_on_sign(double low, double high, double standard_error, double published);

/// "lower cyclicity": whether the interval of a type's loading on common shocks lies within -1 and 1 and
/// holds some of 0 to 1, and whether a loading of 0.8 could have been seen.
Verdict verdict_on_loading(double low, double high, double standard_error);

/// "about 10 % lower": the interval of the difference against zero and against -0.1 times the reference.
Verdict verdict_on_gap(double low, double high, double reference);

}  // namespace spillway
