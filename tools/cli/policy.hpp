// Where the engine meets the levers: the callables that a run is given.
#pragma once
#include "engine/run/scenario_job.hpp"
#include "scenarios/lever.hpp"

namespace spillway::cli {

/// Hooks that build scenarios from the catalogue of levers and appraise them by the configured rulebook.
RunHooks policy_hooks(const RunConfig& config);

/// What the scenario's lever may look at. `data` and what it points to must outlive it.
scenarios::LeverContext lever_context(const ScenarioConfig& scenario, const ScenarioData& data);

/// A scenario at parameters that are given, one row a draw of `data`, rather than sampled.
/// @throws InputError  the lever refuses them, or its shocks are not in the unit of the propagated outcome
PreparedScenario prepare_at(const ScenarioConfig& scenario, const ScenarioData& data,
                            const scenarios::Parameters& parameters);

/// Years a period ahead: the pack's own, or the configuration's where the pack's periods are uneven.
/// @throws InputError  neither is known, or they differ
double years_a_period(const RunConfig& config, const DataPack& pack);

}  // namespace spillway::cli
