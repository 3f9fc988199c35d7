// spillway sweep: a grid of configurations, run one by one or as a job array, and merged into one file.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/files.hpp"
#include "engine/base/partial_folder.hpp"
#include "engine/base/text.hpp"
#include "engine/config/config_tree.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/data/read_json.hpp"
#include "engine/run/graph.hpp"
#include "engine/store/checkpoint_folder.hpp"
#include "engine/store/merge_runs.hpp"
#include "engine/store/run_store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/studies/check.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/member_check.hpp"

namespace spillway::cli {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct SweepFlags {
  std::string place, output, data;
  std::vector<std::string> set;
  std::optional<int> threads;
  long member = 0;
  bool run = false, merge = false, link = false, dry_run = false, quiet = false;
};

std::string member_name(std::size_t number) { return fmt::format("{:04}", number); }

/// A name in an index: of a file of the sweep's folder and no other.
std::string own_name(const Json& member, const char* key, const fs::path& index) {
  const std::string name = member.at(key).get<std::string>();
  if (const std::string fault = file_name_fault(name); !fault.empty())
    throw InputError(std::vector<Fault>{{index.string(), 0, fmt::format("members.{}", key), shown_text(name),
                                         fault + "; expected the name of a file"}});
  return name;
}

/// The index of a sweep's folder. @throws InputError  it has none, or a damaged one
Json read_index(const fs::path& folder) {
  const fs::path file = folder / "index.json";
  std::error_code none;
  if (!fs::exists(file, none))
    throw InputError(
        fmt::format("'{}' is not a sweep's folder (it has no index.json); write one with `spillway sweep "
                    "CONFIG --set key=[a,b] --output {}`",
                    folder.string(), folder.string()));
  const std::string text = read_file(file, "sweep's index");
  try {
    Json index = read_json<Json>(text, file.string());
    if (index.at("members").empty()) throw InputError(fmt::format("'{}' lists no member", file.string()));
    for (const Json& member : index.at("members")) {
      for (const char* key : {"name", "config", "result"}) own_name(member, key, file);
      for (const Json& setting : member.at("settings")) setting.get<std::string>();
    }
    return index;
  } catch (const Json::exception&) {
    throw InputError(
        fmt::format("'{}' is damaged (expected the JSON that `spillway sweep` wrote); write the sweep anew",
                    file.string()));
  }
}

/// @return  bytes of its result
/// @throws InputError  a run would refuse the member; says which settings it has
double check_member(ConfigCheck& check, const RunConfig& config, const std::string& name,
                    const std::string& settings) {
  try {
    return check(config).result_bytes;
  } catch (const InputError& error) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults) fault.what += fmt::format(" (member {}: {})", name, settings);
    throw InputError(std::move(faults));
  }
}

void write_grid(const SweepFlags& flags) {
  if (flags.output.empty()) throw InputError("sweep needs --output DIR (the folder of the grid)");
  std::vector<SweepAxis> axes;
  for (const std::string& assignment : flags.set) axes.push_back(sweep_axis(assignment));
  if (!flags.data.empty())
    axes.push_back(sweep_axis("data.pack=" + toml_text(fs::absolute(flags.data).string())));
  const auto grid = sweep_grid(axes);
  const fs::path folder = flags.output;
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (same_file(flags.place, folder / (member_name(k + 1) + ".toml")))
      throw InputError(
          fmt::format("'{}' is also an input, which member {} of the grid would replace; choose "
                      "another --output",
                      flags.place, member_name(k + 1)));
  Json index;
  index["config"] = flags.place;
  index["members"] = Json::array();
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const std::string name = member_name(k + 1);
    std::string header = fmt::format("# Member {} of {} of a sweep over {}\n", k + 1, grid.size(),
                                     fs::path(flags.place).filename().string());
    for (const std::string& setting : grid[k]) header += override_comment(setting);
    texts.push_back(header + overridden_toml(flags.place, grid[k]));
    index["members"].push_back(
        {{"name", name}, {"config", name + ".toml"}, {"result", name + ".h5"}, {"settings", grid[k]}});
  }
  // A member that a run would refuse must not wait for its turn on a cluster.
  ConfigCheck check;
  double bytes = 0.0;
  for (std::size_t k = 0; k < grid.size(); ++k)
    bytes += check_member(check, parse_config(texts[k], folder / (member_name(k + 1) + ".toml")),
                          member_name(k + 1), index["members"][k]["settings"].dump());
  const std::string sizes =
      fmt::format("{} results: about {} in all{}\n", grid.size(), bytes_in_words(bytes),
                  bytes > 10e9 ? " (--set store.keep=summary keeps groups' quantiles alone)" : "");
  if (flags.dry_run) {
    for (const Json& member : index["members"])
      print("{}: {}\n", member["name"].get<std::string>(), member["settings"].dump());
    print("{}", sizes);
    return;
  }
  std::error_code error;
  AddedFiles files(folder);
  const std::string text = json_text(index, 1);
  if (fs::exists(folder / "index.json", error) && read_file(folder / "index.json", "sweep's index") != text)
    throw InputError(fmt::format(
        "'{}' holds another sweep (its results would be mixed with this one's); choose another --output",
        folder.string()));
  for (std::size_t k = 0; k < grid.size(); ++k) files.write(member_name(k + 1) + ".toml", texts[k]);
  files.write("index.json", text);
  files.keep();
  print("{} configurations in {}\n{}", grid.size(), folder.string(), sizes);
}

