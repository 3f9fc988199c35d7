// spillway diff: two results against each other.
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/diff.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

void add_diff(CLI::App& app) {
  struct Flags {
    std::string a, b, json;
    double tolerance = 0.0;
    bool unsealed = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "diff", "Two results against each other: equal, or what moved, by how much and where");
  command->add_option("A", flags->a, "Result file")->required();
  command->add_option("B", flags->b, "Another")->required();
  command
      ->add_option(
          "--tolerance", flags->tolerance,
          "Values are equal where they differ by at most this share of the larger one, or of a hundredth of "
          "the dataset's largest value")
      ->check(finite_number(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--json", flags->json,
                      "Also write every difference to FILE as JSON; '-' writes to standard output");
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Exit codes: 0 equal; 1 different; 2 bad input.\n"
      "Example: spillway diff results/before.h5 results/after.h5 --tolerance 1e-9");
  command->callback([flags] {
    NamedFiles files;
    files.reads_result(flags->a);
    files.reads_result(flags->b);
    files.writes("--json", flags->json);
    files.check();
    const RunReader a(flags->a, seal_needed(flags->unsealed)), b(flags->b, seal_needed(flags->unsealed));
    const ResultDiff found = diff(a, b, flags->tolerance);
    if (!flags->json.empty()) write_text(flags->json, json_text(diff_json(found)));
    if (flags->json != "-") print("{}", diff_text(found));
    flush_output();
    if (!found.same()) throw Different{};
  });
}

}  // namespace spillway::cli
