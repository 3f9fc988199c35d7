// Do bands, rank sets and intervals of winners cover as often as they say?
#include "engine/outcome/after_looking.hpp"

#include <doctest/doctest.h>

#include <cstdio>

#include "engine/base/streams.hpp"
#include "tests/support/after_looking_worlds.hpp"

using namespace spillway;

TEST_CASE("bands hold everywhere at once, rank sets hold all ranks, and a winner's interval its true value") {
  // 400 worlds of 12 places whose estimates share a factor; 95 %. Errors 4 SE (0.011 each): 0.906 to 0.994.
  // The naive interval of the winner of equals covers .975^12 = .74 of independent ones.
  const test::AfterLookingCover cover = test::after_looking_cover({12, 0.0, 0.5}, 400, 999, 0.95, 20261129);
  MESSAGE("equal places: bands ", cover.bands, ", naive ", cover.naive, ", projection ", cover.projection,
          ", conditional ", cover.conditional, ", hybrid ", cover.hybrid);
  CHECK(cover.naive < 0.85);
  for (const double share : {cover.bands, cover.conditional, cover.hybrid}) {
    CHECK(share > 0.906);
    CHECK(share < 0.994);
  }
  CHECK(cover.projection > 0.906);
  CHECK(std::abs(cover.too_high - 0.5) < 4.0 * 0.5 / 20.0);  // of the hybrid's median

  const test::AfterLookingCover apart = test::after_looking_cover({12, 0.5, 0.5}, 400, 999, 0.95, 20261130);
  MESSAGE("places apart: ranks ", apart.ranks_all, " (pairs), ", apart.ranks_map, " (range), of one ",
          apart.ranks_each, "; ranks left ", apart.width_all, " and ", apart.width_map, " of 12");
  for (const double share : {apart.ranks_all, apart.ranks_map, apart.ranks_each, apart.hybrid})
    CHECK(share > 0.906);
  CHECK(apart.width_all < 11.0);  // it says something
  CHECK(apart.width_map < 11.0);
}

TEST_CASE("bands of skewed draws hold everywhere at once, and tell what bands of standard errors do not") {
  // 400 worlds of 40 rows, 1,999 draws as skewed as a lognormal's; 95 %. Error .011: .906 to .994.
  const test::BandCover cover = test::band_cover(40, 3.5, 0.7, 400, 1999, 0.95, 20261130);
  MESSAGE("skewed: quantiles ", cover.quantiles, ", standard errors ", cover.symmetric, "; rows told ",
          cover.told, " and ", cover.told_symmetric, "; cut off ", cover.tail);
  CHECK(cover.quantiles > 0.906);
  CHECK(cover.quantiles < 0.994);
  CHECK(cover.told > cover.told_symmetric + 0.1);
}

TEST_CASE("bands of few draws hold everywhere at once as often as they say") {
  // 39 and 97 draws, too few for quantiles of so many rows; 2,000 worlds, 90 %. Error .007: .873 to .927.
  for (const auto& [count, rows] : std::vector<std::pair<int, int>>{{39, 3}, {39, 12}, {39, 40}, {97, 10}}) {
    Stream stream(20261202, Purpose::coverage_world, static_cast<std::uint64_t>(100 * count + rows));
    constexpr int worlds = 2000;
    int holds = 0, symmetric = 0;
    for (int w = 0; w < worlds; ++w) {
      Eigen::MatrixXd draws(count, rows);
      for (double& x : draws.reshaped()) x = stream.normal();
      const Bands bands = infer_bands(draws, 1.0, 0.9);
      symmetric += bands.tail == 0.0;
      bool all = true;
      for (int i = 0; i < rows; ++i) {
        const double other = stream.normal();
        all = all && bands.low[i] <= other && other <= bands.high[i];
      }
      holds += all;
    }
    MESSAGE(count, " draws of ", rows, " rows: ", holds, " of ", worlds, ", by standard errors in ",
            symmetric);
    CHECK(holds > 0.873 * worlds);
    CHECK(holds < 0.927 * worlds);
  }
}

