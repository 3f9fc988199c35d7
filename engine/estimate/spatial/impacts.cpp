#include "engine/estimate/spatial/impacts.hpp"

namespace spillway {

namespace {

/// 1'A1/n and 1'AW1/n with their derivatives by rho.
struct RowSums {
  double own = 0.0, own_slope = 0.0, lag = 0.0, lag_slope = 0.0;
};

RowSums row_sums(const SpatialWeights& weights, const LogDeterminant& determinant, double rho) {
  if (weights.row_standardised() && weights.islands().empty()) {
    const double a = 1.0 / (1.0 - rho);
    return {a, a * a, a, a * a};
  }
  const Eigen::VectorXd one = Eigen::VectorXd::Ones(weights.areas()), lag = weights.matrix() * one;
  Eigen::MatrixXd first(one.size(), 2);
  first << one, lag;
  first = determinant.solve(rho, first);
  // dA/drho = A W A.
  const Eigen::MatrixXd second = determinant.solve(rho, weights.matrix() * first);
  return {first.col(0).mean(), second.col(0).mean(), first.col(1).mean(), second.col(1).mean()};
}

}  // namespace

Impacts lag_impacts(const SarDesign& design, const SpatialWeights& weights, const LogDeterminant& determinant,
                    double rho, const Eigen::VectorXd& beta) {
  const auto f = determinant.fast(rho);
  const double n = static_cast<double>(design.areas), g = -f.first / n, g2 = -f.second / n;
  const double a = 1.0 + rho * g, a_slope = g + rho * g2;
  const RowSums sums = row_sums(weights, determinant, rho);
  const auto m = static_cast<Eigen::Index>(design.covariates.size());
  Impacts impacts;
  impacts.value = Eigen::VectorXd::Zero(3 * m);
  impacts.jacobian = Eigen::MatrixXd::Zero(3 * m, 1 + beta.size());
  for (Eigen::Index k = 0; k < m; ++k) {
    const Eigen::Index direct = k, indirect = m + k, total = 2 * m + k;
    const auto add = [&](Eigen::Index column, double own, double own_slope, double all, double all_slope) {
      const double b = beta[column];
      impacts.value[direct] += b * own;
      impacts.value[total] += b * all;
      impacts.jacobian(direct, 0) += b * own_slope;
      impacts.jacobian(total, 0) += b * all_slope;
      impacts.jacobian(direct, 1 + column) = own;
      impacts.jacobian(total, 1 + column) = all;
    };
    add(design.own[static_cast<std::size_t>(k)], a, a_slope, sums.own, sums.own_slope);
    if (!design.durbin.empty() && design.durbin[static_cast<std::size_t>(k)] >= 0)
      add(design.durbin[static_cast<std::size_t>(k)], g, g2, sums.lag, sums.lag_slope);
    impacts.value[indirect] = impacts.value[total] - impacts.value[direct];
    impacts.jacobian.row(indirect) = impacts.jacobian.row(total) - impacts.jacobian.row(direct);
  }
  for (const char* kind : {"direct", "indirect", "total"})
    for (const auto& name : design.covariates)
      impacts.names.push_back(std::string("impact_") + kind + ":" + name);
  return impacts;
}

}  // namespace spillway
