#include "engine/estimate/panel_diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

namespace spillway {

namespace {
double two_sided(double z) {
  return std::isfinite(z) ? 2.0 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::abs(z)))
                          : std::numeric_limits<double>::quiet_NaN();
}

double chi_squared_p(double value, double freedom) {
  return std::isfinite(value) && value >= 0.0 && freedom > 0.0
             ? boost::math::cdf(boost::math::complement(boost::math::chi_squared(freedom), value))
             : std::numeric_limits<double>::quiet_NaN();
}

double f_p(double value, double freedom_1, double freedom_2) {
  return std::isfinite(value) && value >= 0.0 && freedom_1 > 0.0 && freedom_2 > 0.0
             ? boost::math::cdf(boost::math::complement(boost::math::fisher_f(freedom_1, freedom_2), value))
             : std::numeric_limits<double>::quiet_NaN();
}

/// Influence of each cluster on theta: clusters x p.
Eigen::MatrixXd theta_influence(const PanelScores& scores, const std::vector<std::int32_t>& cluster, Eigen::Index clusters) {
  const TransformedPanel& panel = *scores.panel;
  const int p = panel.regressors();
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(p, clusters);
  std::vector<double> s(static_cast<std::size_t>(p));
  for (Eigen::Index t = 0; t < panel.periods; ++t)
    for (Eigen::Index i = 0; i < panel.areas; ++i) {
      scores.cell(t, i, s.data());
      double* out = sum.col(cluster[static_cast<std::size_t>(i)]).data();
      for (int c = 0; c < p; ++c) out[c] += s[static_cast<std::size_t>(c)];
    }
  return (scores.inverse * sum).transpose();
}

/// k_lt: what demeaning puts into sum_t e_t e_{t-l}, as a weight of e_t^2.
double demeaning_weight(Eigen::Index lag, Eigen::Index t, Eigen::Index periods) {
  const double l = static_cast<double>(lag), T = static_cast<double>(periods);
  const double edges = (t < lag ? 1.0 : 0.0) + (t >= periods - lag ? 1.0 : 0.0);
  return ((T + l) / T + 2.0 * l / (T * (T - 2.0))) / (T - 1.0) - edges / (T - 2.0);
}

/// A sum of products a_it b_it over cells with the derivative by theta (da = -X of row a): collects c_g and D.
struct Accumulator {
  Eigen::VectorXd c;
  Eigen::VectorXd d;
};

/// Moran's I of residuals, averaged over periods, and its z under independence.
void add_moran(const PanelScores& scores, const SpatialWeights& weights, Estimate& estimate) {
  const TransformedPanel& panel = *scores.panel;
  const auto& w = weights.matrix();
  double s0 = 0.0, trace = 0.0;  // trace of W'W + W W
  const SpatialWeights::Matrix transposed = w.transpose();
  for (Eigen::Index i = 0; i < w.rows(); ++i) {
    SpatialWeights::Matrix::InnerIterator back(transposed, i);
    for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it) {
      s0 += it.value();
      trace += it.value() * it.value();
      while (back && back.col() < it.col()) ++back;
      if (back && back.col() == it.col()) trace += it.value() * back.value();
    }
  }
  if (!(s0 > 0.0)) return;
  double mean = 0.0;
  for (Eigen::Index t = 0; t < panel.periods; ++t) {
    const double* e = scores.residual->data() + t * panel.areas;
    double cross = 0.0, square = 0.0;
    for (Eigen::Index i = 0; i < panel.areas; ++i) {
      double lag = 0.0;
      for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it) lag += it.value() * e[it.col()];
      cross += e[i] * lag;
      square += e[i] * e[i];
    }
    mean += static_cast<double>(panel.areas) / s0 * cross / square / static_cast<double>(panel.periods);
  }
  const double z = mean * s0 / std::sqrt(trace) * std::sqrt(static_cast<double>(panel.periods));
  estimate.diagnostics.push_back({"morans_i", mean, two_sided(z),
                                  "Moran's I of the residuals, mean over periods; p under independence within and between periods"});
}

