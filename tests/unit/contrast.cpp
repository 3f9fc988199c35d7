// Two policies in every area: the difference of draws, however it is computed.
#include "scenarios/contrast.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "tests/support/propagation_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::LeverForm;

namespace {

/// Every figure of a contrast against the sorted differences of propagate_one.
void hold(const std::vector<AreaContrast>& got, const Dynamics& a, const Dynamics& b, const OutcomePlan& plan,
          long draws, double tolerance) {
  REQUIRE(got.size() == plan.outcomes.size());
  for (const AreaContrast& contrast : got) {
    REQUIRE(contrast.draws == draws);
    Eigen::MatrixXd all(a.areas(), draws);
    for (long d = 0; d < draws; ++d) {
      const Eigen::MatrixXd path = propagate_one(a, d) - propagate_one(b, d);
      all.col(d) = contrast.outcome == AreaOutcome::uplift ? Eigen::VectorXd(path.rightCols(1))
                                                           : Eigen::VectorXd(path.rowwise().sum());
    }
    for (Eigen::Index i = 0; i < a.areas(); ++i) {
      std::vector<double> values(all.row(i).begin(), all.row(i).end());
      const double scale = std::sqrt(all.row(i).squaredNorm() / static_cast<double>(draws)) + 1e-30;
      const double first =
          static_cast<double>(
              std::count_if(values.begin(), values.end(), [&](double v) { return plan.better * v > 0.0; })) /
          static_cast<double>(draws);
      const double second =
          static_cast<double>(
              std::count_if(values.begin(), values.end(), [&](double v) { return plan.better * v < 0.0; })) /
          static_cast<double>(draws);
      std::sort(values.begin(), values.end());
      CAPTURE(i);
      for (std::size_t k = 0; k < plan.quantiles.size(); ++k) {
        const double place = plan.quantiles[k] * static_cast<double>(draws - 1);
        const auto low = static_cast<std::size_t>(place);
        const double want =
            values[low] + (place - static_cast<double>(low)) *
                              (values[std::min<std::size_t>(low + 1, values.size() - 1)] - values[low]);
        CHECK(std::abs(static_cast<double>(contrast.quantile(static_cast<Eigen::Index>(k), i)) - want) <=
              tolerance * scale);
      }
      CHECK(std::abs(static_cast<double>(contrast.mean(i)) - all.row(i).mean()) <= tolerance * scale);
      CHECK(static_cast<double>(contrast.first_better(i)) == doctest::Approx(first).epsilon(1e-6));
      CHECK(static_cast<double>(contrast.second_better(i)) == doctest::Approx(second).epsilon(1e-6));
    }
  }
}

}  // namespace

TEST_CASE("the contrast of two shocks is one scenario, exact with every draw") {
  const test::PlanarWorld world = test::planar(260, 5);
  const Dynamics fence = test::lever_dynamics(world, LeverForm::ring_fence, 97, 6, 21),
                 fund = test::lever_dynamics(world, LeverForm::wealth_fund, 97, 6, 21);
  REQUIRE(same_coefficients(fence, fund));
  for (const double better : {1.0, -1.0}) {
    OutcomePlan plan = test::full_plan(world, fence, {AreaOutcome::uplift, AreaOutcome::cumulative_uplift});
    plan.better = better;
    const auto got = contrast_areas(fence, fund, plan, 10, {2});
    CHECK(got[0].path.find("one scenario") != std::string::npos);
    hold(got, fence, fund, plan, 97, 2e-5);
  }
}

TEST_CASE("the contrast with a policy that changes rho and W is propagated on both sides") {
  const test::PlanarWorld world = test::planar(200, 6);
  const Dynamics fence = test::lever_dynamics(world, LeverForm::ring_fence, 60, 5, 22),
                 buses = test::lever_dynamics(world, LeverForm::franchising, 60, 5, 22);
  REQUIRE(!same_coefficients(fence, buses));
  const OutcomePlan plan = test::full_plan(world, fence, {AreaOutcome::cumulative_uplift});
  hold(contrast_areas(fence, buses, plan, 37, {2}), fence, buses, plan, 37, 1e-6);
  CHECK(contrast_areas(fence, buses, plan, 37, {1})[0].quantile ==
        contrast_areas(fence, buses, plan, 37, {2})[0].quantile);
}

TEST_CASE("a policy against itself is nobody's win, and areas out of reach are equal") {
  const test::PlanarWorld world = test::planar(150, 7);
  const Dynamics fund = test::lever_dynamics(world, LeverForm::wealth_fund, 30, 4, 23);
  const OutcomePlan plan = test::full_plan(world, fund, {AreaOutcome::uplift});
  const auto same = contrast_areas(fund, fund, plan, 30, {1});
  CHECK(same[0].mean.isZero(0.0F));
  CHECK(same[0].first_better.isZero(0.0F));
  CHECK(same[0].second_better.isZero(0.0F));
  // Two shapes each: equal ones cancel before they are rounded.
  const Dynamics fence = test::lever_dynamics(world, LeverForm::ring_fence, 30, 4, 23);
  const auto still = contrast_areas(fence, fence, plan, 30, {1});
  CHECK(still[0].mean.isZero(0.0F));
  CHECK(still[0].sd.isZero(0.0F));
  Dynamics shorter = fund;
  shorter.horizon = 3;
  CHECK_THROWS_AS(contrast_areas(fund, shorter, plan, 30, {1}), InputError);
  OutcomePlan pounds = plan;
  pounds.outcomes = {AreaOutcome::gva_per_head_uplift};
  CHECK_THROWS_AS(contrast_areas(fund, fund, pounds, 30, {1}), InputError);
}
