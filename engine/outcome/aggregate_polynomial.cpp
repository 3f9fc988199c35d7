#include "engine/outcome/aggregate_polynomial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/base/error.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {

constexpr long kMostMonomials = 4000;       // beyond that the recursion is the cheaper way
constexpr std::ptrdiff_t kDrawBlock = 128;  // draws a product: monomials and sums stay in cache

/// Exponents of every monomial of the degrees below `horizon`, degree by degree.
std::vector<std::vector<int>> exponents(int classes, int horizon, std::vector<int>& first) {
  std::vector<std::vector<int>> all;
  std::vector<std::vector<int>> level = {std::vector<int>(static_cast<std::size_t>(classes), 0)};
  for (int degree = 0; degree < horizon; ++degree) {
    first.push_back(static_cast<int>(all.size()));
    all.insert(all.end(), level.begin(), level.end());
    // Raise only the last class that is there, or one after it: each monomial comes once.
    std::vector<std::vector<int>> next;
    for (const auto& one : level) {
      std::size_t last = 0;
      for (std::size_t c = 0; c < one.size(); ++c)
        if (one[c] > 0) last = c;
      for (std::size_t c = last; c < one.size(); ++c) {
        next.push_back(one);
        ++next.back()[c];
      }
    }
    level = std::move(next);
  }
  first.push_back(static_cast<int>(all.size()));
  return all;
}

/// Number of monomials of `classes` variables of degree below `horizon`: C(horizon - 1 + classes, classes).
double count_monomials(int classes, int horizon) {
  double count = 1.0;
  for (int c = 1; c <= classes; ++c) count = count * (horizon - 1 + c) / c;
  return count;
}

}  // namespace

std::string AggregatePolynomial::unsuitable(const Dynamics& dynamics, const OutcomePlan& plan) {
  if (dynamics.coefficients_by_period) return "rho or the links change over the horizon";
  if (!dynamics.lambda.empty()) return "the links change";
  if (count_monomials(dynamics.classes, dynamics.horizon) > kMostMonomials)
    return fmt::format("{} classes over {} periods make too many monomials", dynamics.classes,
                       dynamics.horizon);
  for (const AreaOutcome outcome : plan.outcomes)
    if (in_pounds(outcome)) return "pounds are not linear in the uplift";
  return {};
}

AggregatePolynomial::AggregatePolynomial(const Dynamics& like, const OutcomePlan& plan)
    : weights_(like.weights), row_class_(like.row_class), horizon_(like.horizon) {
  if (const std::string why = unsuitable(like, plan); !why.empty())
    throw InputError(fmt::format("aggregates are no polynomial here: {} (propagate the draws instead)", why));
  check(plan, like);
  exponent_ = exponents(like.classes, horizon_, first_);
  std::map<std::vector<int>, int> place;
  for (std::size_t m = 0; m < exponent_.size(); ++m) place[exponent_[m]] = static_cast<int>(m);
  for (const auto& one : exponent_) {
    std::vector<int> sources(one.size(), -1);
    int parent = -1, by = -1;
    for (std::size_t c = 0; c < one.size(); ++c) {
      if (one[c] == 0) continue;
      std::vector<int> less = one;
      --less[c];
      sources[c] = place.at(less);
      if (parent < 0) {
        parent = sources[c];
        by = static_cast<int>(c);
      }
    }
    source_.push_back(std::move(sources));
    parent_.push_back(parent);
    by_class_.push_back(by);
  }
  std::vector<Eigen::Triplet<double>> entries;
  long column = 0;
  for (const Grouping& grouping : plan.groupings) {
    group_offset_.push_back(column);
    const std::vector<double> total = group_weight(plan, AreaOutcome::uplift, grouping);
    for (std::size_t i = 0; i < grouping.of_area.size(); ++i) {
      const auto group = grouping.of_area[i];
      if (group >= 0 && total[static_cast<std::size_t>(group)] > 0.0)
        entries.emplace_back(
            static_cast<int>(i), static_cast<int>(column + group),
            plan.rate_weight[static_cast<Eigen::Index>(i)] / total[static_cast<std::size_t>(group)]);
    }
    column += static_cast<long>(grouping.groups.size());
  }
  group_.resize(static_cast<Eigen::Index>(row_class_.size()), column);
  group_.setFromTriplets(entries.begin(), entries.end());
}

AggregatePolynomial::Shape AggregatePolynomial::coefficients(const Eigen::VectorXd& pattern,
                                                             Parallelism parallelism) const {
  Shape shape{pattern, Eigen::MatrixXd(static_cast<Eigen::Index>(exponent_.size()), group_.cols())};
  const auto& w = weights_->matrix();
  const auto areas = pattern.size();
  // Monomials of a degree beside each other in an area's row: one pass over W makes them all. Two arrays take
  // turns, each of the widest degree: memory of their own for every degree would have to be fetched anew from
  // the system.
  using Rows = Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
  const auto gather = [&](int first, const Rows& values) {
    for_each_block(group_.outerSize(), 1, parallelism, [&](std::ptrdiff_t group, std::ptrdiff_t) {
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(values.cols());
      for (Eigen::SparseMatrix<double>::InnerIterator entry(group_, group); entry; ++entry)
        sum += entry.value() * values.row(entry.row());
      shape.coefficient.col(group).segment(first, values.cols()) = sum.transpose();
    });
  };
  const int widest =
      first_[static_cast<std::size_t>(horizon_)] - first_[static_cast<std::size_t>(horizon_) - 1];
  Eigen::VectorXd storage[2];
  for (Eigen::VectorXd& one : storage) one.resize(areas * widest);
  storage[0].head(areas) = pattern;
  gather(0, Rows(storage[0].data(), areas, 1));
  for (int degree = 1; degree < horizon_; ++degree) {
    const int first = first_[static_cast<std::size_t>(degree)],
              count = first_[static_cast<std::size_t>(degree) + 1] - first;
    const int first_before = first_[static_cast<std::size_t>(degree) - 1];
    const Rows before(storage[(degree - 1) % 2].data(), areas, first - first_before);
    Rows now(storage[degree % 2].data(), areas, count);
    // (R W)^a s at area i: row i of W times what has one factor rho of i's class less.
    for_each_block(areas, 256, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      Eigen::RowVectorXd lag(before.cols());
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        lag.setZero();
        for (int k = w.outerIndexPtr()[i]; k < w.outerIndexPtr()[i + 1]; ++k)
          lag += w.valuePtr()[k] * before.row(w.innerIndexPtr()[k]);
        const auto own = static_cast<std::size_t>(row_class_[static_cast<std::size_t>(i)]);
        for (int m = 0; m < count; ++m) {
          const int from = source_[static_cast<std::size_t>(first + m)][own];
          now(i, m) = from >= 0 ? lag(from - first_before) : 0.0;
        }
      }
    });
    gather(first, now);
  }
  return shape;
}

