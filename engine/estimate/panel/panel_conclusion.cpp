// conclude_panel(): intervals from replicates, the decision table applied, types compared, verdicts in words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/distributions.hpp"
#include "engine/estimate/panel/panel_decision.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/simulated_coverage.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

namespace {
/// Finite values of one row of replicates that did not fail, ascending.
std::vector<double> usable(const Eigen::MatrixXd& rows, const std::vector<std::uint8_t>& status,
                           Eigen::Index row) {
  std::vector<double> values;
  values.reserve(status.size());
  for (std::size_t b = 0; b < status.size(); ++b)
    if (status[b] != 1 && status[b] != 2 && std::isfinite(rows(row, static_cast<Eigen::Index>(b))))
      values.push_back(rows(row, static_cast<Eigen::Index>(b)));
  std::sort(values.begin(), values.end());
  return values;
}

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN(), high = low;
};

Interval percentile_t(const Replicates& replicates, Eigen::Index row, double estimate, double se,
                      double level) {
  const auto t = usable(replicates.t, replicates.status, row);
  if (t.size() < 39) return {};
  return {estimate - se * order_quantile(t, 0.5 + 0.5 * level),
          estimate - se * order_quantile(t, 0.5 - 0.5 * level)};
}

Interval percentile(const Replicates& replicates, Eigen::Index row, double level) {
  const auto values = usable(replicates.value, replicates.status, row);
  if (values.size() < 39) return {};
  return {order_quantile(values, 0.5 - 0.5 * level), order_quantile(values, 0.5 + 0.5 * level)};
}

/// Order statistic at probability q, between neighbours on the normal scale (Davison & Hinkley 1997,
/// eq. 5.8), as R's boot.
double normal_scale_quantile(const std::vector<double>& sorted, double q) {
  const double count = static_cast<double>(sorted.size()), rank = (count + 1.0) * q, below = std::floor(rank);
  if (below < 1.0) return sorted.front();
  if (below >= count) return sorted.back();
  const double a = sorted[static_cast<std::size_t>(below) - 1], b = sorted[static_cast<std::size_t>(below)];
  if (rank == below) return a;
  const double first = normal_quantile(below / (count + 1.0)),
               last = normal_quantile((below + 1.0) / (count + 1.0));
  return a + (normal_quantile(q) - first) / (last - first) * (b - a);
}

/// Bias-corrected and accelerated (Efron 1987), acceleration from leaving clusters out; R's boot.ci in every
/// convention.
Interval bias_corrected(const Replicates& replicates, Eigen::Index row, double estimate,
                        const Eigen::VectorXd& left_out, double level) {
  const auto values = usable(replicates.value, replicates.status, row);
  if (values.size() < 39) return {};
  const double count = static_cast<double>(values.size());
  const double below =
      static_cast<double>(std::lower_bound(values.begin(), values.end(), estimate) - values.begin());
  const double z0 = normal_quantile(std::clamp(below, 0.5, count - 0.5) / count);
  const Eigen::ArrayXd change = left_out.mean() - left_out.array();
  const double acceleration = change.cube().sum() / (6.0 * std::pow(change.square().sum(), 1.5));
  const auto at = [&](double q) {
    const double z = z0 + normal_quantile(q);
    return normal_scale_quantile(values, normal_cdf(z0 + z / (1.0 - acceleration * z)));
  };
  return {at(0.5 - 0.5 * level), at(0.5 + 0.5 * level)};
}

/// p of the percentile-t test of zero, equal-tailed: twice the smaller (1 + #) / (B + 1).
double percentile_t_p(const Replicates& replicates, Eigen::Index row, double t_value) {
  const auto t = usable(replicates.t, replicates.status, row);
  const double b = static_cast<double>(t.size());
  const double at_least = static_cast<double>(t.end() - std::lower_bound(t.begin(), t.end(), t_value));
  const double at_most = static_cast<double>(std::upper_bound(t.begin(), t.end(), t_value) - t.begin());
  return std::min(1.0, 2.0 * (1.0 + std::min(at_least, at_most)) / (b + 1.0));
}

std::string bare(const std::string& name) { return name.substr(name.find(':') + 1); }

