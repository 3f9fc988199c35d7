// Areas with their shapes and outcomes as one GeoPackage (OGC 12-128r18), which QGIS, sf and geopandas open.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"
#include "tools/export/area_shapes.hpp"

namespace spillway {

/// Every area column of texts, population, and each policy's outcomes: median, 5th and 95th percentile and
/// chance of better, with the unit in the layer's description of columns. Areas without a shape have none. A
/// style for QGIS stands in layer_styles.
///
/// Written whole or not at all, over a former file.
/// @throws InputError  the run has no outcome by area
/// @throws StoreError  the file cannot be written
void write_geopackage(const RunReader& reader, const AreaShapes& shapes, const std::filesystem::path& file);

}  // namespace spillway
