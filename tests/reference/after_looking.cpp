// Bands, rank sets and inference on winners against numpy and scipy (tests/reference/shipped).
#include "engine/outcome/after_looking.hpp"

#include "tests/support/shipped.hpp"

using namespace spillway;

namespace {

Eigen::MatrixXd draws_of(const nlohmann::json& columns) {
  Eigen::MatrixXd draws(static_cast<Eigen::Index>(columns.front().size()),
                        static_cast<Eigen::Index>(columns.size()));
  for (Eigen::Index k = 0; k < draws.cols(); ++k)
    for (Eigen::Index d = 0; d < draws.rows(); ++d)
      draws(d, k) = columns[static_cast<std::size_t>(k)][static_cast<std::size_t>(d)].get<double>();
  return draws;
}

void same_ranks(const RankSet& ours, const nlohmann::json& theirs) {
  REQUIRE(static_cast<std::size_t>(ours.low.size()) == theirs.size());
  for (Eigen::Index i = 0; i < ours.low.size(); ++i) {
    CAPTURE(i);
    CHECK(ours.low[i] == theirs[static_cast<std::size_t>(i)][0].get<int>());
    CHECK(ours.high[i] == theirs[static_cast<std::size_t>(i)][1].get<int>());
  }
}

void same_interval(test::Agreement& agree, const std::string& what, const Interval& ours,
                   const nlohmann::json& theirs, double better) {
  const bool up = better > 0.0;
  agree.number(what + " low", up ? ours.low : -ours.high, theirs[0], 0.1);
  agree.number(what + " high", up ? ours.high : -ours.low, theirs[1], 0.1);
}

}  // namespace

TEST_CASE("what may be said after looking is numpy's and scipy's by brute force, whichever way is better") {
  for (const auto& [name, theirs] : test::shipped_values("after_looking.json").items())
    for (const double better : {1.0, -1.0}) {
      test::Agreement agree(name + (better > 0.0 ? ", more is better" : ", less is better"), 1e-8);
      test::Agreement rough(name + ", the map", 1e-5);  // its draws are floats
      const double level = theirs["level"].get<double>();
      const Eigen::MatrixXd draws = better * draws_of(theirs["draws"]);
      const GroupInference groups = infer_groups(draws, better, level, {2});
      const MapInference map = infer_map(AreaDraws(Eigen::MatrixXf(draws.cast<float>())), better, level, {2});

      agree.number("pairs", groups.critical_all, theirs["pairs"]["critical_all"]);
      same_ranks(groups.each, theirs["pairs"]["each"]);
      same_ranks(groups.all, theirs["pairs"]["all"]);
      rough.number("range", map.critical_rank, theirs["map"]["critical"]);
      same_ranks(map.ranks, theirs["map"]["ranks"]);

      const auto& bands = theirs["bands"];
      agree.number("bands", groups.bands.critical, bands["critical"]);
      rough.number("bands", map.bands.critical, bands["critical"]);
      agree.number("share cut off", groups.bands.tail, bands["tail"], 1e-6);
      rough.number("share cut off", map.bands.tail, bands["tail"], 1e-6);
      for (Eigen::Index i = 0; i < draws.cols(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto low = [&](const Bands& one) { return better > 0.0 ? one.low[i] : -one.high[i]; };
        agree.number("band", low(groups.bands), bands["low"][at], 0.1);
        rough.number("band", low(map.bands), bands["low"][at], 0.1);
        CHECK(groups.bands.gains[at] == (bands["low"][at].get<double>() > 0.0));
        CHECK(groups.bands.loses[at] == (bands["high"][at].get<double>() < 0.0));
        CHECK(map.bands.gains[at] == groups.bands.gains[at]);
        CHECK(map.bands.loses[at] == groups.bands.loses[at]);
      }
      for (const auto& [winner, with] :
           {std::pair<const WinnerInference&, test::Agreement&>{groups.winner, agree},
            std::pair<const WinnerInference&, test::Agreement&>{map.winner, rough}}) {
        const auto& right = theirs["winner"];
        REQUIRE(winner.winner == right["winner"].get<Eigen::Index>());
        with.number("bound", better > 0.0 ? winner.lower : -winner.upper, right["lower"], 0.1);
        same_interval(with, "conditional", winner.conditional, right["conditional"], better);
        same_interval(with, "hybrid", winner.hybrid, right["hybrid"], better);
        same_interval(with, "projection", winner.projection, right["projection"], better);
        with.number("conditional median", better * winner.conditional_median, right["conditional_median"],
                    0.1);
        with.number("hybrid median", better * winner.hybrid_median, right["hybrid_median"], 0.1);
      }
    }
}
