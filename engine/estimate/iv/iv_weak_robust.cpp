#include "engine/estimate/iv/iv_weak_robust.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "engine/base/constants.hpp"
#include "engine/base/distributions.hpp"
#include "engine/estimate/iv/iv_estimators.hpp"

namespace spillway {

namespace {

constexpr double half_pi = 1.5707963267948966192;

/// The reduced form with one endogenous regressor on its own scales, so that slopes are of order one.
struct Pair {
  Eigen::VectorXd y, s;
  Eigen::MatrixXd yy, ys, ss;  ///< covariance blocks
  double unit = 1.0;           ///< beta = unit * slope
};

Pair scaled_pair(const ReducedForm& form, double variance_factor) {
  const Eigen::Index l = form.y_on_z.size();
  Pair pair;
  const double a = std::sqrt(form.covariance.topLeftCorner(l, l).trace()),
               b = std::sqrt(form.covariance.bottomRightCorner(l, l).trace());
  pair.y = form.y_on_z / a;
  pair.s = form.s_on_z.col(0) / b;
  pair.yy = variance_factor * form.covariance.topLeftCorner(l, l) / (a * a);
  pair.ys = variance_factor * form.covariance.topRightCorner(l, l) / (a * b);
  pair.ss = variance_factor * form.covariance.bottomRightCorner(l, l) / (b * b);
  pair.unit = a / b;
  return pair;
}

/// g'V^-1 g at slope tan(phi), in homogeneous form; NaN where V is singular.
double anderson_rubin_at(const Pair& pair, double phi) {
  const double c = std::cos(phi), d = std::sin(phi);
  const Eigen::VectorXd g = c * pair.y - d * pair.s;
  const Eigen::MatrixXd v = c * c * pair.yy - c * d * (pair.ys + pair.ys.transpose()) + d * d * pair.ss;
  const Eigen::LLT<Eigen::MatrixXd> factor(v);
  if (factor.info() != Eigen::Success) return nan;
  return g.dot(factor.solve(g));
}

struct Conditional {
  double statistic = nan, rk = nan;
};

/// Quasi likelihood ratio and its conditioning statistic at slope tan(phi).
Conditional conditional_at(const Pair& pair, double phi) {
  const double c = std::cos(phi), d = std::sin(phi);
  const Eigen::VectorXd g = c * pair.y - d * pair.s, other = d * pair.y + c * pair.s;
  const Eigen::MatrixXd vgg = c * c * pair.yy - c * d * (pair.ys + pair.ys.transpose()) + d * d * pair.ss;
  const Eigen::MatrixXd voo = d * d * pair.yy + c * d * (pair.ys + pair.ys.transpose()) + c * c * pair.ss;
  const Eigen::MatrixXd vog =
      c * d * pair.yy - d * d * pair.ys + c * c * pair.ys.transpose() - c * d * pair.ss;
  Conditional result;
  const Eigen::LLT<Eigen::MatrixXd> factor(vgg);
  if (factor.info() != Eigen::Success) return result;
  const Eigen::VectorXd solved = factor.solve(g);
  const Eigen::VectorXd direction = other - vog * solved;
  const Eigen::LLT<Eigen::MatrixXd> rest(voo - vog * factor.solve(vog.transpose()));
  if (rest.info() != Eigen::Success) return result;
  result.rk = direction.dot(rest.solve(direction));
  const double ar = g.dot(solved);
  const double slope = solved.dot(direction);
  const double lm = slope * slope / direction.dot(factor.solve(direction));
  const double over = std::max(0.0, ar - lm);
  const double sum = ar + result.rk;
  result.statistic = 0.5 * (ar - result.rk + std::sqrt(std::max(0.0, sum * sum - 4.0 * over * result.rk)));
  return result;
}

/// Angles where det [V(b), g(b); g(b)', c] = 0. In homogeneous coordinates the determinant is a form of
/// degree 2 l: its coefficients are interpolated on the circle, its roots are eigenvalues of their companion
/// matrix.
std::vector<double> boundary_angles(const Pair& pair, double critical) {
  const Eigen::Index l = pair.y.size(), m = l + 1;
  // Turn the circle so that neither 0 nor infinity, where sets like to end, sits at the polynomial's own
  // infinity.
  constexpr double turn = 0.7548776662466927;
  const double c = std::cos(turn), d = std::sin(turn);
  const Eigen::Index degree = 2 * l;
  Eigen::MatrixXd basis(degree + 1, degree + 1);
  Eigen::VectorXd value(degree + 1);
  for (Eigen::Index i = 0; i <= degree; ++i) {
    const double angle = 3.14159265358979323846 * static_cast<double>(i) / static_cast<double>(degree + 1);
    const double u = std::cos(angle), v = std::sin(angle), cs = c * u - d * v, sn = d * u + c * v;
    Eigen::MatrixXd full = Eigen::MatrixXd::Zero(m, m);
    full.topLeftCorner(l, l) =
        cs * cs * pair.yy - cs * sn * (pair.ys + pair.ys.transpose()) + sn * sn * pair.ss;
    full.topRightCorner(l, 1) = cs * pair.y - sn * pair.s;
    full.bottomLeftCorner(1, l) = full.topRightCorner(l, 1).transpose();
    full(l, l) = critical;
    value(i) = full.partialPivLu().determinant();
    for (Eigen::Index power = 0; power <= degree; ++power)
      basis(i, power) =
          std::pow(u, static_cast<double>(degree - power)) * std::pow(v, static_cast<double>(power));
  }
  const Eigen::VectorXd coefficient = basis.fullPivLu().solve(value);  // of v^power u^(degree - power)
  Eigen::Index top = degree;
  const double largest = coefficient.cwiseAbs().maxCoeff();
  while (top > 0 && std::abs(coefficient(top)) <= 1e-14 * largest) --top;
  std::vector<double> angles;
  if (top == 0) return angles;
  Eigen::MatrixXd companion = Eigen::MatrixXd::Zero(top, top);
  for (Eigen::Index i = 1; i < top; ++i) companion(i, i - 1) = 1.0;
  for (Eigen::Index i = 0; i < top; ++i) companion(i, top - 1) = -coefficient(i) / coefficient(top);
  const Eigen::VectorXcd roots = Eigen::EigenSolver<Eigen::MatrixXd>(companion, false).eigenvalues();
  for (Eigen::Index i = 0; i < top; ++i) {
    const double t = roots(i).real();  // v / u; complex pairs give harmless extra breaks
    double angle = std::atan(t) + turn;
    if (angle > half_pi) angle -= 2.0 * half_pi;
    angles.push_back(angle);
  }
  return angles;
}

std::vector<double> even_angles(int count) {
  std::vector<double> angles;
  for (int i = 1; i < count; ++i) angles.push_back(-half_pi + 2.0 * half_pi * i / count);
  return angles;
}

ConfidenceSet scaled(ConfidenceSet set, double unit) {
  for (auto& [low, high] : set) {
    low *= unit;
    high *= unit;
  }
  return set;
}

}  // namespace

double clr_p_value(double statistic, double rk, Eigen::Index l) {
  if (!std::isfinite(statistic) || !std::isfinite(rk)) return nan;
  if (statistic <= 0) return 1.0;
  if (l == 1) return chi_squared_upper(statistic, 1.0);
  // P = 1 - 2 K int_0^(pi/2) P[chi2_l < (rk + m) / (1 + rk sin^2 / m)] cos^(l-2), K = Gamma(l/2) / (sqrt(pi)
  // Gamma((l-1)/2)).
  const double k = static_cast<double>(l);
  const double constant =
      2.0 * std::exp(std::lgamma(0.5 * k) - std::lgamma(0.5 * (k - 1.0))) / std::sqrt(3.14159265358979323846);
  const auto integrand = [&](double angle) {
    const double sine = std::sin(angle), at = (rk + statistic) / (1.0 + rk * sine * sine / statistic);
    const double tail = l == 2 ? std::exp(-0.5 * at) : chi_squared_upper(at, k);
    return tail * (l == 2 ? 1.0 : std::pow(std::cos(angle), k - 2.0));
  };
  // The integrand turns fast near 0 where rk is large: split there.
  const double knee = std::min(half_pi, 4.0 * std::sqrt(statistic / std::max(rk, 1e-300)));
  using Rule = boost::math::quadrature::gauss<double, 20>;
  double integral = Rule::integrate(integrand, 0.0, knee);
  if (knee < half_pi) integral += Rule::integrate(integrand, knee, half_pi);
  return std::clamp(constant * integral, 0.0, 1.0);
}

ConfidenceSet accepted_set(const std::function<double(double)>& h, std::vector<double> breaks) {
  breaks.erase(
      std::remove_if(breaks.begin(), breaks.end(), [](double a) { return !(a > -half_pi && a < half_pi); }),
      breaks.end());
  std::sort(breaks.begin(), breaks.end());
  // Points to look at: both ends of the line, and between every two breaks.
  std::vector<double> points = {-half_pi};
  double before = -half_pi;
  for (const double angle : breaks) {
    if (angle - before > 1e-12) points.push_back(0.5 * (before + angle));
    before = angle;
  }
  points.push_back(0.5 * (before + half_pi));
  points.push_back(half_pi);
  ConfidenceSet set;
  double low = nan;
  double value = h(points[0]);
  if (value <= 0) low = -infinity;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double next = h(points[i]);
    if ((value <= 0) != (next <= 0)) {
      double a = points[i - 1], b = points[i], at_a = value;
      for (int step = 0; step < 200 && b - a > 1e-15 * std::max(1.0, std::abs(a)); ++step) {
        const double middle = 0.5 * (a + b), at = h(middle);
        if ((at <= 0) == (at_a <= 0)) {
          a = middle;
          at_a = at;
        } else {
          b = middle;
        }
        if (middle == a && middle == b) break;
      }
      const double root = std::tan(0.5 * (a + b));
      if (next <= 0)
        low = root;
      else
        set.emplace_back(low, root);
    }
    value = next;
  }
  if (value <= 0) set.emplace_back(low, infinity);
  return set;
}

