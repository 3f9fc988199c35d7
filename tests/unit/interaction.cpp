// A package against the sum of its parts, in groups: held to the plain recursion of each.
#include "scenarios/interaction.hpp"

#include <doctest/doctest.h>

#include "engine/base/error.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;

namespace {

OutcomePlan plan_for(const LeverContext& context) {
  OutcomePlan plan;
  plan.outcomes = {AreaOutcome::uplift};
  plan.quantiles = {0.5};
  plan.rate_weight = context.gva;
  plan.head_weight = context.population;
  plan.growth = context.growth;
  plan.groupings = {{"nation", std::vector<std::int32_t>(context.type.size(), 0), {"nation"}},
                    {"area_type", context.type, context.type_names}};
  return plan;
}

Eigen::VectorXd mean_of(const LeverContext& context, const Eigen::MatrixXd& path, int type) {
  Eigen::VectorXd weight = context.gva;
  for (std::size_t i = 0; i < context.type.size(); ++i)
    if (type >= 0 && context.type[i] != type) weight(static_cast<Eigen::Index>(i)) = 0.0;
  return path.transpose() * weight / weight.sum();
}

}  // namespace

TEST_CASE("a package's interaction is its uplift less that of each part alone, in every draw and group") {
  const auto world = lever_world(20, 6, 3, 5);
  const LeverContext& context = world->context;
  Parameters parameters = fixed_parameters(lever("package"), 3,
                                           {{"bus_franchising_cold_spot_share", 0.5},
                                            {"bus_franchising_reach_km", 100},
                                            {"bus_franchising_kappa", 0.3},
                                            {"bus_franchising_centre_share", 0.1}});
  parameters.lists["levers"] = {"community_wealth_fund", "bus_franchising"};
  const Policy whole = lever("package").build(context, parameters);
  const OutcomePlan plan = plan_for(context);
  const ScenarioOutcome outcome = evaluate_reference(whole.dynamics, plan);
  const PackageInteraction found = package_interaction(context, parameters, outcome, plan, {1});
  CHECK(found.none.empty());
  CHECK(found.parts == std::vector<std::string>{"community_wealth_fund", "bus_franchising"});
  REQUIRE(found.groups.size() == 4);
  CHECK(found.groups[0].group == "nation");
  CHECK(found.groups[1].group == "doubly_disadvantaged");
  for (long d = 0; d < 3; ++d)
    for (std::size_t g = 0; g < 4; ++g) {
      const int type = static_cast<int>(g) - 1;
      double parts = 0.0;
      for (const auto& [name, part] : package_parts(parameters))
        parts += mean_of(context, propagate_one(lever(name).build(context, part).dynamics, d), type).sum();
      const double all = mean_of(context, propagate_one(whole.dynamics, d), type).sum();
      CHECK(found.groups[g].package(d) == doctest::Approx(all).epsilon(1e-5));
      CHECK(found.groups[g].sum(d) == doctest::Approx(parts).epsilon(1e-5));
    }
  CHECK(std::abs(found.groups[1].interaction()(0)) > 1e-7);
}

TEST_CASE("shocks alone have no interaction, and it is said without computing one") {
  const auto world = lever_world(12, 4, 2, 3);
  Parameters parameters = fixed_parameters(lever("package"), 2);
  parameters.lists["levers"] = {"ukspf_ring_fence", "community_wealth_fund"};
  const OutcomePlan plan = plan_for(world->context);
  const PackageInteraction found = package_interaction(world->context, parameters, {}, plan, {1});
  CHECK(found.none == "no lever of the package changes rho or W, so it is the sum of its parts exactly");
  CHECK(found.groups.empty());
  parameters.lists["levers"] = {"ukspf_ring_fence", "growth_plan_conditionality"};
  parameters.texts["growth_plan_conditionality_plans_of"] = "everywhere";
  CHECK_THROWS_AS(package_interaction(world->context, parameters, {}, plan, {1}), InputError);
}
