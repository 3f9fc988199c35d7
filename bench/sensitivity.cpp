// Question: what does a Sobol' analysis cost beside the model's own evaluations? Eight inputs, 4,096 base
// rows, 40,960 evaluations; OpenTURNS is timed on the same numbers by bench/sobol_peers.
#include <benchmark/benchmark.h>

#include <cmath>

#include "engine/draw/sensitivity_indices.hpp"

namespace {

using namespace spillway;

constexpr int kInputs = 8;
constexpr long kBase = 4096;

/// g-function with a = 0, 1, 2, ..., row by row.
Eigen::VectorXd model(const Eigen::MatrixXd& u) {
  Eigen::ArrayXd product = Eigen::ArrayXd::Ones(u.rows());
  for (Eigen::Index k = 0; k < u.cols(); ++k)
    product *=
        ((4.0 * u.col(k).array() - 2.0).abs() + static_cast<double>(k)) / (1.0 + static_cast<double>(k));
  return product;
}

void per_evaluation(benchmark::State& state) {
  state.counters["us_an_evaluation"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kBase * (kInputs + 2) * 1e-6,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// The design alone: scrambled Sobol' points in 16 dimensions, arranged.
void sobol_design(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(saltelli_design(kBase, kInputs, 20241));
  per_evaluation(state);
}
BENCHMARK(sobol_design)->Unit(benchmark::kMillisecond);

/// First and total indices of one output with their intervals from range(0) resamples of rows.
void sobol_analysis(benchmark::State& state) {
  const Eigen::VectorXd output = model(saltelli_design(kBase, kInputs, 20241));
  for (auto _ : state)
    benchmark::DoNotOptimize(sobol_indices(output, kInputs, {state.range(0), 0.95, 20241}));
  per_evaluation(state);
}
BENCHMARK(sobol_analysis)->Arg(2)->Arg(100)->Arg(500)->Unit(benchmark::kMillisecond);

}  // namespace
