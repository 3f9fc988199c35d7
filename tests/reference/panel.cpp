// Model A against other programs: R's plm and fixest, and a dense numpy implementation of the corrected
// score.
#include <doctest/doctest.h>

#include <Eigen/SparseLU>

#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "tests/support/panel_cases.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;

namespace {

PanelModel static_model(const std::string& period_effects) {
  PanelModel model;
  model.name = "test";
  model.spatial_lag = SpatialLag::none;
  model.own_lag = false;
  model.period_effects = *named<PeriodEffects>(period_effects);
  model.estimators = {Estimator::within};
  return model;
}

const Estimate& named(const std::vector<Fit>& fits, const std::string& estimator) {
  for (const auto& fit : fits)
    if (fit.estimate.estimator == estimator) return fit.estimate;
  FAIL("no estimator " << estimator);
  return fits.front().estimate;
}

/// A regression with unit (and period) effects: nothing is lagged, so every period is used.
void fixed_effects_case(const std::filesystem::path& shared, const std::string& id, const std::string& unit,
                        const std::string& outcome, const std::vector<std::string>& regressors,
                        const std::string& period_effects) {
  const auto folder = shared / "reference" / id;
  const auto expected = test::read_expected(folder)["expected"];
  std::vector<std::string> columns = regressors;
  columns.push_back(outcome);
  const auto panel = test::read_long(folder / "data.csv", unit, "year", columns);
  const Eigen::MatrixXd& y = panel.value.at(outcome);
  std::vector<Eigen::MatrixXd> x;
  for (const auto& name : regressors) x.push_back(panel.value.at(name));
  const PanelData data = test::plain_panel(y, x, regressors);
  FitContext context;
  context.joint = test::one_cluster_an_area(y.rows(), unit);
  context.by = {context.joint};
  PanelModel model = static_model(period_effects);
  test::Margin margin(id);
  const auto compare_errors = [&](const std::string& kind, const std::string& small_sample,
                                  const std::string& key) {
    model.covariance.kind = *spillway::named<CovarianceKind>(kind);
    model.covariance.small_sample = *spillway::named<SmallSample>(small_sample);
    const auto fits = fit_panel(data, model, context);
    const Estimate& within = named(fits, "within");
    for (std::size_t k = 0; k < regressors.size(); ++k) {
      margin.compare(within.coefficients(static_cast<Eigen::Index>(k)), expected["coef"][regressors[k]],
                     1e-6);
      margin.compare(within.standard_error(static_cast<Eigen::Index>(k)), expected[key][regressors[k]], 1e-6);
    }
    margin.compare(within.diagnostic("residual_sum_of_squares"), expected["rss"], 1e-6);
    margin.compare(within.diagnostic("r2_within"), expected["r2_within"], 1e-6);
    CHECK(within.observations == expected["n"].get<long>());
  };
  compare_errors("iid", "none", "se_iid");
  compare_errors("hc0", "none", "se_robust_HC0_plm_white1");
  compare_errors("cluster", "none", "se_cluster_fixest_no_ssc");
  compare_errors("cluster", "none", "se_cluster_plm_arellano_HC0");
  compare_errors("cluster", "cr1", "se_cluster_plm_arellano_sss");
  compare_errors("cluster", "fixest", "se_cluster_fixest_default");
}

}  // namespace

TEST_CASE("Grunfeld with firm effects agrees with plm and fixest") {
  SPILLWAY_NEEDS_SHARED(shared);
  fixed_effects_case(shared, "fe_grunfeld", "firm", "inv", {"value", "capital"}, "none");
}

TEST_CASE("Grunfeld with firm and year effects agrees with plm and fixest") {
  SPILLWAY_NEEDS_SHARED(shared);
  fixed_effects_case(shared, "fe_grunfeld_twoway", "firm", "inv", {"value", "capital"}, "common");
}

TEST_CASE("Munnell's states with state effects agree with plm and fixest") {
  SPILLWAY_NEEDS_SHARED(shared);
  fixed_effects_case(shared, "fe_produc_munnell", "state", "lgsp", {"lpcap", "lpc", "lemp", "unemp"}, "none");
}

