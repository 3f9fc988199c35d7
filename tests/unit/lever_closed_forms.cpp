// Levers in worlds small enough to work out by hand.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/additionality.hpp"
#include "scenarios/places.hpp"
#include "scenarios/sizes.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::plain;

TEST_CASE("two areas: a ring-fence moves pounds, and growth follows pound by pound") {
  // Residents 1,000 and 1,100; fund GBP 2.1m in one year, of which 10 % is reserved: area 0 gains
  // 210,000 (1 - 1000/2100) = 110,000 and area 1 loses as much. r = 0.2, persistence 1: annual GVA moves by
  // 22,000.
  const auto world = lever_world(2, 1, 2, 2);
  const Lever& fence = lever("ukspf_ring_fence");
  const Policy policy = fence.build(world->context, fixed_parameters(fence, 2,
                                                                     plain({{"amount", 2.1e6},
                                                                            {"fund_years", 1},
                                                                            {"share", 0.1},
                                                                            {"gva_per_pound", 0.2},
                                                                            {"persistence", 1}}),
                                                                     {{"fund", "custom"}}));
  const double d0 = 22000.0 / 10.0e6, d1 = -22000.0 / 11.55e6;
  for (const long draw : {0L, 1L}) {
    const double rho = world->context.rho(0, draw), rho_other = world->context.rho(2, draw);
    const Eigen::MatrixXd u = propagate_one(policy.dynamics, draw);
    CHECK(u(0, 0) == doctest::Approx(d0).epsilon(1e-12));
    CHECK(u(1, 0) == doctest::Approx(d1).epsilon(1e-12));
    // The figure is the total for an area alone: its own persistence is in it and not added again.
    CHECK(u(0, 1) == doctest::Approx(rho * d1).epsilon(1e-12));
    CHECK(u(1, 1) == doctest::Approx(rho_other * d0).epsilon(1e-12));
  }
  CHECK(policy.cost.isZero(0.0));
  CHECK(policy.transfer(0) == doctest::Approx(110.0).epsilon(1e-12));
  CHECK(policy.transfer(1) == doctest::Approx(-100.0).epsilon(1e-12));
  CHECK(policy.shock_unit == "log points a year");
}

TEST_CASE("a minimum share moves only what the target areas lack") {
  // Area 0 holds 1000/2100 = 47.6 % already: a minimum of 60 % moves the rest, one of 40 % nothing.
  const auto world = lever_world(2, 1, 1, 1);
  const Lever& fence = lever("ukspf_ring_fence");
  const auto moved = [&](double share) {
    return fence
               .build(
                   world->context,
                   fixed_parameters(fence, 1, plain({{"amount", 2.1e6}, {"fund_years", 1}, {"share", share}}),
                                    {{"fund", "custom"}, {"rule", "minimum"}}))
               .transfer(0) *
           1000.0;
  };
  CHECK(moved(0.6) == doctest::Approx((0.6 - 1000.0 / 2100.0) * 2.1e6).epsilon(1e-12));
  CHECK(moved(0.4) == 0.0);
}

TEST_CASE("new money instead of a transfer costs what is spent and takes from nobody") {
  const auto world = lever_world(6, 2, 2, 4);
  const Lever& fence = lever("ukspf_ring_fence");
  const Policy policy = fence.build(
      world->context,
      fixed_parameters(fence, 2, plain({{"amount", 3e6}, {"share", 0.2}}), {{"budget_neutral", "false"}}));
  CHECK(policy.cost.row(0).sum() == doctest::Approx(0.6e6).epsilon(1e-12));
  CHECK(policy.transfer.minCoeff() == 0.0);
}

