// What a scenario will cost, and so which path it takes.
#pragma once
#include <string>

#include "engine/outcome/outcome.hpp"

namespace spillway {

/// Estimated before any work, from sizes alone.
struct CostEstimate {
  Path path = Path::exact;     ///< the cheaper one that fits the memory
  double exact_seconds = 0.0;  ///< wall clock on `workers` workers
  double basis_seconds = 0.0;  ///< infinite where the basis does not fit or its rank would be too large
  double bytes = 0.0;          ///< working memory of the chosen path, besides the results
  double result_bytes = 0.0;
};

/// Rates are those of bench/propagate and bench/quantiles on two Zen 4 cores; another machine scales both
/// paths much alike, so the choice holds where the seconds do not.
CostEstimate estimate_cost(const Dynamics& dynamics, const OutcomePlan& plan, int workers);

/// One line for people and `--dry-run`: path, sizes, memory, seconds.
std::string describe_plan(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism = {});

}  // namespace spillway
