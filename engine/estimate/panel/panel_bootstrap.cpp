#include "engine/estimate/panel/panel_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/streams.hpp"
#include "engine/estimate/gemm.hpp"
#include "engine/estimate/panel/panel_diagnostics.hpp"

namespace spillway {

namespace {
/// An area's part of S: its periods' dummies, less their mean over it beside area effects.
void add_periods_of(const UnbalancedEffects& effects, Eigen::Index i, double* size) {
  const Eigen::VectorXd seen = effects.seen().row(i).transpose();
  Eigen::Map<Eigen::MatrixXd> s(size, seen.size(), seen.size());
  s.diagonal() += seen;
  if (effects.area_means() == AreaMeans::removed) s -= seen * seen.transpose() / effects.of_area(i);
}
}  // namespace

PanelStatistics cluster_statistics(const TransformedPanel& panel,
                                   const std::vector<std::int32_t>& cluster_of_row, Eigen::Index clusters,
                                   const CorrectedScore* correction, Parallelism parallelism) {
  PanelStatistics statistics;
  statistics.regressors = panel.regressors();
  statistics.lags = panel.lags;
  statistics.own_lags = panel.own_lags;
  statistics.second_lags = panel.second_lags;
  statistics.periods = panel.periods;
  statistics.groups = panel.groups;
  statistics.names = panel.names;
  if (panel.unbalanced) statistics.balance = PanelStatistics::Balance::unbalanced;
  statistics.corrected_rows = correction ? panel.dynamic() : 0;
  const int p = statistics.regressors, stride = statistics.stride();
  std::vector<std::vector<std::int32_t>> members(static_cast<std::size_t>(clusters));
  for (Eigen::Index i = 0; i < panel.areas; ++i)
    if (const auto g = cluster_of_row[static_cast<std::size_t>(i)]; g >= 0)
      members[static_cast<std::size_t>(g)].push_back(static_cast<std::int32_t>(i));
  statistics.value.resize(clusters, statistics.count());
  for (const auto& areas : members) statistics.clusters_used += areas.empty() ? 0 : 1;
  for_each_block(clusters, 8, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Eigen::VectorXd own(statistics.count());
    for (std::ptrdiff_t g = begin; g < end; ++g) {
      own.setZero();
      for (Eigen::Index t = 0; t < panel.periods; ++t)
        for (const auto i : members[static_cast<std::size_t>(g)]) {
          const double* z = panel.row(t, i);
          double* cross = own.data();
          for (int c = 0; c < stride; ++c)
            for (int f = 0; f <= c && f + c < 2 * p; ++f) *cross++ += z[f] * z[c];
          if (panel.groups == 0) continue;
          double* sum = own.data() + statistics.sum(panel.group[static_cast<std::size_t>(i)], t, 0);
          for (int f = 0; f < stride; ++f) sum[f] += z[f];
        }
      for (const auto i : members[static_cast<std::size_t>(g)]) {
        if (panel.groups > 0 && panel.unbalanced)
          add_periods_of(*panel.unbalanced, i,
                         own.data() + statistics.size(panel.group[static_cast<std::size_t>(i)]));
        else if (panel.groups > 0)
          own(statistics.size(panel.group[static_cast<std::size_t>(i)])) += 1.0;
        if (!correction) continue;
        for (int e = 0; e < correction->equations; ++e) {
          const double* q = correction->area_q.data() +
                            (static_cast<Eigen::Index>(i) * correction->equations + e) * (1 + p);
          const int row = correction->row(e, panel.type[static_cast<std::size_t>(i)]);
          own(statistics.q(row)) += q[0];
          for (int d = 0; d < p; ++d) own(statistics.dq(row, d)) += q[1 + d];
        }
      }
      statistics.value.row(g) = own;
    }
  });
  return statistics;
}