TEST_CASE(
    "two areas: the community wealth fund builds a stock and an area alone grows by beta times its years") {
  // GBP 100,000 over two years for 1,000 residents: S = 50, then 50 (1 - 0.1) + 50 = 95, then 85.5.
  const auto world = lever_world(2, 1, 2, 3);
  const Lever& fund = lever("community_wealth_fund");
  const auto numbers = plain({{"amount", 100e3}, {"fund_years", 2}, {"depreciation", 0.1}});
  const double stock[] = {50.0, 95.0, 85.5};
  const auto shock = [](const Policy& policy, long draw, int h) {
    return policy.dynamics.amplitude_at(draw, h, 0) * policy.dynamics.shape(0, 0);
  };
  for (const char* effect : {"level", "rate"}) {  // alike within the window
    const Policy policy =
        fund.build(world->context, fixed_parameters(fund, 2, numbers, {{"effect", effect}}));
    CHECK(policy.warnings.size() == 1);  // plain beta on top of the propagation
    for (const long draw : {0L, 1L}) {
      const double beta = world->context.beta(draw), phi = world->context.phi(draw);
      for (int h = 0; h < 3; ++h) {
        const double before = h == 0 ? 0.0 : stock[h - 1];
        CHECK(shock(policy, draw, h) ==
              doctest::Approx(beta / 10.0 * (stock[h] - phi * before)).epsilon(1e-12));
      }
    }
    CHECK(policy.cost(0, 0) == doctest::Approx(50e3));
    CHECK(policy.cost.row(0).sum() == doctest::Approx(100e3));
  }
  // An impact: nothing is taken off. The structural form: growth a period, and nothing is taken off either.
  world->context.effect_is = EffectIs::impact;
  const Policy impact = fund.build(world->context, fixed_parameters(fund, 2, numbers));
  CHECK(shock(impact, 0, 1) == doctest::Approx(world->context.beta(0) / 10.0 * 95.0).epsilon(1e-12));
  world->context.effect_is = EffectIs::total;
  world->context.beta_is = BetaIs::structural;
  world->context.beta *= 0.05;
  world->context.period_years = 2.0;  // S = 100, then 81
  const Policy structural = fund.build(world->context, fixed_parameters(fund, 2, numbers));
  CHECK(structural.warnings.empty());
  CHECK(shock(structural, 0, 0) == doctest::Approx(world->context.beta(0) * 100.0).epsilon(1e-12));
  CHECK(shock(structural, 0, 1) == doctest::Approx(world->context.beta(0) * 81.0).epsilon(1e-12));
}

TEST_CASE("an area that shares nothing with others follows the total, whatever its persistence") {
  const auto world = lever_world(6, 2, 2, 4);
  world->context.rho.setZero();
  const Lever& fund = lever("community_wealth_fund");
  const auto numbers = plain({{"amount", 100e3}, {"fund_years", 2}, {"depreciation", 0.1}});
  const Policy with = fund.build(world->context, fixed_parameters(fund, 2, numbers));
  const Eigen::MatrixXd u = propagate_one(with.dynamics, 1);
  world->context.phi.setZero();
  const Policy without = fund.build(world->context, fixed_parameters(fund, 2, numbers));
  CHECK((u - propagate_one(without.dynamics, 1)).cwiseAbs().maxCoeff() < 1e-15);
  CHECK(u.maxCoeff() > 1e-3);
}

TEST_CASE("what model B estimates for neighbours goes to them and no further") {
  // Ring of six, one funded area of 1,000 residents and GBP 100,000 in a year: theta S of its two neighbours'
  // mean, half each.
  const auto world = lever_world(6, 1, 1, 2);
  world->context.rho.setZero();
  world->context.phi.setZero();
  world->context.theta = Eigen::VectorXd::Constant(1, 0.002);
  const Lever& fund = lever("community_wealth_fund");
  const Policy policy = fund.build(
      world->context,
      fixed_parameters(fund, 1, plain({{"amount", 100e3}, {"fund_years", 1}, {"depreciation", 0}})));
  const Eigen::MatrixXd u = propagate_one(policy.dynamics, 0);
  CHECK(u(0, 1) == doctest::Approx(world->context.beta(0) * 100.0 / 10.0).epsilon(1e-12));
  CHECK(u(1, 1) == doctest::Approx(0.5 * 0.002 * 100.0 / 10.0).epsilon(1e-12));
  CHECK(u(5, 0) == doctest::Approx(0.5 * 0.002 * 100.0 / 10.0).epsilon(1e-12));
  CHECK(u(2, 1) == 0.0);
  CHECK(policy.reach == std::vector<Reach>{Reach::own, Reach::from_funded});
}

