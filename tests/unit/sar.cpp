// Spatial autoregressions small enough to check by hand, their data cut from a pack, and their messages.
#include <doctest/doctest.h>

#include <limits>

#include "engine/estimate/spatial/sar_design.hpp"
#include "engine/run/inputs.hpp"
#include "tests/support/sar_cases.hpp"

using namespace spillway;

namespace {

SpatialWeights pair_and_island() { return SpatialWeights(test::sparse(3, {{0, 1, 1.0}, {1, 0, 1.0}}), true); }

Column number(const std::string& name, std::vector<double> values) {
  Column column;
  column.name = name;
  column.number = std::move(values);
  return column;
}

constexpr double gap = std::numeric_limits<double>::quiet_NaN();

/// Six areas in a row; y and x of areas, g of a panel of four years.
DataPack small_pack() {
  DataPack pack;
  pack.name = "small";
  Column code;
  code.name = "area_code";
  code.kind = ColumnKind::text;
  for (int i = 0; i < 6; ++i) {
    code.level.push_back(i);
    code.levels.push_back("A" + std::to_string(i));
  }
  pack.areas.rows = 6;
  pack.areas.columns = {code,
                        number("y", {1, 3, 2, 5, 4, 6}),
                        number("x", {0.5, 1, 2, 2.5, 2, 4}),
                        number("one", {1, 1, 1, 1, 1, 1}),
                        number("holes", {1, gap, 2, 3, 5, 4}),
                        number("part", {1, 1, 1, 1, 0, 0})};
  pack.panel.periods = {2001, 2002, 2003, 2004};
  PanelVariable g{"g", "log points", "", Eigen::MatrixXd(6, 4), ""}, v = g;
  v.name = "v";
  for (Eigen::Index i = 0; i < 6; ++i)
    for (Eigen::Index t = 0; t < 4; ++t) {
      g.value(i, t) = static_cast<double>((i * 7 + t * 5) % 11);
      v.value(i, t) = static_cast<double>((i * 3 + t * 4) % 7);
    }
  pack.panel.variables = {g, v};
  return pack;
}

SpatialWeights row_of_six() {
  std::vector<Eigen::Triplet<double>> entries;
  for (int i = 0; i + 1 < 6; ++i) {
    entries.emplace_back(i, i + 1, 1.0);
    entries.emplace_back(i + 1, i, 1.0);
  }
  return SpatialWeights(test::sparse(6, entries), true);
}

SarModel pack_model(const std::string& outcome, const std::vector<std::string>& covariates) {
  SarModel model = test::sar_model({"qml"});
  model.outcome = outcome;
  model.covariates = covariates;
  return model;
}

std::string message(const auto& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("two neighbours and an island have the log-determinant log(1 - rho^2), and its derivatives") {
  const SpatialWeights weights = pair_and_island();
  const LogDeterminant determinant(weights);
  CHECK(determinant.structure().unit_roots == 1);
  CHECK(determinant.structure().islands == 1);
  for (const double rho : {-0.9, -0.2, 0.0, 0.5, 0.95}) {
    const auto f = determinant.fast(rho);
    const double left = 1.0 - rho * rho;
    CHECK(f.value == doctest::Approx(std::log(left)).epsilon(1e-7));
    CHECK(f.first == doctest::Approx(-2.0 * rho / left).epsilon(1e-5));
    CHECK(f.second == doctest::Approx(-2.0 * (1.0 + rho * rho) / (left * left)).epsilon(1e-4));
    CHECK(determinant.exact(rho) == doctest::Approx(std::log(left)).epsilon(1e-12));
    // G = [rho, 1; 1, rho] / (1 - rho^2): tr G'G = 2 (1 + rho^2) / (1 - rho^2)^2.
    CHECK(determinant.traces(rho).gg ==
          doctest::Approx(2.0 * (1.0 + rho * rho) / (left * left)).epsilon(1e-12));
  }
}

TEST_CASE("W that is not row-standardised has the limit 1 / its largest eigenvalue") {
  // A star of four: eigenvalues +-sqrt(3), so (-1 / sqrt 3, 1 / sqrt 3), wider than by row sums (1 / 3).
  std::vector<Eigen::Triplet<double>> entries;
  for (int i = 1; i < 4; ++i) {
    entries.emplace_back(0, i, 1.0);
    entries.emplace_back(i, 0, 1.0);
  }
  const SpatialWeights star(test::sparse(4, entries), false);
  const LogDeterminant determinant(star);
  CHECK(determinant.admissible().upper == doctest::Approx(1.0 / std::sqrt(3.0)).epsilon(1e-9));
  CHECK(determinant.admissible().lower == doctest::Approx(-1.0 / std::sqrt(3.0)).epsilon(1e-9));
  CHECK(determinant.fast(0.4).value == doctest::Approx(std::log(1.0 - 3.0 * 0.16)).epsilon(1e-7));
}

TEST_CASE("effects of a balanced panel are taken off by groups") {
  SarData data;
  data.area_effects = SarData::AreaEffects::removed;
  data.effect_group = {0, 0, 1, 1};
  data.effect_groups = 2;
  Eigen::MatrixXd value(4, 3);
  // mu_i + tau_gt + an interaction that survives in the first group.
  value << 1, 2, 3, 5, 6, 10, 0, 4, 9, 7, 11, 16;
  remove_effects(data, value);
  Eigen::MatrixXd expected(4, 3);
  // First group: differences 4, 4, 7 with mean 5 leave -+(d - 5) / 2.
  expected << 0.5, 0.5, -1, -0.5, -0.5, 1, 0, 0, 0, 0, 0, 0;
  CHECK((value - expected).norm() < 1e-12);
}

TEST_CASE("a cross-section takes areas' columns and leaves out constants, gaps and other areas as told") {
  const DataPack pack = small_pack();
  const SpatialWeights weights = row_of_six();
  const SarData data = sar_data(pack_model("y", {"x", "one"}), {}, pack, weights);
  CHECK(data.shape == SarData::Shape::cross_section);
  CHECK(data.x_names == std::vector<std::string>{"x"});
  CHECK(data.notes ==
        std::vector<std::string>{
            "covariate 'one' is the same for every area: not identified beside the constant, dropped"});
  CHECK(data.y(3, 0) == 5.0);
  SarModel part = pack_model("y", {"x"});
  part.restrict_to = "part";
  const SarData restricted = sar_data(part, {}, pack, weights);
  CHECK(restricted.areas() == 4);
  CHECK(restricted.weights.matrix().coeff(3, 2) == 1.0);  // its other neighbour lies outside
  SarModel dropped = pack_model("y", {"holes"});
  dropped.missing = MissingOutcomes::drop;
  const SarData kept = sar_data(dropped, {}, pack, weights);
  CHECK(kept.area == std::vector<int>{0, 2, 3, 4, 5});
  CHECK(kept.weights.islands() == std::vector<int>{0});
  CHECK(message([&] { sar_data(pack_model("y", {"holes"}), {}, pack, weights); }) ==
        "model 'test': 'holes' is missing in 1 of 6 areas, first in 'A1' (a spatial lag cannot use a "
        "neighbour that is not there: set "
        "missing = \"drop\", or fill it in the pack)");
  dropped.missing = MissingOutcomes::impute;
  CHECK(message([&] { sar_data(dropped, {}, pack, weights); }) ==
        "model 'test': missing = \"impute\" needs a panel, and 'y' is a column of areas (use \"drop\", or "
        "fill it in the pack)");
}

TEST_CASE("a panel takes every period, and drops what its effects absorb") {
  const DataPack pack = small_pack();
  const SarData data = sar_data(pack_model("g", {"v", "x"}), {}, pack, row_of_six());
  CHECK(data.shape == SarData::Shape::panel);
  CHECK(data.periods == std::vector<int>{2001, 2002, 2003, 2004});
  CHECK(data.spans() == 4);
  CHECK(data.x_names == std::vector<std::string>{"v"});
  CHECK(data.notes ==
        std::vector<std::string>{
            "covariate 'x' does not change over time: not identified beside area effects, dropped"});
  CHECK(data.effects == "area and common period effects");
  SarModel pooled = pack_model("g", {"v", "x"});
  pooled.area_effects = false;
  pooled.period_effects = PeriodEffects::none;
  const SarData plain = sar_data(pooled, {}, pack, row_of_six());
  CHECK(plain.x_names == std::vector<std::string>{"v", "x"});
  CHECK(plain.effect_group.empty());
  const SarDesign design = sar_design(plain, DurbinTerms::all, LagOrder::before_effects, {});
  CHECK(design.names == std::vector<std::string>{"(Intercept)", "v", "x", "lag_x:v", "lag_x:x"});
}

TEST_CASE("names, echo and notes say what was fitted") {
  test::SarWorld world;
  world.periods = 3;
  const SarData data = test::sar_world(test::lattice(8, 8), world);
  SarModel model = test::sar_model({"qml", "gs2sls"});
  model.durbin = true;
  const auto fits = fit_spatial_autoregression(data, model, {});
  REQUIRE(fits.size() == 2);
  const Estimate& e = fits[0].estimate;
  CHECK(e.names == std::vector<std::string>{"rho", "x1", "x2", "lag_x:x1", "lag_x:x2", "impact_direct:x1",
                                            "impact_direct:x2", "impact_indirect:x1", "impact_indirect:x2",
                                            "impact_total:x1", "impact_total:x2"});
  CHECK(e.interval_method == "normal");
  CHECK(e.observations == 192);
  CHECK(e.echo ==
        "qml: spatial Durbin lag model, area and common period effects, W of 420 links, log-determinant "
        "interpolated between "
        "exact values by sparse LDL', information-matrix standard errors (iid), T/(T-1) of Lee & Yu");
  CHECK(fits[1].estimate.echo ==
        "gs2sls: spatial Durbin lag model, area and common period effects, instruments: 4 spatial lags of 2 "
        "covariates, covariance iid, sigma2 = e'e/(n (T - 1) - k)");
  const Eigen::Index total = e.find("impact_total:x1"), direct = e.find("impact_direct:x1"),
                     indirect = e.find("impact_indirect:x1");
  CHECK(e.coefficients[total] == doctest::Approx(e.coefficients[direct] + e.coefficients[indirect]));
  CHECK(e.covariance(total, total) ==
        doctest::Approx(e.covariance(direct, direct) + e.covariance(indirect, indirect) +
                        2.0 * e.covariance(direct, indirect)));
  CHECK(e.high[0] - e.coefficients[0] == doctest::Approx(1.959963985 * e.standard_error(0)));
}

TEST_CASE("what does not go together is refused in words") {
  const SarData data = test::sar_world(test::lattice(6, 6), {});
  const auto says = [&](const SarModel& model) {
    return message([&] { fit_spatial_autoregression(data, model, {}); });
  };
  CHECK(says(test::sar_model({"qml_elhorst"})) ==
        "model 'test': qml_elhorst is for panels with area or period effects; choose qml");
  SarModel foreign = test::sar_model({"qml"});
  foreign.estimators = {Estimator::liml};
  CHECK(
      says(foreign) ==
      "model 'test': estimator 'liml' is not one of a spatial autoregression's (qml, qml_exact, qml_elhorst, "
      "gs2sls, gs2sls_wx)");
  SarData alone = data;
  alone.weights = SpatialWeights(test::sparse(36, {}), true);
  CHECK(message([&] { fit_spatial_autoregression(alone, test::sar_model({"qml"}), {}); }) ==
        "model 'test': none of 36 areas has a neighbour, so there is no spatial term to estimate");
  SarData twice = data;
  twice.x[1] = 3.0 * data.x[0].array() - 1.0;
  CHECK(message([&] { fit_spatial_autoregression(twice, test::sar_model({"qml"}), {}); }) ==
        "model 'test': regressors 'x1' and 'x2' are collinear; leave 'x2' out");
  SarData fitted = data;
  fitted.y = data.x[0];
  CHECK(message([&] { fit_spatial_autoregression(fitted, test::sar_model({"qml"}), {}); }) ==
        "model 'test': the regressors fit 'y' without any residual; there is no likelihood to maximise");
  SarData bare = data;
  bare.x.clear();
  bare.x_names.clear();
  CHECK(message([&] { fit_spatial_autoregression(bare, test::sar_model({"gs2sls"}), {}); }) ==
        "model 'test': gs2sls instruments W y by W x, and there is no covariate (name some, or use qml)");
}

TEST_CASE("a spatial lag of nothing but a constant is estimated") {
  test::SarWorld world;
  world.beta = {};
  const Estimate e =
      fit_spatial_autoregression(test::sar_world(test::lattice(15, 15), world), test::sar_model({"qml"}), {})
          .front()
          .estimate;
  CHECK(e.names == std::vector<std::string>{"rho", "(Intercept)"});
  CHECK(std::abs(e.coefficients[0] - 0.4) < 4.0 * e.standard_error(0));
}

TEST_CASE("models on one W share its log-determinant; another W gets its own") {
  SharedDeterminant shared;
  const SpatialWeights lattice = test::lattice(4, 5), copy = lattice, other = test::lattice(5, 4);
  const auto first = shared.of(lattice, {});
  CHECK(shared.of(copy, {}) == first);
  const auto second = shared.of(other, {});
  CHECK(second != first);
  CHECK(second->exact(0.3) == LogDeterminant(other).exact(0.3));
}
