// Exact recursion of every draw, tile by tile, each tile's quantiles taken where its draws lie.
#pragma once
#include "engine/outcome/outcome.hpp"

namespace spillway {

/// Areas of one tile: as many as keep all their draws within the working memory.
///
/// @throws InputError  the budget has no room for the draws of a handful of areas; names what it needs
int exact_tile_areas(const Dynamics& dynamics, const OutcomePlan& plan, int workers);

/// evaluate() by exact recursion; arguments checked.
ScenarioOutcome evaluate_exact(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism);

}  // namespace spillway
