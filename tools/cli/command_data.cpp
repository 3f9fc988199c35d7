// spillway synth, pack, inspect, init: data in and a look at what there is.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "engine/config/run_config.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/data/pack/coordinates.hpp"
#include "engine/data/pack/population.hpp"
#include "engine/data/pack/scratch_folder.hpp"
#include "engine/data/recipe/recipe.hpp"
#include "engine/store/run_store.hpp"
#include "engine/synthetic/synthetic.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/cli/program.hpp"
#include "tools/studies/catalogues.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

namespace {

std::string pack_text(const DataPack& pack) {
  std::string text = fmt::format(
      "pack '{}' ({}): {}\n{} areas, {} columns; {} periods of {}; {} links\n", pack.name, pack.geography,
      pack.description, pack.areas.rows, pack.areas.columns.size(), pack.panel.periods.size(),
      pack.period_years > 0 ? fmt::format("{} year(s)", pack.period_years) : "uneven length",
      pack.edges.size());
  for (const Column& column : pack.areas.columns) {
    const std::size_t missing = rows_without_value(column);
    text += fmt::format("  areas.{:<28} {:<7} {:<18} {}{}\n", column.name,
                        column.kind == ColumnKind::text ? "text" : "number", column.unit, column.description,
                        missing ? fmt::format(" ({} of {} areas have none)", missing, pack.areas.rows) : "");
  }
  for (const PanelVariable& variable : pack.panel.variables)
    text += fmt::format("  panel.{:<28} {:<7} {:<18} {}\n", variable.name, "number", variable.unit,
                        variable.description);
  if (const Column* type = pack.areas.find("area_type")) {
    const Categories types = categories(*type);
    std::vector<long> count(types.names.size(), 0);
    for (const auto k : types.of_row) ++count[static_cast<std::size_t>(k)];
    for (std::size_t k = 0; k < count.size(); ++k)
      text += fmt::format("  type {:<29} {} areas\n", types.names[k].empty() ? "(none)" : types.names[k],
                          count[k]);
  }
  for (const InputFile& input : pack.inputs)
    text += fmt::format("  file {:<29} sha256 {} {}\n", input.path, input.sha256, input.publisher);
  return text;
}

}  // namespace

