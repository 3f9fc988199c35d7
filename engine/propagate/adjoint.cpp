#include "engine/propagate/adjoint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.hpp"

namespace spillway {

Eigen::MatrixXd adjoint_one(const Dynamics& dynamics, long draw, const Eigen::MatrixXd& objective) {
  const Eigen::Index areas = dynamics.areas();
  if (objective.rows() != areas || objective.cols() != dynamics.horizon)
    throw InputError(fmt::format("adjoint: the objective is {} x {} (needs {} areas x {} periods)",
                                 objective.rows(), objective.cols(), areas, dynamics.horizon));
  const auto& lag = dynamics.weights->matrix();
  Eigen::MatrixXd worth(areas, dynamics.horizon);
  worth.col(dynamics.horizon - 1) = objective.col(dynamics.horizon - 1);
  for (int period = dynamics.horizon - 1; period > 0; --period) {
    const Eigen::VectorXd later = worth.col(period);
    Eigen::VectorXd through_w = Eigen::VectorXd::Zero(areas), through_c = through_w;
    for (Eigen::Index i = 0; i < areas; ++i) {
      const int cls = dynamics.row_class[static_cast<std::size_t>(i)];
      const double rho = dynamics.rho_at(draw, period, cls), lambda = dynamics.lambda_at(draw, period, cls);
      through_w[i] = rho * (1.0 - lambda) * later[i];
      through_c[i] = rho * lambda * later[i];
    }
    Eigen::VectorXd now = objective.col(period - 1) + dynamics.phi[static_cast<std::size_t>(draw)] * later +
                          lag.transpose() * through_w;
    if (!dynamics.lambda.empty()) now += dynamics.added_links.transpose() * through_c;
    worth.col(period - 1) = now;
  }
  return worth;
}

AdjointBatches::AdjointBatches(const Dynamics& dynamics, Eigen::VectorXd weight)
    : dynamics_(dynamics), weight_(std::move(weight)), transposed_(dynamics.weights->matrix().transpose()) {
  if (dynamics.coefficients_by_period || !dynamics.lambda.empty())
    throw InputError(
        "adjoint: the policy changes rho or W, and the batches are for shocks alone (use adjoint_one)");
  if (weight_.size() != dynamics.areas())
    throw InputError(fmt::format("adjoint: {} weights for {} areas (needs one an area)", weight_.size(),
                                 dynamics.areas()));
}

void AdjointBatches::run(long first, int count, const double* kappa, const double* profile,
                         std::vector<double>& worth) const {
  const auto areas = static_cast<std::size_t>(dynamics_.areas());
  const int horizon = dynamics_.horizon, classes = dynamics_.classes;
  // b(k) of every class, and rho and phi, lane by lane.
  std::vector<double> forcing(static_cast<std::size_t>(horizon * classes) * lanes),
      rho(static_cast<std::size_t>(classes) * lanes), phi(lanes);
  for (int lane = 0; lane < lanes; ++lane) {
    const int draw = std::min(lane, count - 1);
    const double* a = profile + static_cast<std::ptrdiff_t>(draw) * horizon;
    const double* c = kappa + static_cast<std::ptrdiff_t>(draw) * horizon * classes;
    phi[static_cast<std::size_t>(lane)] = dynamics_.phi[static_cast<std::size_t>(first + draw)];
    for (int cls = 0; cls < classes; ++cls) {
      rho[static_cast<std::size_t>(cls * lanes + lane)] = dynamics_.rho_at(first + draw, 0, cls);
      for (int k = 0; k < horizon; ++k) {
        double sum = 0.0;
        for (int s = 0; s + k < horizon; ++s) sum += a[s] * c[(s + k) * classes + cls];
        forcing[static_cast<std::size_t>((k * classes + cls) * lanes + lane)] = sum;
      }
    }
  }
  worth.assign(areas * lanes, 0.0);
  std::vector<double> scaled(areas * lanes, 0.0), next(areas * lanes);
  const int* start = transposed_.outerIndexPtr();
  const int* neighbour = transposed_.innerIndexPtr();
  const double* link = transposed_.valuePtr();
  for (int k = horizon - 1; k >= 0; --k) {
    for (std::size_t i = 0; i < areas; ++i) {
      const auto cls = static_cast<std::size_t>(dynamics_.row_class[i]);
      const double* b = forcing.data() + (static_cast<std::size_t>(k * classes) + cls) * lanes;
      double sum[lanes];
      for (int lane = 0; lane < lanes; ++lane)
        sum[lane] = weight_[static_cast<Eigen::Index>(i)] * b[lane] +
                    phi[static_cast<std::size_t>(lane)] * worth[i * lanes + static_cast<std::size_t>(lane)];
      for (int at = start[i]; at < start[i + 1]; ++at) {
        const double w = link[at];
        const double* from = scaled.data() + static_cast<std::size_t>(neighbour[at]) * lanes;
        for (int lane = 0; lane < lanes; ++lane) sum[lane] += w * from[lane];
      }
      for (int lane = 0; lane < lanes; ++lane) next[i * lanes + static_cast<std::size_t>(lane)] = sum[lane];
    }
    worth.swap(next);
    if (k == 0) break;
    for (std::size_t i = 0; i < areas; ++i) {
      const double* r = rho.data() + static_cast<std::size_t>(dynamics_.row_class[i]) * lanes;
      for (std::size_t lane = 0; lane < lanes; ++lane)
        scaled[i * lanes + lane] = r[lane] * worth[i * lanes + lane];
    }
  }
}

}  // namespace spillway
