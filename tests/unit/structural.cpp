// The structural form of model B, the expansion behind it, and where a scenario's uplift comes from: by hand
// and against exact solves.
#include "engine/estimate/iv/structural.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/streams.hpp"
#include "engine/config/catalogue.hpp"
#include "engine/estimate/iv/instrumental.hpp"
#include "engine/run/area_split.hpp"
#include "engine/run/structural_estimates.hpp"
#include "engine/run/uplift_split.hpp"
#include "scenarios/policy_builder.hpp"
#include "tests/support/lever_world.hpp"
#include "tests/support/shipped.hpp"

using namespace spillway;

namespace {

SpatialWeights ring(int areas) {
  SpatialWeights::Matrix raw(areas, areas);
  std::vector<Eigen::Triplet<double, int>> links;
  for (int i = 0; i < areas; ++i) {
    links.emplace_back(i, (i + 1) % areas, 1.0);
    links.emplace_back(i, (i + areas - 1) % areas, 1.0);
  }
  raw.setFromTriplets(links.begin(), links.end());
  return SpatialWeights(raw, true);
}

Eigen::VectorXd noise(Eigen::Index rows, std::uint32_t part) {
  Stream stream(20261129, Purpose::coverage_world, 0, part);
  Eigen::VectorXd values(rows);
  for (auto& value : values) value = stream.normal();
  return values;
}

Eigen::MatrixXd dense(const SpatialWeights& weights, const std::vector<std::int32_t>& type,
                      const SpreadPoint& point) {
  const Eigen::MatrixXd w = weights.matrix();
  Eigen::VectorXd rho(w.rows());
  for (Eigen::Index i = 0; i < w.rows(); ++i) rho(i) = point.rho(type[static_cast<std::size_t>(i)]);
  const Eigen::MatrixXd one = Eigen::MatrixXd::Identity(w.rows(), w.rows());
  return (one - rho.asDiagonal() * w - point.phi * one).inverse();
}

/// A ring of 60 areas in 12 clusters with two instruments.
struct World {
  SpatialWeights weights = ring(60);
  std::vector<std::int32_t> type;
  StructuralData data;
  IvModel model;
  FitContext context;
  SpreadPoint point{Eigen::Vector2d(0.35, 0.42), 0.1};

  World() {
    const Eigen::Index n = 60;
    for (Eigen::Index i = 0; i < n; ++i) type.push_back(i % 3 == 0 ? 0 : 1);
    data.instruments.resize(n, 2);
    data.instruments << noise(n, 1), noise(n, 2);
    const Eigen::VectorXd hidden = noise(n, 3);
    data.regressor = 50.0 * Eigen::VectorXd::Ones(n) + 3.0 * data.instruments.col(0) -
                     2.0 * data.instruments.col(1) + 2.0 * hidden;
    CrossSection& rows = data.rows;
    rows.model = "world";
    rows.outcome = "growth_decade";
    rows.outcome_unit = "log points";
    rows.cell = "s:z1+z2";
    rows.endogenous = data.regressor;
    rows.instruments = data.instruments;
    rows.controls = noise(n, 4);
    rows.endogenous_names = {"s"};
    rows.instrument_names = {"z1", "z2"};
    rows.control_names = {"w"};
    for (int i = 0; i < n; ++i) rows.area.push_back(i);
    data.window_years = 10.0;
    data.period_years = 2.0;
    rows.y = 5.0 * (0.02 * dense(weights, type, point) * data.regressor + 0.1 * rows.controls.col(0) +
                    0.1 * hidden + 0.05 * noise(n, 5));
    model.name = "world";
    model.window_years = 10.0;
    model.covariance.kind = CovarianceKind::hc1;
    Clusters clusters;
    clusters.column = "cluster";
    for (int i = 0; i < n; ++i) clusters.of_area.push_back(i / 5);
    for (int g = 0; g < 12; ++g) clusters.names.push_back(std::to_string(g));
    context.joint = clusters;
    context.replicates = 99;
  }
};

}  // namespace