void add_synth(CLI::App& app) {
  struct Flags {
    std::string output, programme;
    SyntheticConfig world;
    std::string truth = to_string(SyntheticConfig{}.policy_truth),
                strength = to_string(SyntheticConfig{}.strength);
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("synth", "Write a synthetic England with known truth as a data pack");
  command->add_option("--output", flags->output, "New or empty folder")->required();
  command->add_option("--areas", flags->world.areas, "Number of areas")
      ->check(whole_number(20, 10'000'000))
      ->capture_default_str();
  command->add_option("--authorities", flags->world.authorities, "Number of local authorities")
      ->check(whole_number(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--seed", flags->world.seed, "Seed of the world")
      ->check(whole_number(0, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  command
      ->add_option("--instrument-strength", flags->world.instrument_strength,
                   "Times the instruments' effects: 0.2 is weak, 0 identifies nothing")
      ->check(finite_number(0.0, 1e6))
      ->capture_default_str();
  command
      ->add_option("--serial-correlation", flags->world.error_serial_correlation,
                   "AR(1) coefficient of the errors over years")
      ->check(finite_number(-0.99, 0.99))
      ->capture_default_str();
  command
      ->add_option("--policy-truth", flags->truth,
                   "Whose growth social infrastructure moves: everybody's through A, or its own area's")
      ->check(CLI::IsMember({"structural", "own"}))
      ->capture_default_str();
  CLI::Option* programme = command->add_option(
      "--programme", flags->programme, "A programme that acted: CSV of code, year and gbp, for back-casts");
  command
      ->add_option("--programme-effect", flags->world.programme_effect,
                   "What a GBP a head of it, spent so far, added to growth a year")
      ->check(finite_number(-1.0, 1.0))
      ->needs(programme);
  command
      ->add_option(
          "--strength", flags->strength,
          "Of social infrastructure: as grants plausibly work, or strong enough that wrong modes fail")
      ->check(CLI::IsMember({"plausible", "sharp"}))
      ->capture_default_str();
  command->footer("Example: spillway synth --output packs/small --areas 2000 --authorities 100");
  command->callback([flags, command] {
    if (flags->world.authorities > flags->world.areas) {
      if (command->count("--authorities") > 0)
        throw InputError(fmt::format("--authorities is {} and --areas {} (an authority has one area or more)",
                                     flags->world.authorities, flags->world.areas));
    }
    flags->world.policy_truth = flags->truth == "own" ? PolicyTruth::own : PolicyTruth::structural;
    flags->world.be(flags->strength == "sharp" ? PolicyStrength::sharp : PolicyStrength::plausible);
    if (!flags->programme.empty()) flags->world.programme = read_programme(flags->programme);
    DataPack pack = synthetic_england(flags->world);
    if (!flags->programme.empty())
      pack.inputs.push_back({flags->programme, "source", flags->world.programme.sha256, "", "", ""});
    write_pack(pack, flags->output);
    print("{}\nnext: {} run configs/default.toml --data {}\n", pack_text(pack), program(),
          shell_word(flags->output));
  });
}

void add_pack(CLI::App& app) {
  struct Flags {
    std::string recipe, data, output;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("pack", "Build a data pack from published tables by a recipe");
  command->add_option("RECIPE", flags->recipe, "TOML recipe; configs/packs/ has five")->required();
  command->add_option("--data", flags->data, "Folder of the published tables")->required();
  command->add_option("--output", flags->output, "New or empty folder")->required();
  command->footer(
      "Example: spillway pack configs/packs/england-lsoa.toml --data downloads --output packs/england-lsoa");
  command->callback([flags] {
    std::vector<std::string> summary;
    const ScratchFolder scratch;
    const DataPack pack = build_pack(flags->recipe, flags->data, summary, scratch.path());
    write_pack(pack, flags->output);
    try {
      read_pack(flags->output);  // what pack writes, run reads
    } catch (const InputError&) {
      std::error_code error;
      std::filesystem::remove_all(flags->output, error);
      throw;
    }
    for (const std::string& doubt : {doubtful_population_line(pack.areas), misplaced_line(pack.areas)})
      if (!doubt.empty()) summary.push_back(doubt);
    for (const auto& line : summary) print("{}\n", line);
    print("written to {}\nnext: {} inspect {}   (what is in it)\n", flags->output, program(),
          shell_word(flags->output));
  });
}

void add_inspect(CLI::App& app) {
  struct Flags {
    std::string path, json;
    bool verify = false, unsealed = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("inspect", "What is in a result or a pack, and whether it is whole");
  command->add_option("PATH", flags->path, "RUN.h5 or a pack's folder")->required();
  command->add_flag("--verify", flags->verify, "Read every dataset again and hold it against its checksum");
  command->add_option("--json", flags->json,
                      "Also write what there is to FILE as JSON; '-' writes to standard output");
  add_unsealed(*command, flags->unsealed);
  command->footer("Example: spillway inspect results/england.h5 --verify");
  command->callback([flags] {
    NamedFiles files;
    files.reads_result(flags->path);
    files.reads_pack(flags->path);
    files.writes("--json", flags->json);
    files.check();
    const bool quiet = flags->json == "-";
    std::error_code none;
    if (std::filesystem::is_directory(flags->path, none)) {
      const DataPack pack = read_pack(flags->path);
      if (!flags->json.empty()) write_text(flags->json, json_text(inspect_json(pack)));
      if (!quiet) print("{}whole: every check passed\n", pack_text(pack));
      return;
    }
    if (flags->verify) {
      const auto damages = verify(flags->path, {0});
      std::vector<Fault> faults;
      for (const Damage& damage : damages) faults.push_back({flags->path, 0, "", damage.object, damage.what});
      if (!faults.empty()) throw InputError(faults);
      if (!quiet) print("whole: every dataset matches its checksum\n");
    }
    const RunReader reader(flags->path, seal_needed(flags->unsealed));
    if (!flags->json.empty()) write_text(flags->json, json_text(inspect_json(reader)));
    if (!quiet) print("{}", inspect_text(reader));
  });
}

void add_init(CLI::App& app) {
  struct Flags {
    std::string output = "spillway.toml", lever, pack;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("init", "Write a commented configuration to start from");
  command->add_option("--output", flags->output, "File to write; '-' for standard output")
      ->capture_default_str();
  command->add_option("--lever", flags->lever, "One scenario of this lever, with all its parameters");
  command->add_option("--pack", flags->pack,
                      "Data pack that it reads; the lever's columns are checked against it");
  command->footer("Example: spillway init --lever community_wealth_fund --output my-run.toml");
  command->callback([flags] {
    std::error_code none;
    if (flags->output != "-" && std::filesystem::exists(flags->output, none) &&
        unusual_kind(flags->output).empty())
      throw InputError(fmt::format("'{}' exists already (choose another name with --output)", flags->output));
    std::vector<std::string> missing;
    write_text(flags->output, starting_configuration(flags->lever, flags->pack, missing));
    for (const std::string& sentence : missing) say("{} {}\n", style().warning, sentence);
    const std::string file = shell_word(flags->output);
    if (flags->output != "-" && missing.empty())
      print("wrote {}\nnext: {} run {} --dry-run   (what it would do, its size and its time)\n",
            flags->output, program(), file);
    else if (flags->output != "-")
      print("wrote {}\nnext: change in it what the warning says, then {} check {}\n", flags->output,
            program(), file);
  });
}

}  // namespace spillway::cli