/// One fit being concluded.
struct Conclusion {
  Fit& fit;
  const PanelResampled* resampled = nullptr;  ///< null: no replicates were asked for
  const Replicates& replicates;
  const PanelModel& model;
  const FitContext& context;
  Eigen::Index periods = 0;
  PanelFindings& found;
  bool has_replicates() const { return resampled && replicates.value.cols() > 0; }
  /// The interval is that of year clusters, t(T - 1).
  bool by_period() const { return fit.estimate.decision.interval == IntervalKind::year_clusters; }
  /// Interval of each parameter (coefficients, then contrasts) by the method chosen, and its standard error.
  std::vector<Interval> interval;
  Eigen::VectorXd standard_error;
  Eigen::MatrixXd covariance;  ///< of coefficients, the one behind the interval
};

Eigen::VectorXd parameter_errors(const PanelResampled& resampled, const Eigen::MatrixXd& covariance) {
  const Eigen::Index p = covariance.rows();
  const auto& contrasts = resampled.contrasts();
  Eigen::VectorXd se(p + static_cast<Eigen::Index>(contrasts.size()));
  for (Eigen::Index k = 0; k < p; ++k) se(k) = std::sqrt(covariance(k, k));
  for (std::size_t k = 0; k < contrasts.size(); ++k) {
    const auto& [a, b] = contrasts[k];
    se(p + static_cast<Eigen::Index>(k)) =
        std::sqrt(covariance(a, a) + covariance(b, b) - 2.0 * covariance(a, b));
  }
  return se;
}

Eigen::VectorXd parameter_values(const PanelResampled& resampled, const Eigen::VectorXd& theta) {
  const Eigen::Index p = theta.size();
  const auto& contrasts = resampled.contrasts();
  Eigen::VectorXd value(p + static_cast<Eigen::Index>(contrasts.size()));
  value.head(p) = theta;
  for (std::size_t k = 0; k < contrasts.size(); ++k)
    value(p + static_cast<Eigen::Index>(k)) = theta(contrasts[k].first) - theta(contrasts[k].second);
  return value;
}

void symmetric_intervals(Conclusion& c, const Eigen::MatrixXd& covariance, double critical) {
  c.covariance = covariance;
  c.standard_error = parameter_errors(*c.resampled, covariance);
  const Eigen::VectorXd value = parameter_values(*c.resampled, c.fit.estimate.coefficients);
  c.interval.resize(static_cast<std::size_t>(value.size()));
  for (Eigen::Index k = 0; k < value.size(); ++k)
    c.interval[static_cast<std::size_t>(k)] = {value(k) - critical * c.standard_error(k),
                                               value(k) + critical * c.standard_error(k)};
}

void symmetric_intervals(Conclusion& c) {
  const Eigen::Index p = c.fit.estimate.coefficients.size();
  const Eigen::MatrixXd& joint = c.resampled->joint_covariance();
  symmetric_intervals(
      c, joint.size() > 0 ? Eigen::MatrixXd(joint.topLeftCorner(p, p)) : c.fit.estimate.covariance,
      normal_critical(c.fit.estimate.level));
}

void pairs_intervals(Conclusion& c, IntervalKind kind) {
  const Estimate& estimate = c.fit.estimate;
  const Eigen::Index p = estimate.coefficients.size();
  symmetric_intervals(c);
  const Eigen::VectorXd value = parameter_values(*c.resampled, estimate.coefficients);
  const Eigen::MatrixXd left_out =
      kind == IntervalKind::bca ? c.resampled->leave_one_out() : Eigen::MatrixXd();
  for (Eigen::Index k = 0; k < value.size(); ++k) {
    Interval& interval = c.interval[static_cast<std::size_t>(k)];
    if (kind == IntervalKind::percentile_t) {
      interval = percentile_t(c.replicates, k, value(k), c.standard_error(k), estimate.level);
    } else if (kind == IntervalKind::bca) {
      Eigen::VectorXd row;
      if (k < p) {
        row = left_out.row(k);
      } else {
        const auto& [a, b] = c.resampled->contrasts()[static_cast<std::size_t>(k - p)];
        row = left_out.row(a) - left_out.row(b);
      }
      interval = bias_corrected(c.replicates, k, value(k), row, estimate.level);
    } else {
      interval = percentile(c.replicates, k, estimate.level);
    }
  }
}

