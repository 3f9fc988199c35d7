// Model A and the joint draws at England's size.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>

#include "engine/draw/bootstrap.hpp"
#include "engine/draw/resample.hpp"
#include "engine/estimate/iv/iv_cluster_sums.hpp"
#include "engine/estimate/panel/panel_bootstrap.hpp"
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
    benchmark::DoNotOptimize(
        fit_model(world().config.models[0], world().config, world().inputs, parallelism));
}
BENCHMARK(fit_of_model_a)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// Question: what do 9,999 LAD-pairs replicates of as_published, within and the corrected score, with
/// percentile-t, cost?
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
BENCHMARK(replicates_of_model_a)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// Both models with one estimator each, and replicates over clusters by `column`.
struct BothModels {
  RunConfig config;
  std::vector<ModelFits> models;
  std::vector<const Fit*> fits;
  Eigen::Index clusters = 0;
  double multiply_adds =
      0.0;  ///< of one replicate: its sums, and for percentile-t the influence of every cluster
};

const BothModels& both_models(const std::string& column, const std::string& estimator) {
  const auto make = [](const std::string& by, const std::string& of_panel) {
    BothModels both;
    both.config = parse_config(R"(
[data]
pack = "synthetic"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = [")" + of_panel + "\"]\nheadline = \"" +
                               of_panel + R"("
covariance = { kind = "cluster", by = "lad_code" }
[[model]]
name = "social_infrastructure"
kind = "iv"
outcome = "growth_decade"
window_years = 10
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population"]
estimators = ["2sls"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
cluster = ")" + by + "\"\n");
    both.clusters = clusters_by(world().inputs.pack.areas, by).count();
    for (const ModelConfig& model : both.config.models)
      both.models.push_back(fit_model(model, both.config, world().inputs, {2}));
    for (const ModelFits& model : both.models)
      both.fits.push_back(model.find(name_of(*common(model.config).headline)));
    const PanelData& panel = *both.models[0].panel;
    PanelStatistics a;
    a.lags = static_cast<int>(panel.type_names.size());
    a.own_lags = 1;
    const bool studentised = of_panel == "corrected_score";
    a.regressors = a.lags + a.own_lags;
    a.corrected_rows = studentised ? a.regressors : 0;
    a.periods = panel.y.cols() - 1;
    a.groups = 1;
    const ClusterSums b{1, 2, 2, {}};
    both.multiply_adds = static_cast<double>(both.clusters) *
                         static_cast<double>(a.count() * (studentised ? 1 + a.regressors : 1) + b.entries());
    return both;
  };
  static std::map<std::string, std::unique_ptr<BothModels>> known;
  auto& one = known[column + estimator];
  if (!one) one = std::make_unique<BothModels>(make(column, estimator));
  return *one;
}

/// Question: what do pairs replicates of both models cost, drawn by authorities and by areas (fewer than
/// 9,999: the cost is linear in them)? The corrected score has percentile-t, the within estimator and 2SLS
/// have none.
void pairs_of_both_models(benchmark::State& state, const char* column, const char* estimator,
                          long replicates) {
  const BothModels& both = both_models(column, estimator);
  BootstrapPlan plan;
  plan.clusters = both.clusters;
  plan.replicates = replicates;
  plan.parallelism = {static_cast<int>(state.range(0))};
  for (auto _ : state) benchmark::DoNotOptimize(joint_bootstrap(both.fits, plan));
  state.counters["replicates"] = static_cast<double>(replicates);
  state.counters["flops"] = 2.0 * both.multiply_adds * static_cast<double>(replicates);
  state.counters["clusters"] = static_cast<double>(both.clusters);
}
#define SPILLWAY_PAIRS(name, column, estimator, replicates)                    \
  BENCHMARK_CAPTURE(pairs_of_both_models, name, column, estimator, replicates) \
      ->Arg(1)                                                                 \
      ->Arg(2)                                                                 \
      ->Unit(benchmark::kMillisecond)                                          \
      ->MeasureProcessCPUTime()                                                \
      ->UseRealTime()
SPILLWAY_PAIRS(authorities, "lad_code", "corrected_score", 9'999);
SPILLWAY_PAIRS(areas, "area_code", "within", 1'024);
SPILLWAY_PAIRS(areas_percentile_t, "area_code", "corrected_score", 512);

/// The plain serial reference of a replicate: the rows of the drawn authorities gathered, both ways demeaned,
/// X'X made and solved, and 2SLS likewise; no standard error.
void naive_refit_of_both_models(benchmark::State& state) {
  const BothModels& both = both_models("lad_code", "corrected_score");
  const PanelData& panel = *both.models[0].panel;
  const Table& table = world().inputs.pack.areas;
  const Eigen::Index periods = panel.y.cols() - 1;
  const Clusters clusters = clusters_by(table, "lad_code");
  std::vector<std::vector<Eigen::Index>> members(static_cast<std::size_t>(clusters.count()));
  for (std::size_t row = 0; row < panel.area.size(); ++row)
    members[static_cast<std::size_t>(clusters.of_area[static_cast<std::size_t>(panel.area[row])])].push_back(
        static_cast<Eigen::Index>(row));
  const Eigen::MatrixXd lag = panel.weights.matrix() * panel.y.leftCols(periods);
  const std::array<const std::vector<double>*, 5> iv = {
      &table.numbers("growth_decade"), &table.numbers("grants_per_head"), &table.numbers("drug_crime_rate"),
      &table.numbers("turnout"), &table.numbers("log_population")};
  const auto types = static_cast<Eigen::Index>(panel.type_names.size());
  std::uint64_t replicate = 0;
  for (auto _ : state) {
    Stream stream(1, Purpose::diagnostics, replicate++);
    std::vector<Eigen::Index> rows;
    for (std::size_t g = 0; g < members.size(); ++g) {
      const auto& drawn = members[stream.below(static_cast<std::uint32_t>(members.size()))];
      rows.insert(rows.end(), drawn.begin(), drawn.end());
    }
    const auto count = static_cast<Eigen::Index>(rows.size());
    std::vector<Eigen::MatrixXd> columns(static_cast<std::size_t>(types + 2),
                                         Eigen::MatrixXd::Zero(count, periods));
    Eigen::MatrixXd cross_section(count, 6);
    for (Eigen::Index k = 0; k < count; ++k) {
      const Eigen::Index row = rows[static_cast<std::size_t>(k)];
      columns[static_cast<std::size_t>(panel.type[static_cast<std::size_t>(row)])].row(k) = lag.row(row);
      columns[static_cast<std::size_t>(types)].row(k) = panel.y.row(row).head(periods);
      columns[static_cast<std::size_t>(types + 1)].row(k) = panel.y.row(row).tail(periods);
      for (std::size_t c = 0; c < iv.size(); ++c)
        cross_section(k, static_cast<Eigen::Index>(c)) =
            (*iv[c])[static_cast<std::size_t>(panel.area[static_cast<std::size_t>(row)])];
      cross_section(k, 5) = 1.0;
    }
    for (Eigen::MatrixXd& one : columns) {
      one.colwise() -= one.rowwise().mean().eval();
      one.rowwise() -= one.colwise().mean().eval();
    }
    Eigen::MatrixXd cross(types + 2, types + 2);
    for (Eigen::Index c = 0; c < types + 2; ++c)
      for (Eigen::Index f = 0; f <= c; ++f)
        cross(f, c) = cross(c, f) =
            columns[static_cast<std::size_t>(f)].cwiseProduct(columns[static_cast<std::size_t>(c)]).sum();
    benchmark::DoNotOptimize(
        cross.topLeftCorner(types + 1, types + 1).llt().solve(cross.col(types + 1).head(types + 1)).eval());
    const Eigen::MatrixXd products = cross_section.transpose() * cross_section;
    const Eigen::MatrixXd zz = products.bottomRightCorner(4, 4),
                          zx = products.bottomRows(4).rightCols(5)(Eigen::all, std::array{0, 3, 4});
    const Eigen::MatrixXd first = zz.llt().solve(zx);
    benchmark::DoNotOptimize(
        (zx.transpose() * first).llt().solve(first.transpose() * products.col(0).tail(4)).eval());
  }
}
BENCHMARK(naive_refit_of_both_models)->Unit(benchmark::kMillisecond);

/// Question: what do the counts alone cost (a floor of the line above)?
void counts_of_309_clusters(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cluster_counts(309, 0, 9'999, 1));
}
BENCHMARK(counts_of_309_clusters)->Unit(benchmark::kMillisecond);

/// Question: does the lag of the panel run at memory speed, and how does it scale?
void spatial_lag_of_the_panel(benchmark::State& state) {
  const Eigen::MatrixXd& y = world().inputs.pack.panel.at("gva").value;
  for (auto _ : state)
    benchmark::DoNotOptimize(spatial_lag(world().inputs.weights, y, {static_cast<int>(state.range(0))}));
  state.SetBytesProcessed(state.iterations() * (world().inputs.weights.matrix().nonZeros() + y.rows()) *
                          y.cols() * 8);
}
BENCHMARK(spatial_lag_of_the_panel)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
