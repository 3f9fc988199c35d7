// Polygons as readers of maps demand them (OGC Simple Features): rings that do not cross, touch themselves or
// run along each other.
#pragma once
#include "tools/export/area_shapes.hpp"

namespace spillway {

/// The same ground in valid polygons: what an odd number of rings enclose. A shape that is valid already is
/// returned as it is, bit for bit.
///
/// Simplified boundaries cross themselves here and there, and an area made of whole old ones has the borders
/// between them. Crossings become vertices, borders within the area go, lines without ground go; rings are
/// traced with the ground on their left, so outlines run against the clock and holes with it.
std::vector<ShapePolygon> valid_shape(std::vector<ShapePolygon> shape);

}  // namespace spillway