/// The intervals that the decision names.
void make_intervals(Conclusion& c, const Decision& decision) {
  Estimate& estimate = c.fit.estimate;
  const auto& few = c.resampled->few_clusters;
  const double level = estimate.level;
  std::string method = name_of(decision.interval);
  switch (decision.interval) {
    case IntervalKind::percentile:
    case IntervalKind::percentile_t:
    case IntervalKind::bca:
      pairs_intervals(c, decision.interval);
      break;
    case IntervalKind::cell_draws:
      if (decision.find(ReasonCode::no_replicates) || decision.find(ReasonCode::few_replicates))
        symmetric_intervals(c);
      else
        pairs_intervals(c, IntervalKind::percentile);
      break;
    case IntervalKind::score_cells:
      if (decision.independent == Independent::groups) {
        symmetric_intervals(c, few.groups, normal_critical(level));
        method += " of " + c.found.shared->groups_name();
      } else {
        symmetric_intervals(c, few.cells, normal_critical(level));
      }
      break;
    case IntervalKind::year_clusters:
      symmetric_intervals(c, few.periods, student_critical(level, static_cast<double>(c.periods - 1)));
      method = "year_clusters_t";
      break;
    case IntervalKind::normal:
      if (c.model.interval == IntervalKind::normal)
        symmetric_intervals(c, estimate.covariance, normal_critical(level));
      else
        symmetric_intervals(c);
      break;
    default:
      return;
  }
  for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k) {
    estimate.low(k) = c.interval[static_cast<std::size_t>(k)].low;
    estimate.high(k) = c.interval[static_cast<std::size_t>(k)].high;
  }
  // Replicates with a coefficient's one cluster all say the same, those without it nothing.
  if (decision.interval != IntervalKind::score_cells && decision.interval != IntervalKind::year_clusters)
    for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k) {
      const auto& counted = c.found.effective_clusters;
      const bool one_cluster = std::any_of(counted.begin(), counted.end(), [&](const auto& one) {
        return one.coefficient == estimate.names[static_cast<std::size_t>(k)] && one.clusters < kOneCluster;
      });
      if (one_cluster || std::isnan(estimate.covariance(k, k)))
        estimate.low(k) = estimate.high(k) = std::numeric_limits<double>::quiet_NaN();
    }
  estimate.interval_method = method + (decision.reliable == Decision::Reliable::no ? " (unreliable)" : "");
}

void count_replicates(Conclusion& c) {
  if (!c.has_replicates()) return;
  PanelFindings::Replicated r;
  for (const auto status : c.replicates.status) {
    ++r.all;
    r.failed += status == 1 || status == 2;
    r.explosive += status == 3;
  }
  r.usable_values = static_cast<long>(usable(c.replicates.value, c.replicates.status, 0).size());
  if (c.replicates.t.rows() > 0)
    r.usable_t = static_cast<long>(usable(c.replicates.t, c.replicates.status, 0).size());
  c.found.replicates = r;
  list_replicates(c.found, c.fit.estimate);
}

/// Half-widths and standard errors by the ways that there are, for the decision to compare.
void measure_widths(Conclusion& c, const PanelRules& rules) {
  const Estimate& estimate = c.fit.estimate;
  const auto& few = c.resampled->few_clusters;
  c.found.first_coefficient = estimate.names[0];
  c.found.half_widths = {
      normal_critical(estimate.level) * std::sqrt(few.cells(0, 0)),
      student_critical(estimate.level, static_cast<double>(c.periods - 1)) * std::sqrt(few.periods(0, 0))};
  if (c.resampled->clusters_used() < rules.enough_clusters) return;
  for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k)
    c.found.standard_errors.push_back(
        {estimate.names[static_cast<std::size_t>(k)], estimate.standard_error(k),
         std::sqrt(c.resampled->joint_covariance()(k, k)), std::sqrt(few.cells(k, k))});
}