namespace {
/// v_g of effective_clusters(): regressors x clusters.
Eigen::MatrixXd squares_by_cluster(const PanelStatistics& s) {
  const int p = s.regressors;
  const Eigen::RowVectorXd total = s.value.colwise().sum();
  const auto cross = [&](const auto& sums) {
    Eigen::MatrixXd c(p, p);
    for (int k = 0; k < p; ++k)
      for (int f = 0; f <= k; ++f) c(f, k) = c(k, f) = sums(PanelStatistics::cross(f, k));
    return c;
  };
  const Eigen::MatrixXd inverse = cross(total).inverse();
  Eigen::MatrixXd squares(p, s.value.rows());
  for (Eigen::Index g = 0; g < s.value.rows(); ++g)
    squares.col(g) = (inverse * cross(s.value.row(g)) * inverse).diagonal();
  return squares;
}

Eigen::VectorXd count_effective(const PanelStatistics& s) {
  const Eigen::MatrixXd squares = squares_by_cluster(s);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(squares.rows()), square = sum;
  for (Eigen::Index g = 0; g < squares.cols(); ++g) {
    sum += squares.col(g);
    square += squares.col(g).cwiseAbs2();
  }
  return sum.cwiseAbs2().cwiseQuotient(square);
}

Eigen::VectorXd raw(const PanelResampled::Part& part, const Eigen::VectorXd& coefficients) {
  return part.raw_map.size() > 0 ? Eigen::VectorXd(part.raw_map * coefficients) : coefficients;
}
}  // namespace

PanelResampled::PanelResampled(std::vector<Part> parts, Eigen::VectorXd coefficients,
                               std::vector<std::pair<int, int>> contrasts, Studentise studentise)
    : parts_(std::move(parts)),
      coefficients_(std::move(coefficients)),
      contrasts_(std::move(contrasts)),
      studentise_(studentise) {
  const PanelStatistics& first = parts_.front().statistics;
  const int p = first.regressors;
  parameters_ = first.names;
  const auto bare = [&](int k) {
    const std::string& name = first.names[static_cast<std::size_t>(k)];
    return name.substr(name.find(':') + 1);
  };
  for (const auto& [a, b] : contrasts_) parameters_.push_back("difference:" + bare(a) + "-" + bare(b));
  unit_.resize(p);
  for (int c = 0; c < p; ++c) {
    const double square = first.value.col(PanelStatistics::cross(c, c)).sum();
    unit_(c) = square > 0.0 ? 1.0 / std::sqrt(square) : 1.0;
  }
  if (studentise_ == Studentise::no) return;
  transposed_ = first.value.transpose();
  const Eigen::VectorXd total = first.value.colwise().sum();
  const PanelSolution solution = solve(first, total.data());
  Eigen::MatrixXd form(first.count(), p);
  linear_form(first, total.data(), solution, form.data());
  const Eigen::MatrixXd influence = first.value * form;  // clusters x p
  const double used = static_cast<double>(first.clusters_used);
  Eigen::MatrixXd pick = Eigen::MatrixXd::Zero(p, static_cast<Eigen::Index>(parameters_.size()));
  pick.leftCols(p).setIdentity();
  for (std::size_t k = 0; k < contrasts_.size(); ++k) {
    pick(contrasts_[k].first, p + static_cast<Eigen::Index>(k)) = 1.0;
    pick(contrasts_[k].second, p + static_cast<Eigen::Index>(k)) = -1.0;
  }
  const Eigen::MatrixXd all = influence * pick;
  effective_clusters_ = count_effective(first);
  joint_covariance_ = used > 1.0 ? Eigen::MatrixXd(used / (used - 1.0) * all.transpose() * all)
                                 : Eigen::MatrixXd::Constant(all.cols(), all.cols(),
                                                             std::numeric_limits<double>::quiet_NaN());
}

