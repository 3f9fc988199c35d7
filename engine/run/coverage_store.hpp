// Coverage in the result file.
#pragma once
#include <string>
#include <vector>

#include "engine/run/coverage_summary.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

/// /coverage/worlds/<design>: quantity [quantity] as "model/estimator/quantity"; estimate, standard_error,
/// low, high [world, quantity]; NaN where a world has none.
void write_worlds(RunWriter& writer, const std::string& design, const std::vector<CoverageOutcome>& worlds);

/// /coverage/value, /coverage/test, /coverage/fit: one row a design and quantity, test or fit;
/// /coverage/design: the designs.
void write_summaries(RunWriter& writer, const RunConfig& config, const std::vector<DesignSummary>& designs);

}  // namespace spillway
