// Tail probabilities and quantiles that the tests of model B need.
#pragma once
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace spillway {

/// P(chi-squared(df) > x); NaN where x is NaN or df <= 0.
inline double chi_squared_upper(double x, double df) {
  if (!std::isfinite(x) || df <= 0) return std::numeric_limits<double>::quiet_NaN();
  return boost::math::cdf(complement(boost::math::chi_squared(df), x > 0 ? x : 0.0));
}

/// P(F(df1, df2) > x); NaN where x is NaN or a df is not positive.
inline double f_upper(double x, double df1, double df2) {
  if (!std::isfinite(x) || df1 <= 0 || df2 <= 0) return std::numeric_limits<double>::quiet_NaN();
  return boost::math::cdf(complement(boost::math::fisher_f(df1, df2), x > 0 ? x : 0.0));
}

/// The value that F(df1, df2) exceeds with probability `tail`.
inline double f_critical(double tail, double df1, double df2) {
  return boost::math::quantile(complement(boost::math::fisher_f(df1, df2), tail));
}

/// Standard normal quantile.
inline double normal_quantile(double u) { return boost::math::quantile(boost::math::normal(), u); }

/// Student t quantile, df > 0.
inline double student_quantile(double u, double df) {
  return boost::math::quantile(boost::math::students_t(df), u);
}

}  // namespace spillway
