// A sweep: a grid of configurations in a folder, each checked as a run would, and their results in one file.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/run/provenance.hpp"
#include "engine/store/merge_runs.hpp"
#include "tools/studies/sweep_index.hpp"

namespace spillway::studies {

/// A grid before it is written.
struct SweepPlan {
  SweepIndex index;
  std::vector<std::string> texts;  ///< each member's TOML
  double result_bytes = 0.0;       ///< of all results, foretold
};

/// The grid of `config` over the axes, every member checked: one that a run would refuse must not wait for
/// its turn on a cluster.
/// @param assignments  section.key=[value, value] makes an axis, section.key=value sets
/// @param folder  where the members' relative paths lead from
/// @throws InputError  an axis, or what a run would refuse, with the member's settings
SweepPlan plan_sweep(const std::string& config, const std::vector<std::string>& assignments,
                     const std::filesystem::path& folder);

/// Write the members and the index. The same plan may be written again.
/// @throws InputError  the folder holds another sweep
void write_sweep(const SweepPlan& plan, const std::filesystem::path& folder);

/// @throws InputError  the folder has no index, or a damaged one, or one that names files elsewhere
SweepIndex read_sweep(const std::filesystem::path& folder);

/// Whether the member's result is there and whole.
bool finished(const std::filesystem::path& folder, const SweepMember& member);

/// Check the members that have no result yet, as `plan_sweep` does.
void check_unfinished(const std::filesystem::path& folder, const SweepIndex& index);

/// Every result, held against its configuration, into one file.
/// @return  the instruction sets that the members ran on: results of two differ in the last digits
/// @throws InputError  members that are missing, damaged or of another configuration: all of them, named
std::vector<std::string> merge_sweep(const std::filesystem::path& folder, const SweepIndex& index,
                                     const std::filesystem::path& output, const BuildIdentity& build,
                                     MergeOptions options);

}  // namespace spillway::studies
