#include "engine/estimate/wild_cluster.hpp"

#include <algorithm>
#include <cmath>

#include "engine/estimate/gemm.hpp"

namespace spillway {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::ptrdiff_t block = 64;  ///< replicates at a time: scores of 309 clusters stay in the L2 cache

/// Variance of a sum of cell scores: one way, or V1 + V2 - V12, with the larger one-way sum where that is negative.
double clustered_variance(double first, double second, double cells, Eigen::Index others) {
  if (others == 0) return first;
  const double both = first + second - cells;
  return both > 0 ? both : std::max(first, second);
}

}  // namespace

WildCluster::WildCluster(const IvDesign& design, const MomentCovariance& moments, Regressor regressor, WildWeights kind,
                         std::uint64_t seed, long replicates, Parallelism parallelism)
    : parallelism_(parallelism),
      plan_(kind, seed, moments.clusters(), replicates),
      regressor_(regressor) {
  const auto& ways = moments.ways();
  const std::size_t fewest = ways.size() == 2 && ways[1].count < ways[0].count ? 1 : 0;
  column_ = ways[fewest].column;
  multipliers_ = ways[fewest].count;
  others_ = ways.size() == 2 ? ways[1 - fewest].count : 0;
  std::vector<std::int32_t> cell = ways[fewest].of_row;
  cells_ = multipliers_;
  for (std::int32_t g = 0; g < cells_; ++g) multiplier_of_cell_.push_back(g);
  if (others_) {
    cells_ = moments.cells();
    cell = moments.cell_of_row();
    multiplier_of_cell_ = moments.way_of_cell(fewest);
    other_of_cell_ = moments.way_of_cell(1 - fewest);
  }
  factor_ = moments.small_sample_factor(design.parameters());

  Eigen::MatrixXd z = regressor == Regressor::exogenous ? design.s : design.z;
  const Eigen::LLT<Eigen::MatrixXd> root_z(z.transpose() * z);
  z = root_z.matrixL().solve(z.transpose()).transpose();
  Eigen::MatrixXd w = design.w;
  if (w.cols()) {
    const Eigen::LLT<Eigen::MatrixXd> root_w(w.transpose() * w);
    w = root_w.matrixL().solve(w.transpose()).transpose();
  }
  l_ = z.cols();
  p_ = w.cols();
  const Eigen::VectorXd s = design.s.col(0);
  z_y_ = z.transpose() * design.y;
  z_s_ = z.transpose() * s;
  y_y_ = design.yy;
  y_s_ = design.sy(0);
  s_s_ = design.ss(0, 0);
  zy_ = Eigen::MatrixXd::Zero(l_, cells_);
  zs_ = zy_;
  zz_ = Eigen::MatrixXd::Zero(l_ * l_, cells_);
  zw_ = Eigen::MatrixXd::Zero(l_ * p_, cells_);
  wy_ = Eigen::MatrixXd::Zero(p_, cells_);
  ws_ = wy_;
  for (Eigen::Index i = 0; i < design.rows; ++i) {
    const std::int32_t c = cell[static_cast<std::size_t>(i)];
    const double y = design.y(i), x = s(i);
    for (Eigen::Index a = 0; a < l_; ++a) {
      const double za = z(i, a);
      zy_(a, c) += za * y;
      zs_(a, c) += za * x;
      for (Eigen::Index b = 0; b < l_; ++b) zz_(b * l_ + a, c) += za * z(i, b);
      for (Eigen::Index q = 0; q < p_; ++q) zw_(q * l_ + a, c) += za * w(i, q);
    }
    for (Eigen::Index q = 0; q < p_; ++q) {
      wy_(q, c) += w(i, q) * y;
      ws_(q, c) += w(i, q) * x;
    }
  }

  estimate_ = z_s_.dot(z_y_) / z_s_.squaredNorm();
  double each = 0.0;
  Eigen::VectorXd one = Eigen::VectorXd::Zero(multipliers_), two = Eigen::VectorXd::Zero(others_);
  for (Eigen::Index c = 0; c < cells_; ++c) {
    const double score = z_s_.dot(zy_.col(c) - estimate_ * zs_.col(c));
    one(multiplier_of_cell_[static_cast<std::size_t>(c)]) += score;
    if (others_) two(other_of_cell_[static_cast<std::size_t>(c)]) += score;
    each += score * score;
  }
  const double variance = clustered_variance(one.squaredNorm(), two.squaredNorm(), each, others_);
  standard_error_ = std::sqrt(factor_ * variance) / z_s_.squaredNorm();

  // Multiplier-weighted totals do not depend on b: make them once.
  Eigen::MatrixXd features(multipliers_, 2 * l_ + l_ * l_ + 2 * p_ + l_ * p_);
  features.setZero();
  for (Eigen::Index c = 0; c < cells_; ++c) {
    const std::int32_t g = multiplier_of_cell_[static_cast<std::size_t>(c)];
    features.row(g) += (Eigen::RowVectorXd(features.cols()) << zy_.col(c).transpose(), zs_.col(c).transpose(), zz_.col(c).transpose(),
                        wy_.col(c).transpose(), ws_.col(c).transpose(), zw_.col(c).transpose()).finished();
  }
  totals_.resize(features.cols(), plan_.replicates);
  for_each_block(plan_.replicates, block, parallelism_, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    Eigen::MatrixXd weight(multipliers_, to - from);
    plan_.fill(from, to - from, weight.data());
    multiply(features.data(), multipliers_, features.cols(), weight.data(), to - from, totals_.col(from).data());
  });
}

