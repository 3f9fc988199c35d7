// The polygons of a run's areas, from a pack's boundaries.
#pragma once
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace spillway {

using ShapeRing = std::vector<std::array<double, 2>>;  ///< closed: the first point is the last
using ShapePolygon = std::vector<ShapeRing>;           ///< its outline, then its holes

struct AreaShapes {
  bool degrees = false;  ///< longitude and latitude; else metres of a grid
  std::vector<std::vector<ShapePolygon>>
      areas;  ///< by area, valid (valid_shape) but for those below; none where the file has no shape of it
  long drawn = 0;  ///< areas with a shape
  std::vector<std::string>
      as_written;  ///< codes of those kept invalid: no mending leaves their ground as it is
};

/// @param bytes  GeoJSON or TopoJSON, gzipped or not
/// @param file   for messages
/// @throws InputError  not such a file
AreaShapes area_shapes(const std::string& bytes, const std::string& file,
                       const std::vector<std::string>& codes);

/// The same for the page, packed: shared borders kept shared; null where no area is found in the file.
/// @throws InputError  the file is neither, or holds no polygon
nlohmann::json report_shapes(const std::string& bytes, const std::string& file,
                             const std::vector<std::string>& codes);

}  // namespace spillway