PanelRules rules_of(const Conclusion& c) {
  PanelRules rules;
  rules.asked = c.model.interval;
  rules.level = c.fit.estimate.level;
  rules.period_effects = c.model.period_effects;
  rules.cluster_column = c.context.joint.column;
  const CovarianceConfig& covariance = c.model.covariance;
  if (covariance.kind != CovarianceKind::cluster || covariance.by.front() != c.context.joint.column)
    rules.covariance = name_of(covariance.kind) +
                       (covariance.by.empty() ? "" : fmt::format(" by {}", fmt::join(covariance.by, " x ")));
  return rules;
}

/// p of a test statistic against its replicates, (1 + #{t* >= t}) / (B + 1); the largest |t| over contrasts.
double largest_t_p(const Conclusion& c, Eigen::Index first, double largest) {
  long beyond = 0, used = 0;
  for (std::size_t b = 0; b < c.replicates.status.size(); ++b) {
    if (c.replicates.status[b] == 1 || c.replicates.status[b] == 2) continue;
    const auto t =
        c.replicates.t.col(static_cast<Eigen::Index>(b)).segment(first, c.replicates.t.rows() - first);
    if (!t.allFinite()) continue;
    ++used;
    beyond += t.cwiseAbs().maxCoeff() >= largest;
  }
  return (1.0 + static_cast<double>(beyond)) / (1.0 + static_cast<double>(used));
}

/// One test of rho being the same in all types, by what the intervals rest on: the largest |t| of the
/// contrasts against its replicates (Romano & Wolf 2005) for percentile-t, a Wald test on the covariance
/// behind the interval otherwise.
void test_equal_rho(Conclusion& c, bool by_t) {
  Estimate& estimate = c.fit.estimate;
  const auto& contrasts = c.resampled->contrasts();
  if (contrasts.empty()) return;
  const Eigen::Index p = estimate.coefficients.size(), count = static_cast<Eigen::Index>(contrasts.size());
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(count, p);
  for (Eigen::Index k = 0; k < count; ++k) {
    r(k, contrasts[static_cast<std::size_t>(k)].first) = 1.0;
    r(k, contrasts[static_cast<std::size_t>(k)].second) = -1.0;
  }
  const Eigen::VectorXd gap = r * estimate.coefficients;
  double value, p_value;
  auto by = PanelFindings::EqualRho::By::covariance;
  if (by_t) {
    value = gap.cwiseQuotient(c.standard_error.tail(count)).cwiseAbs().maxCoeff();
    p_value = largest_t_p(c, p, value);
    by = PanelFindings::EqualRho::By::largest_t;
  } else {
    const double q = static_cast<double>(count), freedom = static_cast<double>(c.periods) - q;
    value = gap.dot((r * c.covariance * r.transpose()).ldlt().solve(gap));
    if (c.by_period() && freedom > 0.0) {
      p_value = f_upper(value * freedom / (q * (static_cast<double>(c.periods) - 1.0)), q, freedom);
      by = PanelFindings::EqualRho::By::years;
    } else {
      p_value = chi_squared_upper(value, q);
    }
  }
  double detectable = 0.0;
  for (Eigen::Index k = 0; k < count; ++k) detectable = std::max(detectable, 2.8 * c.standard_error(p + k));
  c.found.equal_rho = {{value, p_value}, by, detectable};
}

