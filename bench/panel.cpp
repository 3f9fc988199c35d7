// Model A and the joint draws at England's size.
#include <benchmark/benchmark.h>

#include "engine/draw/bootstrap.hpp"
#include "engine/draw/resample.hpp"
#include "engine/run/estimation.hpp"

namespace {

using namespace spillway;

struct World {
  RunConfig config;
  Inputs inputs;
};

const World& world() {
  static const World made = [] {
    World one;
    one.config = parse_config(R"(
[data]
pack = "synthetic"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = ["within", "corrected_score"]
headline = "corrected_score"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
cluster = "lad_code"
)");
    one.inputs = make_inputs(one.config, load_pack(one.config));
    return one;
  }();
  return made;
}

/// Question: what does the corrected score with all its diagnostics cost on 33,755 areas x 10 years?
void fit_of_model_a(benchmark::State& state) {
  const Parallelism parallelism{static_cast<int>(state.range(0))};
  for (auto _ : state)
    benchmark::DoNotOptimize(fit_model(world().config.models[0], world().config, world().inputs, parallelism));
}
BENCHMARK(fit_of_model_a)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

/// Question: what do 9,999 LAD-pairs replicates of as_published, within and the corrected score, with percentile-t, cost?
void replicates_of_model_a(benchmark::State& state) {
  const Parallelism parallelism{static_cast<int>(state.range(0))};
  const ModelFits model = fit_model(world().config.models[0], world().config, world().inputs, {1});
  std::vector<const Fit*> fits;
  for (const Fit& fit : model.fits) fits.push_back(&fit);
  BootstrapPlan plan;
  plan.clusters = clusters_by(world().inputs.pack.areas, "lad_code").count();
  plan.parallelism = parallelism;
  for (auto _ : state) benchmark::DoNotOptimize(joint_bootstrap(fits, plan));
}
BENCHMARK(replicates_of_model_a)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

/// Question: what do the counts alone cost (a floor of the line above)?
void counts_of_309_clusters(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cluster_counts(309, 0, 9'999, 1));
}
BENCHMARK(counts_of_309_clusters)->Unit(benchmark::kMillisecond);

/// Question: does the lag of the panel run at memory speed, and how does it scale?
void spatial_lag_of_the_panel(benchmark::State& state) {
  const Eigen::MatrixXd& y = world().inputs.pack.panel.at("gva").value;
  for (auto _ : state) benchmark::DoNotOptimize(spatial_lag(world().inputs.weights, y, {static_cast<int>(state.range(0))}));
  state.SetBytesProcessed(state.iterations() * (world().inputs.weights.matrix().nonZeros() + y.rows()) * y.cols() * 8);
}
BENCHMARK(spatial_lag_of_the_panel)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
