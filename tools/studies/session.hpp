// What every study does alike, kept in one place so that none can forget it: log and status file, progress,
// stop and resume, the times of its stages, and the whole provenance of its result.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/run/graph.hpp"
#include "tools/studies/run_log.hpp"

namespace spillway::studies {

/// What a job is asked for beside its analysis.
struct SessionOptions {
  std::string study;  ///< its name, in the log and where it is interrupted: "frontier"
  BuildIdentity build;
  std::filesystem::path output;  ///< the result; empty: none is kept
  StoreOptions store;
  std::filesystem::path units;  ///< a long job keeps its units in `<units>.checkpoint`; empty: none are kept
  CheckpointPlan::Keep keep = CheckpointPlan::Keep::when_long;
  Checkpoint::Start start = Checkpoint::Start::fresh;
  LogFiles log;
  Ranks* ranks = &Ranks::alone();
  std::function<bool()> interrupted;
  /// Who hears the job's events: sets progress, planned and advance of the hooks. May be empty.
  std::function<void(RunHooks&)> listen;
};

/// One job, from its first event to its result.
class Session {
 public:
  /// Opens the log. @param hooks  what the study needs of the levers: policy_hooks(), or none
  /// @throws StoreError  the log or status file cannot be written
  Session(RunConfig config, SessionOptions options, RunHooks hooks = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const RunConfig& config() const { return config_; }
  const SessionOptions& options() const { return options_; }
  const RunHooks& hooks() const { return hooks_; }
  Parallelism workers() const { return {worker_count({config_.threads})}; }

  /// What the units belong to beside configuration, data, seed and build: a study's own options.
  void units_belong_to(CheckpointKey more);
  /// The stages that come after the estimates, for the progress.
  void plan(const std::vector<PlannedStage>& stages) const;
  /// Time a stage. Collective. @throws Interrupted  the job was asked to stop before it
  void stage(const std::string& name, const std::function<void()>& body);

  /// The estimates and draws of the configuration, kept in units where the job keeps any.
  RunResult estimates();
  /// For a study that makes its own fits: opens a checkpoint of its own, `<units>.<part>`.
  UnitWork units(const std::string& part, const std::vector<InputFile>& inputs);

  /// Make room for the result now, so that a place that cannot be written is known before the work.
  /// @throws StoreError  as RunWriter
  void open();
  /// Write the result, where one is asked for, by rank 0: the provenance, what `body` writes, the stages'
  /// times. Then the units have served and go.
  void keep(const DataPack& pack, const std::function<void(RunWriter&)>& body);
  /// The same with a record of what was read that is not a pack: inputs and truth.
  void keep(const std::vector<InputFile>& inputs, const std::vector<std::pair<std::string, double>>& truth,
            const std::function<void(RunWriter&)>& body);
  /// The units have served: for a study whose result is not kept by keep().
  void release();

 private:
  RunConfig config_;
  SessionOptions options_;
  RunHooks hooks_;
  std::string started_;
  Stopwatch watch_;
  std::vector<StageTime> before_;  ///< stages of estimates()
  std::vector<std::shared_ptr<Checkpoint>> kept_;
  std::optional<RunWriter> writer_;
};

}  // namespace spillway::studies
