// Tail probabilities, quantiles and critical values of the distributions that tests and intervals use.
//
// One place for them: Boost.Math is slow to compile, so its headers stand in distributions.cpp alone.
#pragma once

namespace spillway {

/// P(chi-squared(freedom) > x), 1 for negative x; NaN where x is not finite or freedom not positive.
double chi_squared_upper(double x, double freedom);

/// The `u` quantile of the non-central chi-squared distribution, 0 < u < 1.
double non_central_chi_squared_quantile(double u, double freedom, double non_centrality);

/// P(F(freedom_1, freedom_2) > x), 1 for negative x; NaN where x is not finite or a freedom not positive.
double f_upper(double x, double freedom_1, double freedom_2);

/// The value that F(freedom_1, freedom_2) exceeds with probability `tail`, 0 < tail < 1.
double f_critical(double tail, double freedom_1, double freedom_2);

/// Standard normal: P(Z <= z), its quantile (0 < u < 1), and 2 P(Z > |z|), NaN where z is not finite.
double normal_cdf(double z);
double normal_quantile(double u);
double normal_two_sided(double z);
/// Half the width, in standard errors, of a normal interval that covers with probability `level`.
double normal_critical(double level);

/// Student's t: its quantile (0 < u < 1, freedom > 0), 2 P(T > |t|) and the half width of an interval.
double student_quantile(double u, double freedom);
double student_two_sided(double t, double freedom);
double student_critical(double level, double freedom);

/// Regularised incomplete beta function I_x(a, b): P(Beta(a, b) <= x).
double incomplete_beta(double a, double b, double x);

}  // namespace spillway
