// What a batch job leaves for those who watch it: a log of events, one JSON object a line, and a status file.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "engine/run/graph.hpp"

namespace spillway::cli {

struct LogFlags {
  std::string log, status;
};
void add_log_flags(CLI::App& command, LogFlags& flags);

/// Start the log of this process, at most once: opens `flags.log` for appending and writes `flags.status`.
/// Nothing is written where both are empty, or on a rank that does not write.
/// @throws StoreError  a file cannot be written
void open_log(const LogFlags& flags, const std::string& command, const RunConfig& config, const Ranks& ranks);

/// Hear a job's events beside whoever hears them now.
void log_events(RunHooks& hooks);

/// The job ends: exit code and, where it failed, why. Does nothing without a log; never throws.
void close_log(int exit_code, const std::string& message) noexcept;

}  // namespace spillway::cli
