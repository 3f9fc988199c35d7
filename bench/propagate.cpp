// Questions, at England's size (33,755 areas, 9,999 draws, 10 periods): what does one scenario cost on each
// path, how does it scale with workers, areas and horizon, and how far is the recursion from the speed of
// loads from cache?
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <tuple>

#include "tests/support/propagation_world.hpp"

using namespace spillway;
using test::LeverForm;

namespace {

struct Case {
  test::PlanarWorld world;
  Dynamics dynamics;
  OutcomePlan plan;
};

/// One world a process is enough: the draws are made once for each shape of the question.
const Case& case_of(int areas, long draws, int horizon, LeverForm form, int outcomes) {
  static std::map<std::tuple<int, long, int, int, int>, std::unique_ptr<Case>> known;
  auto& one = known[{areas, draws, horizon, static_cast<int>(form), outcomes}];
  if (!one) {
    one = std::make_unique<Case>();
    one->world = test::planar(areas, 1, 5);
    one->dynamics = test::lever_dynamics(one->world, form, draws, horizon, 2);
    std::vector<AreaOutcome> wanted{AreaOutcome::uplift};
    if (outcomes > 1) wanted.push_back(AreaOutcome::discounted_gva_uplift);
    one->plan = test::full_plan(one->world, one->dynamics, wanted);
  }
  return *one;
}

void report(benchmark::State& state, const Case& one, const EvaluationReport& last) {
  const double work = static_cast<double>(one.dynamics.areas() * one.dynamics.draws) * one.dynamics.horizon;
  state.counters["ns_area_draw_period"] = benchmark::Counter(
      work * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["degree"] = one.world.weights.mean_degree();
  state.counters["basis"] = last.basis_size;
  state.counters["error"] = last.checked_error;
  state.counters["propagate_s"] = last.seconds_propagate;
  state.counters["summarise_s"] = last.seconds_summarise;
  state.counters["links"] = static_cast<double>(one.world.weights.matrix().nonZeros());
  state.SetLabel(last.path);
}

void scenario(benchmark::State& state, LeverForm form, int outcomes, Path path) {
  const Case& one = case_of(33'755, 9'999, 10, form, outcomes);
  EvaluationReport last;
  for (auto _ : state)
    last = evaluate(one.dynamics, one.plan, {static_cast<int>(state.range(0))}, path).report;
  report(state, one, last);
}

/// The plain serial reference: one draw at a time in double precision; seconds of one draw, to be taken 9,999
/// times.
void plain_recursion_one_draw(benchmark::State& state) {
  const Case& one = case_of(33'755, 9'999, 10, LeverForm::ring_fence, 1);
  long draw = 0;
  for (auto _ : state) benchmark::DoNotOptimize(propagate_one(one.dynamics, draw++ % one.dynamics.draws));
}

/// Time tiles should make the cost of an area flat in the number of areas.
void exact_by_areas(benchmark::State& state) {
  const Case& one = case_of(static_cast<int>(state.range(0)), 640, 10, LeverForm::ring_fence, 1);
  EvaluationReport last;
  for (auto _ : state) last = evaluate(one.dynamics, one.plan, {0}, Path::exact).report;
  report(state, one, last);
}

}  // namespace

#define SPILLWAY_SCENARIO(name, form, outcomes, path)     \
  BENCHMARK_CAPTURE(scenario, name, form, outcomes, path) \
      ->Arg(1)                                            \
      ->Arg(2)                                            \
      ->Unit(benchmark::kMillisecond)                     \
      ->UseRealTime()                                     \
      ->MeasureProcessCPUTime()

SPILLWAY_SCENARIO(ring_fence_exact, LeverForm::ring_fence, 1, Path::exact);
SPILLWAY_SCENARIO(ring_fence_basis, LeverForm::ring_fence, 1, Path::basis);
SPILLWAY_SCENARIO(ring_fence_two_outcomes_exact, LeverForm::ring_fence, 2, Path::exact);
SPILLWAY_SCENARIO(ring_fence_two_outcomes_basis, LeverForm::ring_fence, 2, Path::basis);
SPILLWAY_SCENARIO(wealth_fund_two_outcomes, LeverForm::wealth_fund, 2, Path::automatic);
SPILLWAY_SCENARIO(franchising_two_outcomes, LeverForm::franchising, 2, Path::automatic);
BENCHMARK(plain_recursion_one_draw)->Unit(benchmark::kMillisecond);
BENCHMARK(exact_by_areas)
    ->Arg(33'755)
    ->Arg(180'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
