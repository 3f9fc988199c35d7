#include "engine/estimate/panel/encompassing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/estimate/covariance/shared_shocks.hpp"
#include "engine/estimate/panel/panel_covariance.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

namespace {

using Tangents = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// One evaluation of q and dq/dtheta at theta. Columns of theta: lags, own lags, covariates, the rival.
class Correction {
 public:
  Correction(const TransformedPanel& panel, const SpatialWeights& own, const SpatialWeights& rival,
             Parallelism parallelism)
      : panel_(panel),
        own_(own.matrix()),
        rival_(rival.matrix()),
        parallelism_(parallelism),
        last_(panel.regressors() - 1) {}

  void at(const Eigen::VectorXd& theta) {
    const int p = panel_.regressors();
    const Eigen::Index n = panel_.areas, periods = panel_.periods;
    residual = residuals(panel_, theta, parallelism_);
    // Each period's recursion is a task of its own; sums are taken in the order of periods.
    std::vector<Eigen::VectorXd> part(static_cast<std::size_t>(periods));
    std::vector<Eigen::MatrixXd> slope(static_cast<std::size_t>(periods));
    for_each_block(periods, 1, parallelism_, [&](std::ptrdiff_t s, std::ptrdiff_t) {
      Tangents start(n, 1 + p), z;
      for (Eigen::Index i = 0; i < n; ++i) {
        start(i, 0) = residual[static_cast<std::size_t>(s * n + i)];
        for (int d = 0; d < p; ++d) start(i, 1 + d) = -panel_.row(s, i)[d];
      }
      z = coefficient(s, periods - 2) * start;
      for (Eigen::Index m = periods - 3; m >= 0; --m) {
        Tangents next = coefficient(s, m) * start;
        step(theta, z, next);
        z = std::move(next);
      }
      const Tangents w = own_ * z, v = rival_ * z;
      const double scale = -1.0 / (static_cast<double>(periods) - 2.0);
      Eigen::VectorXd own_q = Eigen::VectorXd::Zero(p);
      Eigen::MatrixXd own_dq = Eigen::MatrixXd::Zero(p, p);
      for (Eigen::Index i = 0; i < n; ++i) {
        const auto add = [&](int row, const Tangents& right) {
          own_q(row) += scale * start(i, 0) * right(i, 0);
          for (int d = 0; d < p; ++d)
            own_dq(row, d) += scale * (start(i, 1 + d) * right(i, 0) + start(i, 0) * right(i, 1 + d));
        };
        if (panel_.lags > 0) add(panel_.type[static_cast<std::size_t>(i)], w);
        if (panel_.own_lags > 0) add(panel_.lags, z);
        add(last_, v);
      }
      part[static_cast<std::size_t>(s)] = std::move(own_q);
      slope[static_cast<std::size_t>(s)] = std::move(own_dq);
    });
    q = Eigen::VectorXd::Zero(p);
    dq = Eigen::MatrixXd::Zero(p, p);
    for (const auto& one : part) q += one;
    for (const auto& one : slope) dq += one;
  }

  /// s_it = X~_it e_it less the mean of its bias, whose sum over periods is q (corrected_score.hpp,
  /// period_shares).
  Eigen::MatrixXd scores(const Eigen::VectorXd& theta) const {
    const int p = panel_.regressors();
    const Eigen::Index n = panel_.areas, periods = panel_.periods;
    const double T = static_cast<double>(periods);
    Tangents e(n, periods);
    Eigen::MatrixXd score(p, periods * n);
    for (Eigen::Index t = 0; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i) {
        e(i, t) = residual[static_cast<std::size_t>(t * n + i)];
        for (int c = 0; c < p; ++c) score(c, t * n + i) = panel_.row(t, i)[c] * e(i, t);
      }
    Tangents z = e;
    Eigen::VectorXd share(periods);
    for (Eigen::Index m = 0; m <= periods - 2; ++m) {
      const Tangents w = own_ * z, v = rival_ * z;
      Tangents next(n, periods);
      for (Eigen::Index i = 0; i < n; ++i) {
        const auto take = [&](int row, const Tangents& right) {
          share.setZero();
          const double mean = e.row(i).dot(right.row(i)) / T;
          double common = 0.0;
          for (Eigen::Index s = 0; s + 1 + m < periods; ++s) {
            const double one = (e(i, s) * right(i, s) - mean / (T - 1.0)) / (T - 2.0);
            share(s) -= one;
            share(s + 1 + m) -= one;
            common += one / T;
          }
          for (Eigen::Index t = 0; t < periods; ++t) score(row, t * n + i) -= share(t) + common;
        };
        if (panel_.lags > 0) take(panel_.type[static_cast<std::size_t>(i)], w);
        if (panel_.own_lags > 0) take(panel_.lags, z);
        take(last_, v);
      }
      next.setZero();
      step(theta, z, next, w, v);
      z = std::move(next);
    }
    return score;
  }

