#include "tools/cli/command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "engine/base/files.hpp"
#include "engine/base/reproducible.hpp"
#include "engine/base/text.hpp"
#include "engine/config/sweep_config.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/cli/rank_team.hpp"
#include "tools/studies/backcast.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/policy.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {
std::atomic<bool> stop_{false};

void on_signal(int) { stop_ = true; }
}  // namespace

void add_settings_flags(CLI::App& command, CommonFlags& flags) {
  command.add_option("CONFIG", flags.config, "TOML configuration; `spillway init` writes one to start from")
      ->required();
  add_unsealed(command, flags.unsealed);
  command.add_option("--data", flags.data,
                     "Data pack (a folder with a pack.toml) in place of the configuration's");
  add_threads_flag(command, flags.threads);
  command.add_option("--seed", flags.seed, "Seed of replicates and draws, in place of the configuration's")
      ->check(whole_number(0, std::numeric_limits<std::int64_t>::max()));
  command.add_option("--memory", flags.memory, "Budget in GB that the plan keeps to; 0: no limit");
  command.add_flag("--reproducible", flags.reproducible,
                   "The same bits whatever the processor and its C library, slower");
  command.add_option("--replicates", flags.replicates,
                     "Bootstrap replicates; also draws, unless --draws is given");
  command.add_option("--draws", flags.draws, "Draws of each scenario; at most the replicates");
  command.add_option("--set", flags.set,
                     "section.key=value in place of the configuration's, e.g. "
                     "--set scenario.ring_fence_10.parameters.share=0.2 (repeatable)");
  command.add_option("--json", flags.json,
                     "Also write the results to FILE as JSON; '-' writes to standard output");
}

void add_config_flags(CLI::App& command, CommonFlags& flags) {
  add_settings_flags(command, flags);
  command.add_flag("--dry-run", flags.dry_run,
                   "Refuse what a run would refuse, and show the plan, sizes, memory and expected time; "
                   "estimate nothing");
  add_job_flags(command, flags);
}

void add_job_flags(CLI::App& command, CommonFlags& flags) {
  command.add_flag(
      "--resume", flags.resume,
      "Go on from what an interrupted call has kept beside the result; afresh where nothing is kept");
  command.add_flag("--quiet", flags.quiet, "No progress on standard error; `run` prints nothing either");
  command.add_option("--log", flags.log,
                     "Append the job's events to FILE, one JSON object a line: stages with seconds and "
                     "memory, counts, how it ended");
  command.add_option(
      "--status", flags.status,
      "Keep FILE up to date with one JSON object: state, stage, count, rate, seconds left; for batch jobs");
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

std::filesystem::path result_path(const CommonFlags& flags, const RunConfig& config) {
  if (!flags.output.empty()) {
    check_target(flags.output, Target::renamed);
    return flags.output;
  }
  const std::filesystem::path result = default_result(config);
  std::error_code error;
  std::filesystem::create_directories("results", error);
  if (error) throw StoreError(fmt::format("cannot make folder 'results': {}", error.message()));
  return result;
}

std::filesystem::path default_result(const RunConfig& config) {
  return std::filesystem::path("results") / (config.name + ".h5");
}

void check_files(const CommonFlags& flags, const RunConfig& config, const NamedOutputs& outputs) {
  NamedFiles files;
  files.reads_result(flags.config);
  files.reads_result(flags.reuse);
  files.reads_pack(config.pack);
  if (!config.weights_path.empty()) files.reads(std::filesystem::path(config.pack) / config.weights_path);
  for (const ScenarioConfig& scenario : config.scenarios)
    for (const auto& [estimate, run] : scenario.estimate_runs) files.reads_result(run);
  if (config.places.contains("backcast"))
    if (const std::string programme = backcast_options(config).programme; !programme.empty())
      files.reads(programme);
  files.writes("--output", flags.output);
  files.writes("--json", flags.json);
  files.writes("--log", flags.log);
  files.writes("--status", flags.status);
  for (const auto& [flag, file] : outputs) files.writes(flag, file);
  files.check();
}

RunConfig configuration(const CommonFlags& flags, const NamedOutputs& outputs) {
  std::vector<std::string> overrides;
  if (!flags.data.empty()) overrides.push_back("data.pack=" + toml_text(flags.data));
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
  if (flags.threads) config.threads = *flags.threads;
  check_files(flags, config, outputs);
  if (config.reproducible) make_reproducible();
  return config;
}

bool stop_requested() { return stop_; }

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGXCPU}) sigaction(signal, &action, nullptr);
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);  // ignored under nohup, and stays so
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
}

