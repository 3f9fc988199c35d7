// spillway certain: what may be said of a run after one has looked at all of it.
#include <fmt/format.h>

#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/certain.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {

struct CertainFlags : CommonFlags {
  CertainOptions options;
};

void certain_command(const CertainFlags& flags) {
  if (!(flags.options.level >= 0.5 && flags.options.level <= 0.999))
    throw InputError(fmt::format("--level is {} (needs 0.5 to 0.999){}", flags.options.level,
                                 flags.options.level >= 50.0 && flags.options.level < 100.0
                                     ? fmt::format("; did you mean {:g}?", flags.options.level / 100.0)
                                     : ""));
  NamedFiles files;
  files.reads_result(flags.config);
  files.reads_pack(flags.data.empty() ? pack_of(flags.config) : std::filesystem::path(flags.data));
  files.writes("--output", flags.output);
  files.writes("--json", flags.json);
  files.writes("--log", flags.log);
  files.writes("--status", flags.status);
  files.check();
  const RunReader reader(flags.config, seal_needed(flags.unsealed));
  in_session(
      flags,
      {"certain", StudyCommand::Ranks::one, StudyCommand::Output::on_request, StudyCommand::Levers::used, {}},
      config_of_study(reader, flags.options.areas, flags.data, flags.threads.value_or(0)),
      [&](Session& session) {
        const Certain result = certain(session, reader, flags.options);
        show(
            flags, certain_text(result), [&] { return certain_json(result); }, 1);
      });
}

}  // namespace

void add_certain(CLI::App& app) {
  auto flags = std::make_shared<CertainFlags>();
  CLI::App* command = app.add_subcommand(
      "certain",
      "What is sure after one has looked at everything: who gains, which ranks, what the best is worth");
  command->add_option("RUN", flags->config, "Result file")->required();
  command->add_option("--scenario", flags->options.scenario, "Only this scenario's places");
  command->add_option("--outcome", flags->options.outcome,
                      "Outcome of the places; default cumulative_uplift, or the first there is");
  command
      ->add_option("--grouping", flags->options.grouping, "Places of the league table: a grouping of the run")
      ->capture_default_str();
  command->add_option("--level", flags->options.level, "Probability with which each statement holds")
      ->capture_default_str();
  command->add_flag("--areas", flags->options.areas,
                    "Also every area: the run's estimates are made again from its own configuration (its "
                    "pack must be there)");
  command->add_option("--data", flags->data, "The run's data pack, where it has moved");
  add_threads_flag(*command, flags->threads);
  add_result_flags(*command, *flags, "Also keep everything in FILE (HDF5)");
  command->add_option("--json", flags->json, "Also write it to FILE as JSON; '-' writes to standard output");
  add_job_flags(*command, *flags);
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Examples:\n"
      "  spillway certain results/england.h5\n"
      "  spillway certain results/england.h5 --scenario ring_fence_10 --areas --json certain.json");
  command->callback([flags] { certain_command(*flags); });
}

}  // namespace spillway::cli
