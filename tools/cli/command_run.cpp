// spillway run: data -> weights -> estimates -> draws -> scenarios -> outcomes -> store.
#include <cstdio>

#include <fmt/format.h>

#include "tools/cli/command.hpp"
#include "tools/cli/json_output.hpp"
#include "tools/cli/policy.hpp"
#include "tools/cli/summary.hpp"

namespace spillway::cli {

namespace {

/// A long bootstrap keeps its units beside `result`.
CheckpointPlan checkpoint_plan(const CommonFlags& flags, const std::filesystem::path& result) {
  CheckpointPlan plan;
  plan.result = result;
  const BuildIdentity build = build_identity();
  plan.version = fmt::format("{} ({})", build.version, build.git_commit);
  plan.start = flags.resume ? Checkpoint::Start::resume : Checkpoint::Start::fresh;
  return plan;
}

}  // namespace

void run_command(const CommonFlags& flags) {
  const RunConfig config = configuration(flags);
  RunHooks hooks = policy_hooks(config);
  hooks.interrupted = stop_requested;
  if (flags.dry_run) {
    fmt::print("{}", describe_plan(config, hooks));
    return;
  }
  std::filesystem::path output = flags.output;
  if (output.empty()) {
    output = std::filesystem::path("results") / (config.name + ".h5");
    std::error_code error;
    std::filesystem::create_directories("results", error);
    if (error) throw StoreError(fmt::format("cannot make folder 'results': {}", error.message()));
  }
  Progress progress(flags.quiet);
  progress.listen(hooks);
  hooks.checkpoint = checkpoint_plan(flags, output);
  const RunResult result = run_all(config, output, build_identity(), hooks);
  if (!flags.json.empty()) write_text(flags.json, run_json(result).dump(2) + "\n");
  if (flags.json != "-") fmt::print("{}", run_summary(config, result));
}

namespace {

void estimate_command(const CommonFlags& flags) {
  const RunConfig config = configuration(flags);
  RunHooks hooks;
  hooks.interrupted = stop_requested;
  if (flags.dry_run) {
    fmt::print("{}", describe_plan(config, hooks));
    return;
  }
  Progress progress(flags.quiet);
  progress.listen(hooks);
  hooks.checkpoint = checkpoint_plan(flags, flags.json.empty() || flags.json == "-" ? config.name + ".estimates" : flags.json);
  const RunResult result = run_estimates(config, hooks);
  if (!flags.json.empty()) write_text(flags.json, estimates_json(result).dump(2) + "\n");
  if (flags.json != "-") fmt::print("{}", estimates_summary(config, result));
  for (const ModelFits& model : result.models)
    if (!model.config.headline.empty() && !model.headline())
      throw NumericalError(fmt::format("model '{}': the headline '{}' is refused by the decision table (reasons above) and no "
                                       "headline_fallback stands; the estimates are kept as printed",
                                       model.config.name, model.config.headline));
}

}  // namespace

void add_run(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand("run", "The main job: estimates, joint draws, scenarios, every area's outcomes, one HDF5 file");
  add_config_flags(*command, *flags);
  command->add_option("--output", flags->output, "Result file; default results/<name>.h5");
  command->footer("Example: spillway run configs/default.toml --replicates 999 --set outcomes.horizon=5 --output quick.h5");
  command->callback([flags] { run_command(*flags); });
}

void add_estimate(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand("estimate", "Stop after the estimates: tables with every diagnostic and its definition");
  add_config_flags(*command, *flags);
  command->footer("Example: spillway estimate configs/england-lsoa.toml --data packs/england-lsoa --json estimates.json");
  command->callback([flags] { estimate_command(*flags); });
}

}  // namespace spillway::cli
