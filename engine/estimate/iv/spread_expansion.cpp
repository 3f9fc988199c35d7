#include "engine/estimate/iv/spread_expansion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/error.hpp"

namespace spillway {

namespace {
constexpr std::ptrdiff_t kRows = 1024;
using Lanes = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double size_of(const SpreadPoint& point) {
  return (point.rho.size() > 0 ? point.rho.cwiseAbs().maxCoeff() : 0.0) + std::abs(point.phi);
}
}  // namespace

SpreadExpansion::SpreadExpansion(const SpatialWeights& weights, std::vector<std::int32_t> type,
                                 SpreadPoint point, Parallelism parallelism)
    : weights_(&weights), type_(std::move(type)), point_(std::move(point)), parallelism_(parallelism) {
  if (!(size_of(point_) < 1.0))
    throw NumericalError(
        fmt::format("max |rho| + |phi| is {:.4g} (needs to be below 1: growth that never settles has no "
                    "long-run response)",
                    size_of(point_)));
}

Eigen::MatrixXd SpreadExpansion::solve(const Eigen::MatrixXd& v) const {
  // x = (v + diag(rho) W x) / (1 - phi): a contraction; rows are independent, so workers change no bit.
  const SpatialWeights::Matrix& w = weights_->matrix();
  const double own = 1.0 / (1.0 - point_.phi);
  const Lanes right = own * v;
  Lanes x = right, next(x.rows(), x.cols());
  const auto blocks = static_cast<std::size_t>((x.rows() + kRows - 1) / kRows);
  std::vector<Eigen::RowVectorXd> moved(blocks), largest(blocks);
  constexpr int most = 20000;
  for (int step = 0; step < most; ++step) {
    for_each_block(x.rows(), kRows, parallelism_, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      Eigen::RowVectorXd change = Eigen::RowVectorXd::Zero(x.cols()), size = change, sum(x.cols());
      for (std::ptrdiff_t i = from; i < to; ++i) {
        sum.setZero();
        for (SpatialWeights::Matrix::InnerIterator entry(w, i); entry; ++entry)
          sum += entry.value() * x.row(entry.col());
        next.row(i) = right.row(i) + own * point_.rho(type_[static_cast<std::size_t>(i)]) * sum;
        change = change.cwiseMax((next.row(i) - x.row(i)).cwiseAbs());
        size = size.cwiseMax(next.row(i).cwiseAbs());
      }
      moved[static_cast<std::size_t>(from / kRows)] = change;
      largest[static_cast<std::size_t>(from / kRows)] = size;
    });
    x.swap(next);
    Eigen::RowVectorXd change = Eigen::RowVectorXd::Zero(x.cols()), size = change;
    for (std::size_t b = 0; b < blocks; ++b) {
      change = change.cwiseMax(moved[b]);
      size = size.cwiseMax(largest[b]);
    }
    const double rest = 1.0 - size_of(point_);
    if ((change.array() <= std::max(1e-13 * rest, 1e-15) * size.array()).all()) return x;
  }
  throw NumericalError(
      fmt::format("(I - A)^-1 did not converge in {} steps (max |rho| + |phi| is {:.4g}; are the weights "
                  "row-standardised?)",
                  most, size_of(point_)));
}

Eigen::MatrixXd SpreadExpansion::derivative(Eigen::Index parameter, const Eigen::VectorXd& x) const {
  if (parameter == point_.rho.size()) return x;
  Eigen::VectorXd lag = weights_->matrix() * x;
  for (Eigen::Index i = 0; i < lag.size(); ++i)
    if (type_[static_cast<std::size_t>(i)] != parameter) lag(i) = 0.0;
  return lag;
}

Eigen::Index SpreadExpansion::count(int order) const {
  const Eigen::Index k = point_.rho.size() + 1;
  return order == 0 ? 1 : order == 1 ? 1 + k : 1 + k + k * (k + 1) / 2;
}

Eigen::MatrixXd SpreadExpansion::terms(const Eigen::VectorXd& v, int order) const {
  const Eigen::Index k = point_.rho.size() + 1;
  Eigen::MatrixXd all(v.size(), count(order));
  all.col(0) = solve(v);
  if (order == 0) return all;
  Eigen::MatrixXd right(v.size(), k);
  for (Eigen::Index a = 0; a < k; ++a) right.col(a) = derivative(a, all.col(0));
  all.middleCols(1, k) = solve(right);
  if (order == 1) return all;
  Eigen::MatrixXd pairs(v.size(), k * (k + 1) / 2);
  Eigen::Index at = 0;
  for (Eigen::Index a = 0; a < k; ++a)
    for (Eigen::Index b = a; b < k; ++b) {
      pairs.col(at) = derivative(a, all.col(1 + b));
      if (a != b) pairs.col(at) += derivative(b, all.col(1 + a));
      ++at;
    }
  all.rightCols(pairs.cols()) = solve(pairs);
  return all;
}

Eigen::VectorXd SpreadExpansion::factors(const SpreadPoint& at, int order) const {
  const Eigen::Index k = point_.rho.size() + 1;
  Eigen::VectorXd factor(count(order)), move(k);
  move << at.rho - point_.rho, at.phi - point_.phi;
  factor(0) = 1.0;
  if (order > 0) factor.segment(1, k) = move;
  Eigen::Index next = 1 + k;
  for (Eigen::Index a = 0; order > 1 && a < k; ++a)
    for (Eigen::Index b = a; b < k; ++b) factor(next++) = move(a) * move(b);
  return factor;
}

double SpreadExpansion::error_bound(const SpreadPoint& at, int order) const {
  const SpreadPoint move{at.rho - point_.rho, at.phi - point_.phi};
  const double q = size_of(move) / (1.0 - size_of(point_));
  return q < 1.0 ? std::pow(q, order + 1) / (1.0 - q) : std::numeric_limits<double>::infinity();
}

}  // namespace spillway
