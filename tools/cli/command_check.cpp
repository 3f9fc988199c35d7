// spillway check: whether a run would take a configuration, in the time it takes to read the data.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/run/graph.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/studies/check.hpp"

namespace spillway::cli {

namespace {

void check_command(const CommonFlags& flags) {
  require_one_rank("check");
  const RunConfig config = configuration(flags);
  const Rehearsal found = ConfigCheck()(config);
  std::string text;
  for (const auto& warning : found.warnings) text += fmt::format("{} {}\n", style().warning, warning);
  text += fmt::format(
      "{}: a run would take it ({} models, {} scenarios)\nresult: about {} (store.keep = \"{}\")\nnext: {} "
      "run "
      "{}\n",
      flags.config, config.models.size(), config.scenarios.size(), bytes_in_words(found.result_bytes),
      config.keep, program(), shell_word(flags.config));
  show(flags, text, [&] {
    return nlohmann::ordered_json{{"config", flags.config},
                                  {"accepted", true},
                                  {"models", config.models.size()},
                                  {"scenarios", config.scenarios.size()},
                                  {"result_bytes", std::round(found.result_bytes)},
                                  {"warnings", found.warnings}};
  });
}

}  // namespace

void add_check(CLI::App& app) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand(
      "check", "Whether a run would take a configuration: everything but the estimates is tried");
  add_settings_flags(*command, *flags);
  command->footer(
      "Exit code 0: a run would take it; 2: it would not, every fault with its line.\n"
      "Example: spillway check configs/default.toml --set scenario.wealth_fund.parameters.factor=2");
  command->callback([flags] { check_command(*flags); });
}

}  // namespace spillway::cli
