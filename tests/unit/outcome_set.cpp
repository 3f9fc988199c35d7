// A set of a coefficient carried to what it drives: by hand, and whether levers are in proportion to it.
#include "engine/outcome/outcome_set.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/constants.hpp"
#include "scenarios/spread.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;

namespace {
using Set = ConfidenceSet;
}

TEST_CASE("a product of two ranges, by hand: bounded, unbounded, disjoint, empty") {
  // b in [1, 2], m in [10, 30]: 10 to 60.
  CHECK(outcome_set({{1.0, 2.0}}, Band{10.0, 30.0}) == Set{{10.0, 60.0}});
  // b in [-1, 2]: -1 * 30 = -30 to 60. A negative m turns it round.
  CHECK(outcome_set({{-1.0, 2.0}}, Band{10.0, 30.0}) == Set{{-30.0, 60.0}});
  CHECK(outcome_set({{1.0, 2.0}}, Band{-30.0, -10.0}) == Set{{-60.0, -10.0}});
  // m of either sign: -2 * 5 to 2 * 10.
  CHECK(outcome_set({{1.0, 2.0}}, Band{-5.0, 10.0}) == Set{{-10.0, 20.0}});
  // No end above: 1 * 10 and no bound; none below; on no side.
  CHECK(outcome_set({{1.0, infinity}}, Band{10.0, 30.0}) == Set{{10.0, infinity}});
  CHECK(outcome_set({{-infinity, 2.0}}, Band{10.0, 30.0}) == Set{{-infinity, 60.0}});
  CHECK(outcome_set({{-infinity, infinity}}, Band{10.0, 30.0}) == Set{{-infinity, infinity}});
  CHECK(outcome_set({{1.0, infinity}}, Band{-5.0, 10.0}) == Set{{-infinity, infinity}});
  // Two parts stay two: up to -3 * 10 and from 2 * 10; where m reaches 0 they meet there and are one.
  CHECK(outcome_set({{-infinity, -3.0}, {2.0, infinity}}, Band{10.0, 30.0}) ==
        Set{{-infinity, -30.0}, {20.0, infinity}});
  CHECK(outcome_set({{-4.0, -3.0}, {2.0, 5.0}}, Band{0.0, 30.0}) == Set{{-120.0, 150.0}});
  // In order though m is negative.
  CHECK(outcome_set({{-4.0, -3.0}, {2.0, 5.0}}, Band{-2.0, -1.0}) == Set{{-10.0, -2.0}, {3.0, 8.0}});
  // Empty is empty; what does not move is 0 wherever the coefficient is.
  CHECK(outcome_set({}, Band{10.0, 30.0}).empty());
  CHECK(outcome_set({{-infinity, infinity}}, Band{0.0, 0.0}) == Set{{0.0, 0.0}});
}

TEST_CASE("an outcome that follows the coefficient in a curve is read at its ends, by hand") {
  // exp(b) - 1, known up to a tenth.
  const auto curve = [](double b) { return Band{0.9 * std::expm1(b), 1.1 * std::expm1(b)}; };
  const Set up = outcome_set({{1.0, 2.0}}, Follows::up, curve);
  REQUIRE(up.size() == 1);
  CHECK(up[0].first == doctest::Approx(0.9 * std::expm1(1.0)));
  CHECK(up[0].second == doctest::Approx(1.1 * std::expm1(2.0)));
  const Set two = outcome_set({{-infinity, 0.0}, {1.0, infinity}}, Follows::up, curve);
  REQUIRE(two.size() == 2);
  CHECK(two[0] == std::pair{-infinity, 0.0});
  CHECK(two[1].first == doctest::Approx(0.9 * std::expm1(1.0)));
  CHECK(two[1].second == infinity);
  const auto falls = [](double b) { return Band{-b - 0.5, -b + 0.5}; };
  CHECK(outcome_set({{1.0, 3.0}}, Follows::down, falls) == Set{{-3.5, -0.5}});
  CHECK(outcome_set({{1.0, infinity}}, Follows::down, falls) == Set{{-infinity, -0.5}});
  // What the coefficient does not touch has a band whatever its set is, but an empty one.
  const auto still = [](double) { return Band{2.0, 3.0}; };
  CHECK(outcome_set({{-infinity, infinity}}, Follows::not_at_all, still) == Set{{2.0, 3.0}});
  CHECK(outcome_set({}, Follows::not_at_all, still).empty());
}

