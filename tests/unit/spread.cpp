// What of an area's gain reaches others: which scenarios may say what, weights by size, and pounds taken
// apart.
#include "scenarios/spread.hpp"

#include <doctest/doctest.h>

#include "engine/config/run_config.hpp"
#include "engine/run/pounds.hpp"
#include "engine/weights/spatial_weights.hpp"
#include "scenarios/policy_builder.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;

namespace {
ScenarioConfig scenario(const std::string& lever, const std::string& spread,
                        const std::map<std::string, ParameterValue>& parameters = {}) {
  ScenarioConfig made;
  made.name = "s";
  made.lever = lever;
  made.spread = spread;
  made.spread_line = 7;
  made.parameters = parameters;
  return made;
}

std::string refusal(const ScenarioConfig& one) {
  RunConfig config;
  config.file = "run.toml";
  config.scenarios = {one};
  try {
    scenarios::check_spreads(config);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}
}  // namespace

TEST_CASE("what a lever acts through decides which spreads it may have") {
  using List = std::vector<std::string>;
  for (const char* spread : {"propagated", "none", "estimated"})
    CHECK(refusal(scenario("community_wealth_fund", spread)).empty());
  CHECK(refusal(scenario("ukspf_ring_fence", "none")).empty());
  CHECK(refusal(scenario("ukspf_ring_fence", "estimated", {{"channel", std::string("stock")}})).empty());
  CHECK(refusal(scenario("bus_franchising", "propagated")).empty());
  CHECK(refusal(scenario("bus_franchising", "none")) ==
        "run.toml:7: column 'scenario.s.spread': value 'none': lever 'bus_franchising' changes rho or W, "
        "whose effect is what "
        "spreads; leave spread out, or write \"propagated\"");
  CHECK(refusal(scenario("growth_plan_conditionality", "estimated")).find("changes rho or W") !=
        std::string::npos);
  CHECK(refusal(scenario("ukspf_ring_fence", "estimated")).find("does not (channel = \"flow\")") !=
        std::string::npos);
  CHECK(refusal(scenario("employment_support", "estimated")).find("does not; choose") != std::string::npos);
  // A package is as restricted as its most restricted lever; its default holds buses.
  CHECK(refusal(scenario("package", "none")).find("a lever of the 'package' changes rho or W") !=
        std::string::npos);
  CHECK(refusal(scenario("package", "none", {{"levers", List{"community_wealth_fund", "ukspf_ring_fence"}}}))
            .empty());
  CHECK(!refusal(scenario("package", "estimated",
                          {{"levers", List{"community_wealth_fund", "ukspf_ring_fence"}}}))
             .empty());
  CHECK(refusal(scenario("package", "estimated",
                         {{"levers", List{"community_wealth_fund", "ukspf_ring_fence"}},
                          {"ukspf_ring_fence_channel", std::string("stock")}}))
            .empty());
}

TEST_CASE("the two keys of a scenario are read, and other words are refused with their line") {
  const std::string head =
      "[[model]]\nname = \"a\"\nkind = \"spatial_lag_panel\"\noutcome = \"growth\"\ncovariance = { kind = "
      "\"cluster\", "
      "by = \"lad_code\" }\n[bootstrap]\ncluster = \"lad_code\"\n[[scenario]]\nname = \"s\"\nlever = "
      "\"community_wealth_fund\"\n";
  const RunConfig plain = parse_config(head);
  CHECK(plain.scenarios[0].spread == "propagated");
  CHECK(plain.scenarios[0].effect_is == "total");
  const RunConfig set = parse_config(head + "spread = \"none\"\neffect_is = \"impact\"\n");
  CHECK(set.scenarios[0].spread == "none");
  CHECK(set.scenarios[0].effect_is == "impact");
  CHECK(set.scenarios[0].spread_line == 11);
  CHECK_THROWS_AS(parse_config(head + "spread = \"half\"\n"), InputError);
}

TEST_CASE("weights by size: a neighbour three times as large counts three times") {
  RunConfig config;
  DataPack pack;
  pack.name = "three";
  pack.areas.rows = 3;
  pack.areas.columns = {test::text_column("area_code", {"A", "B", "C"}),
                        test::number_column("jobs", {5, 1, 3})};
  pack.edges = {{0, 1, 1.0}, {0, 2, 1.0}, {1, 0, 1.0}, {2, 0, 1.0}};
  const auto row = [&] { return Eigen::MatrixXd(build_weights(config, pack).matrix()); };
  CHECK(row()(0, 1) == doctest::Approx(0.5).epsilon(1e-15));
  config.weights_size = "jobs";
  CHECK(row()(0, 1) == doctest::Approx(0.25).epsilon(1e-15));
  CHECK(row()(0, 2) == doctest::Approx(0.75).epsilon(1e-15));
  CHECK(row()(1, 0) == 1.0);
  pack.areas.columns[1].number[2] = 0.0;
  CHECK_THROWS_WITH_AS(row(), doctest::Contains("area 'C' has jobs 0 (weights.size needs a value above 0"),
                       InputError);
}

TEST_CASE("two areas of unequal size: the pounds through neighbours, and what of them sizes make") {
  // GVA 10m and 11.55m; area 0 gains .01 in the first of two periods. Direct .01 x 10m (1 + phi), phi = .1:
  // 110,000. Through neighbours: area 1 gains rho_other .4 x .01 of 11.55m: 46,200. In proportion to GVA the
  // same 100,000 would bring (rho + phi) of it, rho = (.3 x 10 + .4 x 11.55) / 21.55, and phi is in the
  // direct part already.
  const auto world = test::lever_world(2, 1, 1, 2);
  scenarios::PolicyBuilder builder(world->context);
  Eigen::MatrixXd once(1, 2);
  once << 0.01, 0.0;
  builder.add_shock(Eigen::VectorXd::Unit(2, 0), once);
  Policy policy = builder.finish();
  OutcomePlan plan;
  plan.head_weight = world->context.population;
  plan.rate_weight = world->context.gva;
  plan.gva_per_head = world->context.gva.cwiseQuotient(world->context.population);
  const Eigen::VectorXd cumulative = propagate_one(policy.dynamics, 0).rowwise().sum();
  const double all = world->context.gva.sum();
  const auto found =
      reconcile_pounds(policy, plan, Eigen::VectorXd::Constant(1, world->context.gva.dot(cumulative) / all));
  REQUIRE(found);
  CHECK(found->direct(0) == doctest::Approx(110e3).epsilon(1e-9));
  CHECK(found->through(0) == doctest::Approx(46200.0).epsilon(1e-9));
  const double proportional = (0.3 * 10.0 + 0.4 * 11.55) / 21.55 * 100e3;
  CHECK(found->unequal(0) == doctest::Approx(46200.0 - proportional).epsilon(1e-9));
  CHECK(found->total(0) == doctest::Approx(156200.0).epsilon(1e-9));
  CHECK(found->told());
  // A transfer is not told: what one gains the other pays.
  policy.transfer = Eigen::Vector2d(1.1, -1.0);  // GBP a head of 1,000 and 1,100 residents
  const auto zero_sum =
      reconcile_pounds(policy, plan, Eigen::VectorXd::Constant(1, world->context.gva.dot(cumulative) / all));
  CHECK(zero_sum->zero_sum);
  CHECK(!zero_sum->told());
  CHECK(zero_sum->lines().back().find("not told by this model: the money is a transfer") !=
        std::string::npos);
}