TEST_CASE("a ring of six areas: the structural b is what the hand calculation says") {
  // rho .4, phi .1, one unit of s in area 0. The response x solves .9 x_i - .2 (x_{i-1} + x_{i+1}) = s_i; by
  // symmetry x_0 = 6.21, x_1 = x_5 = 1.46, x_2 = x_4 = .36, x_3 = .16, all over 5.005.
  const SpatialWeights weights = ring(6);
  const std::vector<std::int32_t> type(6, 0);
  const SpreadExpansion spread(weights, type, {Eigen::VectorXd::Constant(1, 0.4), 0.1});
  const Eigen::VectorXd s = Eigen::VectorXd::Unit(6, 0);
  const Eigen::VectorXd x = spread.solve(s);
  const double by_hand[] = {6.21, 1.46, 0.36, 0.16, 0.36, 1.46};
  for (int i = 0; i < 6; ++i) CHECK(x(i) == doctest::Approx(by_hand[i] / 5.005).epsilon(1e-12));

  // Growth over ten years in periods of two: y n / w = y / 5 = 0.01 + b x with b = 0.003.
  StructuralData data;
  data.regressor = s;
  data.instruments = Eigen::VectorXd::LinSpaced(6, -1.0, 1.0) + 2.0 * s;
  data.window_years = 10.0;
  data.period_years = 2.0;
  data.rows.model = "ring";
  data.rows.y = 5.0 * (0.01 + 0.003 * x.array()).matrix();
  data.rows.endogenous = s;
  data.rows.instruments = data.instruments;
  data.rows.controls.resize(6, 0);
  data.rows.endogenous_names = {"s"};
  data.rows.instrument_names = {"z"};
  for (int i = 0; i < 6; ++i) data.rows.area.push_back(i);
  IvModel model;
  model.covariance.kind = CovarianceKind::hc1;
  const Fit fit = fit_structural(data, model, FitContext{}, spread, false);
  CHECK(fit.estimate.estimator == "structural");
  CHECK(std::abs(fit.estimate.coefficients(0) - 0.003) < 1e-9);
  CHECK(std::abs(fit.estimate.coefficients(1) - 0.01) < 1e-9);
  // Model B as it stands sees something else: neighbours' share is in it.
  const Fit plain = fit_instrumental(
                        data.rows,
                        [&] {
                          IvModel other = model;
                          other.estimators = estimators_named({"2sls"});
                          return other;
                        }(),
                        FitContext{})
                        .front();
  CHECK(std::abs(plain.estimate.coefficients(0) / 5.0 - 0.003) > 1e-4);
}

TEST_CASE("the expansion is exact where it is made and off by no more than its bound elsewhere") {
  const World world;
  const SpreadExpansion spread(world.weights, world.type, world.point);
  const Eigen::VectorXd& v = world.data.regressor;
  CHECK((spread.solve(v) - dense(world.weights, world.type, world.point) * v).cwiseAbs().maxCoeff() < 1e-10);
  for (const int order : {1, 2}) {
    const Eigen::MatrixXd terms = spread.terms(v, order);
    REQUIRE(terms.cols() == spread.count(order));
    CHECK(spread.error_bound(world.point, order) == 0.0);
    double before = 0.0;
    for (const double step : {0.01, 0.02, 0.04}) {
      const SpreadPoint moved{world.point.rho + Eigen::Vector2d(step, -0.5 * step),
                              world.point.phi + 0.5 * step};
      const Eigen::VectorXd found = terms * spread.factors(moved, order);
      const double error = (found - dense(world.weights, world.type, moved) * v).cwiseAbs().maxCoeff() /
                           terms.col(0).cwiseAbs().maxCoeff();
      CHECK(error <= spread.error_bound(moved, order));
      CHECK(error > 0.0);
      if (before > 0.0) CHECK(error / before == doctest::Approx(std::pow(2.0, order + 1)).epsilon(0.25));
      before = error;
    }
  }
}

TEST_CASE("growth that never settles has no structural form") {
  const SpatialWeights weights = ring(6);
  const SpreadPoint explosive{Eigen::VectorXd::Constant(1, 0.8), -0.2};
  const auto make = [&] { return SpreadExpansion(weights, std::vector<std::int32_t>(6, 0), explosive); };
  CHECK_THROWS_WITH_AS(make(), doctest::Contains("max |rho| + |phi| is 1 (needs to be below 1"),
                       NumericalError);
}

