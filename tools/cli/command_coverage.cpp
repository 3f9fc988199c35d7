// spillway coverage: do estimators recover a known truth, do intervals cover it, do tests keep their size?
#include "tools/cli/command.hpp"
#include "tools/studies/coverage_output.hpp"

namespace spillway::cli {

namespace {

void coverage_command(const CommonFlags& flags) {
  in_session(
      flags,
      {"coverage", StudyCommand::Ranks::many, StudyCommand::Output::by_default, StudyCommand::Levers::unused,
       [](const RunConfig& config, const RunHooks&) { return describe_coverage(config); }},
      [&](Session& session) {
        const CoverageResult result = coverage(session);
        if (!session.options().ranks->writes()) return;
        show(flags, coverage_text(session.config(), result, style()),
             [&] { return coverage_json(session.config(), result); });
      });
}

}  // namespace

void add_coverage(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand(
      "coverage", "Worlds of known truth through the same pipeline: bias, cover, size and power");
  add_config_flags(*command, *flags);
  add_result_flags(*command, *flags, "Result file; default results/<name>.h5");
  command->footer(
      "Examples:\n"
      "  spillway coverage configs/coverage.toml\n"
      "  spillway coverage configs/coverage-full.toml --set 'coverage.only=[\"few_6\"]' --set "
      "coverage.worlds=50 --output few.h5");
  command->callback([flags] { coverage_command(*flags); });
}

}  // namespace spillway::cli
