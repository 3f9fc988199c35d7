// The command line: one binary, `spillway`.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/instruction_set.hpp"
#include "engine/base/text.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/complete.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/cli/reading_commands.hpp"
#include "tools/studies/json_output.hpp"

namespace {

constexpr const char* footer =
    "Start here:\n"
    "  spillway synth --output packs/synthetic     a synthetic England, with known truth\n"
    "  spillway run configs/default.toml           estimates, draws, three policies -> results/england.h5\n"
    "  spillway inspect results/england.h5         what is in the file\n"
    "Exit codes: 0 done; 2 the input is at fault; 3 the numbers failed; 4 the world failed (disk, memory); "
    "130 interrupted.";

std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return "";
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  for (const auto& name : names)
    if (name == argv[1]) return "";
  const std::string word = argv[1];
  if (word == "help" || word == "version")
    return fmt::format("unknown command '{}' (did you mean `spillway {}--{}`?); `spillway --help` lists them",
                       word, argc > 2 && word == "help" ? argv[2] + std::string(" ") : "", word);
  const std::string near = spillway::nearest_word(word, names);
  return fmt::format("unknown command '{}'{}; `spillway --help` lists them", argv[1],
                     near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

/// "run has no flag '--thread' (did you mean '--threads'?)"; empty: every flag is known.
std::string unknown_flag(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = argc > 1 ? spillway::cli::command_named(app, argv[1]) : nullptr;
  if (command == nullptr) return "";
  std::vector<std::string> names;
  for (const CLI::Option* option : command->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (int k = 2; k < argc; ++k) {
    const std::string word = argv[k], name = word.substr(0, word.find('='));
    if (!word.starts_with("--") || word == "--" || command->get_option_no_throw(name) != nullptr) continue;
    const std::string near = spillway::nearest_word(name, names);
    return fmt::format("{} has no flag '{}'{}; `spillway {} --help` lists them", argv[1], name,
                       near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), argv[1]);
  }
  return "";
}

/// What stands too much on the line, or is no value of its flag, and what to write.
std::string what_is_wrong(const CLI::App& app, int argc, char** argv, const CLI::ParseError& error) {
  const CLI::App* command = argc > 1 ? spillway::cli::command_named(app, argv[1]) : nullptr;
  if (command == nullptr && argc > 2 && argv[1][0] == '-')
    return fmt::format("'{}' stands before the command; write it after: spillway COMMAND ... {}", argv[1],
                       argv[1]);
  const std::string look = command == nullptr
                               ? "`spillway --help` lists commands"
                               : fmt::format("`spillway {} --help` lists what it takes", argv[1]);
  const std::string what = error.what();
  if (const auto at = what.find("expected: ");
      at != std::string::npos && dynamic_cast<const CLI::ExtrasError*>(&error))
    return fmt::format("'{}' is more than {} takes; {}", what.substr(at + 10),
                       argc > 1 ? argv[1] : "spillway", look);
  constexpr std::string_view conversion = "Could not convert: --";
  if (const std::size_t equals = what.find(" = ");
      what.starts_with(conversion) && equals != std::string::npos)
    return fmt::format("{} is '{}' (expected a number); {}",
                       what.substr(conversion.size() - 2, equals - conversion.size() + 2),
                       spillway::shown_text(what.substr(equals + 3)), look);
  if (const std::size_t colon = what.find(": "); what.starts_with("--") && colon != std::string::npos &&
                                                 what.find("missing", colon) != std::string::npos)
    return fmt::format("{} stands without its value; {}", what.substr(0, colon), look);
  if (argc < 2) return "no command is given; " + look;
  return what + "; " + look;
}

/// What a command misses, with an example of it whole.
std::string what_is_required(const CLI::App& app, int argc, char** argv, const std::string& what) {
  const CLI::App* command = argc > 1 ? spillway::cli::command_named(app, argv[1]) : nullptr;
  if (command == nullptr)
    return argc < 2 ? "no command is given; `spillway --help` lists them"
                    : what + "; --help shows what there is";
  const std::string words = command->get_footer();
  std::string example;
  for (const std::string_view mark : {"Example: ", "Examples:\n  "})
    if (const std::size_t at = words.find(mark); at != std::string::npos && example.empty()) {
      const std::size_t first = at + mark.size();
      example = words.substr(first, std::min(words.find("   ", first), words.find('\n', first)) - first);
    }
  return fmt::format("{} {}{}; `spillway {} --help` says what it is", argv[1], what,
                     example.empty() ? "" : fmt::format(" (for example: {})", example), argv[1]);
}

/// Every fault of an input, where the user asked for JSON: the screen shows the first twenty.
void write_faults(const spillway::InputError& error, int argc, char** argv) {
  for (int k = 1; k < argc; ++k) {
    const std::string_view flag = argv[k], named = "--json=";
    const std::string file = flag == "--json" && k + 1 < argc ? argv[k + 1]
                             : flag.starts_with(named)        ? argv[k] + named.size()
                                                              : "";
    if (file.empty()) continue;
    // A fault may be that this very file is an input.
    bool input = spillway::cli::NamedFiles::refused(file);
    for (int other = 1; other < argc; ++other)
      input = input || (other != k && other != k + 1 && spillway::cli::same_file(file, argv[other]));
    for (const spillway::Fault& fault : error.faults())
      input = input || spillway::cli::same_file(file, fault.file);
    if (!input) try {
        spillway::cli::write_text(file, spillway::cli::json_text(spillway::cli::faults_json(error)));
        spillway::cli::flush_output();
      } catch (const std::exception& failure) {
        spillway::cli::say("spillway: {}\n", failure.what());
      }
  }
}

/// SPILLWAY_INSTRUCTION_SET=x86-64-v3: no kernels above that level, so that unlike machines give the same
/// bits.
void limit_kernels() {
  const char* asked = std::getenv("SPILLWAY_INSTRUCTION_SET");
  if (asked == nullptr || *asked == '\0') return;
  std::vector<std::string> levels;
  for (const auto level :
       {spillway::InstructionSet::v2, spillway::InstructionSet::v3, spillway::InstructionSet::v4}) {
    if (level > spillway::instruction_set()) break;
    levels.push_back(to_string(level));
    if (levels.back() == asked) return spillway::limit_instruction_set(level);
  }
  throw spillway::InputError(fmt::format(
      "the environment's SPILLWAY_INSTRUCTION_SET is '{}' (this processor has {}); unset it for the best",
      asked, fmt::join(levels, ", ")));
}

/// What the command line asks for: a command, or the help or version that stands in its place.
void run(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    std::ostringstream out, none;
    app.exit(asked, out, none);
    spillway::cli::write_output(out.str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace spillway;
  cli::occupy_standard_descriptors();
  cli::watch_signals();
  CLI::App app{
      "Spillway: how growth spills over between neighbourhoods, and what policies would do to each of them"};
  app.name("spillway");
  app.footer(footer);
  app.require_subcommand(1);
  app.set_version_flag(
      "--version", fmt::format("{} ({}{})", cli::build_identity().version, cli::build_identity().git_commit,
                               Ranks::available() ? ", MPI" : ""));
  cli::add_run(app);
  cli::add_estimate(app);
  cli::add_check(app);
  cli::add_coverage(app);
  cli::add_sweep(app);
  cli::add_synth(app);
  cli::add_pack(app);
  cli::add_convert(app);
  cli::add_inspect(app);
  cli::add_profiles(app);
  cli::add_table(app);
  cli::add_appraise(app);
  cli::add_report(app);
  cli::add_export(app);
  cli::add_dossier(app);
  cli::add_sensitivity(app);
  cli::add_speccurve(app);
  cli::add_contrast(app);
  cli::add_certain(app);
  cli::add_frontier(app);
  cli::add_replicate(app);
  cli::add_diff(app);
  cli::add_backcast(app);
  cli::add_init(app);
  cli::add_catalogues(app);
  if (argc > 1 && std::string_view(argv[1]) == "complete") {  // for shells: not listed, and never an error
    std::string lines;
    for (const std::string& line : cli::completions(app, {argv + 2, argv + argc})) lines += line + "\n";
    cli::write_output(lines);
    cli::flush_output();
    return cli::done;
  }
  const std::string unknown = unknown_command(app, argc, argv);
  if (!unknown.empty()) {
    cli::say("spillway: {}\n", unknown);
    return cli::input_at_fault;
  }
  try {
    limit_kernels();
    run(app, argc, argv);
    cli::flush_output();
    cli::end_log(cli::done, "");
    cli::leave_ranks();
    return cli::done;
  } catch (const cli::Different&) {
    return cli::different;
  } catch (const CLI::ExtrasError& error) {
    const std::string flag = unknown_flag(app, argc, argv);
    return cli::fail(cli::input_at_fault, flag.empty() ? what_is_wrong(app, argc, argv, error) : flag);
  } catch (const CLI::RequiredError& error) {
    return cli::fail(cli::input_at_fault, what_is_required(app, argc, argv, error.what()));
  } catch (const CLI::ParseError& error) {
    return cli::fail(cli::input_at_fault, what_is_wrong(app, argc, argv, error));
  } catch (const InputError& error) {
    write_faults(error, argc, argv);
    return cli::fail(cli::input_at_fault, error.what());
  } catch (const NumericalError& error) {
    return cli::fail(cli::numbers_failed, error.what());
  } catch (const Interrupted& error) {
    return cli::fail(cli::interrupted, error.what());
  } catch (const std::bad_alloc&) {
    return cli::fail(cli::world_failed,
                     "out of memory (of a run, lower bootstrap.draws or set run.memory_gb; of another "
                     "command, a file that it reads asks for more than there is)");
  } catch (const StoreError& error) {
    return cli::fail(cli::world_failed, error.what());
  } catch (const std::system_error& error) {
    return cli::fail(cli::world_failed, "the system refused: " + error.code().message());
  } catch (const std::exception& error) {
    return cli::fail(
        cli::world_failed,
        fmt::format("an error that has no words of its own ({}); please report it", error.what()));
  }
}
