#include "engine/estimate/panel/panel_diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "engine/base/distributions.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

namespace {
/// k_lt: what demeaning puts into sum_t e_t e_{t-l}, as a weight of e_t^2.
double demeaning_weight(Eigen::Index lag, Eigen::Index t, Eigen::Index periods) {
  const double l = static_cast<double>(lag), T = static_cast<double>(periods);
  const double edges = (t < lag ? 1.0 : 0.0) + (t >= periods - lag ? 1.0 : 0.0);
  return ((T + l) / T + 2.0 * l / (T * (T - 2.0))) / (T - 1.0) - edges / (T - 2.0);
}

/// Moran's I of residuals about their period's mean, averaged over periods, and its z under independence.
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
    const double centre = Eigen::Map<const Eigen::VectorXd>(e, panel.areas).mean();
    double cross = 0.0, square = 0.0;
    for (Eigen::Index i = 0; i < panel.areas; ++i) {
      double lag = 0.0;
      for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it)
        lag += it.value() * (e[it.col()] - centre);
      cross += (e[i] - centre) * lag;
      square += (e[i] - centre) * (e[i] - centre);
    }
    mean += static_cast<double>(panel.areas) / s0 * cross / square / static_cast<double>(panel.periods);
  }
  const double z = mean * s0 / std::sqrt(trace) * std::sqrt(static_cast<double>(panel.periods));
  estimate.diagnostics.push_back(
      {"morans_i", mean, normal_two_sided(z),
       "Moran's I of the residuals, mean over periods; p under independence within and between periods"});
}

/// Pesaran (2004): CD = sqrt(2 T / (N (N-1))) sum_{i<j} corr_ij.
void add_cross_section_dependence(const PanelScores& scores, Estimate& estimate) {
  const TransformedPanel& panel = *scores.panel;
  const Eigen::Index n = panel.areas, periods = panel.periods;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(periods);
  for (Eigen::Index i = 0; i < n; ++i) {
    double square = 0.0;
    for (Eigen::Index t = 0; t < periods; ++t)
      square += std::pow((*scores.residual)[static_cast<std::size_t>(t * n + i)], 2);
    if (!(square > 0.0)) continue;
    for (Eigen::Index t = 0; t < periods; ++t)
      sum(t) += (*scores.residual)[static_cast<std::size_t>(t * n + i)] / std::sqrt(square);
  }
  const double pairs = 0.5 * (sum.squaredNorm() - static_cast<double>(n)), areas = static_cast<double>(n);
  const double cd = std::sqrt(2.0 * static_cast<double>(periods) / (areas * (areas - 1.0))) * pairs;
  estimate.diagnostics.push_back(
      {"pesaran_cd", cd, normal_two_sided(cd),
       panel.groups > 0 ? "Pesaran's CD; period effects force it towards -sqrt(T/2): read Moran's I first"
                        : "Pesaran's CD of the residuals"});
}

/// Wald test that the first `lags` coefficients are equal, by the estimate's own covariance, F(lags - 1, G -
/// 1).
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
  const double p = clusters > 1
                       ? f_upper(wald / restrictions, restrictions, static_cast<double>(clusters - 1))
                       : chi_squared_upper(wald, restrictions);
  estimate.diagnostics.push_back(
      {"equal_rho_wald", wald, p,
       fmt::format("Wald test that rho is the same in all {} types; p from F({}, clusters - 1) of W/{}",
                   panel.lags, restrictions, restrictions)});
  estimate.diagnostics.push_back({"equal_rho_p", p, {}, "p of equal_rho_wald"});
}

