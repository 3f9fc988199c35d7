// Recovery of a known truth by model A's estimators, over seeds, at a small size.
#include <doctest/doctest.h>

#include <map>
#include <numeric>

#include "engine/base/parallel.hpp"
#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/panel_covariance.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "tests/support/panel_world.hpp"

using namespace spillway;

namespace {

/// Mean and standard error of each coefficient of each estimator over worlds, and cover of stated intervals.
struct Study {
  std::map<std::string, std::vector<Eigen::VectorXd>> values;
  std::map<std::string, std::vector<double>>
      rejections;  ///< p < 0.05 of a named diagnostic of the corrected score

  double mean(const std::string& estimator, Eigen::Index k) const {
    double sum = 0.0;
    for (const auto& v : values.at(estimator)) sum += v(k);
    return sum / static_cast<double>(values.at(estimator).size());
  }
  double error(const std::string& estimator, Eigen::Index k) const {
    const double m = mean(estimator, k), count = static_cast<double>(values.at(estimator).size());
    double square = 0.0;
    for (const auto& v : values.at(estimator)) square += (v(k) - m) * (v(k) - m);
    return std::sqrt(square / (count - 1.0) / count);
  }
  double rate(const std::string& diagnostic) const {
    double sum = 0.0;
    for (const double r : rejections.at(diagnostic)) sum += r;
    return sum / static_cast<double>(rejections.at(diagnostic).size());
  }
};

Study study(test::PanelWorld world, PanelModel model, int worlds,
            const std::vector<std::string>& diagnostics = {}) {
  std::vector<std::vector<Fit>> all(static_cast<std::size_t>(worlds));
  for_each_block(worlds, 1, {0}, [&](std::ptrdiff_t first, std::ptrdiff_t) {
    test::PanelWorld one = world;
    one.replicate = static_cast<std::uint64_t>(first);
    test::World made = test::make_world(one);
    if (model.period_effects == PeriodEffects::by_type) {
      made.data.effect_group = made.data.type;
      made.data.effect_group_names = made.data.type_names;
    }
    all[static_cast<std::size_t>(first)] = fit_panel(made.data, model, made.context);
  });
  Study result;
  for (const auto& fits : all)
    for (const auto& fit : fits) {
      const Estimate& estimate = fit.estimate;
      if (!estimate.coefficients.hasNaN()) result.values[estimate.estimator].push_back(estimate.coefficients);
      if (estimate.estimator.rfind("corrected_score", 0) != 0) continue;
      for (const auto& name : diagnostics)
        for (const auto& d : estimate.diagnostics)
          if (d.name == name && d.p) result.rejections[name].push_back(*d.p < 0.05 ? 1.0 : 0.0);
    }
  return result;
}

constexpr int kWorlds = 60;
}  // namespace

TEST_CASE(
    "corrected score recovers rho by type, phi and beta where within does not, with correlated errors") {
  // 900 areas in 36 authorities, T = 10, SAR(0.4) errors, 60 worlds. Tolerance 4 standard errors of the mean
  // plus 0.003. Kills: the second term of c_sm left out.
  const test::PanelWorld world{.side = 30, .block = 5, .seed = 11};
  const Study result = study(world, test::world_model({"within", "corrected_score"}), kWorlds);
  const double truth[] = {0.3, 0.5, 0.4, 0.2, 0.5};
  REQUIRE(result.values.at("corrected_score").size() >= kWorlds - 1);
  for (Eigen::Index k = 0; k < 5; ++k)
    CHECK(std::abs(result.mean("corrected_score", k) - truth[k]) <
          4.0 * result.error("corrected_score", k) + 0.003);
  for (Eigen::Index k = 0; k < 4; ++k) CHECK(result.mean("within", k) < truth[k] - 0.03);
}

TEST_CASE(
    "double-filter IV, half-panel jackknife and Arellano-Bond come near the truth; the analytical correction "
    "only for independent errors") {
  // Kills: backward means that hold the period itself and after (DFIV), full panel not doubled (HPJ),
  // instruments one period too recent (Arellano-Bond), q of the wrong sign (analytical).
  test::PanelWorld world{.side = 30, .block = 5, .error_correlation = 0.0, .seed = 12};
  const Study result = study(world,
                             test::world_model({"double_filter_iv", "half_panel_jackknife", "arellano_bond",
                                                "analytical", "corrected_score"}),
                             kWorlds);
  const double truth[] = {0.3, 0.5, 0.4, 0.2, 0.5};
  for (const auto* estimator : {"double_filter_iv", "arellano_bond", "analytical", "half_panel_jackknife"})
    for (Eigen::Index k = 0; k < 5; ++k) {
      const double slack = std::string(estimator) == "half_panel_jackknife" ? 0.02 : 0.01;
      CHECK_MESSAGE(std::abs(result.mean(estimator, k) - truth[k]) < 4.0 * result.error(estimator, k) + slack,
                    estimator, " ", k, ": ", result.mean(estimator, k));
    }
  for (Eigen::Index k = 0; k < 4; ++k)
    CHECK(result.error("corrected_score", k) < result.error("double_filter_iv", k));
}

