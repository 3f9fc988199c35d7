#include "engine/estimate/panel/panel_covariance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>

#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/near_fit.hpp"

namespace spillway {

namespace {

/// J^-1 B J^-T.
Eigen::MatrixXd sandwich(const Eigen::MatrixXd& inverse, const Eigen::MatrixXd& meat) {
  return inverse * meat * inverse.transpose();
}

/// Parameters counted by fixest and by Stata's xtreg: effects of areas are nested in clusters of areas and
/// count once.
double nested_parameters(const TransformedPanel& panel) {
  const double p = panel.regressors();
  const double absorbed = static_cast<double>(panel.absorbed());
  if (panel.specification.area_effects == PanelSpecification::AreaEffects::absent) return p + absorbed;
  return p + 1.0 + absorbed - static_cast<double>(panel.areas);
}

double small_sample_factor(SmallSample kind, const TransformedPanel& panel, Eigen::Index clusters) {
  const double g = static_cast<double>(clusters), n = static_cast<double>(panel.rows());
  if (kind == SmallSample::none) return 1.0;
  if (kind == SmallSample::cr1) return g / (g - 1.0) * (n - 1.0) / (n - panel.regressors());
  return g / (g - 1.0) * (n - 1.0) / (n - nested_parameters(panel));
}

std::string small_sample_name(SmallSample kind) {
  if (kind == SmallSample::none) return "CR0: no small-sample factor";
  if (kind == SmallSample::cr1) return "CR1: G/(G-1) (N-1)/(N-p), p slopes";
  if (kind == SmallSample::cr3)
    return "CR3: jackknife, (G-1)/G sum of squared changes when a cluster is left out";
  return name_of(kind) +
         ": G/(G-1) (N-1)/(N-K), K = slopes + period effects + 1, area effects nested in clusters";
}

Eigen::Index used(const std::vector<std::int32_t>& label, Eigen::Index labels) {
  std::vector<char> seen(static_cast<std::size_t>(labels), 0);
  for (const auto g : label) seen[static_cast<std::size_t>(g)] = 1;
  return std::count(seen.begin(), seen.end(), 1);
}

PanelCovariance heteroskedastic(CovarianceKind kind, const PanelScores& scores) {
  const TransformedPanel& panel = *scores.panel;
  const int p = panel.regressors();
  const double n = static_cast<double>(panel.rows());
  std::vector<double> group_size(static_cast<std::size_t>(std::max<Eigen::Index>(1, panel.groups)), 0.0);
  for (const auto g : panel.group) group_size[static_cast<std::size_t>(g)] += 1.0;
  const bool by_area = panel.specification.area_effects == PanelSpecification::AreaEffects::removed;
  const double periods = static_cast<double>(panel.periods);
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(p, p);
  Eigen::VectorXd s(p);
  for (Eigen::Index t = 0; t < panel.periods; ++t)
    for (Eigen::Index i = 0; i < panel.areas; ++i) {
      if (panel.unbalanced && !panel.unbalanced->sees(i, t)) continue;
      scores.cell(t, i, s.data());
      double weight = 1.0;
      if (kind == CovarianceKind::hc2 || kind == CovarianceKind::hc3) {
        const Eigen::Map<const Eigen::VectorXd> x(panel.row(t, i), p);
        double leverage = x.dot(scores.cross_inverse * x);
        if (panel.unbalanced) {
          leverage += panel.unbalanced->leverage(i, t);
        } else if (by_area) {
          leverage += 1.0 / periods;
        }
        if (panel.groups > 0 && !panel.unbalanced) {
          const double size = group_size[static_cast<std::size_t>(panel.group[static_cast<std::size_t>(i)])];
          leverage += by_area ? (1.0 - 1.0 / periods) / size : 1.0 / size;
        }
        const double left = std::max(1e-10, 1.0 - leverage);
        weight = kind == CovarianceKind::hc2 ? 1.0 / left : 1.0 / (left * left);
      }
      meat.noalias() += weight * s * s.transpose();
    }
  PanelCovariance result;
  result.value = sandwich(scores.inverse, meat);
  result.description = "heteroskedasticity-robust " + name_of(kind);
  if (kind == CovarianceKind::hc1) {
    result.value *= n / (n - p - static_cast<double>(panel.absorbed()));
    result.description += ": N/(N-K), K counts every effect";
  } else if (kind != CovarianceKind::hc0) {
    result.description += ": leverage of the regression with all dummies";
  }
  return result;
}

/// Projects a symmetric matrix onto the non-negative ones; two-way formulas can leave the cone.
bool clip_negative(Eigen::MatrixXd& value) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(value);
  if (eigen.eigenvalues().minCoeff() >= 0.0) return false;
  value = eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(0.0).asDiagonal() *
          eigen.eigenvectors().transpose();
  return true;
}

/// Squares of each coefficient's regressor, all others taken out, summed by cluster: p x clusters.
Eigen::MatrixXd support_squares(const PanelScores& scores, const std::vector<std::int32_t>& cluster_of_row,
                                Eigen::Index clusters, Parallelism parallelism) {
  const TransformedPanel& panel = *scores.panel;
  const int p = panel.regressors();
  std::vector<Eigen::MatrixXd> by_period(static_cast<std::size_t>(panel.periods));
  for_each_block(panel.periods, 1, parallelism, [&](std::ptrdiff_t t, std::ptrdiff_t) {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(p, clusters);
    for (Eigen::Index i = 0; i < panel.areas; ++i) {
      const double* row = panel.row(t, i);
      auto of_cluster = sum.col(cluster_of_row[static_cast<std::size_t>(i)]);
      for (int k = 0; k < p; ++k) {
        double alone = 0.0;
        for (int j = 0; j < p; ++j) alone += scores.cross_inverse(k, j) * row[j];
        of_cluster[k] += alone * alone;
      }
    }
    by_period[static_cast<std::size_t>(t)] = std::move(sum);
  });
  Eigen::MatrixXd total = Eigen::MatrixXd::Zero(p, clusters);
  for (const auto& sum : by_period) total += sum;
  return total;
}

PanelCovariance two_way(const CovarianceConfig& config, const PanelScores& scores,
                        const FitContext& context) {
  const TransformedPanel& panel = *scores.panel;
  const auto first = clusters_of_rows(context.by[0], scores.area),
             second = clusters_of_rows(context.by[1], scores.area);
  std::unordered_map<std::int64_t, std::int32_t> pairs;
  std::vector<std::int32_t> both(first.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    both[i] = pairs
                  .try_emplace((static_cast<std::int64_t>(first[i]) << 32) | second[i],
                               static_cast<std::int32_t>(pairs.size()))
                  .first->second;
  const Eigen::Index g1 = used(first, context.by[0].count()), g2 = used(second, context.by[1].count()),
                     g12 = static_cast<Eigen::Index>(pairs.size()), least = std::min(g1, g2);
  const bool fewest = config.small_sample == SmallSample::fixest;
  const auto part = [&](const std::vector<std::int32_t>& label, Eigen::Index labels, Eigen::Index count) {
    const Eigen::MatrixXd sum = cell_sums(scores, label, labels, context.parallelism).by_cluster();
    return Eigen::MatrixXd(small_sample_factor(config.small_sample, panel, fewest ? least : count) * sum *
                           sum.transpose());
  };
  PanelCovariance result;
  result.value = sandwich(scores.inverse, part(first, context.by[0].count(), g1) +
                                              part(second, context.by[1].count(), g2) - part(both, g12, g12));
  const bool clipped = clip_negative(result.value);
  result.clusters = static_cast<long>(least);
  for (const auto& [label, way, count] :
       {std::tuple{&first, &context.by[0], g1}, std::tuple{&second, &context.by[1], g2}}) {
    if (panel.regressors() == 0) break;
    const Eigen::VectorXd effective =
        effective_clusters(support_squares(scores, *label, way->count(), context.parallelism));
    if (result.support.effective.size() == 0 || effective.minCoeff() < result.support.effective.minCoeff())
      result.support = {effective, way->column, static_cast<double>(count)};
  }
  result.description = fmt::format("two-way cluster by {} ({}) and {} ({}), {}{}", context.by[0].column, g1,
                                   context.by[1].column, g2, small_sample_name(config.small_sample),
                                   clipped ? "; negative eigenvalues set to zero" : "");
  return result;
}

PanelCovariance driscoll_kraay(const CovarianceConfig& config, const PanelScores& scores,
                               Parallelism parallelism) {
  const std::vector<std::int32_t> together(static_cast<std::size_t>(scores.panel->areas), 0);
  const Eigen::MatrixXd h = cell_sums(scores, together, 1, parallelism).by_period();
  const double periods = static_cast<double>(scores.panel->periods_seen());
  const int lags = config.lags > 0 ? config.lags
                                   : static_cast<int>(std::floor(4.0 * std::pow(periods / 100.0, 2.0 / 9.0)));
  Eigen::MatrixXd meat = h * h.transpose();
  for (int l = 1; l <= lags && l < h.cols(); ++l) {
    const Eigen::MatrixXd gamma = h.rightCols(h.cols() - l) * h.leftCols(h.cols() - l).transpose();
    meat += (1.0 - l / (lags + 1.0)) * (gamma + gamma.transpose());
  }
  const bool plain = config.small_sample == SmallSample::none;
  PanelCovariance result;
  result.value = sandwich(scores.inverse, meat) * (plain ? 1.0 : periods / (periods - 1.0));
  result.clusters = static_cast<long>(scores.panel->periods_seen());
  result.description = fmt::format("Driscoll-Kraay, Bartlett with {} lags over {} periods{}", lags,
                                   result.clusters, plain ? "" : ", T/(T-1)");
  return result;
}

/// Conley (1999): within a period all pairs of areas nearer than the cutoff, within an area all pairs of
/// periods.
PanelCovariance conley(const CovarianceConfig& config, const PanelScores& scores, const FitContext& context) {
  if (!(config.cutoff_km > 0.0))
    throw InputError(fmt::format(
        "covariance kind \"conley\" has cutoff_km = {} (needs a distance above 0, for example 20)",
        config.cutoff_km));
  if (context.easting.size() == 0)
    throw InputError("covariance kind \"conley\" needs columns easting and northing in areas (metres)");
  const TransformedPanel& panel = *scores.panel;
  const int p = panel.regressors();
  const Eigen::Index n = panel.areas, periods = panel.periods, width = periods * p;
  const double cutoff = 1000.0 * config.cutoff_km;
  const bool uniform = config.kernel == ConleyKernel::uniform;
  std::vector<double> cells(static_cast<std::size_t>(n * width));  // [i][t][p]
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index t = 0; t < periods; ++t) scores.cell(t, i, cells.data() + i * width + t * p);
  // Areas in squares of the cutoff's size: neighbours are in the nine squares around.
  std::unordered_map<std::int64_t, std::vector<std::int32_t>> square;
  const auto at = [&](Eigen::Index i) { return scores.area[static_cast<std::size_t>(i)]; };
  const auto key = [](std::int64_t column, std::int64_t row) { return column * 4'000'037 + row; };
  const auto part = [&](double metre) { return static_cast<std::int64_t>(std::floor(metre / cutoff)); };
  for (Eigen::Index i = 0; i < n; ++i)
    if (!std::isfinite(context.easting(at(i))) || !std::isfinite(context.northing(at(i))))
      throw InputError("covariance kind \"conley\": an area of the model has no easting or northing");
  for (Eigen::Index i = 0; i < n; ++i)
    square[key(part(context.easting(at(i))), part(context.northing(at(i))))].push_back(
        static_cast<std::int32_t>(i));
  constexpr std::ptrdiff_t block = 256;
  std::vector<Eigen::MatrixXd> partial(static_cast<std::size_t>((n + block - 1) / block));
  for_each_block(n, block, context.parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(p, p);
    std::vector<double> near(static_cast<std::size_t>(width));
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      std::fill(near.begin(), near.end(), 0.0);
      const double x = context.easting(at(i)), y = context.northing(at(i));
      for (int dx = -1; dx <= 1; ++dx)
        for (int dy = -1; dy <= 1; ++dy) {
          const auto found = square.find(key(part(x) + dx, part(y) + dy));
          if (found == square.end()) continue;
          for (const auto j : found->second) {
            const double distance = std::hypot(context.easting(at(j)) - x, context.northing(at(j)) - y);
            if (distance >= cutoff) continue;
            const double weight = uniform ? 1.0 : 1.0 - distance / cutoff;
            const double* other = cells.data() + static_cast<Eigen::Index>(j) * width;
            for (Eigen::Index k = 0; k < width; ++k) near[static_cast<std::size_t>(k)] += weight * other[k];
          }
        }
      const Eigen::Map<const Eigen::MatrixXd> own(cells.data() + i * width, p, periods);
      const Eigen::Map<const Eigen::MatrixXd> around(near.data(), p, periods);
      const Eigen::VectorXd total = own.rowwise().sum();
      sum += own * around.transpose() + total * total.transpose() - own * own.transpose();
    }
    partial[static_cast<std::size_t>(begin / block)] = std::move(sum);
  });
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(p, p);
  for (const auto& sum : partial) meat += sum;
  PanelCovariance result;
  result.value = sandwich(scores.inverse, 0.5 * (meat + meat.transpose()));
  const bool clipped = clip_negative(result.value);
  result.description = fmt::format("Conley, {} kernel to {} km within a period, all lags within an area{}",
                                   uniform ? "uniform" : "Bartlett", config.cutoff_km,
                                   clipped ? "; negative eigenvalues set to zero" : "");
  return result;
}
}  // namespace

