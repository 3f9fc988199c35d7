// Question: what does the main job cost without reading and writing: the models of configs/default.toml,
// 9,999 joint replicates, and three ring-fences of fixed share (fixed shapes, random amplitudes, rho and phi)
// with one area outcome and every aggregate?
#include <benchmark/benchmark.h>

#include <string>

#include "engine/outcome/shared_work.hpp"
#include "engine/run/scenario_job.hpp"
#include "scenarios/lever.hpp"

namespace {

using namespace spillway;

struct Job {
  RunConfig config;
  Inputs inputs;
};

const Job& job() {
  static const Job made = [] {
    Job one;
    one.config = read_config(std::string(SPILLWAY_SOURCE_DIR) + "/configs/default.toml",
                             {"outcomes.area=[\"uplift\"]"});
    const ScenarioConfig ring_fence = one.config.scenarios.front();
    one.config.scenarios.clear();
    for (const double share : {0.05, 0.10, 0.20}) {
      one.config.scenarios.push_back(ring_fence);
      Distribution fixed;
      fixed.values["value"] = share;
      fixed.source = "bench";
      one.config.scenarios.back().parameters["share"] = fixed;
    }
    one.inputs = make_inputs(one.config, load_pack(one.config));
    return one;
  }();
  return made;
}

Dynamics dynamics_of(const ScenarioConfig& scenario, const RunConfig& config, const LeverContext& context) {
  const scenarios::Lever& lever = scenarios::lever(scenario.lever);
  return lever.build(context, scenarios::sample_parameters(scenario, lever, config, context.draws)).dynamics;
}

void computing_part(benchmark::State& state) {
  const Parallelism parallelism{static_cast<int>(state.range(0))};
  const Job& one = job();
  for (auto _ : state) {
    std::vector<ModelFits> models(one.config.models.size());
    for_each_block(
        static_cast<std::ptrdiff_t>(models.size()), 1, parallelism, [&](std::ptrdiff_t m, std::ptrdiff_t) {
          models[static_cast<std::size_t>(m)] =
              fit_model(one.config.models[static_cast<std::size_t>(m)], one.config, one.inputs, parallelism);
        });
    const DrawSet draws = replicate(models, one.config, one.inputs, parallelism);
    SharedWork shared;
    for (const ScenarioConfig& scenario : one.config.scenarios) {
      shared.keep_next(&scenario != &one.config.scenarios.back());
      const LeverContext context = lever_context(scenario, one.config, one.inputs, models, draws);
      ScenarioOutcome outcome;
      evaluate_into(
          outcome, dynamics_of(scenario, one.config, context), outcome_plan(one.config, context, {}),
          parallelism, [] {}, &shared);
      benchmark::DoNotOptimize(outcome);
    }
  }
}
BENCHMARK(computing_part)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