  std::vector<double> residual;
  Eigen::VectorXd q;
  Eigen::MatrixXd dq;

 private:
  double coefficient(Eigen::Index s, Eigen::Index m) const {
    const double periods = static_cast<double>(panel_.periods);
    return (m <= panel_.periods - 2 - s ? 1.0 : 0.0) -
           static_cast<double>(panel_.periods - 1 - m) / (periods * (periods - 1.0));
  }
  double rho(const Eigen::VectorXd& theta, Eigen::Index i) const {
    return panel_.lags > 0 ? theta(panel_.type[static_cast<std::size_t>(i)]) : 0.0;
  }

  /// next += A z, every column alike.
  void step(const Eigen::VectorXd& theta, const Tangents& z, Tangents& next, const Tangents& w,
            const Tangents& v) const {
    const double phi = panel_.own_lags > 0 ? theta(panel_.lags) : 0.0;
    for (Eigen::Index i = 0; i < panel_.areas; ++i)
      next.row(i) += rho(theta, i) * w.row(i) + theta(last_) * v.row(i) + phi * z.row(i);
  }
  /// next += A z in the first column; in the others, which are derivatives of it, dA z too.
  void step(const Eigen::VectorXd& theta, const Tangents& z, Tangents& next) const {
    const Tangents w = own_ * z, v = rival_ * z;
    step(theta, z, next, w, v);
    for (Eigen::Index i = 0; i < panel_.areas; ++i) {
      if (panel_.lags > 0) next(i, 1 + panel_.type[static_cast<std::size_t>(i)]) += w(i, 0);
      if (panel_.own_lags > 0) next(i, 1 + panel_.lags) += z(i, 0);
      next(i, 1 + last_) += v(i, 0);
    }
  }

  const TransformedPanel& panel_;
  const SpatialWeights::Matrix &own_, &rival_;
  Parallelism parallelism_;
  int last_;
};

/// What the Wald tests take as independent: each column of influence summed by it, and the factor.
struct Summed {
  Eigen::MatrixXd value;  ///< coefficients x units
  double factor = 1.0;
  double freedom = 0.0;  ///< of the F that W/q is held against; 0: chi-squared
};

Summed summed(const Encompassing& fit, const PanelData& data, const FitContext& context,
              const PanelFindings& found, Independent level) {
  const Eigen::Index p = fit.coefficients.size(), n = fit.areas, periods = fit.periods;
  const double T = static_cast<double>(periods);
  Summed result;
  std::vector<std::int32_t> label(static_cast<std::size_t>(n), 0);
  Eigen::Index count = 1;
  if (level != Independent::periods && context.joint.count() > 0) {
    label = clusters_of_rows(context.joint, data.area);
    count = context.joint.count();
    if (level == Independent::groups) {
      const auto group = context.groups.count() > 0
                             ? group_of_clusters(label, count, clusters_of_rows(context.groups, data.area))
                             : merge_neighbours(neighbouring_clusters(data.weights, label), count,
                                                found.shared->group_count);
      for (auto& one : label) one = group[static_cast<std::size_t>(one)];
      count = *std::max_element(label.begin(), label.end()) + 1;
    }
  } else if (level != Independent::periods) {
    for (Eigen::Index i = 0; i < n; ++i) label[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i);
    count = n;
  }
  const bool cells = level != Independent::clusters;
  result.value = Eigen::MatrixXd::Zero(p, cells ? count * periods : count);
  std::vector<char> seen(static_cast<std::size_t>(count), 0);
  for (Eigen::Index t = 0; t < periods; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto g = label[static_cast<std::size_t>(i)];
      seen[static_cast<std::size_t>(g)] = 1;
      result.value.col(cells ? t * count + g : g) += fit.influence.col(t * n + i);
    }
  const double g = static_cast<double>(std::count(seen.begin(), seen.end(), 1));
  result.factor = cells ? T / (T - 1.0) : g / (g - 1.0);
  if (level == Independent::periods) result.freedom = T - 1.0;
  if (level == Independent::clusters) result.freedom = g - 1.0;
  return result;
}

/// Wald test that coefficients [first, first + count) are zero.
Test wald(const Encompassing& fit, const Summed& summed, Eigen::Index first, Eigen::Index count) {
  const Eigen::MatrixXd part = summed.value.middleRows(first, count);
  const Eigen::VectorXd value = fit.coefficients.segment(first, count);
  const double w = value.dot((summed.factor * part * part.transpose()).ldlt().solve(value)),
               q = static_cast<double>(count);
  return {w, summed.freedom > 0.0 ? f_upper(w / q, q, summed.freedom) : chi_squared_upper(w, q)};
}

}  // namespace

