// The recursion against answers worked by hand, and what it refuses.
#include <doctest/doctest.h>

#include "tests/support/propagation_world.hpp"

using namespace spillway;

namespace {

/// One class, one draw, one shape with amplitude 1 in the first period.
Dynamics impulse(const SpatialWeights& weights, double rho, double phi, int horizon, Eigen::VectorXd shape) {
  Dynamics dynamics;
  dynamics.weights = &weights;
  dynamics.row_class.assign(static_cast<std::size_t>(weights.areas()), 0);
  dynamics.draws = 1;
  dynamics.horizon = horizon;
  dynamics.rho = {rho};
  dynamics.phi = {phi};
  dynamics.shape = shape;
  dynamics.amplitude.assign(static_cast<std::size_t>(horizon), 0.0);
  dynamics.amplitude[0] = 1.0;
  return dynamics;
}

OutcomePlan plain_plan(std::vector<AreaOutcome> outcomes) {
  OutcomePlan plan;
  plan.outcomes = std::move(outcomes);
  plan.quantiles = {0.5};
  return plan;
}

double binomial(int n, int k) {
  double value = 1.0;
  for (int j = 1; j <= k; ++j) value = value * (n - k + j) / j;
  return value;
}

}  // namespace

TEST_CASE("an impulse on a ring spreads by the binomial law") {
  // u(h) = (rho W + phi I)^(h-1) s with W = (left + right)/2: area at distance k after n steps of W alone
  // holds (rho/2)^n C(n, (n-k)/2); phi mixes the powers with C(h-1, n) phi^(h-1-n).
  const SpatialWeights weights = test::ring(64);
  Eigen::VectorXd shape = Eigen::VectorXd::Zero(64);
  shape[10] = 3.0;
  const double rho = 0.45, phi = 0.2;
  const Dynamics dynamics = impulse(weights, rho, phi, 10, shape);
  const Eigen::MatrixXd path = propagate_one(dynamics, 0);
  const ScenarioOutcome fast =
      evaluate(dynamics, plain_plan({AreaOutcome::uplift, AreaOutcome::cumulative_uplift}), {}, Path::exact);
  for (int i = 0; i < 64; ++i) {
    double cumulative = 0.0;
    for (int h = 1; h <= 10; ++h) {
      double want = 0.0;
      for (int n = 0; n < h; ++n) {
        const int k = std::min((i - 10 + 64) % 64, (10 - i + 64) % 64);
        if (k > n || (n - k) % 2 != 0) continue;
        want += 3.0 * binomial(h - 1, n) * std::pow(phi, h - 1 - n) * std::pow(rho / 2.0, n) *
                binomial(n, (n - k) / 2);
      }
      CHECK(path(i, h - 1) == doctest::Approx(want).epsilon(1e-13));
      cumulative += want;
      if (h == 10) CHECK(fast.areas[0].quantile(0, i) == doctest::Approx(want).epsilon(2e-6));
    }
    CHECK(fast.areas[1].quantile(0, i) == doctest::Approx(cumulative).epsilon(2e-6));
  }
}

TEST_CASE("areas out of reach and policies without a shock stay exactly zero") {
  const SpatialWeights weights = test::ring(64);
  Eigen::VectorXd shape = Eigen::VectorXd::Zero(64);
  shape[0] = -1.0;
  const Dynamics near = impulse(weights, 0.4, 0.1, 5, shape);
  const ScenarioOutcome fast = evaluate(near, plain_plan({AreaOutcome::cumulative_uplift}), {}, Path::exact);
  for (int i = 0; i < 64; ++i) {
    const int distance = std::min(i, 64 - i);
    CHECK((fast.areas[0].quantile(0, i) == 0.0f) == (distance > 4));
    CHECK(fast.areas[0].probability_better[i] == 0.0f);  // a loss is never better
  }
  OutcomePlan lower = plain_plan({AreaOutcome::cumulative_uplift});
  lower.better = -1.0;  // where less is good, a fall is better and is not positive
  for (const auto path : {Path::exact, Path::basis}) {
    const AreaSummary found = evaluate(near, lower, {}, path).areas[0];
    CHECK(found.probability_better[0] == 1.0f);
    CHECK(found.probability_positive[0] == 0.0f);
    CHECK(found.probability_positive[32] == 0.0f);
  }
  const Dynamics nothing = impulse(weights, 0.4, 0.1, 5, Eigen::VectorXd::Zero(64));
  for (const auto path : {Path::exact, Path::automatic, Path::basis}) {
    const ScenarioOutcome none = evaluate(nothing, plain_plan({AreaOutcome::uplift}), {}, path);
    CHECK(none.areas[0].quantile.isZero(0.0f));
    CHECK(none.areas[0].sd.isZero(0.0f));
  }
}

