// A scenario's outcome through bytes, and the share of a rank.
#include <doctest/doctest.h>

#include <limits>

#include "engine/base/error.hpp"
#include "engine/base/ranks.hpp"
#include "engine/run/outcome_bytes.hpp"

using namespace spillway;

namespace {

ScenarioOutcome small_outcome() {
  ScenarioOutcome outcome;
  AreaSummary area;
  area.outcome = AreaOutcome::cumulative_uplift;
  area.quantile = Eigen::MatrixXf::Random(3, 5);
  area.quantile(1, 1) = std::numeric_limits<float>::quiet_NaN();
  area.mean = Eigen::VectorXf::Random(5);
  area.sd = Eigen::VectorXf::Random(5);
  area.probability_better = Eigen::VectorXf::Random(5);
  area.probability_positive = Eigen::VectorXf::Random(5);
  area.draws = Eigen::MatrixXf::Random(7, 2);
  outcome.areas = {area, area};
  outcome.areas[1].draws.resize(7, 0);
  AggregateSeries series;
  series.outcome = AreaOutcome::discounted_gva_uplift;
  series.grouping = 2;
  series.periods = 3;
  series.groups = 2;
  series.value = {1.5F, -0.0F, std::numeric_limits<float>::infinity(), 2.0F, 3.0F, 4.0F};
  outcome.aggregates = {series};
  outcome.report = {"sampled basis", 17, 1e-6, 32, 1, 0.5, 0.25};
  return outcome;
}

}  // namespace

TEST_CASE("an outcome comes back from its bytes, every bit of it") {
  const ScenarioOutcome before = small_outcome();
  const auto bytes = to_bytes(before);
  const ScenarioOutcome after = scenario_outcome_from_bytes(bytes);
  CHECK(to_bytes(after) == bytes);  // NaN and the sign of zero included
  REQUIRE(after.areas.size() == 2);
  CHECK(after.areas[0].outcome == AreaOutcome::cumulative_uplift);
  CHECK(after.areas[0].draws == before.areas[0].draws);
  CHECK(after.areas[1].draws.rows() == 7);
  CHECK(after.areas[0].sd == before.areas[0].sd);
  CHECK(after.areas[0].probability_better == before.areas[0].probability_better);
  CHECK(after.areas[0].probability_positive == before.areas[0].probability_positive);
  REQUIRE(after.aggregates.size() == 1);
  CHECK(after.aggregates[0].outcome == AreaOutcome::discounted_gva_uplift);
  CHECK(after.aggregates[0].grouping == 2);
  CHECK(after.aggregates[0].value == before.aggregates[0].value);
  CHECK(after.report.path == "sampled basis");
  CHECK(after.report.basis_size == 17);
  CHECK(after.report.fallbacks == 1);
  CHECK(after.report.seconds_summarise == 0.25);
}

TEST_CASE("bytes that are cut or are something else are an error, never a crash") {
  const auto whole = to_bytes(small_outcome());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(scenario_outcome_from_bytes(std::span(whole).first(size)), StoreError);
  auto longer = whole;
  longer.push_back(std::byte{0});
  CHECK_THROWS_AS(scenario_outcome_from_bytes(longer), StoreError);
  auto foreign = whole;
  for (std::size_t k = 8; k < 40; ++k) foreign[k] = std::byte{0xff};
  CHECK_THROWS_AS(scenario_outcome_from_bytes(foreign), StoreError);
}

TEST_CASE("a team of one has the whole share and hears itself") {
  Ranks& ranks = Ranks::alone();
  CHECK(ranks.writes());
  CHECK(ranks.most(-3) == -3);
  CHECK(ranks.total(4) == 4);
  const std::vector<std::byte> bytes{std::byte{1}, std::byte{2}};
  CHECK(ranks.all_gather(bytes) == std::vector<std::vector<std::byte>>{bytes});
  CHECK(ranks.gather(bytes) == std::vector<std::vector<std::byte>>{bytes});
  CHECK(ranks.name().rfind("rank 0 of 1 on host ", 0) == 0);
}

TEST_CASE("shares cover everything once, in order, and differ by one at most") {
  for (const int ranks : {1, 2, 3, 4, 7})
    for (const long count : {0L, 1L, 6L, 7L, 100L}) {
      long next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Share share = share_of(count, rank, ranks);
        CHECK(share.first == next);
        CHECK(share.last - share.first >= count / ranks);
        CHECK(share.last - share.first <= count / ranks + 1);
        next = share.last;
      }
      CHECK(next == count);
    }
}
