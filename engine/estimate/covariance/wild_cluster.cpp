#include "engine/estimate/covariance/wild_cluster.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/base/constants.hpp"
#include "engine/estimate/covariance/wild_kernels.hpp"
#include "engine/estimate/gemm.hpp"

namespace spillway {

namespace {

constexpr std::ptrdiff_t block = 128;  ///< replicates at a time: scores of 309 clusters stay in the L2 cache

constexpr Eigen::Index kTogether = kernels::kWildReplicates;
static_assert(block % kTogether == 0);

/// Columns of `made`, one a replicate, as the kernel reads them; a last group is filled up with its last one.
void side_by_side(const Eigen::MatrixXd& made, double* out) {
  for (Eigen::Index first = 0; first < made.cols(); first += kTogether, out += made.rows() * kTogether)
    for (Eigen::Index r = 0; r < kTogether; ++r) {
      const double* from = made.col(std::min(first + r, made.cols() - 1)).data();
      for (Eigen::Index v = 0; v < made.rows(); ++v) out[v * kTogether + r] = from[v];
    }
}

/// Place of (a, b), a <= b, in the upper triangle by columns; of (0, n): its size.
constexpr Eigen::Index symmetric(Eigen::Index a, Eigen::Index b) { return b * (b + 1) / 2 + a; }

/// Variance of a sum of cell scores: one way, or V1 + V2 - V12, with the larger one-way sum where that is
/// negative.
double clustered_variance(double first, double second, double cells, Eigen::Index others) {
  if (others == 0) return first;
  const double both = first + second - cells;
  return both > 0 ? both : std::max(first, second);
}

}  // namespace

WildCluster::WildCluster(const IvDesign& design, const MomentCovariance& moments, Regressor regressor,
                         WildWeights kind, std::uint64_t seed, long replicates, Parallelism parallelism)
    : parallelism_(parallelism), plan_(kind, seed, moments.clusters(), replicates), regressor_(regressor) {
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
  z_s_ = z.transpose() * s;
  estimate_ = z_s_.dot(z.transpose() * design.y) / z_s_.squaredNorm();
  // Around the estimate, so that sums of squares do not cancel.
  const Eigen::VectorXd u = design.y - estimate_ * s;
  z_u_ = z.transpose() * u;
  u_u_ = u.squaredNorm();
  u_s_ = u.dot(s);
  s_s_ = design.ss(0, 0);
  const Eigen::Index squares = symmetric(0, l_);  // z z' is symmetric: its upper triangle by columns
  moving_ = 2 * l_ + squares;
  fixed_ = squares + l_ * p_;
  features_ = Eigen::MatrixXd::Zero(2 * l_ + fixed_, cells_);
  Eigen::MatrixXd on_w = Eigen::MatrixXd::Zero(2 * p_, cells_);
  for (Eigen::Index i = 0; i < design.rows; ++i) {
    const std::int32_t c = cell[static_cast<std::size_t>(i)];
    double* f = features_.col(c).data();
    for (Eigen::Index a = 0; a < l_; ++a) {
      const double za = z(i, a);
      f[a] += za * u(i);
      f[l_ + a] += za * s(i);
      for (Eigen::Index b = a; b < l_; ++b) f[2 * l_ + symmetric(a, b)] += za * z(i, b);
      for (Eigen::Index q = 0; q < p_; ++q) f[moving_ + q * l_ + a] += za * w(i, q);
    }
    for (Eigen::Index q = 0; q < p_; ++q) {
      on_w(q, c) += w(i, q) * u(i);
      on_w(p_ + q, c) += w(i, q) * s(i);
    }
  }

  double each = 0.0;
  Eigen::VectorXd one = Eigen::VectorXd::Zero(multipliers_), two = Eigen::VectorXd::Zero(others_);
  for (Eigen::Index c = 0; c < cells_; ++c) {
    const double score = z_s_.dot(features_.col(c).head(l_));
    one(multiplier_of_cell_[static_cast<std::size_t>(c)]) += score;
    if (others_) two(other_of_cell_[static_cast<std::size_t>(c)]) += score;
    each += score * score;
  }
  const double variance = clustered_variance(one.squaredNorm(), two.squaredNorm(), each, others_);
  standard_error_ = std::sqrt(factor_ * variance) / z_s_.squaredNorm();
  prepare_replicates(on_w);
}

void WildCluster::prepare_replicates(const Eigen::MatrixXd& on_w) {
  const Eigen::Index width = features_.rows(), packed = moving_ * (moving_ + 1) / 2;
  Eigen::MatrixXd totals = Eigen::MatrixXd::Zero(multipliers_, width + 2 * p_);
  Eigen::MatrixXd by_other = Eigen::MatrixXd::Zero(width, others_);
  std::vector<std::vector<Eigen::Index>> cells_of_other(static_cast<std::size_t>(others_));
  for (Eigen::Index c = 0; c < cells_; ++c) {
    const auto g = multiplier_of_cell_[static_cast<std::size_t>(c)];
    totals.row(g).head(width) += features_.col(c).transpose();
    totals.row(g).tail(2 * p_) += on_w.col(c).transpose();
    if (!others_) continue;
    by_other.col(other_of_cell_[static_cast<std::size_t>(c)]) += features_.col(c);
    cells_of_other[static_cast<std::size_t>(other_of_cell_[static_cast<std::size_t>(c)])].push_back(c);
  }
  // Products f f' of the pairs of cells that share a cluster in either way, by the multipliers they carry:
  // q_g q_h in A, q_g in B, none in C.
  std::map<std::pair<std::int32_t, std::int32_t>, Eigen::MatrixXd> product;
  Eigen::MatrixXd crosses(multipliers_, moving_ * fixed_);
  constant_ = Eigen::MatrixXd::Zero(fixed_, fixed_);
  for (std::int32_t g = 0; g < multipliers_; ++g) {
    const Eigen::VectorXd f = totals.row(g).head(width).transpose();
    product[{g, g}] = f.head(moving_) * f.head(moving_).transpose();
    Eigen::Map<Eigen::MatrixXd, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>(
        crosses.data() + g, moving_, fixed_, {multipliers_ * moving_, multipliers_}) =
        f.head(moving_) * f.tail(fixed_).transpose();
    constant_ += f.tail(fixed_) * f.tail(fixed_).transpose();
  }
  for (Eigen::Index c = 0; others_ && c < cells_; ++c) {
    const auto g = multiplier_of_cell_[static_cast<std::size_t>(c)];
    const auto& together =
        cells_of_other[static_cast<std::size_t>(other_of_cell_[static_cast<std::size_t>(c)])];
    if (together.size() < 2) continue;
    const Eigen::VectorXd rest = by_other.col(other_of_cell_[static_cast<std::size_t>(c)]) - features_.col(c);
    Eigen::Map<Eigen::MatrixXd, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>(
        crosses.data() + g, moving_, fixed_, {multipliers_ * moving_, multipliers_}) +=
        features_.col(c).head(moving_) * rest.tail(fixed_).transpose();
    constant_ += features_.col(c).tail(fixed_) * rest.tail(fixed_).transpose();
    for (const Eigen::Index other : together) {
      if (other <= c) continue;
      const auto h = multiplier_of_cell_[static_cast<std::size_t>(other)];
      Eigen::MatrixXd& sum =
          product.try_emplace({std::min(g, h), std::max(g, h)}, Eigen::MatrixXd::Zero(moving_, moving_))
              .first->second;
      const Eigen::MatrixXd outer =
          features_.col(c).head(moving_) * features_.col(other).head(moving_).transpose();
      sum += outer + outer.transpose();
    }
  }
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs;
  Eigen::MatrixXd squares(static_cast<Eigen::Index>(product.size()), packed);
  for (const auto& [pair, sum] : product) {
    const auto row = static_cast<Eigen::Index>(pairs.size());
    pairs.push_back(pair);
    for (Eigen::Index b = 0, k = 0; b < moving_; ++b)
      for (Eigen::Index a = 0; a <= b; ++a, ++k) squares(row, k) = (a == b ? 1.0 : 2.0) * sum(a, b);
  }
  const Eigen::Index groups = (plan_.replicates + kTogether - 1) / kTogether;
  totals_.resize(totals.cols() * kTogether, groups);
  squares_.resize(packed * kTogether, groups);
  crosses_.resize(moving_ * fixed_ * kTogether, groups);
  for_each_block(plan_.replicates, block, parallelism_, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    const Eigen::Index count = to - from;
    Eigen::MatrixXd weight(multipliers_, count), both(squares.rows(), count), made;
    plan_.fill(from, count, weight.data());
    for (Eigen::Index r = 0; r < count; ++r) {
      const double* of_replicate = weight.col(r).data();
      double* out = both.col(r).data();
      for (const auto& [g, h] : pairs) *out++ = of_replicate[g] * of_replicate[h];
    }
    const auto put = [&](const Eigen::MatrixXd& sums, const Eigen::MatrixXd& by, Eigen::MatrixXd& out) {
      made.resize(sums.cols(), count);
      multiply(sums.data(), sums.rows(), sums.cols(), by.data(), count, made.data());
      side_by_side(made, out.col(from / kTogether).data());
    };
    put(totals, weight, totals_);
    put(squares, both, squares_);
    put(crosses, weight, crosses_);
  });
}

