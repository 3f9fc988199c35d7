// Where the engine meets the levers: the callables that a run is given.
#pragma once
#include "engine/run/scenario_job.hpp"

namespace spillway::cli {

/// Hooks that build scenarios from the catalogue of levers and appraise them by the configured rulebook.
RunHooks policy_hooks(const RunConfig& config);

}  // namespace spillway::cli
