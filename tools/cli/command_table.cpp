// spillway table: tables of a result as text, CSV, LaTeX or Markdown.
#include <fmt/format.h>

#include <cstdio>

#include "engine/store/run_store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

namespace {

double type7(std::vector<double> draws, double p) {
  std::sort(draws.begin(), draws.end());
  const double at = p * static_cast<double>(draws.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  return draws[low] +
         (at - static_cast<double>(low)) * (draws[std::min(low + 1, draws.size() - 1)] - draws[low]);
}

std::vector<TextTable> tables_of_estimates(const RunReader& reader) {
  const auto stored = reader.estimates();
  std::vector<std::pair<std::string, std::vector<const Estimate*>>> groups;
  for (const StoredEstimate& one : stored) {
    const std::string key = one.estimate.model + (one.in_grid ? " [" + one.estimate.cell + "]" : "");
    if (groups.empty() || groups.back().first != key) {
      auto found =
          std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == key; });
      if (found == groups.end())
        groups.push_back({key, {}});
      else
        std::rotate(found, found + 1, groups.end());
    }
    groups.back().second.push_back(&one.estimate);
  }
  std::vector<TextTable> tables;
  for (const auto& [title, estimates] : groups) {
    TextTable table = estimate_table(title + ": " + estimates.front()->outcome, estimates);
    for (const Estimate* estimate : estimates) table.notes.push_back(estimate->echo);
    tables.push_back(std::move(table));
  }
  return tables;
}

TextTable table_of_scenarios(const RunReader& reader, const std::string& grouping) {
  TextTable table;
  table.title = "outcomes by " + grouping + ", last period, against no policy";
  table.header = {"scenario", "outcome", "group", "p5", "p25", "median", "p75", "p95", "unit"};
  for (const auto& scenario : reader.scenarios())
    for (const auto& outcome : reader.aggregate_outcomes(scenario)) {
      const auto groupings = reader.groupings(scenario, outcome);
      if (std::find(groupings.begin(), groupings.end(), grouping) == groupings.end())
        throw InputError(fmt::format("scenario '{}' has no grouping '{}' (it has: {})", scenario, grouping,
                                     fmt::join(groupings, ", ")));
      const StoredAggregate series = reader.aggregate(scenario, outcome, grouping);
      for (std::size_t g = 0; g < series.groups.size(); ++g) {
        std::vector<double> draws;
        for (long d = 0; d < series.draws; ++d) draws.push_back(series.at(d, series.periods.size() - 1, g));
        std::vector<std::string> row = {scenario, outcome, series.groups[g]};
        for (const double p : {.05, .25, .5, .75, .95}) row.push_back(fmt::format("{:.6g}", type7(draws, p)));
        row.push_back(series.unit);
        table.rows.push_back(row);
      }
    }
  return table;
}

}  // namespace

void add_table(CLI::App& app) {
  struct Flags {
    std::string run, what, format = "terminal", output = "-";
    bool unsealed = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("table", "A table of a result as text, CSV, LaTeX or Markdown");
  command->add_option("RUN", flags->run, "Result file")->required();
  command
      ->add_option("WHAT", flags->what,
                   "estimates | a grouping of outcomes: nation, region, combined_authority, lad, area_type")
      ->required();
  command->add_option("--format", flags->format, "terminal | csv | latex | markdown | json")
      ->capture_default_str();
  command->add_option("--output", flags->output, "File to write; '-' for standard output")
      ->capture_default_str();
  add_unsealed(*command, flags->unsealed);
  command->footer("Example: spillway table results/england.h5 estimates --format latex");
  command->callback([flags] {
    if (flags->format == "json") {
      const RunReader reader(flags->run, seal_needed(flags->unsealed));
      return write_text(flags->output,
                        (flags->what == "estimates" ? estimates_json(reader.estimates())
                                                    : table_json(table_of_scenarios(reader, flags->what)))
                                .dump(2) +
                            "\n");
    }
    const TableFormat format = table_format(flags->format);
    const RunReader reader(flags->run, seal_needed(flags->unsealed));
    std::string text;
    if (flags->what == "estimates") {
      for (const TextTable& table : tables_of_estimates(reader))
        text += (text.empty() ? "" : "\n") + format_table(table, format);
    } else {
      text = format_table(table_of_scenarios(reader, flags->what), format);
    }
    write_text(flags->output, text);
  });
}

}  // namespace spillway::cli
