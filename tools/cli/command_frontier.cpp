// spillway frontier: what a share of a fund buys from 0 to 100 %, what a pound is worth in each area, and how
// to share a budget.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "tools/cli/command.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/studies/frontier_analysis.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::cli {

namespace {

struct Flags : CommonFlags {
  std::string scenario, csv;
  FrontierOptions options;
};

std::vector<const ScenarioConfig*> chosen_scenarios(const RunConfig& config, const Flags& flags,
                                                    std::vector<std::string>& left_out) {
  std::vector<const ScenarioConfig*> chosen;
  std::vector<std::string> names;
  for (const ScenarioConfig& scenario : config.scenarios) {
    names.push_back(scenario.name);
    if (!flags.scenario.empty() && flags.scenario != scenario.name) continue;
    const std::string why = no_frontier(scenario, flags.options);
    if (why.empty())
      chosen.push_back(&scenario);
    else if (flags.scenario.empty())
      left_out.push_back(fmt::format("{}: {}", scenario.name, why));
    else
      throw InputError(fmt::format("scenario '{}': {}", scenario.name, why));
  }
  if (!chosen.empty()) return chosen;
  if (flags.scenario.empty())
    throw InputError(fmt::format(
        "'{}' has no scenario with a frontier ({})", flags.config,
        left_out.empty() ? "it has no [[scenario]]" : fmt::format("{}", fmt::join(left_out, "; "))));
  const std::string near = nearest_word(flags.scenario, names);
  throw InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", flags.config, flags.scenario,
                               near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                               fmt::join(names, ", ")));
}

void write_csv(const std::filesystem::path& folder,
               const std::vector<std::pair<std::string, std::string>>& files) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw StoreError(fmt::format("cannot make folder '{}': {}", folder.string(), error.message()));
  for (const auto& [name, text] : files) write_text(folder / name, text);
}

void frontier_command(const Flags& flags) {
  require_one_rank("frontier");
  const RunConfig config = configuration(flags);
  std::vector<std::string> left_out;
  const auto chosen = chosen_scenarios(config, flags, left_out);
  RunHooks hooks = policy_hooks(config);
  hooks.interrupted = stop_requested;
  if (flags.dry_run) {
    print("{}", describe_plan(config, hooks));
    return;
  }
  Progress progress(flags.quiet);
  hooks.progress = [&](const std::string& stage, const std::string& detail) {
    progress.stage(stage, detail);
  };
  const RunResult result = run_estimates(config, hooks);
  std::optional<RunWriter> writer;
  if (!flags.output.empty()) {
    writer.emplace(flags.output);
    RunRecord record;
    record.name = config.name;
    record.seed = config.seed;
    record.spillway_version = build_identity().version;
    record.git_commit = build_identity().git_commit;
    record.config = config.text;
    record.inputs = result.inputs.pack.inputs;
    record.truth = result.inputs.pack.truth;
    writer->write_run(record);
    writer->write_areas(result.inputs.pack, config.area_type);
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  std::string text;
  for (const ScenarioConfig* scenario : chosen) {
    if (stop_requested())
      throw Interrupted("interrupted before the frontier of scenario '" + scenario->name + "'");
    progress.stage("frontier " + scenario->name, "");
    const LeverContext context = lever_context(*scenario, config, result.inputs, result.models, result.draws);
    const FrontierAnalysis analysis =
        analyse_frontier(*scenario, config, context, flags.options, {worker_count({config.threads})});
    progress.stage("frontier " + scenario->name,
                   fmt::format("{} points x {} draws", analysis.points.size(), analysis.draws));
    if (writer) write_frontier(*writer, analysis, result.inputs.pack);
    if (!flags.csv.empty()) write_csv(flags.csv, frontier_csv(analysis, result.inputs.pack));
    if (!flags.json.empty()) all.push_back(frontier_json(analysis, result.inputs.pack));
    text +=
        frontier_text(analysis, result.inputs.pack, result.inputs.types.of_row, result.inputs.types.names);
  }
  if (writer) writer->commit();
  for (const auto& line : left_out) text += "left out: " + line + "\n";
  if (!flags.json.empty()) write_text(flags.json, json_text(nlohmann::ordered_json{{"frontier", all}}, 1));
  if (flags.json != "-") print("{}", text);
}

}  // namespace

void add_frontier(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("frontier",
                                         "What a share of a fund buys from 0 to 100 %, what a pound is worth "
                                         "in each area, how to share a budget");
  add_config_flags(*command, *flags);
  command->get_option("CONFIG")->description(
      "TOML configuration, or a result: its own configuration is taken and its estimates are made again");
  command->add_option("--scenario", flags->scenario,
                      "Only this scenario; by default every one whose lever spends a fund in areas");
  command->add_option("--parameter", flags->options.parameter,
                      "What moves: a numeric parameter of the lever; default share, or factor");
  command->add_option("--from", flags->options.from, "First value; default 0");
  command->add_option("--to", flags->options.to, "Last value; default 1 for a share, 2 for a factor");
  command->add_option("--points", flags->options.points, "Values from first to last")->capture_default_str();
  command
      ->add_option("--worth", flags->options.worth,
                   "What a pound is worth: gva (present value), outcome (residents x outcome) or gap; "
                   "default gva, or outcome where there is no GVA")
      ->check(CLI::IsMember({"gva", "outcome", "gap"}));
  command->add_option("--budget", flags->options.budget,
                      "GBP to share among areas; default the scenario's whole fund");
  command->add_option("--cap", flags->options.limits.cap,
                      "Most GBP a head for an area; default: the budget over the target areas' residents");
  command->add_option("--floor", flags->options.limits.floor, "Least GBP a head for every area");
  command
      ->add_option("--area-draws", flags->options.area_draws,
                   "Draws of the worth by area; the frontier and budgets use all")
      ->capture_default_str();
  command->add_option("--csv", flags->csv, "Folder for the tables as CSV");
  command->add_option("--output", flags->output, "Also keep everything in FILE (HDF5)");
  command->footer(
      "Examples:\n"
      "  spillway frontier configs/default.toml --scenario ring_fence_10\n"
      "  spillway frontier results/england.h5 --worth gap --budget 100e6 --cap 150 --csv tables --output "
      "frontier.h5");
  command->callback([flags] { frontier_command(*flags); });
}

}  // namespace spillway::cli
