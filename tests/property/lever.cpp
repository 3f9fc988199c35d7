// Laws that every lever keeps.
#include <doctest/doctest.h>

#include "scenarios/additionality.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::plain;

namespace {
double uplift_size(const Policy& policy) {
  double most = 0.0;
  for (long d = 0; d < policy.dynamics.draws; ++d)
    most = std::max(most, propagate_one(policy.dynamics, d).cwiseAbs().maxCoeff());
  return most;
}
}  // namespace

TEST_CASE("a budget-neutral ring-fence moves nothing out of the nation, to 1e-12 of what it moves") {
  for (const int areas : {2, 7, 101, 5003}) {
    const auto world = lever_world(areas, std::max(1, areas / 25), 1, 3);
    const Lever& fence = lever("ukspf_ring_fence");
    for (const char* rule : {"top_slice", "minimum"})
      for (const char* by : {"by_head", "by_need", "by_formula"}) {
        const Policy policy =
            fence.build(world->context, fixed_parameters(fence, 1, {{"share", 0.7}},
                                                         {{"rule", rule},
                                                          {"allocation", by},
                                                          {"fund_allocation", by},
                                                          {"allocation_column", "imd_rank"},
                                                          {"fund_allocation_column", "jobs"}}));
        const Eigen::VectorXd pounds = policy.transfer.col(0).cwiseProduct(world->context.population);
        CAPTURE(areas);
        CAPTURE(rule);
        CHECK(std::abs(pounds.sum()) < 1e-12 * pounds.cwiseAbs().sum());
        CHECK(pounds.cwiseAbs().sum() > 1e6);
      }
  }
}

TEST_CASE("routed displacement leaves the nation with (1 - D) of the gain, to 1e-12, as the scalar does") {
  const auto world = lever_world(401, 16, 2, 3);
  const Lever& fence = lever("ukspf_ring_fence");
  const auto national = [&](const char* route, double displacement) {
    auto numbers = plain({{"share", 0.3}});
    numbers["displacement"] = displacement;
    const Policy policy = fence.build(
        world->context,
        fixed_parameters(fence, 2, numbers, {{"displacement_route", route}, {"budget_neutral", "false"}}));
    // Pounds of the first period: growth times GVA.
    return world->context.gva.dot(propagate_one(policy.dynamics, 1).col(0));
  };
  const double gross = national("scalar", 0.0);
  for (const char* route : {"scalar", "routed"})
    CHECK(national(route, 0.4) == doctest::Approx(0.6 * gross).epsilon(1e-12));
  CHECK(gross > 0.0);
}

TEST_CASE("what goes to neighbours sums to the gain, islands included") {
  const auto world = lever_world(6, 2, 1, 1);
  SpatialWeights::Matrix raw(6, 6);
  raw.insert(1, 2) = 1.0;
  raw.insert(2, 1) = 3.0;
  raw.insert(2, 3) = 1.0;
  world->weights = SpatialWeights(raw, true);
  Eigen::VectorXd gain(6);
  gain << 5, 7, -2, 0, 0, 11;
  const Eigen::VectorXd received = to_neighbours(world->context, gain);
  CHECK(received.sum() == doctest::Approx(gain.sum()).epsilon(1e-14));
  CHECK(received(0) == 5.0);  // an island keeps its own
  CHECK(received(2) == 7.0);
  CHECK(received(1) == -1.5);
}

TEST_CASE("what goes to neighbours sums to the gain where W's rows do not sum to one") {
  const auto world = lever_world(6, 2, 1, 1);
  SpatialWeights::Matrix raw(6, 6);
  raw.insert(0, 1) = 3.0;
  raw.insert(0, 2) = 1.0;
  world->weights = SpatialWeights(raw, false);
  Eigen::VectorXd gain = Eigen::VectorXd::Zero(6);
  gain(0) = 8.0;
  const Eigen::VectorXd received = to_neighbours(world->context, gain);
  CHECK(received(1) == 6.0);
  CHECK(received(2) == 2.0);
  CHECK(received.sum() == 8.0);
}

