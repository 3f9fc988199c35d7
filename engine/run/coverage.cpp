#include "engine/run/coverage.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/instruction_set.hpp"
#include "engine/run/coverage_store.hpp"

namespace spillway {

namespace {

CheckpointKey key_of(const RunConfig& config, const BuildIdentity& build) {
  return checkpoint_key(config, {}, fmt::format("{} ({})", build.version, build.git_commit));
}

double level_of(const RunConfig& config) {
  const double level = config.models.front().level;
  for (const ModelConfig& model : config.models)
    if (model.level != level)
      throw InputError(fmt::format("models '{}' and '{}' have levels {:g} and {:g} (coverage needs one level for all models)",
                                   config.models.front().name, model.name, level, model.level));
  return level;
}

RunRecord record_of(const RunConfig& config, const BuildIdentity& build) {
  RunRecord record;
  record.name = config.name;
  record.seed = config.seed;
  record.spillway_version = build.version;
  record.git_commit = build.git_commit;
  record.instruction_set = to_string(instruction_set());
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  record.host = host;
  record.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  record.threads = worker_count({config.threads});
  record.config = config.text;
  return record;
}

/// Worlds of one design that are not in the checkpoint, one a task; false where a signal stopped them.
bool simulate(const CoverageSetting& setting, std::uint64_t first_unit, const RunConfig& config, const RunHooks& hooks,
              Checkpoint& checkpoint) {
  std::vector<std::uint64_t> open;
  const auto worlds = static_cast<std::uint64_t>(config.coverage.worlds);
  for (std::uint64_t w = 0; w < worlds; ++w)
    if (!checkpoint.has(first_unit + w)) open.push_back(w);
  std::atomic<bool> stopped{false};
  std::mutex guard;
  const std::uint64_t before = worlds - open.size();
  std::uint64_t done = before;
  for_each_block(static_cast<std::ptrdiff_t>(open.size()), 1, {config.threads}, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    if (stopped || (hooks.interrupted && hooks.interrupted())) {
      stopped = true;
      return;
    }
    const std::uint64_t world = open[static_cast<std::size_t>(k)];
    checkpoint.save(first_unit + world, to_bytes(coverage_world(setting, world)));
    const std::lock_guard lock(guard);
    ++done;
    if (hooks.advance)
      hooks.advance({"design " + setting.design.name, static_cast<double>(done), static_cast<double>(worlds), "worlds", static_cast<double>(before)});
  });
  return !stopped;
}

}  // namespace

CoverageResult run_coverage(const RunConfig& config, const std::filesystem::path& output, const BuildIdentity& build,
                            const RunHooks& hooks, Checkpoint::Start start) {
  if (config.coverage.designs.empty())
    throw InputError(fmt::format("{}: no design to simulate (write at least one [[coverage.design]]; configs/coverage.toml has four)",
                                 config.file.string()));
  const double significance = 1.0 - level_of(config);
  const auto begin = std::chrono::steady_clock::now();
  const RunRecord record = record_of(config, build);
  for (const CoverageDesign& design : config.coverage.designs) coverage_setting(config, design);  // a fault of the last must not wait for hours
  Checkpoint checkpoint(output, key_of(config, build), start);
  CoverageResult result;
  result.worlds = config.coverage.worlds;
  result.resumed = static_cast<long>(checkpoint.finished().size());
  result.file = output;
  const auto worlds = static_cast<std::uint64_t>(result.worlds);
  if (hooks.planned) {
    std::vector<PlannedStage> stages;
    for (const CoverageDesign& design : config.coverage.designs) stages.push_back({"design " + design.name, 0.0, static_cast<double>(worlds), "worlds"});
    hooks.planned(stages);
  }
  std::uint64_t first_unit = 0;
  for (const CoverageDesign& design : config.coverage.designs) {
    const auto begin_of_design = std::chrono::steady_clock::now();
    if (hooks.progress) hooks.progress("design " + design.name, "");
    if (!simulate(coverage_setting(config, design), first_unit, config, hooks, checkpoint))
      throw Interrupted(fmt::format("interrupted in design '{}': {} worlds are kept in '{}'", design.name, checkpoint.finished().size(),
                                    Checkpoint::folder_of(output).string()));
    first_unit += worlds;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin_of_design;
    if (hooks.progress) hooks.progress("design " + design.name, fmt::format("{:.2f} s", wall.count()));
  }
  RunWriter writer(output);
  writer.write_run(record);
  first_unit = 0;
  for (const CoverageDesign& design : config.coverage.designs) {
    std::vector<CoverageOutcome> outcomes;
    for (std::uint64_t w = 0; w < worlds; ++w) outcomes.push_back(outcome_from_bytes(checkpoint.load(first_unit + w)));
    result.designs.push_back(summarise_worlds(design.name, outcomes, significance));
    write_worlds(writer, design.name, outcomes);
    first_unit += worlds;
  }
  write_summaries(writer, config, result.designs);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  result.seconds = wall.count();
  writer.write_stages({{"coverage", result.seconds, 0.0}}, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))));
  writer.commit();
  checkpoint.remove();
  return result;
}

std::string describe_coverage(const RunConfig& config) {
  std::string text = fmt::format("coverage '{}': {} designs x {} worlds, {} replicates each, seed {}, {} threads\n", config.name,
                                 config.coverage.designs.size(), config.coverage.worlds, config.replicates, config.seed,
                                 worker_count({config.threads}));
  for (const CoverageDesign& design : config.coverage.designs) {
    text += fmt::format("  {}: {} areas, {} authorities, T = {}, rho {:g}, phi {:g}, error correlation {:g}, authority shocks {:g}, serial {:g}\n",
                        design.name, design.areas, design.authorities, design.periods, fmt::join(design.rho, "/"), design.phi,
                        fmt::join(design.error_correlation, "/"), design.authority_shock_sd, design.error_serial_correlation);
    for (const ModelConfig& model : config.models)
      if (design.models.empty() || std::find(design.models.begin(), design.models.end(), model.name) != design.models.end())
        text += fmt::format("    model '{}' ({}): {}\n", model.name, model.kind, fmt::join(model.estimators, ", "));
  }
  return text;
}

}  // namespace spillway
