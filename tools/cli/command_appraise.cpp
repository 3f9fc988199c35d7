// spillway appraise: the appraisal of a finished run, anew under another rulebook, or two rulebooks side by
// side.
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/reappraise.hpp"

namespace spillway::cli {

void add_appraise(CLI::App& app) {
  struct Flags {
    std::string run, json;
    ReappraisalOptions options;
    bool unsealed = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("appraise", "Appraisal summary table of each scenario, anew under another rulebook");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option("--rulebook", flags->options.rulebook, "Edition of the rules; default: the run's own");
  command->add_option("--diff", flags->options.diff,
                      "A second edition: rules that differ, then the headlines side by side");
  command->add_option("--scenario", flags->options.scenario, "Only this scenario");
  command->add_option(
      "--by", flags->options.by,
      "Also what every place gets and gains, summing to the nation: a grouping that the run kept "
      "(region, combined_authority, lad), or a list of places (list:FILE or FILE)");
  command->add_option("--json", flags->json,
                      "Also write the tables to FILE as JSON (of the first edition where two are compared); "
                      "'-' writes to standard output");
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Example: spillway appraise results/england.h5 --rulebook green-book-2026 --diff green-book-2022");
  command->callback([flags] {
    NamedFiles files;
    files.reads_result(flags->run);
    const std::string& by = flags->options.by;
    files.reads(by.starts_with("list:") ? by.substr(5) : by);
    files.writes("--json", flags->json);
    files.check();
    const std::vector<Reappraisal> all =
        reappraise(RunReader(flags->run, seal_needed(flags->unsealed)), flags->options);
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    std::string text;
    for (const Reappraisal& one : all) {
      text += appraisal_text(one);
      json.push_back(appraisal_json(one));
    }
    if (!flags->json.empty())
      write_text(flags->json, json_text(nlohmann::ordered_json{{"appraisals", json}}));
    if (flags->json != "-") print("{}", text);
  });
}

}  // namespace spillway::cli