/// Do types share their period effects (that is, load equally on common shocks)? Area-demeaned y - X theta,
/// averaged by type and period, each type less the reference type: together by a Wald test and, with power
/// against one alternative, by the loading of a type's period effects on those of the reference type,
/// against 1.
///
/// A mean's sampling variance is pooled over periods, sums over clusters in each: a type that lies in 16
/// clusters still has 16 T of them. (Clusters summed over periods, with a covariance of every period,
/// rejected a true null in 60 % of worlds.)
///
/// Where clusters share shocks, or may (clusters of single areas that have regions), types are compared
/// within their groups (region x period effects of u are taken out with the types' dummies, which leaves out
/// what areas of a region share), and sums go over groups.
void add_equal_shocks(const PanelScores& scores, const PanelData& data,
                      const std::vector<std::int32_t>& cluster_of_row, Eigen::Index cluster_count,
                      const Eigen::MatrixXd& influence_of_cluster, const GroupCells* cells,
                      Estimate& estimate) {
  const auto& cluster = cells ? cells->of_row : cluster_of_row;
  const Eigen::Index clusters = cells ? cells->groups : cluster_count;
  Eigen::MatrixXd influence = influence_of_cluster;
  if (cells) {
    influence.setZero(clusters, influence_of_cluster.cols());
    for (Eigen::Index c = 0; c < cells->influence.cols(); ++c)
      influence.row(c % clusters) += cells->influence.col(c).transpose();
  }
  const TransformedPanel& panel = *scores.panel;
  const auto types = static_cast<Eigen::Index>(data.type_names.size());
  if (types < 2 || panel.groups == 0 || clusters < 3 || panel.periods < 3) return;
  const int p = panel.regressors(), stride = panel.stride();
  const Eigen::Index n = panel.areas, periods = panel.periods, pairs = types - 1, used = periods - 1,
                     freedom = pairs * used;
  const Eigen::Index reference = reference_type(data);
  const auto place = [&](Eigen::Index type) {
    return type < reference ? type : type - 1;
  };  // of a type among the pairs
  const double T = static_cast<double>(periods), g = static_cast<double>(clusters);
  Eigen::VectorXd size = Eigen::VectorXd::Zero(types);
  for (const auto k : data.type) size(k) += 1.0;
  // Group means of u and of X, u and X being area-demeaned (what the period effects took off is put back).
  Eigen::MatrixXd u = Eigen::MatrixXd::Zero(periods, types);
  std::vector<Eigen::MatrixXd> x(static_cast<std::size_t>(types), Eigen::MatrixXd::Zero(periods, p));
  const auto value = [&](Eigen::Index t, Eigen::Index i) {
    const double* m =
        panel.period_mean.data() + (panel.group[static_cast<std::size_t>(i)] * periods + t) * stride;
    double shock = m[p];
    for (int c = 0; c < p; ++c) shock -= m[c] * estimate.coefficients(c);
    return (*scores.residual)[static_cast<std::size_t>(t * n + i)] + shock;
  };
  for (Eigen::Index t = 0; t < periods; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = data.type[static_cast<std::size_t>(i)];
      u(t, k) += value(t, i) / size(k);
      const double* m =
          panel.period_mean.data() + (panel.group[static_cast<std::size_t>(i)] * periods + t) * stride;
      for (int c = 0; c < p; ++c)
        x[static_cast<std::size_t>(k)](t, c) += (panel.row(t, i)[c] + m[c]) / size(k);
    }
  // Row k T + t: the gap of pair k in period t, what each cluster adds to it, and how it moves with theta.
  Eigen::VectorXd gap(pairs * periods);
  Eigen::MatrixXd slope(pairs * periods, p), sampled = Eigen::MatrixXd::Zero(pairs * periods, clusters);
  for (Eigen::Index type = 0; type < types; ++type) {
    if (type == reference) continue;
    const Eigen::Index first = place(type) * periods;
    gap.segment(first, periods) = u.col(type) - u.col(reference);
    slope.middleRows(first, periods) =
        x[static_cast<std::size_t>(reference)] - x[static_cast<std::size_t>(type)];
  }
  // Clusters hold types unequally: as many count as equal ones would carry the gap.
  Eigen::VectorXd effective(pairs);
  const auto count_effective = [&](const Eigen::MatrixXd& carried) {
    for (Eigen::Index pair = 0; pair < pairs; ++pair)
      effective(pair) = std::pow(carried.col(pair).sum(), 2) / carried.col(pair).squaredNorm();
  };
  if (!cells) {
    Eigen::MatrixXd carried = Eigen::MatrixXd::Zero(clusters, pairs);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::Index type = data.type[static_cast<std::size_t>(i)];
      auto own = carried.row(cluster[static_cast<std::size_t>(i)]);
      if (type == reference)
        own.array() += 1.0 / (size(type) * size(type));
      else
        own(place(type)) += 1.0 / (size(type) * size(type));
    }
    count_effective(carried);
  } else {
    // The same by least squares on the types' dummies with effects of groups: b = (D'D)^-1 D', D by group
    // about its mean.
    Eigen::MatrixXd d = Eigen::MatrixXd::Zero(n, pairs), mean = Eigen::MatrixXd::Zero(clusters, pairs);
    Eigen::VectorXd members = Eigen::VectorXd::Zero(clusters);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = data.type[static_cast<std::size_t>(i)];
      const auto own = cluster[static_cast<std::size_t>(i)];
      if (k != reference) d(i, place(k)) = 1.0;
      mean.row(own) += d.row(i);
      members(own) += 1.0;
    }
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto own = cluster[static_cast<std::size_t>(i)];
      d.row(i) -= mean.row(own) / members(own);
    }
    const Eigen::FullPivLU<Eigen::MatrixXd> lu(d.transpose() * d);
    if (!lu.isInvertible()) return;  // a type that is alone in its groups is compared with nothing
    const Eigen::MatrixXd b = d * lu.inverse();
    Eigen::MatrixXd carried = Eigen::MatrixXd::Zero(clusters, pairs);
    for (Eigen::Index i = 0; i < n; ++i)
      carried.row(cluster[static_cast<std::size_t>(i)]) += b.row(i).cwiseAbs2();
    count_effective(carried);
    gap.setZero();
    slope.setZero();
    for (Eigen::Index t = 0; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i) {
        const double own = value(t, i);
        const double* m =
            panel.period_mean.data() + (panel.group[static_cast<std::size_t>(i)] * periods + t) * stride;
        for (Eigen::Index pair = 0; pair < pairs; ++pair) {
          gap(pair * periods + t) += b(i, pair) * own;
          for (int c = 0; c < p; ++c)
            slope(pair * periods + t, c) -= b(i, pair) * (panel.row(t, i)[c] + m[c]);
        }
      }
    for (Eigen::Index t = 0; t < periods; ++t) {
      Eigen::VectorXd common = Eigen::VectorXd::Zero(clusters);
      for (Eigen::Index i = 0; i < n; ++i) common(cluster[static_cast<std::size_t>(i)]) += value(t, i);
      for (Eigen::Index i = 0; i < n; ++i) {
        const auto own = cluster[static_cast<std::size_t>(i)];
        double rest = value(t, i) - common(own) / members(own);
        for (Eigen::Index pair = 0; pair < pairs; ++pair) rest -= d(i, pair) * gap(pair * periods + t);
        for (Eigen::Index pair = 0; pair < pairs; ++pair)
          sampled(pair * periods + t, own) += b(i, pair) * rest;
      }
    }
  }
  if (!(effective.minCoeff() > 1.5)) return;  // one cluster alone: nothing to hold the gap against
  for (Eigen::Index t = 0; t < periods && !cells; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::Index type = data.type[static_cast<std::size_t>(i)];
      const double part = (value(t, i) - u(t, type)) / size(type);
      const auto own = cluster[static_cast<std::size_t>(i)];
      if (type != reference)
        sampled(place(type) * periods + t, own) += part;
      else
        for (Eigen::Index pair = 0; pair < pairs; ++pair) sampled(pair * periods + t, own) -= part;
    }
  const auto factor = [&](Eigen::Index k, Eigen::Index l) {
    const double a = effective(k), b = effective(l);
    return a == b ? a / (a - 1.0) : std::sqrt(a / (a - 1.0) * b / (b - 1.0));
  };
  Eigen::MatrixXd pooled = Eigen::MatrixXd::Zero(pairs, pairs);
  for (Eigen::Index k = 0; k < pairs; ++k)
    for (Eigen::Index l = 0; l < pairs; ++l)
      pooled(k, l) = factor(k, l) / (T - 1.0) *
                     sampled.middleRows(k * periods, periods)
                         .cwiseProduct(sampled.middleRows(l * periods, periods))
                         .sum();
  // The gaps of all periods sum to zero: the last one says nothing new.
  const Eigen::MatrixXd theta = g / (g - 1.0) * influence.transpose() * influence;
  Eigen::VectorXd some(freedom);
  Eigen::MatrixXd some_slope(freedom, p);
  for (Eigen::Index k = 0; k < pairs; ++k) {
    some.segment(k * used, used) = gap.segment(k * periods, used);
    some_slope.middleRows(k * used, used) = slope.middleRows(k * periods, used);
  }
  Eigen::MatrixXd variance = some_slope * theta * some_slope.transpose();
  for (Eigen::Index k = 0; k < pairs; ++k)
    for (Eigen::Index l = 0; l < pairs; ++l)
      for (Eigen::Index t = 0; t < used; ++t)
        for (Eigen::Index s = 0; s < used; ++s)
          variance(k * used + t, l * used + s) += pooled(k, l) * ((t == s ? 1.0 : 0.0) - 1.0 / T);
  const double wald = some.dot(variance.ldlt().solve(some)), q = static_cast<double>(freedom);
  PanelFindings& found = std::get<PanelFindings>(estimate.findings);
  // Regions do not cut shocks in two, so each of their periods counts; of merged clusters none is relied on.
  const double denominator = cells && cells->made == GroupCells::Made::by_column
                                 ? (effective.minCoeff() - 1.0) * (T - 1.0)
                                 : g - 1.0;
  // Periods of unequal variance are fewer than they look (Satterthwaite 1946); clusters' own test counts them
  // all, as it was simulated.
  double counted = q;
  if (cells) {
    Eigen::VectorXd of_period = Eigen::VectorXd::Zero(periods);
    for (Eigen::Index k = 0; k < pairs; ++k)
      of_period += sampled.middleRows(k * periods, periods).rowwise().squaredNorm() / pooled(k, k);
    counted = q * std::pow(of_period.sum(), 2) / (T * of_period.squaredNorm());
  }
  found.equal_shocks = computed(wald, f_upper(wald / q, counted, denominator));
  const Eigen::VectorXd common = u.col(reference);
  const double square = common.squaredNorm();
  // Periods of large common shocks carry a loading: so few count, times the clusters but one (Satterthwaite).
  const double carrying = square * square / common.array().square().square().sum();
  for (Eigen::Index type = 0; type < types && square > 0.0; ++type) {
    if (type == reference) continue;
    const Eigen::Index first = place(type) * periods;
    const double loading = 1.0 + gap.segment(first, periods).dot(common) / square;
    const Eigen::MatrixXd by_cell =
        common.asDiagonal() * sampled.middleRows(first, periods) / square;  // periods x clusters
    const Eigen::VectorXd moved =
        influence * (slope.middleRows(first, periods).transpose() * common / square);  // by theta
    // Few groups hold the type, and residuals fit it: they are too small by as much as in the Wald test.
    const double of_gap = factor(place(type), place(type)) * T / (T - 1.0) * by_cell.squaredNorm(),
                 of_theta = moved.squaredNorm() + 2.0 * by_cell.colwise().sum().dot(moved.transpose());
    const double se = std::sqrt(std::max(0.0, of_gap + g / (g - 1.0) * of_theta));
    const double df = (effective(place(type)) - 1.0) * carrying;
    if (!(df > 1.0)) continue;
    const std::string& name = data.type_names[static_cast<std::size_t>(type)];
    found.loadings.push_back({name, loading, se, student_two_sided((loading - 1.0) / se, df)});
    estimate.diagnostics.push_back(
        {"loading_freedom:" + name,
         df,
         {},
         "degrees of freedom of the loading: clusters but one, times periods that carry it"});
  }
  list_shocks(found, freedom,
              cells ? fmt::format("{:.0f}), types compared within {} groups", denominator, clusters)
                    : std::string("clusters - 1)"),
              estimate);
}

