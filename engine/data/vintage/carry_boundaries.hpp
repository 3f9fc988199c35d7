// Boundaries of a pack on another vintage of areas: what follows from the lookup alone, and what does not.
#pragma once
#include <set>
#include <string>

#include "engine/data/vintage/vintage.hpp"

namespace spillway {

struct CarriedBoundaries {
  std::string text;    ///< GeoJSON or TopoJSON, as it came, not compressed; empty: no new area has a shape
  std::string suffix;  ///< ".geojson" or ".topojson"
  long kept = 0;       ///< new areas with the shape of the one old area that they are
  long joined =
      0;  ///< new areas made of several whole old ones: all their polygons, the borders between them too
  long without =
      0;  ///< new areas whose outline is not known: parts of divided areas, ground outside the pack
};

/// Shapes of the new areas from those of the old. A new area has one where it is made of whole old areas of
/// the pack; a part of a divided area has none, because no lookup says where its border runs.
///
/// @param bytes  GeoJSON FeatureCollection or TopoJSON Topology, gzipped or not; the property that holds most
/// of
///               `old_codes` is the code
/// @param file   for messages
/// @throws InputError  not such a file, or no property holds the codes
CarriedBoundaries carry_boundaries(const std::string& bytes, const std::string& file,
                                   const std::set<std::string>& old_codes, const AreaLookup& lookup);

/// How many new areas have which shape, for people: "31810 new areas have the shape of ..., 1848 have none
/// (...)".
std::string in_words(const CarriedBoundaries& carried);

}  // namespace spillway