PanelSolution PanelResampled::solve(const PanelStatistics& s, const double* sums) const {
  const int p = s.regressors;
  PanelSolution solution;
  Eigen::MatrixXd cross(p, p);
  Eigen::VectorXd target(p);
  for (int c = 0; c < p; ++c) {
    for (int f = 0; f <= c; ++f) cross(f, c) = sums[PanelStatistics::cross(f, c)];
    target(c) = sums[PanelStatistics::cross(c, p)];
  }
  const bool balanced = s.balance == PanelStatistics::Balance::balanced;
  for (Eigen::Index j = 0; j < s.groups && !balanced; ++j) {
    const Eigen::Map<const Eigen::MatrixXd> size(sums + s.size(j), s.periods, s.periods),
        m(sums + s.sum(j, 0, 0), s.stride(), s.periods);
    // A resample may not link all its periods: of the solutions any is as good.
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> factor;
    factor.setThreshold(1e-10);
    factor.compute(size);
    const Eigen::MatrixXd taken = m * factor.solve(m.transpose());
    cross -= taken.topLeftCorner(p, p);
    target -= taken.topRightCorner(p, 1);
  }
  for (Eigen::Index j = 0; j < s.groups && balanced; ++j) {
    const double size = sums[s.size(j)];
    if (!(size > 0.0)) continue;
    for (Eigen::Index t = 0; t < s.periods; ++t) {
      const double* m = sums + s.sum(j, t, 0);
      for (int c = 0; c < p; ++c) {
        const double scaled = m[c] / size;
        for (int f = 0; f <= c; ++f) cross(f, c) -= m[f] * scaled;
        target(c) -= m[p] * scaled;
      }
    }
  }
  cross.triangularView<Eigen::StrictlyLower>() = cross.transpose();
  Eigen::VectorXd gradient = target;
  solution.jacobian = cross;
  if (s.corrected_rows > 0) {
    gradient -= cross * coefficients_;
    for (int r = 0; r < s.corrected_rows; ++r) {
      gradient(r) -= sums[s.q(r)];
      for (int d = 0; d < p; ++d) solution.jacobian(r, d) += sums[s.dq(r, d)];
    }
  }
  const Eigen::PartialPivLU<Eigen::MatrixXd> lu(unit_.asDiagonal() * solution.jacobian * unit_.asDiagonal());
  if (!(lu.matrixLU().diagonal().cwiseAbs().minCoeff() > 1e-11)) {
    solution.status = 1;
    solution.coefficients = Eigen::VectorXd::Constant(p, std::numeric_limits<double>::quiet_NaN());
    return solution;
  }
  solution.coefficients = unit_.asDiagonal() * lu.solve(unit_.asDiagonal() * gradient);
  if (s.corrected_rows > 0) solution.coefficients += coefficients_;
  solution.status = stationarity(solution.coefficients);
  return solution;
}

std::uint8_t PanelResampled::stationarity(const Eigen::Ref<const Eigen::VectorXd>& theta) const {
  const PanelStatistics& s = parts_.front().statistics;
  return stationary_root(s.lags, s.own_lags, s.second_lags, theta) >= 1.0 ? 3 : 0;
}