TEST_CASE("a value that is not finite is never taken for a response that has settled") {
  const SpatialWeights weights = ring(6);
  const SpreadExpansion spread(weights, std::vector<std::int32_t>(6, 0),
                               {Eigen::VectorXd::Constant(1, 0.4), 0.1});
  using Limits = std::numeric_limits<double>;
  for (const double one : {Limits::quiet_NaN(), Limits::infinity(), Limits::max()}) {
    Eigen::MatrixXd v = Eigen::MatrixXd::Ones(6, 3);
    v(2, 1) = one;
    CHECK_THROWS_WITH_AS(spread.solve(v), doctest::Contains("not finite"), NumericalError);
  }
}

TEST_CASE("replicates: every cluster once and the same A is the estimate; another A is the exact refit") {
  const World world;
  const SpreadExpansion spread(world.weights, world.type, world.point);
  const Fit fit = fit_structural(world.data, world.model, world.context, spread, false);
  REQUIRE(fit.resampled);
  REQUIRE(fit.resampled->needs_spread());
  Eigen::MatrixXd counts = Eigen::MatrixXd::Ones(12, 4), at(3, 4);
  at.col(0) << world.point.rho, world.point.phi;
  at.col(1) = at.col(0) + Eigen::Vector3d(0.02, -0.01, 0.01);
  at.col(2) = at.col(1);
  counts.col(2) << 2, 0, 1, 3, 1, 1, 0, 1, 2, 0, 1, 0;
  at.col(3) << 0.7, 0.7, 0.35;  // explosive
  ReplicateBlock block;
  block.count = 4;
  block.weight = counts.data();
  block.clusters = 12;
  block.spread = &at;
  fit.resampled->evaluate(block);
  CHECK(block.value(0, 0) == doctest::Approx(fit.estimate.coefficients(0)).epsilon(1e-10));
  CHECK(block.status == std::vector<std::uint8_t>{0, 0, 0, 3});
  CHECK(std::isnan(block.value(0, 3)));
  for (const Eigen::Index b : {1, 2}) {
    // The same with rows repeated and (I - A)^-1 solved exactly at the moved A.
    const Eigen::MatrixXd m = dense(world.weights, world.type, {at.col(b).head(2), at(2, b)});
    const Eigen::VectorXd response = m * world.data.regressor;
    const Eigen::MatrixXd instruments = m * world.data.instruments;
    std::vector<int> rows;
    for (int i = 0; i < 60; ++i)
      for (int k = 0; k < static_cast<int>(counts(i / 5, b)); ++k) rows.push_back(i);
    CrossSection repeated = world.data.rows;
    const auto n = static_cast<Eigen::Index>(rows.size());
    repeated.area.clear();
    repeated.y.resize(n);
    repeated.endogenous.resize(n, 1);
    repeated.instruments.resize(n, 4);
    repeated.controls.resize(n, 1);
    repeated.instrument_names = {"z1", "z2", "Mz1", "Mz2"};
    for (Eigen::Index r = 0; r < n; ++r) {
      const int i = rows[static_cast<std::size_t>(r)];
      repeated.area.push_back(static_cast<int>(r));
      repeated.y(r) = world.data.rows.y(i) / 5.0;
      repeated.endogenous(r, 0) = response(i);
      repeated.instruments.row(r) << world.data.instruments.row(i), instruments.row(i);
      repeated.controls(r, 0) = world.data.rows.controls(i, 0);
    }
    IvModel model = world.model;
    model.estimators = estimators_named({"2sls"});
    const double exact = fit_instrumental(repeated, model, FitContext{}).front().estimate.coefficients(0);
    const double moved = std::abs(block.value(0, b) - block.value(0, 0));
    CHECK(moved > 1e-4);  // the other A and the other weights matter
    CHECK(block.value(0, b) == doctest::Approx(exact).epsilon(1e-3));
  }
}

