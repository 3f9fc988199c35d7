// spillway run and estimate: the main job, and its first half.
#include <fmt/format.h>

#include "tools/cli/command.hpp"
#include "tools/cli/program.hpp"
#include "tools/studies/estimates_brief.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/reuse.hpp"
#include "tools/studies/run.hpp"
#include "tools/studies/summary.hpp"
#include "tools/studies/until_error.hpp"

namespace spillway::cli {

namespace {

/// Where the results are, and what to try next.
std::string what_next(const RunResult& result) {
  const std::string file = result.file.string(), word = shell_word(file), me = program();
  return fmt::format(
      "{} {}   (--all prints every estimate, outcome and note)\n"
      "next: {} report {}   (a page with the map, to open or to send)\n"
      "      {} table {} estimates   (every estimator and diagnostic)\n",
      style().bold("results:"), file, me, word, me, word);
}

/// The first number of replicates that meets the target becomes that of the flags.
void choose_replicates(CommonFlags& flags, const UntilErrorOptions& options) {
  const auto configured = [&](const std::optional<Draws>& draws) {
    CommonFlags step = flags;
    if (draws) step.replicates = draws->replicates, step.draws = draws->draws;
    return configuration(step);
  };
  const UntilError found = until_error(options, configured, stop_requested);
  flags.replicates = found.draws.replicates;
  flags.draws = found.draws.draws;
  for (const std::string& sentence : found.sentences)
    if (!flags.quiet) say("{}\n", sentence);
}

struct EstimateFlags : CommonFlags {
  bool all = false, explain = false;
};

std::string estimates_text(const EstimateFlags& flags, const RunResult& result) {
  if (flags.explain) return estimates_summary(result, style(), Definitions::shown);
  if (flags.all) return estimates_summary(result, style(), Definitions::left_out);
  return estimates_brief(result, style());
}

void estimate_command(const EstimateFlags& flags) {
  in_session(
      flags,
      {"estimate", StudyCommand::Ranks::many, StudyCommand::Output::none, StudyCommand::Levers::unused, {}},
      [&](Session& session) {
        const RunResult result = session.estimates();
        if (!session.options().ranks->writes()) return;
        show(flags, estimates_text(flags, result), [&] { return estimates_json(result); });
        session.release();
        require_headlines(result);
      });
}

enum class Shown { first_words, everything };

/// The plan of a run that takes from an earlier one, which is opened and held against the configuration.
std::string plan_of_reuse(const CommonFlags& flags, const RunConfig& config, RunHooks hooks) {
  const EarlierRun earlier = earlier_run(flags.reuse, config, build_identity());
  hooks.earlier = &earlier;
  return describe_reuse(config, hooks);
}

void run_job(const CommonFlags& flags, Shown shown) {
  StudyCommand command = {
      "run", StudyCommand::Ranks::many, StudyCommand::Output::by_default, StudyCommand::Levers::used, {}};
  if (!flags.reuse.empty())
    command.plan = [&](const RunConfig& config, const RunHooks& hooks) {
      return plan_of_reuse(flags, config, hooks);
    };
  in_session(flags, command, [&](Session& session) {
    std::optional<EarlierRun> earlier;
    if (!flags.reuse.empty())
      earlier.emplace(earlier_run(flags.reuse, session.config(), session.options().build));
    const RunResult result = run(session, earlier ? &*earlier : nullptr);
    if (!session.options().ranks->writes()) return;
    const std::string reused = earlier ? reuse_sentence(*earlier, result) : "";
    const std::string text =
        shown == Shown::everything
            ? run_summary(session.config(), result, style()) + "\n" + reused + what_next(result)
        : flags.quiet ? ""
                      : first_words(session.config(), result, style()) + reused + what_next(result);
    show(flags, text, [&] { return run_json(result); });
  });
}

}  // namespace

void run_command(const CommonFlags& flags) { run_job(flags, Shown::first_words); }

void add_run(CLI::App& app) {
  struct Flags : CommonFlags {
    bool all = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "run", "The main job: estimates, joint draws, scenarios, every area's outcomes, one HDF5 file");
  add_config_flags(*command, *flags);
  add_checkpoint_flag(*command, *flags);
  add_result_flags(*command, *flags, "Result file; default results/<name>.h5");
  command->add_option("--reuse", flags->reuse,
                      "An earlier result: estimates, draws and outcomes that this run would make to the same "
                      "bits are taken from it; refused, exit 2, where its estimates are others");
  command->add_flag(
      "--all", flags->all,
      "Print everything: estimates, all outcomes, notes, times of the stages; also with --quiet");
  auto until = std::make_shared<UntilErrorOptions>();
  command->add_option("--until-mcse", until->target,
                      "Double the replicates from 1,024 until every headline quantile's Monte Carlo error is "
                      "at most this share of its group's spread, e.g. 0.02");
  command->add_option("--most-replicates", until->most, "Where --until-mcse ends, met or not")
      ->capture_default_str();
  command->footer(
      "Example: spillway run configs/default.toml --replicates 999 --set outcomes.horizon=5 --output "
      "quick.h5");
  command->callback([flags, until, command] {
    if (command->count("--until-mcse") > 0 && !flags->dry_run) choose_replicates(*flags, *until);
    run_job(*flags, flags->all ? Shown::everything : Shown::first_words);
  });
}

void add_estimate(CLI::App& app) {
  auto flags = std::make_shared<EstimateFlags>();
  CLI::App* command = app.add_subcommand(
      "estimate", "Stop after the estimates: each headline beside the published specification, in brief");
  add_config_flags(*command, *flags);
  add_checkpoint_flag(*command, *flags);
  command->add_flag("--all", flags->all, "Print every estimator, diagnostic, warning and note");
  command->add_flag("--explain", flags->explain, "As --all, with the definition of each statistic");
  command->footer(
      "Example: spillway estimate configs/england-lsoa.toml --data packs/england-lsoa --json estimates.json");
  command->callback([flags] { estimate_command(*flags); });
}

}  // namespace spillway::cli
