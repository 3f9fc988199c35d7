// conclude_panel(): intervals from replicates, the decision table applied, types compared, verdicts in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "engine/base/distributions.hpp"
#include "engine/estimate/panel/panel_decision.hpp"
#include "engine/estimate/panel/panel_problem.hpp"

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
  const ModelConfig& model;
  const FitContext& context;
  Eigen::Index periods = 0;
  /// Above it the corrected score is refused. At 1 % it refused half of the worlds of 5 periods with strong
  /// dependence, and cover in the others was worse than in all (docs/coverage.md).
  static constexpr double largest_explosive_share = 0.10;
  bool has_replicates() const { return resampled && replicates.value.cols() > 0; }
  /// Interval of each parameter (coefficients, then contrasts) by the method chosen, and its standard error.
  bool by_period = false;  ///< the interval is that of year clusters, t(T - 1)
  std::vector<Interval> interval;
  Eigen::VectorXd standard_error;
  Eigen::MatrixXd covariance;  ///< of coefficients, the one behind the interval
};

void warn(Conclusion& c, const std::string& text) { c.fit.estimate.warnings.push_back(text); }

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

void store_intervals(Conclusion& c, const std::string& method) {
  Estimate& estimate = c.fit.estimate;
  for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k) {
    estimate.low(k) = c.interval[static_cast<std::size_t>(k)].low;
    estimate.high(k) = c.interval[static_cast<std::size_t>(k)].high;
  }
  estimate.interval_method = method;
}

