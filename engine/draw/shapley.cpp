#include "engine/draw/shapley.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"
#include "engine/draw/correlation.hpp"
#include "engine/draw/sobol_points.hpp"

namespace spillway {

namespace {

constexpr std::uint32_t kPermutation = 0x10002;  ///< part of Purpose::sensitivity_design

/// Within (0, 1) even for |z| > 8.
double normal_probability(double z) {
  return std::clamp(0.5 * std::erfc(-z / std::sqrt(2.0)), 0x1p-53, 1.0 - 0x1p-53);
}

void require_definite(const Eigen::MatrixXd& correlation, const std::vector<std::string>& names) {
  correlation_factor(correlation, names);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(correlation);
  if (eigen.eigenvalues()[0] > 1e-10) return;
  std::vector<std::string> tied;
  for (Eigen::Index k = 0; k < correlation.rows(); ++k)
    if (std::abs(eigen.eigenvectors()(k, 0)) > 1e-3)
      tied.push_back("'" + names[static_cast<std::size_t>(k)] + "'");
  throw InputError(
      fmt::format("one of the inputs {} follows from the others (the correlation's smallest eigenvalue is "
                  "{:.1e}): its share is "
                  "not defined (leave it out)",
                  fmt::join(tied, ", "), eigen.eigenvalues()[0]));
}

}  // namespace

ShapleyDesign shapley_design(long rows, const Eigen::MatrixXd& correlation,
                             const std::vector<std::string>& names, std::uint64_t seed) {
  const auto d = static_cast<int>(names.size());
  if (d < 1) throw InputError("a sensitivity analysis of no inputs (needs at least one that varies)");
  if (rows < 2) throw InputError(fmt::format("a Shapley design of {} rows (needs 2 or more)", rows));
  require_definite(correlation, names);
  const Eigen::MatrixXd factor = correlation.llt().matrixL();
  const Eigen::MatrixXd points = sobol_points(rows, 2 * d, seed);
  ShapleyDesign design;
  design.inputs = d;
  design.point.resize(rows * (d + 1), d);
  std::vector<int> order(static_cast<std::size_t>(d));
  for (long r = 0; r < rows; ++r) {
    const Eigen::VectorXd score = points.row(r).transpose().unaryExpr(&normal_quantile);
    const Eigen::VectorXd base = factor * score.head(d), other = factor * score.tail(d);
    std::iota(order.begin(), order.end(), 0);
    Stream stream(seed, Purpose::sensitivity_design, static_cast<std::uint64_t>(r), kPermutation);
    for (std::size_t k = order.size(); k > 1; --k)
      std::swap(order[k - 1], order[stream.below(static_cast<std::uint32_t>(k))]);
    design.order.insert(design.order.end(), order.begin(), order.end());
    for (int redrawn = 0; redrawn <= d; ++redrawn) {
      const std::vector<int> j(order.begin(), order.begin() + redrawn),
          k(order.begin() + redrawn, order.end());
      Eigen::VectorXd z = base;
      if (redrawn == d) {
        z = other;
      } else if (redrawn > 0) {
        const Eigen::VectorXd weight = correlation(k, k).llt().solve(base(k) - other(k));
        z(j) = other(j) + correlation(j, k) * weight;
      }
      design.point.row(r * (d + 1) + redrawn) = z.unaryExpr(&normal_probability).transpose();
    }
  }
  return design;
}

ShapleyEffects shapley_effects(const ShapleyDesign& design, const Eigen::VectorXd& output,
                               const IndexBootstrap& bootstrap) {
  check_output(output, design.point.rows());
  const int d = design.inputs;
  const Eigen::Index rows = design.point.rows() / (d + 1);
  Eigen::MatrixXd share = Eigen::MatrixXd::Zero(rows, d);
  for (Eigen::Index r = 0; r < rows; ++r) {
    double before = 0.0;
    for (int s = 0; s < d; ++s) {
      const double change = output[r * (d + 1) + s + 1] - output[r * (d + 1)];
      const double cost = 0.5 * change * change;
      share(r, design.order[static_cast<std::size_t>(r * d + s)]) = cost - before;
      before = cost;
    }
  }
  ShapleyEffects result;
  const Eigen::RowVectorXd means = share.colwise().mean();
  result.variance = means.sum();
  if (!(result.variance > 1e-24 * output.squaredNorm() / static_cast<double>(output.size())))
    throw NumericalError(fmt::format(
        "the output is {} at every row of the design: there is no variance to share out", output[0]));
  const Eigen::MatrixXd replicates = resampled_means(share, bootstrap);
  const Eigen::ArrayXd scale = replicates.rowwise().sum();
  for (int k = 0; k < d; ++k)
    result.effect.push_back(
        percentile_interval(means[k] / result.variance, replicates.col(k).array() / scale, bootstrap.level));
  return result;
}

}  // namespace spillway