TEST_CASE("a column's response has the bits that it has alone, whatever stands beside it") {
  const World world;
  const SpreadExpansion spread(world.weights, world.type, world.point);
  Eigen::MatrixXd columns(60, 11);
  for (Eigen::Index k = 0; k < 11; ++k)
    columns.col(k) =
        std::pow(10.0, static_cast<double>(k) - 5.0) * noise(60, static_cast<std::uint32_t>(20 + k));
  columns.col(4) = Eigen::VectorXd::Unit(60, 7);  // needs other steps than noise
  const Eigen::MatrixXd together = spread.solve(columns);
  for (Eigen::Index k = 0; k < 11; ++k)
    CHECK(together.col(k) == spread.solve(Eigen::MatrixXd(columns.col(k))).col(0));
  const auto terms = spread.terms(Eigen::MatrixXd(columns.leftCols(3)), {2, 1, 2});
  CHECK(terms[0] == spread.terms(Eigen::VectorXd(columns.col(0)), 2));
  CHECK(terms[1] == spread.terms(Eigen::VectorXd(columns.col(1)), 1));
  CHECK(terms[2] == spread.terms(Eigen::VectorXd(columns.col(2)), 2));
}

TEST_CASE("where rho is common or phi is fixed the expansion has no more terms than that") {
  const World world;
  const Eigen::VectorXd& v = world.data.regressor;
  const SpreadPoint point{Eigen::Vector2d(0.4, 0.4), 0.0};
  for (const auto rho : {SpreadFreedom::Rho::by_type, SpreadFreedom::Rho::common})
    for (const auto phi : {SpreadFreedom::Phi::free, SpreadFreedom::Phi::fixed}) {
      const SpreadExpansion spread(world.weights, world.type, point, {}, {rho, phi});
      const bool common = rho == SpreadFreedom::Rho::common, free = phi == SpreadFreedom::Phi::free;
      CHECK(spread.parameters() == (common ? 1 : 2) + (free ? 1 : 0));
      const SpreadPoint moved{Eigen::Vector2d(0.41, common ? 0.41 : 0.38), free ? 0.01 : 0.0};
      const Eigen::MatrixXd terms = spread.terms(v, 2);
      const Eigen::VectorXd found = terms * spread.factors(moved, 2);
      const double error = (found - dense(world.weights, world.type, moved) * v).cwiseAbs().maxCoeff() /
                           terms.col(0).cwiseAbs().maxCoeff();
      CHECK(error <= spread.error_bound(moved, 2));
    }
}

TEST_CASE("a study's structural draws are those that each pair has by itself") {
  const DataPack pack = read_pack(test::shipped_folder() / "pack");
  const auto models_of = [&](const std::string& lag, Inputs& inputs, RunConfig& config) {
    config = parse_config(
        "[areas]\ntype = \"area_type\"\n[[model]]\nname = \"a\"\nkind = \"spatial_lag_panel\"\noutcome = "
        "\"growth\"\nspatial_lag = \"by_type\"\nown_lag = " +
        lag +
        "\nestimators = [\"within\", \"corrected_score\"]\nheadline = \"corrected_score\"\ncovariance = { "
        "kind = \"cluster\", by = \"lad_code\" }\n[[model]]\nname = "
        "\"b\"\nkind = \"iv\"\noutcome = \"growth_decade\"\nproxies = [\"grants_per_head\", "
        "\"lottery_per_head\"]\ninstrument_sets = [[\"turnout\"], [\"drug_crime_rate\", \"turnout\"]]\n"
        "headline_cell = \"grants_per_head:turnout\"\ncontrols = [\"log_population\"]\nestimators = "
        "[\"ols\", \"2sls\"]\nheadline = \"2sls\"\ncovariance = { kind = \"cluster\", by = \"lad_code\" "
        "}\n[bootstrap]\ncluster = \"lad_code\"\nreplicates = "
        "149\ndraws = 1\n");
    inputs = make_inputs(config, pack);
    std::vector<ModelFits> models;
    for (const ModelConfig& model : config.models) models.push_back(fit_model(model, config, inputs, {}));
    replicate(models, config, inputs, {});
    return models;
  };
  for (const std::string lag : {"true", "false"}) {
    Inputs inputs;
    RunConfig config;
    const std::vector<ModelFits> models = models_of(lag, inputs, config);
    std::vector<ModelFits> cells;  // one model a cell, as the specification curve has them
    for (const std::string cell : {"grants_per_head:turnout", "grants_per_head:drug_crime_rate+turnout",
                                   "lottery_per_head:drug_crime_rate+turnout"}) {
      cells.emplace_back();
      IvModel model = std::get<IvModel>(models[1].config);
      model.headline_cell = cell;
      cells.back().config = std::move(model);
    }
    std::vector<StructuralStudy::Wanted> wanted;
    for (const ModelFits& cell : cells)
      for (const char* estimator : {"ols", "2sls"}) wanted.push_back({&cell, estimator});
    const StructuralStudy study(wanted, config, inputs);
    for (std::size_t k = 0; k < models[0].fits.size(); ++k) {
      const Fit& spillover = models[0].fits[k];
      const Replicates& of_spillover = models[0].replicates[k];
      if (of_spillover.value.size() == 0) continue;
      const std::vector<StructuralDraws> together = study.draws(spillover, of_spillover, inputs, {2});
      REQUIRE(together.size() == 6);
      for (std::size_t w = 0; w < wanted.size(); ++w) {
        CAPTURE(spillover.estimate.estimator);
        CAPTURE(w);
        const Fit fit =
            structural_fit(*wanted[w].cell, wanted[w].estimator, spillover.estimate, config, inputs, {});
        const Replicates alone = structural_replicates(fit, spillover, of_spillover, config, inputs, {});
        REQUIRE(together[w].why_not.empty());
        CHECK(together[w].fit.estimate.estimator == fit.estimate.estimator);
        CHECK(together[w].fit.resampled->parameters() == fit.resampled->parameters());
        CHECK(together[w].replicates.status == alone.status);
        REQUIRE(alone.value.cols() == 149);
        for (Eigen::Index r = 0; r < 149; ++r)
          if (alone.status[static_cast<std::size_t>(r)] == 0)
            CHECK(together[w].replicates.value(0, r) == doctest::Approx(alone.value(0, r)).epsilon(1e-11));
      }
    }
  }
}

