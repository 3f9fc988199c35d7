// spillway sensitivity: what a scenario's headlines depend on.
#include "engine/run/graph.hpp"
#include "tools/cli/command.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/sensitivity.hpp"

namespace spillway::cli {

namespace {

struct SensitivityFlags : CommonFlags {
  SensitivityOptions options;
};

void sensitivity_command(const SensitivityFlags& flags) {
  const auto plan = [&](const RunConfig& config, const RunHooks& hooks) {
    chosen_scenarios(config, flags.options.scenario, "to analyse");
    return describe_plan(config, hooks);
  };
  in_session(flags,
             {"sensitivity", StudyCommand::Ranks::many, StudyCommand::Output::on_request,
              StudyCommand::Levers::used, plan},
             [&](Session& session) {
               const std::vector<Sensitivity> analyses = sensitivity(session, flags.options);
               if (!session.options().ranks->writes()) return;
               std::string text;
               for (const Sensitivity& analysis : analyses) text += sensitivity_text(analysis);
               show(flags, text, [&] {
                 nlohmann::ordered_json all = nlohmann::ordered_json::array();
                 for (const Sensitivity& analysis : analyses) all.push_back(sensitivity_json(analysis));
                 return nlohmann::ordered_json{{"sensitivity", all}};
               });
             });
}

}  // namespace

void add_sensitivity(CLI::App& app) {
  auto flags = std::make_shared<SensitivityFlags>();
  CLI::App* command = app.add_subcommand(
      "sensitivity", "What a scenario's headlines depend on: shares of variance, screening, tornado");
  add_config_flags(*command, *flags);
  command->add_option("--scenario", flags->options.scenario, "Only this scenario");
  command
      ->add_option(
          "--method", flags->options.method,
          "shapley (dependent inputs too), sobol or morris (independent inputs only), tornado, one_at_a_time")
      ->check(CLI::IsMember({"shapley", "sobol", "morris", "tornado", "one_at_a_time"}));
  command
      ->add_option("--inputs", flags->options.inputs,
                   "What varies: all, lever or estimates; default lever for sobol and morris, else all")
      ->check(CLI::IsMember({"all", "lever", "estimates"}));
  command->add_option(
      "--rows", flags->options.rows,
      "Base rows of a Sobol' (a power of two; times inputs + 2) or Shapley (times inputs + 1) design");
  command->add_option("--trajectories", flags->options.trajectories,
                      "Trajectories of a Morris design (times inputs + 1)");
  add_result_flags(*command, *flags,
                   "Also keep the results, the design and its hash in FILE (HDF5); a call that is stopped "
                   "resumes from units beside it");
  command->footer(
      "Example: spillway sensitivity configs/default.toml --scenario ring_fence_10 --method sobol --output "
      "sensitivity.h5");
  command->callback([flags] { sensitivity_command(*flags); });
}

}  // namespace spillway::cli