TEST_CASE("what is kept is the product of what each cause leaves, and displacement is apart") {
  const auto world = lever_world(2, 1, 1, 1);
  world->context.rho.setZero();
  const Lever& fund = lever("community_wealth_fund");
  const Additionality net = additionality(world->context, fixed_parameters(fund, 1,
                                                                           {{"deadweight", 0.5},
                                                                            {"leakage", 0.2},
                                                                            {"substitution", 0.25},
                                                                            {"displacement", 0.4},
                                                                            {"multiplier", 1.5}}));
  CHECK(net.kept(0) == doctest::Approx(0.5 * 0.75 * 1.5).epsilon(1e-14));
  CHECK(net.displacement(0) == 0.4);
  // Of what is kept 0.2 leaks and 0.4 is displaced: 0.6 for the nation, whoever loses what is displaced.
  CHECK(net.own()(0) == doctest::Approx(net.kept(0) * 0.8).epsilon(1e-14));
  CHECK(net.elsewhere()(0) == doctest::Approx(net.kept(0) * (0.2 - 0.4)).epsilon(1e-14));
  Additionality scalar = net;
  scalar.routed = false;
  CHECK(scalar.own()(0) == doctest::Approx(net.kept(0) * 0.8 * 0.6).epsilon(1e-14));
  CHECK(scalar.elsewhere()(0) == doctest::Approx(net.kept(0) * 0.2 * 0.6).epsilon(1e-14));
}

TEST_CASE("levered money builds stock and costs the public nothing; factors convert units") {
  const auto world = lever_world(2, 1, 1, 1);
  const Lever& fund = lever("community_wealth_fund");
  const auto build = [&](double leverage) {
    auto numbers = plain({{"amount", 100e3}, {"fund_years", 1}});
    numbers["match_private"] = leverage;
    return fund.build(world->context, fixed_parameters(fund, 1, numbers));
  };
  const double one = propagate_one(build(0.0).dynamics, 0)(0, 0);
  CHECK(one == doctest::Approx(0.004 * 100.0 / 10.0).epsilon(1e-12));
  CHECK(propagate_one(build(0.5).dynamics, 0)(0, 0) == doctest::Approx(1.5 * one).epsilon(1e-12));
  CHECK(build(0.5).cost == build(0.0).cost);
  world->context.beta_unit = "assets per 1,000";
  world->context.convert = {{"gbp_per_head", 0.01}, {"outcome", 3.0}};
  CHECK(propagate_one(build(0.0).dynamics, 0)(0, 0) == doctest::Approx(0.03 * one).epsilon(1e-12));
}

TEST_CASE("places are filled by need until their residents are reached") {
  // Ranks rise with the area, so area 0 (1,000 residents) and area 1 (1,100) make a place of 1,500.
  const auto world = lever_world(8, 4, 1, 2);
  const Lever& fund = lever("community_wealth_fund");
  const Policy policy = fund.build(
      world->context,
      fixed_parameters(
          fund, 1, plain({{"amount", 2100}, {"fund_years", 1}, {"places", 1}, {"residents_per_place", 1500}}),
          {{"eligible", "places"}}));
  CHECK(policy.transfer(0) == doctest::Approx(1.0));
  CHECK(policy.transfer(1) == doctest::Approx(1.0));
  CHECK(policy.transfer.tail(6).isZero(0.0));
}