/// All areas as one group: cells are periods.
GroupCells over_areas(const GroupCells& cells) {
  GroupCells all;
  all.of_row.assign(cells.of_row.size(), 0);
  all.groups = 1;
  all.level = Independent::periods;
  const Eigen::Index periods = cells.influence.cols() / cells.groups;
  all.influence.resize(cells.influence.rows(), periods);
  for (Eigen::Index t = 0; t < periods; ++t)
    all.influence.col(t) = cells.influence.middleCols(t * cells.groups, cells.groups).rowwise().sum();
  return all;
}
}  // namespace

std::vector<ResidualTest> residual_tests(const PanelScores& scores, const SpatialWeights& weights,
                                         const std::vector<std::int32_t>& cluster,
                                         const Eigen::MatrixXd& influence, Parallelism parallelism,
                                         const GroupCells* cells) {
  const TransformedPanel& panel = *scores.panel;
  const Eigen::Index n = panel.areas, periods = panel.periods, clusters = influence.rows();
  const int p = panel.regressors(), dynamic = panel.dynamic();
  const double* e = scores.residual->data();

  // r_l and m2 are quadratic forms e_i'Q e_i of an area's residuals: c = e'Qe, dc/dtheta = -2 X'Qe.
  using Kind = ResidualTest::Kind;
  std::vector<std::pair<Kind, std::string>> kinds;
  std::vector<Eigen::MatrixXd> forms;
  for (const Eigen::Index lag : {1, 2}) {
    if (periods < lag + 3) continue;
    Eigen::MatrixXd form = Eigen::MatrixXd::Zero(periods, periods);
    for (Eigen::Index t = 0; t < periods; ++t) {
      form(t, t) = demeaning_weight(lag, t, periods);
      if (t >= lag) form(t, t - lag) = form(t - lag, t) = 0.5;
    }
    forms.push_back(std::move(form));
    kinds.emplace_back(lag == 1 ? Kind::r1 : Kind::r2, "");
  }
  if (periods >= 4) {
    Eigen::MatrixXd form = Eigen::MatrixXd::Zero(periods, periods);  // sum_t De_t De_{t-2}
    for (Eigen::Index t = 3; t < periods; ++t)
      for (const auto& [a, b, sign] :
           {std::tuple{t, t - 2, 1.0}, {t, t - 3, -1.0}, {t - 1, t - 2, -1.0}, {t - 1, t - 3, 1.0}}) {
        form(a, b) += 0.5 * sign;
        form(b, a) += 0.5 * sign;
      }
    forms.push_back(std::move(form));
    kinds.emplace_back(Kind::m2, "");
  }
  const bool spatial = weights.areas() > 0 && periods >= 4;
  if (spatial) kinds.emplace_back(Kind::w1, "");
  std::vector<int> leads;
  for (int j = dynamic; j < p; ++j)
    if (panel.names[static_cast<std::size_t>(j)] != "(Intercept)") {
      leads.push_back(j);
      kinds.emplace_back(Kind::lead, panel.names[static_cast<std::size_t>(j)]);
    }
  const auto count = static_cast<Eigen::Index>(kinds.size());
  Eigen::MatrixXd c(count, n);  // contribution of each area
  // ... and of each area and period, column t n + i. A product of two periods belongs to the later one: such
  // terms are uncorrelated over time where errors are.
  Eigen::MatrixXd by_period(cells ? count : 0, cells ? periods * n : 0);
  const auto keep = [&](Eigen::Index test, std::ptrdiff_t i, const Eigen::VectorXd& own,
                        const Eigen::VectorXd& product) {
    if (!cells) return;
    for (Eigen::Index t = 0; t < periods; ++t) by_period(test, t * n + i) = own(t) * product(t);
  };
  constexpr std::ptrdiff_t block = 1024;
  std::vector<Eigen::MatrixXd> slopes(
      static_cast<std::size_t>((n + block - 1) / block));  // p x tests, by block
  for_each_block(n, block, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Eigen::MatrixXd slope = Eigen::MatrixXd::Zero(p, count);
    Eigen::VectorXd own(periods), product(periods), lag(periods), ahead(periods);
    Eigen::MatrixXd x(p, periods), lag_x(p, periods);
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      for (Eigen::Index t = 0; t < periods; ++t) {
        own(t) = e[t * n + i];
        x.col(t) = Eigen::Map<const Eigen::VectorXd>(panel.row(t, i), p);
      }
      Eigen::Index test = 0;
      for (const auto& form : forms) {
        product.noalias() = form * own;
        c(test, i) = own.dot(product);
        slope.col(test).noalias() -= 2.0 * x * product;
        if (cells)
          keep(test, i, own,
               2.0 * (form.triangularView<Eigen::Lower>() * own).eval() - form.diagonal().cwiseProduct(own));
        ++test;
      }
      if (spatial) {
        // e_it [W e_{t-1}]_i + k_1t e_it [W e_t]_i
        lag.setZero();
        lag_x.setZero();
        for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it)
          for (Eigen::Index t = 0; t < periods; ++t) {
            lag(t) += it.value() * e[t * n + it.col()];
            const double* other = panel.row(t, it.col());
            for (int f = 0; f < p; ++f) lag_x(f, t) += it.value() * other[f];
          }
        for (Eigen::Index t = 0; t < periods; ++t) {
          const double k = demeaning_weight(1, t, periods);
          product(t) = k * lag(t) + (t > 0 ? lag(t - 1) : 0.0);
          ahead(t) = k * own(t) + (t + 1 < periods ? own(t + 1) : 0.0);
        }
        c(test, i) = own.dot(product);
        keep(test, i, own, product);
        slope.col(test++).noalias() -= x * product + lag_x * ahead;
      }
      for (const int j : leads) {
        ahead = x.row(j);
        c(test, i) = ahead.tail(periods - 1).dot(own.head(periods - 1));
        if (cells) {
          product.setZero();
          product.head(periods - 1) = ahead.tail(periods - 1);
          keep(test, i, own, product);
        }
        slope.col(test++).noalias() -= x.leftCols(periods - 1) * ahead.tail(periods - 1);
      }
    }
    slopes[static_cast<std::size_t>(begin / block)] = std::move(slope);
  });
  Eigen::MatrixXd slope = Eigen::MatrixXd::Zero(p, count),
                  by_cluster = Eigen::MatrixXd::Zero(count, clusters);
  for (const auto& part : slopes) slope += part;
  for (Eigen::Index i = 0; i < n; ++i) by_cluster.col(cluster[static_cast<std::size_t>(i)]) += c.col(i);
  Eigen::MatrixXd by_cell(count, cells ? cells->influence.cols() : 0);
  if (cells) {
    by_cell.setZero();
    for (Eigen::Index t = 0; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i)
        by_cell.col(t * cells->groups + cells->of_row[static_cast<std::size_t>(i)]) +=
            by_period.col(t * n + i);
  }
  const double factor = std::sqrt(static_cast<double>(periods) / static_cast<double>(periods - 1));
  std::vector<ResidualTest> tests;
  for (Eigen::Index k = 0; k < count; ++k)
    tests.push_back({kinds[static_cast<std::size_t>(k)].first, kinds[static_cast<std::size_t>(k)].second,
                     by_cluster.row(k).sum(),
                     cells ? Eigen::VectorXd(factor * (by_cell.row(k).transpose() +
                                                       cells->influence.transpose() * slope.col(k)))
                           : Eigen::VectorXd(by_cluster.row(k).transpose() + influence * slope.col(k))});
  return tests;
}

