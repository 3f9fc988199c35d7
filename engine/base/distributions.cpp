#include "engine/base/distributions.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

namespace spillway {

namespace {
using boost::math::complement;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
}  // namespace

double chi_squared_upper(double x, double freedom) {
  if (!std::isfinite(x) || !(freedom > 0.0)) return nan;
  return boost::math::cdf(complement(boost::math::chi_squared(freedom), x > 0.0 ? x : 0.0));
}

double non_central_chi_squared_quantile(double u, double freedom, double non_centrality) {
  return boost::math::quantile(boost::math::non_central_chi_squared(freedom, non_centrality), u);
}

double f_upper(double x, double freedom_1, double freedom_2) {
  if (!std::isfinite(x) || !(freedom_1 > 0.0) || !(freedom_2 > 0.0)) return nan;
  return boost::math::cdf(complement(boost::math::fisher_f(freedom_1, freedom_2), x > 0.0 ? x : 0.0));
}

double f_critical(double tail, double freedom_1, double freedom_2) {
  return boost::math::quantile(complement(boost::math::fisher_f(freedom_1, freedom_2), tail));
}

double normal_cdf(double z) { return boost::math::cdf(boost::math::normal(), z); }
double normal_quantile(double u) { return boost::math::quantile(boost::math::normal(), u); }
double normal_two_sided(double z) {
  return std::isfinite(z) ? 2.0 * boost::math::cdf(complement(boost::math::normal(), std::abs(z))) : nan;
}
double normal_critical(double level) { return normal_quantile(0.5 + 0.5 * level); }

double student_quantile(double u, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), u);
}
double student_two_sided(double t, double freedom) {
  if (!std::isfinite(t) || !(freedom > 0.0)) return nan;
  return 2.0 * boost::math::cdf(complement(boost::math::students_t(freedom), std::abs(t)));
}
double student_critical(double level, double freedom) { return student_quantile(0.5 + 0.5 * level, freedom); }

double incomplete_beta(double a, double b, double x) { return boost::math::ibeta(a, b, x); }

}  // namespace spillway
