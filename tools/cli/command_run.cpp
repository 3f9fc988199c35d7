// spillway run: data -> weights -> estimates -> draws -> scenarios -> outcomes -> store.
#include <fmt/format.h>

#include <cstdio>

#include "tools/cli/command.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/cli/summary.hpp"
#include "tools/cli/until_error.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::cli {

void run_command(const CommonFlags& flags) {
  Ranks& ranks = join_ranks();
  RunConfig config = configuration(flags);
  share_cores(config, ranks);
  RunHooks hooks = policy_hooks(config);
  hooks.interrupted = stop_requested;
  if (flags.dry_run) {
    if (ranks.writes()) fmt::print("{}", describe_plan(config, hooks));
    return;
  }
  const std::filesystem::path output = result_path(flags, config);
  hooks.ranks = &ranks;
  hooks.store = store_options(flags, config);
  hooks.checkpoint = checkpoint_plan(flags, output);
  open_log(flags.log, "run", config, ranks);
  Progress progress(flags.quiet || !ranks.writes());
  progress.listen(hooks);
  log_events(hooks);
  const RunResult result = run_all(config, output, build_identity(), hooks);
  if (!ranks.writes()) return;
  if (!flags.json.empty()) write_text(flags.json, run_json(result).dump(2) + "\n");
  if (flags.json != "-") fmt::print("{}", run_summary(config, result));
}

namespace {

void estimate_command(const CommonFlags& flags) {
  Ranks& ranks = join_ranks();
  RunConfig config = configuration(flags);
  share_cores(config, ranks);
  RunHooks hooks;
  hooks.interrupted = stop_requested;
  if (flags.dry_run) {
    if (ranks.writes()) fmt::print("{}", describe_plan(config, hooks));
    return;
  }
  hooks.ranks = &ranks;
  hooks.checkpoint = checkpoint_plan(
      flags, flags.json.empty() || flags.json == "-" ? config.name + ".estimates" : flags.json);
  open_log(flags.log, "estimate", config, ranks);
  Progress progress(flags.quiet || !ranks.writes());
  progress.listen(hooks);
  log_events(hooks);
  const RunResult result = run_estimates(config, hooks);
  if (!ranks.writes()) return;
  if (!flags.json.empty()) write_text(flags.json, estimates_json(result).dump(2) + "\n");
  if (flags.json != "-") fmt::print("{}", estimates_summary(config, result));
  if (result.kept) result.kept->remove();
  for (const ModelFits& model : result.models)
    if (const auto& headline = common(model.config).headline; headline && !model.headline())
      throw NumericalError(fmt::format(
          "model '{}': the headline '{}' failed or is refused by the decision table (reasons above) "
          "and no headline_fallback stands; the estimates are kept as printed",
          model.name(), name_of(*headline)));
}

}  // namespace

void add_run(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand(
      "run", "The main job: estimates, joint draws, scenarios, every area's outcomes, one HDF5 file");
  add_config_flags(*command, *flags);
  add_checkpoint_flag(*command, *flags);
  add_result_flags(*command, *flags, "Result file; default results/<name>.h5");
  auto until = std::make_shared<UntilError>();
  command->add_option("--until-mcse", until->target,
                      "Double the replicates from 1,024 until every headline quantile's Monte Carlo error is "
                      "at most this share of its group's spread, e.g. 0.02");
  command->add_option("--most-replicates", until->most, "Where --until-mcse ends, met or not")
      ->capture_default_str();
  command->footer(
      "Example: spillway run configs/default.toml --replicates 999 --set outcomes.horizon=5 --output "
      "quick.h5");
  command->callback([flags, until, command] {
    if (command->count("--until-mcse") > 0)
      for (const std::string& sentence : until_error(*flags, *until))
        if (!flags->quiet) fmt::print(stderr, "{}\n", sentence);
    run_command(*flags);
  });
}

void add_estimate(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand(
      "estimate", "Stop after the estimates: tables with every diagnostic and its definition");
  add_config_flags(*command, *flags);
  add_checkpoint_flag(*command, *flags);
  command->footer(
      "Example: spillway estimate configs/england-lsoa.toml --data packs/england-lsoa --json estimates.json");
  command->callback([flags] { estimate_command(*flags); });
}

}  // namespace spillway::cli
