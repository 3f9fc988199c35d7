// What a person reads at the end of a run.
#pragma once
#include <string>

#include "engine/run/graph.hpp"

namespace spillway::cli {

/// The estimates of every model: tables, warnings, verdicts, echo lines.
std::string estimates_summary(const RunConfig& config, const RunResult& result);

/// The run in a page: estimates in brief, each scenario by type, warnings, where the results are, what to try
/// next.
std::string run_summary(const RunConfig& config, const RunResult& result);

}  // namespace spillway::cli