Eigen::VectorXd WildCluster::statistics(double b) const {
  // Efficient first stage under the null: pi = z's - d z'u, d = u'M_z s / u'M_z u.
  const Eigen::VectorXd z_u = z_y_ - b * z_s_;
  Eigen::VectorXd pi = z_s_;
  if (regressor_ == Regressor::instrumented) {
    const double us = y_s_ - b * s_s_ - z_u.dot(z_s_), uu = y_y_ - 2.0 * b * y_s_ + b * b * s_s_ - z_u.squaredNorm();
    if (uu > 0) pi -= us / uu * z_u;
  }
  // Features of a cell's score: with the multiplier (u and v), and without (w's part, and z pi).
  Eigen::MatrixXd moving(2 * l_, cells_), fixed(l_ * p_ + l_, cells_);
  moving.topRows(l_) = zy_ - b * zs_;
  fixed.topRows(l_ * p_) = zw_;
  for (Eigen::Index c = 0; c < cells_; ++c) {
    const Eigen::Map<const Eigen::MatrixXd> zz(zz_.col(c).data(), l_, l_);
    fixed.col(c).tail(l_) = zz * pi;
  }
  moving.bottomRows(l_) = zs_ - fixed.bottomRows(l_);
  if (regressor_ == Regressor::exogenous) moving.bottomRows(l_).setZero();

  Eigen::VectorXd t(plan_.replicates);
  for_each_block(plan_.replicates, block, parallelism_, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    const Eigen::Index count = to - from;
    Eigen::MatrixXd weight(multipliers_, count), on_moving(2 * l_, count), on_fixed(l_ * p_ + l_, count);
    plan_.fill(from, count, weight.data());
    Eigen::VectorXd theta(count), squared(count), d(l_), a(l_), omega(p_);
    for (Eigen::Index r = 0; r < count; ++r) {
      const double* total = totals_.col(from + r).data();
      const Eigen::Map<const Eigen::VectorXd> zy(total, l_), zs(total + l_, l_);
      const Eigen::Map<const Eigen::MatrixXd> zz(total + 2 * l_, l_, l_);
      const double* after = total + 2 * l_ + l_ * l_;
      const Eigen::Map<const Eigen::VectorXd> wy(after, p_), ws(after + p_, p_);
      const Eigen::Map<const Eigen::MatrixXd> zw(after + 2 * p_, l_, p_);
      a = zy - b * zs;
      d = pi;
      if (regressor_ == Regressor::instrumented) d += zs - zz * pi;
      squared(r) = d.squaredNorm();
      theta(r) = d.dot(a) / squared(r);
      omega = wy - b * ws;
      if (regressor_ == Regressor::instrumented) omega -= theta(r) * (ws - zw.transpose() * pi);
      on_moving.col(r).head(l_) = d;
      on_moving.col(r).tail(l_) = -theta(r) * d;
      for (Eigen::Index q = 0; q < p_; ++q) on_fixed.col(r).segment(q * l_, l_) = omega(q) * d;
      on_fixed.col(r).tail(l_) = theta(r) * d;
    }
    Eigen::MatrixXd moved(cells_, count), kept(cells_, count);
    multiply(moving.data(), 2 * l_, cells_, on_moving.data(), count, moved.data());
    multiply(fixed.data(), l_ * p_ + l_, cells_, on_fixed.data(), count, kept.data());
    Eigen::VectorXd one(multipliers_), two(others_);
    for (Eigen::Index r = 0; r < count; ++r) {
      double variance = 0.0;
      if (others_ == 0) {
        variance = (weight.col(r).array() * moved.col(r).array() - kept.col(r).array()).square().sum();
      } else {
        one.setZero();
        two.setZero();
        double each = 0.0;
        for (Eigen::Index c = 0; c < cells_; ++c) {
          const std::int32_t g = multiplier_of_cell_[static_cast<std::size_t>(c)];
          const double score = weight(g, r) * moved(c, r) - kept(c, r);
          one(g) += score;
          two(other_of_cell_[static_cast<std::size_t>(c)]) += score;
          each += score * score;
        }
        variance = clustered_variance(one.squaredNorm(), two.squaredNorm(), each, others_);
      }
      t(from + r) = variance > 0 ? theta(r) * squared(r) / std::sqrt(factor_ * variance) : nan;
    }
  });
  return t;
}

