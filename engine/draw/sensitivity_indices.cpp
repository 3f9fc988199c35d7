#include "engine/draw/sensitivity_indices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"
#include "engine/draw/sobol_points.hpp"

namespace spillway {

namespace {

/// Parts of Purpose::sensitivity_design: scrambles use a dimension's number, resampling this one.
constexpr std::uint32_t kResampling = 0x10000;

}  // namespace

void check_output(const Eigen::VectorXd& output, long expected) {
  if (output.size() != expected)
    throw InputError(fmt::format("{} outputs for a design of {} rows (needs one a row, in its order)",
                                 output.size(), expected));
  for (Eigen::Index i = 0; i < output.size(); ++i)
    if (!std::isfinite(output[i]))
      throw InputError(
          fmt::format("the output of row {} of the design is {} (every row's must be finite: one would spoil "
                      "all indices)",
                      i, output[i]));
}

Eigen::MatrixXd resampled_means(const Eigen::MatrixXd& rows, const IndexBootstrap& bootstrap) {
  if (bootstrap.replicates < 2)
    throw InputError(fmt::format("intervals from {} replicates (needs 2 or more)", bootstrap.replicates));
  if (!(bootstrap.level > 0.0 && bootstrap.level < 1.0))
    throw InputError(fmt::format("intervals of level {} (needs more than 0, less than 1)", bootstrap.level));
  constexpr long block = 64;  // replicates a product: counts stay in cache
  const Eigen::Index n = rows.rows();
  Eigen::MatrixXd result(bootstrap.replicates, rows.cols());
  for (long first = 0; first < bootstrap.replicates; first += block) {
    const long count = std::min(block, bootstrap.replicates - first);
    Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(n, count);
    for (long r = 0; r < count; ++r) {
      Stream stream(bootstrap.seed, Purpose::sensitivity_design, static_cast<std::uint64_t>(first + r),
                    kResampling);
      for (Eigen::Index i = 0; i < n; ++i)
        counts(static_cast<Eigen::Index>(stream.below(static_cast<std::uint32_t>(n))), r) += 1.0;
    }
    result.middleRows(first, count).noalias() = counts.transpose() * rows / static_cast<double>(n);
  }
  return result;
}

WithInterval percentile_interval(double estimate, const Eigen::VectorXd& values, double level) {
  std::vector<double> sorted(values.data(), values.data() + values.size());
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double p) {
    const double place = p * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
  };
  return {estimate, at(0.5 * (1.0 - level)), at(0.5 * (1.0 + level))};
}

Eigen::MatrixXd saltelli_design(long base, int inputs, std::uint64_t seed) {
  if (inputs < 1) throw InputError("a sensitivity analysis of no inputs (needs at least one that varies)");
  if (base < 2 || !std::has_single_bit(static_cast<unsigned long>(base)))
    throw InputError(fmt::format(
        "a Sobol' design of {} base rows (needs a power of two: other numbers unbalance the points)", base));
  const Eigen::MatrixXd points = sobol_points(base, 2 * inputs, seed);
  const auto a = points.leftCols(inputs), b = points.rightCols(inputs);
  Eigen::MatrixXd design(base * (inputs + 2), inputs);
  design.topRows(base) = a;
  design.middleRows(base, base) = b;
  for (int i = 0; i < inputs; ++i) {
    auto mixed = design.middleRows(base * (i + 2), base);
    mixed = a;
    mixed.col(i) = b.col(i);
  }
  return design;
}

SobolIndices sobol_indices(const Eigen::VectorXd& output, int inputs, const IndexBootstrap& bootstrap) {
  const Eigen::Index base = output.size() / (inputs + 2);
  check_output(output, base * (inputs + 2));
  const double mean = output.head(2 * base).mean();
  const Eigen::ArrayXd a = output.head(base).array() - mean, b = output.segment(base, base).array() - mean;
  // Everything is a ratio of means of these columns: numerators of first and total, then the moments of A and
  // B.
  Eigen::MatrixXd rows(base, 2 * inputs + 2);
  for (int i = 0; i < inputs; ++i) {
    const Eigen::ArrayXd mixed = output.segment(base * (i + 2), base).array() - mean;
    rows.col(i) = b * (mixed - a);
    rows.col(inputs + i) = 0.5 * (a - mixed).square();
  }
  rows.col(2 * inputs) = 0.5 * (a + b);
  rows.col(2 * inputs + 1) = 0.5 * (a.square() + b.square());
  const auto variance = [&](const auto& means) {
    return means[2 * inputs + 1] - means[2 * inputs] * means[2 * inputs];
  };
  const Eigen::RowVectorXd means = rows.colwise().mean();
  SobolIndices result;
  result.mean = mean;
  result.variance = variance(means);
  if (!(result.variance > 1e-24 * mean * mean))
    throw NumericalError(
        fmt::format("the output is {} at every row of the design: there is no variance to share out", mean));
  const Eigen::MatrixXd replicates = resampled_means(rows, bootstrap);
  const Eigen::ArrayXd scale =
      replicates.col(2 * inputs + 1).array() - replicates.col(2 * inputs).array().square();
  const auto index = [&](int column) {
    return percentile_interval(means[column] / result.variance, replicates.col(column).array() / scale,
                               bootstrap.level);
  };
  for (int i = 0; i < inputs; ++i) result.first.push_back(index(i));
  for (int i = 0; i < inputs; ++i) result.total.push_back(index(inputs + i));
  return result;
}

void require_independent(const Eigen::MatrixXd& correlation, const std::vector<std::string>& names) {
  Eigen::Index worst_i = 0, worst_j = 0;
  double worst = 0.0;
  for (Eigen::Index i = 0; i < correlation.rows(); ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      if (std::abs(correlation(i, j)) > worst) worst = std::abs(correlation(worst_i = i, worst_j = j));
  if (worst > 0.0)
    throw InputError(
        fmt::format("inputs '{}' and '{}' are dependent (correlation {:.3f}), and Sobol' and Morris measures "
                    "are only defined for "
                    "independent ones: they would not add up to the variance (use shapley, or leave one of "
                    "them at its median)",
                    names[static_cast<std::size_t>(worst_j)], names[static_cast<std::size_t>(worst_i)],
                    correlation(worst_i, worst_j)));
}

}  // namespace spillway
