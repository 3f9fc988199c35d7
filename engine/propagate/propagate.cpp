#include <fmt/format.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/propagate/dynamics.hpp"

namespace spillway {

namespace {

void need(std::size_t have, std::size_t want, const char* name, const char* shape) {
  if (have != want)
    throw InputError(fmt::format("dynamics: {} has {} values but {} needs {}", name, have, shape, want));
}

void need_finite(const std::vector<double>& values, const char* name) {
  for (std::size_t k = 0; k < values.size(); ++k)
    if (!std::isfinite(values[k]))
      throw InputError(fmt::format("dynamics: {}[{}] is {} (needs finite numbers)", name, k, values[k]));
}

}  // namespace

void check(const Dynamics& dynamics) {
  if (dynamics.weights == nullptr) throw InputError("dynamics: no spatial weights are given");
  const auto areas = static_cast<std::size_t>(dynamics.areas());
  if (dynamics.weights->areas() != dynamics.areas())
    throw InputError(
        fmt::format("dynamics: row_class covers {} areas but the weights cover {} (needs one class an area)",
                    areas, dynamics.weights->areas()));
  if (dynamics.draws < 1 || dynamics.horizon < 1)
    throw InputError(fmt::format("dynamics: {} draws over {} periods (needs at least one of each)",
                                 dynamics.draws, dynamics.horizon));
  for (const auto cls : dynamics.row_class)
    if (cls < 0 || cls >= dynamics.classes)
      throw InputError(fmt::format("dynamics: row class {} is outside 0..{}", cls, dynamics.classes - 1));
  if (dynamics.shape.rows() != dynamics.areas())
    throw InputError(
        fmt::format("dynamics: shape has {} rows but there are {} areas", dynamics.shape.rows(), areas));
  const auto draws = static_cast<std::size_t>(dynamics.draws),
             periods = static_cast<std::size_t>(dynamics.horizon);
  const std::size_t coefficients =
      draws * static_cast<std::size_t>(dynamics.classes) * (dynamics.coefficients_by_period ? periods : 1);
  need(dynamics.rho.size(), coefficients, "rho", "draws x [periods x] classes");
  if (!dynamics.lambda.empty()) {
    need(dynamics.lambda.size(), coefficients, "lambda", "draws x [periods x] classes");
    if (dynamics.added_links.rows() != dynamics.areas() || dynamics.added_links.cols() != dynamics.areas())
      throw InputError(
          fmt::format("dynamics: lambda is given but the matrix of added links is {} x {} (needs {} x {})",
                      dynamics.added_links.rows(), dynamics.added_links.cols(), areas, areas));
  }
  need(dynamics.phi.size(), draws, "phi", "one for each draw");
  need(dynamics.amplitude.size(), draws * periods * static_cast<std::size_t>(dynamics.shapes()), "amplitude",
       "draws x periods x shapes");
  need_finite(dynamics.rho, "rho");
  need_finite(dynamics.lambda, "lambda");
  need_finite(dynamics.phi, "phi");
  need_finite(dynamics.amplitude, "amplitude");
  if (!dynamics.shape.allFinite()) throw InputError("dynamics: a shape has a value that is not finite");
}

Eigen::MatrixXd propagate_one(const Dynamics& dynamics, long draw) {
  const auto& lag = dynamics.weights->matrix();
  const Eigen::Index areas = dynamics.areas();
  Eigen::MatrixXd path(areas, dynamics.horizon);
  Eigen::VectorXd previous = Eigen::VectorXd::Zero(areas);
  for (int period = 0; period < dynamics.horizon; ++period) {
    Eigen::VectorXd now = lag * previous;
    Eigen::VectorXd added_links = Eigen::VectorXd::Zero(areas);
    if (!dynamics.lambda.empty()) added_links = dynamics.added_links * previous;
    for (Eigen::Index i = 0; i < areas; ++i) {
      const int cls = dynamics.row_class[static_cast<std::size_t>(i)];
      const double rho = dynamics.rho_at(draw, period, cls), lambda = dynamics.lambda_at(draw, period, cls);
      now[i] = rho * ((1.0 - lambda) * now[i] + lambda * added_links[i]) +
               dynamics.phi[static_cast<std::size_t>(draw)] * previous[i];
    }
    for (int q = 0; q < dynamics.shapes(); ++q)
      now += dynamics.amplitude_at(draw, period, q) * dynamics.shape.col(q);
    path.col(period) = now;
    previous = now;
  }
  return path;
}

}  // namespace spillway
