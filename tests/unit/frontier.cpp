// What a pound is worth by area, frontiers over a share and budgets: held to runs forwards and to figures by
// hand.
#include "scenarios/frontier.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "scenarios/marginal_value.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::plain;

namespace {

AppraisalSettings ten_years() {
  AppraisalSettings settings;
  settings.values["gva_additional_share"] = Eigen::VectorXd::Ones(3);
  return settings;
}

/// The appraisal of one policy by the plain recursion: every area, then means by type, then appraise().
AppraisalResult appraised(const LeverContext& context, const Policy& policy,
                          const AppraisalSettings& settings) {
  AppraisalInputs inputs;
  inputs.scenario = "forwards";
  inputs.target = "doubly_disadvantaged";
  inputs.cost = policy.cost;
  inputs.later_cost = policy.later_cost;
  double people = 0.0;
  for (Eigen::Index i = 0; context.income.size() > 0 && 2.0 * people < context.population.sum(); ++i) {
    people += context.population(i);
    inputs.median_income = context.income(i);  // areas stand in order of income
  }
  inputs.period_years = context.period_years;
  for (std::size_t t = 0; t < context.type_names.size(); ++t) {
    AppraisalGroup group;
    group.name = context.type_names[t];
    Eigen::VectorXd weight = Eigen::VectorXd::Zero(context.gva.size());
    for (std::size_t i = 0; i < context.type.size(); ++i)
      if (context.type[i] == static_cast<std::int32_t>(t)) {
        weight(static_cast<Eigen::Index>(i)) = context.gva(static_cast<Eigen::Index>(i));
        group.population += context.population(static_cast<Eigen::Index>(i));
      }
    Eigen::MatrixXd uplift(context.draws, context.horizon);
    for (long d = 0; d < context.draws; ++d)
      uplift.row(d) = weight.transpose() / weight.sum() * propagate_one(policy.dynamics, d);
    group.income_per_head = weight.sum() / group.population;
    group.gva =
        gva_gain(uplift, weight.sum(), weight.dot(context.growth) / weight.sum(), context.period_years);
    inputs.groups.push_back(group);
  }
  return appraise(inputs, settings);
}

const std::map<std::string, double> fund = {
    {"amount", 2e6}, {"fund_years", 3}, {"delivery_lag", 0.5}, {"underspend", 0.3}};

}  // namespace

TEST_CASE("a pound's marginal value is the difference that it makes to the appraisal forwards, to 1e-8") {
  const auto world = lever_world(9, 3, 3, 5);
  const LeverContext& context = world->context;
  world->context.growth.setLinSpaced(0.01, 0.03);
  const AppraisalSettings settings = ten_years();
  for (const std::string channel : {"flow", "stock"})
    for (const std::string route : {"routed", "scalar"}) {
      const Lever& fence = lever("ukspf_ring_fence");
      const Parameters parameters = fixed_parameters(
          fence, 3, fund, {{"fund", "custom"}, {"channel", channel}, {"displacement_route", route}});
      const PoundOfBudget pound = pound_of_budget(context, "ukspf_ring_fence", parameters);
      for (const long draw : {0L, 2L}) {
        const Eigen::VectorXd value =
            marginal_value_of_draw(context, pound, worth_of_gva(context, settings), draw);
        for (Eigen::Index area = 0; area < 9; ++area) {
          BudgetRule here{"here", "", Eigen::VectorXd::Unit(9, area)};
          const auto at = [&](double pounds) {
            return appraised(context,
                             budget_policy(context, pound, here, Eigen::VectorXd::Constant(3, pounds)),
                             settings)
                .national.benefits(draw);
          };
          const double step = 50.0;  // of GBP 10m of GVA: growth moves by 1e-6
          const double difference = (at(step) - at(-step)) / (2.0 * step);
          CAPTURE(channel);
          CAPTURE(area);
          CHECK(std::abs(value(area) - difference) <= 1e-8 * std::abs(difference));
        }
      }
    }
}

