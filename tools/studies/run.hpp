// The main job and its first half, as a session runs them.
#pragma once
#include "tools/studies/session.hpp"

namespace spillway::studies {

/// Estimates, joint draws, scenarios, every area's outcomes, one result. @throws as run_all
/// @param earlier  a result to take from what it has of them; null: none
RunResult run(Session& session, const EarlierRun* earlier = nullptr);

/// @throws NumericalError  a model's headline is refused and no fallback stands
void require_headlines(const RunResult& result);

}  // namespace spillway::studies
