// Work in units: kept on disk as they are finished, shared out among ranks, stopped between two of them.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/progress.hpp"
#include "engine/base/ranks.hpp"
#include "engine/config/run_config.hpp"
#include "engine/draw/bootstrap.hpp"
#include "engine/outcome/outcome.hpp"
#include "engine/store/checkpoint.hpp"

namespace spillway {

/// Where a long run keeps the units that it has finished.
struct CheckpointPlan {
  enum class Keep { when_long, always, never };
  std::filesystem::path result;  ///< units are kept in `<result>.checkpoint`; empty: none are
  std::string version;           ///< of this build, commit included
  Checkpoint::Start start = Checkpoint::Start::fresh;
  Keep keep = Keep::when_long;
  CheckpointKey more;  ///< what the units belong to beside configuration, data, seed and build
};

/// What a stage needs to work in units.
struct UnitWork {
  Checkpoint* kept = nullptr;  ///< null: nothing is kept
  Ranks* ranks = &Ranks::alone();
  std::function<bool()> interrupted;            ///< asked between units; one rank's yes stops all
  std::function<void(const Advance&)> advance;  ///< after every wave of units
};

/// Replicates of one unit. A multiple of the bootstrap's blocks, so that units change no bits.
inline constexpr long replicates_per_unit = 2048;
/// Replicates, and scenarios, from which a run keeps its units without being asked.
inline constexpr long long_bootstrap = 20'000, many_scenarios = 12;

/// Whether a run of `config` keeps units: it has a place for them, and it is long, resumes, or is told to.
bool keeps_units(const RunConfig& config, const CheckpointPlan& checkpoint);

/// The configuration as far as it changes bits: its text without threads.
std::string without_threads(const std::string& text);

/// What a checkpoint belongs to: configuration, data, seed, replicates, version, instruction set.
CheckpointKey checkpoint_key(const RunConfig& config, const std::vector<InputFile>& inputs,
                             const std::string& version);

/// Every rank must compute the same run. Collective.
/// @throws InputError  a rank's key differs from rank 0's; names the rank and the part
void require_same(const CheckpointKey& key, Ranks& ranks);

/// Rank 0 opens the checkpoint and the others join it. Collective. @throws as Checkpoint
std::unique_ptr<Checkpoint> open_checkpoint(const std::filesystem::path& result, const CheckpointKey& key,
                                            Checkpoint::Start start, Ranks& ranks);

/// joint_bootstrap() in units, each saved when it is done, each rank its own; those that the checkpoint has
/// are read instead. Every rank returns all replicates. The same bits as joint_bootstrap() with any number of
/// threads and ranks and after any number of resumes. Collective.
///
/// @throws Interrupted  work.interrupted() said so on some rank: the units in work are finished and kept
/// @throws StoreError   a unit cannot be kept
std::vector<Replicates> bootstrap_in_units(const std::vector<const Fit*>& fits, const BootstrapPlan& plan,
                                           const UnitWork& work);

/// Scenario `s` of `count` as the ranks of a run see it: a unit, which one of them computes in its turn or
/// all share.
///
/// Rounds that have a scenario for every rank are taken in turns, which costs no exchange; what is left,
/// fewer scenarios than ranks, is shared by all, one scenario after another.
class ScenarioTurn {
 public:
  ScenarioTurn(std::size_t s, std::size_t count, const UnitWork& work);

  bool shared() const { return shared_; }
  /// Those that compute it together: all ranks, or this one alone.
  Ranks& team() const { return shared_ ? *work_.ranks : Ranks::alone(); }

  /// Asks whether to stop: once a round, and before every scenario that is shared. Collective.
  /// @return  whether this rank has anything to do with it: it computes, or writes
  /// @throws Interrupted  some rank was told to stop; what is finished is kept
  bool takes_part() const;

  /// Its outcome into `outcome`: kept, computed here, or had from the rank whose turn it is. Only where
  /// takes_part(); collective where it is shared.
  /// @return  whether it is there: not on a rank that does not write
  bool have(ScenarioOutcome& outcome, const std::function<void()>& compute) const;

 private:
  std::size_t s_;
  const UnitWork& work_;
  bool shared_;
  int turn_;  ///< the rank that computes it, if it is not shared
};

}  // namespace spillway
