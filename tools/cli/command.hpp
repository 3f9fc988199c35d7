// What the commands of the command line share: flags, progress, exit codes.
#pragma once
#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/progress.hpp"
#include "engine/config/run_config.hpp"
#include "engine/run/graph.hpp"
#include "tools/cli/say.hpp"
#include "tools/studies/session.hpp"
#include "tools/studies/style.hpp"

namespace spillway::cli {

using namespace studies;

/// Exit codes of the contract; 1 is of `diff` alone.
enum ExitCode {
  done = 0,
  different = 1,
  input_at_fault = 2,
  numbers_failed = 3,
  world_failed = 4,
  interrupted = 130
};

/// Two results are not equal: no failure, but an exit code of its own.
struct Different {};

/// Flags that several commands know.
struct CommonFlags {
  std::string config;
  std::string data, output, json;
  std::optional<int> threads, replicates, draws;
  std::optional<std::uint64_t> seed;
  std::optional<double> memory;
  bool reproducible = false;
  std::vector<std::string> set;
  bool dry_run = false, resume = false, quiet = false, unsealed = false;
  std::string log, status;
  std::string reuse;  ///< of `run` alone: an earlier result to take from
  bool no_replace = false;
  std::string checkpoint = "auto";
  int compress = 0;
};

/// Add CONFIG and the flags that settle it and where JSON goes.
void add_settings_flags(CLI::App& command, CommonFlags& flags);
/// Add those, and the flags of a command that does a job by a configuration.
void add_config_flags(CLI::App& command, CommonFlags& flags);

/// Add the flags of a job that somebody watches: progress, log and status file, going on.
void add_job_flags(CLI::App& command, CommonFlags& flags);
/// Add the flags of a command that writes a result: where to, whether over a former one, compressed or not.
void add_result_flags(CLI::App& command, CommonFlags& flags, const std::string& output_help);
/// What those flags say. @throws InputError  a level of compression that there is none
StoreOptions store_options(const CommonFlags& flags, const RunConfig& config);
/// Add the flag that says whether units are kept.
void add_checkpoint_flag(CLI::App& command, CommonFlags& flags);
std::filesystem::path default_result(const RunConfig& config);  ///< results/<name>.h5
/// --output, or the default with its folder made. @throws StoreError  it cannot be
std::filesystem::path result_path(const CommonFlags& flags, const RunConfig& config);

/// Files that a command writes beside those of its common flags, each with what names it: {"--csv", file}.
using NamedOutputs = std::vector<std::pair<std::string, std::string>>;

/// The configuration that the flags ask for.
/// @throws InputError  every fault of it; an output that is an input or another output
RunConfig configuration(const CommonFlags& flags, const NamedOutputs& outputs = {});
/// The files of the flags and `outputs` against each other and what the configuration reads.
/// @throws InputError  an output is an input or another output
void check_files(const CommonFlags& flags, const RunConfig& config, const NamedOutputs& outputs);

/// What a flag's value must be, in our words.
CLI::Validator whole_number(std::int64_t low, std::int64_t high);
CLI::Validator finite_number(double low, double high);
/// --threads. @throws (as CLI11 does)  below 0 or above 4096
template <typename Threads>
CLI::Option* add_threads_flag(CLI::App& command, Threads& threads) {
  return command
      .add_option("--threads", threads, "Worker threads; 0: every core. Changes speed, never results")
      ->check(whole_number(0, 4096));
}

/// The identity of this build, for the provenance.
BuildIdentity build_identity();

/// Progress to standard error: on a terminal one line that rewrites itself, with stage, rate and time left;
/// plain lines otherwise; nothing if quiet. Every function may be called from any thread.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Hear a job's events: sets `hooks.progress`, `hooks.planned` and `hooks.advance`. Must outlive the job.
  void listen(RunHooks& hooks);
  /// A stage begins (no detail) or has ended.
  void stage(const std::string& stage, const std::string& detail);
  void plan(const std::vector<PlannedStage>& stages);
  void advance(const Advance& step);

 private:
  void paint();
  double now() const;

  bool quiet_, terminal_, line_open_ = false, stop_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double said_ = 0.0;  ///< when the last plain line of a count was written
  ProgressMeter meter_;
  std::mutex guard_;
  std::condition_variable wake_;
  std::thread ticker_;  ///< keeps the terminal's line alive between events
};

/// The terminal's line: stages at work, count, share, rate, time left; at most `columns` wide.
std::string progress_line(const ProgressStatus& status, std::size_t columns);

/// True once SIGINT, SIGTERM, SIGHUP, SIGXCPU or SIGUSR1 has asked the work to stop.
bool stop_requested();
/// Hear those signals; a pipe that nobody reads and a file that may not grow are errors of their writes.
void watch_signals();

/// Colour codes where standard output is a terminal and NO_COLOR is unset; else plain.
Style style();

/// Write text to a file, whole or not at all, or to standard output ("-"). @throws as write_file
void write_text(const std::filesystem::path& file, const std::string& text);

/// What tells one study's command from another's.
struct StudyCommand {
  std::string name;
  enum class Ranks { one, many } ranks = Ranks::one;
  /// The result: results/<name>.h5 where no --output is given; only where it is given; there is none.
  enum class Output { by_default, on_request, none } output = Output::on_request;
  enum class Levers { used, unused } levers = Levers::used;
  /// What --dry-run prints; may refuse what the configuration cannot have. Empty: the plan of the run.
  std::function<std::string(const RunConfig&, const RunHooks&)> plan;
  NamedOutputs outputs = {};  ///< what it writes beside the files of the common flags
};

/// Run a study under the flags, the one place that honours them: configuration, ranks, threads, dry run, log,
/// status, progress, checkpoint and resume.
/// @param body  the study; what it shows and writes besides its result. Not called with --dry-run
void in_session(const CommonFlags& flags, const StudyCommand& command,
                const std::function<void(Session&)>& body);
/// The same of a configuration that is at hand.
void in_session(const CommonFlags& flags, const StudyCommand& command, RunConfig config,
                const std::function<void(Session&)>& body);

/// Show a study's text, and write its JSON where --json asks for it ('-': in the text's place).
void show(const CommonFlags& flags, const std::string& text,
          const std::function<nlohmann::ordered_json()>& json, int indent = 2);

/// What `spillway run` does. @throws as run_all
void run_command(const CommonFlags& flags);

// One function a command: adds its flags, help and action.
void add_run(CLI::App& app);
void add_estimate(CLI::App& app);
void add_check(CLI::App& app);
void add_coverage(CLI::App& app);
void add_sweep(CLI::App& app);
void add_pack(CLI::App& app);
void add_convert(CLI::App& app);
void add_synth(CLI::App& app);
void add_inspect(CLI::App& app);
void add_init(CLI::App& app);
void add_table(CLI::App& app);
void add_appraise(CLI::App& app);
void add_report(CLI::App& app);
void add_sensitivity(CLI::App& app);
void add_speccurve(CLI::App& app);
void add_contrast(CLI::App& app);
void add_certain(CLI::App& app);
void add_frontier(CLI::App& app);
void add_replicate(CLI::App& app);
void add_diff(CLI::App& app);
void add_backcast(CLI::App& app);

}  // namespace spillway::cli