TEST_CASE("the worth of the outcome and of the gap are what the recursion forwards moves, to 1e-10") {
  const auto world = lever_world(8, 2, 2, 4);
  const LeverContext& context = world->context;
  const Lever& fence = lever("ukspf_ring_fence");
  const PoundOfBudget pound =
      pound_of_budget(context, "ukspf_ring_fence", fixed_parameters(fence, 2, fund, {{"fund", "custom"}}));
  const Eigen::VectorXd outcome = marginal_value_of_draw(context, pound, worth_of_outcome(context, -1.0), 1);
  const Eigen::VectorXd gap = marginal_value_of_draw(
      context, pound, worth_of_gap(context, 1.0, context.gva, "doubly_disadvantaged"), 1);
  for (Eigen::Index area = 0; area < 8; ++area) {
    const Policy policy =
        budget_policy(context, pound, {"here", "", Eigen::VectorXd::Unit(8, area)}, Eigen::VectorXd::Ones(2));
    const Eigen::VectorXd moved = propagate_one(policy.dynamics, 1).rowwise().sum();
    CHECK(outcome(area) == doctest::Approx(-moved.dot(context.population)).epsilon(1e-10));
    const double target = moved.head(2).dot(context.gva.head(2)) / context.gva.head(2).sum();
    const double rest = moved.tail(6).dot(context.gva.tail(6)) / context.gva.tail(6).sum();
    CHECK(gap(area) == doctest::Approx(1e6 * (target - rest)).epsilon(1e-10));
  }
}

TEST_CASE("quantiles over draws are those of the single draws") {
  const long draws = 21;  // two whole batches and a part of one
  const auto world = lever_world(10, 3, draws, 4);
  const LeverContext& context = world->context;
  const Lever& wealth = lever("community_wealth_fund");
  const PoundOfBudget pound =
      pound_of_budget(context, "community_wealth_fund",
                      fixed_parameters(wealth, draws, {{"amount", 1e6}, {"fund_years", 2}}));
  const Worth worth = worth_of_outcome(context, 1.0);
  const MarginalValues found = marginal_values(context, pound, worth, draws, {0.05, 0.5}, {1});
  Eigen::MatrixXd all(10, draws);
  for (long d = 0; d < draws; ++d) all.col(d) = marginal_value_of_draw(context, pound, worth, d);
  for (Eigen::Index i = 0; i < 10; ++i) {
    std::vector<double> values(all.row(i).begin(), all.row(i).end());
    std::sort(values.begin(), values.end());
    CHECK(static_cast<double>(found.quantile(0, i)) == doctest::Approx(values[1]).epsilon(1e-6));
    CHECK(static_cast<double>(found.quantile(1, i)) == doctest::Approx(values[10]).epsilon(1e-6));
    CHECK(static_cast<double>(found.mean(i)) == doctest::Approx(all.row(i).mean()).epsilon(1e-6));
    CHECK(found.probability_positive(i) == 1.0F);
  }
  const MarginalValues two = marginal_values(context, pound, worth, draws, {0.05, 0.5}, {2});
  CHECK(two.quantile == found.quantile);
  CHECK(marginal_values(context, pound, worth, 5, {0.5}, {1}).draws == 5);
}

