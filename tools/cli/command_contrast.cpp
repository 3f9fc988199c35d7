// spillway contrast: two scenarios of one run against each other, draw by draw, in groups and in every area.
#include <fmt/format.h>

#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/contrast.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {

struct ContrastFlags : CommonFlags {
  ContrastOptions options;
};

void contrast_command(const ContrastFlags& flags) {
  if (flags.options.area_draws < 1)
    throw InputError(fmt::format("--area-draws is {} (needs 1 or more)", flags.options.area_draws));
  NamedFiles files;
  files.reads_result(flags.config);
  files.reads_pack(flags.data.empty() ? pack_of(flags.config) : std::filesystem::path(flags.data));
  files.writes("--output", flags.output);
  files.writes("--json", flags.json);
  files.writes("--log", flags.log);
  files.writes("--status", flags.status);
  files.check();
  const RunReader reader(flags.config, seal_needed(flags.unsealed));
  in_session(flags,
             {"contrast",
              StudyCommand::Ranks::one,
              StudyCommand::Output::on_request,
              StudyCommand::Levers::used,
              {}},
             config_of_study(reader, flags.options.areas, flags.data, flags.threads.value_or(0)),
             [&](Session& session) {
               const Contrast result = contrast(session, reader, flags.options);
               show(
                   flags, contrast_text(result), [&] { return contrast_json(result); }, 1);
             });
}

}  // namespace

void add_contrast(CLI::App& app) {
  auto flags = std::make_shared<ContrastFlags>();
  CLI::App* command = app.add_subcommand(
      "contrast",
      "Two scenarios of one run against each other, draw by draw: which is better, how surely, and where");
  command->add_option("RUN", flags->config, "Result file")->required();
  command->add_option("A", flags->options.first, "A scenario of it")->required();
  command->add_option("B", flags->options.second, "Another")->required();
  command->add_flag("--areas", flags->options.areas,
                    "Also every area: the run's estimates are made again from its own configuration (its "
                    "pack must be there)");
  command
      ->add_option("--area-draws", flags->options.area_draws,
                   "Draws by area where a scenario changes rho or W; contrasts of shocks alone use all")
      ->capture_default_str();
  command->add_option("--data", flags->data, "The run's data pack, where it has moved");
  add_threads_flag(*command, flags->threads);
  add_result_flags(*command, *flags, "Also keep the contrast in FILE (HDF5)");
  command->add_option("--json", flags->json,
                      "Also write the contrast to FILE as JSON; '-' writes to standard output");
  add_job_flags(*command, *flags);
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Examples:\n"
      "  spillway contrast results/england.h5 ring_fence_10 wealth_fund\n"
      "  spillway contrast results/england.h5 ring_fence_10 bus_franchising --areas --json contrast.json "
      "--output contrast.h5");
  command->callback([flags] { contrast_command(*flags); });
}

}  // namespace spillway::cli
