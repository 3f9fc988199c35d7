// Where areas are, in metres: what is written beside the numbers is read, and what cannot be metres is
// refused.
#pragma once
#include <string>
#include <vector>

#include "engine/data/table.hpp"

namespace spillway {

/// m, one an area; NaN where the pack has no value.
struct Coordinates {
  std::vector<double> easting, northing;
};

/// `easting` and `northing` of the areas in metres. Kilometres, feet and miles are converted.
///
/// @param user   what needs them, for messages: "weights kind 'knn'"
/// @param reach  m; the distance that they are compared with, 0: none
/// @throws InputError  no such columns; units of two kinds, unknown ones, or degrees; numbers that are no
/// metres
///                     whatever the unit says: all within 180 and 90 (degrees), areas less than 10 m apart
///                     without a unit, a few areas at 0, 0 or in degrees among others in
///                     metres, all within a fiftieth of `reach`, or further apart than the earth is
///                     round; degrees times a power of ten (British codes, or northings of no projection);
///                     Web Mercator (British codes); an area fifteen times as far from its authority, or from
///                     all areas, as most of them are, that would stand among them with easting and northing
///                     swapped, in another unit or with another sign
Coordinates coordinates_in_metres(const Table& areas, const std::string& user, double reach = 0.0);

/// "coordinates: area 'E01' stands 143 km from the middle of its authority ...": areas fifteen times as far
/// from their authority as most of it is; empty: there are none.
std::string misplaced_line(const Table& areas);

/// "coordinates: no unit is stated, so they count as metres: 30 areas within 335 km ...", for a reader to see
/// whether they can be; empty: a unit is stated, or British codes stand where the National Grid has them.
std::string assumed_unit_line(const Table& areas);

/// Square km of the rectangle round all areas; 0: no coordinates, or none in metres that are known.
double square_km_around(const Table& areas);

}  // namespace spillway
