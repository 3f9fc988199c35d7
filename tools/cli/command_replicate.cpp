// spillway replicate: a result's headline and a few draws as a plain R script.
#include <fmt/format.h>

#include "engine/config/sweep_config.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/replicate.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

void add_replicate(CLI::App& app) {
  struct Flags : CommonFlags {
    ReplicateOptions options;
    std::string script;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("replicate",
                                         "A plain R script that estimates a result's headline again and "
                                         "propagates ten draws, without this program");
  command->add_option("RUN", flags->config, "Result file")->required();
  command->add_option("--r", flags->script, "The script to write; its data go to <name>_data beside it")
      ->required();
  command->add_option("--scenario", flags->options.scenario, "Only this scenario");
  command->add_option("--draws", flags->options.draws, "Draws of each scenario, the first ones")
      ->check(whole_number(1, 1000))
      ->capture_default_str();
  command->add_option("--data", flags->data, "The run's data pack, where it has moved");
  add_threads_flag(*command, flags->threads);
  command->add_flag("--quiet", flags->quiet, "No progress on standard error");
  add_unsealed(*command, flags->unsealed);
  command->footer("Example: spillway replicate results/england.h5 --r england.R && Rscript england.R");
  command->callback([flags] {
    flags->options.script = flags->script;
    if (flags->script == "-")
      throw InputError(
          "--r is '-' (the script reads its data from the folder beside it, so it needs a name)");
    NamedFiles files;
    files.reads_result(flags->config);
    files.reads_pack(flags->data.empty() ? pack_of(flags->config) : std::filesystem::path(flags->data));
    files.writes("--r", flags->script);
    files.check();
    const RunReader reader(flags->config, seal_needed(flags->unsealed));
    std::vector<std::string> overrides;
    if (!flags->data.empty()) overrides.push_back("data.pack=" + toml_text(flags->data));
    RunConfig config = stored_config(reader, overrides);
    config.threads = flags->threads.value_or(0);
    in_session(
        *flags,
        {"replicate", StudyCommand::Ranks::one, StudyCommand::Output::none, StudyCommand::Levers::used, {}},
        std::move(config),
        [&](Session& session) { print("{}", replication_text(replicate(session, reader, flags->options))); });
  });
}

}  // namespace spillway::cli
