// The command line's side of ranks: who joins, who speaks, and how a rank that fails ends the others.
#pragma once
#include <string>

#include "engine/base/ranks.hpp"
#include "engine/config/run_config.hpp"

namespace spillway::cli {

/// Join the ranks that mpirun or srun started; they settle on the lowest instruction set among them.
/// @throws InputError  several ranks were started of a build without MPI
Ranks& join_ranks();

/// `threads = 0` means every core: ranks of one machine that are not bound to cores of their own share them.
void share_cores(RunConfig& config, const Ranks& ranks);

/// @throws InputError  several ranks were started for a command that uses one
void require_one_rank(const std::string& command);

/// The job's log and status file end with this exit code and message; never throws.
void end_log(int code, const std::string& message) noexcept;

/// Say what failed and end: what all ranks see alike is said once, by rank 0; what one rank sees, with its
/// name. Ends every rank. @return  the exit code
int fail(int code, const std::string& words);

/// The job is done: leave the team in good order.
void leave_ranks();

}  // namespace spillway::cli