Encompassing encompass(const PanelData& data, const PanelModel& model, const SpatialWeights& rival,
                       Parallelism parallelism) {
  const int initial = initial_periods(model);
  PanelData wider = data;
  wider.x.push_back(
      spatial_lag(rival, data.y.leftCols(data.y.cols() - 1), parallelism).rightCols(data.y.cols() - initial));
  wider.x_names.push_back("rival");
  wider.x_predetermined.push_back(false);
  const FitContext nothing;
  PanelProblem problem(wider, model, nothing);
  const auto base = problem.base(problem.specification());
  const TransformedPanel& panel = base->panel;
  Encompassing fit;
  fit.names = panel.names;
  fit.areas = panel.areas;
  fit.periods = panel.periods;
  fit.coefficients = base->least_squares.coefficients;
  const Eigen::VectorXd unit = base->least_squares.cross.diagonal().cwiseSqrt().cwiseInverse();
  const int p = panel.regressors();
  Correction correction(panel, data.weights, rival, parallelism);
  constexpr int most = 30;
  constexpr double largest = 0.3, tolerance = 1e-8, too_far = 3.0;
  for (int k = 0; k < most; ++k) {
    correction.at(fit.coefficients);
    fit.jacobian = base->least_squares.cross + correction.dq;
    const Eigen::FullPivLU<Eigen::MatrixXd> lu(unit.asDiagonal() * fit.jacobian * unit.asDiagonal());
    if (!lu.isInvertible()) return fit;
    Eigen::VectorXd step =
        unit.asDiagonal() *
        lu.solve(unit.asDiagonal() *
                 (base->least_squares.target - base->least_squares.cross * fit.coefficients - correction.q));
    const auto dynamic = [&](const Eigen::VectorXd& v) {
      return std::max(panel.dynamic() > 0 ? v.head(panel.dynamic()).cwiseAbs().maxCoeff() : 0.0,
                      std::abs(v(p - 1)));
    };
    const double size = dynamic(step);
    if (!step.allFinite()) return fit;
    if (size > largest) step *= largest / size;
    fit.coefficients += step;
    if (dynamic(fit.coefficients) > too_far) return fit;
    if (size > tolerance) continue;
    correction.at(fit.coefficients);
    fit.jacobian = base->least_squares.cross + correction.dq;
    fit.influence = fit.jacobian.inverse() * correction.scores(fit.coefficients);
    fit.status = Encompassing::Status::found;
    return fit;
  }
  return fit;
}

void hold_against_rivals(const PanelData& data, const PanelModel& model, const FitContext& context,
                         const std::vector<std::pair<std::string, SpatialWeights>>& rivals,
                         Estimate& estimate) {
  PanelFindings& found = std::get<PanelFindings>(estimate.findings);
  const Independent level = independent_level(found, {});
  for (const auto& [name, weights] : rivals) {
    const Encompassing fit = encompass(data, model, weights, context.parallelism);
    if (fit.status != Encompassing::Status::found) {
      estimate.notes.push_back(
          fmt::format("W could not be held against '{}': the equations with both lags have no root", name));
      continue;
    }
    const Summed by = summed(fit, data, context, found, level);
    PanelFindings::Rival one;
    one.name = name;
    const Eigen::Index last = fit.coefficients.size() - 1;
    one.coefficient = fit.coefficients(last);
    one.standard_error = std::sqrt(by.factor * by.value.row(last).squaredNorm());
    one.rival = wald(fit, by, last, 1);
    Eigen::Index lags = 0;
    for (const auto& of : fit.names) lags += of == "lag" || of.rfind("lag:", 0) == 0;
    one.own = wald(fit, by, 0, lags);
    for (Eigen::Index k = 0; k < lags; ++k) {
      const std::string& of = fit.names[static_cast<std::size_t>(k)];
      const Eigen::Index at = estimate.find(of);
      const double moved = at < 0 ? 0.0 : estimate.coefficients(at) - fit.coefficients(k);
      if (std::abs(moved) < std::abs(one.moved) && !one.moved_name.empty()) continue;
      one.moved = moved;
      one.moved_name = of;
    }
    found.rivals.push_back(std::move(one));
  }
  list_rivals(found, estimate);
  say_of_rivals(found, estimate);
}

}  // namespace spillway
