// The decision table of model A, row by row, and the small formulas behind it.
#include "engine/estimate/panel/panel_decision.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "engine/estimate/panel/panel_diagnostics.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "tests/support/panel_world.hpp"

using namespace spillway;

namespace {
bool said(const std::vector<std::string>& sentences, const std::string& words) {
  for (const auto& sentence : sentences)
    if (sentence.find(words) != std::string::npos) return true;
  return false;
}

Estimate& find(std::vector<Fit>& fits, const std::string& estimator) {
  for (auto& fit : fits)
    if (fit.estimate.estimator == estimator) return fit.estimate;
  FAIL("no estimator " << estimator);
  return fits.front().estimate;
}

std::vector<Replicates> replicate(const std::vector<Fit>& fits, Eigen::Index clusters, long count) {
  std::vector<Replicates> all(fits.size());
  const Eigen::MatrixXd counts = test::pairs_counts(clusters, count, 7);
  for (std::size_t f = 0; f < fits.size(); ++f) {
    if (!fits[f].resampled) continue;
    const ReplicateBlock block = test::evaluate(*fits[f].resampled, counts);
    all[f].value = block.value;
    all[f].t = block.t;
    all[f].status = block.status;
  }
  return all;
}
}  // namespace

TEST_CASE("quantiles with B = 9,999 are order statistics 250 and 9,750") {
  std::vector<double> sorted;
  for (int k = 1; k <= 9999; ++k) sorted.push_back(k);
  CHECK(order_quantile(sorted, 0.025) == doctest::Approx(250).epsilon(1e-12));
  CHECK(order_quantile(sorted, 0.975) == doctest::Approx(9750).epsilon(1e-12));
  CHECK(order_quantile({1.0, 2.0, 3.0}, 0.5) == doctest::Approx(2.0));
  CHECK(order_quantile({1.0, 2.0, 3.0}, 0.625) == doctest::Approx(2.5));
  CHECK(std::isnan(order_quantile({}, 0.5)));
}

TEST_CASE("a Fieller set is an interval, the outside of one, or the whole line") {
  // a = 2, b = 4, no variance of b: 0.5 -+ 2 * 0.4 / 4.
  const auto interval = fieller_set(2.0, 4.0, 0.16, 0.0, 0.0, 2.0);
  REQUIRE(interval.size() == 1);
  CHECK(interval[0].first == doctest::Approx(0.3));
  CHECK(interval[0].second == doctest::Approx(0.7));
  const auto outside = fieller_set(5.0, 1.0, 1.0, 1.0, 0.0, 2.0);
  REQUIRE(outside.size() == 2);
  CHECK(std::isinf(outside[0].first));
  CHECK(outside[0].second < 0.0);
  CHECK(outside[1].first > 0.0);
  const auto line = fieller_set(0.1, 0.1, 1.0, 1.0, 0.0, 2.0);
  REQUIRE(line.size() == 1);
  CHECK(std::isinf(line[0].first));
  CHECK(std::isinf(line[0].second));
  // Every bound is a ratio at which the t statistic of a - r b is exactly the critical value.
  for (const double r : {outside[0].second, outside[1].first})
    CHECK(std::pow(5.0 - r, 2) == doctest::Approx(4.0 * (1.0 + r * r)));
}

TEST_CASE(
    "the stationary root is |phi| + max |rho| with one lag, and the recursion's largest root with two") {
  const auto root = [](int lags, int own, int second, std::vector<double> theta) {
    return stationary_root(
        lags, own, second,
        Eigen::Map<const Eigen::VectorXd>(theta.data(), static_cast<Eigen::Index>(theta.size())));
  };
  CHECK(root(3, 1, 0, {0.3, 0.5, -0.6, 0.2}) == doctest::Approx(0.8));
  // rho 0.5, phi 0.2, errors AR(0.2): roots rho + phi and 0.2. The sum of absolute coefficients would
  // be 1.04.
  CHECK(root(1, 2, 1, {0.5, 0.4, -0.04, -0.1}) == doctest::Approx(0.7));
  CHECK(root(2, 2, 2, {0.1, 0.5, 0.4, -0.04, -0.02, -0.1}) == doctest::Approx(0.7));
  CHECK(root(0, 2, 0, {0.0, -0.81}) == doctest::Approx(0.9));  // complex
  CHECK(root(0, 2, 0, {0.5, 0.5}) == doctest::Approx(1.0));
}

