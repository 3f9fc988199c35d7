// Pieces of the synthetic geography: an England-like outline, points in it, and even or uneven partitions of
// points.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/streams.hpp"

namespace spillway::synthetic {

struct Point {
  double x = 0.0, y = 0.0;  ///< m, easting and northing
};

/// Whether a point lies in the outline; distance to the outline's border, km.
bool on_land(Point point);
double coast_km(Point point);

/// Centres after which regions are named.
struct RegionCentre {
  const char* name;
  Point point;
};
const std::vector<RegionCentre>& region_centres();

/// A place an area may be: where, and how far from the middle of its town (1: its edge; 9: the country).
struct Place {
  Point point;
  double town_radius = 9.0;
};

/// `count` distinct places: towns of Zipf sizes, the largest first and a third of them by the sea, and a
/// fifth of all places in the country.
std::vector<Place> scatter(int count, std::uint64_t seed);

/// Cut `index` (rows of `points`) into `parts` compact groups by repeated halving across the longest axis.
///
/// @param spread  0: equal sizes; more: uneven, between least_share and most_share of the mean size
/// @return  begin of each group in `index`, which is reordered so that groups follow each other; parts + 1
/// entries
std::vector<std::size_t> cut(const std::vector<Place>& points, std::vector<std::int32_t>& index,
                             std::size_t begin, std::size_t end, int parts, double spread, Stream& stream);
constexpr double least_share = 0.3, most_share = 3.6;

/// Contiguity of places: pairs (a < b), about `mean_degree` neighbours each; isolated places have none.
///
/// Places whose Voronoi cells touch, less pairs across the sea or far apart, less the pairs that touch least.
std::vector<std::pair<std::int32_t, std::int32_t>> contiguity(const std::vector<Place>& places,
                                                              const std::vector<std::int32_t>& isolated,
                                                              double mean_degree);

}  // namespace spillway::synthetic
