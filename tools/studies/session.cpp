#include "tools/studies/session.hpp"

#include <fmt/format.h>

namespace spillway::studies {

namespace {

RunHooks heard(RunHooks hooks, const SessionOptions& options, const RunConfig& config) {
  hooks.ranks = options.ranks;
  hooks.interrupted = options.interrupted;
  hooks.store = options.store;
  hooks.checkpoint.result = options.units;
  hooks.checkpoint.keep = options.keep;
  hooks.checkpoint.start = options.start;
  hooks.checkpoint.version = fmt::format("{} ({})", options.build.version, options.build.git_commit);
  open_log(options.log, options.study, config, *options.ranks, options.build);
  if (options.listen) options.listen(hooks);
  log_events(hooks);
  return hooks;
}

}  // namespace

Session::Session(RunConfig config, SessionOptions options, RunHooks hooks)
    : config_(std::move(config)),
      options_(std::move(options)),
      hooks_(heard(std::move(hooks), options_, config_)),
      started_(utc_now()),
      watch_(hooks_.progress) {}

Session::~Session() = default;

void Session::units_belong_to(CheckpointKey more) { hooks_.checkpoint.more = std::move(more); }

void Session::plan(const std::vector<PlannedStage>& stages) const {
  if (hooks_.planned) hooks_.planned(stages);
}

void Session::stage(const std::string& name, const std::function<void()>& body) {
  const bool told = hooks_.interrupted && hooks_.interrupted();
  if (options_.ranks->most(told ? 1 : 0) > 0)
    throw Interrupted(fmt::format("interrupted before stage '{}'", name));
  watch_.time(name, body);
}

RunResult Session::estimates() {
  open();
  RunResult result = run_estimates(config_, hooks_);
  before_ = result.stages;
  if (result.kept) kept_.push_back(result.kept);
  return result;
}

UnitWork Session::units(const std::string& part, const std::vector<InputFile>& inputs) {
  UnitWork work;
  RunHooks hooks = hooks_;
  if (!hooks.checkpoint.result.empty()) hooks.checkpoint.result += "." + part;
  if (const auto kept = begin_units(work, config_, inputs, hooks)) kept_.push_back(kept);
  return work;
}

void Session::open() {
  if (!options_.output.empty() && options_.ranks->writes() && !writer_)
    writer_.emplace(options_.output, options_.store);
}

void Session::keep(const DataPack& pack, const std::function<void(RunWriter&)>& body) {
  keep(pack.inputs, pack.truth, body);
}

void Session::keep(const std::vector<InputFile>& inputs,
                   const std::vector<std::pair<std::string, double>>& truth,
                   const std::function<void(RunWriter&)>& body) {
  open();
  if (writer_) {
    RunRecord record = run_record(config_, options_.build, started_, *options_.ranks);
    record.inputs = inputs;
    record.truth = truth;
    writer_->write_run(record);
    body(*writer_);
    std::vector<StageCost> costs;
    for (const auto& stages : {before_, watch_.times()})
      for (const StageTime& stage : stages)
        costs.push_back({stage.stage, stage.seconds, stage.peak_memory_mb * 1048576.0, stage.core_seconds});
    writer_->write_stages(costs, utc_now());
    writer_->commit();
  }
  release();
}

void Session::release() {
  if (options_.ranks->writes())
    for (const auto& kept : kept_) kept->remove();
  kept_.clear();
}

}  // namespace spillway::studies
