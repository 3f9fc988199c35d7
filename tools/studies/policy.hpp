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

}  // namespace spillway::studies
