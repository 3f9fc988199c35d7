// One budget for the levers of a package: shares by hand, bounds, and what is refused.
#include "scenarios/package_budget.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "engine/base/error.hpp"
#include "tests/support/lever_world.hpp"
#include "tests/support/message.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::message;

namespace {

constexpr double none = std::numeric_limits<double>::infinity();

/// A ring-fence of new money that costs GBP 1.5m as set and a wealth fund that costs 0.5m, all within the
/// horizon.
Parameters two_funds(long draws, std::map<std::string, double> bounds = {}) {
  std::map<std::string, double> numbers = {{"ukspf_ring_fence_share", 0.5},
                                           {"ukspf_ring_fence_amount", 3e6},
                                           {"community_wealth_fund_amount", 0.5e6}};
  for (const char* lever : {"ukspf_ring_fence", "community_wealth_fund"}) {
    numbers[std::string(lever) + "_fund_years"] = 3.0;
    for (const auto& [name, value] : test::plain({})) numbers[std::string(lever) + "_" + name] = value;
  }
  numbers.merge(bounds);
  for (const auto& [name, value] : bounds) numbers[name] = value;
  Parameters parameters =
      fixed_parameters(lever("package"), draws, numbers, {{"ukspf_ring_fence_budget_neutral", "false"}});
  parameters.lists["levers"] = {"ukspf_ring_fence", "community_wealth_fund"};
  return parameters;
}

double cost_of(const Policy& policy, long draw) {
  return policy.cost.row(draw).sum() +
         (policy.later_cost.size() > 0 ? policy.later_cost.row(draw).sum() : 0.0);
}

/// What each lever of the package costs in a draw.
std::vector<double> parts(const LeverContext& context, const Parameters& package, long draw) {
  std::vector<double> costs;
  for (const auto& [name, part] : budgeted_parts(context, package).parts)
    costs.push_back(cost_of(lever(name).build(context, part), draw));
  return costs;
}

void check(const std::vector<double>& found, const std::vector<double>& by_hand) {
  REQUIRE(found.size() == by_hand.size());
  for (std::size_t k = 0; k < found.size(); ++k) CHECK(found[k] == doctest::Approx(by_hand[k]).epsilon(1e-9));
}

}  // namespace

TEST_CASE("money is shared in proportion, each share between its floor and its cap, by hand") {
  check(shared_out(100, {3, 1}, {0, 0}, {none, none}), {75, 25});
  check(shared_out(100, {3, 1}, {0, 40}, {none, none}), {60, 40});
  check(shared_out(100, {3, 1}, {0, 0}, {50, none}), {50, 50});
  check(shared_out(100, {5, 3, 2}, {0, 40, 0}, {none, none, 10}), {50, 40, 10});  // t = 10
  check(shared_out(100, {1, 1, 1}, {50, 0, 0}, {none, none, 20}), {50, 30, 20});
  check(shared_out(300, {163.618, 175}, {60, 0}, {none, 150}), {150, 150});
  // Turns are where rounding would tell a share beside its floor or cap from one at it.
  for (const double w : {0.1, 0.3, 0.7, 1.1, 2.3, 163.618, 175.3})
    for (const double bound : {0.1, 1.7, 33.3, 60.0}) {
      const std::vector<double> low = shared_out(100, {w, 1.9, 3.1}, {bound, 0, 0}, {none, none, none}),
                                high = shared_out(100, {w, 1.9, 3.1}, {0, 0, 0}, {bound, none, 31.7});
      CHECK(low[0] + low[1] + low[2] == doctest::Approx(100.0).epsilon(1e-12));
      CHECK(high[0] + high[1] + high[2] == doctest::Approx(100.0).epsilon(1e-12));
    }
  check(shared_out(60, {1, 1}, {40, 20}, {none, none}), {40, 20});  // floors take all
  check(shared_out(60, {1, 9}, {0, 0}, {40, 20}), {40, 20});        // caps hold all
}

TEST_CASE("a package spends its budget in every draw, and each lever does what its part of it does") {
  const auto world = lever_world(20, 6, 3, 4);
  const LeverContext& context = world->context;
  check(parts(context, two_funds(3), 0), {1.5e6, 0.5e6});  // without a budget as set
  Parameters budgeted = two_funds(3, {{"budget", 4e6}});
  const auto factor =
      std::find(budgeted.names.begin(), budgeted.names.end(), "community_wealth_fund_factor") -
      budgeted.names.begin();
  budgeted.value.col(factor) << 1.0, 2.0, 3.0;  // costs 0.5m, 1m, 1.5m as set
  check(parts(context, budgeted, 0), {3e6, 1e6});
  check(parts(context, budgeted, 1), {4e6 * 1.5 / 2.5, 4e6 * 1.0 / 2.5});
  check(parts(context, budgeted, 2), {2e6, 2e6});
  const Policy whole = lever("package").build(context, budgeted);
  for (long d = 0; d < 3; ++d) CHECK(cost_of(whole, d) == doctest::Approx(4e6).epsilon(1e-9));

  // The first draw is the same levers with the amounts of their parts.
  const Policy by_amounts = lever("package").build(
      context, two_funds(3, {{"ukspf_ring_fence_amount", 6e6}, {"community_wealth_fund_amount", 1e6}}));
  CHECK((propagate_one(whole.dynamics, 0) - propagate_one(by_amounts.dynamics, 0)).cwiseAbs().maxCoeff() <
        1e-15);
  CHECK(propagate_one(whole.dynamics, 0).cwiseAbs().maxCoeff() > 1e-7);
  CHECK(whole.notes[0].find("Budget of GBP 4m of public cost") == 0);
}

