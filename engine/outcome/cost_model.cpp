#include "engine/outcome/cost_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/instruction_set.hpp"
#include "engine/outcome/basis_path.hpp"
#include "engine/outcome/exact_path.hpp"

namespace spillway {

namespace {

// Nanoseconds of one core at x86-64-v4, measured on the levers of the default configuration.
constexpr double kStep = 0.36;    // an area, period and draw of the recursion, halos included
constexpr double kPlain = 0.9;    // the same in double precision, one draw at a time
constexpr double kGather = 0.35;  // sums and outcomes of an area, period and draw of the exact recursion
constexpr double kPounds = 0.45;  // its discounted pounds
constexpr double kSelect = 0.9;   // quantiles and moments, an area and draw
constexpr double kProduct =
    0.6;  // an area and draw from some 20 local coordinates, and its quantiles' passes
constexpr double kSampled = 0.18;  // share of the areas whose halos the sampled areas need
constexpr double kGroups =
    2.0;  // aggregates of one draw and period from coordinates, for a thousand groups: us
constexpr double kBases = 12e-6;  // bases and area groups of an area and outcome: s

/// How much slower the older instruction sets are.
double slowdown() {
  switch (instruction_set()) {
    case InstructionSet::v4:
      return 1.0;
    case InstructionSet::v3:
      return 1.2;
    default:
      return 1.6;
  }
}

}  // namespace

CostEstimate estimate_cost(const Dynamics& dynamics, const OutcomePlan& plan, int workers) {
  CostEstimate cost;
  const double areas = static_cast<double>(dynamics.areas()), draws = static_cast<double>(dynamics.draws);
  const double periods = dynamics.horizon, outcomes = static_cast<double>(plan.outcomes.size());
  double groups = 0.0;
  for (const auto& grouping : plan.groupings) groups += static_cast<double>(grouping.groups.size());
  const auto wants = [&](AreaOutcome outcome) {
    return std::find(plan.outcomes.begin(), plan.outcomes.end(), outcome) != plan.outcomes.end();
  };
  const double period = 1e-9 *
                        (kStep + kGather + (wants(AreaOutcome::discounted_gva_uplift) ? kPounds : 0.0)) *
                        periods * areas;
  const double rate = slowdown() / std::max(1, workers);
  const double select = 1e-9 * kSelect * areas * draws * outcomes;
  cost.exact_seconds = rate * (period * draws + select);
  cost.basis_seconds = std::numeric_limits<double>::infinity();
  const double basis_memory = basis_bytes(dynamics, plan, std::max(workers, kBudgetWorkers));
  const bool room = plan.memory_gb <= 0.0 || basis_memory <= plan.memory_gb * 1e9;
  if (room && dynamics.draws >= 8 * kBasisDraws && dynamics.shapes() <= kMostBasisShapes)
    cost.basis_seconds =
        rate * (1e-9 * kPlain * periods * areas * (kBasisDraws + kCheckDraws) + period * kSampled * draws +
                select + 1e-9 * kProduct * areas * draws * outcomes +
                1e-9 * kGroups * draws * periods * groups + outcomes * areas * kBases);
  cost.path = cost.basis_seconds < cost.exact_seconds ? Path::basis : Path::exact;
  cost.bytes =
      cost.path == Path::basis
          ? basis_memory
          : 4.0 * draws * outcomes * std::min<double>(areas, exact_tile_areas(dynamics, plan, workers)) +
                workers * 3e6;
  cost.result_bytes = 4.0 * outcomes * areas * static_cast<double>(plan.quantiles.size() + 3);
  for (const auto outcome : plan.outcomes)
    cost.result_bytes += 4.0 * draws * groups * (outcome == AreaOutcome::uplift ? periods : 1.0);
  return cost;
}

std::string describe_plan(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  const int workers = worker_count(parallelism);
  const CostEstimate cost = estimate_cost(dynamics, plan, workers);
  const std::string sizes = fmt::format("{} areas x {} draws x {} periods, {} outcomes", dynamics.areas(),
                                        dynamics.draws, dynamics.horizon, plan.outcomes.size());
  const std::string memory =
      fmt::format("{:.0f} MB working, {:.0f} MB results", cost.bytes / 1e6, cost.result_bytes / 1e6);
  if (cost.path == Path::basis)
    return fmt::format(
        "sampled basis ({} draws exact everywhere, {} to check; exact recursion {:.1f} s): {}; about {:.1f} "
        "s on "
        "{} workers, {}; {}",
        kBasisDraws, kCheckDraws, cost.exact_seconds, sizes, cost.basis_seconds, workers, memory,
        to_string(instruction_set()));
  const int tile = exact_tile_areas(dynamics, plan, workers);
  return fmt::format(
      "exact recursion ({} tiles of at most {} areas): {}; about {:.1f} s on {} workers, {}; {}",
      (dynamics.areas() + tile - 1) / tile, tile, sizes, cost.exact_seconds, workers, memory,
      to_string(instruction_set()));
}

}  // namespace spillway
