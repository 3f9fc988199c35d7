// What a scenario's outcome is made from, as one hash: equal hashes, equal bits.
#pragma once
#include <optional>
#include <string>

#include "engine/outcome/outcome.hpp"
#include "engine/policy/policy.hpp"
#include "engine/run/scenario_job.hpp"

namespace spillway {

/// The policy with spread = "none" that uplift_split() sets beside `policy`; none where growth does not
/// spread, or the policy changes how it does.
std::optional<Policy> policy_alone(const ScenarioConfig& scenario, const RunConfig& config,
                                   const LeverContext& context, const Policy& policy, const RunHooks& hooks);

/// SHA-256 of every number that evaluate(), uplift_split() and area_split() read of a policy and a plan: W,
/// shocks, rho, which areas are funded, groupings, quantiles. Names of scenarios, costs, notes and
/// appraisal are not in it, nor is the memory budget, which may choose the path and moves no more than a
/// path's error. With the same program, instruction set and budget, scenarios of one key have the same
/// outcome and splits bit for bit.
/// @param alone  as uplift_split() takes it
std::string outcome_key(const Policy& policy, const std::optional<Policy>& alone, const OutcomePlan& plan);

}  // namespace spillway