TEST_CASE("every point of a frontier is the run at that share, kinks and curvature included") {
  const auto world = lever_world(12, 4, 3, 5);
  const LeverContext& context = world->context;
  const Lever& fence = lever("ukspf_ring_fence");
  world->context.income = context.gva.cwiseQuotient(context.population);
  AppraisalSettings settings = ten_years();
  settings.distributional_weights = Switch::on;
  for (const std::string rule : {"top_slice", "minimum"})
    for (const std::string neutral : {"true", "false"}) {
      std::map<std::string, double> numbers = fund;
      numbers["amount"] = 4e8;  // large, so that GVA answers visibly more than in proportion
      numbers["relative_return"] = 1.5;
      const Parameters parameters = fixed_parameters(
          fence, 3, numbers, {{"fund", "custom"}, {"rule", rule}, {"budget_neutral", neutral}});
      PolicyValuer valuer(context, settings, 1.0, context.gva, "doubly_disadvantaged");
      const std::vector<double> shares = {0.0, 0.2, 0.35, 0.7, 1.0};
      const auto points = frontier(valuer, context, fence, parameters, "share", shares, {1});
      REQUIRE(points.size() == shares.size());
      CHECK(points[0].value.npsv_local.isZero(0.0));
      CHECK(points[0].value.gap.isZero(0.0));
      for (std::size_t k = 0; k < shares.size(); ++k) {
        std::map<std::string, double> here = numbers;
        here["share"] = shares[k];
        const Policy policy = fence.build(
            context, fixed_parameters(fence, 3, here,
                                      {{"fund", "custom"}, {"rule", rule}, {"budget_neutral", neutral}}));
        const AppraisalResult run = appraised(context, policy, settings);
        for (long d = 0; d < 3; ++d) {
          CAPTURE(rule);
          CAPTURE(shares[k]);
          const auto near = [](double got, double want, double scale) {
            CHECK(std::abs(got - want) <= 1e-6 * scale + 1e-9);
          };
          const double scale = std::abs(run.local.npsv(d)) + run.present_value_costs(d);
          near(points[k].value.npsv_local(d), run.local.npsv(d), scale);
          near(points[k].value.npsv_national(d), run.national.npsv(d), scale);
          near(points[k].value.npsv_weighted(d), run.weighted->npsv(d), scale);
          near(points[k].value.cost(d), run.present_value_costs(d), scale);
          const Eigen::VectorXd moved = propagate_one(policy.dynamics, d).rowwise().sum();
          const double gap = moved.head(4).dot(context.gva.head(4)) / context.gva.head(4).sum() -
                             moved.tail(8).dot(context.gva.tail(8)) / context.gva.tail(8).sum();
          near(points[k].value.gap(d), gap, std::abs(gap));
        }
      }
      // GVA is convex in uplift: at half the share the gain is less than half of that at the whole.
      if (rule == "top_slice")
        CHECK(points[1].value.npsv_local(0) + points[1].value.cost(0) <
              0.2 * (points[4].value.npsv_local(0) + points[4].value.cost(0)));
    }
}

TEST_CASE("the counterfactual gap is what the growth of types opens over the horizon") {
  const auto world = lever_world(6, 2, 1, 5);
  world->context.growth << 0.01, 0.01, 0.03, 0.03, 0.03, 0.03;
  AppraisalSettings settings;
  PolicyValuer up(world->context, settings, 1.0, world->context.gva, "doubly_disadvantaged");
  CHECK(up.counterfactual_gap() == doctest::Approx(5 * 0.02).epsilon(1e-12));
  PolicyValuer down(world->context, settings, -1.0, world->context.gva, "doubly_disadvantaged");
  CHECK(down.counterfactual_gap() == doctest::Approx(-5 * 0.02).epsilon(1e-12));
}

