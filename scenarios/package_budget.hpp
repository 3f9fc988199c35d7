// One budget for the levers of a package, with floors and caps.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/levers.hpp"

namespace spillway::scenarios {

/// Share `money` in proportion to `weight`, each share between its floor and its cap: clamp(t weight, floor,
/// cap) with the one t that makes them sum to `money`.
/// @param weight  > 0
/// @param cap     >= floor >= 0; may be infinite. sum of floors <= money <= sum of caps
std::vector<double> shared_out(double money, const std::vector<double>& weight,
                               const std::vector<double>& floor, const std::vector<double>& cap);

/// The levers of a package with what the budget makes of their money.
struct BudgetedParts {
  std::vector<std::pair<std::string, Parameters>> parts;
  std::vector<std::string> notes;  ///< how the budget is shared; none: the package has none
};

/// The parameters that bound a lever's part of the budget: NAME_floor, NAME_floor_share, NAME_cap and
/// NAME_cap_share.
std::vector<ParameterSpec> budget_bounds(const std::string& lever);

/// package_parts() under the package's `budget`: public cost of the whole programme in every draw,
/// undiscounted. Levers that scale share what the others leave, in proportion to what each costs as it is
/// set; without a budget each costs what it costs.
/// @throws InputError  bounds without a budget, a floor above its cap, floors above the budget or caps below
/// it,
///                     a lever that costs something else than its bounds allow; with names and amounts
BudgetedParts budgeted_parts(const LeverContext& context, const Parameters& package);

}  // namespace spillway::scenarios
