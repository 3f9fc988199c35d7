#include "engine/outcome/basis_path.hpp"
#include "engine/outcome/cost_model.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

ScenarioOutcome evaluate(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                         Path path, Ranks& ranks) {
  ScenarioOutcome result;
  evaluate_into(
      result, dynamics, plan, parallelism, [] {}, nullptr, path, ranks);
  return result;
}

void evaluate_into(ScenarioOutcome& result, const Dynamics& dynamics, const OutcomePlan& plan,
                   Parallelism parallelism, const std::function<void()>& aggregates_known, SharedWork* shared,
                   Path path, Ranks& ranks) {
  check(dynamics);
  check(plan, dynamics);
  if (path == Path::automatic) {
    const int workers = ranks.most(worker_count(parallelism));  // all ranks must choose alike
    path = estimate_cost(dynamics, plan, workers).path;
  }
  if (path != Path::exact &&
      evaluate_basis(result, dynamics, plan, parallelism, aggregates_known, shared, ranks))
    return;
  result = evaluate_exact(dynamics, plan, parallelism, shared, ranks);
  if (path != Path::exact) result.report.fallbacks = kBasisAttempts;
  if (ranks.writes()) aggregates_known();
}

}  // namespace spillway