double outcome_squares(const PanelScores& scores) {
  const TransformedPanel& panel = *scores.panel;
  const int p = panel.regressors();
  double left = 0.0;
  for (Eigen::Index r = 0; r < panel.areas * panel.periods; ++r) {
    const double y = panel.tilde[static_cast<std::size_t>(r * panel.stride() + p)];
    left += y * y;
  }
  return left;
}

bool fits_exactly(const PanelScores& scores) {
  const double residual = std::sqrt(scores.residual_square), norm = scores.panel->outcome_norm;
  // The outcome's transform is seldom larger than the outcome: looked at only where the answer may be yes.
  if (!(residual <= 10.0 * kNothingLeft * norm)) return false;
  return fits_exactly(residual, std::sqrt(outcome_squares(scores)), norm);
}

void PanelScores::cell(Eigen::Index t, Eigen::Index i, double* score) const {
  const int p = panel->regressors();
  if (influence) {
    const double* made = influence->data() + (t * panel->areas + i) * p;
    std::copy(made, made + p, score);
    return;
  }
  const double* x = panel->row(t, i);
  const double e = (*residual)[static_cast<std::size_t>(t * panel->areas + i)];
  for (int c = 0; c < p; ++c) score[c] = x[c] * e;
  if (!correction) return;
  const double* q = correction->cell_q.data() + (t * panel->areas + i) * correction->equations;
  for (int k = 0; k < correction->equations; ++k)
    score[correction->row(k, panel->type[static_cast<std::size_t>(i)])] -= q[k];
}

