// Draws until the Monte Carlo error of every headline quantile meets a target.
#pragma once
#include "tools/cli/command.hpp"

namespace spillway::cli {

struct UntilError {
  double target =
      0.0;  ///< largest error of a quantile over its group's spread, for example 0.02; 0: not asked for
  long most = 131072;  ///< replicates at which the search ends, met or not
};

/// Set flags.replicates and flags.draws to the first of 1,024, 2,048, 4,096, ... replicates at which every
/// quantile of uplift and cumulative_uplift of the nation and of area types, in every scenario, has a Monte
/// Carlo error of at most `target` times its group's spread (interquartile range / 1.349).
///
/// Each step is what a run of that number would draw, so the number depends on the configuration and the seed
/// alone, and the run that follows is bit for bit the run of `--replicates` with that number. Draws stand to
/// replicates as configured.
/// @return  sentences: the steps, and whether the target was met
/// @throws InputError  a target not above 0; no scenario to judge
std::vector<std::string> until_error(CommonFlags& flags, const UntilError& until);

}  // namespace spillway::cli