TEST_CASE("supported, not supported and not detectable are three different verdicts") {
  CHECK(verdict_on_sign(0.1, 0.3, 0.05, 0.2) == Verdict::supported);
  CHECK(verdict_on_sign(-0.3, -0.1, 0.05, 0.2) == Verdict::not_supported);
  CHECK(verdict_on_sign(-0.05, 0.05, 0.025, 0.2) == Verdict::not_supported);  // 0.2 would have been found
  CHECK(verdict_on_sign(-0.3, 0.5, 0.2, 0.2) == Verdict::not_detectable);     // 0.2 would not
  CHECK(verdict_on_gap(-0.07, -0.01, 0.4) == Verdict::supported);
  CHECK(verdict_on_gap(-0.02, 0.05, 0.4) == Verdict::not_supported);
  CHECK(verdict_on_gap(-0.06, 0.02, 0.4) == Verdict::not_detectable);
  CHECK(verdict_on_loading(0.6, 0.9, 0.08) == Verdict::supported);
  CHECK(verdict_on_loading(0.92, 1.05, 0.03) == Verdict::not_supported);  // 0.8 would have been found
  CHECK(verdict_on_loading(1.02, 1.3, 0.07) == Verdict::not_supported);
  CHECK(verdict_on_loading(0.7, 1.2, 0.13) == Verdict::not_detectable);
  CHECK(verdict_on_loading(-0.3, 0.1, 0.1) == Verdict::supported);
  CHECK(verdict_on_loading(-0.6, -0.1, 0.12) == Verdict::not_supported);  // against the cycle, not less of it
  CHECK(verdict_on_loading(-1.5, -1.1, 0.1) == Verdict::not_supported);
  CHECK(verdict_on_loading(-1.2, 0.4, 0.4) == Verdict::not_detectable);  // |loading| may be above 1
  CHECK(to_string(Verdict::not_detectable) == "not detectable with these data");
}

TEST_CASE("an own lag left out is called invalid, and the published interval is labelled") {
  const test::World world = test::make_world({.side = 30, .block = 4, .error_correlation = 0.0, .seed = 3});
  const PanelModel model = test::world_model({"corrected_score", "corrected_score_no_own_lag"});
  auto fits = fit_panel(world.data, model, world.context);
  conclude_panel(fits, world.data, model, world.context, replicate(fits, world.context.joint.count(), 199));
  CHECK(said(find(fits, "corrected_score_no_own_lag").warnings, "estimates of rho are invalid"));
  CHECK(said(find(fits, "as_published").notes, "0 to 92 %"));
  const Estimate& headline = find(fits, "corrected_score");
  CHECK(headline.interval_method == "percentile_t");
  CHECK(said(headline.notes, "why the published specification and this one differ"));
  CHECK(said(headline.notes, "claim 'spillovers into doubly disadvantaged areas are about 10 % lower'"));
  CHECK(std::isfinite(headline.diagnostic("smallest_detectable:doubly_disadvantaged-other")));
  CHECK(headline.diagnostic("difference_low:doubly_disadvantaged-other") <
        headline.diagnostic("difference_high:doubly_disadvantaged-other"));
}

TEST_CASE("three periods are refused by the corrected score and the jackknife, in words") {
  const test::World world = test::make_world({.side = 12, .block = 3, .periods = 3});
  const PanelModel model = test::world_model({"corrected_score", "half_panel_jackknife"});
  auto fits = fit_panel(world.data, model, world.context);
  conclude_panel(fits, world.data, model, world.context, {});
  CHECK(find(fits, "corrected_score").refused);
  CHECK(said(find(fits, "corrected_score").warnings, "3 regression periods (needs at least 4)"));
  CHECK(find(fits, "half_panel_jackknife").refused);
}

TEST_CASE("few clusters switch the interval and say so") {
  const test::World world = test::make_world({.side = 24, .block = 8, .periods = 10, .seed = 5});
  const PanelModel model = test::world_model({"corrected_score"});
  auto fits = fit_panel(world.data, model, world.context);
  conclude_panel(fits, world.data, model, world.context, replicate(fits, world.context.joint.count(), 199));
  CHECK(find(fits, "corrected_score").interval_method == "score_cells");
  CHECK(said(find(fits, "corrected_score").warnings, "9 clusters by 'lad_code'"));
  CHECK(
      said(find(fits, "corrected_score").notes, "scenario draws of this model come from its 90 score cells"));
  CHECK(said(find(fits, "corrected_score").notes, "rho the same in all types:"));
  CHECK(said(find(fits, "corrected_score").notes, "chi2(2)"));
}

