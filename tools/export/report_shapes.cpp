// Boundaries of a pack, GeoJSON or TopoJSON, packed for the page as arcs and the rings made of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "engine/base/error.hpp"
#include "engine/data/read_json.hpp"
#include "tools/export/area_shapes.hpp"
#include "tools/export/report_encode.hpp"
#include "tools/export/valid_shape.hpp"

namespace spillway {

using nlohmann::json;

namespace {

constexpr std::size_t most_points = 500'000;  ///< of all arcs: 2 MB of the page

struct Vertex {
  double x = 0.0, y = 0.0;
};
using Arc = std::vector<Vertex>;
using Rings = std::vector<std::vector<std::int64_t>>;  ///< ring -> arcs, ~k: arc k backwards

struct Shapes {
  std::vector<Arc> arcs;
  std::vector<std::pair<json, std::vector<Rings>>> features;  ///< properties (with "id") and polygons
};

/// What is wrong with the shapes; the caller knows the file.
struct BadShape {
  std::string what;
};

/// No ground is further from its origin, in degrees or in the unit of any grid; beyond it sums would
/// overflow.
constexpr double furthest = 1e12;

Vertex vertex(double x, double y) {
  if (!(std::abs(x) <= furthest && std::abs(y) <= furthest))
    throw BadShape{fmt::format("a point lies at {}, {}", x, y)};
  return {x, y};
}

/// The arcs of a TopoJSON polygon, each known.
Rings rings_of(const json& polygon, std::int64_t arcs) {
  Rings rings;
  for (const json& ring : polygon) {
    rings.emplace_back();
    for (const json& arc : ring) {
      if (!arc.is_number_integer() || (arc.is_number_unsigned() && arc.get<std::uint64_t>() >> 62 != 0))
        throw BadShape{"an arc is not named by a whole number"};
      const auto number = arc.get<std::int64_t>();
      if ((number < 0 ? ~number : number) >= arcs)
        throw BadShape{fmt::format("a ring refers to arc {}, and there are {}", number, arcs)};
      rings.back().push_back(number);
    }
  }
  return rings;
}

json properties_of(const json& feature) {
  json properties = feature.value("properties", json::object());
  if (!properties.is_object()) properties = json::object();
  if (feature.contains("id")) properties["id"] = feature["id"];
  return properties;
}

Shapes from_topology(const json& topology) {
  Shapes shapes;
  const bool quantised = topology.contains("transform");
  const double sx = quantised ? topology.at("transform").at("scale").at(0).get<double>() : 1.0;
  const double sy = quantised ? topology.at("transform").at("scale").at(1).get<double>() : 1.0;
  const double tx = quantised ? topology.at("transform").at("translate").at(0).get<double>() : 0.0;
  const double ty = quantised ? topology.at("transform").at("translate").at(1).get<double>() : 0.0;
  for (const json& points : topology.at("arcs")) {
    Arc arc;
    double x = 0.0, y = 0.0;
    for (const json& point : points) {
      x = quantised ? x + point.at(0).get<double>() : point.at(0).get<double>();
      y = quantised ? y + point.at(1).get<double>() : point.at(1).get<double>();
      arc.push_back(vertex(x * sx + tx, y * sy + ty));
    }
    shapes.arcs.push_back(std::move(arc));
  }
  const auto count = static_cast<std::int64_t>(shapes.arcs.size());
  const auto rings = [&](const json& polygon) { return rings_of(polygon, count); };
  for (const auto& [name, object] : topology.at("objects").items())
    for (const json& geometry : object.value("geometries", json::array())) {
      std::vector<Rings> polygons;
      if (geometry.value("type", "") == "Polygon") polygons.push_back(rings(geometry.at("arcs")));
      if (geometry.value("type", "") == "MultiPolygon")
        for (const json& polygon : geometry.at("arcs")) polygons.push_back(rings(polygon));
      if (!polygons.empty()) shapes.features.emplace_back(properties_of(geometry), std::move(polygons));
    }
  return shapes;
}

Shapes from_features(const json& collection) {
  Shapes shapes;
  const auto polygon_of = [&](const json& polygon) {
    Rings rings;
    for (const json& ring : polygon) {
      Arc arc;
      for (const json& point : ring)
        arc.push_back(vertex(point.at(0).get<double>(), point.at(1).get<double>()));
      rings.push_back({static_cast<std::int64_t>(shapes.arcs.size())});
      shapes.arcs.push_back(std::move(arc));
    }
    return rings;
  };
  for (const json& feature : collection.at("features")) {
    const json geometry = feature.value("geometry", json::object());
    if (!geometry.is_object()) continue;
    std::vector<Rings> polygons;
    if (geometry.value("type", "") == "Polygon") polygons.push_back(polygon_of(geometry.at("coordinates")));
    if (geometry.value("type", "") == "MultiPolygon")
      for (const json& polygon : geometry.at("coordinates")) polygons.push_back(polygon_of(polygon));
    if (!polygons.empty()) shapes.features.emplace_back(properties_of(feature), std::move(polygons));
  }
  return shapes;
}

/// Features by row of the areas: that property is the code which holds most of the areas' codes.
std::vector<const std::vector<Rings>*> matched(const Shapes& shapes, const std::vector<std::string>& codes) {
  std::unordered_map<std::string, std::size_t> row;
  for (std::size_t k = 0; k < codes.size(); ++k) row[codes[k]] = k;
  std::map<std::string, std::size_t> hits;
  for (const auto& [properties, polygons] : shapes.features)
    for (const auto& [key, value] : properties.items())
      if (value.is_string() && row.contains(value.get<std::string>())) ++hits[key];
  std::string best;
  for (const auto& [key, count] : hits)
    if (best.empty() || count > hits[best]) best = key;
  std::vector<const std::vector<Rings>*> of_area(codes.size(), nullptr);
  if (best.empty()) return {};
  for (const auto& [properties, polygons] : shapes.features)
    if (properties.contains(best) && properties[best].is_string())
      if (const auto found = row.find(properties[best].get<std::string>()); found != row.end())
        of_area[found->second] = &polygons;
  return of_area;
}

/// A grid over the arcs; points on one place of it are one point, the same in every arc.
struct Grid {
  double x = 0.0, y = 0.0, step_x = 1.0, step_y = 1.0;

