#include "engine/outcome/basis_path.hpp"
#include "engine/outcome/cost_model.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

ScenarioOutcome evaluate(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                         Path path) {
  check(dynamics);
  check(plan, dynamics);
  if (path == Path::automatic) path = estimate_cost(dynamics, plan, worker_count(parallelism)).path;
  if (path == Path::exact) return evaluate_exact(dynamics, plan, parallelism);
  if (auto result = evaluate_basis(dynamics, plan, parallelism)) return std::move(*result);
  ScenarioOutcome exact = evaluate_exact(dynamics, plan, parallelism);
  exact.report.fallbacks = kBasisAttempts;
  return exact;
}

}  // namespace spillway
