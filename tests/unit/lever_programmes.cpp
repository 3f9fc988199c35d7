// Renewal, consolidation, plans, employment and packages, worked out by hand.
#include <doctest/doctest.h>

#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::plain;

namespace {
/// Shock d of one draw and period: what the amplitudes and shapes add up to.
Eigen::VectorXd shock(const Policy& policy, long draw, int period) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(policy.dynamics.areas());
  for (int q = 0; q < policy.dynamics.shapes(); ++q)
    sum += policy.dynamics.amplitude_at(draw, period, q) * policy.dynamics.shape.col(q);
  return sum;
}
}  // namespace

TEST_CASE("renewal puts places times the amount into the neediest areas") {
  // Two places of 1,000: areas 0 and 1 (2,100 residents). GBP 2 x 1m, evenly over two years, half as much
  // levered.
  const auto world = lever_world(8, 4, 2, 2);
  const Lever& renewal = lever("neighbourhood_renewal");
  auto numbers = plain({{"places", 2},
                        {"amount_per_place", 1e6},
                        {"fund_years", 2},
                        {"residents_per_place", 1000},
                        {"depreciation", 0}});
  numbers["match_private"] = 0.5;
  const Policy policy = renewal.build(world->context, fixed_parameters(renewal, 2, numbers));
  const double stock = 1e6 * 1.5 / 2100.0;
  // Half of the stock stands in the first year and all of it in the second; an area alone follows beta, so
  // its own persistence of the first year's growth is taken off the second year's shock.
  const double second = world->context.beta(1) * 2.0 * stock / 10.0 * (1.0 - 0.5 * world->context.phi(1));
  CHECK(shock(policy, 1, 1)(0) == doctest::Approx(second).epsilon(1e-12));
  CHECK(shock(policy, 1, 1)(1) == doctest::Approx(second).epsilon(1e-12));
  CHECK(shock(policy, 1, 1).tail(6).isZero(0.0));
  CHECK(policy.cost.row(0).sum() == doctest::Approx(2e6).epsilon(1e-12));
}

TEST_CASE("renewal may work as a flow of GVA instead") {
  const auto world = lever_world(8, 4, 1, 1);
  const Lever& renewal = lever("neighbourhood_renewal");
  const Policy policy = renewal.build(world->context, fixed_parameters(renewal, 1,
                                                                       plain({{"places", 1},
                                                                              {"amount_per_place", 1e6},
                                                                              {"fund_years", 1},
                                                                              {"residents_per_place", 1000},
                                                                              {"gva_per_pound", 0.2},
                                                                              {"persistence", 0.5}}),
                                                                       {{"channel", "flow"}}));
  CHECK(shock(policy, 0, 0)(0) == doctest::Approx(0.2e6 / 10e6).epsilon(1e-12));
}

TEST_CASE("consolidation spends what administration no longer costs") {
  // GBP 100m x 0.1 x 0.2 = GBP 2m a year over 2,100 residents, at once; r = 0.2 and no persistence.
  const auto world = lever_world(8, 2, 1, 3);
  const Lever& merge = lever("fund_consolidation");
  const Policy policy = merge.build(world->context, fixed_parameters(merge, 1,
                                                                     plain({{"amount_a_year", 100e6},
                                                                            {"administration_share", 0.1},
                                                                            {"saved_share", 0.2},
                                                                            {"phase_in_years", 0},
                                                                            {"transition_cost", 5},
                                                                            {"gva_per_pound", 0.2},
                                                                            {"persistence", 0}})));
  CHECK(shock(policy, 0, 0)(0) == doctest::Approx(0.2 * 2e6 * (1000.0 / 2100.0) / 10e6).epsilon(1e-12));
  const double once = shock(policy, 0, 0)(0);
  CHECK(shock(policy, 0, 1)(0) == doctest::Approx(-world->context.phi(0) * once).epsilon(1e-12));
  CHECK(policy.cost(0, 0) == 5.0);
  CHECK(policy.cost(0, 1) == 0.0);
}

