// Spatial autoregressions against R's spatialreg, spdep and splm, and Python's spreg.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/run/estimation.hpp"
#include "tests/support/sar_cases.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;
using nlohmann::json;

namespace {

Estimate fit_one(const SarData& data, const SarModel& model) {
  return fit_spatial_autoregression(data, model, FitContext{}).front().estimate;
}

/// Names as the peers print them, and ours.
std::string ours(const std::string& theirs, const std::string& first) {
  if (theirs == "Rho" || theirs == "rho" || (theirs == "lambda" && first == "rho")) return first;
  return theirs == "const" ? "(Intercept)" : theirs;
}

void compare_named(test::Margin& margin, const Estimate& e, const json& expected, const char* what,
                   double tolerance, const std::string& first = "rho") {
  for (const auto& [name, value] : expected.items())
    margin.compare(std::string(what) == "coef" ? test::coefficient(e, ours(name, first))
                                               : test::error_of(e, ours(name, first)),
                   value, tolerance);
}

/// A published cross-section of spatialreg's, all its estimators.
void spatialreg_case(const std::filesystem::path& shared, const std::string& id, const std::string& outcome,
                     const std::vector<std::string>& covariates) {
  const auto folder = shared / "reference" / id;
  const json expected = test::read_expected(folder)["expected"];
  const SarData data = test::cross_section_case(folder, outcome, covariates);
  for (const char* estimator : {"qml", "qml_exact"}) {
    const Estimate lag = fit_one(data, test::sar_model({estimator}));
    const json& ml = expected["sar_ml"];
    test::Margin margin(id + " " + estimator);
    margin.compare(test::coefficient(lag, "rho"), ml["rho"], 1e-5);
    margin.compare(test::error_of(lag, "rho"), ml["rho_se"], 1e-5);
    compare_named(margin, lag, ml["coef"], "coef", 1e-5);
    compare_named(margin, lag, ml["se"], "se", 1e-5);
    margin.compare(lag.diagnostic("sigma2"), ml["sigma2"], 1e-5);
    margin.compare(lag.diagnostic("log_likelihood"), ml["loglik"], 1e-8);
    margin.compare(lag.diagnostic("likelihood_ratio"), ml["LR_vs_ols"], 1e-6);
    for (const auto& [kind, values] : expected["sar_impacts"].items())
      for (const auto& [name, value] : values.items())
        margin.compare(test::coefficient(lag, "impact_" + kind + ":" + name), value, 1e-5);
    SarModel error = test::sar_model({estimator});
    error.spatial_error = true;
    const Estimate sem = fit_one(data, error);
    const json& their = expected["sem_ml"];
    test::Margin sem_margin(id + " error " + estimator);
    sem_margin.compare(test::coefficient(sem, "lambda"), their["lambda"], 1e-5);
    sem_margin.compare(test::error_of(sem, "lambda"), their["lambda_se"], 1e-5);
    compare_named(sem_margin, sem, their["coef"], "coef", 1e-5, "lambda");
    sem_margin.compare(sem.diagnostic("log_likelihood"), their["loglik"], 1e-8);
  }
  test::Margin margin(id + " stsls");
  const Estimate two_stage = fit_one(data, test::sar_model({"gs2sls"}));
  margin.compare(test::coefficient(two_stage, "rho"), expected["stsls_W2X"]["rho"], 1e-8);
  compare_named(margin, two_stage, expected["stsls_W2X"]["coef"], "coef", 1e-8);
  compare_named(margin, two_stage, expected["stsls_W2X"]["se"], "se", 1e-8);
  margin.compare(two_stage.diagnostic("sigma2"), expected["stsls_W2X"]["sigma2"], 1e-8);
  const Estimate one_lag = fit_one(data, test::sar_model({"gs2sls_wx"}));
  compare_named(margin, one_lag, expected["stsls_WX_only"]["coef"], "coef", 1e-8);
  compare_named(margin, one_lag, expected["stsls_WX_only"]["se"], "se", 1e-8);
  const Estimate robust = fit_one(data, test::sar_model({"gs2sls"}, "hc0"));
  compare_named(margin, robust, expected["stsls_robust_HC0"]["coef"], "coef", 1e-8);
  compare_named(margin, robust, expected["stsls_robust_HC0"]["se"], "se", 1e-8);

  test::Margin tests(id + " spdep tests");
  tests.compare(two_stage.diagnostic("moran_i"), expected["ols"]["moran_I"], 1e-8);
  tests.compare(two_stage.diagnostic("lm_error"), expected["ols"]["LM"]["LMerr"], 1e-8);
  tests.compare(two_stage.diagnostic("lm_lag"), expected["ols"]["LM"]["LMlag"], 1e-8);
  tests.compare(two_stage.diagnostic("lm_error_robust"), expected["ols"]["LM"]["RLMerr"], 1e-7);
  tests.compare(two_stage.diagnostic("lm_lag_robust"), expected["ols"]["LM"]["RLMlag"], 1e-7);
  const double z = expected["ols"]["moran_z"];
  for (const auto& one : two_stage.diagnostics)
    if (one.name == "moran_i") tests.compare(*one.p, std::erfc(z / std::sqrt(2.0)), 1e-6);
}

}  // namespace