/// Whether the member's result is there and whole under the present index.
bool finished(const fs::path& result) {
  std::error_code none;
  if (!fs::exists(result, none)) return false;
  try {
    RunReader reader(result);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void run_member(const fs::path& folder, const Json& member, const SweepFlags& flags) {
  CommonFlags run;
  run.config = (folder / member["config"].get<std::string>()).string();
  run.output = (folder / member["result"].get<std::string>()).string();
  run.threads = flags.threads;
  run.quiet = flags.quiet;
  run.resume = true;
  run_command(run);
}

void run_grid(const fs::path& folder, const SweepFlags& flags) {
  std::vector<std::string> failed;
  const Json index = read_index(folder);
  std::error_code none;
  if (fs::is_directory(flags.place, none)) {  // else they have been checked when they were written
    ConfigCheck check;
    for (const Json& member : index["members"])
      if (!finished(folder / member["result"].get<std::string>()))
        check_member(check, read_config(folder / member["config"].get<std::string>()), member["name"],
                     member["settings"].dump());
  }
  for (const Json& member : index["members"]) {
    const std::string name = member["name"];
    const fs::path result = folder / member["result"].get<std::string>();
    if (finished(result)) {  // one that was killed after its result and before its end has left its units
      discard_checkpoint(Checkpoint::folder_of(result));
      continue;
    }
    print("member {}: {}\n", name, member["settings"].dump());
    try {
      run_member(folder, member, flags);
    } catch (const InputError& error) {
      failed.push_back(fmt::format("member {}: {}", name, error.what()));
    } catch (const NumericalError& error) {
      failed.push_back(fmt::format("member {}: {}", name, error.what()));
    }
  }
  if (!failed.empty())
    throw NumericalError(
        fmt::format("{} members failed, the others are done\n{}", failed.size(), fmt::join(failed, "\n")));
}

void print_commands(const fs::path& folder) {
  const std::size_t count = read_index(folder)["members"].size();
  print(
      "here:            spillway sweep --run {0}\n"
      "one member:      spillway sweep --member 1 {0}\n"
      "as a job array:  sbatch --array=1-{1} tools/slurm/array.sbatch {0}\n"
      "then:            spillway sweep --merge {0} --output {2}\n",
      folder.string(), count, (folder / "all.h5").string());
}

void merge_grid(const fs::path& folder, const SweepFlags& flags) {
  if (flags.output.empty()) throw InputError("sweep --merge needs --output FILE (the merged result)");
  const Json index = read_index(folder);
  NamedFiles files;
  files.reads(folder / "index.json");
  std::vector<MemberRun> members;
  std::map<std::string, fs::path> config_of;
  for (const Json& member : index["members"]) {
    MemberRun one;
    one.name = member["name"];
    config_of[one.name] = folder / member["config"].get<std::string>();
    one.file = folder / member["result"].get<std::string>();
    one.attributes = {{"config", member["config"].get<std::string>()}};
    for (const std::string setting : member["settings"])
      one.attributes.push_back({setting.substr(0, setting.find('=')), setting.substr(setting.find('=') + 1)});
    files.reads(config_of[one.name]);
    files.reads_result(one.file);
    members.push_back(std::move(one));
  }
  files.writes("--output", flags.output);
  files.check();
  const BuildIdentity build = build_identity();
  MergeOptions options;
  options.how = flags.link ? MergeOptions::How::link : MergeOptions::How::copy;
  options.parallelism = {flags.threads.value_or(0)};
  options.interrupted = stop_requested;
  MemberCheck check;
  options.objection = [&](const MemberRun& member, const RunReader& result) {
    return check.objection(member.name, config_of.at(member.name), result);
  };
  merge_runs(members, flags.output, {{"spillway_version", build.version}, {"git_commit", build.git_commit}},
             options);
  if (check.instruction_sets().size() > 1)
    say("{} the members ran on different instruction sets ({}): they differ in the last digits, not "
        "in what they say\n",
        style().warning, fmt::join(check.instruction_sets(), ", "));
  print("{} members {}: {}\n", members.size(), flags.link ? "linked" : "merged", flags.output);
}

void sweep_command(const SweepFlags& flags) {
  if (flags.link && !flags.merge)
    throw InputError("--link goes with --merge (it says how results are merged)");
  std::error_code none;
  const bool folder = fs::is_directory(flags.place, none);
  if (flags.merge || !folder) require_one_rank("sweep");  // members themselves may have many
  if (flags.merge) return merge_grid(flags.place, flags);
  if (flags.member > 0) {
    const Json index = read_index(flags.place);
    const auto count = static_cast<long>(index["members"].size());
    if (flags.member > count)
      throw InputError(fmt::format("--member is {} (the sweep '{}' has members 1 to {})", flags.member,
                                   flags.place, count));
    return run_member(flags.place, index["members"][static_cast<std::size_t>(flags.member - 1)], flags);
  }
  if (folder)
    read_index(flags.place);  // a folder that holds no sweep is refused, whatever is asked of it
  else
    write_grid(flags);
  if (flags.dry_run) return;
  const fs::path place = folder ? flags.place : flags.output;
  if (flags.run)
    run_grid(place, flags);
  else
    print_commands(place);
}

}  // namespace

void add_sweep(CLI::App& app) {
  auto flags = std::make_shared<SweepFlags>();
  CLI::App* command = app.add_subcommand(
      "sweep", "A grid of configurations: written, run here or as a job array, merged into one file");
  command
      ->add_option("CONFIG", flags->place, "TOML configuration to write a grid from, or the folder of a grid")
      ->required();
  command->add_option(
      "--set", flags->set,
      "section.key=[value, value] makes an axis of the grid, section.key=value sets it (repeatable)");
  command->add_option("--data", flags->data, "Data pack of every member, in place of the configuration's");
  command->add_option("--output", flags->output, "Folder of the grid; with --merge the merged file");
  add_threads_flag(*command, flags->threads);
  command->add_flag("--run", flags->run, "Run every member that has no whole result, one after another");
  command->add_option("--member", flags->member, "Run this member of the folder alone, from 1; resumes")
      ->check(CLI::PositiveNumber);
  command->add_flag(
      "--merge", flags->merge,
      "Verify every result of the folder, each against its configuration, and copy all into one file");
  command->add_flag("--link", flags->link,
                    "With --merge: refer to the results where they lie, in place of copies");
  command->add_flag("--dry-run", flags->dry_run, "Check and list the members; write nothing");
  command->add_flag("--quiet", flags->quiet, "No progress on standard error");
  command->footer(
      "Examples:\n"
      "  spillway sweep configs/default.toml --set 'run.seed=[1, 2, 3]' --set 'outcomes.horizon=[5, 10]' "
      "--output grid\n"
      "  spillway sweep --run grid\n"
      "  spillway sweep --merge grid --output grid/all.h5");
  command->callback([flags] { sweep_command(*flags); });
}

}  // namespace spillway::cli
