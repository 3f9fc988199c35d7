#include "engine/run/coverage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include "engine/run/coverage_store.hpp"
#include "engine/run/units.hpp"

namespace spillway {

namespace {

CheckpointKey key_of(const RunConfig& config, const BuildIdentity& build) {
  return checkpoint_key(config, {}, fmt::format("{} ({})", build.version, build.git_commit));
}

double level_of(const RunConfig& config) {
  const ModelCommon& first = common(config.models.front());
  const double level = first.level;
  for (const ModelConfig& each : config.models)
    if (const ModelCommon& model = common(each); model.level != level)
      throw InputError(fmt::format(
          "models '{}' and '{}' have levels {:g} and {:g} (coverage needs one level for all models)",
          first.name, model.name, level, model.level));
  return level;
}

/// Worlds of one design that are not in the checkpoint, one a task, each rank its share; false where a signal
/// stopped some rank. Collective.
bool simulate(const CoverageSetting& setting, std::uint64_t first_unit, const RunConfig& config,
              const RunHooks& hooks, Checkpoint& checkpoint) {
  std::vector<std::uint64_t> open;
  const auto worlds = static_cast<std::uint64_t>(config.coverage.worlds);
  for (std::uint64_t w = 0; w < worlds; ++w)
    if (!checkpoint.has(first_unit + w)) open.push_back(w);
  Ranks& ranks = *hooks.ranks;
  const Share share = share_of(static_cast<long>(open.size()), ranks.rank(), ranks.size());
  const std::vector<std::uint64_t> mine(open.begin() + share.first, open.begin() + share.last);
  std::atomic<bool> stopped{false};
  std::mutex guard;
  const std::uint64_t before = worlds - open.size();
  std::uint64_t done = before;
  // Ranks ask each other between rounds, long enough that waiting for the slowest costs little.
  const std::ptrdiff_t round =
      ranks.size() == 1 ? std::max<std::ptrdiff_t>(1, std::ssize(mine)) : 32 * worker_count({config.threads});
  std::ptrdiff_t next = 0;
  enum State { finished, busy, stop };
  for (;;) {
    const int state = ranks.most(stopped || (hooks.interrupted && hooks.interrupted()) ? stop
                                 : next < std::ssize(mine)                             ? busy
                                                                                       : finished);
    if (state != busy) return state == finished;
    const std::ptrdiff_t begin = next;
    next = std::min(std::ssize(mine), next + round);
    for_each_block(next - begin, 1, {config.threads}, [&](std::ptrdiff_t k, std::ptrdiff_t) {
      if (stopped || (hooks.interrupted && hooks.interrupted())) {
        stopped = true;
        return;
      }
      const std::uint64_t world = mine[static_cast<std::size_t>(begin + k)];
      checkpoint.save(first_unit + world, to_bytes(coverage_world(setting, world)));
      const std::lock_guard lock(guard);
      ++done;
      if (hooks.advance)  // the other ranks are about as far
        hooks.advance({"design " + setting.design.name,
                       static_cast<double>(before + (done - before) * open.size() / mine.size()),
                       static_cast<double>(worlds), "worlds", static_cast<double>(before)});
    });
  }
}

}  // namespace

CoverageResult run_coverage(const RunConfig& config, const std::filesystem::path& output,
                            const BuildIdentity& build, const RunHooks& hooks, Checkpoint::Start start) {
  if (config.coverage.designs.empty())
    throw InputError(fmt::format(
        "{}: no design to simulate (write at least one [[coverage.design]]; configs/coverage.toml has four)",
        config.file.string()));
  const double significance = 1.0 - level_of(config);
  const auto begin = std::chrono::steady_clock::now();
  const RunRecord record = run_record(config, build, utc_now(), *hooks.ranks);
  for (const CoverageDesign& design : config.coverage.designs)
    coverage_setting(config, design, hooks);  // a fault of the last must not wait for hours
  Ranks& ranks = *hooks.ranks;
  const CheckpointKey key = key_of(config, build);
  require_same(key, ranks);
  std::optional<RunWriter> writer;  // a place that cannot be written must not wait for hours either
  if (ranks.writes()) writer.emplace(output, hooks.store);
  const auto opened = open_checkpoint(output, key, start, ranks);
  Checkpoint& checkpoint = *opened;
  CoverageResult result;
  result.worlds = config.coverage.worlds;
  result.resumed = static_cast<long>(checkpoint.finished().size());
  result.file = output;
  const auto worlds = static_cast<std::uint64_t>(result.worlds);
  if (hooks.planned) {
    std::vector<PlannedStage> stages;
    for (const CoverageDesign& design : config.coverage.designs)
      stages.push_back({"design " + design.name, 0.0, static_cast<double>(worlds), "worlds"});
    hooks.planned(stages);
  }
  Stopwatch watch(hooks.progress);
  std::uint64_t first_unit = 0;
  for (const CoverageDesign& design : config.coverage.designs) {
    watch.time("design " + design.name, [&] {
      if (simulate(coverage_setting(config, design, hooks), first_unit, config, hooks, checkpoint)) return;
      const long kept =
          result.resumed + ranks.total(static_cast<long>(checkpoint.finished().size()) - result.resumed);
      throw Interrupted(fmt::format("interrupted in design '{}': {} worlds are kept in '{}'", design.name,
                                    kept, Checkpoint::folder_of(output).string()));
    });
    first_unit += worlds;
  }
  if (!ranks.writes()) return result;
  watch.time("store worlds", [&] {
    writer->write_run(record);
    first_unit = 0;
    for (const CoverageDesign& design : config.coverage.designs) {
      std::vector<CoverageOutcome> outcomes;
      for (std::uint64_t w = 0; w < worlds; ++w)
        outcomes.push_back(outcome_from_bytes(checkpoint.load(first_unit + w)));
      result.designs.push_back(summarise_worlds(design.name, outcomes, significance));
      write_worlds(*writer, design.name, outcomes);
      first_unit += worlds;
    }
    write_summaries(*writer, config, result.designs);
  });
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  result.seconds = wall.count();
  writer->write_stages(watch.costs(), utc_now());
  writer->commit();
  checkpoint.remove();
  return result;
}

std::string describe_coverage(const RunConfig& config) {
  std::string text =
      fmt::format("coverage '{}': {} designs x {} worlds, {} replicates each, seed {}, {} threads\n",
                  config.name, config.coverage.designs.size(), config.coverage.worlds, config.replicates,
                  config.seed, worker_count({config.threads}));
  for (const CoverageDesign& design : config.coverage.designs) {
    text += fmt::format(
        "  {}: {} areas, {} authorities, T = {}, rho {:g}, phi {:g}, error correlation {:g}, authority "
        "shocks {:g}, serial {:g}\n",
        design.name, design.areas, design.authorities, design.periods, fmt::join(design.rho, "/"), design.phi,
        fmt::join(design.error_correlation, "/"), design.authority_shock_sd, design.error_serial_correlation);
    for (const ModelConfig& each : config.models)
      if (const ModelCommon& model = common(each);
          design.models.empty() ||
          std::find(design.models.begin(), design.models.end(), model.name) != design.models.end())
        text += fmt::format("    model '{}' ({}): {}\n", model.name, name_of(kind_of(each)),
                            fmt::join(names_of(model.estimators), ", "));
  }
  return text;
}

}  // namespace spillway
