// spillway sweep: a grid of configurations, run one by one or as a job array, and merged into one file.
#include <fmt/format.h>

#include "engine/base/text.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/run/graph.hpp"
#include "engine/store/checkpoint_folder.hpp"
#include "engine/store/run_store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/studies/sweep.hpp"

namespace spillway::cli {

namespace {

namespace fs = std::filesystem;

struct SweepFlags {
  std::string place, output, data;
  std::vector<std::string> set;
  std::optional<int> threads;
  long member = 0;
  bool run = false, merge = false, link = false, dry_run = false, quiet = false;
};

void write_grid(const SweepFlags& flags) {
  if (flags.output.empty())
    throw InputError(
        fmt::format("'{0}' is a configuration, and its grid needs a folder: spillway sweep {0} --set "
                    "'section.key=[value, value]' --output DIR{1}",
                    flags.place, flags.run ? " --run" : ""));
  std::vector<std::string> assignments = flags.set;
  if (!flags.data.empty()) assignments.push_back("data.pack=" + toml_text(fs::absolute(flags.data).string()));
  const SweepPlan plan = plan_sweep(flags.place, assignments, flags.output);
  for (const SweepMember& member : plan.index.members)
    if (same_file(flags.place, fs::path(flags.output) / member.config))
      throw InputError(
          fmt::format("'{}' is also an input, which member {} of the grid would replace; choose "
                      "another --output",
                      flags.place, member.name));
  const std::string sizes = fmt::format(
      "{} results: about {} in all{}\n", plan.texts.size(), bytes_in_words(plan.result_bytes),
      plan.result_bytes > 10e9 ? " (--set store.keep=summary keeps groups' quantiles alone)" : "");
  if (flags.dry_run) {
    for (const SweepMember& member : plan.index.members)
      print("{}: {}\n", member.name, member.settings_text());
    print("{}", sizes);
    return;
  }
  write_sweep(plan, flags.output);
  print("{} configurations in {}\n{}", plan.texts.size(), flags.output, sizes);
}

void run_member(const fs::path& folder, const SweepMember& member, const SweepFlags& flags) {
  CommonFlags run;
  run.config = (folder / member.config).string();
  run.output = (folder / member.result).string();
  run.threads = flags.threads;
  run.quiet = flags.quiet;
  run.resume = true;
  run_command(run);
}

void run_grid(const fs::path& folder, const SweepFlags& flags) {
  std::vector<std::string> failed;
  const SweepIndex index = read_sweep(folder);
  std::error_code none;
  if (fs::is_directory(flags.place, none))
    check_unfinished(folder, index);  // else they have just been checked
  for (const SweepMember& member : index.members) {
    if (finished(folder,
                 member)) {  // one that was killed after its result and before its end has left its units
      discard_checkpoint(Checkpoint::folder_of(folder / member.result));
      continue;
    }
    print("member {}: {}\n", member.name, member.settings_text());
    try {
      run_member(folder, member, flags);
    } catch (const InputError& error) {
      failed.push_back(fmt::format("member {}: {}", member.name, error.what()));
    } catch (const NumericalError& error) {
      failed.push_back(fmt::format("member {}: {}", member.name, error.what()));
    }
  }
  if (!failed.empty())
    throw NumericalError(
        fmt::format("{} members failed, the others are done\n{}", failed.size(), fmt::join(failed, "\n")));
}

void print_commands(const fs::path& folder) {
  print(
      "here:            spillway sweep --run {0}\n"
      "one member:      spillway sweep --member 1 {0}\n"
      "as a job array:  sbatch --array=1-{1} tools/slurm/array.sbatch {0}\n"
      "then:            spillway sweep --merge {0} --output {2}\n",
      folder.string(), read_sweep(folder).members.size(), (folder / "all.h5").string());
}

void merge_grid(const fs::path& folder, const SweepFlags& flags) {
  if (flags.output.empty()) throw InputError("sweep --merge needs --output FILE (the merged result)");
  const SweepIndex index = read_sweep(folder);
  std::error_code none;
  std::vector<Fault> missing;
  for (const SweepMember& member : index.members)
    if (!std::filesystem::exists(folder / member.result, none))
      missing.push_back({(folder / member.result).string(), 0, "", "",
                         fmt::format("has no result yet; `spillway sweep --run {}` runs what is missing",
                                     folder.string())});
  if (missing.size() == index.members.size()) throw InputError(std::move(missing));
  NamedFiles files;
  files.reads(folder / "index.json");
  for (const SweepMember& member : index.members) {
    files.reads(folder / member.config);
    files.reads_result(folder / member.result);
  }
  files.writes("--output", flags.output);
  files.check();
  MergeOptions options;
  options.how = flags.link ? MergeOptions::How::link : MergeOptions::How::copy;
  options.parallelism = {flags.threads.value_or(0)};
  options.interrupted = stop_requested;
  const auto levels = merge_sweep(folder, index, flags.output, build_identity(), options);
  if (levels.size() > 1)
    say("{} the members ran on different instruction sets ({}): they differ in the last digits, not "
        "in what they say\n",
        style().warning, fmt::join(levels, ", "));
  print("{} members {}: {}\n", index.members.size(), flags.link ? "linked" : "merged", flags.output);
}

void sweep_command(const SweepFlags& flags) {
  if (flags.link && !flags.merge)
    throw InputError("--link goes with --merge (it says how results are merged)");
  std::error_code none;
  const bool folder = fs::is_directory(flags.place, none);
  if (flags.merge || !folder) require_one_rank("sweep");  // members themselves may have many
  if (flags.merge) return merge_grid(flags.place, flags);
  if (flags.member > 0) {
    const SweepIndex index = read_sweep(flags.place);
    const auto count = static_cast<long>(index.members.size());
    if (flags.member > count)
      throw InputError(fmt::format("--member is {} (the sweep '{}' has members 1 to {})", flags.member,
                                   flags.place, count));
    return run_member(flags.place, index.members[static_cast<std::size_t>(flags.member - 1)], flags);
  }
  if (folder)
    read_sweep(flags.place);  // a folder that holds no sweep is refused, whatever is asked of it
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