TEST_CASE("Munnell's states with state and year effects agree with plm and fixest") {
  SPILLWAY_NEEDS_SHARED(shared);
  fixed_effects_case(shared, "fe_produc_twoway", "state", "lgsp", {"lpcap", "lpc", "lemp", "unemp"},
                     "common");
}

TEST_CASE(
    "the spatial lag panel of 2,000 areas agrees with fixest: estimates, errors and twenty replicates") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "synth_panel_lag_2000";
  const auto expected = test::read_expected(folder)["expected"];
  const std::vector<std::string> covariates = {"x1", "x2", "x3", "x4", "x5", "x6"};
  std::vector<std::string> columns = covariates;
  for (const auto* name : {"y", "wyl", "lad", "typ"}) columns.push_back(name);
  const auto panel = test::read_long(folder / "panel.csv", "id", "year", columns);
  const Eigen::Index n = panel.value.at("y").rows(), periods = panel.value.at("y").cols();
  std::vector<Eigen::Triplet<double>> entries;
  const auto w = test::read_cells(folder / "w_zero_based.csv");
  for (std::size_t k = 0; k < w.at("i").size(); ++k)
    entries.emplace_back(std::stoi(w.at("i")[k]), std::stoi(w.at("j")[k]), std::stod(w.at("w")[k]));
  const auto matrix = test::sparse(n, entries);

  // The file starts with (W y_0), not y_0: any y_0 with that lag gives the same regression.
  Eigen::SparseMatrix<double> columns_first = matrix;
  const Eigen::SparseLU<Eigen::SparseMatrix<double>> lu(columns_first);
  REQUIRE(lu.info() == Eigen::Success);
  Eigen::VectorXd initial = lu.solve(panel.value.at("wyl").col(0));
  initial += lu.solve(panel.value.at("wyl").col(0) - matrix * initial);
  REQUIRE((matrix * initial - panel.value.at("wyl").col(0)).cwiseAbs().maxCoeff() < 1e-9);
  REQUIRE((matrix * panel.value.at("y").leftCols(periods - 1) - panel.value.at("wyl").rightCols(periods - 1))
              .cwiseAbs()
              .maxCoeff() < 1e-8);

  Eigen::MatrixXd y(n, periods + 1);
  y << initial, panel.value.at("y");
  std::vector<Eigen::MatrixXd> x;
  for (const auto& name : covariates) x.push_back(panel.value.at(name));
  PanelData data = test::plain_panel(y, x, covariates);
  data.type_names = {"dd", "od", "ot"};
  FitContext context;
  context.joint.column = "lad";
  for (Eigen::Index i = 0; i < n; ++i) {
    data.type[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(panel.value.at("typ")(i, 0));
    context.joint.of_area.push_back(static_cast<std::int32_t>(panel.value.at("lad")(i, 0)));
  }
  const int lads = 1 + *std::max_element(context.joint.of_area.begin(), context.joint.of_area.end());
  for (int g = 0; g < lads; ++g) context.joint.names.push_back(std::to_string(g));
  context.by = {context.joint};
  data.weights = SpatialWeights(matrix, false);
  PanelModel model = static_model("common");
  model.spatial_lag = SpatialLag::by_type;
  model.covariance.kind = CovarianceKind::cluster;
  const std::vector<std::string> theirs = {"wyl_dd", "wyl_od", "wyl_ot", "x1", "x2", "x3", "x4", "x5", "x6"};

  test::Margin margin("synth_panel_lag_2000");
  std::vector<Fit> fits;
  for (const auto& [small_sample, key] :
       {std::pair{"none", "se_cluster_no_ssc"}, {"fixest", "se_cluster_fixest_default"}}) {
    model.covariance.small_sample = *spillway::named<SmallSample>(small_sample);
    fits = fit_panel(data, model, context);
    for (std::size_t k = 0; k < theirs.size(); ++k) {
      const auto row = static_cast<Eigen::Index>(k);
      margin.compare(named(fits, "within").coefficients(row), expected["twoway"]["coef"][theirs[k]], 1e-7);
      margin.compare(named(fits, "within").standard_error(row), expected["twoway"][key][theirs[k]], 1e-7);
      margin.compare(named(fits, "as_published").coefficients(row),
                     expected["area_fe_only"]["coef"][theirs[k]], 1e-7);
      if (std::string(small_sample) == "none")
        margin.compare(named(fits, "as_published").standard_error(row),
                       expected["area_fe_only"][key][theirs[k]], 1e-7);
    }
  }
  const auto& replicates = expected["replicate_coef"];
  const long count = static_cast<long>(replicates.size());
  REQUIRE(count == 20);
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(lads, count);
  const auto draws = test::read_cells(folder / "draws.csv");
  for (std::size_t k = 0; k < draws.at("rep").size(); ++k)
    counts(std::stoi(draws.at("lad")[k]), std::stoi(draws.at("rep")[k]) - 1) =
        std::stod(draws.at("multiplicity")[k]);
  const Resampled& resampled = *fits[1].resampled;
  ReplicateBlock block;
  block.count = count;
  block.weight = counts.data();
  block.clusters = lads;
  block.value.resize(static_cast<Eigen::Index>(resampled.parameters().size()), count);
  block.t = block.value;
  block.status.assign(static_cast<std::size_t>(count), 0);
  resampled.evaluate(block);
  test::Margin replicate_margin("synth_panel_lag_2000 replicates");
  for (long b = 0; b < count; ++b) {
    CHECK(block.status[static_cast<std::size_t>(b)] == 0);
    for (std::size_t k = 0; k < theirs.size(); ++k)
      replicate_margin.compare(block.value(static_cast<Eigen::Index>(k), b), replicates[b][k], 1e-7);
  }
}