void PanelResampled::linear_form(const PanelStatistics& s, const double* sums, const PanelSolution& solution,
                                 double* form) const {
  // Influence of cluster g on coefficient k: row k of J^-1 times its score at theta_b,
  //   c_g (1, -theta) - sum_jt [ M^x_gjt tau_jt + xbar_jt (M^u_gjt - n_gj tau_jt) ] - q_g - dq_g (theta_b -
  //   theta),
  // u = y - X theta_b, tau_jt = M^u_jt / n_j, xbar_jt = M^x_jt / n_j: linear in the statistics of g.
  const int p = s.regressors;
  const Eigen::Index count = s.count();
  const Eigen::MatrixXd inverse = unit_.asDiagonal() *
                                  (unit_.asDiagonal() * solution.jacobian * unit_.asDiagonal()).inverse() *
                                  unit_.asDiagonal();
  const Eigen::VectorXd& theta = solution.coefficients;
  std::vector<double> tau(static_cast<std::size_t>(s.groups * s.periods), 0.0);
  for (Eigen::Index j = 0; j < s.groups; ++j) {
    const double size = sums[s.size(j)];
    if (!(size > 0.0)) continue;
    for (Eigen::Index t = 0; t < s.periods; ++t) {
      const double* m = sums + s.sum(j, t, 0);
      double value = m[p];
      for (int d = 0; d < p; ++d) value -= m[d] * theta(d);
      tau[static_cast<std::size_t>(j * s.periods + t)] = value / size;
    }
  }
  for (int k = 0; k < p; ++k) {
    double* out = form + k * count;
    for (int c = 0; c < p; ++c) {
      for (int f = 0; f < c; ++f)
        out[PanelStatistics::cross(f, c)] = -inverse(k, c) * theta(f) - inverse(k, f) * theta(c);
      out[PanelStatistics::cross(c, c)] = -inverse(k, c) * theta(c);
      out[PanelStatistics::cross(c, p)] = inverse(k, c);
    }
    for (Eigen::Index j = 0; j < s.groups; ++j) {
      const double size = sums[s.size(j)];
      double of_size = 0.0;
      for (Eigen::Index t = 0; t < s.periods; ++t) {
        const double* m = sums + s.sum(j, t, 0);
        double* o = out + s.sum(j, t, 0);
        double mean = 0.0;
        if (size > 0.0)
          for (int c = 0; c < p; ++c) mean += inverse(k, c) * m[c] / size;
        const double shock = tau[static_cast<std::size_t>(j * s.periods + t)];
        for (int d = 0; d < p; ++d) o[d] = -inverse(k, d) * shock + mean * theta(d);
        o[p] = -mean;
        of_size += mean * shock;
      }
      out[s.size(j)] = of_size;
    }
    for (int r = 0; r < s.corrected_rows; ++r) {
      out[s.q(r)] = -inverse(k, r);
      for (int d = 0; d < p; ++d) out[s.dq(r, d)] = -inverse(k, r) * (theta(d) - coefficients_(d));
    }
  }
}

void PanelResampled::evaluate_cells(ReplicateBlock& block) const {
  const auto p = coefficients_.size(), cells = cell_draws.influence.cols();
  block.t.setConstant(std::numeric_limits<double>::quiet_NaN());
  Eigen::VectorXd sign(cells);
  for (long b = 0; b < block.count; ++b) {
    Stream stream(cell_draws.seed, Purpose::wild_signs, static_cast<std::uint64_t>(block.first + b));
    std::uint32_t bits = 0;
    for (Eigen::Index c = 0; c < cells; ++c, bits >>= 1) {
      if (c % 32 == 0) bits = stream.next();
      sign(c) = bits & 1u ? 1.0 : -1.0;
    }
    const Eigen::VectorXd theta = coefficients_ + cell_draws.influence * sign;
    block.value.col(b).head(p) = theta;
    for (std::size_t k = 0; k < contrasts_.size(); ++k)
      block.value(p + static_cast<Eigen::Index>(k), b) =
          theta(contrasts_[k].first) - theta(contrasts_[k].second);
    block.status[static_cast<std::size_t>(b)] = stationarity(theta);
  }
}

void PanelResampled::evaluate(ReplicateBlock& block) const {
  if (cell_draws.influence.cols() > 0) return evaluate_cells(block);
  refit(block);
}

void PanelResampled::refit(ReplicateBlock& block) const {
  // With percentile-t their influences (clusters x coefficients x few) stay in the second-level cache;
  // without, statistics are packed for the product once for all.
  const long few = studentise_ == Studentise::yes ? 32 : block.count;
  for (long first = 0; first < block.count; first += few)
    evaluate_few(block, first, std::min(few, block.count - first));
}