TEST_CASE("Columbus crime is spatialreg's lag and error model, stsls and impacts") {
  SPILLWAY_NEEDS_SHARED(shared);
  spatialreg_case(shared, "sar_columbus", "CRIME", {"INC", "HOVAL"});
}

TEST_CASE("a configuration and a pack lead to spatialreg's Columbus too") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "sar_columbus";
  const json expected = test::read_expected(folder)["expected"];
  const SarData data = test::cross_section_case(folder, "CRIME", {"INC", "HOVAL"});
  DataPack pack;
  pack.name = "columbus";
  pack.areas.rows = 49;
  const auto text = [&](const std::string& name, const auto& of) {
    Column column;
    column.name = name;
    column.kind = ColumnKind::text;
    for (int i = 0; i < 49; ++i) {
      column.level.push_back(i);
      column.levels.push_back(of(i));
    }
    pack.areas.columns.push_back(column);
  };
  const auto number = [&](const std::string& name, const Eigen::MatrixXd& value) {
    Column column;
    column.name = name;
    column.number.assign(value.data(), value.data() + value.size());
    pack.areas.columns.push_back(column);
  };
  text("area_code", [](int i) { return fmt::format("C{}", i); });
  text("area_type", [](int i) { return fmt::format("T{}", i); });
  number("CRIME", data.y);
  number("INC", data.x[0]);
  number("HOVAL", data.x[1]);
  const auto& w = data.weights.matrix();
  for (int i = 0; i < 49; ++i)
    for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it)
      pack.edges.push_back({i, static_cast<std::int32_t>(it.col()), 1.0});
  const RunConfig config = parse_config(R"(
[[model]]
name = "sar"
kind = "spatial_autoregression"
outcome = "CRIME"
covariates = ["INC", "HOVAL"]
estimators = ["qml", "gs2sls"]
[bootstrap]
cluster = "area_code"
)");
  const ModelFits fits = fit_model(config.models.front(), config, make_inputs(config, std::move(pack)), {});
  REQUIRE(fits.headline());
  CHECK(fits.headline()->estimate.estimator == "qml");
  test::Margin margin("sar_columbus through a configuration");
  margin.compare(test::coefficient(fits.headline()->estimate, "rho"), expected["sar_ml"]["rho"], 1e-5);
  margin.compare(test::error_of(fits.headline()->estimate, "rho"), expected["sar_ml"]["rho_se"], 1e-5);
  margin.compare(test::coefficient(fits.find("gs2sls")->estimate, "rho"), expected["stsls_W2X"]["rho"], 1e-8);
}

TEST_CASE("turnout in 3,107 counties is spatialreg's lag and error model, stsls and impacts") {
  SPILLWAY_NEEDS_SHARED(shared);
  spatialreg_case(shared, "sar_elect80", "pc_turnout", {"pc_college", "pc_homeownership", "pc_income"});
}