CLI::Validator whole_number(std::int64_t low, std::int64_t high) {
  return {
      [low, high](std::string& text) {
        std::int64_t value = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        if (end.ec == std::errc() && end.ptr == text.data() + text.size() && value >= low && value <= high)
          return std::string();
        return fmt::format("is '{}'; expected a whole number from {} to {}", shown_text(text), low, high);
      },
      ""};
}

CLI::Validator finite_number(double low, double high) {
  return {
      [low, high](std::string& text) {
        double value = 0.0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        if (end.ec == std::errc() && end.ptr == text.data() + text.size() && value >= low && value <= high)
          return std::string();
        return fmt::format("is '{}'; expected a number from {:g} to {:g}", shown_text(text), low, high);
      },
      ""};
}

Style style() {
  if (!isatty(STDOUT_FILENO) || std::getenv("NO_COLOR")) return {};
  return {"\033[1m", "\033[0m", "\033[33mwarning:\033[0m"};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  file == "-" ? write_output(text) : write_file(file, text);
}

void show(const CommonFlags& flags, const std::string& text,
          const std::function<nlohmann::ordered_json()>& json, int indent) {
  if (!flags.json.empty()) write_text(flags.json, json_text(json(), indent));
  if (flags.json != "-") print("{}", text);
}

namespace {

/// Where a study keeps the units that it has finished.
std::filesystem::path units_beside(const CommonFlags& flags, const RunConfig& config,
                                   const std::filesystem::path& result) {
  if (!result.empty()) return result;
  return flags.json.empty() || flags.json == "-" ? config.name + ".estimates" : flags.json;
}

CheckpointPlan::Keep keep_units(const CommonFlags& flags, const StudyCommand& command) {
  if (command.output == StudyCommand::Output::on_request) return CheckpointPlan::Keep::always;
  if (flags.checkpoint == "never" && flags.resume)
    throw InputError(
        "--resume with --checkpoint never (a run resumes from the units that it keeps; leave one of them "
        "out)");
  return flags.checkpoint == "auto"    ? CheckpointPlan::Keep::when_long
         : flags.checkpoint == "never" ? CheckpointPlan::Keep::never
                                       : CheckpointPlan::Keep::always;
}

}  // namespace

void in_session(const CommonFlags& flags, const StudyCommand& command,
                const std::function<void(Session&)>& body) {
  command.ranks == StudyCommand::Ranks::many ? void(join_ranks()) : require_one_rank(command.name);
  RunConfig config = configuration(flags, command.outputs);
  if (command.output == StudyCommand::Output::by_default && flags.output.empty())
    check_files(flags, config, {{"the default --output", default_result(config).string()}});
  in_session(flags, command, std::move(config), body);
}

void in_session(const CommonFlags& flags, const StudyCommand& command, RunConfig config,
                const std::function<void(Session&)>& body) {
  for (const char* other :
       {".csv", ".xlsx", ".ods", ".gpkg", ".html", ".pdf", ".json", ".toml", ".txt", ".md", ".tex", ".zip"})
    if (flags.output.ends_with(other))
      throw InputError(
          fmt::format("--output '{}': a result is an HDF5 file (name it .h5; then `spillway export` makes "
                      "spreadsheets and maps of it, `report` a page, `table` text and CSV)",
                      flags.output));
  Ranks& ranks = join_ranks();
  if (config.reproducible) make_reproducible();
  share_cores(config, ranks);
  const bool on_request = command.output == StudyCommand::Output::on_request;
  if (flags.resume && on_request && flags.output.empty())
    throw InputError("--resume without --output (units are kept beside the result; name it with --output)");
  RunHooks hooks = command.levers == StudyCommand::Levers::used ? policy_hooks(config) : RunHooks{};
  if (flags.dry_run) {
    const std::string plan = command.plan ? command.plan(config, hooks) : describe_plan(config, hooks);
    if (ranks.writes()) print("{}", plan);
    return;
  }
  SessionOptions options;
  options.study = command.name;
  options.build = build_identity();
  options.store = store_options(flags, config);
  options.keep = keep_units(flags, command);
  if (command.output == StudyCommand::Output::by_default) options.output = result_path(flags, config);
  if (on_request) options.output = flags.output;
  if (!on_request || !flags.output.empty()) options.units = units_beside(flags, config, options.output);
  options.start = flags.resume ? Checkpoint::Start::resume : Checkpoint::Start::fresh;
  options.log = {flags.log, flags.status, write_text};
  options.ranks = &ranks;
  options.interrupted = stop_requested;
  Progress progress(flags.quiet || !ranks.writes());
  options.listen = [&](RunHooks& heard) { progress.listen(heard); };
  Session session(std::move(config), std::move(options), std::move(hooks));
  body(session);
}

}  // namespace spillway::cli