std::vector<std::int32_t> clusters_of_rows(const Clusters& clusters, const std::vector<int>& area) {
  std::vector<std::int32_t> label(area.size());
  for (std::size_t i = 0; i < area.size(); ++i) {
    label[i] = clusters.of_area[static_cast<std::size_t>(area[i])];
    if (label[i] < 0)
      throw InputError(
          fmt::format("column '{}': area in row {} is in no cluster (every area of the model needs one)",
                      clusters.column, area[i] + 1));
  }
  return label;
}

CellSums cell_sums(const PanelScores& scores, const std::vector<std::int32_t>& cluster_of_row,
                   Eigen::Index clusters, Parallelism parallelism) {
  const TransformedPanel& panel = *scores.panel;
  const int p = panel.regressors();
  CellSums sums;
  sums.periods = panel.periods;
  sums.clusters = clusters;
  sums.periods_seen = panel.periods_seen();
  sums.value = Eigen::MatrixXd::Zero(p, panel.periods * clusters);
  for_each_block(panel.periods, 1, parallelism, [&](std::ptrdiff_t t, std::ptrdiff_t) {
    std::vector<double> s(static_cast<std::size_t>(p));
    for (Eigen::Index i = 0; i < panel.areas; ++i) {
      scores.cell(t, i, s.data());
      double* sum = sums.value.data() + (t * clusters + cluster_of_row[static_cast<std::size_t>(i)]) * p;
      for (int c = 0; c < p; ++c) sum[c] += s[static_cast<std::size_t>(c)];
    }
  });
  return sums;
}

