// spillway appraise: the appraisal of a finished run, anew under another rulebook, or two rulebooks side by side.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "tools/cli/appraise.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/stored_config.hpp"

namespace spillway::cli {

void add_appraise(CLI::App& app) {
  struct Flags {
    std::string run, rulebook, diff, scenario;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("appraise", "Appraisal summary table of each scenario, anew under another rulebook");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option("--rulebook", flags->rulebook, "Edition of the rules; default: the run's own");
  command->add_option("--diff", flags->diff, "A second edition: rules that differ, then the headlines side by side");
  command->add_option("--scenario", flags->scenario, "Only this scenario");
  command->footer("Example: spillway appraise results/england.h5 --rulebook green-book-2026 --diff green-book-2022");
  command->callback([flags] {
    const RunReader reader(flags->run);
    RunConfig config = stored_config(reader);
    if (!flags->rulebook.empty()) config.rulebook = flags->rulebook;
    auto names = reader.scenarios();
    if (!flags->scenario.empty()) {
      if (std::find(names.begin(), names.end(), flags->scenario) == names.end()) {
        const std::string near = nearest_word(flags->scenario, names);
        throw InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", flags->run, flags->scenario,
                                     near.empty() ? "" : fmt::format(", did you mean '{}'?", near), fmt::join(names, ", ")));
      }
      names = {flags->scenario};
    }
    for (const auto& name : names) {
      const scenarios::AppraisalInputs inputs = stored_inputs(reader, name);
      const auto settings = scenarios::appraisal_settings(config, static_cast<long>(inputs.cost.rows()));
      if (flags->diff.empty())
        fmt::print("{}\n", scenarios::appraisal_table(scenarios::appraise(inputs, settings)));
      else
        fmt::print("{}\n", scenarios::appraisal_difference(inputs, settings, settings.rulebook, flags->diff));
      const std::string group = "/appraisal/" + name;
      if (reader.has(group) && reader.has_attribute(group, "what_to_conclude")) {
        const AttributeValue paragraph = reader.attribute(group, "what_to_conclude");
        for (const auto& sentence : std::get<std::vector<std::string>>(paragraph)) fmt::print("{}\n", sentence);
        fmt::print("\n");
      }
    }
  });
}

}  // namespace spillway::cli