WildTest WildCluster::test(double b, Residuals residuals) const {
  WildTest result;
  result.t = (estimate_ - b) / standard_error_;
  const Eigen::VectorXd all = statistics(residuals == Residuals::restricted ? b : estimate_);
  long above = 0, below = 0, beyond = 0;
  const double slack = 1e-9 * std::abs(result.t);
  for (const double t : all) {
    if (std::isnan(t)) continue;
    ++result.replicates;
    above += t >= result.t - slack;
    below += t <= result.t + slack;
    beyond += std::abs(t) >= std::abs(result.t) - slack;
  }
  const long own = plan_.draws == WildPlan::Draws::random ? 1 : 0;
  const auto total = static_cast<double>(result.replicates + own);
  result.p_symmetric = static_cast<double>(beyond + own) / total;
  result.p_equal_tail = std::min(1.0, 2.0 * static_cast<double>(std::min(above, below) + own) / total);
  return result;
}

double WildCluster::excess(double b, double level, double tail) const {
  Eigen::VectorXd all = statistics(b);
  std::vector<double> t;
  t.reserve(static_cast<std::size_t>(all.size()));
  for (const double value : all)
    if (!std::isnan(value)) t.push_back(tail * value);
  const long own = plan_.draws == WildPlan::Draws::random ? 1 : 0;
  const auto rank = static_cast<std::ptrdiff_t>(std::floor(0.5 * (1.0 - level) * static_cast<double>(static_cast<long>(t.size()) + own) + 1e-9));
  if (rank < 1) return nan;
  // Accepted: at least `rank` of the t* are as large as t.
  std::nth_element(t.begin(), t.end() - rank, t.end());
  return tail * (estimate_ - b) / standard_error_ - *(t.end() - rank);
}

std::pair<double, double> WildCluster::interval(double level) const {
  if (std::isnan(excess(estimate_, level, 1.0))) return {nan, nan};
  const auto end = [&](double tail) {
    double inside = estimate_, outside = estimate_, at_inside = excess(inside, level, tail), at_outside = at_inside;
    double step = 2.0 * standard_error_;
    // 2^14 standard errors out the test no longer changes: an interval that reaches there is unbounded.
    int doubling = 0;
    for (; doubling < 14; ++doubling, step *= 2.0) {
      outside = estimate_ - tail * step;
      at_outside = excess(outside, level, tail);
      if (at_outside > 0) break;
      inside = outside;
      at_inside = at_outside;
    }
    if (doubling == 14) return -tail * infinity;
    // Illinois: secant steps that keep the bracket, to a thousandth of a per cent of a standard error.
    for (int iteration = 0; iteration < 60 && std::abs(outside - inside) > 1e-5 * standard_error_; ++iteration) {
      double next = inside - at_inside * (outside - inside) / (at_outside - at_inside);
      const double nearest = 0.01 * std::abs(outside - inside);
      const double low = std::min(inside, outside) + nearest, high = std::max(inside, outside) - nearest;
      next = std::clamp(next, low, high);
      const double value = excess(next, level, tail);
      if (value > 0) {
        outside = next;
        at_outside = value;
        at_inside *= 0.5;
      } else {
        inside = next;
        at_inside = value;
        at_outside *= 0.5;
      }
    }
    return inside;
  };
  return {end(1.0), end(-1.0)};
}

}  // namespace spillway