TEST_CASE("a budget goes where a pound is worth most, to the cap, and is spent to the pound") {
  const auto world = lever_world(6, 2, 1, 2);
  const LeverContext& context = world->context;  // residents 1000, 1100, ..., 1500: 7500 in all
  Eigen::VectorXd value(6);
  value << 1, 5, 4, -1, 3, 2;
  const auto rules = budget_rules(context, value, 30000.0, {10.0, 1.0}, "imd_rank", "doubly_disadvantaged");
  REQUIRE(rules.size() == 4);
  for (const BudgetRule& rule : rules) CHECK(rule.share.sum() == doctest::Approx(1.0).epsilon(1e-12));
  // A pound a head for all is 7500; 9 more each in area 1 (9900) and area 2 (10800); 1800 are left for
  // area 4.
  Eigen::VectorXd pounds(6);
  pounds << 1000, 11000, 12000, 1300, 1400 + 1800, 1500;
  for (Eigen::Index i = 0; i < 6; ++i)
    CHECK(rules[3].share(i) * 30000.0 == doctest::Approx(pounds(i)).epsilon(1e-12));
  CHECK(rules[0].share(0) == doctest::Approx(1000.0 / 7500.0).epsilon(1e-12));
  CHECK(rules[2].share(1) == doctest::Approx(1100.0 / 2100.0).epsilon(1e-12));
  CHECK(rules[1].share(0) / context.population(0) > rules[1].share(5) / context.population(5));
  // The cap by default: the whole budget over the target areas' residents.
  const auto capped = budget_rules(context, value, 30000.0, {}, "none", "doubly_disadvantaged");
  CHECK(capped.size() == 3);
  CHECK(capped.back().share(1) * 30000.0 / 1100.0 == doctest::Approx(30000.0 / 2100.0).epsilon(1e-12));
  CHECK_THROWS_WITH_AS(
      budget_rules(context, value, 30000.0, {3.0, 0.0}, "imd_rank", "doubly_disadvantaged"),
      "a cap of GBP 3 a head for 7500 residents holds GBP 0.0m of a budget of GBP 0.0m (raise the cap)",
      InputError);
  CHECK_THROWS_AS(budget_rules(context, value, 30000.0, {10.0, 5.0}, "imd_rank", "doubly_disadvantaged"),
                  InputError);
  CHECK_THROWS_AS(budget_rules(context, value, 30000.0, {10.0, 11.0}, "imd_rank", "doubly_disadvantaged"),
                  InputError);
}

TEST_CASE("what a rule brings is the sum of the pounds it gives times what they are worth there") {
  const auto world = lever_world(9, 3, 3, 5);
  const LeverContext& context = world->context;
  const AppraisalSettings settings = ten_years();
  const PoundOfBudget pound =
      pound_of_budget(context, "ukspf_ring_fence",
                      fixed_parameters(lever("ukspf_ring_fence"), 3, fund, {{"fund", "custom"}}));
  PolicyValuer valuer(context, settings, 1.0, context.gva, "doubly_disadvantaged");
  const Eigen::VectorXd value = marginal_value_of_draw(context, pound, worth_of_gva(context, settings), 1);
  double best = -1.0, of_marginal = 0.0;
  for (const BudgetRule& rule :
       budget_rules(context, value, 2000.0, {}, "imd_rank", "doubly_disadvantaged")) {
    const PolicyValue brought =
        valuer.value(budget_policy(context, pound, rule, Eigen::VectorXd::Constant(3, 2000.0)), {1});
    CHECK(brought.gva(1) ==
          doctest::Approx(2000.0 * rule.share.dot(value)).epsilon(1e-4));  // curvature, floats
    best = std::max(best, brought.gva(1));
    of_marginal = brought.gva(1);
  }
  CHECK(of_marginal == best);
}

TEST_CASE("levers that spend no fund in areas, or change rho, are refused with what to do") {
  const auto world = lever_world(12, 4, 2, 3);
  const LeverContext& context = world->context;
  const Lever& bus = lever("bus_franchising");
  const Parameters parameters = fixed_parameters(bus, 2,
                                                 {{"cold_spot_share", 0.5},
                                                  {"centre_share", 2.0 / 12},
                                                  {"reach_km", 10},
                                                  {"omega", 0.5},
                                                  {"kappa", 0.4}},
                                                 {{"omega_from", "given"}});
  CHECK_THROWS_AS(pound_of_budget(context, "bus_franchising", parameters), InputError);
  PolicyValuer valuer(context, AppraisalSettings(), 1.0, context.gva, "doubly_disadvantaged");
  CHECK_THROWS_AS(frontier(valuer, context, bus, parameters, "kappa", {0.5}, {1}), InputError);
  const Lever& fence = lever("ukspf_ring_fence");
  const Parameters of_fence = fixed_parameters(fence, 2, fund, {{"fund", "custom"}});
  CHECK_THROWS_AS(frontier(valuer, context, fence, of_fence, "share", {1.5}, {1}), InputError);
  CHECK_THROWS_AS(frontier(valuer, context, fence, of_fence, "shares", {0.5}, {1}), InputError);
}