TEST_CASE("Columbus values under rook weights are spreg's ML_Lag and every variant of GM_Lag") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "spreg_columbus_rook";
  const json expected = test::read_expected(folder)["expected"];
  const SarData data = test::cross_section_case(folder, "HOVAL", {"INC", "CRIME"});
  test::Margin margin("spreg_columbus_rook");
  const Estimate lag = fit_one(data, test::sar_model({"qml"}));
  compare_named(margin, lag, expected["ml_lag"]["coef"], "coef", 1e-5);
  compare_named(margin, lag, expected["ml_lag"]["se"], "se", 1e-5);
  margin.compare(lag.diagnostic("sigma2"), expected["ml_lag"]["sig2"], 1e-5);
  margin.compare(lag.diagnostic("log_likelihood"), expected["ml_lag"]["loglik"], 1e-8);
  test::Margin moments("spreg_columbus_rook GM_Lag");
  for (const auto& [lags, estimator] :
       {std::pair<std::string, std::string>{"1", "gs2sls_wx"}, {"2", "gs2sls"}})
    for (const auto& [suffix, kind, small] : std::vector<std::array<std::string, 3>>{
             {"", "iid", "none"}, {"_white", "hc0", "none"}, {"_sig2n_k", "iid", "cr1"}}) {
      const json& their = expected["gm_lag_wlags" + lags + suffix];
      const Estimate e = fit_one(data, test::sar_model({estimator}, kind, small));
      compare_named(moments, e, their["coef"], "coef", 1e-8);
      compare_named(moments, e, their["se"], "se", 1e-8);
    }
  test::Margin tests("spreg_columbus_rook tests");
  tests.compare(lag.diagnostic("lm_lag"), expected["ols"]["lm_lag"], 1e-8);
  tests.compare(lag.diagnostic("lm_error"), expected["ols"]["lm_error"], 1e-8);
  tests.compare(lag.diagnostic("lm_lag_robust"), expected["ols"]["rlm_lag"], 1e-7);
  tests.compare(lag.diagnostic("lm_error_robust"), expected["ols"]["rlm_error"], 1e-7);
  tests.compare(lag.diagnostic("moran_i"), expected["ols"]["moran_I"], 1e-8);
}

TEST_CASE("Munnell's panel is splm's within likelihood, with one-way and two-way effects") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "splm_produc";
  const json expected = test::read_expected(folder)["expected"];
  const std::vector<std::string> covariates = {"lpcap", "lpc", "lemp", "unemp"};
  std::vector<std::string> columns = covariates;
  columns.push_back("lgsp");
  const auto panel = test::read_long(folder / "data.csv", "state", "year", columns);
  SarData data;
  data.model = "test";
  data.outcome = "lgsp";
  data.shape = SarData::Shape::panel;
  data.area_effects = SarData::AreaEffects::removed;
  data.y = panel.value.at("lgsp");
  for (const auto& name : covariates) data.x.push_back(panel.value.at(name));
  data.x_names = covariates;
  for (int i = 0; i < data.y.rows(); ++i) data.area.push_back(i);
  data.weights = test::read_weights(folder / "w.csv", data.y.rows());
  data.periods = panel.periods;
  for (const char* effects : {"individual", "twoways"}) {
    if (std::string(effects) == "twoways") {
      data.effect_group.assign(data.area.size(), 0);
      data.effect_groups = 1;
    }
    const json& their = expected[effects];
    const Estimate e = fit_one(data, test::sar_model({"qml_elhorst"}));
    test::Margin margin(std::string("splm_produc ") + effects);
    compare_named(margin, e, their["coef"], "coef", 1e-5);
    compare_named(margin, e, their["se"], "se", 1e-5);
    if (their.contains("sigma2")) margin.compare(e.diagnostic("sigma2"), their["sigma2"], 1e-5);
    margin.compare(e.diagnostic("log_likelihood"), their["loglik"], 1e-7);
  }
  data.effect_group.clear();
  data.effect_group.clear();
  const Estimate corrected = fit_one(data, test::sar_model({"qml"}));
  test::Margin margin("splm_produc individual, Lee & Yu");
  compare_named(margin, corrected, expected["individual"]["coef"], "coef", 1e-5);
  const double share = std::sqrt(static_cast<double>(data.spans()) / static_cast<double>(data.spans() - 1));
  margin.compare(test::error_of(corrected, "rho"),
                 share * static_cast<double>(expected["individual"]["se"]["lambda"]), 1e-5);
  test::Margin moments("splm_produc within 2SLS");
  const Estimate two_stage = fit_one(data, test::sar_model({"gs2sls"}, "iid", "stata"));
  compare_named(moments, two_stage, expected["spgm_within_2sls"]["coef"], "coef", 1e-8);
  compare_named(moments, two_stage, expected["spgm_within_2sls"]["se"], "se", 1e-8);
}
