// What `spillway estimate` prints unasked: one screen.
#pragma once
#include <string>

#include "engine/run/graph.hpp"
#include "tools/studies/style.hpp"

namespace spillway::studies {

/// A block a model. Panels: the headline beside the specification as published, N, T, clusters, W, the tests
/// that decide, the headline's warnings. Grids of instruments: one line a cell, then the verdicts. Everything
/// else is counted and named with the way to it.
std::string estimates_brief(const RunResult& result, const Style& style);

}  // namespace spillway::studies
