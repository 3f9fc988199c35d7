// Where the engine meets the levers: the callables that a run is given.
#pragma once
#include "engine/run/scenario_job.hpp"
#include "scenarios/lever.hpp"

namespace spillway::studies {

/// Hooks that build scenarios from the catalogue of levers and appraise them by the configured rulebook.
RunHooks policy_hooks(const RunConfig& config);

/// A scenario at parameters that are given, one row a draw of `context`, rather than sampled.
/// @throws InputError  the lever refuses them, or its shocks are not in the unit of the propagated outcome
Policy prepare_at(const ScenarioConfig& scenario, const LeverContext& context, const Parameters& parameters);

/// What is added to a policy once its lever has built it: where it changes rho or W, the draws of the
/// counterfactual growth that it acts on.
void finish_policy(Policy& policy, const LeverContext& context, const RunConfig& config);

}  // namespace spillway::studies