TEST_CASE(
    "the lead of the better of two equal policies is too large in every world, corrected in half of them") {
  // Estimates with standard error 1, correlated .5; 400 worlds, errors 4 SE.
  Stream stream(20261201, Purpose::coverage_world, 0);
  int too_large = 0, holds = 0, worth_holds = 0, worth_naive = 0;
  constexpr int worlds = 400, count = 499;
  for (int w = 0; w < worlds; ++w) {
    const auto pair = [&](double a, double b) {
      const double shared = std::sqrt(0.5) * stream.normal();
      return Eigen::RowVector2d(a + shared + std::sqrt(0.5) * stream.normal(),
                                b + shared + std::sqrt(0.5) * stream.normal());
    };
    const Eigen::RowVector2d estimate = pair(0.0, 0.0);
    Eigen::MatrixXd draws(count, 2);
    for (int d = 0; d < count; ++d) draws.row(d) = pair(estimate[0], estimate[1]);
    draws.rowwise() += estimate - draws.colwise().mean();
    Eigen::MatrixXd lead(count, 2);
    lead << draws.col(0) - draws.col(1), draws.col(1) - draws.col(0);
    const WinnerInference of = winner_inference(lead, 1.0, 0.95), worth = winner_inference(draws, 1.0, 0.95);
    REQUIRE(of.estimate > 0.0);  // by being picked
    REQUIRE(of.winner == worth.winner);
    too_large += of.hybrid_median > 0.0;
    holds += of.hybrid.low <= 0.0 && of.hybrid.high >= 0.0;
    worth_holds += worth.hybrid.low <= 0.0 && worth.hybrid.high >= 0.0;
    worth_naive += worth.naive.low <= 0.0 && worth.naive.high >= 0.0;
  }
  MESSAGE("lead: corrected too large ", too_large, ", hybrid covers ", holds, "; own figure: ", worth_holds,
          ", naive ", worth_naive, " of ", worlds);
  CHECK(std::abs(too_large - worlds / 2) < 40);
  CHECK(holds > 362);  // .95 - 4 SE
  CHECK(worth_holds > 362);
}

// The table of docs/methods/after-looking.md: test_statistical_after_looking --no-skip --test-case="the
// table*".
TEST_CASE("the table of cover in 2,000 worlds each" * doctest::skip()) {
  for (const int places : {3, 12})
    for (const double step : {0.0, 0.05, 0.5, 2.0}) {
      const test::AfterLookingCover cover =
          test::after_looking_cover({places, step, 0.5}, 2000, 999, 0.95, 1);
      std::printf(
          "| %d | %.2g | %.3f | %.3f | %.3f | %.3f | %.3f | %.1f, %.1f, %.1f | %.3f | %.3f | %.3f | %.1f, "
          "%.1f |\n",
          places, step, cover.bands, cover.naive, cover.projection, cover.conditional, cover.hybrid,
          cover.length_projection, cover.length_conditional, cover.length_hybrid, cover.ranks_each,
          cover.ranks_all, cover.ranks_map, cover.width_all, cover.width_map);
      std::fflush(stdout);
    }
}

// The second table there: --test-case="the bands*".
TEST_CASE("the bands of skewed draws in 2,000 worlds each" * doctest::skip()) {
  for (const int rows : {1, 12, 100})
    for (const double skew : {0.01, 0.3, 0.7}) {
      const test::BandCover cover = test::band_cover(rows, 3.5, skew, 2000, 1999, 0.95, 2);
      std::printf("| %d | %.2g | %.3f | %.3f | %.2f | %.2f | %.2f %% |\n", rows, skew, cover.quantiles,
                  cover.symmetric, cover.told, cover.told_symmetric, 100.0 * cover.tail);
      std::fflush(stdout);
    }
}
