// What may be said after one has looked at everything: bands that hold everywhere at once, sets of ranks, and
// intervals for whatever came out best.
//
// Draws stand for the sampling distribution: a draw less the mean of draws is distributed as the mean of
// draws less the truth. All constants are quantiles of that, taken jointly over what is looked at.
#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/outcome/area_draws.hpp"

namespace spillway {

struct Interval {
  double low = 0.0, high = 0.0;
};

/// The value of what is best among many, chosen by looking at the estimates themselves. Its estimate is too
/// high on average, and the ordinary interval covers too seldom.
///
/// Source: Andrews, Kitagawa & McCloskey (2024), "Inference on Winners", Quarterly Journal of Economics 139;
/// estimates taken to be jointly normal. The conditional interval is right given who won; the projection
/// whoever wins; the hybrid (a tenth of the error to projection) is never much longer than the projection,
/// and short where the winner is clear.
struct WinnerInference {
  Eigen::Index winner = 0;
  double estimate = 0.0, standard_error = 0.0;
  double lower = 0.0, upper = 0.0;  ///< between these its estimate lies, given who won (may be infinite)
  Interval naive, projection, conditional, hybrid;
  double conditional_median = 0.0, hybrid_median = 0.0;  ///< corrected estimates, median unbiased
};

/// @param estimate    of each candidate, finite
/// @param variance    of each
/// @param covariance  of each with the winner, at its place the winner's variance
/// @param winner      the index of the largest estimate
/// @param projection  half widths, in standard errors, of intervals of all candidates that hold at once: with
///                    error 1 - level, and with a tenth of it
/// @param level       in (0, 1)
WinnerInference winner_inference(const Eigen::VectorXd& estimate, const Eigen::VectorXd& variance,
                                 const Eigen::VectorXd& covariance, Eigen::Index winner,
                                 const std::array<double, 2>& projection, double level);
/// The same of draws x candidates: moments and projection from the draws. @param better  as AreaSummary
WinnerInference winner_inference(const Eigen::MatrixXd& draws, double better, double level);

/// Ranks that are not refuted; 1 is the best.
struct RankSet {
  Eigen::VectorXi low, high;
};

/// Mean, standard error and bands of each of many; with probability `level` all bands hold at once. A band is
/// what is left where the same share of draws is cut off at each end of every row (OuterRanks), so that it is
/// as skewed as the draws; with too few draws for that, mean -+ `critical` standard errors, each draw judged
/// by moments of the others.
struct Bands {
  double tail = 0.0;      ///< the share cut off at each end; 0: too few draws
  double critical = 0.0;  ///< a quantile of max |t|; with too few draws of that by the others' moments
  Eigen::VectorXd mean, standard_error, low, high;
  /// What is surely better than zero, worse than zero, all at once.
  std::vector<std::uint8_t> gains, loses;
};

/// Bands of draws x groups. @throws InputError  fewer than 2 draws or no group
Bands infer_bands(const Eigen::MatrixXd& draws, double better, double level);

/// A league table of groups.
struct GroupInference {
  long draws = 0;
  Bands bands;
  RankSet each;  ///< holds for any one group by itself with probability `level`
  RankSet all;   ///< holds for all groups at once
  double critical_all = 0.0;
  WinnerInference winner;
};

/// Draws x groups. Ranks by differences of pairs, each over its own standard error, and the largest over the
/// pairs of a group (`each`) or all pairs (`all`) in a draw: Mogstad, Romano, Shaikh & Wilhelm (2024),
/// "Inference for Ranks with Applications to Mobility across Neighbourhoods and Academic Achievement across
/// Countries", Review of Economic Studies 91, in one step. O(groups^2 draws).
/// @throws InputError  fewer than 2 draws or no group
GroupInference infer_groups(const Eigen::MatrixXd& draws, double better, double level,
                            Parallelism parallelism);

/// A map.
struct MapInference {
  long draws = 0;
  Bands bands;
  RankSet ranks;  ///< of all areas at once
  double critical_rank = 0.0;
  WinnerInference winner;
};

/// Every area. Ranks by the range statistic: ranks of a draw are those of its scores z (the draw less its
/// mean over areas, over its standard deviation over areas), in which what moves all areas together cancels;
/// of each draw the largest |e_i - e_k| / (s_i + s_k) over pairs, e the deviations of z from their means over
/// draws and s their standard errors. One area is surely above another where the intervals mean -+ c s do not
/// meet, c the quantile of that. Found in O(areas) a draw by Dinkelbach's (1967) iteration, exactly.
///
/// The same bits for any number of workers. Working memory: 24 numbers an area and part, not areas x draws.
/// @throws InputError  fewer than 2 draws or no area
MapInference infer_map(const AreaDraws& draws, double better, double level, Parallelism parallelism);

}  // namespace spillway