TEST_CASE("replicates are counted by what became of them, and those that say something by their own values") {
  const test::World world = test::make_world({.side = 24, .block = 8, .periods = 10, .seed = 5});
  const PanelModel model = test::world_model({"corrected_score"});
  auto fits = fit_panel(world.data, model, world.context);
  auto replicates = replicate(fits, world.context.joint.count(), 59);
  for (Replicates& of : replicates) {
    if (of.status.empty()) continue;
    of.value.row(0).setLinSpaced(0.1, 0.3);
    of.t.row(0).setLinSpaced(-2.0, 2.0);
    std::fill(of.status.begin(), of.status.end(), std::uint8_t{0});
    for (const auto& [status, first, count] : {std::array{1, 0, 3}, std::array{2, 3, 2}, std::array{3, 5, 4}})
      std::fill_n(of.status.begin() + first, count, static_cast<std::uint8_t>(status));
    of.t.row(0).segment(10, 6).setConstant(std::nan(""));  // no standard error
  }
  conclude_panel(fits, world.data, model, world.context, replicates);
  const auto& counted = std::get<PanelFindings>(find(fits, "corrected_score").findings).replicates;
  REQUIRE(counted);
  CHECK(counted->all == 59);
  CHECK(counted->failed == 5);     // singular, or without a solution
  CHECK(counted->explosive == 4);  // these keep their values
  CHECK(counted->usable_values == 54);
  CHECK(counted->usable_t == 48);
}

TEST_CASE("an estimator of another kind of model is refused with those of this one") {
  const test::World world = test::make_world({.side = 9, .block = 3, .periods = 5});
  const PanelModel model = test::world_model({"2sls"});
  CHECK_THROWS_WITH_AS(
      fit_panel(world.data, model, world.context),
      "model 'test': estimator '2sls' is not one of model A's (as_published, within, "
      "within_no_own_lag, half_panel_jackknife, corrected_score, corrected_score_no_own_lag, "
      "corrected_score_second_lags, double_filter_iv, analytical, arellano_bond, pooled)",
      InputError);
  CHECK_THROWS_WITH_AS(estimators_named({"corected_score"}),
                       "'corected_score' is no estimator (did you mean 'corrected_score'?)", InputError);
}

TEST_CASE("authorities whose areas share shocks of a group: the interval and the draws are the groups'") {
  // Single areas as clusters, nine groups of 8 x 8, a shock of each group and period on top of the world's
  // own.
  test::World world = test::make_world(
      {.side = 24, .block = 1, .periods = 12, .beta = 0.0, .error_correlation = 0.0, .seed = 6});
  Clusters& groups = world.context.groups;
  groups.column = "region_code";
  for (int i = 0; i < 576; ++i) groups.of_area.push_back(i / 24 / 8 * 3 + i % 24 / 8);
  for (int g = 0; g < 9; ++g) groups.names.push_back(std::to_string(g));
  const PanelModel model = test::world_model({"corrected_score"});
  const auto concluded = [&](const test::World& of) {
    auto fits = fit_panel(of.data, model, of.context);
    conclude_panel(fits, of.data, model, of.context, replicate(fits, of.context.joint.count(), 199));
    return find(fits, "corrected_score");
  };
  const Estimate own = concluded(world);
  CHECK(own.interval_method == "percentile_t");
  CHECK_FALSE(said(own.warnings, "share shocks"));
  Stream stream(1, Purpose::coverage_world, 77);
  for (Eigen::Index t = 0; t < world.data.y.cols(); ++t)
    for (int g = 0; g < 9; ++g) {
      const double shock = stream.normal();
      for (int i = 0; i < 576; ++i)
        if (groups.of_area[static_cast<std::size_t>(i)] == g) world.data.y(i, t) += shock;
    }
  const Estimate shared = concluded(world);
  CHECK(shared.interval_method == "score_cells of region_code");
  CHECK(said(shared.warnings, "576 clusters by 'lad_code' share shocks"));
  CHECK(said(shared.notes, "scenario draws of this model come from its 108 score cells"));
  CHECK(shared.decision.draws == Decision::Draws::cells);
}