TEST_CASE("a policy of size zero changes exactly nothing and costs nothing it does not spend") {
  const auto world = lever_world(20, 5, 3, 4);
  const std::map<std::string, std::map<std::string, double>> zero = {
      {"ukspf_ring_fence", {{"share", 0}}},
      {"community_wealth_fund", {{"factor", 0}}},
      {"bus_franchising", {{"kappa", 0}, {"service_change", 0}, {"fare_change", 0}, {"assessment_cost", 0}}},
      {"neighbourhood_renewal", {{"amount_per_place", 0}}},
      {"fund_consolidation", {{"amount_a_year", 0}, {"transition_cost", 0}}},
      {"growth_plan_conditionality", {{"compliance", 0}, {"plan_cost", 0}}},
      {"employment_support", {{"places_a_year", 0}}},
  };
  world->pack.areas.columns.push_back(test::number_column("employment_rate", std::vector<double>(20, 0.6)));
  for (const Lever& known : scenarios::catalogue()) {
    if (known.name == "package") continue;
    const std::string& name = known.name;
    CAPTURE(name);
    REQUIRE(zero.contains(name));
    const std::map<std::string, double>& numbers = zero.at(name);
    const Policy policy = lever(name).build(world->context, fixed_parameters(lever(name), 3, numbers));
    CHECK(uplift_size(policy) == 0.0);
    CHECK(policy.cost.isZero(0.0));
    CHECK(policy.dynamics.shapes() == 1);
  }
}

TEST_CASE("the community wealth fund at factor one is the unscaled fund, and at factor two twice it") {
  const auto world = lever_world(20, 5, 3, 6);
  const Lever& fund = lever("community_wealth_fund");
  const auto with = [&](std::map<std::string, double> numbers) {
    return fund.build(world->context, fixed_parameters(fund, 3, std::move(numbers)));
  };
  const Policy unscaled = with({{"amount", 175e6}, {"fund_years", 10}}), one = with({{"factor", 1}}),
               two = with({{"factor", 2}});
  for (long d = 0; d < 3; ++d) {
    CHECK(propagate_one(one.dynamics, d) == propagate_one(unscaled.dynamics, d));
    CHECK((propagate_one(two.dynamics, d) - 2.0 * propagate_one(one.dynamics, d)).isZero(1e-15));
  }
  CHECK(one.cost == unscaled.cost);
}

TEST_CASE("a shock alone has one class a type and the estimates' own rho and phi") {
  const auto world = lever_world(20, 5, 3, 4);
  const Policy policy =
      lever("ukspf_ring_fence").build(world->context, fixed_parameters(lever("ukspf_ring_fence"), 3));
  CHECK(policy.dynamics.classes == 3);
  CHECK(policy.dynamics.lambda.empty());
  CHECK_FALSE(policy.dynamics.coefficients_by_period);
  for (long d = 0; d < 3; ++d)
    for (int c = 0; c < 3; ++c) CHECK(policy.dynamics.rho_at(d, 2, c) == world->context.rho(c, d));
  CHECK(policy.dynamics.row_class == world->context.type);
}

TEST_CASE("a policy of links is proportional to the counterfactual growth") {
  const auto world = lever_world(20, 5, 2, 5);
  const Lever& bus = lever("bus_franchising");
  const Parameters parameters =
      fixed_parameters(bus, 2, {{"cold_spot_share", 0.4}, {"kappa", 0.3}, {"centre_share", 0.2}});
  const Policy once = bus.build(world->context, parameters);
  world->context.growth *= 3.0;
  const Policy thrice = bus.build(world->context, parameters);
  world->context.growth.setZero();
  const Policy none = bus.build(world->context, parameters);
  for (long d = 0; d < 2; ++d)
    CHECK((propagate_one(thrice.dynamics, d) - 3.0 * propagate_one(once.dynamics, d)).isZero(1e-15));
  CHECK(uplift_size(once) > 1e-5);
  CHECK(uplift_size(none) == 0.0);
}
