// spillway table: tables of a result as text, CSV, LaTeX or Markdown.
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/member_tables.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/weak_sets.hpp"

namespace spillway::cli {

namespace {
/// The tables that are several at once; empty: `what` is one table.
std::vector<TextTable> several_tables(const RunReader& reader, const std::string& what) {
  return what == "estimates"   ? tables_of_estimates(reader)
         : what == "outcomes"  ? tables_of_outcomes(reader)
         : what == "appraisal" ? tables_of_appraisal(reader)
                               : std::vector<TextTable>{};
}
TextTable table_named(const RunReader& reader, const std::string& what, Figures figures) {
  return what == "area_split" ? table_of_area_split(reader)
         : what == "winners"  ? table_of_winners(reader)
         : what == "sets"     ? table_of_sets(reader)
                              : table_of_scenarios(reader, what, figures);
}

/// What is asked for of one table or of several.
struct Chosen {
  std::vector<TextTable> tables;
  bool several = false;
};
Chosen chosen(const RunReader& reader, const std::string& what, const TablePick& pick, Figures figures) {
  bool several = false;
  std::vector<TextTable> tables = tables_over_members(reader, [&](const RunReader& one) {
    std::vector<TextTable> found = several_tables(one, what);
    several = several || !found.empty();
    return found.empty() ? std::vector{table_named(one, what, figures)} : found;
  });
  return {picked(std::move(tables), pick), several};
}
}  // namespace

void add_table(CLI::App& app) {
  struct Flags {
    std::string run, what, format = "terminal", output = "-";
    std::vector<std::string> columns, rows;
    bool unsealed = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "table", "A table of a result, or of a merged sweep, as text, CSV, LaTeX or Markdown");
  command->add_option("RUN", flags->run, "Result file")->required();
  command
      ->add_option(
          "WHAT", flags->what,
          "estimates | outcomes (all outcomes of a policy side by side, and jobs) | appraisal (present "
          "values, per pound and per head) | winners (whom each policy leaves better or worse off) | "
          "sets (what policies do by sets that hold however weak the instruments are) | "
          "area_split (every area's uplift: own, funded neighbours, "
          "others) | a grouping of outcomes: nation, region, combined_authority, lad, area_type, list:FILE, "
          "one that the run crossed (area_type:lad), target (where a policy acts)")
      ->required();
  command->add_option("--format", flags->format, "terminal | csv | latex | markdown | json")
      ->capture_default_str();
  command->add_option("--columns", flags->columns, "Only these columns, in this order: group,median")
      ->delimiter(',');
  command->add_option("--rows", flags->rows,
                      "Only rows where a column holds a word, or one of several: scenario=wealth_fund, "
                      "group=E12000001,E12000002; may be repeated");
  command->add_option("--output", flags->output, "File to write; '-' for standard output")
      ->capture_default_str();
  add_unsealed(*command, flags->unsealed);
  command->footer("Example: spillway table results/england.h5 estimates --format latex");
  command->callback([flags] {
    std::error_code none;
    if (!std::filesystem::exists(flags->run, none) && std::filesystem::is_regular_file(flags->what, none))
      throw InputError(
          fmt::format("'{}' is no result and '{}' is a file; did you mean `spillway table {} {}`?",
                      flags->run, flags->what, flags->what, flags->run));
    const TablePick pick = table_pick(flags->columns, flags->rows);
    NamedFiles files;
    files.reads_result(flags->run);
    files.writes("--output", flags->output);
    files.check();
    if (flags->format == "json") {
      const RunReader reader(flags->run, seal_needed(flags->unsealed));
      const bool whole = flags->columns.empty() && flags->rows.empty() && reader.members().empty();
      if (flags->what == "estimates" && whole)
        return write_text(flags->output, json_text(estimates_json(reader.estimates())));
      if (flags->what == "sets" && whole) {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const std::string& scenario : reader.scenarios())
          all.push_back(sets_json(weak_sets(reader, scenario)));
        return write_text(flags->output, json_text(nlohmann::ordered_json{{"sets", all}}));
      }
      const Chosen all = chosen(reader, flags->what, pick, Figures::stored);
      if (!all.several) return write_text(flags->output, json_text(table_json(all.tables.front())));
      nlohmann::ordered_json tables = nlohmann::ordered_json::array();
      for (const TextTable& table : all.tables) tables.push_back(table_json(table));
      return write_text(flags->output, json_text(tables));
    }
    const TableFormat format = table_format(flags->format);
    // Programs read CSV and JSON: the figures of the file. People read the others.
    const Figures figures = format == TableFormat::csv ? Figures::stored : Figures::shown;
    const RunReader reader(flags->run, seal_needed(flags->unsealed));
    std::string text;
    for (const TextTable& table : chosen(reader, flags->what, pick, figures).tables)
      text += (text.empty() ? "" : "\n") + format_table(table, format);
    write_text(flags->output, text);
  });
}

}  // namespace spillway::cli
