// Spatial autoregressions at England's size: 33,755 areas, 196,000 links, 11 growth rates.
#include <benchmark/benchmark.h>

#include "engine/estimate/spatial/impacts.hpp"
#include "engine/estimate/spatial/spatial_autoregression.hpp"
#include "engine/synthetic/synthetic.hpp"

using namespace spillway;

namespace {

struct England {
  DataPack pack = synthetic_england({});
  SpatialWeights weights;
  RunConfig config;
  England() { weights = build_weights(config, pack); }

  SarData cut(const std::string& outcome, const std::vector<std::string>& covariates) const {
    return sar_data(model({"qml"}, outcome, covariates), config, pack, weights);
  }
  static SarModel model(const std::vector<std::string>& estimators, const std::string& outcome,
                        const std::vector<std::string>& covariates) {
    SarModel model;
    model.name = "sar";
    model.outcome = outcome;
    model.covariates = covariates;
    model.estimators = estimators_named(estimators);
    return model;
  }
};

const England& england() {
  static const England world;
  return world;
}

const std::vector<std::string>& controls() {
  static const std::vector<std::string> names = {"log_population", "job_density", "inactivity_rate",
                                                 "employment_rate"};
  return names;
}

std::shared_ptr<const LogDeterminant> determinant() {
  static const auto shared = std::make_shared<LogDeterminant>(england().weights, Parallelism{0});
  return shared;
}

/// Question: what does the log-determinant of England cost, once for all fits on its W, traces of G'G
/// included?
void log_determinant_setup(benchmark::State& state) {
  const SpatialWeights& weights = england().weights;
  for (auto _ : state) {
    const LogDeterminant made(weights, Parallelism{static_cast<int>(state.range(0))});
    state.counters["nodes"] = made.nodes();
    state.counters["bound"] = made.error_bound();
  }
}
BENCHMARK(log_determinant_setup)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// The plain serial reference of one value: a sparse factorisation.
void log_determinant_exact(benchmark::State& state) {
  const auto shared = determinant();
  for (auto _ : state) benchmark::DoNotOptimize(shared->exact(0.4));
}
BENCHMARK(log_determinant_exact)->Unit(benchmark::kMillisecond);

void log_determinant_fast(benchmark::State& state) {
  const auto shared = determinant();
  for (auto _ : state) benchmark::DoNotOptimize(shared->fast(0.4));
  state.counters["error"] = shared->fast(0.4).value - shared->exact(0.4);
}
BENCHMARK(log_determinant_fast)->Unit(benchmark::kMicrosecond);

/// Question: is one fit with its standard errors and impacts within 0.1 s after set-up (best peer 1.8 to 3.1
/// s)?
void cross_section(benchmark::State& state, const char* estimator, DurbinTerms durbin) {
  const SarData data = england().cut("growth_decade", controls());
  SarModel model = England::model({estimator}, "growth_decade", controls());
  model.durbin = durbin == DurbinTerms::all;
  const auto shared = determinant();
  for (auto _ : state) benchmark::DoNotOptimize(fit_spatial_autoregression(data, model, {}, shared));
}
BENCHMARK_CAPTURE(cross_section, qml, "qml", DurbinTerms::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cross_section, qml_durbin, "qml", DurbinTerms::all)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cross_section, qml_exact, "qml_exact", DurbinTerms::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cross_section, gs2sls, "gs2sls", DurbinTerms::none)->Unit(benchmark::kMillisecond);

/// Question: is the panel of 11 growth rates with area and period effects within 0.5 s (splm does not
/// finish)?
void panel(benchmark::State& state, const char* estimator) {
  const SarData data = england().cut("growth", {"gva"});
  const SarModel model = England::model({estimator}, "growth", {"gva"});
  const auto shared = determinant();
  for (auto _ : state) benchmark::DoNotOptimize(fit_spatial_autoregression(data, model, {}, shared));
}
BENCHMARK_CAPTURE(panel, qml, "qml")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(panel, gs2sls, "gs2sls")->Unit(benchmark::kMillisecond);

/// Question: are impacts of four covariates and their lags, with derivatives, within 1 s though islands cost
/// solves?
void impacts(benchmark::State& state) {
  const SarData data = england().cut("growth_decade", controls());
  const SarDesign design = sar_design(data, DurbinTerms::all, LagOrder::before_effects, {});
  const auto shared = determinant();
  const Eigen::VectorXd beta = Eigen::VectorXd::Constant(design.regressors, 0.1);
  for (auto _ : state) benchmark::DoNotOptimize(lag_impacts(design, data.weights, *shared, 0.4, beta));
}
BENCHMARK(impacts)->Unit(benchmark::kMillisecond);

}  // namespace
