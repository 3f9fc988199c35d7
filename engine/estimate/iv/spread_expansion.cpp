#include "engine/estimate/iv/spread_expansion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/estimate/iv/spread_kernels.hpp"

namespace spillway {

namespace {
constexpr std::ptrdiff_t kRows = 1024;

double size_of(const SpreadPoint& point) {
  return (point.rho.size() > 0 ? point.rho.cwiseAbs().maxCoeff() : 0.0) + std::abs(point.phi);
}
}  // namespace

SpreadExpansion::SpreadExpansion(const SpatialWeights& weights, std::vector<std::int32_t> type,
                                 SpreadPoint point, Parallelism parallelism, SpreadFreedom freedom)
    : weights_(&weights),
      type_(std::move(type)),
      point_(std::move(point)),
      parallelism_(parallelism),
      freedom_(freedom) {
  if (!(size_of(point_) < 1.0))
    throw NumericalError(
        fmt::format("max |rho| + |phi| is {:.4g} (needs to be below 1: growth that never settles has no "
                    "long-run response)",
                    size_of(point_)));
}

template <int kColumns>
void SpreadExpansion::solve_some(const Eigen::MatrixXd& v, Eigen::Index from, double precision,
                                 Eigen::MatrixXd& made) const {
  // x = (v + diag(rho) W x) / (1 - phi): a contraction; rows are independent, so workers change no bit. A
  // column is done at its own step, so neither do the columns beside it.
  const SpatialWeights::Matrix& w = weights_->matrix();
  const Eigen::Index rows = v.rows(), columns = std::min<Eigen::Index>(kColumns, v.cols() - from);
  const double own = 1.0 / (1.0 - point_.phi);
  std::vector<double> right(static_cast<std::size_t>(rows * kColumns), 0.0);
  for (Eigen::Index c = 0; c < columns; ++c)
    for (Eigen::Index i = 0; i < rows; ++i)
      right[static_cast<std::size_t>(i * kColumns + c)] = own * v(i, from + c);
  std::vector<double> x = right, next(x.size());
  const auto blocks = static_cast<std::size_t>((rows + kRows - 1) / kRows);
  using Row = std::array<double, kColumns>;
  std::vector<Row> moved(blocks), largest(blocks);
  const kernels::SpreadKernels& kernels = kernels::spread_kernels();
  const kernels::SpreadRows substitute = kColumns == 2   ? kernels.two
                                         : kColumns == 4 ? kernels.four
                                                         : kernels.eight;
  const Eigen::VectorXd factor = own * point_.rho;
  std::array<bool, kColumns> done{};
  const double rest = 1.0 - size_of(point_), tolerance = std::max(precision * rest, 1e-15);
  Eigen::Index left = columns;
  constexpr int most = 20000;
  for (int step = 0; step < most && left > 0; ++step) {
    for_each_block(rows, kRows, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      Row &change = moved[static_cast<std::size_t>(begin / kRows)],
          &size = largest[static_cast<std::size_t>(begin / kRows)];
      change.fill(0.0);
      size.fill(0.0);
      substitute({w.outerIndexPtr(), w.innerIndexPtr(), w.valuePtr(), type_.data(), factor.data(),
                  right.data(), x.data(), next.data()},
                 begin, end, change.data(), size.data());
    });
    x.swap(next);
    for (Eigen::Index c = 0; c < columns; ++c) {
      const auto at = static_cast<std::size_t>(c);
      if (done[at]) continue;
      double change = 0.0, size = 0.0;
      for (std::size_t b = 0; b < blocks; ++b) {
        change = std::max(change, moved[b][at]);
        size = std::max(size, largest[b][at]);
      }
      if (!(change <= tolerance * size)) continue;
      done[at] = true;
      --left;
      for (Eigen::Index i = 0; i < rows; ++i)
        made(i, from + c) = x[static_cast<std::size_t>(i * kColumns + c)];
    }
  }
  if (left > 0)
    throw NumericalError(
        fmt::format("(I - A)^-1 did not converge in {} steps (max |rho| + |phi| is {:.4g}; are the weights "
                    "row-standardised?)",
                    most, size_of(point_)));
}

Eigen::MatrixXd SpreadExpansion::solve(const Eigen::MatrixXd& v, double precision) const {
  Eigen::MatrixXd made(v.rows(), v.cols());
  for (Eigen::Index first = 0; first < v.cols();) {
    const Eigen::Index left = v.cols() - first;
    if (left <= 2)
      solve_some<2>(v, first, precision, made);
    else if (left <= 4)
      solve_some<4>(v, first, precision, made);
    else
      solve_some<8>(v, first, precision, made);
    first += 8;
  }
  if (!made.allFinite())  // no change is larger than NaN, so the loop above takes it for settled
    throw NumericalError("(I - A)^-1 of a value that is missing or not finite (needs one of every area)");
  return made;
}