Eigen::MatrixXd CellSums::by_cluster() const {
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(value.rows(), clusters);
  for (Eigen::Index t = 0; t < periods; ++t) sum += value.middleCols(t * clusters, clusters);
  return sum;
}

Eigen::MatrixXd CellSums::by_period() const {
  Eigen::MatrixXd sum(value.rows(), periods);
  for (Eigen::Index t = 0; t < periods; ++t)
    sum.col(t) = value.middleCols(t * clusters, clusters).rowwise().sum();
  return sum;
}

Eigen::MatrixXd score_cell_covariance(const CellSums& sums, const Eigen::MatrixXd& inverse) {
  const double periods = static_cast<double>(sums.periods_seen);
  return periods / (periods - 1.0) * sandwich(inverse, sums.value * sums.value.transpose());
}

Eigen::MatrixXd period_covariance(const CellSums& sums, const Eigen::MatrixXd& inverse) {
  const Eigen::MatrixXd h = sums.by_period();
  const double periods = static_cast<double>(sums.periods_seen);
  return periods / (periods - 1.0) * sandwich(inverse, h * h.transpose());
}

PanelCovariance panel_covariance(const CovarianceConfig& config, const PanelScores& scores,
                                 const FitContext& context, const Eigen::VectorXd& coefficients,
                                 const std::function<Eigen::MatrixXd(const Clusters&)>& leave_one_out) {
  const CovarianceKind kind = config.kind;
  const TransformedPanel& panel = *scores.panel;
  const std::size_t needed = kind == CovarianceKind::two_way                                          ? 2
                             : kind == CovarianceKind::cluster || kind == CovarianceKind::score_cells ? 1
                                                                                                      : 0;
  if (context.by.size() < needed)
    throw InputError(fmt::format(
        "covariance kind \"{}\" names {} cluster column(s) (needs {}, for example by = \"lad_code\")",
        name_of(kind), context.by.size(), needed));
  if (kind == CovarianceKind::iid) {
    const double freedom = static_cast<double>(panel.rows() - panel.regressors() - panel.absorbed());
    PanelCovariance result;
    const double variance = scores.residual_square / freedom;
    Eigen::MatrixXd shape = scores.cross_inverse;
    if (const Eigen::MatrixXd raw = panel.raw_map(); raw.size() > 0 && scores.influence)
      shape = (raw * shape * raw.transpose()).eval();
    result.value = scores.influence
                       ? Eigen::MatrixXd(variance * shape)
                       : Eigen::MatrixXd(variance * sandwich(scores.inverse, scores.cross_inverse.inverse()));
    result.description = "iid: s2 = RSS/(N-K), K counts every effect";
    return result;
  }
  if (kind == CovarianceKind::hc0 || kind == CovarianceKind::hc1 || kind == CovarianceKind::hc2 ||
      kind == CovarianceKind::hc3)
    return heteroskedastic(kind, scores);
  if (kind == CovarianceKind::two_way) return two_way(config, scores, context);
  if (kind == CovarianceKind::driscoll_kraay) return driscoll_kraay(config, scores, context.parallelism);
  if (kind == CovarianceKind::conley) return conley(config, scores, context);
  if (kind == CovarianceKind::cluster || kind == CovarianceKind::score_cells) {
    const Clusters& by = context.by[0];
    const auto label = clusters_of_rows(by, scores.area);
    PanelCovariance result;
    const Eigen::Index count = used(label, by.count());
    result.clusters = static_cast<long>(count);
    if (count < 2)
      throw NumericalError(fmt::format("clusters by '{}': {} (a cluster-robust covariance needs at least 2)",
                                       by.column, count));
    if (kind == CovarianceKind::cluster && panel.regressors() > 0)
      result.support = {effective_clusters(support_squares(scores, label, by.count(), context.parallelism)),
                        by.column, static_cast<double>(count)};
    if (kind == CovarianceKind::score_cells) {
      result.value =
          score_cell_covariance(cell_sums(scores, label, by.count(), context.parallelism), scores.inverse);
      result.description = fmt::format("score cells of {} ({}) x period, T/(T-1)", by.column, count);
    } else if (config.small_sample == SmallSample::cr3) {
      const Eigen::MatrixXd without = leave_one_out(by);
      result.value = Eigen::MatrixXd::Zero(panel.regressors(), panel.regressors());
      for (Eigen::Index g = 0; g < without.cols(); ++g) {
        const Eigen::VectorXd change = without.col(g) - coefficients;
        result.value += change * change.transpose();
      }
      result.value *= static_cast<double>(count - 1) / static_cast<double>(count);
      if (without.hasNaN())
        result.warning = fmt::format(
            "cr3: without one cluster of '{}' the regressors are collinear, so there is no jackknife and no "
            "standard error (use cr1)",
            by.column);
      result.description =
          fmt::format("cluster by {} ({}), {}", by.column, count, small_sample_name(SmallSample::cr3));
    } else {
      const Eigen::MatrixXd sum = cell_sums(scores, label, by.count(), context.parallelism).by_cluster();
      result.value = small_sample_factor(config.small_sample, panel, count) *
                     sandwich(scores.inverse, sum * sum.transpose());
      result.description =
          fmt::format("cluster by {} ({}), {}", by.column, count, small_sample_name(config.small_sample));
    }
    return result;
  }
  throw InputError(fmt::format("covariance kind \"{}\" is not one of a panel", name_of(kind)));
}

}  // namespace spillway
