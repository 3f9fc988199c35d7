// Places of a programme against like places without one, and programmes that never were.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// What areas are compared by; rows are areas.
struct LikeAreas {
  std::vector<std::int32_t> stratum;  ///< areas are alike only within one; -1: like none
  Eigen::MatrixXd feature;            ///< areas x features, each of unit spread
  std::vector<std::vector<int>> neighbours;
  std::vector<std::uint8_t> touched;  ///< 1: had money, or borders on a place that had
};

/// Neighbours by W, both ways, ascending.
std::vector<std::vector<int>> neighbours_of(const SpatialWeights& weights);

/// Columns of `value` less their mean, over their standard deviation; one that does not vary is dropped.
Eigen::MatrixXd standardised(const Eigen::MatrixXd& value);

/// Who a place is compared with.
struct Matched {
  std::vector<std::vector<int>> with;  ///< a place each: nearest first; empty: nobody is left
};

/// For each place the `count` nearest areas (Euclid; ties: the lower row) of its stratum that are not
/// touched, no place themselves and border on none. An area may serve several places.
Matched match(const LikeAreas& areas, const std::vector<int>& places, int count);

/// Mean over places of (error of the place less the mean error of those it is matched with); `error` is what
/// happened less what was forecast, so past differences are allowed for and common shocks drop out.
/// (Abadie & Imbens 2011, with the forecast as the regression that corrects the matches.)
struct MatchedDifference {
  double mean = 0.0;
  double pairs_error = 0.0;  ///< standard error if places were independent, which neighbours are not
  long places = 0;           ///< with a match
};
MatchedDifference matched_difference(const Matched& matched, const std::vector<int>& places,
                                     const Eigen::VectorXd& error);

/// The patches of a programme: its places of one stratum that border on each other.
std::vector<std::vector<int>> patches_of(const LikeAreas& areas, const std::vector<int>& places);

/// A programme that never was: for each patch one of the same size and stratum, grown from a random untouched
/// area over its neighbours; where a patch finds no further room, it goes on from another random area.
/// @return rows of areas, in the order of the patches' places; empty: a stratum has too few areas
std::vector<int> placebo_places(const LikeAreas& areas, const std::vector<std::vector<int>>& patches,
                                std::uint64_t seed, std::uint64_t number);

}  // namespace spillway