double WildCluster::direct_variance(Eigen::Index replicate, const double* moving, const double* fixed) const {
  Eigen::VectorXd weight(multipliers_), one = Eigen::VectorXd::Zero(multipliers_),
                                        two = Eigen::VectorXd::Zero(others_);
  plan_.fill(replicate, 1, weight.data());
  double each = 0.0;
  for (Eigen::Index c = 0; c < cells_; ++c) {
    const auto g = multiplier_of_cell_[static_cast<std::size_t>(c)];
    const double score =
        weight(g) * features_.col(c).head(moving_).dot(Eigen::Map<const Eigen::VectorXd>(moving, moving_)) -
        features_.col(c).tail(fixed_).dot(Eigen::Map<const Eigen::VectorXd>(fixed, fixed_));
    one(g) += score;
    if (others_) two(other_of_cell_[static_cast<std::size_t>(c)]) += score;
    each += score * score;
  }
  return clustered_variance(one.squaredNorm(), two.squaredNorm(), each, others_);
}

Eigen::VectorXd WildCluster::statistics(double b) const {
  const bool instrumented = regressor_ == Regressor::instrumented;
  const double shift = b - estimate_;  // u(b) = u - shift s
  // Efficient first stage under the null: pi = z's - d z'u, d = u'M_z s / u'M_z u.
  const Eigen::VectorXd z_u = z_u_ - shift * z_s_;
  Eigen::VectorXd pi = z_s_;
  if (instrumented) {
    const double us = u_s_ - shift * s_s_ - z_u.dot(z_s_),
                 uu = u_u_ - 2.0 * shift * u_s_ + shift * shift * s_s_ - z_u.squaredNorm();
    if (uu > 0) pi -= us / uu * z_u;
  }
  Eigen::VectorXd t(plan_.replicates);
  for_each_block(
      (plan_.replicates + kTogether - 1) / kTogether, 128, parallelism_,
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        const auto statistics = kernels::wild_statistics();
        std::vector<double> work((l_ + p_) * kTogether), m(moving_ * kTogether), k(fixed_ * kTogether);
        Eigen::VectorXd m_of(moving_), k_of(fixed_);
        double numerator[kTogether], variance[kTogether];
        for (std::ptrdiff_t g = begin; g < end; ++g) {
          statistics({l_, p_, instrumented, shift, pi.data(), constant_.data(), totals_.col(g).data(),
                      squares_.col(g).data(), crosses_.col(g).data(), work.data(), m.data(), k.data(),
                      numerator, variance});
          const Eigen::Index first = g * kTogether, count = std::min(kTogether, plan_.replicates - first);
          for (Eigen::Index r = 0; r < count; ++r) {
            if (!(variance[r] > 0.0)) {
              for (Eigen::Index v = 0; v < moving_; ++v) m_of(v) = m[v * kTogether + r];
              for (Eigen::Index v = 0; v < fixed_; ++v) k_of(v) = k[v * kTogether + r];
              variance[r] = direct_variance(first + r, m_of.data(), k_of.data());
            }
            t(first + r) = variance[r] > 0 ? numerator[r] / std::sqrt(factor_ * variance[r]) : nan;
          }
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

double WildCluster::excess(double b, double level, double tail, const Eigen::VectorXd& all) const {
  std::vector<double> t;
  t.reserve(static_cast<std::size_t>(all.size()));
  for (const double value : all)
    if (!std::isnan(value)) t.push_back(tail * value);
  const long own = plan_.draws == WildPlan::Draws::random ? 1 : 0;
  // Accepted: p above 1 - level, as test() counts it. One of random draws is the data's own, so it is in the
  // p-value and not here; of every sign vector the identity is here. Both tails share ties: within 1e-9.
  const auto total = static_cast<double>(static_cast<long>(t.size()) + own);
  const auto rank = static_cast<std::ptrdiff_t>(std::floor(0.5 * (1.0 - level) * total + 1e-9)) + 1 - own;
  if (rank < 1 || rank > static_cast<std::ptrdiff_t>(t.size())) return nan;
  std::nth_element(t.begin(), t.end() - rank, t.end());
  const double at = tail * (estimate_ - b) / standard_error_;
  return at - 1e-9 * std::abs(at) - *(t.end() - rank);
}

std::pair<double, double> WildCluster::interval(double level) const {
  const Eigen::VectorXd at_estimate = statistics(estimate_);
  if (std::isnan(excess(estimate_, level, 1.0, at_estimate))) return {nan, nan};
  const auto end = [&](double tail) {
    double inside = estimate_, outside = estimate_, at_inside = excess(inside, level, tail, at_estimate),
           at_outside = at_inside;
    double step = 2.0 * standard_error_;
    // 2^14 standard errors out the test no longer changes: an interval that reaches there is unbounded.
    int doubling = 0;
    for (; doubling < 14; ++doubling, step *= 2.0) {
      outside = estimate_ - tail * step;
      at_outside = excess(outside, level, tail, statistics(outside));
      if (at_outside > 0) break;
      inside = outside;
      at_inside = at_outside;
    }
    if (doubling == 14) return -tail * infinity;
    // Illinois: secant steps that keep the bracket, to a hundredth of a per cent of a standard error: with B
    // = 9,999 the end itself is known to about two per cent of one.
    for (int iteration = 0; iteration < 60 && std::abs(outside - inside) > 1e-4 * standard_error_;
         ++iteration) {
      double next = inside - at_inside * (outside - inside) / (at_outside - at_inside);
      const double nearest = 0.01 * std::abs(outside - inside);
      const double low = std::min(inside, outside) + nearest, high = std::max(inside, outside) - nearest;
      next = std::clamp(next, low, high);
      const double value = excess(next, level, tail, statistics(next));
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
