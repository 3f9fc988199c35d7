// The joint bootstrap in units that survive a killed process.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/progress.hpp"
#include "engine/config/run_config.hpp"
#include "engine/draw/bootstrap.hpp"
#include "engine/store/checkpoint.hpp"

namespace spillway {

/// Where a long bootstrap keeps the units that it has finished, and who may stop it.
struct CheckpointPlan {
  std::filesystem::path result;    ///< units are kept in `<result>.checkpoint`; empty: none are
  std::string version;             ///< of this build, commit included
  Checkpoint::Start start = Checkpoint::Start::fresh;
  std::function<bool()> interrupted;
  std::function<void(const Advance&)> advance;  ///< after every wave of units
};

/// Replicates of one unit. A multiple of the bootstrap's blocks, so that units change no bits.
inline constexpr long replicates_per_unit = 2048;
/// Replicates from which a run keeps its units without being asked.
inline constexpr long long_bootstrap = 20'000;

/// Whether a run of `config` keeps units: it has a place for them, and it is long or resumes.
bool keeps_units(const RunConfig& config, const CheckpointPlan& checkpoint);

/// The configuration as far as it changes bits: its text without threads.
std::string without_threads(const std::string& text);

/// What a checkpoint belongs to: configuration, data, seed, replicates, version, instruction set.
CheckpointKey checkpoint_key(const RunConfig& config, const std::vector<InputFile>& inputs, const std::string& version);

/// joint_bootstrap() in units of `replicates_per_unit`, each saved when it is done; those that the checkpoint has are
/// read instead. The same bits as joint_bootstrap() with any number of threads and after any number of resumes.
///
/// @throws InputError   resume from a checkpoint of another key; names the difference
/// @throws Interrupted  checkpoint.interrupted() said so: the units in work are finished and kept
/// @throws StoreError   a unit cannot be kept
std::vector<Replicates> checkpointed_bootstrap(const std::vector<const Fit*>& fits, const BootstrapPlan& plan,
                                               const CheckpointKey& key, const CheckpointPlan& checkpoint);

/// The result is whole: remove what was kept for it.
void remove_checkpoint(const RunConfig& config, const CheckpointPlan& checkpoint);

}  // namespace spillway
