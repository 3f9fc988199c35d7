// What a person reads at the end of a run.
#pragma once
#include <string>

#include "engine/run/graph.hpp"
#include "tools/studies/style.hpp"

namespace spillway::studies {

/// The estimates of every model: tables, warnings, verdicts, echo lines.
std::string estimates_summary(const RunResult& result, const Style& style);

/// The run in a page: estimates in brief, each scenario by type, warnings, the numbers that matter.
std::string run_summary(const RunConfig& config, const RunResult& result, const Style& style);

}  // namespace spillway::studies
