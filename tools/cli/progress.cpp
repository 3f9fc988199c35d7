// Progress to standard error: a line that rewrites itself on a terminal, plain lines in a pipe or a log.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "engine/run/graph.hpp"
#include "tools/cli/command.hpp"

namespace spillway::cli {

namespace {

constexpr double seconds_between_lines = 10.0;  ///< of a count in a pipe or a log

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string count_words(const ProgressStatus& status) {
  return status.total > 0.0
             ? fmt::format("{} of {} {}", amount_words(status.done), amount_words(status.total), status.unit)
             : "";
}

std::string rate_words(const ProgressStatus& status) {
  return std::isfinite(status.rate)
             ? fmt::format("{} {} a second", amount_words(status.rate), status.rate_unit)
             : "";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : "  ") + part;
  return text;
}

}  // namespace

std::string progress_line(const ProgressStatus& status, std::size_t columns) {
  const std::string place =
      status.planned > 0
          ? fmt::format("[{}/{}]", std::min(status.finished + 1, status.planned), status.planned)
          : "";
  const std::string left = std::isfinite(status.remaining)
                               ? "about " + duration_words(status.remaining) + " left"
                               : duration_words(status.elapsed);
  const std::string stage = status.stage.empty() ? "..." : status.stage;
  // What does not fit goes: first the rate, then the count, then the end of the stages' names.
  for (const auto& parts :
       {std::vector<std::string>{place, stage, count_words(status), rate_words(status), left},
        {place, stage, count_words(status), left},
        {place, stage, left}})
    if (const std::string line = "  " + joined(parts); line.size() < columns) return line;
  const std::string tail = "  " + left;
  return ("  " + joined({place, stage}))
             .substr(0, columns > tail.size() + 2 ? columns - tail.size() - 1 : 1) +
         tail;
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO)) {
  if (quiet_ || !terminal_) return;
  try {
    ticker_ = std::thread([this] {
      std::unique_lock lock(guard_);
      while (!wake_.wait_for(lock, std::chrono::milliseconds(200), [this] { return stop_; })) paint();
    });
  } catch (const std::system_error&) {
    // no thread to be had: the line moves with the events alone
  }
}

Progress::~Progress() {
  if (ticker_.joinable()) {
    {
      const std::lock_guard lock(guard_);
      stop_ = true;
    }
    wake_.notify_all();
    ticker_.join();
  }
  if (line_open_) say_words("\r\033[K");
}

double Progress::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

void Progress::listen(RunHooks& hooks) {
  hooks.progress = [this](const std::string& name, const std::string& detail) { stage(name, detail); };
  hooks.planned = [this](const std::vector<PlannedStage>& stages) { plan(stages); };
  hooks.advance = [this](const Advance& step) { advance(step); };
}

/// With the guard held.
void Progress::paint() {
  if (quiet_ || !terminal_) return;
  const ProgressStatus status = meter_.status(now());
  if (status.stage.empty() && !line_open_) return;
  say("\r\033[K{}", progress_line(status, terminal_columns()));
  line_open_ = true;
}

void Progress::plan(const std::vector<PlannedStage>& stages) {
  const std::lock_guard lock(guard_);
  meter_.plan(stages, now());
  for (const PlannedStage& stage : stages)
    if (stage.unit == "bytes" && !quiet_)
      say("{}result: about {}\n", line_open_ ? "\r\033[K" : "", bytes_in_words(stage.amount));
}

void Progress::stage(const std::string& stage, const std::string& detail) {
  const std::lock_guard lock(guard_);
  if (detail.empty())
    meter_.begin(stage, now());
  else
    meter_.end(stage, now());
  if (quiet_) return;
  if (terminal_) return paint();
  if (detail.empty()) return;
  const ProgressStatus status = meter_.status(now());
  const bool more = std::isfinite(status.remaining) && status.remaining > 0.0;
  say("{}: {}{}\n", stage, detail,
      more ? fmt::format("; about {} left", duration_words(status.remaining)) : "");
}

void Progress::advance(const Advance& step) {
  const std::lock_guard lock(guard_);
  meter_.advance(step, now());
  if (quiet_) return;
  if (terminal_) return paint();
  if (now() - said_ < seconds_between_lines && step.done < step.total) return;
  said_ = now();
  const ProgressStatus status = meter_.status(now());
  say("{}\n",
      joined({step.stage + ":", count_words(status), rate_words(status),
              std::isfinite(status.remaining) ? "about " + duration_words(status.remaining) + " left" : ""}));
}

}  // namespace spillway::cli
