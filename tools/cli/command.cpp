#include "tools/cli/command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "engine/base/instruction_set.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {
std::atomic<bool> stop_{false};

void on_signal(int) { stop_ = true; }

bool colours() { return isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"); }
}  // namespace

void add_config_flags(CLI::App& command, CommonFlags& flags) {
  command.add_option("CONFIG", flags.config, "TOML configuration; `spillway init` writes one to start from")
      ->required();
  add_unsealed(command, flags.unsealed);
  command.add_option("--data", flags.data,
                     "Data pack (a folder with a pack.toml) in place of the configuration's");
  command.add_option("--threads", flags.threads,
                     "Worker threads; 0: every core. Changes speed, never results");
  command.add_option("--seed", flags.seed, "Seed of replicates and draws, in place of the configuration's");
  command.add_option("--memory", flags.memory, "Budget in GB that the plan keeps to; 0: no limit");
  command.add_flag(
      "--reproducible", flags.reproducible,
      "One instruction set (x86-64-v2) whatever the processor: the same bits on every machine, slower");
  command.add_option("--replicates", flags.replicates,
                     "Bootstrap replicates; also draws, unless --draws is given");
  command.add_option("--draws", flags.draws, "Draws of each scenario; at most the replicates");
  command.add_option("--set", flags.set,
                     "section.key=value in place of the configuration's, e.g. "
                     "--set scenario.ring_fence_10.parameters.share=0.2 (repeatable)");
  command.add_flag("--dry-run", flags.dry_run,
                   "Show the plan, sizes, memory and expected time; compute nothing");
  command.add_flag(
      "--resume", flags.resume,
      "Go on from what an interrupted call has kept beside the result; afresh where nothing is kept");
  command.add_flag("--quiet", flags.quiet, "No progress on standard error");
  add_log_flags(command, flags.log);
  command.add_option("--json", flags.json,
                     "Also write the results to FILE as JSON; '-' writes to standard output");
}

void add_result_flags(CLI::App& command, CommonFlags& flags, const std::string& output_help) {
  command.add_option("--output", flags.output, output_help);
  command.add_flag("--no-replace", flags.no_replace,
                   "Refuse, exit 4, where the result exists; else a whole new one replaces it");
  command.add_option(
      "--compress", flags.compress,
      "Deflate large datasets in parallel, level 1 to 9 (1: a quarter smaller); default raw, the fastest");
}

StoreOptions store_options(const CommonFlags& flags, const RunConfig& config) {
  if (flags.compress < 0 || flags.compress > 9)
    throw InputError(fmt::format("--compress is {} (levels are 1 to 9; 0 is raw)", flags.compress));
  StoreOptions options;
  if (flags.no_replace) options.existing = Existing::refuse;
  if (flags.compress > 0) {
    options.packing = Packing::gzip;
    options.gzip_level = flags.compress;
    options.parallelism = {worker_count({config.threads})};
  }
  return options;
}

void add_checkpoint_flag(CLI::App& command, CommonFlags& flags) {
  command
      .add_option(
          "--checkpoint", flags.checkpoint,
          "Keep finished units beside the result: auto (long runs, and with --resume), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

CheckpointPlan checkpoint_plan(const CommonFlags& flags, const std::filesystem::path& result) {
  CheckpointPlan plan;
  if (flags.checkpoint == "never" && flags.resume)
    throw InputError(
        "--resume with --checkpoint never (a run resumes from the units that it keeps; leave one of them "
        "out)");
  if (flags.checkpoint != "auto")
    plan.keep = flags.checkpoint == "never" ? CheckpointPlan::Keep::never : CheckpointPlan::Keep::always;
  plan.result = result;
  const BuildIdentity build = build_identity();
  plan.version = fmt::format("{} ({})", build.version, build.git_commit);
  plan.start = flags.resume ? Checkpoint::Start::resume : Checkpoint::Start::fresh;
  return plan;
}

std::filesystem::path result_path(const CommonFlags& flags, const RunConfig& config) {
  if (!flags.output.empty()) return flags.output;
  std::error_code error;
  std::filesystem::create_directories("results", error);
  if (error) throw StoreError(fmt::format("cannot make folder 'results': {}", error.message()));
  return std::filesystem::path("results") / (config.name + ".h5");
}

RunConfig configuration(const CommonFlags& flags) {
  std::vector<std::string> overrides;
  if (!flags.data.empty()) overrides.push_back(fmt::format("data.pack=\"{}\"", flags.data));
  if (flags.seed) overrides.push_back(fmt::format("run.seed={}", *flags.seed));
  if (flags.memory) overrides.push_back(fmt::format("run.memory_gb={:.17g}", *flags.memory));
  if (flags.reproducible) overrides.push_back("run.reproducible=true");
  if (flags.replicates) {
    overrides.push_back(fmt::format("bootstrap.replicates={}", *flags.replicates));
    if (!flags.draws) overrides.push_back(fmt::format("bootstrap.draws={}", *flags.replicates));
  }
  if (flags.draws) overrides.push_back(fmt::format("bootstrap.draws={}", *flags.draws));
  overrides.insert(overrides.end(), flags.set.begin(), flags.set.end());
  // A result stands for its own configuration.
  RunConfig config = is_result_file(flags.config)
                         ? stored_config(RunReader(flags.config, seal_needed(flags.unsealed)), overrides)
                         : read_config(flags.config, overrides);
  if (flags.threads) {
    if (*flags.threads < 0)
      throw InputError(fmt::format("--threads is {} (needs 0 for every core, or more)", *flags.threads));
    config.threads = *flags.threads;
  }
  if (config.reproducible) limit_instruction_set(InstructionSet::v2);
  return config;
}

BuildIdentity build_identity() { return {SPILLWAY_VERSION, SPILLWAY_GIT_COMMIT}; }

bool stop_requested() { return stop_; }

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
}

std::string bold(const std::string& text) { return colours() ? "\033[1m" + text + "\033[0m" : text; }

std::string warning_mark() { return colours() ? "\033[33mwarning:\033[0m" : "warning:"; }

void write_text(const std::filesystem::path& file, const std::string& text) {
  if (file == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  const std::filesystem::path temporary = file.string() + fmt::format(".tmp-{}", getpid());
  std::ofstream out(temporary, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(temporary, file, error);
  if (!out || error) {
    std::filesystem::remove(temporary, error);
    throw StoreError(fmt::format(
        "cannot write '{}' (check that its folder exists, is writable and has space)", file.string()));
  }
}

}  // namespace spillway::cli