WeakRobust weak_robust(const IvDesign& design, const MomentCovariance& moments, const ReducedForm& form,
                       double level, IvFindings& found) {
  WeakRobust result;
  const Eigen::Index l = design.instruments, k = design.endogenous;
  const auto df1 = static_cast<double>(l);
  const double factor = moments.f_factor(design.all_instruments()),
               df2 = moments.residual_df(design.all_instruments());
  const SymmetricSolve at_zero = solve_symmetric(form.covariance.topLeftCorner(l, l), form.y_on_z);
  const bool fine = at_zero.status == SymmetricSolve::Status::fine;
  const double chi2 = fine ? form.y_on_z.dot(at_zero.value.col(0)) : nan, f = chi2 / df1 * factor;
  found.anderson_rubin = computed(f, f_upper(f, df1, df2));
  result.diagnostics.push_back({"anderson_rubin", f, f_upper(f, df1, df2),
                                fmt::format("F({}, {:g}) of the instruments in the reduced form, H0: every "
                                            "endogenous coefficient is 0; holds with weak instruments",
                                            l, df2)});
  result.diagnostics.push_back(
      {"anderson_rubin_chi2", chi2, chi_squared_upper(chi2, df1),
       fmt::format("the same, chi-squared({}), no small-sample factor (ivreg2 archi2)", l)});
  if (k != 1 || !fine) return result;

  const Pair pair = scaled_pair(form, 1.0 / factor);
  const Conditional zero = conditional_at(pair, 0.0);
  const std::string kind = moments.config().kind == CovarianceKind::iid ? "iid" : "robust (Kleibergen 2005)";
  result.diagnostics.push_back(
      {"clr", zero.statistic, clr_p_value(zero.statistic, zero.rk, l),
       fmt::format(
           "Moreira's (2003) conditional likelihood ratio, {}, H0: beta = 0, conditional on rk = {:.4g}",
           kind, zero.rk)});
  const WeakRobustSets sets = weak_robust_sets(form, level, factor, df2);
  result.anderson_rubin = sets.anderson_rubin;
  result.conditional_likelihood = sets.conditional_likelihood;
  result.sets = WeakRobust::Sets::made;
  found.anderson_rubin_set = result.anderson_rubin;
  found.conditional_likelihood_set = result.conditional_likelihood;
  return result;
}

WeakRobustSets weak_robust_sets(const ReducedForm& form, double level, double factor, double df2) {
  const Eigen::Index l = form.y_on_z.size();
  const auto df1 = static_cast<double>(l);
  const Pair pair = scaled_pair(form, 1.0 / factor);
  const double critical = f_critical(1.0 - level, df1, df2) * df1;
  WeakRobustSets result;
  std::vector<double> breaks = boundary_angles(pair, critical);
  const auto even = even_angles(48);
  breaks.insert(breaks.end(), even.begin(), even.end());
  // V(b) can only be singular where the joint covariance is: such a point counts as not accepted.
  const auto accepted = [&](double phi) {
    const double at = anderson_rubin_at(pair, phi);
    return std::isnan(at) ? infinity : at - critical;
  };
  result.anderson_rubin = scaled(accepted_set(accepted, breaks), pair.unit);
  const auto conditional = [&](double phi) {
    const Conditional at = conditional_at(pair, phi);
    const double p = clr_p_value(at.statistic, at.rk, l);
    return std::isnan(p) ? infinity : (1.0 - level) - p;
  };
  result.conditional_likelihood = scaled(accepted_set(conditional, breaks), pair.unit);
  return result;
}

}  // namespace spillway
