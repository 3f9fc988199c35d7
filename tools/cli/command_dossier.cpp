// spillway dossier: the record of an analysis as the Aqua Book asks for it, and whether it still says what
// the result does.
#include <fmt/format.h>

#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/reading_commands.hpp"
#include "tools/export/dossier.hpp"

namespace spillway::cli {

namespace {

struct DossierFlags {
  std::string run, output, verify;
  DossierOptions options;
  bool unsealed = false;
};

void verify_dossier(const Dossier& dossier, const DossierFlags& flags) {
  const std::vector<std::string> changed = changed_cells(dossier, flags.verify);
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t k = 0; k < std::min(most, changed.size()); ++k) text += changed[k] + "\n";
  if (changed.size() > most) text += fmt::format("and {} more\n", changed.size() - most);
  std::size_t cells = 0;
  for (const DossierTable& one : dossier.tables) cells += one.table.rows.size() * one.table.header.size();
  print("{}", changed.empty() ? fmt::format("{}: every one of {} cells is what {} gives\n", flags.verify,
                                            cells, flags.run)
                              : text);
  flush_output();
  if (!changed.empty()) throw Different{};
}

void dossier_command(const DossierFlags& flags) {
  NamedFiles files;
  files.reads_result(flags.run);
  files.check();
  const std::string folder =
      flags.output.empty() ? std::filesystem::path(flags.run).replace_extension("").string() + "-dossier"
                           : flags.output;
  if (!flags.verify.empty() && !flags.output.empty())
    throw InputError(
        "--verify with --output (a dossier is written, or held against its result; leave one of them out)");
  const RunReader reader(flags.run, seal_needed(flags.unsealed));
  const Dossier dossier = dossier_of(reader, flags.options);
  if (!flags.verify.empty()) return verify_dossier(dossier, flags);
  write_dossier(dossier, folder);
  print("{}: README.md and {} tables\nnext: fill in roles.csv; {} dossier {} --verify {}\n", folder,
        dossier.tables.size(), program(), shell_word(flags.run), shell_word(folder));
}

}  // namespace

void add_dossier(CLI::App& app) {
  auto flags = std::make_shared<DossierFlags>();
  CLI::App* command = app.add_subcommand(
      "dossier",
      "The Aqua Book's record of a result: assumptions, data, decisions, roles, verification, numbers");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option("--output", flags->output,
                      "New or empty folder; by default the result's name with -dossier");
  command->add_option("--verify", flags->verify,
                      "Folder of a dossier: make it again from the result and name every cell that differs");
  command
      ->add_option("--sunset-years", flags->options.sunset_years,
                   "How long after its date an assumption or a vintage may be used unreviewed")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Exit codes of --verify: 0 nothing has changed; 1 something has; 2 bad input.\n"
      "Examples:\n"
      "  spillway dossier results/england.h5\n"
      "  spillway dossier results/england.h5 --verify results/england-dossier");
  command->callback([flags] { dossier_command(*flags); });
}

}  // namespace spillway::cli
