#include "engine/draw/correlation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"

namespace spillway {

namespace {

std::string as_toml(const Eigen::MatrixXd& matrix) {
  std::string text = "[";
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    text += i ? ", [" : "[";
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      text += fmt::format("{}{:.4f}", j ? ", " : "", matrix(i, j));
    text += "]";
  }
  return text + "]";
}

/// The nearest valid matrix as it will be printed: four decimals, and still valid after that rounding.
Eigen::MatrixXd offered(const Eigen::MatrixXd& matrix) {
  // Rounding moves no eigenvalue by more than n x 5e-5.
  const double floor = 1e-4 * static_cast<double>(matrix.rows());
  return (nearest_correlation(matrix, floor) * 1e4).array().round().matrix() / 1e4;
}

}  // namespace

Eigen::MatrixXd nearest_correlation(const Eigen::MatrixXd& matrix, double floor) {
  constexpr int most_steps = 10'000;
  constexpr double tolerance = 1e-13;
  Eigen::MatrixXd y = matrix, correction = Eigen::MatrixXd::Zero(matrix.rows(), matrix.cols());
  for (int step = 0; step < most_steps; ++step) {
    const Eigen::MatrixXd r = y - correction;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(r);
    const Eigen::MatrixXd x = eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(floor).asDiagonal() *
                              eigen.eigenvectors().transpose();
    correction = x - r;
    Eigen::MatrixXd next = 0.5 * (x + x.transpose());
    next.diagonal().setOnes();
    const double moved = (next - y).norm() / next.norm(), apart = (next - x).norm() / next.norm();
    y = std::move(next);
    if (step > 0 && moved < tolerance && apart < 1e-10) break;
  }
  return y;
}

Eigen::MatrixXd correlation_factor(const Eigen::MatrixXd& correlation,
                                   const std::vector<std::string>& names) {
  const auto n = static_cast<Eigen::Index>(names.size());
  const auto listed = [&] { return fmt::format("'{}'", fmt::join(names, "', '")); };
  if (correlation.rows() != n || correlation.cols() != n)
    throw InputError(fmt::format("the correlation matrix is {} x {} but there are {} parameters: {}",
                                 correlation.rows(), correlation.cols(), n, listed()));
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j <= i; ++j) {
      const auto& row = names[static_cast<std::size_t>(i)];
      const auto& column = names[static_cast<std::size_t>(j)];
      const double value = correlation(i, j);
      if (i == j && value != 1.0)
        throw InputError(fmt::format("the correlation of '{}' with itself is {}; it is 1", row, value));
      if (!(std::abs(value) <= 1.0))
        throw InputError(
            fmt::format("the correlation of '{}' with '{}' is {}; it is from -1 to 1", row, column, value));
      if (value != correlation(j, i))
        throw InputError(
            fmt::format("the correlation of '{}' with '{}' is {} but the other way round {}; write the same",
                        row, column, value, correlation(j, i)));
    }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(correlation, Eigen::EigenvaluesOnly);
  if (n > 0 && eigen.eigenvalues()(0) < -1e-10 * static_cast<double>(n))
    throw InputError(
        fmt::format("no random numbers correlate like this: the matrix of {} has the eigenvalue {:.4g} (none "
                    "may be negative); "
                    "the nearest valid matrix is {}",
                    listed(), eigen.eigenvalues()(0), as_toml(offered(correlation))));

  // Cholesky, row by row. A pivot of zero means that the parameter follows from earlier ones: its own column
  // stays zero, and each diagonal makes up what the row lacks to unit variance.
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      const double rest = correlation(i, j) - factor.row(i).head(j).dot(factor.row(j).head(j));
      factor(i, j) = factor(j, j) > 1e-7 ? rest / factor(j, j) : 0.0;
    }
    factor(i, i) = std::sqrt(std::max(0.0, 1.0 - factor.row(i).head(i).squaredNorm()));
  }
  return factor;
}

}  // namespace spillway