TEST_CASE("a second own lag is recovered too") {
  // Kills: the second own lag's moment taken from the first's iterate.
  const test::PanelWorld world{
      .side = 30, .block = 5, .periods = 10, .rho = {0.3, 0.3, 0.3}, .phi = 0.2, .phi_2 = 0.15, .seed = 13};
  PanelModel model = test::world_model({"within", "corrected_score"});
  model.own_lags = 2;
  const Study result = study(world, model, kWorlds);
  const double truth[] = {0.3, 0.3, 0.3, 0.2, 0.15, 0.5};
  for (Eigen::Index k = 0; k < 6; ++k)
    CHECK_MESSAGE(std::abs(result.mean("corrected_score", k) - truth[k]) <
                      4.0 * result.error("corrected_score", k) + 0.003,
                  k, ": ", result.mean("corrected_score", k));
  CHECK(result.mean("within", 4) < 0.15 - 0.03);
}

TEST_CASE(
    "period effects by type keep rho where types load differently on common shocks, and the test sees it") {
  // Kills: groups ignored in the period means. Size under equal loadings at most 0.2 over 60 worlds (nominal
  // 0.05).
  test::PanelWorld world{.side = 30, .block = 3, .loading = {0.3, 1.0, 1.0}, .seed = 14};
  PanelModel model = test::world_model({"corrected_score"});
  const Study common = study(world, model, kWorlds, {"equal_shocks_wald", "loading:doubly_disadvantaged"});
  CHECK(common.rate("equal_shocks_wald") > 0.9);
  CHECK(common.rate("loading:doubly_disadvantaged") > 0.9);
  model.period_effects = PeriodEffects::by_type;
  const Study by_type = study(world, model, kWorlds);
  const double truth[] = {0.3, 0.5, 0.4, 0.2, 0.5};
  for (Eigen::Index k = 0; k < 5; ++k)
    CHECK(std::abs(by_type.mean("corrected_score", k) - truth[k]) <
          4.0 * by_type.error("corrected_score", k) + 0.005);
  world.loading = {1.0, 1.0, 1.0};
  model.period_effects = PeriodEffects::common;
  const Study equal = study(
      world, model, kWorlds,
      {"equal_shocks_wald", "serial_correlation_z", "q2", "equal_rho_wald", "loading:doubly_disadvantaged"});
  CHECK(equal.rate("equal_shocks_wald") < 0.2);
  CHECK(equal.rate("loading:doubly_disadvantaged") < 0.2);
  CHECK(equal.rate("serial_correlation_z") < 0.2);
  CHECK(equal.rate("q2") < 0.2);
}

TEST_CASE("with AR(1) errors second lags keep rho, where one lag does not, and r1 is content") {
  // 900 areas, T = 22 less the lag's one, AR(0.3) errors, phi 0.2, 30 worlds. Kills: W y_{t-2} left out (rho
  // off by -0.02).
  const test::PanelWorld world{
      .side = 30, .block = 5, .periods = 22, .beta = 0.0, .serial_correlation = 0.3, .seed = 18};
  const Study result =
      study(world, test::world_model({"corrected_score", "corrected_score_second_lags"}), 30);
  const double truth[] = {0.3, 0.5, 0.4};
  for (Eigen::Index k = 0; k < 3; ++k) {
    CHECK(std::abs(result.mean("corrected_score_second_lags", k) - truth[k]) <
          4.0 * result.error("corrected_score_second_lags", k) + 0.002);
    CHECK(result.mean("corrected_score", k) < truth[k] - 0.02);
    // -alpha rho: the common factor of AR(1) errors.
    CHECK(std::abs(result.mean("corrected_score_second_lags", 5 + k) + 0.3 * truth[k]) <
          4.0 * result.error("corrected_score_second_lags", 5 + k) + 0.004);
  }
  CHECK(result.mean("corrected_score_second_lags", 3) == doctest::Approx(0.5).epsilon(0.03));  // phi + alpha
}

