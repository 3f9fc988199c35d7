#include "engine/propagate/unit_dynamics.hpp"

#include <cmath>

namespace spillway {

UnitDynamics unit_dynamics(const Dynamics& dynamics) {
  UnitDynamics unit{dynamics, std::vector<double>(static_cast<std::size_t>(dynamics.draws), 0.0)};
  const Eigen::RowVectorXd weight =
      dynamics.shape.colwise().norm() / std::sqrt(static_cast<double>(std::max(1L, dynamics.areas())));
  const auto shapes = static_cast<std::size_t>(dynamics.shapes());
  const std::size_t path = static_cast<std::size_t>(dynamics.horizon) * shapes;
  for (std::size_t d = 0; d < unit.size.size(); ++d) {
    double* amplitude = unit.dynamics.amplitude.data() + d * path;
    double& size = unit.size[d];
    for (std::size_t k = 0; k < path; ++k)
      if (const double moves = amplitude[k] * weight(static_cast<Eigen::Index>(k % shapes));
          std::abs(moves) > std::abs(size))
        size = moves;
    for (std::size_t k = 0; k < path; ++k) {
      const double by = weight(static_cast<Eigen::Index>(k % shapes));
      amplitude[k] = size == 0.0 || by == 0.0
                         ? 0.0
                         : std::nearbyint(amplitude[k] * by / size / kUnitGrid) * kUnitGrid / by;
    }
  }
  return unit;
}

bool same(const Dynamics& one, const Dynamics& other) {
  const auto same_links = [](const SpatialWeights::Matrix& a, const SpatialWeights::Matrix& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() && a.nonZeros() == b.nonZeros() &&
           std::equal(a.outerIndexPtr(), a.outerIndexPtr() + a.outerSize() + (a.rows() > 0 ? 1 : 0),
                      b.outerIndexPtr()) &&
           std::equal(a.innerIndexPtr(), a.innerIndexPtr() + a.nonZeros(), b.innerIndexPtr()) &&
           std::equal(a.valuePtr(), a.valuePtr() + a.nonZeros(), b.valuePtr());
  };
  return one.weights == other.weights && one.classes == other.classes && one.draws == other.draws &&
         one.horizon == other.horizon && one.coefficients_by_period == other.coefficients_by_period &&
         one.row_class == other.row_class && one.rho == other.rho && one.lambda == other.lambda &&
         one.phi == other.phi && one.shape.rows() == other.shape.rows() &&
         one.shape.cols() == other.shape.cols() && one.shape == other.shape &&
         one.amplitude == other.amplitude && same_links(one.added_links, other.added_links);
}

}  // namespace spillway
