// The configuration reader on good input: every key, defaults, overrides, the files that ship.
#include <doctest/doctest.h>

#include <algorithm>

#include "engine/config/run_config.hpp"
#include "engine/config/table_reader.hpp"

using namespace spillway;

namespace {

const std::string small = R"(
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
covariance = { kind = "cluster", by = "lad_code" }
[[model]]
name = "infrastructure"
kind = "iv"
outcome = "growth_decade"
endogenous = ["grants"]
instruments = ["crime", "turnout"]
covariance = { kind = "two_way", by = ["lad_code", "constituency_code"] }
[bootstrap]
cluster = "lad_code"
replicates = 99
[[scenario]]
name = "fence"
lever = "ukspf_ring_fence"
[scenario.parameters]
share = { distribution = "pert", low = 0.05, mode = 0.1, high = 0.2, source = "assumption", date = 2026-11-24 }
delay = 2
areas = ["E1", "E2"]
steps = [0.1, 0.2]
allocation = "by_head"
neutral = true
)";

const Distribution& number(const RunConfig& config, const std::string& name) {
  return std::get<Distribution>(config.scenarios.at(0).parameters.at(name));
}

}  // namespace

TEST_CASE("what is not written stands at its default") {
  const RunConfig config = parse_config(small);
  const RunConfig plain;
  CHECK(config.seed == plain.seed);
  CHECK(config.weights_kind == "contiguity");
  CHECK(config.horizon == 10);
  CHECK(config.quantiles == plain.quantiles);
  CHECK(config.rulebook == "green-book-2026");
  const PanelModel& panel = std::get<PanelModel>(config.models[0]);
  CHECK(names_of(panel.estimators) ==
        std::vector<std::string>{"within", "half_panel_jackknife", "corrected_score"});
  CHECK(panel.headline == Estimator::corrected_score);
  CHECK(panel.covariance.small_sample == SmallSample::cr1);
  const IvModel& iv = std::get<IvModel>(config.models[1]);
  CHECK(names_of(iv.estimators) == std::vector<std::string>{"ols", "2sls"});
  CHECK(iv.headline == Estimator::two_stage);
  CHECK(iv.headline_cell == "grants:crime+turnout");
  CHECK(config.text == small);
}

TEST_CASE("draws follow replicates where only those are given") {
  const RunConfig config = parse_config(small);
  CHECK(config.replicates == 99);
  CHECK(config.draws == 99);
}

TEST_CASE("a scenario without estimates is driven by this run's headlines") {
  const RunConfig config = parse_config(small);
  CHECK(config.scenarios[0].estimates.at("spillover") == "spillover/corrected_score");
  CHECK(config.scenarios[0].estimates.at("infrastructure") == "infrastructure/2sls");
}

TEST_CASE("parameters are numbers, distributions, texts, flags and lists") {
  const RunConfig config = parse_config(small);
  const auto& parameters = config.scenarios[0].parameters;
  CHECK(number(config, "share").kind == "pert");
  CHECK(number(config, "share").values.at("mode") == 0.1);
  CHECK(number(config, "share").source == "assumption");
  CHECK(number(config, "share").date == "2026-11-24");
  CHECK(number(config, "share").line == 21);
  CHECK(config.scenarios[0].parameter_lines.at("share") == 21);
  CHECK(number(config, "delay").kind == "point");
  CHECK(number(config, "delay").values.at("value") == 2.0);
  CHECK(std::get<std::vector<std::string>>(parameters.at("areas")) == std::vector<std::string>{"E1", "E2"});
  CHECK(std::get<std::vector<double>>(parameters.at("steps")) == std::vector<double>{0.1, 0.2});
  CHECK(std::get<std::string>(parameters.at("allocation")) == "by_head");
  CHECK(std::get<bool>(parameters.at("neutral")));
}

