// What a person reads at the end of a run.
#pragma once
#include <string>

#include "engine/run/graph.hpp"
#include "tools/studies/style.hpp"

namespace spillway::studies {

/// The estimates of every model: tables, warnings, notes, verdicts, echo lines; with the definition of each
/// statistic below its table where asked.
enum class Definitions { left_out, shown };
std::string estimates_summary(const RunResult& result, const Style& style, Definitions definitions);

/// The end of a run, at most 36 lines with the 4 that the caller adds: for each policy, from the estimates
/// that drive it, what it would do to whom, how sure that is, what it costs and what stands against it.
std::string first_words(const RunConfig& config, const RunResult& result, const Style& style);

/// The run in full: estimates in brief, each scenario by type, warnings, the numbers that matter.
std::string run_summary(const RunConfig& config, const RunResult& result, const Style& style);

}  // namespace spillway::studies
