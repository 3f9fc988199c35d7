#include "engine/base/distributions.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "engine/base/constants.hpp"
#include "engine/base/reproducible.hpp"

namespace spillway {

namespace {
using boost::math::complement;

// Boost's default computes in long double: 80 bits here, 128 or 64 elsewhere. A reproducible run takes
// doubles.
using Promoted = boost::math::policies::policy<>;
using InDouble = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

/// compute(policy), a distribution's number, with the policy of this run.
template <class Compute>
double with_policy(const Compute& compute) {
  return reproducible() ? compute(InDouble{}) : compute(Promoted{});
}
}  // namespace

double chi_squared_upper(double x, double freedom) {
  if (!std::isfinite(x) || !(freedom > 0.0)) return nan;
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::cdf(
        complement(boost::math::chi_squared_distribution<double, Policy>(freedom), x > 0.0 ? x : 0.0));
  });
}

double non_central_chi_squared_quantile(double u, double freedom, double non_centrality) {
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::quantile(
        boost::math::non_central_chi_squared_distribution<double, Policy>(freedom, non_centrality), u);
  });
}

double f_upper(double x, double freedom_1, double freedom_2) {
  if (!std::isfinite(x) || !(freedom_1 > 0.0) || !(freedom_2 > 0.0)) return nan;
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::cdf(complement(
        boost::math::fisher_f_distribution<double, Policy>(freedom_1, freedom_2), x > 0.0 ? x : 0.0));
  });
}

double f_critical(double tail, double freedom_1, double freedom_2) {
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::quantile(
        complement(boost::math::fisher_f_distribution<double, Policy>(freedom_1, freedom_2), tail));
  });
}

double normal_cdf(double z) {
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::cdf(boost::math::normal_distribution<double, Policy>(), z);
  });
}
double normal_quantile(double u) {
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::quantile(boost::math::normal_distribution<double, Policy>(), u);
  });
}
double normal_two_sided(double z) {
  if (!std::isfinite(z)) return nan;
  return with_policy([=]<class Policy>(Policy) {
    return 2.0 *
           boost::math::cdf(complement(boost::math::normal_distribution<double, Policy>(), std::abs(z)));
  });
}
double normal_critical(double level) { return normal_quantile(0.5 + 0.5 * level); }

double student_quantile(double u, double freedom) {
  return with_policy([=]<class Policy>(Policy) {
    return boost::math::quantile(boost::math::students_t_distribution<double, Policy>(freedom), u);
  });
}
double student_two_sided(double t, double freedom) {
  if (!std::isfinite(t) || !(freedom > 0.0)) return nan;
  return with_policy([=]<class Policy>(Policy) {
    return 2.0 * boost::math::cdf(
                     complement(boost::math::students_t_distribution<double, Policy>(freedom), std::abs(t)));
  });
}
double student_critical(double level, double freedom) { return student_quantile(0.5 + 0.5 * level, freedom); }

double incomplete_beta(double a, double b, double x) {
  return with_policy([=]<class Policy>(Policy policy) { return boost::math::ibeta(a, b, x, policy); });
}

}  // namespace spillway
