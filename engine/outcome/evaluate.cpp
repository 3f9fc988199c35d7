#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

ScenarioOutcome evaluate(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism, Path path) {
  check(dynamics);
  check(plan, dynamics);
  (void)path;
  return evaluate_exact(dynamics, plan, parallelism);
}

}  // namespace spillway
