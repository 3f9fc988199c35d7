#include "tools/cli/rank_team.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "engine/base/error.hpp"
#include "engine/base/instruction_set.hpp"
#include "engine/base/parallel.hpp"
#include "engine/base/text.hpp"
#include "tools/cli/command.hpp"
#include "tools/studies/run_log.hpp"

namespace spillway::cli {

namespace {

Ranks* team = nullptr;  ///< null: not joined

/// Ranks that a launcher says it started; 1 where it says nothing.
int started_ranks() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* size = std::getenv(name)) return std::max(1, std::atoi(size));
  return 1;
}

}  // namespace

Ranks& join_ranks() {
  if (team) return *team;
  if (!Ranks::available() && started_ranks() > 1)
    throw InputError(
        fmt::format("{} ranks were started, and this build has no MPI (each would write the same result; "
                    "configure it with "
                    "-DSPILLWAY_MPI=ON)",
                    started_ranks()));
  team = &Ranks::joined();
  limit_instruction_set(static_cast<InstructionSet>(-team->most(-static_cast<int>(instruction_set()))));
  return *team;
}

void share_cores(RunConfig& config, const Ranks& ranks) {
  const int mine = worker_count({0});
  const bool bound = mine < static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (config.threads == 0 && ranks.size() > 1)
    config.threads = bound ? mine : std::max(1, mine / ranks.on_this_machine());
}

void require_one_rank(const std::string& command) {
  if (const int size = join_ranks().size(); size > 1)
    throw InputError(fmt::format(
        "`spillway {}` uses one rank, and {} were started (ranks share the work of run, estimate, "
        "coverage, sensitivity, frontier, speccurve and backcast)",
        command, size));
}

void end_log(int code, const std::string& message) noexcept {
  try {
    close_log(code == done          ? Ended::done
              : code == interrupted ? Ended::interrupted
                                    : Ended::failed,
              code, message);
  } catch (const std::exception& error) {
    say("spillway: {}\n", error.what());
  }
}

int fail(int code, const std::string& words) {
  const std::string message = shortened(words, code == input_at_fault ? 30'000 : 4'000);
  end_log(code, message);
  const bool kept = code == interrupted && !message.ends_with("nothing is written");
  const std::string hint = kept ? " (run again with --resume to go on)" : "";
  if (!team || team->size() == 1) {
    say("spillway: {}{}\n", message, hint);
    leave_ranks();
    return code;
  }
  if (code == interrupted) {  // they asked each other, so all are here
    if (team->writes()) say("spillway: {}{}\n", message, hint);
    leave_ranks();
    return code;
  }
  // A fault that every rank meets is rank 0's to tell; it ends this one meanwhile, by a signal that must not
  // cut the wait short.
  if (!team->writes()) std::this_thread::sleep_for(std::chrono::seconds(5));
  say("spillway: {}: {}\n", team->name(), message);
  team->end_all(code);
  return code;
}

void leave_ranks() {
  if (team) team->leave();
}

}  // namespace spillway::cli
