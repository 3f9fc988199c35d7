// Arellano-Bond type GMM in first differences, one step, collapsed instruments: a cross-check.
//
// Moments, one a regressor and depth: sum_t r_{t-l} (De_t) = 0 for l = 1..3, r the level of W y_{t-1} by
// type, of the own lags and of predetermined covariates; exogenous covariates instrument themselves. Weight:
// (sum_i Z_i' H Z_i)^-1 with H = tridiagonal(2, -1). Period (group) means are taken out of everything. In an
// unbalanced panel a difference needs both of its rows, a level that is not seen instruments nothing (0), and
// the means are taken again over the differences that there are.
// Source: Arellano & Bond (1991); collapsing: Roodman (2009), "A note on the theme of too many instruments".
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

Fit fit_arellano_bond(PanelProblem& problem, const PanelSpecification& asked) {
  PanelSpecification levels = asked;
  levels.area_effects = PanelSpecification::AreaEffects::absent;
  if (levels.period_effects == PanelSpecification::PeriodEffects::none)
    levels.period_effects = PanelSpecification::PeriodEffects::common;
  const Eigen::Index periods = problem.periods;
  const PanelBase base = problem.part(levels, 0, periods);
  const TransformedPanel& panel = base.panel;
  const Eigen::Index n = panel.areas;
  const int p = panel.regressors(), stride = panel.stride(), dynamic = panel.lags + panel.own_lags;
  const int depth = static_cast<int>(std::min<Eigen::Index>(3, periods - 2));
  Fit fit;
  fit.estimate = problem.blank(Estimator::arellano_bond, panel);
  const std::string what = fmt::format("Arellano-Bond type GMM, one step, {} collapsed lags", depth);
  if (periods < 4) {
    refuse_fit(PanelFindings::Root::too_short, 0, Estimator::arellano_bond, fit.estimate);
    fit.estimate.echo = problem.echo(what, panel, "none");
    return fit;
  }
  struct Instrument {
    int column, lag;  ///< lag 0: the regressor's own difference
  };
  std::vector<Instrument> instruments;
  for (int c = 0; c < p; ++c) {
    if (c < dynamic || problem.data.x_predetermined[static_cast<std::size_t>(c - dynamic)])
      for (int l = 1; l <= depth; ++l) instruments.push_back({c, l});
    else
      instruments.push_back({c, 0});
  }
  const auto m = static_cast<Eigen::Index>(instruments.size());
  const UnbalancedEffects* unbalanced = panel.unbalanced.get();
  const auto sees = [&](Eigen::Index i, Eigen::Index t) { return !unbalanced || unbalanced->sees(i, t); };
  std::vector<Eigen::MatrixXd> mean;  // of differences and instruments, by group; empty: balanced, all zero
  // Differences (p + 1) x (T - 1) and instruments m x (T - 1) of one area; column t - 1 is period t.
  const auto area = [&](Eigen::Index i, Eigen::MatrixXd& difference, Eigen::MatrixXd& z) {
    for (Eigen::Index t = 1; t < periods; ++t) {
      if (!sees(i, t) || !sees(i, t - 1)) {
        difference.col(t - 1).setZero();
        z.col(t - 1).setZero();
        continue;
      }
      const double *now = panel.row(t, i), *before = panel.row(t - 1, i);
      for (int f = 0; f < stride; ++f) difference(f, t - 1) = now[f] - before[f];
      for (Eigen::Index k = 0; k < m; ++k) {
        const auto [column, lag] = instruments[static_cast<std::size_t>(k)];
        z(k, t - 1) = lag == 0       ? difference(column, t - 1)
                      : t - lag >= 0 ? panel.row(t - lag, i)[column]
                                     : 0.0;
      }
      if (mean.empty()) continue;
      const auto own = mean[static_cast<std::size_t>(panel.group[static_cast<std::size_t>(i)])].col(t - 1);
      difference.col(t - 1) -= own.head(stride);
      z.col(t - 1) -= own.tail(m);
    }
  };
  if (unbalanced) {
    const auto groups = static_cast<std::size_t>(panel.groups);
    std::vector<Eigen::MatrixXd> sum(groups, Eigen::MatrixXd::Zero(stride + m, periods - 1));
    Eigen::MatrixXd count = Eigen::MatrixXd::Zero(panel.groups, periods - 1), d(stride, periods - 1),
                    z(m, periods - 1);
    for (Eigen::Index i = 0; i < n; ++i) {
      area(i, d, z);
      const auto g = panel.group[static_cast<std::size_t>(i)];
      sum[static_cast<std::size_t>(g)].topRows(stride) += d;
      sum[static_cast<std::size_t>(g)].bottomRows(m) += z;
      for (Eigen::Index t = 1; t < periods; ++t) count(g, t - 1) += sees(i, t) && sees(i, t - 1) ? 1.0 : 0.0;
    }
    for (std::size_t g = 0; g < groups; ++g)
      sum[g].array().rowwise() /= count.row(static_cast<Eigen::Index>(g)).array().max(1.0);
    mean = std::move(sum);
    fit.estimate.observations = static_cast<long>(count.sum());
    if (fit.estimate.observations <= p)
      throw NumericalError(
          fmt::format("arellano_bond: {} differences of periods that follow each other cannot "
                      "identify {} coefficients",
                      fit.estimate.observations, p));
  }
  constexpr std::ptrdiff_t block = 1024;
  const std::size_t blocks = static_cast<std::size_t>((n + block - 1) / block);
  std::vector<Eigen::MatrixXd> cross(blocks), weight(blocks);
  for_each_block(n, block, problem.context.parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Eigen::MatrixXd difference(stride, periods - 1), z(m, periods - 1), h(m, periods - 1);
    Eigen::MatrixXd zx = Eigen::MatrixXd::Zero(m, stride), zhz = Eigen::MatrixXd::Zero(m, m);
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      area(i, difference, z);
      zx += z * difference.transpose();
      h = 2.0 * z;
      h.leftCols(periods - 2) -= z.rightCols(periods - 2);
      h.rightCols(periods - 2) -= z.leftCols(periods - 2);
      zhz += h * z.transpose();
    }
    cross[static_cast<std::size_t>(begin / block)] = std::move(zx);
    weight[static_cast<std::size_t>(begin / block)] = std::move(zhz);
  });
  Eigen::MatrixXd zx = Eigen::MatrixXd::Zero(m, stride), zhz = Eigen::MatrixXd::Zero(m, m);
  for (std::size_t b = 0; b < blocks; ++b) {
    zx += cross[b];
    zhz += weight[b];
  }
  // Rank is judged by pivots: moments and regressors come to one size first.
  const Eigen::VectorXd of_moments = exact_units(zhz.diagonal());
  const Eigen::MatrixXd unit_zhz = of_moments.asDiagonal() * zhz * of_moments.asDiagonal();
  const Eigen::MatrixXd weighted =
      of_moments.asDiagonal() *
      unit_zhz.completeOrthogonalDecomposition().solve(of_moments.asDiagonal() * zx.leftCols(p));  // A^-1 Z'X
  const Eigen::MatrixXd normal = zx.leftCols(p).transpose() * weighted;
  const Eigen::VectorXd of_regressors = exact_units(normal.diagonal());
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(of_regressors.asDiagonal() * normal *
                                             of_regressors.asDiagonal());
  if (!lu.isInvertible())
    throw NumericalError("arellano_bond: lagged levels do not identify the model (singular moments)");
  const Eigen::MatrixXd projection =
      of_regressors.asDiagonal() * lu.solve(of_regressors.asDiagonal() * weighted.transpose());  // p x m
  fit.estimate.coefficients = projection * zx.col(p);

  std::vector<double> influence(static_cast<std::size_t>(periods * n * p), 0.0);
  std::vector<double> residual(static_cast<std::size_t>(periods * n), 0.0);
  const Eigen::Index clusters = problem.joint_clusters;
  std::vector<Eigen::MatrixXd> by_cluster(static_cast<std::size_t>(clusters),
                                          Eigen::MatrixXd::Zero(m, stride));
  Eigen::MatrixXd difference(stride, periods - 1), z(m, periods - 1);
  for (Eigen::Index i = 0; i < n; ++i) {
    area(i, difference, z);
    if (clusters > 0)
      by_cluster[static_cast<std::size_t>(problem.joint[static_cast<std::size_t>(i)])] +=
          z * difference.transpose();
    for (Eigen::Index t = 1; t < periods; ++t) {
      const double u = difference(p, t - 1) - difference.col(t - 1).head(p).dot(fit.estimate.coefficients);
      residual[static_cast<std::size_t>(t * n + i)] = u;
      Eigen::Map<Eigen::VectorXd>(influence.data() + (t * n + i) * p, p) = projection * z.col(t - 1) * u;
    }
  }
  finish_with_influence(problem, panel, influence, residual, 0.5 * projection * zhz * projection.transpose(),
                        what, fit.estimate);

  // Hansen's J at the two-step estimate, moments clustered: p from chi2(instruments - regressors).
  if (m > p && clusters > m + 5) {
    Eigen::MatrixXd moments(m, clusters);
    for (Eigen::Index g = 0; g < clusters; ++g) {
      const Eigen::MatrixXd& part = by_cluster[static_cast<std::size_t>(g)];
      moments.col(g) = part.col(p) - part.leftCols(p) * fit.estimate.coefficients;
    }
    const Eigen::LDLT<Eigen::MatrixXd> s(moments * moments.transpose());
    const Eigen::MatrixXd sx = s.solve(zx.leftCols(p));
    const Eigen::VectorXd two_step =
        (zx.leftCols(p).transpose() * sx).ldlt().solve(sx.transpose() * zx.col(p));
    const Eigen::VectorXd g = zx.col(p) - zx.leftCols(p) * two_step;
    const double j = g.dot(s.solve(g)), freedom = static_cast<double>(m - p);
    if (j >= 0.0 && std::isfinite(j)) {
      fit.estimate.diagnostics.push_back({"hansen_j", j, chi_squared_upper(j, freedom),
                                          fmt::format("Hansen's J at the two-step estimate, moments "
                                                      "clustered by {}, {} over-identifying restrictions",
                                                      problem.context.joint.column, m - p)});
    }
  }
  fit.estimate.notes.push_back(
      "Arellano-Bond type GMM: a cross-check; weak where the panel is persistent, decides nothing");
  return fit;
}

}  // namespace spillway
