// Model B at England's size: 32,844 rows in 309 clusters, two instruments, six controls.
#include <benchmark/benchmark.h>

#include "engine/base/streams.hpp"
#include "engine/estimate/covariance/wild_cluster.hpp"
#include "engine/estimate/iv/instrumental.hpp"

namespace spillway {
namespace {

constexpr Eigen::Index rows = 32'844, clusters = 309, controls = 6;

CrossSection england() {
  CrossSection data;
  data.model = "bench";
  data.outcome = "growth_decade";
  data.cell = "s:z1+z2";
  data.endogenous_names = {"s"};
  data.instrument_names = {"z1", "z2"};
  Stream stream(1, Purpose::diagnostics, 0);
  data.controls.resize(rows, controls);
  data.instruments.resize(rows, 2);
  data.endogenous.resize(rows, 1);
  data.y.resize(rows);
  for (Eigen::Index j = 0; j < controls; ++j) data.control_names.push_back("w" + std::to_string(j));
  for (Eigen::Index i = 0; i < rows; ++i) {
    data.area.push_back(static_cast<int>(i));
    double sum = 0.0;
    for (Eigen::Index j = 0; j < controls; ++j) sum += data.controls(i, j) = stream.normal();
    data.instruments(i, 0) = stream.normal();
    data.instruments(i, 1) = stream.normal();
    const double u = stream.normal();
    data.endogenous(i, 0) = 0.1 * data.instruments.row(i).sum() + 0.2 * sum + 0.5 * u + stream.normal();
    data.y(i) = data.endogenous(i, 0) + sum + u;
  }
  return data;
}

FitContext context_of(int workers) {
  FitContext context;
  Clusters first, second;
  first.column = "lad_code";
  second.column = "constituency_code";
  for (Eigen::Index g = 0; g < clusters; ++g) first.names.push_back(std::to_string(g));
  for (Eigen::Index g = 0; g < 533; ++g) second.names.push_back(std::to_string(g));
  for (Eigen::Index i = 0; i < rows; ++i) {
    first.of_area.push_back(static_cast<std::int32_t>(i * clusters / rows));
    second.of_area.push_back(static_cast<std::int32_t>(i * 533 / rows));
  }
  context.joint = first;
  context.by = {first, second};
  context.easting = Eigen::VectorXd::NullaryExpr(rows, [](Eigen::Index i) {
    return 300'000.0 + 350'000.0 * static_cast<double>((i * 7919) % rows) / rows;
  });
  context.northing = Eigen::VectorXd::NullaryExpr(
      rows, [](Eigen::Index i) { return 100'000.0 + 500'000.0 * static_cast<double>(i) / rows; });
  context.parallelism.workers = workers;
  return context;
}

/// Question: do LIML and two-step GMM, which bring every diagnostic but no bootstrap, fit within 10 ms on one
/// core?
void iv_all_diagnostics(benchmark::State& state, const char* kind) {
  const CrossSection data = england();
  const FitContext context = context_of(1);
  IvModel model;
  model.estimators = {Estimator::liml};
  model.covariance.kind = *named<CovarianceKind>(kind);
  model.covariance.cutoff_km = 20;
  for (auto _ : state) benchmark::DoNotOptimize(fit_instrumental(data, model, context));
}
BENCHMARK_CAPTURE(iv_all_diagnostics, cluster, "cluster")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(iv_all_diagnostics, two_way, "two_way")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(iv_all_diagnostics, hc1, "hc1")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(iv_all_diagnostics, conley_20km, "conley")->Unit(benchmark::kMillisecond);

/// Question: is WRE with B = 99,999 and 309 clusters done in half a second (set-up and one test of beta = 0)?
void wre_test(benchmark::State& state) {
  const CrossSection data = england();
  const FitContext context = context_of(static_cast<int>(state.range(0)));
  CovarianceConfig covariance;
  covariance.kind = CovarianceKind::cluster;
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, covariance, context);
  for (auto _ : state) {
    const WildCluster wild(design, moments, WildCluster::Regressor::instrumented, WildWeights::rademacher, 1,
                           99'999, context.parallelism);
    benchmark::DoNotOptimize(wild.test(0.9, WildCluster::Residuals::restricted));
  }
}
BENCHMARK(wre_test)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Question: what does the headline interval, B = 9,999 by inversion, cost?
void wre_interval(benchmark::State& state) {
  const CrossSection data = england();
  const FitContext context = context_of(static_cast<int>(state.range(0)));
  CovarianceConfig covariance;
  covariance.kind = CovarianceKind::cluster;
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, covariance, context);
  for (auto _ : state) {
    const WildCluster wild(design, moments, WildCluster::Regressor::instrumented, WildWeights::rademacher, 1,
                           9'999, context.parallelism);
    benchmark::DoNotOptimize(wild.interval(0.95));
  }
}
BENCHMARK(wre_interval)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Question: do 9,999 pairs replicates over 309 clusters take at most 0.03 s on one core?
void iv_replicates(benchmark::State& state) {
  const CrossSection data = england();
  const FitContext context = context_of(1);
  IvModel model;
  model.estimators = {Estimator::two_stage};
  model.covariance.kind = CovarianceKind::hc1;
  const auto fits = fit_instrumental(data, model, context);
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(clusters, 9'999);
  Stream stream(1, Purpose::cluster_counts, 0);
  for (Eigen::Index b = 0; b < counts.cols(); ++b)
    for (Eigen::Index g = 0; g < clusters; ++g) counts(stream.below(clusters), b) += 1.0;
  ReplicateBlock block;
  block.count = counts.cols();
  block.weight = counts.data();
  block.clusters = clusters;
  for (auto _ : state) fits[0].resampled->evaluate(block);
}
BENCHMARK(iv_replicates)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace spillway