TEST_CASE("a study says of every pair why it has no form") {
  const DataPack pack = read_pack(test::shipped_folder() / "pack");
  const RunConfig config = parse_config(
      "[[model]]\nname = \"b\"\nkind = \"iv\"\noutcome = \"growth_decade\"\nendogenous = "
      "[\"grants_per_head\"]\ninstruments = [\"turnout\"]\nestimators = [\"2sls\"]\nheadline = \"2sls\"\n"
      "covariance = { kind = \"cluster\", by = \"lad_code\" }\n[bootstrap]\ncluster = "
      "\"lad_code\"\nreplicates = 99\ndraws = 1\n");
  const Inputs inputs = make_inputs(config, pack);
  ModelFits cell;
  cell.config = config.models.front();
  Fit spillover;
  spillover.estimate.model = "a";
  spillover.estimate.estimator = "within";
  spillover.estimate.names = {"lag"};
  spillover.estimate.coefficients = Eigen::VectorXd::Constant(1, 1.2);
  const auto draws =
      StructuralStudy({{&cell, "2sls"}}, config, inputs).draws(spillover, Replicates{}, inputs, {});
  CHECK(draws.front().why_not.find("max |rho| + |phi| is 1.2") != std::string::npos);
  CHECK_THROWS_WITH_AS(structural_fit(cell, "2sls", spillover.estimate, config, inputs, {}),
                       draws.front().why_not.c_str(), NumericalError);
}

TEST_CASE("SLX holds the neighbours' regressor beside the area's own") {
  World world;
  const Eigen::MatrixXd w = world.weights.matrix();
  world.data.rows.y = (0.3 * world.data.regressor + 0.2 * w * world.data.regressor).eval();
  const Fit fit = fit_slx(world.data, world.model, world.context, world.weights);
  CHECK(fit.estimate.names[0] == "s");
  CHECK(fit.estimate.names[1] == "W s");
  CHECK(fit.estimate.coefficients(0) == doctest::Approx(0.3).epsilon(1e-9));
  CHECK(fit.estimate.coefficients(1) == doctest::Approx(0.2).epsilon(1e-9));
}