/// Pesaran (2004): CD = sqrt(2 T / (N (N-1))) sum_{i<j} corr_ij.
void add_cross_section_dependence(const PanelScores& scores, Estimate& estimate) {
  const TransformedPanel& panel = *scores.panel;
  const Eigen::Index n = panel.areas, periods = panel.periods;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(periods);
  for (Eigen::Index i = 0; i < n; ++i) {
    double square = 0.0;
    for (Eigen::Index t = 0; t < periods; ++t) square += std::pow((*scores.residual)[static_cast<std::size_t>(t * n + i)], 2);
    if (!(square > 0.0)) continue;
    for (Eigen::Index t = 0; t < periods; ++t) sum(t) += (*scores.residual)[static_cast<std::size_t>(t * n + i)] / std::sqrt(square);
  }
  const double pairs = 0.5 * (sum.squaredNorm() - static_cast<double>(n)), areas = static_cast<double>(n);
  const double cd = std::sqrt(2.0 * static_cast<double>(periods) / (areas * (areas - 1.0))) * pairs;
  estimate.diagnostics.push_back({"pesaran_cd", cd, two_sided(cd),
                                  panel.groups > 0 ? "Pesaran's CD; period effects force it towards -sqrt(T/2): read Moran's I first"
                                                   : "Pesaran's CD of the residuals"});
}

/// Wald test that the first `lags` coefficients are equal, by the estimate's own covariance, F(lags - 1, G - 1).
void add_equal_rho(const TransformedPanel& panel, Eigen::Index clusters, Estimate& estimate) {
  if (panel.lags < 2) return;
  const int restrictions = panel.lags - 1;
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(restrictions, estimate.coefficients.size());
  for (int k = 0; k < restrictions; ++k) {
    r(k, k) = 1.0;
    r(k, panel.lags - 1) = -1.0;
  }
  const Eigen::VectorXd gap = r * estimate.coefficients;
  const Eigen::MatrixXd variance = r * estimate.covariance * r.transpose();
  const double wald = gap.dot(variance.ldlt().solve(gap));
  const double p = clusters > 1 ? f_p(wald / restrictions, restrictions, static_cast<double>(clusters - 1))
                                : chi_squared_p(wald, restrictions);
  estimate.diagnostics.push_back({"equal_rho_wald", wald, p,
                                  fmt::format("Wald test that rho is the same in all {} types; p from F({}, clusters - 1) of W/{}",
                                              panel.lags, restrictions, restrictions)});
  estimate.diagnostics.push_back({"equal_rho_p", p, {}, "p of equal_rho_wald"});
}

/// Do types share their period effects (that is, load equally on common shocks)? Area-demeaned y - X theta, averaged by
/// type and period, each type less the last; Hotelling's F with the cluster covariance.
void add_equal_shocks(const PanelScores& scores, const PanelData& data, const std::vector<std::int32_t>& cluster,
                      Eigen::Index clusters, const Eigen::MatrixXd& influence, Estimate& estimate) {
  const TransformedPanel& panel = *scores.panel;
  const auto types = static_cast<Eigen::Index>(data.type_names.size());
  if (types < 2 || panel.groups == 0) return;
  const int p = panel.regressors(), stride = panel.stride();
  const Eigen::Index n = panel.areas, periods = panel.periods, pairs = types - 1, used = periods - 1;
  const Eigen::Index freedom = pairs * used;
  if (clusters <= freedom + 5) {
    estimate.notes.push_back(fmt::format("equal loadings on common shocks not tested: {} clusters for {} restrictions", clusters, freedom));
    return;
  }
  Eigen::VectorXd size = Eigen::VectorXd::Zero(types);
  for (const auto k : data.type) size(k) += 1.0;
  // Group means of u and of X, u and X being area-demeaned (what the period effects took off is put back).
  Eigen::MatrixXd u = Eigen::MatrixXd::Zero(periods, types);
  std::vector<Eigen::MatrixXd> x(static_cast<std::size_t>(types), Eigen::MatrixXd::Zero(periods, p));
  const auto value = [&](Eigen::Index t, Eigen::Index i) {
    const double* m = panel.period_mean.data() + (panel.group[static_cast<std::size_t>(i)] * periods + t) * stride;
    double shock = m[p];
    for (int c = 0; c < p; ++c) shock -= m[c] * estimate.coefficients(c);
    return (*scores.residual)[static_cast<std::size_t>(t * n + i)] + shock;
  };
  for (Eigen::Index t = 0; t < periods; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = data.type[static_cast<std::size_t>(i)];
      u(t, k) += value(t, i) / size(k);
      const double* m = panel.period_mean.data() + (panel.group[static_cast<std::size_t>(i)] * periods + t) * stride;
      for (int c = 0; c < p; ++c) x[static_cast<std::size_t>(k)](t, c) += (panel.row(t, i)[c] + m[c]) / size(k);
    }
  Eigen::VectorXd gap(freedom);
  Eigen::MatrixXd contribution = Eigen::MatrixXd::Zero(freedom, clusters);
  const auto last = types - 1;
  for (Eigen::Index k = 0; k < pairs; ++k)
    for (Eigen::Index t = 0; t < used; ++t) {
      gap(k * used + t) = u(t, k) - u(t, last);
      contribution.row(k * used + t) =
          -(influence * (x[static_cast<std::size_t>(k)].row(t) - x[static_cast<std::size_t>(last)].row(t)).transpose()).transpose();
    }
  for (Eigen::Index t = 0; t < used; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = data.type[static_cast<std::size_t>(i)];
      const double part = (value(t, i) - u(t, k)) / size(k);
      const auto g = cluster[static_cast<std::size_t>(i)];
      if (k < last)
        contribution(k * used + t, g) += part;
      else
        for (Eigen::Index other = 0; other < pairs; ++other) contribution(other * used + t, g) -= part;
    }
  const double g = static_cast<double>(clusters), q = static_cast<double>(freedom);
  const Eigen::MatrixXd variance = g / (g - 1.0) * contribution * contribution.transpose();
  const double wald = gap.dot(variance.ldlt().solve(gap));
  const double f = wald * (g - q) / (q * (g - 1.0));
  estimate.diagnostics.push_back({"equal_shocks_wald", wald, f_p(f, q, g - q),
                                  fmt::format("Wald test that types share every period effect (equal loadings on common shocks), {} "
                                              "restrictions, Hotelling's F with {} clusters", freedom, clusters)});
  const Eigen::VectorXd common = u.col(last);
  for (Eigen::Index k = 0; k < pairs; ++k)
    estimate.diagnostics.push_back({"loading:" + data.type_names[static_cast<std::size_t>(k)], u.col(k).dot(common) / common.squaredNorm(), {},
                                    "period effects of this type on those of '" + data.type_names[static_cast<std::size_t>(last)] + "': 1 = equal cyclicity"});
}
}  // namespace