void pairs_intervals(Conclusion& c, const std::string& method) {
  Estimate& estimate = c.fit.estimate;
  const Eigen::Index p = estimate.coefficients.size();
  c.covariance = c.resampled->joint_covariance().size() > 0
                     ? Eigen::MatrixXd(c.resampled->joint_covariance().topLeftCorner(p, p))
                     : estimate.covariance;
  c.standard_error = parameter_errors(*c.resampled, c.covariance);
  const Eigen::VectorXd value = parameter_values(*c.resampled, estimate.coefficients);
  c.interval.resize(static_cast<std::size_t>(value.size()));
  const Eigen::MatrixXd left_out = method == "bca" ? c.resampled->leave_one_out() : Eigen::MatrixXd();
  for (Eigen::Index k = 0; k < value.size(); ++k) {
    Interval& interval = c.interval[static_cast<std::size_t>(k)];
    if (method == "percentile_t") {
      interval = percentile_t(c.replicates, k, value(k), c.standard_error(k), estimate.level);
    } else if (method == "bca") {
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
  if (std::isnan(c.interval[0].low)) {
    warn(c, fmt::format("fewer than 39 usable replicates of {}: no {} interval, the normal one is shown",
                        c.replicates.value.cols(), method));
    symmetric_intervals(c, c.covariance, normal_critical(estimate.level));
    store_intervals(c, "normal");
    return;
  }
  store_intervals(c, method);
}

/// The covariance of few clusters, by name.
void few_cluster_intervals(Conclusion& c, const std::string& method) {
  const double level = c.fit.estimate.level;
  const auto& few = c.resampled->few_clusters;
  if (method == "score_cells") {
    symmetric_intervals(c, few.cells, normal_critical(level));
    store_intervals(c, "score_cells");
  } else {
    symmetric_intervals(c, few.periods, student_critical(level, static_cast<double>(c.periods - 1)));
    c.by_period = true;
    store_intervals(c, "year_clusters_t");
  }
}

void count_replicates(Conclusion& c) {
  if (!c.has_replicates()) return;
  const double all = static_cast<double>(c.replicates.status.size());
  std::map<int, long> count;
  for (const auto status : c.replicates.status) ++count[status];
  auto& diagnostics = c.fit.estimate.diagnostics;
  diagnostics.push_back({"replicates_failed",
                         static_cast<double>(count[1] + count[2]),
                         {},
                         "replicates that were singular or did not converge"});
  diagnostics.push_back(
      {"replicates_explosive", static_cast<double>(count[3]), {}, "replicates with |phi| + max |rho| >= 1"});
  if (count[1] + count[2] > 0)
    warn(c, fmt::format("{} of {} replicates failed (singular); intervals and draws use the rest",
                        count[1] + count[2], all));
  const double explosive = static_cast<double>(count[3]) / all;
  if (c.fit.estimate.estimator.rfind("corrected_score", 0) != 0) return;
  if (explosive > Conclusion::largest_explosive_share) {
    c.fit.estimate.refused = true;
    warn(c, fmt::format("refused: {:.1f} % of replicates have |phi| + max |rho| >= 1 (more than {:.0f} %): "
                        "the panel is too close to a "
                        "unit root for this estimator; read the half-panel jackknife and double_filter_iv",
                        100.0 * explosive, 100.0 * Conclusion::largest_explosive_share));
  } else if (explosive > 0.01) {
    // A small type's rho is noisy: its upper tail passing 1 says that the data are few, not that the interval
    // is wrong.
    warn(c, fmt::format("{:.1f} % of replicates have |phi| + max |rho| >= 1: these data do not rule a unit "
                        "root out, and draws of that kind "
                        "grow over a scenario's horizon: read medians and quantiles, not means",
                        100.0 * explosive));
  }
}

void residual_rules(Conclusion& c) {
  Estimate& estimate = c.fit.estimate;
  const auto p_of = [&](const std::string& name) {
    for (const auto& d : estimate.diagnostics)
      if (d.name == name && d.p) return *d.p;
    return 1.0;
  };
  const double r1 = p_of("serial_correlation_z"), q2 = p_of("q2");
  const Eigen::Index previous = estimate.find("previous");
  if (previous < 0) {
    if (r1 < 0.05)
      warn(c, fmt::format("own lag switched off and residuals are serially correlated (r1 p = {:.3g}): "
                          "estimates of rho are invalid; "
                          "set own_lag = true",
                          r1));
    else
      estimate.notes.push_back(fmt::format("own lag switched off; r1 does not reject (p = {:.3g})", r1));
    return;
  }
  const bool second = estimate.find("previous_2") >= 0;
  if (second)
    estimate.notes.push_back(
        "second lags take up serial correlation of the errors: rho is the coefficient of the neighbours' "
        "last period, 'previous' and "
        "'previous_2' mix the own lag with that correlation and neither is phi; no scenario is run on them");
  if (r1 < 0.05 || q2 < 0.05) {
    warn(c, fmt::format("residuals are serially correlated (r1 p = {:.3g}, Q2 p = {:.3g}): phi is not "
                        "structural, rho may be off by "
                        "{}, score-cell intervals are void; {} and run scenarios also with phi = 0",
                        r1, q2, c.periods < 15 ? "0.03" : "0.05",
                        second ? "the second lags have not cured it: read double_filter_iv beside it"
                               : "add \"corrected_score_second_lags\" to estimators (it is right where "
                                 "errors are AR(1)), read double_filter_iv beside it"));
    if (r1 < 0.05 && estimate.coefficients(previous) < 0.0)
      warn(c, fmt::format("phi = {:.3f} is negative with serially correlated residuals: the mark of "
                          "measurement error in a small-area "
                          "outcome; aggregate to larger areas or average years and run again; nothing is "
                          "claimed about phi",
                          estimate.coefficients(previous)));
  }
  for (const auto& d : estimate.diagnostics)
    if (d.name.rfind("lead_z:", 0) == 0 && d.p && *d.p < 0.01)
      warn(c, fmt::format("covariate '{}' responds to past residuals (lead test p = {:.3g}): drop or lag it, "
                          "or list it under "
                          "predetermined and read double_filter_iv",
                          d.name.substr(7), *d.p));
}

/// Effective clusters of the dynamic coefficient that has the fewest, and its name.
double fewest_effective(const Conclusion& c, std::string& weakest) {
  const std::string prefix = "effective_clusters:";
  double fewest = std::numeric_limits<double>::infinity();
  for (const Diagnostic& d : c.fit.estimate.diagnostics)
    if (d.name.rfind(prefix, 0) == 0 && d.value < fewest) {
      fewest = d.value;
      weakest = d.name.substr(prefix.size());
    }
  return fewest;
}

/// What scenario draws rest on where clusters are few.
void say_of_draws(Conclusion& c, Eigen::Index clusters) {
  if (!c.has_replicates()) return;
  if (c.resampled->cell_draws.influence.cols() > 0)
    c.fit.estimate.notes.push_back(
        fmt::format("scenario draws of this model come from its {} score cells (random signs), not from "
                    "pairs of {} clusters; they are drawn "
                    "apart from other models'",
                    c.resampled->cell_draws.influence.cols(), clusters));
  else if (clusters < 50)
    warn(c, fmt::format("scenario draws resample {} clusters in pairs: their bands are too narrow "
                        "(percentiles cover 86 to 92 % instead of 95 %)",
                        clusters));
}

/// Cover of nominal 95 % intervals as simulated (docs/coverage.md): where it is not 0.94 to 0.96, the reader
/// is told.
void say_of_cover(Conclusion& c) {
  if (c.fit.estimate.level != 0.95) return;
  const std::string& method = c.fit.estimate.interval_method;
  auto& notes = c.fit.estimate.notes;
  if (method == "score_cells" || method == "cell_draws")
    notes.push_back(
        "simulated cover of these 95 % intervals: rho 0.92 to 0.97, phi 0.97 to 0.98 (phi's is 8 to 18 % too "
        "long)");
  else if (method == "year_clusters_t")
    notes.push_back(
        "simulated cover of these 95 % intervals: 0.92 to 0.97; they are 8 to 23 % longer than an exact "
        "interval");
  else if (method == "percentile_t")
    notes.push_back(c.periods <= 7
                        ? "simulated cover of these 95 % intervals: rho 0.90 to 0.96, phi 0.94 to 0.96"
                        : "simulated cover of these 95 % intervals: rho 0.93 to 0.96, phi 0.95 to 0.97");
}

void corrected_score_intervals(Conclusion& c) {
  Estimate& estimate = c.fit.estimate;
  if (estimate.coefficients.hasNaN()) return;
  if (!c.resampled) {
    estimate.notes.push_back("no joint clusters: normal intervals from the covariance");
    return;
  }
  const Eigen::Index clusters = c.resampled->clusters_used();
  if (c.periods <= 7)
    estimate.notes.push_back(fmt::format("low information: {} regression periods", c.periods));
  const double root = estimate.diagnostic("stationary_root");
  if (root >= 1.0) {
    estimate.refused = true;
    warn(c, fmt::format("refused: |phi| + max |rho| = {:.3f} at the estimate (needs to be below 1: no "
                        "stationary root); read the "
                        "half-panel jackknife and double_filter_iv",
                        root));
  }
  const std::string& asked = c.model.interval;
  std::string weakest;
  const double effective = fewest_effective(c, weakest);
  const IntervalChoice choice =
      choose_interval(clusters, effective, weakest, c.periods, c.context.joint.column);
  const double r1 = estimate.diagnostic("serial_correlation_p");
  const auto cells_void = [&] {
    if (r1 < 0.05) warn(c, fmt::format("score cells are void: r1 rejects (p = {:.3g})", r1));
  };
  const auto pairs = [&](const std::string& method) {
    if (c.has_replicates())
      pairs_intervals(c, method);
    else {
      const Eigen::Index p = estimate.coefficients.size();
      symmetric_intervals(c, c.resampled->joint_covariance().topLeftCorner(p, p),
                          normal_critical(estimate.level));
      store_intervals(c, "normal");
      estimate.notes.push_back("no replicates were drawn: normal intervals on the joint clusters");
    }
  };
  if (asked == "normal") {
    symmetric_intervals(c, estimate.covariance, normal_critical(estimate.level));
    store_intervals(c, "normal");
  } else if (asked == "percentile" || asked == "percentile_t" || asked == "bca") {
    if (clusters < 50)
      warn(c, fmt::format("interval = \"{}\" asked for with {} clusters: below 50 it covers too little",
                          asked, clusters));
    pairs(asked);
  } else if (asked == "cell_draws") {
    pairs("percentile");
    estimate.interval_method = "cell_draws";
    cells_void();
  } else if (asked == "score_cells" || asked == "year_clusters") {
    few_cluster_intervals(c, asked);
    if (asked == "score_cells") cells_void();
  } else {
    for (const auto& text : choice.warnings) warn(c, text);
    switch (choice.method) {
      case IntervalChoice::Method::percentile_t:
        pairs("percentile_t");
        break;
      case IntervalChoice::Method::score_cells:
        few_cluster_intervals(c, "score_cells");
        cells_void();
        break;
      case IntervalChoice::Method::wider_of_cells_and_periods: {
        const Eigen::Index first = 0;
        const double cells =
            normal_critical(estimate.level) * std::sqrt(c.resampled->few_clusters.cells(first, first));
        const double years = student_critical(estimate.level, static_cast<double>(c.periods - 1)) *
                             std::sqrt(c.resampled->few_clusters.periods(first, first));
        few_cluster_intervals(c, cells > years && r1 >= 0.05 ? "score_cells" : "year_clusters");
        estimate.notes.push_back(
            fmt::format("{} clusters: half-width of '{}' by score cells {:.4f}, by year clusters t({}) "
                        "{:.4f}; the wider is shown",
                        clusters, estimate.names[0], cells, c.periods - 1, years));
        break;
      }
      case IntervalChoice::Method::none:
        break;
    }
    if (choice.unreliable && !estimate.interval_method.ends_with("(unreliable)")) {
      pairs("percentile_t");
      estimate.interval_method += " (unreliable)";
    }
  }
  say_of_draws(c, clusters);
  say_of_cover(c);
  // Cells as a check of pairs, and the joint clusters against the covariance that the table prints.
  const Eigen::Index p = estimate.coefficients.size();
  for (Eigen::Index k = 0; k < p && clusters >= 50; ++k) {
    const double pairs_se = std::sqrt(c.resampled->joint_covariance()(k, k)),
                 cells_se = std::sqrt(c.resampled->few_clusters.cells(k, k));
    if (std::abs(cells_se / pairs_se - 1.0) > 0.25 && r1 >= 0.05)
      warn(c, fmt::format("'{}': standard error {:.4g} by clusters, {:.4g} by cluster x period cells (more "
                          "than 25 % apart)",
                          estimate.names[static_cast<std::size_t>(k)], pairs_se, cells_se));
    const double table_se = estimate.standard_error(k),
                 ratio = std::max(table_se, pairs_se) / std::min(table_se, pairs_se);
    if (ratio > 1.25)
      warn(c, fmt::format("'{}': standard error {:.4g} by the model's covariance, {:.4g} by the joint "
                          "clusters '{}' (ratio {:.2f}, "
                          "above 1.25): scenario bands use the joint clusters",
                          estimate.names[static_cast<std::size_t>(k)], table_se, pairs_se,
                          c.context.joint.column, ratio));
  }
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
  std::string how;
  if (by_t) {
    value = gap.cwiseQuotient(c.standard_error.tail(count)).cwiseAbs().maxCoeff();
    p_value = largest_t_p(c, p, value);
    how = "largest |t| of the contrasts against its percentile-t replicates";
  } else {
    const double q = static_cast<double>(count), freedom = static_cast<double>(c.periods) - q;
    value = gap.dot((r * c.covariance * r.transpose()).ldlt().solve(gap));
    if (c.by_period && freedom > 0.0) {
      p_value = f_upper(value * freedom / (q * (static_cast<double>(c.periods) - 1.0)), q, freedom);
      how = fmt::format("Wald test on year clusters, Hotelling's F({}, {})", count, c.periods - count);
    } else {
      p_value = chi_squared_upper(value, q);
      how = fmt::format("Wald test on the covariance behind the interval ({}), chi2({})",
                        estimate.interval_method, count);
    }
  }
  estimate.diagnostics.push_back(
      {"equal_rho_test", value, p_value,
       "rho is the same in all types: " + how + "; this one decides, not equal_rho_wald"});
  double detectable = 0.0;
  for (Eigen::Index k = 0; k < count; ++k) detectable = std::max(detectable, 2.8 * c.standard_error(p + k));
  estimate.notes.push_back(fmt::format(
      "rho the same in all types: {} (p = {:.3g}; {}); differences below {:.3f} would be missed more often "
      "than one time in five",
      p_value < 1.0 - estimate.level ? "rejected" : "not rejected, which is not a finding of equality",
      p_value, how, detectable));
}

/// Contrasts of rho: interval, p, smallest detectable difference, ratio with its Fieller set, verdicts.
void compare_types(Conclusion& c, const Estimate* published) {
  Estimate& estimate = c.fit.estimate;
  if (!c.resampled || c.interval.empty()) return;
  const auto& contrasts = c.resampled->contrasts();
  const Eigen::Index p = estimate.coefficients.size();
  const bool by_t = estimate.interval_method.rfind("percentile_t", 0) == 0 && c.has_replicates();
  const double freedom = static_cast<double>(c.periods - 1);
  const double critical =
      c.by_period ? student_critical(estimate.level, freedom) : normal_critical(estimate.level);
  test_equal_rho(c, by_t);
  for (std::size_t k = 0; k < contrasts.size(); ++k) {
    const auto [a, b] = contrasts[k];
    const auto row = p + static_cast<Eigen::Index>(k);
    const std::string name_a = bare(estimate.names[static_cast<std::size_t>(a)]),
                      name_b = bare(estimate.names[static_cast<std::size_t>(b)]);
    const std::string pair = name_a + "-" + name_b;
    const double gap = estimate.coefficients(a) - estimate.coefficients(b), se = c.standard_error(row);
    const Interval& interval = c.interval[k + static_cast<std::size_t>(p)];
    const double p_value = by_t          ? percentile_t_p(c.replicates, row, gap / se)
                           : c.by_period ? student_two_sided(gap / se, freedom)
                                         : normal_two_sided(gap / se);
    const double detectable = 2.8 * se;
    estimate.diagnostics.push_back({"difference:" + pair, gap, p_value,
                                    by_t          ? "rho difference; p by percentile-t, equal-tailed"
                                    : c.by_period ? fmt::format("rho difference; p by t({})", c.periods - 1)
                                                  : "rho difference; p normal"});
    estimate.diagnostics.push_back({"difference_low:" + pair, interval.low, {}, "lower end of its interval"});
    estimate.diagnostics.push_back(
        {"difference_high:" + pair, interval.high, {}, "upper end of its interval"});
    estimate.diagnostics.push_back(
        {"smallest_detectable:" + pair, detectable, {}, "2.8 standard errors: found with 80 % power at 5 %"});
    const ConfidenceSet ratio =
        fieller_set(estimate.coefficients(a), estimate.coefficients(b), c.covariance(a, a),
                    c.covariance(b, b), c.covariance(a, b), critical);
    estimate.diagnostics.push_back({"ratio:" + pair,
                                    estimate.coefficients(a) / estimate.coefficients(b),
                                    {},
                                    fmt::format("rho ratio; Fieller set {}", describe(ratio))});
    estimate.notes.push_back(
        fmt::format("rho {} - {}: {:+.4f} [{:+.4f}, {:+.4f}], p = {:.3g}; the smallest difference these data "
                    "find with 80 % power is {:.3f}; ratio {:.3f}, Fieller set {}",
                    name_a, name_b, gap, interval.low, interval.high, p_value, detectable,
                    estimate.coefficients(a) / estimate.coefficients(b), describe(ratio)));
    if (name_a == "doubly_disadvantaged" && name_b == "other") {
      const bool positive = estimate.coefficients(b) > 0.0;
      const Verdict verdict = positive ? verdict_on_gap(interval.low, interval.high, estimate.coefficients(b))
                                       : Verdict::not_detectable;
      const std::string why =
          !positive ? "rho of the other areas is not above zero, so a tenth of it means nothing"
          : verdict == Verdict::supported ? "the interval lies below zero and holds a gap of 10 %"
          : verdict == Verdict::not_detectable
              ? fmt::format("the interval holds both zero and a gap of 10 % ({:+.3f})",
                            -0.1 * estimate.coefficients(b))
              : fmt::format("the interval does not hold a gap of 10 % ({:+.3f})",
                            -0.1 * estimate.coefficients(b));
      estimate.notes.push_back(
          fmt::format("claim 'spillovers into doubly disadvantaged areas are about 10 % lower': {}: {}",
                      to_string(verdict), why));
    }
  }
  for (Eigen::Index k = 0; k < p; ++k) {
    const std::string& name = estimate.names[static_cast<std::size_t>(k)];
    if (name != "lag" && name.rfind("lag:", 0) != 0) continue;
    const Eigen::Index theirs = published ? published->find(name) : -1;
    const double size = theirs >= 0 ? published->coefficients(theirs) : estimate.coefficients(k);
    const Verdict verdict = verdict_on_sign(estimate.low(k), estimate.high(k), c.standard_error(k), size);
    estimate.notes.push_back(
        fmt::format("claim 'growth spills over, rho > 0 in {}': {}: {:.3f} [{:.3f}, {:.3f}]{}",
                    name == "lag" ? "all areas" : bare(name), to_string(verdict), estimate.coefficients(k),
                    estimate.low(k), estimate.high(k),
                    verdict == Verdict::not_detectable
                        ? fmt::format("; only {:.3f} or more would be found", 2.8 * c.standard_error(k))
                        : ""));
  }
}

/// "Lower economic cyclicity" as an explanation: loadings of types on common shocks, with a verdict.
void judge_cyclicity(Conclusion& c, const std::string& reference) {
  Estimate& estimate = c.fit.estimate;
  double shocks_p = std::numeric_limits<double>::quiet_NaN();
  const std::string prefix = "loading:";
  for (const Diagnostic& d : estimate.diagnostics)
    if (d.name == "equal_shocks_wald" && d.p) shocks_p = *d.p;
  std::vector<std::string> lines;
  for (const Diagnostic& d : estimate.diagnostics) {
    if (d.name.rfind(prefix, 0) != 0 || !d.p) continue;
    const std::string type = d.name.substr(prefix.size());
    const double se = estimate.diagnostic("loading_se:" + type), half = normal_critical(estimate.level) * se;
    const Verdict verdict = verdict_on_loading(d.value - half, d.value + half, se);
    lines.push_back(fmt::format(
        "claim 'growth in {} areas is less cyclical': {}: loading on the common shocks {:.2f} [{:.2f}, "
        "{:.2f}] of that of '{}' areas, p = {:.3g}; "
        "a loading of {:.2f} would be found with 80 % power",
        type, to_string(verdict), d.value, d.value - half, d.value + half, reference, *d.p, 1.0 - 2.8 * se));
  }
  for (auto& line : lines) estimate.notes.push_back(std::move(line));
  if (shocks_p < 0.05 && c.model.period_effects == "common")
    warn(c, fmt::format("types do not share their period effects (equal_shocks_wald p = {:.3g}): common "
                        "period effects push the difference into rho by type; "
                        "set period_effects = \"by_type\" and read both",
                        shocks_p));
}

/// The sentence on why the published specification and the headline differ.
void explain_difference(Conclusion& c, const Estimate* published) {
  Estimate& estimate = c.fit.estimate;
  if (!published || !c.resampled || c.resampled->contrasts().empty() || estimate.coefficients.hasNaN())
    return;
  const auto [a, b] = c.resampled->contrasts().front();
  const std::string name_a = estimate.names[static_cast<std::size_t>(a)],
                    name_b = estimate.names[static_cast<std::size_t>(b)];
  const Eigen::Index pa = published->find(name_a), pb = published->find(name_b);
  if (pa < 0 || pb < 0) return;
  const Eigen::Index own = estimate.find("previous");
  estimate.notes.push_back(
      fmt::format("why the published specification and this one differ: as published rho is {:.3f} ({}) and "
                  "{:.3f} ({}), a gap of {:+.3f}, here {:.3f} and "
                  "{:.3f}, a gap of {:+.3f}; the published one {} and keeps the bias that area effects bring "
                  "at T = {}, which grows with each type's own "
                  "residual spatial correlation and so makes gaps where there are none",
                  published->coefficients(pa), bare(name_a), published->coefficients(pb), bare(name_b),
                  published->coefficients(pa) - published->coefficients(pb), estimate.coefficients(a),
                  estimate.coefficients(b), estimate.coefficients(a) - estimate.coefficients(b),
                  own >= 0 ? fmt::format("leaves out period effects and the own lag (phi = {:.3f})",
                                         estimate.coefficients(own))
                           : "leaves out period effects",
                  c.periods));
}

void label_uncorrected(Conclusion& c) {
  Estimate& estimate = c.fit.estimate;
  const bool area_effects = estimate.estimator != "pooled";
  if (estimate.coefficients.hasNaN() || estimate.names.empty()) return;
  const bool dynamic = estimate.find("previous") >= 0 || estimate.names[0].rfind("lag", 0) == 0;
  if (dynamic && area_effects)
    estimate.notes.push_back(
        fmt::format("the interval of rho and phi is around a biased estimate: with area effects and T = {} "
                    "intervals of this "
                    "estimator covered the truth in 0 to 77 % of simulated worlds, not {:.0f} %",
                    c.periods, 100.0 * estimate.level));
  if (dynamic && !area_effects)
    estimate.notes.push_back(
        "pooled: lags pick up whatever makes areas permanently different; rho and phi are biased upwards "
        "where that matters");
}
}  // namespace

void conclude_panel(std::vector<Fit>& fits, const PanelData& data, const ModelConfig& model,
                    const FitContext& context, const std::vector<Replicates>& replicates) {
  const Estimate* published = nullptr;
  for (const auto& fit : fits)
    if (fit.estimate.estimator == "as_published") published = &fit.estimate;
  static const Replicates nothing;
  for (std::size_t f = 0; f < fits.size(); ++f) {
    Conclusion c{fits[f],
                 dynamic_cast<const PanelResampled*>(fits[f].resampled.get()),
                 f < replicates.size() ? replicates[f] : nothing,
                 model,
                 context,
                 data.y.cols() - initial_periods(model),
                 false,
                 {},
                 {},
                 {}};
    if (fits[f].estimate.estimator == "corrected_score_second_lags") c.periods = data.y.cols() - 2;
    const std::string& estimator = fits[f].estimate.estimator;
    count_replicates(c);
    if (estimator.rfind("corrected_score", 0) == 0) {
      residual_rules(c);
      corrected_score_intervals(c);
      compare_types(c, published);
      if (!data.type_names.empty())
        judge_cyclicity(c, data.type_names[static_cast<std::size_t>(reference_type(data))]);
      explain_difference(c, published);
    } else if (estimator == "half_panel_jackknife" && c.has_replicates() && !fits[f].estimate.refused) {
      pairs_intervals(c, "percentile");
      if (c.resampled->clusters_used() < 50)
        warn(c, fmt::format("its interval resamples {} clusters in pairs and is too short (simulated cover "
                            "0.87 to 0.91); the corrected score's rests on cells",
                            c.resampled->clusters_used()));
    } else if (estimator == "as_published" || estimator == "within" || estimator == "within_no_own_lag" ||
               estimator == "pooled") {
      label_uncorrected(c);
    }
    if (data.imputed > 0 &&
        100.0 * static_cast<double>(data.imputed) > 2.0 * static_cast<double>(data.y.size()))
      warn(c, fmt::format("{} outcome cells ({:.1f} %) are imputed, above 2 %", data.imputed,
                          100.0 * static_cast<double>(data.imputed) / static_cast<double>(data.y.size())));
  }
}

}  // namespace spillway