const Eigen::MatrixXd& AggregatePolynomial::coefficients_of(const Eigen::VectorXd& pattern,
                                                            Parallelism parallelism) const {
  const std::lock_guard lock(guard_);
  for (const Shape& shape : shapes_)
    if (shape.pattern == pattern) return shape.coefficient;
  shapes_.push_back(coefficients(pattern, parallelism));
  return shapes_.back().coefficient;
}

std::vector<AggregateSeries> AggregatePolynomial::evaluate(const Dynamics& dynamics, const OutcomePlan& plan,
                                                           Parallelism parallelism) const {
  check(dynamics);
  const int horizon = dynamics.horizon, classes = dynamics.classes;
  const Eigen::Index groups = group_.cols(), monomials = first_[static_cast<std::size_t>(horizon)];
  std::vector<const Eigen::MatrixXd*> coefficient;
  for (int q = 0; q < dynamics.shapes(); ++q)
    coefficient.push_back(&coefficients_of(dynamics.shape.col(q), parallelism));
  std::vector<AggregateSeries> result = empty_aggregates(plan, dynamics.draws, horizon);
  std::vector<std::vector<double>> binomial(static_cast<std::size_t>(horizon));
  for (std::size_t n = 0; n < binomial.size(); ++n) {
    binomial[n].assign(n + 1, 1.0);
    for (std::size_t k = 1; k < n; ++k) binomial[n][k] = binomial[n - 1][k - 1] + binomial[n - 1][k];
  }
  for_each_block(dynamics.draws, kDrawBlock, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const Eigen::Index count = last - first;
    Eigen::MatrixXd monomial(count, monomials);
    monomial.col(0).setOnes();
    for (Eigen::Index m = 1; m < monomials; ++m) {
      const auto k = static_cast<std::size_t>(m);
      for (Eigen::Index d = 0; d < count; ++d)
        monomial(d, m) = monomial(d, parent_[k]) *
                         dynamics.rho[static_cast<std::size_t>((first + d) * classes + by_class_[k])];
    }
    std::vector<Eigen::MatrixXd> uplift(static_cast<std::size_t>(horizon),
                                        Eigen::MatrixXd::Zero(count, groups));
    Eigen::MatrixXd power(count, horizon), sum(count, groups);  // phi^n; monomials of one degree
    power.col(0).setOnes();
    for (int n = 1; n < horizon; ++n)
      for (Eigen::Index d = 0; d < count; ++d)
        power(d, n) = power(d, n - 1) * dynamics.phi[static_cast<std::size_t>(first + d)];
    Eigen::VectorXd factor(count);
    for (int q = 0; q < dynamics.shapes(); ++q)
      for (int degree = 0; degree < horizon; ++degree) {
        const int from = first_[static_cast<std::size_t>(degree)],
                  size = first_[static_cast<std::size_t>(degree) + 1] - from;
        sum.noalias() = monomial.middleCols(from, size) *
                        coefficient[static_cast<std::size_t>(q)]->middleRows(from, size);
        for (int h = degree; h < horizon; ++h) {  // 0-based: a shock of period k has had h - k steps
          factor.setZero();
          for (int k = 0; k <= h - degree; ++k)
            for (Eigen::Index d = 0; d < count; ++d)
              factor[d] += dynamics.amplitude_at(first + d, k, q) *
                           binomial[static_cast<std::size_t>(h - k)][static_cast<std::size_t>(degree)] *
                           power(d, h - k - degree);
          uplift[static_cast<std::size_t>(h)] += factor.asDiagonal() * sum;
        }
      }
    for (AggregateSeries& series : result) {
      const long offset = group_offset_[static_cast<std::size_t>(series.grouping)];
      for (Eigen::Index d = 0; d < count; ++d) {
        float* out = series.value.data() + (first + d) * series.periods * series.groups;
        for (long g = 0; g < series.groups; ++g) {
          double total = 0.0;
          for (int h = 0; h < horizon; ++h) {
            total += uplift[static_cast<std::size_t>(h)](d, offset + g);
            if (series.outcome == AreaOutcome::uplift)
              out[h * series.groups + g] =
                  static_cast<float>(uplift[static_cast<std::size_t>(h)](d, offset + g));
          }
          if (series.outcome == AreaOutcome::cumulative_uplift) out[g] = static_cast<float>(total);
        }
      }
    }
  });
  return result;
}

}  // namespace spillway
