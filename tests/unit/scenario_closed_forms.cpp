// From pounds to present values by hand: a world of two areas and a ring, all the way to NPSV and BCR.
#include <doctest/doctest.h>

#include <cmath>

#include "scenarios/appraisal.hpp"
#include "scenarios/frontier.hpp"
#include "scenarios/policy_builder.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::plain;

TEST_CASE("two areas: uplift, net present value and benefit-cost ratio are those worked out by hand") {
  // Area 0 (doubly disadvantaged): 1,000 residents, GVA 10.00m. Area 1 (other): 1,100 residents, GVA 11.55m.
  // Each is the other's only neighbour. A ring-fence of new money: half of GBP 2m reserved, spent in the
  // first of two years, all of it in area 0. A pound raises annual GVA by 0.2 for good, so growth of area 0
  // is 200,000 / 10m = 0.02 in year 1. Year 2: area 0 keeps phi 0.10 of its own, area 1 gets rho_other 0.40
  // of it.
  //   u0 = 0.020, 0.002      u1 = 0, 0.008
  // GVA gained: level without the policy, grown at 2 %, times exp(sum of u) - 1.
  // (effect_is = "impact": the figure is the first round.)
  const auto world = lever_world(2, 1, 1, 2);
  world->context.effect_is = EffectIs::impact;
  const Lever& fence = lever("ukspf_ring_fence");
  const Policy policy =
      fence.build(world->context, fixed_parameters(fence, 1,
                                                   plain({{"amount", 2e6},
                                                          {"fund_years", 1},
                                                          {"share", 0.5},
                                                          {"gva_per_pound", 0.2},
                                                          {"persistence", 1}}),
                                                   {{"fund", "custom"}, {"budget_neutral", "false"}}));
  const Eigen::MatrixXd u = propagate_one(policy.dynamics, 0);
  CHECK(u(0, 0) == doctest::Approx(0.020).epsilon(1e-12));
  CHECK(u(0, 1) == doctest::Approx(0.002).epsilon(1e-12));
  CHECK(u(1, 0) == 0.0);
  CHECK(u(1, 1) == doctest::Approx(0.008).epsilon(1e-12));
  CHECK(policy.cost(0, 0) == doctest::Approx(1e6).epsilon(1e-12));
  CHECK(policy.cost(0, 1) == 0.0);

  const double first = 10.0e6 * std::exp(0.02) * std::expm1(0.020),
               second = 10.0e6 * std::exp(0.04) * std::expm1(0.022),
               other = 11.55e6 * std::exp(0.04) * std::expm1(0.008);
  AppraisalSettings settings;
  settings.appraisal_years = 2;
  settings.discount_base_year = settings.first_year = 2026;
  settings.values["gva_additional_share"] = Eigen::VectorXd::Constant(1, 0.25);
  PolicyValuer valuer(world->context, settings, 1.0, world->context.gva, "doubly_disadvantaged");
  const PolicyValue value = valuer.value(policy, {1});
  const double local = first + second / 1.035, national = 0.25 * (first + (second + other) / 1.035);
  CHECK(value.npsv_local(0) ==
        doctest::Approx(local - 1e6).epsilon(1e-6));  // groups' uplift is held as float
  CHECK(value.npsv_national(0) == doctest::Approx(national - 1e6).epsilon(1e-6));
  CHECK(value.gva(0) == doctest::Approx(first + (second + other) / 1.035).epsilon(1e-6));
  CHECK(value.cost(0) == doctest::Approx(1e6).epsilon(1e-12));
  CHECK(value.gap(0) == doctest::Approx(0.022 - 0.008).epsilon(1e-6));

  AppraisalInputs inputs;
  inputs.scenario = "two areas";
  inputs.target = "doubly_disadvantaged";
  inputs.cost = policy.cost;
  inputs.groups = {{"doubly_disadvantaged", 1000.0, 10000.0, gva_gain(u.row(0), 10.0e6, 0.02, 1.0)},
                   {"other", 1100.0, 10500.0, gva_gain(u.row(1), 11.55e6, 0.02, 1.0)}};
  const AppraisalResult result = appraise(inputs, settings);
  CHECK(result.local.npsv(0) == doctest::Approx(local - 1e6).epsilon(1e-12));
  CHECK(result.national.npsv(0) == doctest::Approx(national - 1e6).epsilon(1e-12));
  CHECK(result.local.adjusted_bcr(0) == doctest::Approx(local / 1e6).epsilon(1e-12));
  CHECK(result.bcr()(0) == doctest::Approx(national / 1e6).epsilon(1e-12));
}

TEST_CASE(
    "on a ring of one type the same shock everywhere grows by rho + phi a period, and a single one spreads "
    "by its binomial") {
  // W 1 = 1, so u(h) = (rho + phi) u(h-1) + d. From one area, (rho W)^m puts rho^m C(m, k) / 2^m at distance
  // m - 2k.
  const auto world = lever_world(40, 40, 1, 6);
  const LeverContext& context = world->context;
  const double rho = context.rho(0, 0), phi = context.phi(0);
  PolicyBuilder builder(context);
  Eigen::MatrixXd once = Eigen::MatrixXd::Zero(1, 6);
  once(0, 0) = 1.0;
  builder.add_shock(Eigen::VectorXd::Constant(40, 0.01), once);
  const Eigen::MatrixXd all = propagate_one(builder.finish().dynamics, 0);
  for (int h = 0; h < 6; ++h)
    for (Eigen::Index i = 0; i < 40; ++i)
      CHECK(all(i, h) == doctest::Approx(0.01 * std::pow(rho + phi, h)).epsilon(1e-12));

  world->context.phi.setZero();
  PolicyBuilder single(context);
  single.add_shock(Eigen::VectorXd::Unit(40, 20), once);
  const Eigen::MatrixXd spread = propagate_one(single.finish().dynamics, 0);
  double choose = 1.0;
  for (int k = 0; k <= 5; ++k) {
    CHECK(spread(20 + 5 - 2 * k, 5) == doctest::Approx(std::pow(rho / 2.0, 5) * choose).epsilon(1e-12));
    choose *= static_cast<double>(5 - k) / (k + 1);
  }
  CHECK(spread(20, 5) == 0.0);
  CHECK(spread.col(5).sum() == doctest::Approx(std::pow(rho, 5)).epsilon(1e-12));
}
