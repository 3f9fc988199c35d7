// Analytical correction of within: the bias under errors that are independent over areas, taken off once.
//
//     theta_c = theta - H^-1 q(theta),  q = -(1/T) sum_m (T-1-m) sum_i s2_i [W A^m]_ii   (own lag: [A^m]_ii)
//
// with s2_i = sum_t e_it^2 / (T-1). Exact in T (Nickell 1981), the plug-in of Yu, de Jong & Lee (2008) and
// Lee & Yu (2010) for spatial lags. Spatially correlated errors break it: the corrected score does not assume
// them away. Diagonals come from 32 random-sign probes v, E[v_i (B v)_i] = B_ii (Hutchinson 1990), the same
// for every run.
#include <fmt/format.h>

#include <cmath>

#include "engine/base/streams.hpp"
#include "engine/estimate/panel/panel_problem.hpp"

namespace spillway {

Fit fit_analytical(PanelProblem& problem, const PanelSpecification& asked) {
  PanelSpecification specification = asked;
  specification.area_effects = PanelSpecification::AreaEffects::removed;
  const auto base = problem.base(specification);
  const TransformedPanel& panel = base->panel;
  const Eigen::Index n = panel.areas, periods = panel.periods;
  const int p = panel.regressors();
  constexpr int probes = 32;
  Fit fit;
  fit.estimate = problem.blank(Estimator::analytical, panel);
  const Eigen::VectorXd& theta = base->least_squares.coefficients;
  const std::vector<double> e = residuals(panel, theta, problem.context.parallelism);
  Eigen::VectorXd variance = Eigen::VectorXd::Zero(n);
  for (Eigen::Index t = 0; t < periods; ++t)
    for (Eigen::Index i = 0; i < n; ++i)
      variance(i) += e[static_cast<std::size_t>(t * n + i)] * e[static_cast<std::size_t>(t * n + i)];
  variance /= static_cast<double>(periods - 1);

  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Rows sign(n, probes);
  for (Eigen::Index i = 0; i < n; ++i) {
    Stream stream(20241, Purpose::diagnostics, static_cast<std::uint64_t>(i));
    const std::uint32_t bits = stream.next();
    for (int k = 0; k < probes; ++k) sign(i, k) = (bits >> k) & 1u ? 1.0 : -1.0;
  }
  // sum_m (T-1-m) A_m v by Clenshaw's recursion, as in the corrected score.
  const double phi = panel.own_lags > 0 ? theta(panel.lags) : 0.0,
               phi_2 = panel.own_lags > 1 ? theta(panel.lags + 1) : 0.0;
  const auto lag = [&](const Rows& z) {
    Rows out = Rows::Zero(n, probes);
    if (panel.lags > 0)
      for_each_block(n, 2048, problem.context.parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (std::ptrdiff_t i = begin; i < end; ++i)
          for (SpatialWeights::Matrix::InnerIterator it(problem.data.weights.matrix(), i); it; ++it)
            out.row(i) += it.value() * z.row(it.col());
      });
    return out;
  };
  Rows z = sign, before = Rows::Zero(n, probes);
  for (Eigen::Index c = 2; c <= periods - 1; ++c) {
    Rows next = lag(z);
    for (Eigen::Index i = 0; i < n; ++i) {
      const double rho = panel.lags > 0 ? theta(panel.type[static_cast<std::size_t>(i)]) : 0.0;
      next.row(i) =
          static_cast<double>(c) * sign.row(i) + rho * next.row(i) + phi * z.row(i) + phi_2 * before.row(i);
    }
    before = std::move(z);
    z = std::move(next);
  }
  Eigen::VectorXd q = Eigen::VectorXd::Zero(p);
  const double scale = -1.0 / (static_cast<double>(periods) * probes);
  const auto diagonal = [&](const Rows& state, Eigen::Index i) {
    return scale * variance(i) * sign.row(i).dot(state.row(i));
  };
  const Rows lagged = lag(z);
  for (Eigen::Index i = 0; i < n; ++i) {
    if (panel.lags > 0) q(panel.type[static_cast<std::size_t>(i)]) += diagonal(lagged, i);
    if (panel.own_lags > 0) q(panel.lags) += diagonal(z, i);
    if (panel.own_lags > 1) q(panel.lags + 1) += diagonal(before, i);
  }
  const Eigen::MatrixXd inverse = base->least_squares.cross.inverse();
  fit.estimate.coefficients = theta - inverse * q;
  const std::vector<double> corrected =
      residuals(panel, fit.estimate.coefficients, problem.context.parallelism);
  std::vector<double> influence(static_cast<std::size_t>(periods * n * p));
  for (Eigen::Index k = 0; k < periods * n; ++k)
    Eigen::Map<Eigen::VectorXd>(influence.data() + k * p, p) =
        inverse * Eigen::Map<const Eigen::VectorXd>(panel.tilde.data() + k * panel.stride(), p) *
        e[static_cast<std::size_t>(k)];
  finish_with_influence(problem, panel, influence, corrected, inverse,
                        "within with analytical (Nickell / Yu-de Jong-Lee) correction", fit.estimate);
  fit.estimate.notes.push_back(
      "analytical correction: exact only for errors independent over areas; standard errors are within's, "
      "without the "
      "correction's own error (they cover too little)");
  return fit;
}

}  // namespace spillway