TEST_CASE("plans close what compliance leaves of each plan's share of the gap") {
  const auto world = lever_world(8, 4, 2, 4);
  const LeverContext& context = world->context;
  const Lever& plans = lever("growth_plan_conditionality");
  const Policy policy = plans.build(context, fixed_parameters(plans, 2,
                                                              {{"kappa_growth_plan", 0.4},
                                                               {"kappa_skills_plan", 0.5},
                                                               {"compliance", 0.5},
                                                               {"phase_in_years", 0},
                                                               {"plan_cost", 10}},
                                                              {{"plans_of", "everywhere"}}));
  const double kappa = 1.0 - 0.8 * 0.75;
  for (const long draw : {0L, 1L}) {
    const Eigen::MatrixXd a = test::dense_dynamics(context, draw);
    Eigen::MatrixXd changed = a;
    const Eigen::MatrixXd w = context.weights->matrix();
    for (Eigen::Index i = 0; i < 4; ++i)
      changed.row(i) += kappa * (context.rho(2, draw) - context.rho(0, draw)) * w.row(i);
    const Eigen::MatrixXd expected = test::dense_uplift(a, std::vector<Eigen::MatrixXd>(4, changed),
                                                        context.growth, Eigen::MatrixXd::Zero(8, 4));
    CHECK((propagate_one(policy.dynamics, draw) - expected).cwiseAbs().maxCoeff() < 1e-16);
    CHECK(expected.cwiseAbs().maxCoeff() > 1e-4);
  }
  CHECK(policy.cost(0, 3) == 20.0);  // one authority, two plans
  CHECK_FALSE(policy.dynamics.coefficients_by_period);
}

TEST_CASE("plans bind only inside combined authorities unless told otherwise") {
  // C1 holds areas 0 to 3; of the target areas 0 to 5 these four.
  const auto world = lever_world(8, 6, 1, 1);
  const Lever& plans = lever("growth_plan_conditionality");
  const Eigen::VectorXd d = shock(plans.build(world->context, fixed_parameters(plans, 1)), 0, 0);
  for (Eigen::Index i = 0; i < 8; ++i) CHECK((d(i) != 0.0) == (i < 4));
}

TEST_CASE("employment support: jobs by hand, as a rate and as GVA") {
  // 2,100 residents, 1,050 of working age; 100 places a year for two years, 80 filled, 40 enter work, half of
  // them additional, 70 % held a year later: J = 20, then 14 + 20 = 34, then 23.8.
  const auto world = lever_world(8, 2, 1, 3);
  world->pack.areas.columns.push_back(test::number_column("employment_rate", std::vector<double>(8, 0.6)));
  const Lever& support = lever("employment_support");
  auto numbers = plain({{"places_a_year", 100},
                        {"programme_years", 2},
                        {"uptake", 0.8},
                        {"job_entry", 0.5},
                        {"retention", 0.7},
                        {"working_age_share", 0.5},
                        {"cost_per_place", 1000},
                        {"relative_productivity", 0.6}});
  numbers["deadweight"] = 0.5;
  const double path[] = {20.0, 14.0, -10.2};
  const Policy gva = support.build(world->context, fixed_parameters(support, 1, numbers));
  const auto first_round = [&](int h) {  // the path is the total for an area alone
    return path[h] - (h > 0 ? world->context.phi(0) * path[h - 1] : 0.0);
  };
  for (int h = 0; h < 3; ++h)
    CHECK(shock(gva, 0, h)(1) == doctest::Approx(0.6 * first_round(h) / (1050.0 * 0.6)).epsilon(1e-12));
  world->context.outcome_is_gva_growth = false;
  world->context.outcome_unit = "employment rate";
  const Policy rate = support.build(world->context, fixed_parameters(support, 1, numbers));
  for (int h = 0; h < 3; ++h)
    CHECK(shock(rate, 0, h)(1) == doctest::Approx(first_round(h) / 1050.0).epsilon(1e-12));
  CHECK(rate.cost(0, 0) == doctest::Approx(80e3));
  CHECK(rate.cost.row(0).sum() == doctest::Approx(160e3));
}

