#include "engine/estimate/panel/unbalanced.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace spillway {

namespace {
/// Periods of one group that areas link to each other: period -> smallest period of its set, -1 where the
/// group sees nothing.
class LinkedPeriods {
 public:
  explicit LinkedPeriods(Eigen::Index periods) : parent_(static_cast<std::size_t>(periods)) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  Eigen::Index root(Eigen::Index t) {
    auto& parent = parent_[static_cast<std::size_t>(t)];
    if (parent != t) parent = root(parent);
    return parent;
  }
  void join(Eigen::Index a, Eigen::Index b) {
    a = root(a);
    b = root(b);
    parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<Eigen::Index> parent_;
};
}  // namespace

UnbalancedEffects::UnbalancedEffects(Eigen::MatrixXd seen, AreaMeans area, std::vector<std::int32_t> group,
                                     Eigen::Index groups)
    : seen_(std::move(seen)), area_(area), group_(std::move(group)), of_area_(seen_.rowwise().sum()) {
  const Eigen::Index n = seen_.rows(), periods = seen_.cols();
  const bool by_area = area_ == AreaMeans::removed;
  rows_ = static_cast<Eigen::Index>(seen_.sum());
  periods_ = (seen_.colwise().sum().array() > 0.0).count();
  if (by_area) absorbed_ = (of_area_.array() > 0.0).count();
  inverse_.assign(static_cast<std::size_t>(groups), Eigen::MatrixXd::Zero(periods, periods));
  std::vector<LinkedPeriods> linked(static_cast<std::size_t>(groups), LinkedPeriods(periods));
  for (Eigen::Index i = 0; i < n && groups > 0; ++i) {
    const auto g = static_cast<std::size_t>(group_[static_cast<std::size_t>(i)]);
    Eigen::Index first = -1;
    std::vector<Eigen::Index> own;
    for (Eigen::Index t = 0; t < periods; ++t) {
      if (!sees(i, t)) continue;
      own.push_back(t);
      inverse_[g](t, t) += 1.0;
      if (by_area && first >= 0) linked[g].join(first, t);
      if (first < 0) first = t;
    }
    if (!by_area) continue;
    for (const auto t : own)
      for (const auto s : own) inverse_[g](t, s) -= 1.0 / of_area_(i);
  }
  for (std::size_t g = 0; g < inverse_.size(); ++g) {
    // One period of each linked set beside area effects stands for the constant: its effect is zero.
    std::vector<Eigen::Index> free;
    Eigen::VectorXd any = Eigen::VectorXd::Zero(periods);
    for (Eigen::Index i = 0; i < n; ++i)
      if (group_[static_cast<std::size_t>(i)] == static_cast<std::int32_t>(g))
        any += seen_.row(i).transpose();
    for (Eigen::Index t = 0; t < periods; ++t)
      if (any(t) > 0.0 && !(by_area && linked[g].root(t) == t)) free.push_back(t);
    const auto count = static_cast<Eigen::Index>(free.size());
    absorbed_ += count;
    const Eigen::MatrixXd part = inverse_[g](free, free);
    inverse_[g].setZero();
    if (count == 0) continue;
    const Eigen::MatrixXd inverse = part.ldlt().solve(Eigen::MatrixXd::Identity(count, count));
    inverse_[g](free, free) = inverse;
  }
}

void UnbalancedEffects::remove(Eigen::Ref<Eigen::MatrixXd> value) const {
  const Eigen::Index n = seen_.rows(), periods = seen_.cols();
  const auto demean = [&](auto&& row, Eigen::Index i) {
    if (area_ == AreaMeans::removed && of_area_(i) > 0.0) row -= row.sum() / of_area_(i) * seen_.row(i);
  };
  // Twice: the second pass takes out what rounding left of the first.
  for (int pass = 0; pass < 2; ++pass) {
    for (Eigen::Index i = 0; i < n; ++i) demean(value.row(i), i);
    if (inverse_.empty()) continue;
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(inverse_.size()), periods);
    for (Eigen::Index i = 0; i < n; ++i) sum.row(group_[static_cast<std::size_t>(i)]) += value.row(i);
    for (std::size_t g = 0; g < inverse_.size(); ++g)
      sum.row(static_cast<Eigen::Index>(g)) =
          (inverse_[g] * sum.row(static_cast<Eigen::Index>(g)).transpose()).eval();
    for (Eigen::Index i = 0; i < n; ++i) {
      Eigen::RowVectorXd effect = sum.row(group_[static_cast<std::size_t>(i)]).cwiseProduct(seen_.row(i));
      demean(effect, i);
      value.row(i) -= effect;
    }
  }
}

double UnbalancedEffects::leverage(Eigen::Index i, Eigen::Index t) const {
  const bool by_area = area_ == AreaMeans::removed;
  double h = by_area ? 1.0 / of_area_(i) : 0.0;
  if (inverse_.empty()) return h;
  const Eigen::MatrixXd& inverse = inverse_[static_cast<std::size_t>(group_[static_cast<std::size_t>(i)])];
  Eigen::VectorXd d = Eigen::VectorXd::Zero(seen_.cols());
  if (by_area) d = -seen_.row(i).transpose() / of_area_(i);
  d(t) += 1.0;
  return h + d.dot(inverse * d);
}

}  // namespace spillway