TEST_CASE("new bus links give exactly W' = rownorm(W + omega C) and its forcing") {
  const auto world = lever_world(12, 4, 2, 5);
  const LeverContext& context = world->context;
  const Lever& bus = lever("bus_franchising");
  const Parameters parameters = fixed_parameters(bus, 2,
                                                 {{"cold_spot_share", 0.5},
                                                  {"centre_share", 2.0 / 12},
                                                  {"reach_km", 10},
                                                  {"omega", 0.5},
                                                  {"phase_in_years", 2},
                                                  {"kappa", 0.4}},
                                                 {{"omega_from", "given"}});
  const Policy policy = bus.build(context, parameters);

  // Cold spots: areas 0 and 1 (fewest runs). Centres: area 11 (5,000 jobs) and area 10 (110). From area 0
  // both are beyond 10 km but for area 10, exactly 10 km away; from area 1 area 10 is 9 km and area 11
  // exactly 10 km away.
  Eigen::MatrixXd links = Eigen::MatrixXd::Zero(12, 12);
  links(0, 10) = 1.0;
  const double near = 110.0 / 9.0, far = 5000.0 / 10.0;
  links(1, 10) = near / (near + far);
  links(1, 11) = far / (near + far);
  const Eigen::MatrixXd w = context.weights->matrix();
  for (const long draw : {0L, 1L}) {
    const Eigen::MatrixXd a = test::dense_dynamics(context, draw);
    std::vector<Eigen::MatrixXd> changed;
    for (int h = 0; h < 5; ++h) {
      const double phase = h == 0 ? 0.25 : h == 1 ? 0.75 : 1.0;
      Eigen::MatrixXd policy_w = w + 0.5 * phase * links;
      for (Eigen::Index i = 0; i < 12; ++i) policy_w.row(i) /= policy_w.row(i).sum();
      Eigen::VectorXd rho(12);
      for (Eigen::Index i = 0; i < 12; ++i)
        rho(i) = context.rho(context.type[static_cast<std::size_t>(i)], draw);
      for (const Eigen::Index i : {0, 1}) rho(i) += 0.4 * phase * (context.rho(2, draw) - rho(i));
      changed.push_back(rho.asDiagonal() * policy_w + context.phi(draw) * Eigen::MatrixXd::Identity(12, 12));
    }
    const Eigen::MatrixXd expected =
        test::dense_uplift(a, changed, context.growth, Eigen::MatrixXd::Zero(12, 5));
    CHECK((propagate_one(policy.dynamics, draw) - expected).cwiseAbs().maxCoeff() < 1e-16);
    CHECK(expected.cwiseAbs().maxCoeff() > 1e-4);
  }
}

TEST_CASE("an island's new links become its whole row") {
  const auto world = lever_world(6, 2, 1, 3);
  SpatialWeights::Matrix raw(6, 6);
  raw.insert(1, 2) = 1.0;
  raw.insert(2, 1) = 1.0;
  world->weights = SpatialWeights(raw, true);
  const LeverContext& context = world->context;
  const Lever& bus = lever("bus_franchising");
  const Policy policy = bus.build(
      context,
      fixed_parameters(
          bus, 1, {{"cold_spot_share", 0.5}, {"centre_share", 0.1}, {"omega", 0.5}, {"phase_in_years", 0}},
          {{"omega_from", "given"}}));
  // Area 0 has no neighbour; its one link goes to area 5. u(1) = rho y0, all of it from the centre.
  CHECK(propagate_one(policy.dynamics, 0)(0, 0) == doctest::Approx(0.30 * 0.02).epsilon(1e-12));
}

TEST_CASE("bus service costs what is added less what fares bring") {
  const auto world = lever_world(8, 4, 1, 3);
  const Lever& bus = lever("bus_franchising");
  const Policy policy = bus.build(world->context, fixed_parameters(bus, 1,
                                                                   {{"cold_spot_share", 0.5},
                                                                    {"service_change", 0.21},
                                                                    {"frequency_elasticity", 0.5},
                                                                    {"fare_change", 0},
                                                                    {"phase_in_years", 0},
                                                                    {"service_cost", 100},
                                                                    {"farebox_share", 0.4},
                                                                    {"assessment_cost", 7}}));
  // 2,100 residents at GBP 100: 21 % more service, 10 % more trips and fares: 210,000 (0.21 - 0.04); one
  // authority.
  CHECK(policy.cost(0, 0) == doctest::Approx(210000.0 * 0.17 + 7.0).epsilon(1e-12));
  CHECK(policy.cost(0, 2) == doctest::Approx(210000.0 * 0.17).epsilon(1e-12));
}

