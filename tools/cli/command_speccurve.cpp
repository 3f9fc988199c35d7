// spillway speccurve: a scenario's headline under every reasonable choice, in one table.
#include <fmt/format.h>

#include <cstdio>

#include "tools/cli/command.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/specification_curve.hpp"

namespace spillway::cli {

namespace {

struct SpeccurveFlags : CommonFlags {
  std::string csv;
  CurveOptions options;
  int rows = 24;
};

void speccurve_command(const SpeccurveFlags& flags) {
  const auto plan = [&](const RunConfig& config, const RunHooks& hooks) {
    chosen_scenarios(config, flags.options.scenario, "whose headline could vary");
    return describe_plan(config, hooks);
  };
  in_session(flags,
             {"speccurve",
              StudyCommand::Ranks::many,
              StudyCommand::Output::on_request,
              StudyCommand::Levers::used,
              plan,
              {{"--csv", flags.csv}}},
             [&](Session& session) {
               const std::vector<SpecificationCurve> curves = specification_curves(session, flags.options);
               if (!session.options().ranks->writes()) return;
               if (!flags.csv.empty()) write_text(flags.csv, curves_csv(curves));
               std::string text;
               for (const SpecificationCurve& curve : curves) text += curve_text(curve, flags.rows);
               show(flags, flags.csv == "-" ? "" : text, [&] {
                 nlohmann::ordered_json all = nlohmann::ordered_json::array();
                 for (const SpecificationCurve& curve : curves) all.push_back(curve_json(curve));
                 return nlohmann::ordered_json{{"specification_curve", all}};
               });
             });
}

}  // namespace

void add_speccurve(CLI::App& app) {
  auto flags = std::make_shared<SpeccurveFlags>();
  CLI::App* command = app.add_subcommand(
      "speccurve",
      "A scenario's headline under every reasonable choice of estimates, horizon and rulebook: one table");
  add_config_flags(*command, *flags);
  command->add_option("--scenario", flags->options.scenario, "Only this scenario");
  command->add_option("--headline", flags->options.headline,
                      "What the table is sorted by: uplift_nation, uplift_<type>, npsv_national, npsv_local; "
                      "default the target type's uplift");
  command
      ->add_option(
          "--weights", flags->options.weights,
          "W: configured, contiguity, knn:K, inverse_distance:KM, distance_band:KM, flows, each also with "
          ":size=COLUMN (neighbours count by it); default those the pack allows")
      ->delimiter(',');
  command
      ->add_option("--horizons", flags->options.horizons,
                   "Periods; default the configuration's and half of it")
      ->delimiter(',');
  command->add_option("--rulebooks", flags->options.rulebooks, "Default: every edition")->delimiter(',');
  command->add_option("--rows", flags->rows, "Rows of the table on the screen; files have all")
      ->capture_default_str();
  command->add_option("--csv", flags->csv,
                      "Also write every row to FILE as CSV; '-' writes to standard output");
  add_result_flags(*command, *flags,
                   "Also keep the curve in FILE (HDF5); a call that is stopped resumes from units beside it");
  command->footer(
      "Example: spillway speccurve configs/england-lsoa.toml --scenario wealth_fund --csv curve.csv --output "
      "curve.h5");
  command->callback([flags] { speccurve_command(*flags); });
}

}  // namespace spillway::cli
