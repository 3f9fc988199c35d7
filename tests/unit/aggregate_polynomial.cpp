// Aggregates as polynomials against the plain recursion.
#include "engine/outcome/aggregate_polynomial.hpp"

#include <doctest/doctest.h>

#include "tests/support/propagation_world.hpp"

using namespace spillway;

namespace {

const std::vector<AreaOutcome> rates = {AreaOutcome::uplift, AreaOutcome::cumulative_uplift};

/// Largest difference over the largest value, of every series.
double distance(const std::vector<AggregateSeries>& a, const std::vector<AggregateSeries>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0.0;
  for (std::size_t s = 0; s < a.size(); ++s) {
    REQUIRE(a[s].value.size() == b[s].value.size());
    double most = 0.0, size = 0.0;
    for (std::size_t k = 0; k < a[s].value.size(); ++k) {
      most = std::max(most, static_cast<double>(std::abs(a[s].value[k] - b[s].value[k])));
      size = std::max(size, static_cast<double>(std::abs(b[s].value[k])));
    }
    REQUIRE(size > 0.0);
    worst = std::max(worst, most / size);
  }
  return worst;
}

}  // namespace

TEST_CASE("aggregates as polynomials are those of the plain recursion, every period, group and draw") {
  // Both are stored as float: 6e-8 a value. Catches a binomial or a power of phi that is off, a class mixed
  // up, and a shock that starts a period late.
  const auto world = test::planar(600, 7);
  for (const auto form : {test::LeverForm::ring_fence, test::LeverForm::wealth_fund}) {
    const Dynamics dynamics = test::lever_dynamics(world, form, 300, 10, 3);
    const OutcomePlan plan = test::full_plan(world, dynamics, rates);
    REQUIRE(AggregatePolynomial::unsuitable(dynamics, plan).empty());
    AggregatePolynomial polynomial(dynamics, plan);
    CHECK(polynomial.monomials() == 220);
    const auto aggregates = polynomial.evaluate(dynamics, plan, {});
    CHECK(distance(aggregates, evaluate_reference(dynamics, plan).aggregates) < 2e-7);
  }
}

TEST_CASE("one polynomial serves other draws, other shapes and shorter horizons") {
  const auto world = test::planar(400, 11);
  const Dynamics first = test::lever_dynamics(world, test::LeverForm::wealth_fund, 3, 8, 5);
  const OutcomePlan plan = test::full_plan(world, first, rates);
  AggregatePolynomial polynomial(first, plan);
  polynomial.evaluate(first, plan, {});
  Dynamics other = test::lever_dynamics(world, test::LeverForm::ring_fence, 40, 5, 5);
  const OutcomePlan shorter = test::full_plan(world, other, rates);
  CHECK(distance(polynomial.evaluate(other, shorter, {}), evaluate_reference(other, shorter).aggregates) <
        2e-7);
}

TEST_CASE(
    "workers change no bit of the polynomial's aggregates, and a policy that does nothing is exactly zero") {
  const auto world = test::planar(400, 13);
  Dynamics dynamics = test::lever_dynamics(world, test::LeverForm::ring_fence, 700, 6, 5);
  const OutcomePlan plan = test::full_plan(world, dynamics, rates);
  AggregatePolynomial one(dynamics, plan), several(dynamics, plan);
  const auto a = one.evaluate(dynamics, plan, {1}), b = several.evaluate(dynamics, plan, {3});
  for (std::size_t s = 0; s < a.size(); ++s) CHECK(a[s].value == b[s].value);
  dynamics.amplitude.assign(dynamics.amplitude.size(), 0.0);
  for (const auto& series : one.evaluate(dynamics, plan, {}))
    for (const float value : series.value) CHECK(value == 0.0f);
}

TEST_CASE("what is no polynomial of few terms is refused in words") {
  const auto world = test::planar(300, 3);
  const Dynamics links = test::lever_dynamics(world, test::LeverForm::franchising, 2, 4, 5);
  CHECK(AggregatePolynomial::unsuitable(links, test::full_plan(world, links, rates)) ==
        "rho or the links change over the horizon");
  const Dynamics shocks = test::lever_dynamics(world, test::LeverForm::wealth_fund, 2, 4, 5);
  CHECK(AggregatePolynomial::unsuitable(
            shocks, test::full_plan(world, shocks, {AreaOutcome::discounted_gva_uplift})) ==
        "pounds are not linear in the uplift");
  CHECK_THROWS_WITH(AggregatePolynomial(links, test::full_plan(world, links, rates)),
                    "aggregates are no polynomial here: rho or the links change over the horizon (propagate "
                    "the draws instead)");
}
