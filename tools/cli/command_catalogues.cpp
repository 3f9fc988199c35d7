// spillway levers, funds, rulebooks, schema: what there is to choose from.
#include <fmt/format.h>

#include <functional>

#include "tools/cli/command.hpp"
#include "tools/cli/reading_commands.hpp"
#include "tools/studies/catalogues.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

namespace {

/// @param positional  help of NAME; nullptr: the command takes none
void add_catalogue(CLI::App& app, const char* name, const char* what, const char* example,
                   std::function<Listing(const std::string&)> listing, const char* positional = nullptr) {
  struct Flags {
    std::string name, json;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(name, what);
  if (positional != nullptr) command->add_option("NAME", flags->name, positional);
  command->add_option("--json", flags->json,
                      "Write it as JSON; '-' for standard output in place of the table");
  command->footer(fmt::format("Example: {}", example));
  command->callback([flags, listing] {
    const Listing listed = listing(flags->name);
    if (!flags->json.empty()) write_text(flags->json, json_text(listed.json));
    const bool described = listed.table.header.back().starts_with("what it");
    if (flags->json != "-")
      print("{}",
            described ? described_table(listed.table) : format_table(listed.table, TableFormat::terminal));
  });
}

}  // namespace

void add_catalogues(CLI::App& app) {
  add_catalogue(app, "levers", "The levers, or one lever's parameters with kinds, units and defaults",
                "spillway levers community_wealth_fund", levers_listing, "A lever; none: all of them");
  add_catalogue(app, "funds", "The funds that levers know by name: amounts, profiles, until when",
                "spillway funds --json funds.json", [](const std::string&) { return funds_listing(); });
  add_catalogue(app, "rulebooks", "The rulebooks of appraisal; with --json every rule and its source",
                "spillway rulebooks --json -", [](const std::string&) { return rulebooks_listing(); });
  auto output = std::make_shared<std::string>("-");
  CLI::App* schema = app.add_subcommand(
      "schema", "The JSON Schema of a configuration, for editors that complete and check TOML");
  schema->add_option("--output", *output, "File to write; '-' for standard output")->capture_default_str();
  schema->footer("Example: spillway schema --output spillway.schema.json");
  schema->callback([output] { write_text(*output, json_text(configuration_schema())); });
}

}  // namespace spillway::cli
