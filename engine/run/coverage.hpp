// The proof by simulation: worlds of known truth through the pipeline of a run, in parallel, resumable.
#pragma once
#include <filesystem>
#include <functional>
#include <vector>

#include "engine/run/coverage_summary.hpp"
#include "engine/run/graph.hpp"
#include "engine/store/checkpoint.hpp"

namespace spillway {

struct CoverageResult {
  std::vector<DesignSummary> designs;  ///< in the order of the configuration
  long worlds = 0;                     ///< of each design
  long resumed = 0;                    ///< worlds that a checkpoint had
  double seconds = 0.0;
  std::filesystem::path file;
};

/// Run every world of every design of config.coverage, write `output` (format: engine/store/FORMAT.md,
/// /coverage).
///
/// One world is one task and one unit of the checkpoint `<output>.checkpoint`; the same bits with any number
/// of threads and after any number of resumes.
/// @throws InputError   no designs; a design or model that cannot be; resume from a checkpoint of another
/// configuration
/// @throws Interrupted  hooks.interrupted() said so: worlds in work are finished and kept
CoverageResult run_coverage(const RunConfig& config, const std::filesystem::path& output,
                            const BuildIdentity& build, const RunHooks& hooks, Checkpoint::Start start);

/// What `--dry-run` prints: designs, worlds, estimators. Computes nothing.
std::string describe_coverage(const RunConfig& config);

}  // namespace spillway