/// Values of theta_a / theta_b that the equal-tailed percentile-t test of theta_a - r theta_b = 0 does not
/// reject: Fieller's set by the replicates that the interval of the difference rests on. Each replicate's
/// standard errors of a, b and a - b are its distances over its t's, and give that of any combination.
///
/// Searched over angles, r = tan(angle), whose ends are one point: theta_b = 0.
ConfidenceSet ratio_set(const Conclusion& c, Eigen::Index a, Eigen::Index b, Eigen::Index row) {
  struct Replicate {
    double a, b, variance_a, variance_b, covariance;
  };
  const Estimate& estimate = c.fit.estimate;
  const double theta_a = estimate.coefficients(a), theta_b = estimate.coefficients(b);
  std::vector<Replicate> replicates;
  for (std::size_t k = 0; k < c.replicates.status.size(); ++k) {
    if (c.replicates.status[k] == 1 || c.replicates.status[k] == 2) continue;
    const auto at = static_cast<Eigen::Index>(k);
    const double move_a = c.replicates.value(a, at) - theta_a, move_b = c.replicates.value(b, at) - theta_b;
    const auto variance = [&](double moved, Eigen::Index of) {
      return std::pow(moved / c.replicates.t(of, at), 2);
    };
    const double of_a = variance(move_a, a), of_b = variance(move_b, b),
                 of_difference = variance(move_a - move_b, row);
    if (std::isfinite(of_a) && std::isfinite(of_b) && std::isfinite(of_difference))
      replicates.push_back({move_a, move_b, of_a, of_b, 0.5 * (of_a + of_b - of_difference)});
  }
  // With weights (cos, -sin) in place of (1, -r) both ends of the line are like any other point.
  const auto inside = [&](double angle) {
    const double p = std::cos(angle), q = -std::sin(angle);
    const double t =
        (p * theta_a + q * theta_b) /
        std::sqrt(p * p * c.covariance(a, a) + q * q * c.covariance(b, b) + 2.0 * p * q * c.covariance(a, b));
    long at_least = 0, at_most = 0;
    for (const Replicate& one : replicates) {
      const double moved = p * one.a + q * one.b,
                   scale = t * std::sqrt(std::max(0.0, p * p * one.variance_a + q * q * one.variance_b +
                                                           2.0 * p * q * one.covariance));
      at_least += moved >= scale;
      at_most += moved <= scale;
    }
    return 2.0 * (1.0 + static_cast<double>(std::min(at_least, at_most))) >=
           (1.0 - estimate.level) * static_cast<double>(replicates.size() + 1);
  };
  constexpr int steps = 400;
  const double half = std::acos(0.0);
  std::vector<double> angle;
  for (int k = 0; k <= steps; ++k) angle.push_back(half * (2.0 * k / steps - 1.0));
  angle.push_back(std::atan(theta_a / theta_b));  // a set however narrow holds the estimate
  std::sort(angle.begin(), angle.end());
  const auto edge = [&](double in, double out) {
    for (int k = 0; k < 40; ++k) (inside(0.5 * (in + out)) ? in : out) = 0.5 * (in + out);
    return std::tan(in);
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  ConfidenceSet set;
  bool before = false;
  for (std::size_t k = 0; k < angle.size(); ++k) {
    const bool now = inside(angle[k]);
    if (now && !before) set.emplace_back(k == 0 ? -infinity : edge(angle[k], angle[k - 1]), infinity);
    if (!now && before) set.back().second = edge(angle[k - 1], angle[k]);
    before = now;
  }
  return set;
}

/// Contrasts of rho: interval, p, ratio with its Fieller set.
void find_contrasts(Conclusion& c, bool by_t) {
  const Estimate& estimate = c.fit.estimate;
  const auto& contrasts = c.resampled->contrasts();
  const Eigen::Index p = estimate.coefficients.size();
  const double freedom = static_cast<double>(c.periods - 1);
  const double critical =
      c.by_period() ? student_critical(estimate.level, freedom) : normal_critical(estimate.level);
  for (std::size_t k = 0; k < contrasts.size(); ++k) {
    const auto [a, b] = contrasts[k];
    const auto row = p + static_cast<Eigen::Index>(k);
    PanelFindings::Contrast one;
    one.a = bare(estimate.names[static_cast<std::size_t>(a)]);
    one.b = bare(estimate.names[static_cast<std::size_t>(b)]);
    one.difference = estimate.coefficients(a) - estimate.coefficients(b);
    one.standard_error = c.standard_error(row);
    one.low = c.interval[k + static_cast<std::size_t>(p)].low;
    one.high = c.interval[k + static_cast<std::size_t>(p)].high;
    const double t = one.difference / one.standard_error;
    one.p = by_t            ? percentile_t_p(c.replicates, row, t)
            : c.by_period() ? student_two_sided(t, freedom)
                            : normal_two_sided(t);
    one.reference = estimate.coefficients(b);
    one.ratio = estimate.coefficients(a) / one.reference;
    one.ratio_set = by_t ? ratio_set(c, a, b, row)
                         : fieller_set(estimate.coefficients(a), one.reference, c.covariance(a, a),
                                       c.covariance(b, b), c.covariance(a, b), critical);
    c.found.contrasts.push_back(std::move(one));
  }
}

/// Types against each other: found, listed and said.
void compare_types(Conclusion& c, const Estimate* published) {
  Estimate& estimate = c.fit.estimate;
  if (!c.resampled || c.interval.empty()) return;
  const Eigen::Index p = estimate.coefficients.size();
  const bool by_t = estimate.decision.interval == IntervalKind::percentile_t && c.has_replicates();
  test_equal_rho(c, by_t);
  find_contrasts(c, by_t);
  if (c.found.equal_rho) {
    list_equal_rho(c.found, estimate);
    say_of_equal_rho(c.found, estimate);
  }
  for (const auto& one : c.found.contrasts) {
    list_contrast(one, c.found, estimate);
    say_of_contrast(one, estimate);
  }
  for (Eigen::Index k = 0; k < p; ++k) {
    const std::string& name = estimate.names[static_cast<std::size_t>(k)];
    if (name != "lag" && name.rfind("lag:", 0) != 0) continue;
    say_of_spillover(k, c.standard_error(k), published, estimate);
  }
}

/// W over the areas that are left is another W: each has lost the neighbours that were left out.
void say_of_left_out(const PanelData& data, Estimate& estimate) {
  constexpr double little = 0.01;
  const double gone = static_cast<double>(data.left_out.areas),
               share = gone / (gone + static_cast<double>(data.y.rows()));
  const bool lags = std::any_of(estimate.names.begin(), estimate.names.end(),
                                [](const std::string& name) { return name.starts_with("lag"); });
  if (data.seen.size() > 0 || !lags || !(share > little)) return;  // rows left out keep their neighbours
  estimate.warnings.push_back(fmt::format(
      "{:.0f} of {:.0f} areas are left out for missing values, and W runs over the rest: rho is pulled "
      "towards "
      "zero by a little more than that share of itself (simulated: by {} % where {} % are gone); "
      "missing = \"impute\" has no such bias where outcomes alone are missing",
      gone, gone + static_cast<double>(data.y.rows()), simulated::left_out.bias, simulated::left_out.gone));
}

}  // namespace

