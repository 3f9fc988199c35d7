// Ours for bench/compare_peers: the same England of 32,844 areas that the other programs read from CSV.
#include <benchmark/benchmark.h>

#include "engine/draw/bootstrap.hpp"
#include "engine/estimate/covariance/wild_cluster.hpp"
#include "engine/estimate/iv/instrumental.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "engine/estimate/spatial/spatial_autoregression.hpp"
#include "engine/run/estimation.hpp"
#include "engine/synthetic/synthetic.hpp"

using namespace spillway;

namespace {

constexpr int areas = 32'844;

struct World {
  RunConfig config;
  Inputs inputs;
  FitContext context;
  World() {
    SyntheticConfig synthetic;
    synthetic.areas = areas;
    inputs = make_inputs(config, synthetic_england(synthetic));
    context.joint = clusters_by(inputs.pack.areas, "lad_code");
    context.by = {context.joint};
    context.parallelism.workers = 0;
  }
};
World& world() {
  static World made;
  return made;
}

const std::vector<std::string>& controls() {
  static const std::vector<std::string> names = {"log_population", "job_density", "inactivity_rate"};
  return names;
}

IvModel iv_model(const std::string& estimator, const std::string& kind) {
  IvModel model;
  model.name = "iv";
  model.outcome = "growth_decade";
  model.endogenous = {"grants_per_head"};
  model.instruments = {"drug_crime_rate", "turnout"};
  model.controls = controls();
  model.estimators = estimators_named({estimator});
  model.covariance.kind = *named<CovarianceKind>(kind);
  return model;
}

CrossSection iv_data() {
  const IvModel model = iv_model("2sls", "hc1");
  return cross_section(model, model.endogenous, model.instruments, world().inputs.pack);
}

/// 2SLS with HC1, and every diagnostic (strength, J, C, Durbin-Wu-Hausman, AR and CLR with their sets,
/// exclusion).
void iv_hc1(benchmark::State& state) {
  const CrossSection data = iv_data();
  FitContext context = world().context;
  context.joint = {};
  std::vector<Fit> fits;
  for (auto _ : state) fits = fit_instrumental(data, iv_model("2sls", "hc1"), context);
  state.counters["value"] = fits[0].estimate.coefficients(0);
  state.counters["error"] = fits[0].estimate.standard_error(0);
}
BENCHMARK(iv_hc1)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The same with 309 clusters; LIML, whose fit has no bootstrap behind it (2SLS adds WRE: see wre).
void iv_cluster(benchmark::State& state) {
  const CrossSection data = iv_data();
  std::vector<Fit> fits;
  for (auto _ : state) fits = fit_instrumental(data, iv_model("liml", "cluster"), world().context);
  state.counters["value"] = fits[0].estimate.coefficients(0);
  state.counters["error"] = fits[0].estimate.standard_error(0);
}
BENCHMARK(iv_cluster)->Unit(benchmark::kMillisecond)->UseRealTime();

/// WRE test of beta = 0, B = 99,999, 309 clusters, sums by cluster included.
void wre(benchmark::State& state) {
  const CrossSection data = iv_data();
  const IvModel model = iv_model("2sls", "cluster");
  double p = 0.0;
  for (auto _ : state) {
    const IvDesign design = iv_design(data);
    const MomentCovariance moments(data, model.covariance, world().context);
    const WildCluster wild(design, moments, WildCluster::Regressor::instrumented, WildWeights::rademacher, 1,
                           99'999, world().context.parallelism);
    p = wild.test(0.0, WildCluster::Residuals::restricted).p_equal_tail;
  }
  state.counters["value"] = p;
}
BENCHMARK(wre)->Unit(benchmark::kMillisecond)->UseRealTime();

PanelModel panel_model(const std::vector<std::string>& estimators) {
  PanelModel model;
  model.name = "panel";
  model.outcome = "growth";
  model.covariates = {"gva"};
  model.estimators = estimators_named(estimators);
  model.headline = model.estimators.back();
  model.covariance.kind = CovarianceKind::cluster;
  model.covariance.by = {"lad_code"};
  return model;
}

/// Two-way within of model A with clusters, W y_{t-1} by type and own lag; as_published comes with it.
void panel_within(benchmark::State& state) {
  const PanelModel model = panel_model({"within"});
  const PanelData data = panel_data(model, world().config, world().inputs.pack, world().inputs.weights);
  std::vector<Fit> fits;
  for (auto _ : state) fits = fit_panel(data, model, world().context);
  const Estimate& within = fits.back().estimate;
  state.counters["value"] = within.coefficients(within.find("previous"));
  state.counters["error"] = within.standard_error(within.find("previous"));
}
BENCHMARK(panel_within)->Unit(benchmark::kMillisecond)->UseRealTime();

/// 9,999 pairs replicates of both models on one resampling, percentile-t for model A.
void pairs_of_both(benchmark::State& state) {
  const PanelModel model = panel_model({"corrected_score"});
  const PanelData data = panel_data(model, world().config, world().inputs.pack, world().inputs.weights);
  const auto panel = fit_panel(data, model, world().context);
  const auto instruments = fit_instrumental(iv_data(), iv_model("2sls", "hc1"), world().context);
  const std::vector<const Fit*> fits = {&panel.back(), &instruments.front()};
  BootstrapPlan plan;
  plan.clusters = world().context.joint.count();
  plan.parallelism = world().context.parallelism;
  for (auto _ : state) benchmark::DoNotOptimize(joint_bootstrap(fits, plan));
}
BENCHMARK(pairs_of_both)->Unit(benchmark::kMillisecond)->UseRealTime();

SarModel sar_model(const std::string& outcome, const std::vector<std::string>& covariates,
                   const std::string& estimator) {
  SarModel model;
  model.name = "sar";
  model.outcome = outcome;
  model.covariates = covariates;
  model.estimators = estimators_named({estimator});
  return model;
}

void sar_setup(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(LogDeterminant(world().inputs.weights, world().context.parallelism));
}
BENCHMARK(sar_setup)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Fit, standard errors and impacts with theirs, after set-up.
void sar(benchmark::State& state, const char* outcome, std::vector<std::string> covariates,
         const char* estimator, const char* shown) {
  const SarModel model = sar_model(outcome, covariates, estimator);
  const SarData data = sar_data(model, world().config, world().inputs.pack, world().inputs.weights);
  const auto determinant =
      world().inputs.determinant->of(world().inputs.weights, world().context.parallelism);
  std::vector<Fit> fits;
  for (auto _ : state) fits = fit_spatial_autoregression(data, model, world().context, determinant);
  const Estimate& e = fits[0].estimate;
  state.counters["value"] = e.coefficients(e.find(shown));
  state.counters["error"] = e.standard_error(e.find(shown));
}
BENCHMARK_CAPTURE(sar, qml, "growth_decade", controls(), "qml", "rho")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(sar, impacts, "growth_decade", controls(), "qml", "impact_total:job_density")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(sar, gs2sls, "growth_decade", controls(), "gs2sls", "rho")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(sar, panel_qml, "growth", {"gva"}, "qml", "rho")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
