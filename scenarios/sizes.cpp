#include "scenarios/sizes.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"

namespace spillway::scenarios {

namespace {

constexpr double tolerance = 1e-12;

/// now = factor x before, entry by entry, to rounding.
template <typename Before, typename Now>
bool in_proportion(const Before& before, const Now& now, double factor) {
  if (before.size() != now.size()) return false;
  double largest = 0.0;
  for (const double v : before) largest = std::max(largest, std::fabs(v));
  auto at = now.begin();
  for (const double v : before)
    if (!(std::fabs(*at++ - factor * v) <= tolerance * factor * largest)) return false;
  return true;
}

bool any(const auto& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return v != 0.0; });
}

bool scaled_by(const Policy& policy, const Policy& other, double factor) {
  const Dynamics &a = policy.dynamics, &b = other.dynamics;
  return a.shape.rows() == b.shape.rows() && a.shape.cols() == b.shape.cols() && a.shape == b.shape &&
         a.row_class == b.row_class && a.rho == b.rho && a.lambda == b.lambda && a.phi == b.phi &&
         in_proportion(a.amplitude, b.amplitude, factor) &&
         in_proportion(policy.cost.reshaped(), other.cost.reshaped(), factor) &&
         in_proportion(policy.transfer, other.transfer, factor);
}

}  // namespace

void find_sizes(Policy& policy, const LeverContext& context, const Lever& lever,
                const Parameters& parameters) {
  policy.sizes.clear();
  policy.unsized.clear();
  if (policy.changes_dynamics) {
    policy.unsized = "it changes how growth spreads (rho or W), and what follows is not in proportion to it";
    return;
  }
  if (!any(policy.dynamics.amplitude) || !(any(policy.cost.reshaped()) || any(policy.transfer))) {
    policy.unsized = "it gives no shock, or moves no money";
    return;
  }
  const auto at = [&](std::size_t column, double factor) {
    Parameters other = parameters;
    other.value.col(static_cast<Eigen::Index>(column)) *= factor;
    try {
      return scaled_by(policy, lever.build(context, other), factor);
    } catch (const InputError&) {
      return false;  // the lever refuses it at that size
    }
  };
  for (std::size_t k = 0; k < parameters.names.size(); ++k) {
    const auto spec = std::find_if(lever.parameters.begin(), lever.parameters.end(),
                                   [&](const ParameterSpec& s) { return s.name == parameters.names[k]; });
    const auto values = parameters.value.col(static_cast<Eigen::Index>(k));
    if (spec == lever.parameters.end() || !(values.minCoeff() >= 0.0) || !(values.maxCoeff() > 0.0) ||
        spec->low > 0.0)
      continue;
    const double up_to = std::clamp(spec->high / values.maxCoeff(), 1.0, largest_size);
    if (at(k, 0.5) && (up_to == 1.0 || at(k, up_to))) policy.sizes[spec->name] = up_to;
  }
  if (policy.sizes.empty())
    policy.unsized = "none of its parameters scales both what it does and the money it moves";
}

}  // namespace spillway::scenarios