TEST_CASE("every key of the configuration is read into its field") {
  const RunConfig config = parse_config(R"(
[run]
name = "all"
seed = 7
threads = 3
memory_gb = 1.5
reproducible = true
[data]
pack = "packs/north-east"
synthetic_seed = 8
synthetic_areas = 500
[weights]
kind = "inverse_distance"
row_standardise = false
islands = "attach-nearest"
cutoff_km = 12.5
decay = 2
[areas]
type = "kind"
[[model]]
name = "a"
kind = "spatial_lag_panel"
outcome = "y"
better = "lower"
covariates = ["x1"]
predetermined = ["x2"]
area_effects = false
period_effects = "by_region"
spatial_lag = "common"
own_lag = false
own_lags = 2
missing = "impute"
estimators = ["within", "double_filter_iv"]
headline = "as_published"
headline_fallback = "within"
covariance = { kind = "conley", cutoff_km = 30.0, kernel = "uniform", small_sample = "none" }
level = 0.9
interval = "normal"
restrict_to = "in_sample"
[[model]]
name = "b"
kind = "iv"
outcome = "z"
window_years = 5
proxies = ["p", "q"]
instrument_sets = [["r"], ["r", "s"]]
headline_cell = "q:s+r"
lacks = ["q"]
controls = ["c"]
fixed_effects = ["region_code"]
weights_column = "population"
estimators = ["ols", "2sls", "liml"]
headline = "liml"
covariance = { kind = "cluster", by = ["lad_code"], small_sample = "cr3" }
[model.units]
p = "GBP per head"
[[model]]
name = "c"
kind = "spatial_autoregression"
outcome = "z"
durbin = true
spatial_error = true
estimators = ["qml_exact"]
[[model]]
name = "d"
kind = "spatial_autoregression"
outcome = "z"
estimators = ["gs2sls"]
covariance = { kind = "hc1" }
[bootstrap]
scheme = "cluster_pairs"
cluster = "area_code"
replicates = 200
draws = 100
wild_weights = "webb"
[counterfactual]
growth = "trend"
[[scenario]]
name = "one"
lever = "some_lever"
[scenario.estimates]
spillover = { run = "other.h5", estimate = "x/y" }
infrastructure = "b/ols"
[scenario.convert]
factor = 2.5
source = "table 3"
[[scenario]]
name = "two"
lever = "some_lever"
[[correlation]]
parameters = ["one.p", "one.q"]
matrix = [[1.0, 0.5], [0.5, 1.0]]
[outcomes]
horizon = 4
area = ["gva_per_head_uplift"]
quantiles = [0.1, 0.9]
groupings = ["nation"]
keep_draws_of = ["E01000001"]
[appraisal]
rulebook = "green-book-2022"
price_base_year = 2020
discount_base_year = 2021
appraisal_years = 30
reference_option = "do_minimum"
first_year = 2023
optimism_bias_class = "equipment"
capital_share = 0.6
residual_persistence = 0.9
health_rate = true
department = "mhclg"
envelope = [20, 30]
distributional_weights = true
income_column = "gdhi_per_head"
[appraisal.benefits]
gva = { value = 0.3, source = "a paper" }
)");
  CHECK(config.name == "all");
  CHECK(config.seed == 7);
  CHECK(config.threads == 3);
  CHECK(config.memory_gb == 1.5);
  CHECK(config.reproducible);
  CHECK(config.pack == "packs/north-east");
  CHECK(config.synthetic_seed == 8);
  CHECK(config.synthetic_areas == 500);
  CHECK(config.weights_kind == "inverse_distance");
  CHECK_FALSE(config.row_standardise);
  CHECK(config.islands == "attach-nearest");
  CHECK(config.cutoff_km == 12.5);
  CHECK(config.decay == 2.0);
  CHECK(config.area_type == "kind");
  const PanelModel& a = std::get<PanelModel>(config.models.at(0));
  CHECK(a.better == Better::lower);
  CHECK(a.covariates == std::vector<std::string>{"x1"});
  CHECK(a.predetermined == std::vector<std::string>{"x2"});
  CHECK_FALSE(a.area_effects);
  CHECK(a.period_effects == PeriodEffects::by_region);
  CHECK(a.spatial_lag == SpatialLag::common);
  CHECK_FALSE(a.own_lag);
  CHECK(a.own_lags == 2);
  CHECK(a.missing == MissingOutcomes::impute);
  CHECK(a.headline == Estimator::as_published);
  CHECK(a.headline_fallback == Estimator::within);
  CHECK(a.covariance.kind == CovarianceKind::conley);
  CHECK(a.covariance.cutoff_km == 30.0);
  CHECK(a.covariance.kernel == ConleyKernel::uniform);
  CHECK(a.covariance.small_sample == SmallSample::none);
  CHECK(a.level == 0.9);
  CHECK(a.interval == IntervalKind::normal);
  CHECK(a.restrict_to == "in_sample");
  const IvModel& b = std::get<IvModel>(config.models.at(1));
  const SarModel& c = std::get<SarModel>(config.models.at(2));
  CHECK(b.window_years == 5.0);
  CHECK(b.instrument_sets == std::vector<std::vector<std::string>>{{"r"}, {"r", "s"}});
  CHECK(b.headline_cell == "q:r+s");
  CHECK(b.lacks == std::vector<std::string>{"q"});
  CHECK(b.controls == std::vector<std::string>{"c"});
  CHECK(b.fixed_effects == std::vector<std::string>{"region_code"});
  CHECK(b.weights_column == "population");
  CHECK(b.endogenous_units.at("p") == "GBP per head");
  CHECK(b.covariance.small_sample == SmallSample::cr3);
  CHECK(c.durbin);
  CHECK(c.spatial_error);
  CHECK(c.covariance.kind == CovarianceKind::iid);
  CHECK(common(config.models.at(3)).covariance.kind == CovarianceKind::hc1);
  CHECK(common(parse_config("[[model]]\nname = \"m\"\nkind = \"spatial_lag_panel\"\noutcome = \"y\"\n"
                            "covariance = { kind = \"driscoll_kraay\", lags = 3 }\n")
                   .models.at(0))
            .covariance.lags == 3);
  CHECK(config.bootstrap_scheme == BootstrapScheme::cluster_pairs);
  CHECK(config.bootstrap_cluster == "area_code");
  CHECK(config.replicates == 200);
  CHECK(config.draws == 100);
  CHECK(config.wild_weights == "webb");
  CHECK(config.counterfactual_growth == "trend");
  const ScenarioConfig& one = config.scenarios.at(0);
  CHECK(one.lever == "some_lever");
  CHECK(one.estimates.at("spillover") == "x/y");
  CHECK(one.estimate_runs.at("spillover") == "other.h5");
  CHECK(one.estimates.at("infrastructure") == "b/ols");
  CHECK(one.estimate_runs.count("infrastructure") == 0);
  CHECK(one.convert.at("factor") == 2.5);
  CHECK(one.convert_source == "table 3");
  CHECK(config.scenarios.at(1).estimates.at("spillover") == "a/as_published");
  CHECK(config.correlated.at(0) == std::vector<std::string>{"one.p", "one.q"});
  CHECK(config.correlation.at(0) == std::vector<double>{1.0, 0.5, 1.0});
  CHECK(config.horizon == 4);
  CHECK(config.area_outcomes == std::vector<std::string>{"gva_per_head_uplift"});
  CHECK(config.quantiles == std::vector<double>{0.1, 0.9});
  CHECK(config.groupings == std::vector<std::string>{"nation"});
  CHECK(config.keep_draws_of == std::vector<std::string>{"E01000001"});
  CHECK(config.rulebook == "green-book-2022");
  CHECK(config.price_base_year == 2020);
  CHECK(config.discount_base_year == 2021);
  CHECK(config.appraisal_years == 30);
  CHECK(config.reference_option == "do_minimum");
  CHECK(config.optimism_bias_class == "equipment");
  CHECK(config.distributional_weights);
  CHECK(config.starts_in() == 2023);
  CHECK(config.capital_share == 0.6);
  CHECK(config.residual_persistence == 0.9);
  CHECK(config.health_rate);
  CHECK_FALSE(config.lower_rate);
  CHECK(config.department == "mhclg");
  CHECK(config.envelope == std::vector<double>{20.0, 30.0});
  CHECK(config.income_column == "gdhi_per_head");
  CHECK(std::get<Distribution>(config.benefits.at("gva")).source == "a paper");
}

