// spillway backcast: a past programme, forecast from before it, against what happened.
#include "tools/cli/command.hpp"
#include "tools/studies/backcast.hpp"

namespace spillway::cli {

namespace {

void backcast_command(const CommonFlags& flags) {
  in_session(
      flags,
      {"backcast", StudyCommand::Ranks::many, StudyCommand::Output::by_default, StudyCommand::Levers::unused,
       [](const RunConfig& config, const RunHooks&) { return backcast_plan(config); }},
      [&](Session& session) {
        const Backcast result = backcast(session);
        if (!session.options().ranks->writes()) return;
        show(flags, backcast_text(session.config(), result, style()),
             [&] { return backcast_json(session.config(), result); });
      });
}

}  // namespace

void add_backcast(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand(
      "backcast",
      "A past programme against what happened: the forecast from before it, like places, and placebos");
  add_config_flags(*command, *flags);
  add_checkpoint_flag(*command, *flags);
  add_result_flags(*command, *flags, "Result file; default results/<name>.h5");
  command->footer(
      "Examples:\n"
      "  spillway backcast configs/backcast.toml\n"
      "  spillway backcast configs/backcast.toml --set backcast.placebos=999 --json backcast.json");
  command->callback([flags] { backcast_command(*flags); });
}

}  // namespace spillway::cli
