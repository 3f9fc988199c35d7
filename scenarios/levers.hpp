// One function a lever: its page, its parameters, and how it adds itself to a policy.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"
#include "scenarios/policy_builder.hpp"

namespace spillway::scenarios {

/// Whether a lever changes how growth spreads (rho or W), beside or in place of giving shocks.
enum class Changes { nothing, dynamics };

/// What a package's budget may do with a lever. own_cost: it costs what it costs; scaled: with its money all
/// that it does becomes larger or smaller in proportion.
enum class UnderBudget { own_cost, scaled };

/// A lever as it is written: what it adds to a policy that others may share (a package).
struct LeverSource {
  std::string name, summary, mechanism, left_out;
  std::vector<ParameterSpec> parameters;
  std::function<void(PolicyBuilder&, const Parameters&)> add;
  Changes changes = Changes::nothing;
  UnderBudget under_budget = UnderBudget::own_cost;
};

LeverSource ukspf_ring_fence();
LeverSource community_wealth_fund();
LeverSource bus_franchising();
LeverSource neighbourhood_renewal();
LeverSource fund_consolidation();
LeverSource growth_plan_conditionality();
LeverSource employment_support();
LeverSource package();

/// Every lever but packages, in the order of the documentation.
const std::vector<LeverSource>& lever_sources();

}  // namespace spillway::scenarios
