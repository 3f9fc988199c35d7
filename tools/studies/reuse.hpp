// `run --reuse`: whether an earlier result is of the same estimates, and what is said of what it gave.
#pragma once
#include <filesystem>
#include <string>

#include "engine/run/earlier_run.hpp"
#include "engine/run/graph.hpp"

namespace spillway::studies {

/// What estimates and draws of a run hang on, in named parts, beside its data: program, processor, seed, and
/// the configuration without what scenarios, outcomes, appraisal and the store alone read. A key that is not
/// known to be one of those counts.
CheckpointKey estimates_key(const RunConfig& config, const std::string& version,
                            const std::string& instruction_set);

/// The result `file`, whose estimates are those that `config` would have.
/// @throws InputError  they are not, or it cannot be taken from; names what differs first
EarlierRun earlier_run(const std::filesystem::path& file, const RunConfig& config,
                       const BuildIdentity& build);

/// One line: "reused from old.h5: estimates, draws, outcomes of a, b; made again: outcomes of c, all money".
std::string reuse_sentence(const EarlierRun& earlier, const RunResult& result);

/// The plan of a run that takes from it: what would be reused, then describe_plan().
std::string describe_reuse(const RunConfig& config, const RunHooks& hooks);

}  // namespace spillway::studies
