// Draws of areas held as a basis, and what bands and ranks of them are in cases with known answers.
#include "engine/outcome/after_looking.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"
#include "tests/support/propagation_world.hpp"

using namespace spillway;
using test::LeverForm;

TEST_CASE("areas' draws are those of the recursion, on either path") {
  const test::PlanarWorld world = test::planar(700, 5);
  for (const LeverForm form : {LeverForm::ring_fence, LeverForm::wealth_fund})
    for (const Path path : {Path::exact, Path::basis}) {
      const Dynamics dynamics = test::lever_dynamics(world, form, 700, 6, 21);
      const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::cumulative_uplift});
      const AreaDraws draws(dynamics, plan, {2}, path);
      CHECK(draws.path() == (path == Path::exact ? "every draw held" : "sampled basis"));
      REQUIRE(draws.areas() == 700);
      REQUIRE(draws.draws() == 700);
      Eigen::VectorXd size = Eigen::VectorXd::Zero(700);
      Eigen::MatrixXf block;
      double worst = 0.0;
      Eigen::MatrixXd right(700, 700);
      for (long d = 0; d < 700; ++d) right.col(d) = propagate_one(dynamics, d).rowwise().sum();
      size = (right.rowwise().squaredNorm() / 700.0).cwiseSqrt();
      const double floor = 0.01 * std::sqrt(size.squaredNorm() / 700.0);
      for (long k = 0; k < draws.blocks(); ++k) {
        draws.block(k, block);
        for (long lane = 0; lane < AreaDraws::kBlock; ++lane) {
          const long d = k * AreaDraws::kBlock + lane;
          for (Eigen::Index i = 0; i < 700; ++i) {
            const double got = static_cast<double>(block(lane, i)), want = d < 700 ? right(i, d) : 0.0;
            worst = std::max(worst, std::abs(got - want) / std::max({size[i], floor, std::abs(want)}));
          }
        }
      }
      CHECK(worst < 3e-5);
    }
}

TEST_CASE("bands and ranks of a map are the same on either path and for any workers") {
  const test::PlanarWorld world = test::planar(700, 6);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, 700, 6, 22);
  const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::uplift});
  const AreaDraws exact(dynamics, plan, {2}, Path::exact), basis(dynamics, plan, {2}, Path::basis);
  const MapInference one = infer_map(basis, 1.0, 0.9, {1}), two = infer_map(basis, 1.0, 0.9, {2}),
                     right = infer_map(exact, 1.0, 0.9, {2});
  CHECK(one.bands.low == two.bands.low);
  CHECK(one.ranks.low == two.ranks.low);
  CHECK(one.ranks.high == two.ranks.high);
  CHECK(one.winner.hybrid.low == two.winner.hybrid.low);
  CHECK(std::abs(one.bands.critical / right.bands.critical - 1.0) < 1e-3);
  CHECK(std::abs(one.critical_rank / right.critical_rank - 1.0) < 1e-3);
  CHECK((one.ranks.low - right.ranks.low).cwiseAbs().maxCoeff() <= 7);  // a hundredth of the places
}

TEST_CASE("ranks that no draw doubts are certain, and what moves all areas together is no doubt") {
  // x_i = a g_i with a = 3 -+ 1: in every draw the order is that of g; two areas are equal, ten stand still.
  Eigen::MatrixXf draws(200, 40);
  Stream stream(5, Purpose::coverage_world, 0);
  for (Eigen::Index d = 0; d < draws.rows(); ++d) {
    const double a = 3.0 + std::clamp(stream.normal(), -2.5, 2.5);
    for (Eigen::Index i = 0; i < 30; ++i)
      draws(d, i) = static_cast<float>(a * static_cast<double>(i == 1 ? 1 : 1 + i));
    draws.row(d).tail(10).setZero();
  }
  const MapInference map = infer_map(AreaDraws(draws), 1.0, 0.95, {1});
  for (Eigen::Index i = 2; i < 30; ++i) {
    CHECK(map.ranks.low[i] == 30 - i);
    CHECK(map.ranks.high[i] == 30 - i);
  }
  for (const Eigen::Index i : {0, 1}) {
    CHECK(map.ranks.low[i] == 29);
    CHECK(map.ranks.high[i] == 30);
  }
  for (Eigen::Index i = 30; i < 40; ++i) {
    CHECK(map.ranks.low[i] == 31);
    CHECK(map.ranks.high[i] == 40);
    CHECK(map.bands.low[i] == 0.0);
    CHECK(map.bands.gains[static_cast<std::size_t>(i)] == 0);
  }
  // All share one factor, so the band of all is the band of one: c is the quantile of |t| and not of many.
  std::vector<double> t;
  for (Eigen::Index d = 0; d < 200; ++d)
    t.push_back(std::abs(static_cast<double>(draws(d, 0)) - map.bands.mean[0]) / map.bands.standard_error[0]);
  CHECK(map.bands.critical == doctest::Approx(quantile_in_place(t, 0.95)).epsilon(1e-5));
  // Where less is better, first is last.
  const MapInference less = infer_map(AreaDraws(draws), -1.0, 0.95, {1});
  CHECK(less.ranks.low[29] == 40);
  CHECK(less.ranks.high[30] == 10);
  CHECK(less.bands.loses[29] == map.bands.gains[29]);
  CHECK_THROWS_AS(infer_map(AreaDraws(Eigen::MatrixXf(1, 3)), 1.0, 0.9, {1}), InputError);
}

TEST_CASE("a winner far ahead needs no correction, one level with another is cut to the projection") {
  Eigen::VectorXd estimate(3), variance = Eigen::VectorXd::Ones(3), covariance(3);
  covariance << 1.0, 0.0, 0.0;
  estimate << 40.0, 0.0, 1.0;
  const WinnerInference clear = winner_inference(estimate, variance, covariance, 0, {2.1, 2.9}, 0.9);
  CHECK(clear.conditional.low == doctest::Approx(clear.naive.low).epsilon(1e-9));
  CHECK(clear.conditional.high == doctest::Approx(clear.naive.high).epsilon(1e-9));
  CHECK(clear.conditional_median == doctest::Approx(40.0).epsilon(1e-9));
  // A hundredth more error in each tail of the rest: (0.1 - 0.01) / 0.99 in place of 0.1.
  CHECK(std::abs(clear.hybrid.low - clear.naive.low) < 0.06);
  estimate << 1.0, 1.0, 0.0;  // a tie: every mean would put the winner on its bound
  const WinnerInference tie = winner_inference(estimate, variance, covariance, 0, {2.1, 2.9}, 0.9);
  CHECK(tie.conditional.low == -INFINITY);
  CHECK(tie.hybrid.low >= 1.0 - 2.9);
  CHECK(tie.hybrid.high <= 1.0 + 2.9);
  CHECK(tie.hybrid_median <= 1.0);
  variance[0] = covariance[0] = 0.0;  // known: nothing to correct
  const WinnerInference known = winner_inference(estimate, variance, covariance, 0, {2.1, 2.9}, 0.9);
  CHECK(known.hybrid.low == 1.0);
  CHECK(known.hybrid.high == 1.0);
}
