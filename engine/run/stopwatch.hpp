// What each stage of a job took: for the progress, the summary and the provenance.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/store/run_record.hpp"

namespace spillway {

/// Wall seconds of a stage, its share of the process's CPU time, and the peak memory when it ended.
struct StageTime {
  std::string stage;
  double seconds = 0.0, core_seconds = 0.0;
  double peak_memory_mb = 0.0;
};

/// CPU time of the process so far.
double core_seconds();

/// Now, UTC, ISO 8601 to the second.
std::string utc_now();

/// Stage times in the order in which stages began. CPU time is the process's while the stage ran, so stages
/// that overlap share it. Stages may be timed from several threads.
class Stopwatch {
 public:
  /// @param progress  told that a stage begins (no detail) and has ended; may be empty
  explicit Stopwatch(std::function<void(const std::string& stage, const std::string& detail)> progress)
      : progress_(std::move(progress)) {}

  void time(const std::string& stage, const std::function<void()>& body);
  std::vector<StageTime> times() const;
  /// The same, as the result file has it.
  std::vector<StageCost> costs() const;

 private:
  std::function<void(const std::string&, const std::string&)> progress_;
  mutable std::mutex guard_;
  std::vector<StageTime> times_;
};

}  // namespace spillway