TEST_CASE("centres are chosen within each region, and only linked cold spots are changed and billed") {
  // Twelve areas a kilometre apart; region A holds 0 to 5, B 6 to 11. One centre each:
  // the area with most jobs, 5 (105) in A and 11 (5,000) in B, where a national share would take 11 and 10.
  const auto world = lever_world(12, 12, 1, 3);
  std::vector<std::string> region;
  for (int i = 0; i < 12; ++i) region.push_back(i < 6 ? "A" : "B");
  world->pack.areas.columns.push_back(test::text_column("region_code", region));
  const Lever& bus = lever("bus_franchising");
  const auto built = [&](std::map<std::string, double> more, std::map<std::string, std::string> words = {}) {
    std::map<std::string, double> numbers = {
        {"cold_spot_share", 3.0 / 12}, {"centre_share", 1.0 / 12},    {"reach_km", 4},
        {"service_change", 0.21},      {"frequency_elasticity", 0.5}, {"phase_in_years", 0},
        {"service_cost", 100},         {"farebox_share", 0.4},        {"assessment_cost", 7}};
    numbers.insert(more.begin(), more.end());
    return bus.build(world->context, fixed_parameters(bus, 1, numbers, words));
  };
  // Cold spots 0, 1 and 2 (fewest runs); area 5 is 5, 4 and 3 km away, so 0 has no link.
  const Policy policy = built({});
  CHECK(policy.notes[0].find(
            "Cold spots: 3 of 12 eligible areas by column 'bus_runs'; 2 are linked to an employment "
            "centre within 4 km, their 2 thousand residents are billed (A 2)") != std::string::npos);
  CHECK(policy.notes[1] ==
        "Without a link, where nothing changes and nobody is billed: 1 cold spots with 1 thousand residents "
        "(A 1): "
        "E0.");
  CHECK(policy.notes[2].find(
            "the 2 areas with most jobs by column 'jobs', the same share within each region: A 1, B "
            "1.") != std::string::npos);
  CHECK(policy.cost(0, 0) == doctest::Approx((1100.0 + 1200.0) * 100.0 * 0.17 + 7.0).epsilon(1e-12));
  const Eigen::MatrixXd u = propagate_one(built({{"kappa", 0.5}}).dynamics, 0);
  CHECK(u(0, 0) == 0.0);
  CHECK(u(1, 0) != 0.0);
  CHECK(policy.warnings.empty());

  // Jobs within 1 km of 1: 100 + 101 + 102; with the link to 5, 105 more. Of 2: 101 + 102 + 103, and 105.
  const double e = 0.1, before = (1100.0 * 303 + 1200.0 * 306) / 2300.0,
               more = 100.0 *
                      (1100.0 * (std::pow(408.0 / 303, e) - 1) + 1200.0 * (std::pow(411.0 / 306, e) - 1)) /
                      2300.0;
  const Policy access = built({{"reach_today_km", 1}, {"access_elasticity", e}});
  const std::string said = fmt::format(
      "reaches {:.0f} jobs within 1 km today and {:.0f} with the links; employment there rises by {:.2f} % "
      "of its level",
      before, before + 105.0, more);
  CHECK(std::any_of(access.notes.begin(), access.notes.end(),
                    [&](const std::string& note) { return note.find(said) != std::string::npos; }));

  // What stands in for jobs is named, and access to jobs is not made of it.
  const Policy stand_in = built({}, {{"centre_column", "bus_runs"}});
  REQUIRE(stand_in.warnings.size() == 1);
  CHECK(stand_in.warnings[0].find("stand on column 'bus_runs', a stand-in for jobs") != std::string::npos);
  for (const std::string& note : stand_in.notes) CHECK(note.find("Access to jobs") == std::string::npos);
  CHECK_THROWS_WITH(built({}, {{"centres_within", "ttwa"}}),
                    doctest::Contains("the pack has no column 'ttwa_code' or 'ttwa'"));
}