  std::vector<std::pair<std::int64_t, std::int64_t>> snapped(const Arc& arc) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> points;
    for (const Vertex& v : arc) {
      const std::pair<std::int64_t, std::int64_t> at{std::llround((v.x - x) / step_x),
                                                     std::llround((v.y - y) / step_y)};
      if (points.empty() || points.back() != at) points.push_back(at);
    }
    if (points.size() == 1) points.push_back(points.front());
    return points;
  }
};

/// @throws InputError  no such file, or no polygon in it
Shapes read_shapes(const std::string& bytes, const std::string& file) {
  const auto refuse = [&](const std::string& value, const std::string& what) {
    throw InputError(std::vector<Fault>{{file, 0, "", value, what}});
  };
  static const std::string expected =
      "expected a GeoJSON FeatureCollection or a TopoJSON Topology of polygons";
  Shapes shapes;
  try {
    shapes = walk_json(file, expected, [&] {
      const json document = read_json<json>(bytes, file);
      const std::string type = document.value("type", "");
      if (type != "Topology" && type != "FeatureCollection") refuse(type, expected);
      return type == "Topology" ? from_topology(document) : from_features(document);
    });
  } catch (const BadShape& bad) {
    refuse("", bad.what + "; " + expected);
  }
  if (shapes.features.empty()) refuse("", "holds no polygon; " + expected);
  std::size_t counted = 0;
  for (const auto& [properties, polygons] : shapes.features)
    for (const Rings& rings : polygons)
      for (const auto& ring : rings)
        for (const std::int64_t arc : ring)
          count_points(counted, shapes.arcs[static_cast<std::size_t>(arc < 0 ? ~arc : arc)].size(), file);
  return shapes;
}

/// The box round all shapes.
struct Extent {
  double left = std::numeric_limits<double>::infinity(), right = -left, bottom = left, top = -left;

  explicit Extent(const Shapes& shapes) {
    for (const Arc& arc : shapes.arcs)
      for (const Vertex& v : arc) {
        left = std::min(left, v.x), right = std::max(right, v.x);
        bottom = std::min(bottom, v.y), top = std::max(top, v.y);
      }
  }
  bool degrees() const { return left >= -180.0 && right <= 180.0 && bottom >= -90.0 && top <= 90.0; }
};

}  // namespace

