#include "engine/outcome/local_basis.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <numeric>
#include <utility>

namespace spillway {

namespace {

constexpr std::size_t kMostMembers = 640;
constexpr std::size_t kSample = 768;  // members that fix a direction
constexpr int kPowerSteps = 12;
constexpr double kOneArea = 1.5;

/// Rows to unit length, their leading coordinate positive: those that lose go with those that gain alike.
Eigen::MatrixXf unit_rows(const Eigen::MatrixXf& scaled) {
  Eigen::MatrixXf unit = scaled;
  for (Eigen::Index i = 0; i < unit.cols(); ++i) {
    const float length = unit.col(i).norm();
    if (length > 0.0f) unit.col(i) *= (unit(0, i) < 0.0f ? -1.0f : 1.0f) / length;
  }
  return unit;
}

/// Halves by the leading principal direction of some members, found by power iteration.
std::pair<std::vector<int>, std::vector<int>> halves(const Eigen::MatrixXf& unit,
                                                     const std::vector<int>& members) {
  const std::size_t step = std::max<std::size_t>(1, members.size() / kSample);
  Eigen::MatrixXf some(unit.rows(), static_cast<Eigen::Index>((members.size() + step - 1) / step));
  for (Eigen::Index k = 0; k < some.cols(); ++k)
    some.col(k) = unit.col(members[static_cast<std::size_t>(k) * step]);
  some.colwise() -= some.rowwise().mean().eval();
  Eigen::VectorXf direction = some.col(0);
  for (int k = 0; k < kPowerSteps; ++k) {
    const float length = direction.norm();
    if (!(length > 0.0f)) break;
    direction = some * (some.transpose() * (direction / length));
  }
  std::vector<std::pair<float, int>> along;
  along.reserve(members.size());
  for (const int member : members) along.emplace_back(unit.col(member).dot(direction), member);
  const auto middle = along.begin() + static_cast<std::ptrdiff_t>(along.size() / 2);
  std::nth_element(along.begin(), middle, along.end());
  std::pair<std::vector<int>, std::vector<int>> result;
  for (auto it = along.begin(); it != along.end(); ++it)
    (it < middle ? result.first : result.second).push_back(it->second);
  std::sort(result.first.begin(), result.first.end());
  std::sort(result.second.begin(), result.second.end());
  return result;
}

LocalBasis leading_modes_of(const Eigen::MatrixXf& scaled, const Eigen::VectorXf& size,
                            std::vector<int> members, double tail) {
  const auto count = static_cast<Eigen::Index>(members.size());
  Eigen::MatrixXd mine(scaled.rows(), count);
  for (Eigen::Index k = 0; k < count; ++k)
    mine.col(k) = scaled.col(members[static_cast<std::size_t>(k)]).cast<double>();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(scaled.rows(), scaled.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(mine);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
  const Eigen::MatrixXd modes = solver.eigenvectors().rowwise().reverse();
  const Eigen::MatrixXd local = modes.transpose() * mine;
  Eigen::VectorXd left = Eigen::VectorXd::Zero(count);
  Eigen::Index keep = scaled.rows();
  for (; keep > 1; --keep) {
    left += local.row(keep - 1).transpose().cwiseAbs2();
    if (left.mean() > tail * tail || left.maxCoeff() > kOneArea * kOneArea * tail * tail) break;
  }
  const Eigen::VectorXd inverse =
      size.unaryExpr([](float v) { return v > 0.0f ? 1.0f / v : 0.0f; }).cast<double>();
  return {std::move(members), local.topRows(keep).cast<float>(),
          (modes.leftCols(keep).transpose() * inverse.asDiagonal()).cast<float>()};
}

}  // namespace

std::vector<LocalBasis> local_bases(const Eigen::MatrixXf& row, const Eigen::VectorXf& size, double tail,
                                    Parallelism parallelism, const Ranks& ranks) {
  if (row.size() == 0) return {};
  const Eigen::MatrixXf scaled = size.asDiagonal() * row;
  const Eigen::MatrixXf unit = unit_rows(scaled);
  std::vector<std::vector<int>> parts(1, std::vector<int>(static_cast<std::size_t>(row.cols())));
  std::iota(parts[0].begin(), parts[0].end(), 0);
  // All parts of a level are of one size, give or take an area.
  long area_groups = 1;
  for (std::size_t size_of_first = parts[0].size(); size_of_first > kMostMembers; size_of_first /= 2)
    area_groups *= 2;
  const Share mine = ranks.share(area_groups);
  for (long level = 1; level < area_groups; level *= 2) {
    const long each = area_groups / level;  // area groups that come of a part
    std::vector<std::vector<int>> next(2 * parts.size());
    for_each_block(level, 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
      if ((k + 1) * each <= mine.first || k * each >= mine.last) return;  // none of this rank's
      auto at = static_cast<std::size_t>(k);
      std::tie(next[2 * at], next[2 * at + 1]) = halves(unit, parts[at]);
    });
    parts = std::move(next);
  }
  std::vector<LocalBasis> bases(parts.size());
  for_each_block(mine.size(), 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    const auto at = static_cast<std::size_t>(mine.first + k);
    bases[at] = leading_modes_of(scaled, size, std::move(parts[at]), tail);
  });
  return bases;
}

}  // namespace spillway
