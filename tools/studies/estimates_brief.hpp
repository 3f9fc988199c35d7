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

/// "[-0.0258, 0.0534]", "[0.00131, no bound]" where it does not end, "(no bound)" where neither end does;
/// empty where no interval is offered.
std::string interval_words(const Estimate& estimate, Eigen::Index k);

}  // namespace spillway::studies