TEST_CASE("every transport authority that holds treated areas is counted, combined or not") {
  const auto world = lever_world(12, 12);
  using Rows = std::vector<std::int32_t>;
  // C1 holds 0 to 5 (authority L1); 6 to 11 lie in L2, outside.
  CHECK(authorities_of(world->context, Rows{0, 3}).count == 1.0);
  CHECK(authorities_of(world->context, Rows{0, 7}).count == 2.0);
  CHECK(authorities_of(world->context, Rows{0, 7})
            .words.starts_with("1 combined authorities, 1 local authorities"));
  std::vector<std::string> own;
  for (int i = 0; i < 12; ++i) own.push_back("T" + std::to_string(i / 3));
  world->pack.areas.columns.push_back(test::text_column("transport_authority_code", own));
  CHECK(authorities_of(world->context, Rows{0, 2, 7, 11}).count == 3.0);
}

TEST_CASE("pages hold the mechanism, every parameter and what is left out") {
  for (const Lever& known : scenarios::catalogue()) {
    CAPTURE(known.name);
    for (const ParameterSpec& spec : known.parameters)
      if (spec.part.empty()) CHECK(known.page.find("| `" + spec.name + "` |") != std::string::npos);
    CHECK(known.page.find("## What it leaves out\n\n") != std::string::npos);
    for (const ParameterSpec& spec : known.parameters)
      if (const auto* drawn = std::get_if<Distribution>(&spec.fallback))
        if (!drawn->kind.empty()) {
          CAPTURE(spec.name);
          CHECK_FALSE(drawn->source.empty());
        }
  }
}

TEST_CASE(
    "a policy is in proportion to the parameters that scale both its shocks and its money, and to no other") {
  const auto world = lever_world(6, 2, 3, 4);
  const auto sized = [&](const char* name, const Parameters& parameters) {
    Policy policy = lever(name).build(world->context, parameters);
    find_sizes(policy, world->context, lever(name), parameters);
    return policy;
  };
  using Sizes = std::map<std::string, double>;
  const Lever& fence = lever("ukspf_ring_fence");
  // A share of 0.4 can become 1 at most; the fund's own amount stands, so `amount` is no size until it is
  // given.
  CHECK(sized("ukspf_ring_fence", fixed_parameters(fence, 3, {{"share", 0.4}})).sizes ==
        Sizes{{"share", 2.5}});
  CHECK(sized("ukspf_ring_fence", fixed_parameters(fence, 3, {{"share", 0.1}, {"amount", 1e6}})).sizes ==
        Sizes{{"share", 3.0}, {"amount", 3.0}});
  // A minimum tops up to the share: what it moves is not in proportion to it, though the fund's amount is.
  CHECK(sized("ukspf_ring_fence",
              fixed_parameters(fence, 3, {{"share", 0.9}, {"amount", 1e6}}, {{"rule", "minimum"}}))
            .sizes == Sizes{{"amount", 3.0}});
  const Lever& fund = lever("community_wealth_fund");
  CHECK(sized("community_wealth_fund", fixed_parameters(fund, 3)).sizes == Sizes{{"factor", 3.0}});
  // The administration saved is spent, but what the change costs once does not grow with it.
  const Policy fixed_cost = sized("fund_consolidation", fixed_parameters(lever("fund_consolidation"), 3));
  CHECK(fixed_cost.sizes.empty());
  CHECK(fixed_cost.unsized.find("none of its parameters") != std::string::npos);
  const Policy dynamics =
      sized("growth_plan_conditionality", fixed_parameters(lever("growth_plan_conditionality"), 3));
  CHECK(dynamics.sizes.empty());
  CHECK(dynamics.unsized.find("rho or W") != std::string::npos);
}
