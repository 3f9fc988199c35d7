// What the commands of the command line share: flags, progress, exit codes.
#pragma once
#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/progress.hpp"
#include "engine/config/run_config.hpp"
#include "engine/run/graph.hpp"
#include "tools/cli/run_log.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::cli {

using namespace studies;

/// Exit codes of the contract.
enum ExitCode { done = 0, input_at_fault = 2, numbers_failed = 3, world_failed = 4, interrupted = 130 };

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
  LogFlags log;
  bool no_replace = false;
  std::string checkpoint = "auto";
  int compress = 0;
};

/// Add CONFIG and the flags of a command that reads a configuration.
void add_config_flags(CLI::App& command, CommonFlags& flags);

/// Add the flags of a command that writes a result: where to, whether over a former one, compressed or not.
void add_result_flags(CLI::App& command, CommonFlags& flags, const std::string& output_help);
/// What those flags say. @throws InputError  a level of compression that there is none
StoreOptions store_options(const CommonFlags& flags, const RunConfig& config);
/// Add the flag that says whether units are kept.
void add_checkpoint_flag(CLI::App& command, CommonFlags& flags);
/// Where a long job keeps its units beside `result`. @throws InputError  --resume, and nothing is to be kept
CheckpointPlan checkpoint_plan(const CommonFlags& flags, const std::filesystem::path& result);
/// --output, or results/<name>.h5 with its folder made. @throws StoreError  it cannot be
std::filesystem::path result_path(const CommonFlags& flags, const RunConfig& config);

/// The configuration that the flags ask for. @throws InputError  every fault of it
RunConfig configuration(const CommonFlags& flags);

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

/// True once SIGINT, SIGTERM or SIGUSR1 has asked the work to stop.
bool stop_requested();
void watch_signals();

/// Colour codes where standard output is a terminal and NO_COLOR is unset; else empty.
std::string bold(const std::string& text);
std::string warning_mark();

/// Write text to a file, whole or not at all. @throws StoreError
void write_text(const std::filesystem::path& file, const std::string& text);

/// What `spillway run` does. @throws as run_all
void run_command(const CommonFlags& flags);

// One function a command: adds its flags, help and action.
void add_run(CLI::App& app);
void add_estimate(CLI::App& app);
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
void add_frontier(CLI::App& app);

}  // namespace spillway::cli
