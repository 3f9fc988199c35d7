// spillway frontier: what a share of a fund buys from 0 to 100 %, what a pound is worth in each area, and how
// to share a budget.
#include <fmt/format.h>

#include "engine/base/partial_folder.hpp"
#include "tools/cli/command.hpp"
#include "tools/studies/frontier_analysis.hpp"

namespace spillway::cli {

namespace {

struct FrontierFlags : CommonFlags {
  std::string csv;
  FrontierOptions options;
};

void write_csv(const std::filesystem::path& folder, const Frontiers& all) {
  AddedFiles files(folder);
  for (const FrontierAnalysis& analysis : all.scenarios)
    for (const auto& [name, text] : frontier_csv(analysis, all.inputs.pack)) files.write(name, text);
  files.keep();
}

void frontier_command(const FrontierFlags& flags) {
  std::error_code error;
  if (std::filesystem::exists(flags.csv, error) && !std::filesystem::is_directory(flags.csv, error))
    throw InputError(fmt::format("--csv '{}' is no folder; name one for the tables", flags.csv));
  const auto plan = [&](const RunConfig& config, const RunHooks& hooks) {
    std::vector<std::string> left_out;
    frontier_scenarios(config, flags.options, left_out);
    return describe_plan(config, hooks);
  };
  in_session(flags,
             {"frontier", StudyCommand::Ranks::many, StudyCommand::Output::on_request,
              StudyCommand::Levers::used, plan},
             [&](Session& session) {
               const Frontiers all = frontiers(session, flags.options);
               if (!session.options().ranks->writes()) return;
               if (!flags.csv.empty()) write_csv(flags.csv, all);
               std::string text;
               for (const FrontierAnalysis& analysis : all.scenarios)
                 text += frontier_text(analysis, all.inputs.pack, all.inputs.types.of_row,
                                       all.inputs.types.names);
               for (const auto& line : all.left_out) text += "left out: " + line + "\n";
               show(
                   flags, text,
                   [&] {
                     nlohmann::ordered_json json = nlohmann::ordered_json::array();
                     for (const FrontierAnalysis& analysis : all.scenarios)
                       json.push_back(frontier_json(analysis, all.inputs.pack));
                     return nlohmann::ordered_json{{"frontier", json}};
                   },
                   1);
             });
}

}  // namespace

void add_frontier(CLI::App& app) {
  auto flags = std::make_shared<FrontierFlags>();
  CLI::App* command = app.add_subcommand("frontier",
                                         "What a share of a fund buys from 0 to 100 %, what a pound is worth "
                                         "in each area, how to share a budget");
  add_config_flags(*command, *flags);
  command->get_option("CONFIG")->description(
      "TOML configuration, or a result: its own configuration is taken and its estimates are made again");
  command->add_option("--scenario", flags->options.scenario,
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
  add_result_flags(
      *command, *flags,
      "Also keep everything in FILE (HDF5); a call that is stopped resumes from units beside it");
  command->footer(
      "Examples:\n"
      "  spillway frontier configs/default.toml --scenario ring_fence_10\n"
      "  spillway frontier results/england.h5 --worth gap --budget 100e6 --cap 150 --csv tables --output "
      "frontier.h5");
  command->callback([flags] { frontier_command(*flags); });
}

}  // namespace spillway::cli
