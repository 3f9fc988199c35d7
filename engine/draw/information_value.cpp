#include "engine/draw/information_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"

namespace spillway {

namespace {

/// The option with the largest mean; ties: the first.
Eigen::Index best_of(const Eigen::MatrixXd& benefit) {
  Eigen::Index best = 0;
  benefit.colwise().mean().maxCoeff(&best);
  return best;
}

/// E[max over options] of gains over the best option, which has none itself.
InformationValue mean_of_best(const Eigen::MatrixXd& gain) {
  const Eigen::VectorXd most = gain.rowwise().maxCoeff().cwiseMax(0.0);
  const double n = static_cast<double>(most.size()), mean = most.mean();
  return {mean, std::sqrt((most.array() - mean).square().sum() / (n - 1.0) / n), 1.0};
}

/// Natural cubic spline of standardised values with knots at quantiles: the values themselves and one column
/// for each inner knot (Hastie, Tibshirani & Friedman 2009, eq. 5.4-5.5). None where nothing varies.
std::vector<Eigen::VectorXd> spline(const Eigen::VectorXd& raw) {
  constexpr int most_knots = 6;
  const double mean = raw.mean(), sd = std::sqrt((raw.array() - mean).square().mean());
  if (!(sd > 1e-12 * std::abs(mean))) return {};
  const Eigen::VectorXd x = (raw.array() - mean) / sd;
  std::vector<double> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> knots;
  for (int k = 0; k < most_knots; ++k) {
    const double at = sorted_quantile(sorted, (k + 0.25) / (most_knots - 0.5));
    if (knots.empty() || at > knots.back() + 1e-9) knots.push_back(at);
  }
  std::vector<Eigen::VectorXd> columns = {x};
  const std::size_t count = knots.size();
  const auto cubed = [](double v) { return v > 0.0 ? v * v * v : 0.0; };
  for (std::size_t k = 0; k + 2 < count; ++k) {
    Eigen::VectorXd column(x.size());
    for (Eigen::Index d = 0; d < x.size(); ++d) {
      const auto part = [&](std::size_t j) {
        return (cubed(x[d] - knots[j]) - cubed(x[d] - knots.back())) / (knots.back() - knots[j]);
      };
      column[d] = part(k) - part(count - 2);
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

InformationValue perfect_information(const Eigen::MatrixXd& benefit) {
  return mean_of_best(benefit.colwise() - benefit.col(best_of(benefit)).eval());
}

InformationValue partial_information(const Eigen::MatrixXd& benefit, const Eigen::MatrixXd& parameters) {
  const Eigen::Index n = benefit.rows();
  if (parameters.rows() != n || n < 50)
    throw InputError(
        fmt::format("value of information: {} draws of parameters and {} of benefits (needs as many, and 50)",
                    parameters.rows(), n));
  std::vector<Eigen::VectorXd> columns = {Eigen::VectorXd::Ones(n)}, linear;
  const auto room = [&](std::size_t more) {
    return 10 * (columns.size() + more) <= static_cast<std::size_t>(n);
  };
  std::vector<std::vector<Eigen::VectorXd>> splines;
  for (Eigen::Index k = 0; k < parameters.cols(); ++k)
    if (auto made = spline(parameters.col(k)); !made.empty()) splines.push_back(std::move(made));
  for (const auto& one : splines)
    if (room(1)) columns.push_back(one.front());
  for (const auto& one : splines)
    if (room(one.size() - 1)) columns.insert(columns.end(), one.begin() + 1, one.end());
  for (std::size_t a = 0; a < splines.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (room(1)) columns.push_back(splines[a].front().cwiseProduct(splines[b].front()));
  if (columns.size() == 1) return {};
  Eigen::MatrixXd x(n, static_cast<Eigen::Index>(columns.size()));
  for (std::size_t k = 0; k < columns.size(); ++k) x.col(static_cast<Eigen::Index>(k)) = columns[k];
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(x);
  const Eigen::MatrixXd basis = qr.householderQ() * Eigen::MatrixXd::Identity(n, qr.rank());

  const Eigen::Index best = best_of(benefit);
  Eigen::MatrixXd expected = benefit.colwise() - benefit.col(best).eval();
  double explained = 0.0;
  for (Eigen::Index o = 0; o < expected.cols(); ++o) {
    const double mean = expected.col(o).mean();
    const Eigen::VectorXd away = expected.col(o).array() - mean, fitted = basis * (basis.transpose() * away);
    const double total = away.squaredNorm();
    const double r2 = total > 0.0 ? fitted.squaredNorm() / total : 0.0;
    const double adjusted =
        std::max(0.0, 1.0 - (1.0 - r2) * static_cast<double>(n - 1) / static_cast<double>(n - qr.rank()));
    explained = std::max(explained, adjusted);
    expected.col(o) = (r2 > 0.0 ? std::sqrt(adjusted / r2) : 0.0) * fitted;
    expected.col(o).array() += mean;
  }
  InformationValue result = mean_of_best(expected);
  result.explained = explained;
  // No part is worth more than the whole; a regression of few draws of a skewed benefit may say so.
  const InformationValue all = perfect_information(benefit);
  if (result.value > all.value) {
    result.value = all.value;
    result.standard_error = all.standard_error;
  }
  return result;
}

}  // namespace spillway