TEST_CASE("the remaining kinds of weights take their own keys") {
  const auto with = [](const std::string& weights) { return parse_config("[weights]\n" + weights + small); };
  CHECK(with("kind = \"knn\"\nk = 9").knn == 9);
  CHECK(with("kind = \"file\"\npath = \"a.gal\"").weights_path == "a.gal");
  CHECK(with("kind = \"distance_band\"\ncutoff_km = 3").cutoff_km == 3.0);
}

TEST_CASE("estimates alone need no bootstrap") {
  const RunConfig config = parse_config(R"(
[[model]]
name = "m"
kind = "spatial_lag_panel"
outcome = "y"
covariance = { kind = "hc1" }
)");
  CHECK(config.bootstrap_cluster.empty());
}

TEST_CASE("overrides address models and scenarios by name and are kept with the text") {
  const RunConfig config =
      parse_config(small, "run.toml",
                   {"run.seed=7", "scenario.fence.parameters.share=0.1", "data.pack=packs/ne",
                    "model.spillover.period_effects = \"none\"", "run.seed=9",
                    "scenario.fence.parameters.delay={distribution=\"uniform\",low=1,high=2}",
                    "model.spillover.covariance.by=msoa_code", "outcomes.horizon=3"});
  CHECK(config.seed == 9);
  CHECK(config.pack == "packs/ne");
  CHECK(config.horizon == 3);
  CHECK(std::get<PanelModel>(config.models[0]).period_effects == PeriodEffects::none);
  CHECK(common(config.models[0]).covariance.by == std::vector<std::string>{"msoa_code"});
  CHECK(number(config, "share").kind == "point");
  CHECK(number(config, "share").values.at("value") == 0.1);
  CHECK(number(config, "share").source == "--set on the command line");
  CHECK(number(config, "delay").kind == "uniform");
  CHECK(config.text.substr(0, small.size()) == small);
  CHECK(config.text.substr(small.size(), 26) == "# --set run.seed=7\n# --set");
  CHECK(parse_config(config.text).seed == RunConfig{}.seed);
}