void PanelResampled::evaluate_few(ReplicateBlock& block, long first, long count) const {
  const Eigen::Index clusters = block.clusters;
  const double* weight = block.weight + first * clusters;
  const int p = parts_.front().statistics.regressors;
  const auto parameters = static_cast<Eigen::Index>(parameters_.size());
  Eigen::MatrixXd value = Eigen::MatrixXd::Zero(p, count), sums, forms;
  const bool studentised = studentise_ == Studentise::yes;
  if (studentised) forms.resize(parts_.front().statistics.count(), p * count);
  for (const Part& part : parts_) {
    const PanelStatistics& s = part.statistics;
    sums.resize(s.count(), count);
    multiply(s.value.data(), clusters, s.count(), weight, count, sums.data());
    for (long b = 0; b < count; ++b) {
      const PanelSolution solution = solve(s, sums.col(b).data());
      auto& status = block.status[static_cast<std::size_t>(first + b)];
      status = std::max(status, solution.status);
      value.col(b) += part.weight * raw(part, solution.coefficients);
      if (!studentised) continue;
      if (solution.status == 1)
        forms.middleCols(p * b, p).setConstant(std::numeric_limits<double>::quiet_NaN());
      else
        linear_form(s, sums.col(b).data(), solution, forms.col(p * b).data());
    }
  }
  block.value.block(0, first, p, count) = value;
  for (std::size_t k = 0; k < contrasts_.size(); ++k)
    block.value.row(p + static_cast<Eigen::Index>(k)).segment(first, count) =
        value.row(contrasts_[k].first) - value.row(contrasts_[k].second);
  block.t.middleCols(first, count).setConstant(std::numeric_limits<double>::quiet_NaN());
  if (!studentised) return;

  Eigen::MatrixXd influence(clusters, p * count);
  multiply(transposed_.data(), transposed_.rows(), clusters, forms.data(), p * count, influence.data());
  const double used = static_cast<double>(parts_.front().statistics.clusters_used),
               factor = used / (used - 1.0);
  for (long b = 0; b < count; ++b) {
    const Eigen::Map<const Eigen::ArrayXd> w(weight + b * clusters, clusters);
    for (Eigen::Index k = 0; k < parameters; ++k) {
      double variance, distance;
      if (k < p) {
        variance = (influence.col(p * b + k).array().square() * w).sum();
        distance = value(k, b) - coefficients_(k);
      } else {
        const auto& [a, c] = contrasts_[static_cast<std::size_t>(k - p)];
        variance = ((influence.col(p * b + a) - influence.col(p * b + c)).array().square() * w).sum();
        distance = value(a, b) - value(c, b) - (coefficients_(a) - coefficients_(c));
      }
      block.t(k, first + b) = distance / std::sqrt(factor * variance);
    }
  }
}

Eigen::MatrixXd PanelResampled::partial_leverage() const {
  Eigen::MatrixXd share = squares_by_cluster(parts_.front().statistics);
  for (Eigen::Index k = 0; k < share.rows(); ++k) share.row(k) /= share.row(k).sum();
  share.conservativeResize(static_cast<Eigen::Index>(parameters_.size()), Eigen::NoChange);
  share.bottomRows(share.rows() - coefficients_.size()).setConstant(std::numeric_limits<double>::quiet_NaN());
  return share;
}

Eigen::MatrixXd PanelResampled::leave_one_out() const {
  const Eigen::Index clusters = parts_.front().statistics.value.rows();
  const int p = parts_.front().statistics.regressors;
  Eigen::MatrixXd value = Eigen::MatrixXd::Zero(p, clusters);
  for (const Part& part : parts_) {
    const Eigen::VectorXd total = part.statistics.value.colwise().sum();
    for (Eigen::Index g = 0; g < clusters; ++g) {
      const Eigen::VectorXd rest = total - part.statistics.value.row(g).transpose();
      value.col(g) += part.weight * raw(part, solve(part.statistics, rest.data()).coefficients);
    }
  }
  return value;
}

}  // namespace spillway
