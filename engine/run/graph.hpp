// The main job as a task graph: data -> weights -> models -> draws -> scenarios -> one writer.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/run/provenance.hpp"
#include "engine/run/scenario_job.hpp"
#include "engine/run/stopwatch.hpp"

namespace spillway {

struct RunResult {
  Inputs inputs;
  std::vector<ModelFits> models;
  DrawSet draws;
  std::vector<ScenarioSummary> scenarios;
  std::vector<StageTime> stages;
  std::vector<std::string> taken, made;  ///< scenarios whose outcomes are an earlier run's, and the others
  std::filesystem::path file;            ///< the result; empty where nothing was written
  std::shared_ptr<Checkpoint>
      kept;  ///< units of estimates: to be removed once what they serve is whole; null: none
};

/// Once the data are known: the ranks make sure that they compute the same, and a job that keeps its units
/// opens its checkpoint. Collective.
/// @param work  set to what a stage of this job needs to work in units
/// @return  the checkpoint; null: nothing is kept
/// @throws as require_same and open_checkpoint
std::shared_ptr<Checkpoint> begin_units(UnitWork& work, const RunConfig& config,
                                        const std::vector<InputFile>& inputs, const RunHooks& hooks);

/// Data, models, replicates and what is concluded; nothing is written. Collective, as run_all().
RunResult run_estimates(const RunConfig& config, const RunHooks& hooks);

/// The whole job, written to `output`. Nothing is left behind where it fails.
///
/// Every rank of hooks.ranks fits the models, computes its share of the replicates, the scenarios whose turn
/// it is and its share of those that have no turn (ScenarioTurn); rank 0 has all of them and writes. The same
/// bits with any number of ranks.
///
/// A oneTBB flow graph carries the stages: models side by side, then scenarios one after another (each
/// parallel inside) while one writer puts the finished ones on disk. With hooks.earlier, what that run holds
/// is taken from it: the bits are those of a run without it.
RunResult run_all(const RunConfig& config, const std::filesystem::path& output, const BuildIdentity& build,
                  const RunHooks& hooks);

/// How far a job goes.
enum class Job { estimates, everything };

/// The stages after the weights, as the run names them, with what the cost model expects of each: for
/// progress and plan.
/// @param shapes  of each scenario's shocks, as the rehearsal found them; may be empty
std::vector<PlannedStage> planned_stages(const RunConfig& config, const Inputs& inputs, Job job,
                                         const std::vector<int>& shapes = {});

/// Size of the result of run_all(), before packing, within a twentieth at England's size.
/// @throws InputError  the plan of its outcomes does
double result_bytes(const RunConfig& config, const Inputs& inputs);
/// "5.2 MB", "523 MB", "248 GB"
std::string bytes_in_words(double bytes);

/// What `--dry-run` prints: the graph with sizes, memory and a time estimate, and what a run would warn of.
/// Reads the pack and rehearses the scenarios; estimates nothing. @throws InputError  what a run would refuse
std::string describe_plan(const RunConfig& config, const RunHooks& hooks);

/// The stage table, for people.
std::string stage_table(const std::vector<StageTime>& stages);

}  // namespace spillway