TEST_CASE("one area, no neighbours: phi alone") {
  const SpatialWeights weights(SpatialWeights::Matrix(1, 1), true);
  Dynamics dynamics = impulse(weights, 0.5, 0.5, 4, Eigen::VectorXd::Ones(1));
  for (const auto path : {Path::exact, Path::automatic, Path::basis}) {
    const ScenarioOutcome one =
        evaluate(dynamics, plain_plan({AreaOutcome::uplift, AreaOutcome::cumulative_uplift}), {}, path);
    CHECK(one.areas[0].quantile(0, 0) == 0.125f);
    CHECK(one.areas[1].quantile(0, 0) == 1.875f);
    CHECK(one.areas[0].sd[0] == 0.0f);
    CHECK(one.areas[0].probability_better[0] == 1.0f);
  }
}

TEST_CASE("pounds follow their formulae") {
  // Two areas that neighbour each other, rho 0.5: u(1) = (0.1, 0), u(2) = (0, 0.05).
  const SpatialWeights weights = test::ring(2);
  Eigen::VectorXd shape(2);
  shape << 0.1, 0.0;
  const Dynamics dynamics = impulse(weights, 0.5, 0.0, 2, shape);
  OutcomePlan plan = plain_plan({AreaOutcome::gva_per_head_uplift, AreaOutcome::discounted_gva_uplift});
  plan.gva_per_head = Eigen::Vector2d(20000.0, 10000.0);
  plan.growth = Eigen::Vector2d(0.02, 0.01);
  plan.discount = {0.9, 0.8};
  plan.head_weight = Eigen::Vector2d(3.0, 1.0);
  plan.groupings = {{"nation", {0, 0}, {"England"}}};
  const double last_a = 20000.0 * (std::exp(0.04 + 0.1) - std::exp(0.04)),
               last_b = 10000.0 * (std::exp(0.02 + 0.05) - std::exp(0.02));
  const double sum_a = 0.9 * 20000.0 * (std::exp(0.02 + 0.1) - std::exp(0.02)) + 0.8 * last_a,
               sum_b = 0.8 * last_b;
  for (const auto& got : {evaluate(dynamics, plan, {}, Path::exact), evaluate_reference(dynamics, plan)}) {
    CHECK(got.areas[0].quantile(0, 0) == doctest::Approx(last_a).epsilon(1e-6));
    CHECK(got.areas[0].quantile(0, 1) == doctest::Approx(last_b).epsilon(1e-6));
    CHECK(got.areas[1].quantile(0, 0) == doctest::Approx(sum_a).epsilon(1e-6));
    CHECK(got.areas[1].quantile(0, 1) == doctest::Approx(sum_b).epsilon(1e-6));
    CHECK(got.aggregates[0].value[0] == doctest::Approx((3.0 * last_a + last_b) / 4.0).epsilon(1e-6));
    CHECK(got.aggregates[1].value[0] == doctest::Approx((3.0 * sum_a + sum_b) / 4.0).epsilon(1e-6));
  }
}

TEST_CASE("coefficients by period and an added link are taken in their period") {
  // Area 0 listens to area 1 through W and to area 2 through C; rho doubles in the second period.
  std::vector<Eigen::Triplet<double>> links{{0, 1, 1.0}, {1, 0, 1.0}, {2, 0, 1.0}};
  SpatialWeights::Matrix matrix(3, 3);
  matrix.setFromTriplets(links.begin(), links.end());
  const SpatialWeights weights(matrix, true);
  Eigen::VectorXd shape(3);
  shape << 0.0, 1.0, 4.0;
  Dynamics dynamics = impulse(weights, 0.0, 0.25, 2, shape);
  dynamics.coefficients_by_period = true;
  dynamics.rho = {0.3, 0.6};
  dynamics.lambda = {0.9, 0.5};
  dynamics.added_links = SpatialWeights::Matrix(3, 3);
  dynamics.added_links.insert(0, 2) = 1.0;
  const ScenarioOutcome got = evaluate(dynamics, plain_plan({AreaOutcome::uplift}), {}, Path::exact);
  CHECK(got.areas[0].quantile(0, 0) == doctest::Approx(0.6 * (0.5 * 1.0 + 0.5 * 4.0)));
  CHECK(got.areas[0].quantile(0, 1) == doctest::Approx(0.25 * 1.0));
  CHECK(got.areas[0].quantile(0, 2) == doctest::Approx(0.25 * 4.0));
}

TEST_CASE("misfit arrays are refused by name") {
  const SpatialWeights weights = test::ring(4);
  Dynamics dynamics = impulse(weights, 0.4, 0.1, 3, Eigen::VectorXd::Ones(4));
  dynamics.rho = {0.4, 0.4};
  CHECK_THROWS_WITH(evaluate(dynamics, plain_plan({AreaOutcome::uplift}), {}),
                    "dynamics: rho has 2 values but draws x [periods x] classes needs 1");
  dynamics.rho = {std::nan("")};
  CHECK_THROWS_WITH(evaluate(dynamics, plain_plan({AreaOutcome::uplift}), {}),
                    "dynamics: rho[0] is nan (needs finite numbers)");
  dynamics.rho = {0.4};
  CHECK_THROWS_WITH(
      evaluate(dynamics, plain_plan({AreaOutcome::gva_per_head_uplift}), {}),
      "outcomes: gva_per_head has 0 values but there are 4 areas (outcomes in pounds need one an area)");
}
