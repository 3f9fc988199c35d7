#include "tools/studies/run_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "engine/base/error.hpp"
#include "engine/base/linux.hpp"
#include "engine/base/progress.hpp"
#include "engine/run/stopwatch.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

constexpr double seconds_between_advances = 5.0, seconds_between_statuses = 1.0;

std::string utc_milliseconds() {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     milliseconds);
}

double rounded_peak_mb() { return std::round(10.0 * peak_memory_mb()) / 10.0; }

double milli(double value) { return std::round(value * 1000.0) / 1000.0; }
Json rounded_number(double value) { return std::isfinite(value) ? Json(milli(value)) : Json(nullptr); }

/// Events may come from any thread.
class RunLog {
 public:
  RunLog(const LogFiles& files, const std::string& study, const RunConfig& config, const Ranks& ranks,
         const BuildIdentity& build)
      : files_(files), ranks_(ranks) {
    if (!files.log.empty()) {
      file_.reset(std::fopen(files.log.c_str(), "ae"));
      if (!file_)
        throw StoreError(fmt::format("could not open '{}': {}", files.log.string(), std::strerror(errno)));
    }
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    about_ = {{"command", study},    {"name", config.name},   {"host", host},
              {"process", getpid()}, {"ranks", ranks.size()}, {"threads", worker_count({config.threads})}};
    if (const char* job = std::getenv("SLURM_JOB_ID")) about_["slurm_job"] = job;
    if (const char* restarts = std::getenv("SLURM_RESTART_COUNT"))
      about_["slurm_restart"] = std::atoi(restarts);
    Json start = about_;
    start["version"] = build.version;
    start["git_commit"] = build.git_commit;
    start["seed"] = config.seed;
    write("start", std::move(start));
    if (!files_.status.empty())
      files_.write_text(files_.status, json_text(status("running"), 1));  // says at once where it cannot
  }

  void plan(const std::vector<PlannedStage>& stages) {
    const std::lock_guard lock(guard_);
    meter_.plan(stages, now());
    Json names = Json::array();
    for (const PlannedStage& stage : stages) names.push_back(stage.stage);
    write("plan", {{"stages", names}});
  }

  void begin(const std::string& stage) {
    const std::lock_guard lock(guard_);
    meter_.begin(stage, now());
    begun_[stage] = {now(), core_seconds(), ranks_.counts()};
    write("begin", {{"stage", stage}});
    update_status("running");
  }

  void end(const std::string& stage) {
    const std::lock_guard lock(guard_);
    meter_.end(stage, now());
    const Begun& from = begun_[stage];
    Json end = {{"stage", stage},
                {"seconds", milli(now() - from.at)},
                {"core_seconds", milli(core_seconds() - from.core_seconds)},
                {"peak_memory_mb", rounded_peak_mb()}};
    if (ranks_.size() > 1) end["communication"] = json_of(ranks_.counts() - from.counts);
    write("end", std::move(end));
    update_status("running");
  }

  void advance(const Advance& step) {
    const std::lock_guard lock(guard_);
    meter_.advance(step, now());
    if (now() - advanced_ >= seconds_between_advances || step.done >= step.total) {
      advanced_ = now();
      const ProgressStatus where = meter_.status(now());
      write("advance", {{"stage", step.stage},
                        {"done", step.done},
                        {"total", step.total},
                        {"unit", step.unit},
                        {"rate", rounded_number(where.rate)},
                        {"remaining_seconds", rounded_number(where.remaining)}});
    }
    update_status("running");
  }

  void close(Ended ended, int exit_code, const std::string& message) {
    const std::lock_guard lock(guard_);
    const char* state = ended == Ended::done          ? "done"
                        : ended == Ended::interrupted ? "interrupted"
                                                      : "failed";
    Json end = {{"exit", exit_code}};
    if (!message.empty()) end["message"] = message;
    end["core_seconds"] = milli(core_seconds());
    if (ranks_.size() > 1) end["communication"] = json_of(ranks_.counts());
    end["peak_memory_mb"] = rounded_peak_mb();
    write(state, end);
    if (files_.status.empty()) return;
    Json last = status(state);
    last["exit"] = exit_code;
    if (!message.empty()) last["message"] = message;
    files_.write_text(files_.status, json_text(last, 1));
  }

 private:
  double now() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

  /// Of this rank.
  static Json json_of(const Ranks::Counts& counts) {
    return {{"calls", counts.calls},
            {"messages", counts.messages},
            {"bytes_sent", counts.bytes_sent},
            {"bytes_received", counts.bytes_received}};
  }

  void write(const char* event, Json more) {
    if (!file_) return;
    Json line = {{"time", utc_milliseconds()}, {"elapsed", milli(now())}, {"event", event}};
    line.update(more);
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    std::fwrite(text.data(), 1, text.size(), file_.get());
    std::fflush(file_.get());  // a full disk must not end the run: its result says so itself
  }

  Json status(const char* state) const {
    const ProgressStatus where = meter_.status(now());
    Json status = {{"state", state}, {"time", utc_milliseconds()}};
    status.update(about_);
    status.update({{"stage", where.stage},
                   {"stages_finished", where.finished},
                   {"stages_planned", where.planned},
                   {"done", where.done},
                   {"total", where.total},
                   {"unit", where.unit},
                   {"rate", rounded_number(where.rate)},
                   {"elapsed_seconds", milli(where.elapsed)},
                   {"remaining_seconds", rounded_number(where.remaining)},
                   {"peak_memory_mb", rounded_peak_mb()}});
    return status;
  }

  void update_status(const char* state) {
    if (files_.status.empty() || now() - updated_ < seconds_between_statuses) return;
    updated_ = now();
    try {
      files_.write_text(files_.status, json_text(status(state), 1));
    } catch (const StoreError&) {
      // Whoever watches sees that its time stands still; the run goes on.
    }
  }

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  LogFiles files_;
  const Ranks& ranks_;
  std::unique_ptr<std::FILE, Close> file_;
  Json about_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double advanced_ = -seconds_between_advances, updated_ = 0.0;
  struct Begun {  ///< when a stage began, and what had been spent and said by then
    double at = 0.0, core_seconds = 0.0;
    Ranks::Counts counts;
  };
  std::map<std::string, Begun> begun_;
  ProgressMeter meter_;
  std::mutex guard_;
};

std::unique_ptr<RunLog>& current() {
  static std::unique_ptr<RunLog> log;
  return log;
}

}  // namespace

void open_log(const LogFiles& files, const std::string& study, const RunConfig& config, const Ranks& ranks,
              const BuildIdentity& build) {
  if (!ranks.writes() || (files.log.empty() && files.status.empty())) return;
  current() = std::make_unique<RunLog>(files, study, config, ranks, build);
}

void log_events(RunHooks& hooks) {
  RunLog* log = current().get();
  if (!log) return;
  hooks.progress = [log, before = hooks.progress](const std::string& stage, const std::string& detail) {
    detail.empty() ? log->begin(stage) : log->end(stage);
    if (before) before(stage, detail);
  };
  hooks.planned = [log, before = hooks.planned](const std::vector<PlannedStage>& stages) {
    log->plan(stages);
    if (before) before(stages);
  };
  hooks.advance = [log, before = hooks.advance](const Advance& step) {
    log->advance(step);
    if (before) before(step);
  };
}

void close_log(Ended ended, int exit_code, const std::string& message) {
  const std::unique_ptr<RunLog> log = std::move(current());
  if (log) log->close(ended, exit_code, message);
}

}  // namespace spillway::studies