TEST_CASE(
    "a package of shocks is the sum of its parts; with links and gaps it is not, and matches the dense sum") {
  const auto world = lever_world(20, 6, 2, 5);
  const LeverContext& context = world->context;
  const Lever& package = lever("package");
  const auto built = [&](std::vector<std::string> levers) {
    Parameters parameters = fixed_parameters(package, 2,
                                             {{"bus_franchising_cold_spot_share", 0.5},
                                              {"bus_franchising_kappa", 0.3},
                                              {"bus_franchising_centre_share", 0.1}},
                                             {{"growth_plan_conditionality_plans_of", "everywhere"}});
    parameters.lists["levers"] = std::move(levers);
    Eigen::MatrixXd parts = Eigen::MatrixXd::Zero(20, 5), cost = Eigen::MatrixXd::Zero(2, 5);
    for (const auto& [name, part] : package_parts(parameters)) {
      const Policy policy = lever(name).build(context, part);
      parts += propagate_one(policy.dynamics, 1);
      cost += policy.cost;
    }
    const Policy whole = package.build(context, parameters);
    CHECK((whole.cost - cost).isZero(1e-6));
    return std::pair(propagate_one(whole.dynamics, 1), parts);
  };
  const auto [shocks, shock_parts] =
      built({"ukspf_ring_fence", "community_wealth_fund", "neighbourhood_renewal"});
  CHECK((shocks - shock_parts).cwiseAbs().maxCoeff() < 1e-13);
  CHECK(shocks.cwiseAbs().maxCoeff() > 1e-6);
  const auto [all, all_parts] =
      built({"community_wealth_fund", "bus_franchising", "growth_plan_conditionality"});
  CHECK((all - all_parts).cwiseAbs().maxCoeff() > 1e-6);
}

TEST_CASE("two levers that close gaps in one area leave the product of what each leaves open") {
  const auto world = lever_world(20, 6, 1, 3);
  Parameters parameters = fixed_parameters(lever("package"), 1,
                                           {{"bus_franchising_cold_spot_share", 0.5},
                                            {"bus_franchising_kappa", 0.5},
                                            {"bus_franchising_service_change", 0},
                                            {"bus_franchising_reach_km", 100},
                                            {"bus_franchising_phase_in_years", 0},
                                            {"growth_plan_conditionality_kappa_growth_plan", 0.4},
                                            {"growth_plan_conditionality_kappa_skills_plan", 0},
                                            {"growth_plan_conditionality_compliance", 1},
                                            {"growth_plan_conditionality_phase_in_years", 0}},
                                           {{"growth_plan_conditionality_plans_of", "everywhere"}});
  parameters.lists["levers"] = {"bus_franchising", "growth_plan_conditionality"};
  const Policy policy = lever("package").build(world->context, parameters);
  // rho 0.30 towards 0.40: 1 - 0.5 x 0.6 = 0.7 of the gap for cold spots, 0.4 of it for the others of the
  // type.
  const auto rho = [&](std::size_t area) {
    return policy.dynamics.rho_at(0, 0, policy.dynamics.row_class[area]);
  };
  CHECK(rho(0) == doctest::Approx(0.37).epsilon(1e-12));
  CHECK(rho(5) == doctest::Approx(0.34).epsilon(1e-12));
  CHECK(rho(19) == 0.40);
  CHECK(policy.notes[0] ==
        "bus_franchising: In 0.0% of the draws rho of doubly_disadvantaged is above that of other: there, "
        "closing the gap lowers it.");
  CHECK(
      policy.notes[1].starts_with("bus_franchising: Cold spots: 3 of 6 eligible areas by column 'bus_runs'"));
}