void add_dependence_diagnostics(const PanelScores& scores, const PanelData& data, Estimate& estimate) {
  if (fits_exactly(scores)) {
    for (const char* name : {"morans_i", "pesaran_cd"})
      estimate.diagnostics.push_back(no_test(name, kExactFit));
    return;
  }
  if (scores.panel->unbalanced) {
    for (const char* name : {"morans_i", "pesaran_cd"})
      estimate.diagnostics.push_back(no_test(name, "the panel is unbalanced"));
    return;
  }
  if (data.weights.areas() > 0) add_moran(scores, data.weights, estimate);
  add_cross_section_dependence(scores, estimate);
}

void add_residual_diagnostics(const PanelScores& scores, const PanelData& data,
                              const std::vector<std::int32_t>& cluster, const Eigen::MatrixXd& influence,
                              Parallelism parallelism, const GroupCells* cells, Estimate& estimate) {
  if (fits_exactly(scores)) {
    for (const char* name : {"serial_correlation_z", "r2_z", "m2_z", "w1_z", "q2"})
      estimate.diagnostics.push_back(no_test(name, kExactFit));
    add_dependence_diagnostics(scores, data, estimate);
    return;
  }
  const bool periods_alone = cells && cells->level == Independent::periods;
  const GroupCells periods = periods_alone ? over_areas(*cells) : GroupCells{};
  const auto tests =
      residual_tests(scores, data.weights, cluster, influence, parallelism, periods_alone ? &periods : cells);
  PanelFindings& found = std::get<PanelFindings>(estimate.findings);
  const ResidualTest *r1 = nullptr, *r2 = nullptr;
  for (const auto& test : tests) {
    const auto result = computed(test.z(), normal_two_sided(test.z()));
    switch (test.kind) {
      case ResidualTest::Kind::r1:
        r1 = &test;
        found.r1 = result;
        break;
      case ResidualTest::Kind::r2:
        r2 = &test;
        found.r2 = result;
        break;
      case ResidualTest::Kind::m2:
        found.m2 = result;
        break;
      case ResidualTest::Kind::w1:
        found.w1 = result;
        break;
      case ResidualTest::Kind::lead:
        if (result) found.leads.push_back({test.covariate, *result});
        break;
    }
  }
  if (r1 && r2) {
    Eigen::Matrix2d variance;
    variance << r1->influence.squaredNorm(), r1->influence.dot(r2->influence),
        r1->influence.dot(r2->influence), r2->influence.squaredNorm();
    const Eigen::Vector2d value(r1->statistic, r2->statistic);
    const double wald = value.dot(variance.ldlt().solve(value));
    found.q2 = computed(wald, chi_squared_upper(wald, 2.0));
  }
  list_tests(found, estimate);
  add_dependence_diagnostics(scores, data, estimate);
  add_equal_shocks(scores, data, cluster, influence.rows(), influence, cells, estimate);
}