TEST_CASE("floors and caps, in pounds and in shares of the budget") {
  const auto world = lever_world(20, 6, 1, 4);
  const auto of = [&](std::map<std::string, double> bounds) {
    bounds["budget"] = 4e6;
    return parts(world->context, two_funds(1, bounds), 0);
  };
  check(of({{"community_wealth_fund_floor", 2.5e6}}), {1.5e6, 2.5e6});
  check(of({{"community_wealth_fund_floor_share", 0.5}}), {2e6, 2e6});
  check(of({{"ukspf_ring_fence_cap", 1e6}}), {1e6, 3e6});
  check(of({{"ukspf_ring_fence_cap_share", 0.3}}), {1.2e6, 2.8e6});
  check(of({{"community_wealth_fund_floor", 0.5e6}, {"ukspf_ring_fence_cap", 3.9e6}}), {3e6, 1e6});
}

TEST_CASE("what does not scale costs what it costs, and the others share the rest") {
  const auto world = lever_world(20, 6, 1, 4);
  const LeverContext& context = world->context;
  Parameters package = two_funds(1, {{"budget", 8e6},
                                     {"bus_franchising_cold_spot_share", 0.5},
                                     {"bus_franchising_reach_km", 100},
                                     {"bus_franchising_centre_share", 0.1}});
  package.lists["levers"] = {"bus_franchising", "community_wealth_fund"};
  const double buses = cost_of(lever("bus_franchising").build(context, package_parts(package)[0].second), 0);
  REQUIRE(buses > 0.0);
  REQUIRE(buses < 8e6);
  check(parts(context, package, 0), {buses, 8e6 - buses});
}

TEST_CASE("a budget that cannot be spent between its bounds is refused by name and amounts") {
  const auto world = lever_world(20, 6, 2, 4);
  const auto refused = [&](std::map<std::string, double> bounds) {
    return message([&] { lever("package").build(world->context, two_funds(2, bounds)); });
  };
  CHECK(
      refused({{"budget", 4e6}, {"ukspf_ring_fence_floor", 3e6}, {"community_wealth_fund_floor", 2e6}}) ==
      "column 'budget': value 'GBP 4m': is GBP 1m short of its floors, GBP 5m together (ukspf_ring_fence at "
      "least GBP 3m, community_wealth_fund at least GBP 2m); raise it, or lower a floor");
  CHECK(
      refused({{"budget", 4e6}, {"ukspf_ring_fence_cap", 1e6}, {"community_wealth_fund_cap", 2e6}})
          .find("is GBP 1m more than its levers can take, GBP 3m together (ukspf_ring_fence at most GBP 1m, "
                "community_wealth_fund at most GBP 2m); lower it, or raise a cap") != std::string::npos);
  CHECK(refused({{"ukspf_ring_fence_cap", 1e6}}).find("the package has none; set budget") !=
        std::string::npos);
  CHECK(refused({{"budget", 4e6}, {"ukspf_ring_fence_floor", 3e6}, {"ukspf_ring_fence_cap_share", 0.5}})
            .find("is above the cap of ukspf_ring_fence, GBP 2m (ukspf_ring_fence_cap_share)") !=
        std::string::npos);
  CHECK(refused({{"budget", 4e6}, {"ukspf_ring_fence_cap", 1e6}, {"ukspf_ring_fence_cap_share", 0.5}})
            .find("stands beside ukspf_ring_fence_cap_share = 0.5; give one of them") != std::string::npos);
  CHECK(refused({{"budget", 4e6}}) == "(no InputError)");

  // A budget-neutral ring-fence has no part of a budget.
  Parameters neutral = two_funds(2, {{"budget", 4e6}, {"ukspf_ring_fence_floor", 1e6}});
  neutral.flags["ukspf_ring_fence_budget_neutral"] = true;
  CHECK(
      message([&] {
        lever("package").build(world->context, neutral);
      }).find("is a floor above what ukspf_ring_fence costs, GBP 0m: it moves money without a public cost") !=
      std::string::npos);
  neutral.lists["levers"] = {"ukspf_ring_fence"};
  Parameters alone = two_funds(2, {{"budget", 4e6}});
  alone.flags["ukspf_ring_fence_budget_neutral"] = true;
  alone.lists["levers"] = {"ukspf_ring_fence"};
  CHECK(message([&] {
          lever("package").build(world->context, alone);
        }).find("is GBP 4m more than its levers can take, GBP 0m together (none of them costs anything)") !=
        std::string::npos);
}