std::vector<ResidualTest> residual_tests(const PanelScores& scores, const SpatialWeights& weights,
                                         const std::vector<std::int32_t>& cluster, Eigen::Index clusters) {
  const TransformedPanel& panel = *scores.panel;
  const Eigen::Index n = panel.areas, periods = panel.periods;
  const int p = panel.regressors();
  const double* e = scores.residual->data();
  const Eigen::MatrixXd influence = theta_influence(scores, cluster, clusters);
  std::vector<ResidualTest> tests;
  Accumulator sum;
  const auto begin = [&] {
    sum.c = Eigen::VectorXd::Zero(clusters);
    sum.d = Eigen::VectorXd::Zero(p);
  };
  const auto finish = [&](const std::string& name) {
    ResidualTest test;
    test.name = name;
    test.statistic = sum.c.sum();
    test.influence = sum.c + influence * sum.d;
    tests.push_back(std::move(test));
  };
  // weight * e_at e_bt of one area, and its derivative -weight (X_a e_b + X_b e_a).
  const auto product = [&](Eigen::Index i, Eigen::Index a, Eigen::Index b, double weight) {
    const double ea = e[a * n + i], eb = e[b * n + i];
    const double *xa = panel.row(a, i), *xb = panel.row(b, i);
    for (int c = 0; c < p; ++c) sum.d(c) -= weight * (xa[c] * eb + xb[c] * ea);
    return weight * ea * eb;
  };
  for (const Eigen::Index lag : {1, 2}) {
    if (periods < lag + 3) continue;
    begin();
    for (Eigen::Index t = 0; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i) {
        double value = product(i, t, t, demeaning_weight(lag, t, periods));
        if (t >= lag) value += product(i, t, t - lag, 1.0);
        sum.c(cluster[static_cast<std::size_t>(i)]) += value;
      }
    finish(lag == 1 ? "r1" : "r2");
  }
  if (weights.areas() > 0 && periods >= 4) {
    begin();
    const auto& w = weights.matrix();
    std::vector<double> lag_x(static_cast<std::size_t>(p));
    // e_it [W e_s]_i for s = t - 1 and, weighted, s = t.
    const auto cross = [&](Eigen::Index i, Eigen::Index t, Eigen::Index s, double weight) {
      double lag = 0.0;
      std::fill(lag_x.begin(), lag_x.end(), 0.0);
      for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it) {
        lag += it.value() * e[s * n + it.col()];
        const double* x = panel.row(s, it.col());
        for (int c = 0; c < p; ++c) lag_x[static_cast<std::size_t>(c)] += it.value() * x[c];
      }
      const double own = e[t * n + i];
      for (int c = 0; c < p; ++c) sum.d(c) -= weight * (panel.row(t, i)[c] * lag + own * lag_x[static_cast<std::size_t>(c)]);
      return weight * own * lag;
    };
    for (Eigen::Index t = 0; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i) {
        double value = cross(i, t, t, demeaning_weight(1, t, periods));
        if (t >= 1) value += cross(i, t, t - 1, 1.0);
        sum.c(cluster[static_cast<std::size_t>(i)]) += value;
      }
    finish("w1");
  }
  if (periods >= 4) {
    begin();
    for (Eigen::Index t = 3; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i)
        sum.c(cluster[static_cast<std::size_t>(i)]) += product(i, t, t - 2, 1.0) - product(i, t, t - 3, 1.0) -
                                                       product(i, t - 1, t - 2, 1.0) + product(i, t - 1, t - 3, 1.0);
    finish("m2");
  }
  for (int j = panel.lags + panel.own_lags; j < p; ++j) {
    if (panel.names[static_cast<std::size_t>(j)] == "(Intercept)") continue;
    begin();
    for (Eigen::Index t = 0; t + 1 < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i) {
        const double lead = panel.row(t + 1, i)[j];
        const double* x = panel.row(t, i);
        for (int c = 0; c < p; ++c) sum.d(c) -= lead * x[c];
        sum.c(cluster[static_cast<std::size_t>(i)]) += lead * e[t * n + i];
      }
    finish("lead:" + panel.names[static_cast<std::size_t>(j)]);
  }
  return tests;
}