TEST_CASE("an override of a text may look like a number") {
  const RunConfig config = parse_config(small, "run.toml", {"run.name=2026", "data.pack=1.0"});
  CHECK(config.name == "2026");
  CHECK(config.pack == "1.0");
}

TEST_CASE("an override with line breaks stays a comment in the kept text") {
  const RunConfig config = parse_config(small, "run.toml", {"outcomes.quantiles=[0.1,\n0.9]"});
  CHECK(config.quantiles == std::vector<double>{0.1, 0.9});
  CHECK(parse_config(config.text).quantiles == RunConfig{}.quantiles);
}

TEST_CASE("the configuration that init writes can be run") {
  const RunConfig config = parse_config(commented_config());
  CHECK(config.models.size() == 2);
  CHECK(config.scenarios.size() == 2);
}

TEST_CASE("the configuration that init writes mentions every key there is") {
  const std::string text = commented_config();
  for (const auto& section : section_keys())
    for (const auto& key : section.second) {
      CAPTURE(section.first);
      CAPTURE(key);
      CHECK(text.find(key) != std::string::npos);
    }
}

TEST_CASE("the shipped configurations are the main job and its small copy") {
  const std::filesystem::path folder = std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs";
  const RunConfig main_job = read_config(folder / "default.toml");
  CHECK(main_job.synthetic_areas == 33755);
  CHECK(main_job.replicates == 9999);
  CHECK(main_job.draws == 9999);
  CHECK(main_job.horizon == 10);
  CHECK(main_job.area_outcomes == std::vector<std::string>{"uplift", "cumulative_uplift"});
  CHECK(main_job.scenarios.size() == 3);
  CHECK(common(main_job.models[0]).headline == Estimator::corrected_score);
  CHECK(std::get<IvModel>(main_job.models[1]).headline_cell == "grants_per_head:drug_crime_rate+turnout");
  const RunConfig smoke = read_config(folder / "smoke.toml");
  CHECK(smoke.synthetic_areas == 2000);
  CHECK(smoke.replicates == 399);
  CHECK(smoke.draws == 399);
  CHECK(smoke.horizon == 5);
  CHECK(common(smoke.models[0]).estimators == common(main_job.models[0]).estimators);
  CHECK(smoke.scenarios.size() == 3);
}

TEST_CASE("every word of the catalogue is read, and no estimator is without its kind's list") {
  for (const EstimatorRow& row : estimators) {
    CAPTURE(row.name);
    CHECK(named<Estimator>(row.name) == row.id);
    CHECK_FALSE(row.help.empty());
  }
  for (const ModelKindRow& kind : model_kinds) {
    CAPTURE(kind.name);
    const auto list = estimators_of(kind.id);
    CHECK(std::count_if(list.begin(), list.end(), [](Estimator one) {
            return row_of(one).listed == EstimatorRow::Listed::leads;
          }) == 1);
  }
  CHECK(name_of(IntervalKind::decided).empty());
}

TEST_CASE("several endogenous regressors make one cell, named as results name it") {
  const auto of = [](const std::string& headline_cell) {
    return std::get<IvModel>(parse_config("[[model]]\nname = \"m\"\nkind = \"iv\"\noutcome = \"y\"\n"
                                          "endogenous = [\"a\", \"b\"]\ninstruments = [\"z\", \"w\"]\n"
                                          "covariance = { kind = \"hc1\" }\n" +
                                          headline_cell)
                                 .models.at(0))
        .headline_cell;
  };
  CHECK(of("") == "a+b:z+w");
  CHECK(of("headline_cell = \"a+b:w+z\"\n") == "a+b:z+w");
}
