// Worlds of known truth for what is said after looking: how often it is right.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/streams.hpp"
#include "engine/outcome/after_looking.hpp"

namespace spillway::test {

/// Places with true values 0, step, 2 step, ...; estimates with standard error 1, of whose variance `shared`
/// moves all places by their own loading.
struct AfterLookingWorld {
  int places = 12;
  double step = 0.0, shared = 0.5;
};

/// Shares of worlds.
struct AfterLookingCover {
  double bands = 0, naive = 0, projection = 0, conditional = 0, hybrid = 0;
  double too_high = 0;                                  ///< the hybrid's median above the truth
  double ranks_each = 0, ranks_all = 0, ranks_map = 0;  ///< `each`: of the first place alone
  double width_all = 0, width_map = 0;                  ///< mean ranks in a set
  double length_projection = 0, length_conditional = 0, length_hybrid = 0;  ///< medians, in standard errors
};

inline AfterLookingCover after_looking_cover(const AfterLookingWorld& world, int worlds, int draws,
                                             double level, std::uint64_t seed) {
  AfterLookingCover cover;
  const Eigen::Index n = world.places;
  std::vector<double> lengths[3];
  for (int w = 0; w < worlds; ++w) {
    Stream stream(seed, Purpose::coverage_world, static_cast<std::uint64_t>(w));
    Eigen::VectorXd loading(n), truth(n), estimate(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      loading[i] = std::sqrt(world.shared) * (i % 3 == 0 ? -1.0 : 1.0);
      truth[i] = world.step * static_cast<double>((7 * i) % n);
    }
    const auto draw = [&](const Eigen::VectorXd& about) {
      const double factor = stream.normal();
      Eigen::VectorXd one(n);
      for (Eigen::Index i = 0; i < n; ++i)
        one[i] = about[i] + loading[i] * factor + std::sqrt(1.0 - world.shared) * stream.normal();
      return one;
    };
    estimate = draw(truth);
    Eigen::MatrixXd sample(draws, n);
    for (int d = 0; d < draws; ++d) sample.row(d) = draw(estimate).transpose();
    sample.rowwise() += (estimate - sample.colwise().mean().transpose()).transpose();
    const GroupInference groups = infer_groups(sample, 1.0, level, {1});
    const MapInference map = infer_map(AreaDraws(Eigen::MatrixXf(sample.cast<float>())), 1.0, level, {1});
    bool bands = true, all = true, of_map = true;
    for (Eigen::Index i = 0; i < n; ++i) {
      bands = bands && groups.bands.low[i] <= truth[i] && truth[i] <= groups.bands.high[i];
      // Ties: any rank among the equals will do.
      const int above = static_cast<int>((truth.array() > truth[i]).count()),
                equal = static_cast<int>((truth.array() == truth[i]).count());
      const auto holds = [&](const RankSet& set) {
        return set.low[i] <= above + equal && set.high[i] >= above + 1;
      };
      all = all && holds(groups.all);
      of_map = of_map && holds(map.ranks);
      if (i == 0) cover.ranks_each += holds(groups.each);
      cover.width_all += (groups.all.high[i] - groups.all.low[i] + 1) / static_cast<double>(n);
      cover.width_map += (map.ranks.high[i] - map.ranks.low[i] + 1) / static_cast<double>(n);
    }
    cover.bands += bands;
    cover.ranks_all += all;
    cover.ranks_map += of_map;
    const WinnerInference& winner = groups.winner;
    const double right = truth[winner.winner];
    const auto holds = [&](const Interval& one) { return one.low <= right && right <= one.high; };
    cover.naive += holds(winner.naive);
    cover.projection += holds(winner.projection);
    cover.conditional += holds(winner.conditional);
    cover.hybrid += holds(winner.hybrid);
    cover.too_high += winner.hybrid_median > right;
    lengths[0].push_back(winner.projection.high - winner.projection.low);
    lengths[1].push_back(winner.conditional.high - winner.conditional.low);
    lengths[2].push_back(winner.hybrid.high - winner.hybrid.low);
  }
  for (double* share :
       {&cover.bands, &cover.naive, &cover.projection, &cover.conditional, &cover.hybrid, &cover.too_high,
        &cover.ranks_each, &cover.ranks_all, &cover.ranks_map, &cover.width_all, &cover.width_map})
    *share /= worlds;
  double* length[] = {&cover.length_projection, &cover.length_conditional, &cover.length_hybrid};
  for (int k = 0; k < 3; ++k) {
    std::sort(lengths[k].begin(), lengths[k].end());
    *length[k] = lengths[k][lengths[k].size() / 2];
  }
  return cover;
}

/// Bands of skewed draws, in shares of worlds.
struct BandCover {
  double quantiles = 0, symmetric = 0;            ///< all true values at once inside: our bands; mean -+ c s
  double told = 0, told_symmetric = 0, tail = 0;  ///< rows above zero that are called so; the share cut off
};

/// Estimates as in AfterLookingWorld of `places`, every other one with a true value of `step`, the others
/// zero; what is looked at is (exp(skew x) - 1) / skew of them: above zero where x is, and as skewed as is
/// wished.
inline BandCover band_cover(int places, double step, double skew, int worlds, int draws, double level,
                            std::uint64_t seed) {
  BandCover cover;
  const Eigen::Index n = places;
  for (int w = 0; w < worlds; ++w) {
    Stream stream(seed, Purpose::coverage_world, static_cast<std::uint64_t>(w));
    const auto draw = [&](const Eigen::VectorXd& about) {
      const double factors[3] = {stream.normal(), stream.normal(), stream.normal()};
      Eigen::VectorXd one(n);
      for (Eigen::Index i = 0; i < n; ++i)
        one[i] = about[i] + std::sqrt(0.4) * factors[i % 3] + std::sqrt(0.4) * factors[(i / 3) % 3] +
                 std::sqrt(i % 3 == (i / 3) % 3 ? 0.0 : 0.2) * stream.normal();
      return one;
    };
    Eigen::VectorXd truth(n);
    for (Eigen::Index i = 0; i < n; ++i) truth[i] = i % 2 == 0 ? step : 0.0;
    const auto seen = [&](const auto& x) {
      return (((skew * x.array()).exp() - 1.0) / skew).matrix().eval();
    };
    const Eigen::VectorXd estimate = draw(truth), right = seen(truth);
    Eigen::MatrixXd sample(draws, n);
    for (int d = 0; d < draws; ++d) sample.row(d) = seen(draw(estimate)).transpose();
    const Bands bands = infer_bands(sample, 1.0, level);
    const Eigen::VectorXd half = bands.critical * bands.standard_error;
    cover.quantiles += ((bands.low.array() <= right.array()) && (right.array() <= bands.high.array())).all();
    cover.symmetric += ((right - bands.mean).array().abs() <= half.array()).all();
    for (Eigen::Index i = 0; i < n; i += 2) {
      const double each = 1.0 / static_cast<double>((n + 1) / 2);
      cover.told += each * bands.gains[static_cast<std::size_t>(i)];
      cover.told_symmetric += each * (bands.mean[i] > half[i]);
    }
    cover.tail += bands.tail;
  }
  for (double* share : {&cover.quantiles, &cover.symmetric, &cover.told, &cover.told_symmetric, &cover.tail})
    *share /= worlds;
  return cover;
}

}  // namespace spillway::test