AreaShapes area_shapes(const std::string& bytes, const std::string& file,
                       const std::vector<std::string>& codes) {
  const Shapes shapes = read_shapes(bytes, file);
  AreaShapes result;
  result.degrees = Extent(shapes).degrees();
  result.areas.resize(codes.size());
  const auto of_area = matched(shapes, codes);
  for (std::size_t k = 0; k < of_area.size(); ++k) {
    if (of_area[k] == nullptr) continue;
    for (const Rings& rings : *of_area[k]) {
      ShapePolygon polygon;
      for (const auto& parts : rings) {
        ShapeRing ring;
        for (const std::int64_t part : parts) {
          const Arc& arc = shapes.arcs[static_cast<std::size_t>(part < 0 ? ~part : part)];
          for (std::size_t p = 0; p < arc.size(); ++p) {
            const Vertex& v = part < 0 ? arc[arc.size() - 1 - p] : arc[p];
            if (p > 0 || ring.empty())
              ring.push_back({v.x, v.y});  // an arc begins where the one before ended
          }
        }
        if (!ring.empty() && ring.front() != ring.back()) ring.push_back(ring.front());
        if (ring.size() >= 4)
          polygon.push_back(std::move(ring));
        else if (polygon.empty())
          break;  // an outline that simplification has made a line: no holes either
      }
      if (!polygon.empty()) result.areas[k].push_back(std::move(polygon));
    }
    constexpr double most_moved = 1e-3;
    double moved = 0.0;
    if (auto mended = valid_shape(result.areas[k], &moved); moved > most_moved)
      result.as_written.push_back(codes[k]);
    else
      result.areas[k] = std::move(mended);
    result.drawn += !result.areas[k].empty();
  }
  return result;
}

json report_shapes(const std::string& bytes, const std::string& file, const std::vector<std::string>& codes) {
  const Shapes shapes = read_shapes(bytes, file);
  const auto of_area = matched(shapes, codes);
  if (of_area.empty()) return nullptr;

  const Extent extent(shapes);
  const double left = extent.left, right = extent.right, bottom = extent.bottom, top = extent.top;
  // Degrees become even distances by the cosine of the middle latitude (an equirectangular map).
  const bool degrees = extent.degrees();
  const double squeeze = degrees ? std::cos((bottom + top) / 2.0 * 3.14159265358979323846 / 180.0) : 1.0;
  Grid grid{left, bottom, 1.0, 1.0};
  std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>> arcs;
  std::size_t points = 0;
  for (double cells = 20000.0;; cells /= 1.5) {
    grid.step_y = std::max((right - left) * squeeze, top - bottom) / cells;
    if (grid.step_y == 0.0) grid.step_y = 1.0;  // every point is one
    grid.step_x = grid.step_y / squeeze;
    arcs.clear();
    points = 0;
    for (const Arc& arc : shapes.arcs) {
      arcs.push_back(grid.snapped(arc));
      points += arcs.back().size();
    }
    if (points <= most_points || cells < 1000.0) break;
  }
  std::vector<std::uint8_t> packed_arcs, packed_areas;
  std::int64_t x = 0, y = 0;  // an arc starts near the end of the one before
  for (const auto& arc : arcs) {
    append_varint(packed_arcs, arc.size());
    for (const auto& [px, py] : arc) {
      append_signed(packed_arcs, px - x);
      append_signed(packed_arcs, py - y);
      x = px, y = py;
    }
  }
  std::size_t drawn = 0;
  std::int64_t before = 0;
  for (const auto* polygons : of_area) {
    append_varint(packed_areas, polygons == nullptr ? 0 : polygons->size());
    if (polygons == nullptr) continue;
    ++drawn;
    for (const Rings& rings : *polygons) {
      append_varint(packed_areas, rings.size());
      for (const auto& ring : rings) {
        append_varint(packed_areas, ring.size());
        for (const std::int64_t arc : ring) {
          append_signed(packed_areas, arc - before);
          before = arc;
        }
      }
    }
  }
  return {{"arcCount", arcs.size()},
          {"points", points},
          {"drawn", drawn},
          {"degrees", degrees},
          {"x", grid.x},
          {"y", grid.y},
          {"stepX", grid.step_x},
          {"stepY", grid.step_y},
          {"squeeze", squeeze},
          {"arcs", base64(packed_arcs.data(), packed_arcs.size())},
          {"areas", base64(packed_areas.data(), packed_areas.size())}};
}

}  // namespace spillway