TEST_CASE("the corrected score agrees with a dense numpy implementation") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "corrected_score_400";
  const auto expected = test::read_expected(folder)["expected"];
  const auto panel = test::read_long(folder / "panel.csv", "area_code", "period", {"y", "x"});
  const auto n = static_cast<Eigen::Index>(panel.area.names.size());
  std::map<std::string, int> position;
  for (std::size_t i = 0; i < panel.area.names.size(); ++i)
    position[panel.area.names[i]] = static_cast<int>(i);
  const auto edges = test::read_cells(folder / "edges.csv");
  std::vector<Eigen::Triplet<double>> entries;
  for (std::size_t k = 0; k < edges.at("from").size(); ++k)
    entries.emplace_back(position.at(edges.at("from")[k]), position.at(edges.at("to")[k]), 1.0);
  const auto areas = test::read_cells(folder / "areas.csv");
  const auto types = test::levels(areas.at("area_type"));
  const Eigen::Index periods = static_cast<Eigen::Index>(panel.periods.size()) - 1;
  PanelData data = test::plain_panel(panel.value.at("y"), {panel.value.at("x").rightCols(periods)}, {"x"});
  data.type_names = types.names;
  for (std::size_t i = 0; i < areas.at("area_code").size(); ++i)
    data.type[static_cast<std::size_t>(position.at(areas.at("area_code")[i]))] = types.of_row[i];
  data.weights = SpatialWeights(test::sparse(n, entries), true);
  FitContext context;
  context.by = {test::one_cluster_an_area(n)};
  PanelModel model = static_model("common");
  model.spatial_lag = SpatialLag::by_type;
  model.own_lag = true;
  model.estimators = {Estimator::within, Estimator::corrected_score};
  model.covariance.kind = CovarianceKind::cluster;
  const auto fits = fit_panel(data, model, context);
  test::Margin margin("corrected_score_400");
  for (const auto* estimator : {"within", "corrected_score"})
    for (const auto& [name, value] : expected[estimator].items()) {
      const Estimate& estimate = named(fits, estimator);
      margin.compare(estimate.coefficients(estimate.find(name)), value, 1e-8);
    }
  for (const auto& [name, value] : expected["q_at_root"].items())
    if (name != "x")
      margin.compare(named(fits, "corrected_score").diagnostic("score_bias:" + name), value, 1e-8);
}