TEST_CASE("a ring of six: what comes from funded neighbours, from others and from an area itself") {
  // Area 0 is funded and gains 1 in the first period; area 3 loses 0.5 and is not. rho .3 (area 0), .35 (area
  // 1), .4 (others), phi .1, two periods.
  const auto world = test::lever_world(6, 1, 1, 2);
  scenarios::PolicyBuilder builder(world->context);
  Eigen::MatrixXd once(1, 2);
  once << 1.0, 0.0;
  builder.mark_funded(Eigen::VectorXd::Unit(6, 0));
  builder.add_shock(Eigen::VectorXd::Unit(6, 0) - 0.5 * Eigen::VectorXd::Unit(6, 3), once);
  const Policy policy = builder.finish();
  // u_F: (1, 0, 0, 0, 0, 0) then (.1, .35 / 2, 0, 0, 0, .4 / 2).
  const Eigen::MatrixXd funded = propagate_one(funded_alone(policy), 0);
  CHECK(std::abs(funded(0, 1) - 0.1) < 1e-9);
  CHECK(std::abs(funded(1, 1) - 0.175) < 1e-9);
  CHECK(std::abs(funded(5, 1) - 0.2) < 1e-9);
  CHECK(std::abs(funded(2, 1)) < 1e-9);
  const Eigen::VectorXd own = own_response(policy, 0);
  CHECK(std::abs(own(0) - 1.1) < 1e-9);
  CHECK(std::abs(own(3) + 0.55) < 1e-9);

  OutcomePlan plan;
  plan.rate_weight = plan.head_weight = Eigen::VectorXd::Ones(6);
  plan.growth = Eigen::VectorXd::Zero(6);
  plan.groupings = {{"area", {0, 1, 2, 3, 4, 5}, {"a", "b", "c", "d", "e", "f"}}};
  const UpliftSplit split = uplift_split(policy, {}, plan, {1});
  REQUIRE(split.groupings.size() == 1);
  const auto& part = split.groupings[0].part;
  REQUIRE(part.size() == 4);
  const Eigen::VectorXd total = propagate_one(policy.dynamics, 0).rowwise().sum();
  for (Eigen::Index i = 0; i < 6; ++i) {
    CHECK(part[0](0, i) + part[1](0, i) + part[2](0, i) == doctest::Approx(part[3](0, i)).epsilon(1e-7));
    CHECK(std::abs(part[3](0, i) - total(i)) < 1e-7);
    CHECK(std::abs(part[0](0, i) - own(i)) < 1e-12);
  }
  CHECK(std::abs(part[1](0, 1) - 0.175) < 1e-7);
  CHECK(std::abs(part[1](0, 0)) < 1e-7);              // no echo within two periods
  CHECK(std::abs(part[2](0, 2) + 0.5 * 0.2) < 1e-7);  // area 2 loses .4 / 2 of area 3's half
  CHECK(std::abs(part[2](0, 3)) < 1e-7);

  // The same of every area, each part a response of its own: they add up, and by hand.
  plan.quantiles = {0.5};
  const AreaSplit areas = area_split(policy, plan, {1});
  for (Eigen::Index i = 0; i < 6; ++i) {
    for (std::size_t p = 0; p < 3; ++p) {
      CHECK(std::abs(areas.part[p].mean(i) - part[p](0, i)) < 1e-6);
      CHECK(areas.part[p].quantile(0, i) == areas.part[p].mean(i));  // one draw
    }
    CHECK(std::abs(areas.part[0].mean(i) + areas.part[1].mean(i) + areas.part[2].mean(i) - total(i)) < 1e-6);
  }

  // The scenario's own aggregates, where they are known, are the total that is split: no second propagation.
  OutcomePlan whole = plan;
  whole.outcomes = {AreaOutcome::uplift, AreaOutcome::cumulative_uplift};
  whole.quantiles = {0.5};
  std::vector<AggregateSeries> known = evaluate_reference(policy.dynamics, whole).aggregates;
  for (AggregateSeries& series : known)
    for (float& value : series.value) value += 1.0f;  // told apart from one made anew
  const UpliftSplit given = uplift_split(policy, {}, whole, {1}, known);
  REQUIRE(given.groupings.size() == 1);
  for (Eigen::Index i = 0; i < 6; ++i)
    CHECK(given.groupings[0].part[3](0, i) == doctest::Approx(total(i) + 1.0).epsilon(1e-6));

  // Aggregates alone: the same, and no summary of an area.
  OutcomePlan alone = whole;
  alone.areas = false;
  const ScenarioOutcome short_one = evaluate(policy.dynamics, alone, {1}),
                        full = evaluate(policy.dynamics, whole, {1});
  CHECK(short_one.areas.empty());
  REQUIRE(short_one.aggregates.size() == full.aggregates.size());
  for (std::size_t k = 0; k < full.aggregates.size(); ++k)
    CHECK(short_one.aggregates[k].value == full.aggregates[k].value);
}
