// Polygons as readers of maps demand them (OGC Simple Features): rings that do not cross, touch themselves or
// run along each other.
#pragma once
#include "tools/export/area_shapes.hpp"

namespace spillway {

/// The ground of all polygons together in valid ones. A shape that is valid already is returned as it is, bit
/// for bit.
///
/// Simplified boundaries cross themselves here and there, and an area made of whole old ones has the borders
/// between them. Of each ring it is what an odd number of its turns enclose, of a polygon that of its outline
/// less that of its holes, of several polygons what any of them holds: those that overlap, lie in one another
/// or stand twice count once. Crossings become vertices, borders within the area go, lines without ground go;
/// rings are traced with the ground on their left, so outlines run against the clock and holes with it.
///
/// @param moved  set to the share of the rings' own ground that their crossings of themselves moved: of a
/// slip
///   of simplification next to nothing, of a bow-tie all. What polygons share, and holes elsewhere, are no
///   part.
std::vector<ShapePolygon> valid_shape(std::vector<ShapePolygon> shape, double* moved = nullptr);

}  // namespace spillway
