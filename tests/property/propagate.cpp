// Laws of the fast paths on generated worlds: they agree with the plain recursion, and nothing but the numbers
// that define a draw changes its bits.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/instruction_set.hpp"
#include "tests/support/propagation_world.hpp"

using namespace spillway;
using test::LeverForm;

namespace {

const std::vector<AreaOutcome> kAll = {AreaOutcome::uplift, AreaOutcome::cumulative_uplift,
                                       AreaOutcome::gva_per_head_uplift, AreaOutcome::discounted_gva_uplift};

/// Largest error of an area's quantiles, mean and sd over its root mean square.
double area_error(const AreaSummary& got, const AreaSummary& want) {
  double worst = 0.0;
  for (Eigen::Index i = 0; i < want.mean.size(); ++i) {
    const double scale = std::hypot(static_cast<double>(want.mean[i]), static_cast<double>(want.sd[i]));
    double error = std::max(std::abs(got.mean[i] - want.mean[i]), std::abs(got.sd[i] - want.sd[i]));
    for (Eigen::Index k = 0; k < want.quantile.rows(); ++k)
      error = std::max(error, static_cast<double>(std::abs(got.quantile(k, i) - want.quantile(k, i))));
    if (scale == 0.0) {
      CHECK(error == 0.0);
      continue;
    }
    worst = std::max(worst, error / scale);
  }
  return worst;
}

/// Largest error of a group's draws over the root mean square of the series. Gains and losses of areas cancel in the
/// groups of a ring-fence, their rounding does not: hence the wider bounds below.
double aggregate_error(const AggregateSeries& got, const AggregateSeries& want) {
  double worst = 0.0, squares = 0.0;
  REQUIRE(got.value.size() == want.value.size());
  for (std::size_t k = 0; k < want.value.size(); ++k) {
    worst = std::max(worst, static_cast<double>(std::abs(got.value[k] - want.value[k])));
    squares += static_cast<double>(want.value[k]) * want.value[k];
  }
  return squares == 0.0 ? worst : worst / std::sqrt(squares / static_cast<double>(want.value.size()));
}

bool same_bits(const ScenarioOutcome& a, const ScenarioOutcome& b) {
  for (std::size_t o = 0; o < a.areas.size(); ++o) {
    const AreaSummary &one = a.areas[o], &two = b.areas[o];
    if (one.quantile != two.quantile || one.mean != two.mean || one.sd != two.sd ||
        one.probability_positive != two.probability_positive || one.draws != two.draws)
      return false;
  }
  for (std::size_t s = 0; s < a.aggregates.size(); ++s)
    if (a.aggregates[s].value != b.aggregates[s].value) return false;
  return true;
}

}  // namespace

TEST_CASE("exact recursion agrees with the plain recursion for every form of lever") {
  const auto world = test::planar(700, 3);
  for (const auto form : {LeverForm::ring_fence, LeverForm::wealth_fund, LeverForm::franchising}) {
    const Dynamics dynamics = test::lever_dynamics(world, form, 101, 10, 5);  // 101: the last batch is not whole
    OutcomePlan plan = test::full_plan(world, dynamics, kAll);
    plan.keep_draws_of = {0, 345, 699};
    const ScenarioOutcome want = evaluate_reference(dynamics, plan);
    const ScenarioOutcome got = evaluate(dynamics, plan, {2}, Path::exact);
    CHECK(got.report.path == "exact recursion");
    for (std::size_t o = 0; o < kAll.size(); ++o) {
      CHECK(area_error(got.areas[o], want.areas[o]) < 5e-6);
      CHECK((got.areas[o].probability_positive - want.areas[o].probability_positive).cwiseAbs().maxCoeff() < 0.011);
      CHECK((got.areas[o].draws - want.areas[o].draws).cwiseAbs().maxCoeff() <=
            5e-6 * want.areas[o].draws.cwiseAbs().maxCoeff());
    }
    for (std::size_t s = 0; s < want.aggregates.size(); ++s)
      CHECK(aggregate_error(got.aggregates[s], want.aggregates[s]) < 2e-5);
  }
}

TEST_CASE("workers and instruction sets never change a bit of the exact recursion") {
  const auto world = test::planar(900, 4);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::franchising, 77, 8, 6);
  const OutcomePlan plan = test::full_plan(world, dynamics, kAll);
  const ScenarioOutcome serial = evaluate(dynamics, plan, {1}, Path::exact);
  for (const int workers : {2, 3, 8}) CHECK(same_bits(evaluate(dynamics, plan, {workers}, Path::exact), serial));
  for (const auto level : {InstructionSet::v2, InstructionSet::v3}) {
    limit_instruction_set(level);
    CHECK(same_bits(evaluate(dynamics, plan, {2}, Path::exact), serial));
  }
  limit_instruction_set(InstructionSet::v4);
}

TEST_CASE("a small memory budget changes tiles but not an area's draws") {
  const auto world = test::planar(900, 4);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, 640, 10, 6);
  OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::uplift, AreaOutcome::discounted_gva_uplift});
  const ScenarioOutcome roomy = evaluate(dynamics, plan, {2}, Path::exact);
  plan.memory_gb = 0.0068;
  const ScenarioOutcome tight = evaluate(dynamics, plan, {2}, Path::exact);
  for (std::size_t o = 0; o < 2; ++o) {
    CHECK(tight.areas[o].quantile == roomy.areas[o].quantile);
    CHECK(tight.areas[o].mean == roomy.areas[o].mean);
    CHECK(tight.areas[o].sd == roomy.areas[o].sd);
  }
  for (std::size_t s = 0; s < roomy.aggregates.size(); ++s)
    CHECK(aggregate_error(tight.aggregates[s], roomy.aggregates[s]) < 4e-5);
  plan.memory_gb = 0.001;
  CHECK_THROWS_WITH(evaluate(dynamics, plan, {1}, Path::exact),
                    "outcomes: memory of 0.001 GB has no room for the draws of 16 areas with 1 workers (needs 0.003 GB; "
                    "lower the draws or raise the memory)");
}
