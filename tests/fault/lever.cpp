// What a user gets wrong about levers, and the exact words he reads.
#include <doctest/doctest.h>

#include "engine/base/error.hpp"
#include "tests/support/lever_world.hpp"
#include "tests/support/message.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::message;

TEST_CASE("an unknown lever names the nearest and lists all") {
  const std::string said = message([] { lever("ukspf_ringfence"); });
  CHECK(
      said.starts_with("no lever 'ukspf_ringfence' (did you mean 'ukspf_ring_fence'?); the levers are "
                       "ukspf_ring_fence, community_wealth_fund, bus_franchising"));
}

TEST_CASE("a composite multiplier beside the spatial propagation is refused") {
  const auto world = lever_world(8, 2);
  const Lever& fence = lever("ukspf_ring_fence");
  const auto build = [&] { fence.build(world->context, fixed_parameters(fence, 3, {{"multiplier", 1.25}})); };
  CHECK(message(build) ==
        "multiplier is up to 1.25 and growth spills over between areas (the propagation is the multiplier "
        "already: both would count the same rounds twice); set multiplier = 1");
  world->context.rho.setZero();
  CHECK(message(build) == "(no InputError)");
}

TEST_CASE("a flow of GVA is not pushed into another outcome without a factor") {
  const auto world = lever_world(8, 2);
  world->context.outcome_is_gva_growth = false;
  world->context.outcome_unit = "IMD score a wave";
  const Lever& fence = lever("ukspf_ring_fence");
  const auto build = [&] { return fence.build(world->context, fixed_parameters(fence, 3)); };
  CHECK(message(build) ==
        "the shock is in log points of GVA but the propagated outcome is in 'IMD score a wave' (nothing is "
        "converted silently): give [scenario.convert] gva_growth, units of the outcome per log point of GVA, "
        "with its source");
  world->context.convert["gva_growth"] = -20.0;
  CHECK(build().shock_unit == "IMD score a wave");
}

TEST_CASE("a stock of social infrastructure needs its estimate, in the right units") {
  const auto world = lever_world(8, 2);
  const Lever& fund = lever("community_wealth_fund");
  const auto build = [&] { fund.build(world->context, fixed_parameters(fund, 3)); };
  world->context.beta_unit = "assets per 1,000";
  CHECK(message(build) ==
        "the estimate's regressor is in 'assets per 1,000' but spending is in GBP per head (nothing is "
        "converted "
        "silently): give [scenario.convert] gbp_per_head, units of the regressor per GBP per head, with its "
        "source");
  world->context.convert["gbp_per_head"] = 0.01;
  world->context.beta_outcome_unit = "employment deprivation rate";
  CHECK(message(build) ==
        "the estimate's outcome is in 'employment deprivation rate' but the propagated outcome is in 'log "
        "points a "
        "year' (nothing is converted silently): give [scenario.convert] outcome, units of the propagated "
        "outcome "
        "per unit of the estimate's, with its source");
  world->context.beta.resize(0);
  CHECK(message(build) ==
        "spending works through social infrastructure but no estimate of its effect was given (name one in "
        "[scenario.estimates] infrastructure)");
}

TEST_CASE("a fund without a sourced amount asks for it") {
  const auto world = lever_world(8, 2);
  const Lever& fence = lever("ukspf_ring_fence");
  const auto with = [&](const char* fund, double amount) {
    return message([&] {
      fence.build(world->context, fixed_parameters(fence, 3, {{"amount", amount}}, {{"fund", fund}}));
    });
  };
  CHECK(
      with("local_growth_fund", 0.0) ==
      "column 'fund': value 'local_growth_fund': has no sourced amount for England (UK about GBP 1.5bn over "
      "three years, above 475m a year, 11 mayoral regions (gov.uk, methodology, 26 Nov 2025 [S]); England's "
      "own "
      "figure is not published); set amount in GBP, with its source");
  CHECK(with("custom", 0.0) == "(no InputError)");  // the lever's own explicit amount
  CHECK(with("local_growth_fund", 1e9) == "(no InputError)");
}

TEST_CASE("types, columns and authorities that the pack lacks are named") {
  const auto world = lever_world(8, 2);
  const auto build = [&](const char* name, std::map<std::string, std::string> words) {
    return message([&] { lever(name).build(world->context, fixed_parameters(lever(name), 3, {}, words)); });
  };
  CHECK(build("ukspf_ring_fence", {{"target", "left_behind"}}) ==
        "no area type 'left_behind' (the pack's types are doubly_disadvantaged, other_deprived, other)");
  CHECK(
      build("ukspf_ring_fence", {{"allocation", "by_formula"}, {"allocation_column", "gdhi"}}).find("gdhi") !=
      std::string::npos);
  const Lever& bus = lever("bus_franchising");
  Parameters parameters = fixed_parameters(bus, 3);
  parameters.lists["where"] = {"C2"};
  CHECK(message([&] { bus.build(world->context, parameters); }) ==
        "column 'where': value 'C2': is no name or code of a grouping of the pack; did you mean 'C1'?");
  parameters = fixed_parameters(bus, 3);
  for (std::size_t k = 0; k < parameters.names.size(); ++k)
    if (parameters.names[k] == "reach_km") parameters.value(0, static_cast<Eigen::Index>(k)) = 3.0;
  CHECK(message([&] { bus.build(world->context, parameters); }) ==
        "parameter 'reach_km' varies from 3 to 15 over the draws (it decides which areas are treated: give "
        "one number)");
}

TEST_CASE("an area that gets money but has no GVA is named") {
  const auto world = lever_world(8, 2);
  world->context.gva(1) = 0.0;
  const Lever& fence = lever("ukspf_ring_fence");
  CHECK(message([&] { fence.build(world->context, fixed_parameters(fence, 3)); }) ==
        "area E1 is reached by the policy but its GVA or population is 0 (must be above 0 to turn pounds "
        "into growth)");
}