TEST_CASE(
    "an outcome that turns, or turns in one draw alone, follows nothing, wherever between the values it "
    "does") {
  // Two draws at coefficients 0, 1 and 2.
  const auto at = [](double a, double b) { return Eigen::VectorXd(Eigen::Vector2d(a, b)); };
  CHECK(follows({at(0.0, 0.0), at(1.0, 2.0), at(3.0, 2.5)}) == Follows::up);
  CHECK(follows({at(0.0, 0.0), at(1.0, 0.0), at(1.0, 0.5)}) == Follows::up);  // may rest on the way
  CHECK(follows({at(3.0, 0.0), at(1.0, -1.0), at(0.5, -2.0)}) == Follows::down);
  CHECK(follows({at(3.0, 1.0), at(3.0, 1.0)}) == Follows::not_at_all);
  CHECK_FALSE(follows({at(0.0, 0.0), at(1.0, 1.0), at(0.5, 2.0)}).has_value());  // turns back between 1 and 2
  CHECK_FALSE(follows({at(0.0, 0.0), at(1.0, -1.0), at(2.0, -2.0)}).has_value());  // up in one, down in one
  CHECK(follows({at(spillway::nan, 0.0), at(1.0, 1.0)}) == Follows::up);
}

TEST_CASE("sets in words") {
  CHECK(set_in_words({{0.002, infinity}}, 100.0, " %") == "+0.2 % to no bound");
  CHECK(set_in_words({{-infinity, -0.011}, {0.003, 0.02}}, 100.0, " %") ==
        "no bound to -1.1 % or +0.3 % to +2 %");
  CHECK(set_in_words({{-infinity, infinity}}, 1.0, "") == "no bound either way");
  CHECK(set_in_words({{0.0, 1.5}}, 1.0, "") == "0 to +1.5");
  CHECK(set_in_words({}, 1.0, "") == "empty");
  CHECK(holds({{-infinity, -1.0}, {2.0, 3.0}}, 2.5));
  CHECK_FALSE(holds({{-infinity, -1.0}, {2.0, 3.0}}, 0.0));
  CHECK_FALSE(holds({}, 0.0));
}

TEST_CASE("the band of the rest leaves half a percent out on either side") {
  std::vector<double> draws{spillway::nan};
  for (int k = 1000; k >= 0; --k) draws.push_back(k);
  const Band band = band_of_rest(std::move(draws));
  CHECK(band.low == doctest::Approx(5.0));
  CHECK(band.high == doctest::Approx(995.0));
  // What overflows counts: ten of a thousand are more than the half percent above.
  std::vector<double> some(1000, 1.0);
  std::fill_n(some.begin(), 10, infinity);
  const Band reaches = band_of_rest(some);
  CHECK(reaches.low == 1.0);
  CHECK(reaches.high == infinity);
  CHECK(std::isnan(band_of_rest({spillway::nan}).low));
  // Five of 1,001: the end stands on the last finite one, beside an infinite one, and reaches that.
  some.assign(1001, 1.0);
  std::fill_n(some.begin(), 5, infinity);
  CHECK(band_of_rest(some).high == infinity);
}

TEST_CASE("levers that work through the stock are in proportion to the coefficient, draw by draw") {
  // Three values of b on the same draws of everything else: none, its own and 2.7 times it.
  const std::map<std::string, std::string> stock = {{"channel", "stock"}, {"fund", "custom"}};
  for (const char* name :
       {"community_wealth_fund", "neighbourhood_renewal", "fund_consolidation", "ukspf_ring_fence"})
    for (const char* effect : {"level", "rate"})
      for (const BetaIs is : {BetaIs::structural, BetaIs::own_growth}) {
        CAPTURE(name);
        const scenarios::Lever& lever = scenarios::lever(name);
        ScenarioConfig scenario;
        scenario.lever = name;
        for (const auto& spec : lever.parameters)
          if (spec.name == "channel") scenario.parameters["channel"] = std::string("stock");
        const scenarios::ActsThrough acts = scenarios::acts_through(scenario);
        REQUIRE((acts.stock && !acts.figure && !acts.dynamics));
        auto words = stock;
        words["effect"] = effect;
        const auto at = [&](double times, long draw) {
          const auto world = test::lever_world(12, 4, 3, 12);
          world->context.beta *= times;
          world->context.beta_is = is;
          const Policy policy =
              lever.build(world->context, test::fixed_parameters(lever, 3, {{"amount", 2.1e6}}, words));
          return propagate_one(policy.dynamics, draw);
        };
        for (const long draw : {0L, 2L}) {
          const Eigen::MatrixXd one = at(1.0, draw), more = at(2.7, draw), none = at(0.0, draw);
          CHECK(one.cwiseAbs().maxCoeff() > 0.0);
          CHECK(none.isZero(0.0));
          CHECK((more - 2.7 * one).cwiseAbs().maxCoeff() < 1e-12 * more.cwiseAbs().maxCoeff());
        }
      }
}