void conclude_panel(std::vector<Fit>& fits, const PanelData& data, const PanelModel& model,
                    const FitContext& context, const std::vector<Replicates>& replicates) {
  const Estimate* published = nullptr;
  for (const auto& fit : fits)
    if (fit.estimate.estimator == name_of(Estimator::as_published)) published = &fit.estimate;
  static const Replicates nothing;
  for (std::size_t f = 0; f < fits.size(); ++f) {
    Estimate& estimate = fits[f].estimate;
    if (estimate.names.empty() || is_exact_fit(estimate)) continue;  // nothing to conclude from
    const Estimator estimator = *named<Estimator>(estimate.estimator);
    PanelFindings& found = std::get<PanelFindings>(estimate.findings);
    Conclusion c{fits[f],
                 dynamic_cast<const PanelResampled*>(fits[f].resampled.get()),
                 f < replicates.size() ? replicates[f] : nothing,
                 model,
                 context,
                 found.periods,
                 found,
                 {},
                 {},
                 {}};
    found.imputed = {data.imputed, static_cast<long>(data.y.size())};
    const PanelRules rules = rules_of(c);
    if (found.solution != PanelFindings::Root::found) {
      say_of_imputed(found, estimate);
      say_of_left_out(data, estimate);
      continue;
    }
    count_replicates(c);
    if (estimator == Estimator::corrected_score || estimator == Estimator::corrected_score_no_own_lag ||
        estimator == Estimator::corrected_score_second_lags) {
      if (c.resampled) measure_widths(c, rules);
      const Decision decision = decide(found, rules);
      if (c.resampled) make_intervals(c, decision);
      say(decision, estimator, estimate);
      compare_types(c, published);
      say_of_cyclicity(found, estimate);
      if (published && c.resampled && !c.resampled->contrasts().empty()) {
        const auto [a, b] = c.resampled->contrasts().front();
        say_of_difference(*published, a, b, found, estimate);
      }
    } else {
      if (c.resampled) found.clusters = c.resampled->clusters_used();
      const Decision decision = decide_shown(found, rules, estimator);
      if (decision.interval != IntervalKind::decided) make_intervals(c, decision);
      say(decision, estimator, estimate);
    }
    say_of_imputed(found, estimate);
    say_of_left_out(data, estimate);
  }
}

}  // namespace spillway
