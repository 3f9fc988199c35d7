// What a batch job leaves for those who watch it: a log of events, one JSON object a line, and a status file.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "engine/run/graph.hpp"

namespace spillway::studies {

struct LogFiles {
  std::filesystem::path log, status;  ///< empty: none
  /// Writes a text to a file, whole or not at all.
  std::function<void(const std::filesystem::path&, const std::string&)> write_text;
};

/// Start the log of this process, at most once: opens `files.log` for appending and writes `files.status`.
/// Nothing is written where both are empty, or on a rank that does not write.
/// @throws StoreError  a file cannot be written
void open_log(const LogFiles& files, const std::string& study, const RunConfig& config, const Ranks& ranks,
              const BuildIdentity& build);

/// Hear a job's events beside whoever hears them now.
void log_events(RunHooks& hooks);

enum class Ended { done, interrupted, failed };

/// The job ends: how, its exit code and, where it failed, why. Does nothing without a log.
/// @throws StoreError  the status file cannot be written
void close_log(Ended ended, int exit_code, const std::string& message);

}  // namespace spillway::studies