double stationary_root(int lags, int own_lags, int second_lags,
                       const Eigen::Ref<const Eigen::VectorXd>& theta) {
  if (own_lags < 2 && second_lags == 0)
    return (lags > 0 ? theta.head(lags).cwiseAbs().maxCoeff() : 0.0) +
           (own_lags > 0 ? std::abs(theta(lags)) : 0.0);
  const double phi_1 = own_lags > 0 ? theta(lags) : 0.0, phi_2 = own_lags > 1 ? theta(lags + 1) : 0.0;
  double largest = 0.0;
  for (int k = 0; k < std::max(1, lags); ++k)
    for (const double w : {1.0, -1.0}) {
      const double a = phi_1 + (lags > 0 ? w * theta(k) : 0.0),
                   b = phi_2 + (second_lags > 0 ? w * theta(lags + own_lags + k) : 0.0);
      const double discriminant = 0.25 * a * a + b;
      largest = std::max(largest,
                         discriminant >= 0.0 ? 0.5 * std::abs(a) + std::sqrt(discriminant) : std::sqrt(-b));
    }
  return largest;
}

void add_coefficient_diagnostics(const TransformedPanel& panel, Eigen::Index clusters, Estimate& estimate) {
  add_equal_rho(panel, clusters, estimate);
  PanelFindings& found = std::get<PanelFindings>(estimate.findings);
  found.stationary_root = 0.0;
  if (panel.dynamic() == 0) return;
  const double root = stationary_root(panel.lags, panel.own_lags, panel.second_lags, estimate.coefficients);
  found.stationary_root = computed(root);
  if (panel.own_lags > 0) found.phi = computed(estimate.coefficients(panel.lags));
  estimate.diagnostics.push_back(
      {"stationary_root",
       root,
       {},
       panel.own_lags > 1 ? "largest root of the recursion over types: below 1 the panel is stationary"
                          : "|phi| + max |rho|: below 1 the panel has a stationary root"});
}

}  // namespace spillway
