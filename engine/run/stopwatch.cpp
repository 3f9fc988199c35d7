#include "engine/run/stopwatch.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <ctime>

#include "engine/base/linux.hpp"

namespace spillway {

double core_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

void Stopwatch::time(const std::string& stage, const std::function<void()>& body) {
  std::size_t place;
  {
    const std::lock_guard lock(guard_);
    place = times_.size();
    times_.push_back({stage});
    if (progress_) progress_(stage, "");
  }
  const auto begin = std::chrono::steady_clock::now();
  const double core = core_seconds();
  body();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  const std::lock_guard lock(guard_);
  times_[place] = {stage, wall.count(), core_seconds() - core, peak_memory_mb()};
  if (progress_) progress_(stage, fmt::format("{:.2f} s", wall.count()));
}

std::vector<StageTime> Stopwatch::times() const {
  const std::lock_guard lock(guard_);
  return times_;
}

std::vector<StageCost> Stopwatch::costs() const {
  std::vector<StageCost> costs;
  for (const StageTime& stage : times())
    costs.push_back({stage.stage, stage.seconds, stage.peak_memory_mb * 1048576.0, stage.core_seconds});
  return costs;
}

}  // namespace spillway
