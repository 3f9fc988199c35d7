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
         policy.later_cost.size() == other.later_cost.size() &&
         in_proportion(policy.later_cost.reshaped(), other.later_cost.reshaped(), factor) &&
         in_proportion(policy.transfer, other.transfer, factor);
}

/// What a lever looks at, of the first draws alone: rejects a parameter for a small part of what all draws
/// cost.
LeverContext first_draws(const LeverContext& context, long draws) {
  LeverContext few = context;
  const auto head = [&](Eigen::VectorXd& values) {
    if (values.size() == context.draws) values = Eigen::VectorXd(values.head(draws));
  };
  few.draws = draws;
  few.rho = context.rho.leftCols(draws);
  for (auto* values : {&few.phi, &few.beta, &few.plain_beta, &few.theta}) head(*values);
  return few;
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
  const long few = std::min<long>(context.draws, 2);
  const LeverContext few_context = first_draws(context, few);
  Parameters few_parameters = parameters;
  few_parameters.value = parameters.value.topRows(few);
  const Policy few_policy = lever.build(few_context, few_parameters);
  const auto scales = [&](const Policy& base, const LeverContext& of, const Parameters& from,
                          std::size_t column, double factor) {
    Parameters other = from;
    other.value.col(static_cast<Eigen::Index>(column)) *= factor;
    try {
      return scaled_by(base, lever.build(of, other), factor);
    } catch (const InputError&) {
      return false;  // the lever refuses it at that size
    }
  };
  const auto at = [&](std::size_t column, double factor) {
    return scales(few_policy, few_context, few_parameters, column, factor) &&
           scales(policy, context, parameters, column, factor);
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