Eigen::Index SpreadExpansion::lags() const {
  return freedom_.rho == SpreadFreedom::Rho::common ? 1 : point_.rho.size();
}

Eigen::Index SpreadExpansion::parameters() const {
  return lags() + (freedom_.phi == SpreadFreedom::Phi::free ? 1 : 0);
}

/// D_k x of every parameter.
Eigen::MatrixXd SpreadExpansion::derivatives(const Eigen::VectorXd& x) const {
  Eigen::MatrixXd made = Eigen::MatrixXd::Zero(x.size(), parameters());
  const Eigen::VectorXd lag = weights_->matrix() * x;
  const bool common = freedom_.rho == SpreadFreedom::Rho::common;
  for (Eigen::Index i = 0; i < lag.size(); ++i)
    made(i, common ? 0 : type_[static_cast<std::size_t>(i)]) = lag(i);
  if (freedom_.phi == SpreadFreedom::Phi::free) made.col(lags()) = x;
  return made;
}

Eigen::Index SpreadExpansion::count(int order) const {
  const Eigen::Index k = parameters();
  return order == 0 ? 1 : order == 1 ? 1 + k : 1 + k + k * (k + 1) / 2;
}

Eigen::MatrixXd SpreadExpansion::terms(const Eigen::VectorXd& v, int order) const {
  return std::move(terms(Eigen::MatrixXd(v), std::vector<int>{order}).front());
}

std::vector<Eigen::MatrixXd> SpreadExpansion::terms(const Eigen::MatrixXd& v,
                                                    const std::vector<int>& order) const {
  const Eigen::Index k = parameters(), areas = v.rows();
  std::vector<Eigen::MatrixXd> all(order.size());
  const auto wide = [&](int least) {  // columns that go on beyond
    return std::count_if(order.begin(), order.end(), [&](int one) { return one >= least; });
  };
  const Eigen::MatrixXd responses = solve(v);
  Eigen::MatrixXd right(areas, wide(1) * k);
  Eigen::Index at = 0;
  for (std::size_t j = 0; j < order.size(); ++j) {
    all[j].resize(areas, count(order[j]));
    all[j].col(0) = responses.col(static_cast<Eigen::Index>(j));
    if (order[j] < 1) continue;
    right.middleCols(at, k) = derivatives(all[j].col(0));
    at += k;
  }
  const Eigen::MatrixXd first = solve(right);
  const Eigen::Index pairs = k * (k + 1) / 2;
  right.resize(areas, wide(2) * pairs);
  at = 0;
  Eigen::Index next = 0;
  for (std::size_t j = 0; j < order.size(); ++j) {
    if (order[j] < 1) continue;
    all[j].middleCols(1, k) = first.middleCols(at, k);
    at += k;
    if (order[j] < 2) continue;
    std::vector<Eigen::MatrixXd> of;  // D_a of the first-order term b
    for (Eigen::Index b = 0; b < k; ++b) of.push_back(derivatives(all[j].col(1 + b)));
    for (Eigen::Index a = 0; a < k; ++a)
      for (Eigen::Index b = a; b < k; ++b) {
        right.col(next) = of[static_cast<std::size_t>(b)].col(a);
        if (a != b) right.col(next) += of[static_cast<std::size_t>(a)].col(b);
        ++next;
      }
  }
  const Eigen::MatrixXd second = solve(right);
  at = 0;
  for (std::size_t j = 0; j < order.size(); ++j)
    if (order[j] >= 2) {
      all[j].rightCols(pairs) = second.middleCols(at, pairs);
      at += pairs;
    }
  return all;
}

Eigen::VectorXd SpreadExpansion::move(const SpreadPoint& at) const {
  Eigen::VectorXd by(parameters());
  by.head(lags()) = (at.rho - point_.rho).head(lags());
  if (freedom_.phi == SpreadFreedom::Phi::free) by(lags()) = at.phi - point_.phi;
  return by;
}

Eigen::VectorXd SpreadExpansion::factors(const SpreadPoint& at, int order) const {
  const Eigen::VectorXd by = move(at);
  const Eigen::Index k = by.size();
  Eigen::VectorXd factor(count(order));
  factor(0) = 1.0;
  if (order > 0) factor.segment(1, k) = by;
  Eigen::Index next = 1 + k;
  for (Eigen::Index a = 0; order > 1 && a < k; ++a)
    for (Eigen::Index b = a; b < k; ++b) factor(next++) = by(a) * by(b);
  return factor;
}

double SpreadExpansion::error_bound(const SpreadPoint& at, int order) const {
  const double q = size_of({at.rho - point_.rho, at.phi - point_.phi}) / (1.0 - size_of(point_));
  return q < 1.0 ? std::pow(q, order + 1) / (1.0 - q) : std::numeric_limits<double>::infinity();
}

}  // namespace spillway
