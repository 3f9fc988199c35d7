// Draws until the Monte Carlo error of every headline quantile meets a target.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"

namespace spillway::studies {

struct UntilErrorOptions {
  double target =
      0.0;  ///< largest error of a quantile over its group's spread, for example 0.02; 0: not asked for
  long most = 131072;  ///< replicates at which the search ends, met or not
};

struct Draws {
  int replicates = 0, draws = 0;
};

struct UntilError {
  Draws draws;
  std::vector<std::string> sentences;  ///< the steps, and whether the target was met
};

/// The first of 1,024, 2,048, 4,096, ... replicates at which every quantile of uplift and cumulative_uplift
/// of the nation and of area types, in every scenario, has a Monte Carlo error of at most `target` times its
/// group's spread (interquartile range / 1.349).
///
/// Each step is what a run of that number would draw, so the number depends on the configuration and the seed
/// alone, and the run that follows is bit for bit the run of `--replicates` with that number. Draws stand to
/// replicates as configured.
/// @param configured   the configuration as given, or with that many replicates and draws
/// @param interrupted  asked between steps and stages; may be empty
/// @throws InputError  a target not above 0; no scenario to judge
UntilError until_error(const UntilErrorOptions& options,
                       const std::function<RunConfig(const std::optional<Draws>&)>& configured,
                       const std::function<bool()>& interrupted);

}  // namespace spillway::studies