TEST_CASE(
    "score and its share have mean zero in every period, so year clusters are as wide as they should be") {
  // 40 worlds; each period's mean within 4.5 standard errors (40 means of 4 coefficients). Kills: a period's
  // own summand of q taken as its share (off by tens of standard errors).
  constexpr int worlds = 40, periods = 10;
  std::vector<Eigen::MatrixXd> left(worlds);
  for_each_block(worlds, 1, {0}, [&](std::ptrdiff_t w, std::ptrdiff_t) {
    const test::World made =
        test::make_world({.side = 30, .block = 5, .seed = 19, .replicate = static_cast<std::uint64_t>(w)});
    const TransformedPanel panel =
        transform(made.data, panel_variables(made.data, 1, {}), {}, 0, periods, {});
    const CorrectedScore score = corrected_score(panel, least_squares(panel, {}), made.data.weights, {});
    PanelScores scores;
    scores.panel = &panel;
    scores.residual = &score.residual;
    scores.correction = &score;
    const std::vector<std::int32_t> together(900, 0);
    left[static_cast<std::size_t>(w)] = cell_sums(scores, together, 1, {}).by_period().topRows(4);
  });
  Eigen::ArrayXXd mean = Eigen::ArrayXXd::Zero(4, periods), square = mean;
  for (const auto& one : left) mean += one.array() / worlds;
  for (const auto& one : left) square += (one.array() - mean).square() / (worlds - 1.0);
  CHECK((mean / (square / worlds).sqrt()).abs().maxCoeff() < 4.5);
}

TEST_CASE("r1 finds serially correlated errors and an own lag left out") {
  // Kills: k_lt left out (the size above; the case before).
  test::PanelWorld world{.side = 30, .block = 5, .serial_correlation = 0.3, .seed = 15};
  CHECK(study(world, test::world_model({"corrected_score"}), 30, {"serial_correlation_z"})
            .rate("serial_correlation_z") > 0.8);
  world.serial_correlation = 0.0;
  world.phi = 0.2;
  CHECK(study(world, test::world_model({"corrected_score_no_own_lag"}), 30, {"serial_correlation_z"})
            .rate("serial_correlation_z") > 0.9);
}

TEST_CASE(
    "intervals of the corrected score cover rho and phi, by percentile-t but where a type rests on few "
    "clusters") {
  // 100 worlds, 5 coefficients, B = 399: cover between 0.89 and 0.99, four binomial standard errors around
  // 0.94 taking the coefficients of one world as one draw and a half. Kills: within's interval (cover below
  // 0.6 here).
  constexpr int worlds = 100;
  std::vector<double> covered(worlds), within_covered(worlds), by_cells(worlds);
  for_each_block(worlds, 1, {0}, [&](std::ptrdiff_t w, std::ptrdiff_t) {
    const auto world =
        test::make_world({.side = 30, .block = 4, .seed = 16, .replicate = static_cast<std::uint64_t>(w)});
    const PanelModel model = test::world_model({"within", "corrected_score"});
    auto fits = fit_panel(world.data, model, world.context);
    std::vector<Replicates> replicates(fits.size());
    const Eigen::MatrixXd counts =
        test::pairs_counts(world.context.joint.count(), 399, static_cast<std::uint64_t>(w));
    for (std::size_t f = 0; f < fits.size(); ++f) {
      if (!fits[f].resampled) continue;
      const ReplicateBlock block = test::evaluate(*fits[f].resampled, counts);
      replicates[f].value = block.value;
      replicates[f].t = block.t;
      replicates[f].status = block.status;
    }
    conclude_panel(fits, world.data, model, world.context, replicates);
    const double truth[] = {0.3, 0.5, 0.4, 0.2, 0.5};
    const auto share = [&](const Estimate& estimate) {
      double inside = 0.0;
      for (Eigen::Index k = 0; k < 4; ++k)
        inside += estimate.low(k) <= truth[k] && truth[k] <= estimate.high(k) ? 0.25 : 0.0;
      return inside;
    };
    covered[static_cast<std::size_t>(w)] = share(test::fit_named(fits, "corrected_score").estimate);
    within_covered[static_cast<std::size_t>(w)] = share(test::fit_named(fits, "within").estimate);
    const std::string& method = test::fit_named(fits, "corrected_score").estimate.interval_method;
    by_cells[static_cast<std::size_t>(w)] = method == "score_cells";
    // Errors spread over the authorities' borders: in some worlds that is found, and cells of groups are
    // taken.
    CHECK((method == "percentile_t" || method.starts_with("score_cells")));
  });
  double mean = 0.0, within_mean = 0.0;
  for (int w = 0; w < worlds; ++w) {
    mean += covered[static_cast<std::size_t>(w)] / worlds;
    within_mean += within_covered[static_cast<std::size_t>(w)] / worlds;
  }
  CHECK(std::accumulate(by_cells.begin(), by_cells.end(), 0.0) <= 0.2 * worlds);
  CHECK(mean > 0.89);
  CHECK(mean < 0.99);
  CHECK(within_mean < 0.6);
  MESSAGE("cover: corrected score ", mean, ", within ", within_mean);
}