void add_panel_diagnostics(const PanelScores& scores, const PanelData& data, const std::vector<std::int32_t>& cluster,
                           Eigen::Index clusters, Estimate& estimate) {
  const TransformedPanel& panel = *scores.panel;
  const auto tests = residual_tests(scores, data.weights, cluster, clusters);
  const ResidualTest *r1 = nullptr, *r2 = nullptr;
  for (const auto& test : tests) {
    const double z = test.z();
    if (test.name == "r1") {
      r1 = &test;
      estimate.diagnostics.push_back({"serial_correlation_z", z, two_sided(z),
                                      "r1: serial correlation of the residuals at lag 1, free of what demeaning puts there"});
      estimate.diagnostics.push_back({"serial_correlation_p", two_sided(z), {}, "p of serial_correlation_z"});
    } else if (test.name == "r2") {
      r2 = &test;
      estimate.diagnostics.push_back({"r2_z", z, two_sided(z), "as r1, at lag 2"});
    } else if (test.name == "w1") {
      estimate.diagnostics.push_back({"w1_z", z, two_sided(z), "residuals against the neighbours' of the period before"});
    } else if (test.name == "m2") {
      estimate.diagnostics.push_back({"m2_z", z, two_sided(z), "Arellano & Bond's m2 on differenced residuals; weak here, r1 decides"});
    } else {
      estimate.diagnostics.push_back({"lead_z:" + test.name.substr(5), z, two_sided(z),
                                      "residuals against this regressor one period later: feedback means it is not strictly exogenous"});
    }
  }
  if (r1 && r2) {
    Eigen::Matrix2d variance;
    variance << r1->influence.squaredNorm(), r1->influence.dot(r2->influence), r1->influence.dot(r2->influence),
        r2->influence.squaredNorm();
    const Eigen::Vector2d value(r1->statistic, r2->statistic);
    const double wald = value.dot(variance.ldlt().solve(value));
    estimate.diagnostics.push_back({"q2", wald, chi_squared_p(wald, 2.0), "Wald test of r1 and r2 together, chi2(2)"});
  }
  if (data.weights.areas() > 0) add_moran(scores, data.weights, estimate);
  add_cross_section_dependence(scores, estimate);
  add_equal_rho(panel, clusters, estimate);
  add_equal_shocks(scores, data, cluster, clusters, theta_influence(scores, cluster, clusters), estimate);
  if (panel.lags + panel.own_lags > 0) {
    const double rho = panel.lags > 0 ? estimate.coefficients.head(panel.lags).cwiseAbs().maxCoeff() : 0.0;
    const double phi = panel.own_lags > 0 ? estimate.coefficients.segment(panel.lags, panel.own_lags).cwiseAbs().sum() : 0.0;
    estimate.diagnostics.push_back({"stationary_root", rho + phi, {}, "|phi| + max |rho|: below 1 the panel has a stationary root"});
  }
}

}  // namespace spillway
