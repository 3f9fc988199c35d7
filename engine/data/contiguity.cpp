#include "engine/data/contiguity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "engine/data/csv.hpp"
#include "engine/data/limits.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/read_json.hpp"

namespace spillway {

using nlohmann::json;

namespace {

/// A point of an area's boundary.
struct Touch {
  double x = 0.0, y = 0.0;
  std::int32_t area = 0;
};

std::int32_t area_of(const json& feature, const std::string& key,
                     const std::unordered_map<std::string, std::int32_t>& row) {
  const auto found = row.find(code_of(feature, key));
  return found == row.end() ? -1 : found->second;
}

/// @throws InputError  a shape that bounds no area, by its area and kind
void require_polygons(const json& geometry, const std::string& code, const std::string& file) {
  const json kind = geometry.contains("type") ? geometry["type"] : json();
  if (kind != "Polygon" && kind != "MultiPolygon")
    throw InputError(fmt::format(
        "'{}': the shape of area '{}' is {} (boundaries are of type Polygon or MultiPolygon)", file, code,
        kind.is_string() ? "of type '" + kind.get<std::string>() + "'" : "of no type"));
}

/// Call visit(x, y) for every point of nested lists; deeper than polygons go is no geometry.
/// @return false: something in them is neither a list nor a point of two numbers
template <typename Visit>
bool each_point(const json& nested, Visit visit, int depth = 0) {
  if (!nested.is_array() || depth > 4) return false;
  if (nested.size() >= 2 && nested[0].is_number() && nested[1].is_number()) {
    visit(nested[0].get<double>(), nested[1].get<double>());
    return true;
  }
  return std::all_of(nested.begin(), nested.end(),
                     [&](const json& inner) { return each_point(inner, visit, depth + 1); });
}

template <typename Visit>
void each_arc(const json& nested, Visit visit, int depth = 0) {
  if (nested.is_number_integer()) visit(nested.get<std::int64_t>());
  if (!nested.is_array() || depth > 4) return;
  for (const json& inner : nested) each_arc(inner, visit, depth + 1);
}

/// Points of every arc. Quantised ones are sums of whole numbers, so shared points are equal.
std::vector<std::vector<std::pair<double, double>>> arcs_of(const json& topology) {
  const bool quantised = topology.contains("transform");
  std::vector<std::vector<std::pair<double, double>>> arcs;
  for (const json& points : topology.at("arcs")) {
    arcs.emplace_back();
    double x = 0.0, y = 0.0;
    for (const json& point : points) {
      x = quantised ? x + point.at(0).get<double>() : point.at(0).get<double>();
      y = quantised ? y + point.at(1).get<double>() : point.at(1).get<double>();
      arcs.back().emplace_back(x, y);
    }
  }
  return arcs;
}

/// Areas that meet at a point, more than any map has: three or four do, and a dozen at a mountain's top.
constexpr std::size_t most_at_a_point = 200;

CodePairs pairs_of(std::vector<Touch> touches, const std::string& file,
                   const std::vector<std::string>& codes) {
  const auto order = [](const Touch& a, const Touch& b) {
    return std::tie(a.x, a.y, a.area) < std::tie(b.x, b.y, b.area);
  };
  std::sort(touches.begin(), touches.end(), order);
  touches.erase(std::unique(touches.begin(), touches.end(),
                            [&](const Touch& a, const Touch& b) { return !order(a, b) && !order(b, a); }),
                touches.end());
  std::set<std::pair<std::int32_t, std::int32_t>> pairs;
  for (std::size_t first = 0; first < touches.size();) {
    std::size_t last = first;
    while (last < touches.size() && touches[last].x == touches[first].x &&
           touches[last].y == touches[first].y)
      ++last;
    if (last - first > most_at_a_point)
      throw InputError(fmt::format("'{}': {} areas meet at {}, {} (boundaries of areas are needed)", file,
                                   last - first, touches[first].x, touches[first].y));
    for (std::size_t a = first; a < last; ++a)
      for (std::size_t b = a + 1; b < last; ++b) pairs.insert({touches[a].area, touches[b].area});
    if (pairs.size() > limits::links)
      throw InputError(
          fmt::format("'{}': more than {} million pairs of areas meet in it (boundaries of areas are needed)",
                      file, limits::links / 1'000'000));
    first = last;
  }
  CodePairs result;
  for (const auto& [a, b] : pairs)
    result.emplace_back(codes[static_cast<std::size_t>(a)], codes[static_cast<std::size_t>(b)]);
  return result;
}

}  // namespace

CodePairs contiguity_of(const std::string& bytes, const std::string& file,
                        const std::vector<std::string>& codes, std::string& lacking) {
  std::unordered_map<std::string, std::int32_t> row;
  for (std::size_t k = 0; k < codes.size(); ++k) row.emplace(codes[k], static_cast<std::int32_t>(k));
  std::vector<Touch> touches;
  std::size_t counted = 0;
  std::vector<char> found(codes.size(), 0);
  try {
    const json document = read_json<json>(bytes, file);
    const std::string type = document.value("type", "");
    if (type == "Topology") {
      const auto arcs = arcs_of(document);
      for (const auto& [name, object] : document.at("objects").items()) {
        if (!object.is_object() || !object.contains("geometries")) continue;
        const std::string key = code_property(object["geometries"], row);
        for (const json& geometry : object["geometries"]) {
          const std::int32_t area = key.empty() ? -1 : area_of(geometry, key, row);
          if (area < 0 || (!geometry.contains("arcs") && !geometry.contains("coordinates"))) continue;
          require_polygons(geometry, codes[static_cast<std::size_t>(area)], file);
          if (!geometry.contains("arcs")) continue;
          found[static_cast<std::size_t>(area)] = 1;
          each_arc(geometry["arcs"], [&](std::int64_t arc) {
            const std::int64_t at = arc < 0 ? ~arc : arc;
            if (at >= static_cast<std::int64_t>(arcs.size()))
              throw InputError(
                  fmt::format("'{}' refers to arc {}, and there are {}", file, arc, arcs.size()));
            const auto& points = arcs[static_cast<std::size_t>(at)];
            count_points(counted, points.size(), file);
            for (const auto& [x, y] : points) touches.push_back({x, y, area});
          });
        }
      }
    } else if (type == "FeatureCollection") {
      const std::string key = code_property(document.at("features"), row);
      for (const json& feature : document.at("features")) {
        const std::int32_t area = key.empty() ? -1 : area_of(feature, key, row);
        if (area < 0 || !feature.contains("geometry") || !feature["geometry"].is_object()) continue;
        require_polygons(feature["geometry"], codes[static_cast<std::size_t>(area)], file);
        const json points = feature["geometry"].value("coordinates", json::array());
        const bool read = each_point(points, [&](double x, double y) {
          count_points(counted, 1, file);
          touches.push_back({x, y, area});
          found[static_cast<std::size_t>(area)] = 1;
        });
        if (!read)
          throw InputError(fmt::format("'{}': the shape of area '{}' has a point that is not two numbers",
                                       file, codes[static_cast<std::size_t>(area)]));
      }
    } else {
      throw InputError(fmt::format(
          "'{}' is of type '{}' (needs a GeoJSON FeatureCollection or a TopoJSON Topology)", file, type));
    }
  } catch (const json::exception& error) {
    throw InputError(fmt::format("'{}' is not GeoJSON or TopoJSON: {}", file, json_fault(error)));
  }
  const auto without = std::count(found.begin(), found.end(), 0);
  if (without == static_cast<std::ptrdiff_t>(found.size()))
    throw InputError(fmt::format("no property of the shapes in '{}' holds the areas' codes", file));
  if (without > 0)
    lacking = fmt::format(
        "'{}' has no shape of {} of {} areas, first {}: which areas they touch is not known from it", file,
        without, found.size(),
        codes[static_cast<std::size_t>(std::find(found.begin(), found.end(), 0) - found.begin())]);
  return pairs_of(std::move(touches), file, codes);
}

CodePairs read_adjacency(const std::string& file, const std::string& geography) {
  std::vector<Fault> faults;
  CsvExpectations codes_are_texts;
  codes_are_texts.others_are_texts = true;
  const CsvTable csv = read_csv(file, faults, codes_are_texts);
  if (!faults.empty()) throw InputError(std::move(faults));
  std::vector<const Column*> ends;
  if (csv.table.find("from") && csv.table.find("to")) ends = {csv.table.find("from"), csv.table.find("to")};
  std::string names;
  for (const Column& column : csv.table.columns) {
    names += (names.empty() ? "" : ", ") + column.name;
    if (ends.size() < 2 && lower_case(column.name).rfind(lower_case(geography) + "cd", 0) == 0)
      ends.push_back(&column);
  }
  if (ends.size() != 2)
    throw InputError(fmt::format(
        "'{}' has no two columns of codes, from and to or two that begin with '{}cd' (it has: {})", file,
        geography, names));
  CodePairs pairs;
  for (std::size_t r = 0; r < csv.table.rows; ++r) {
    if (ends[0]->text(r).empty() || ends[1]->text(r).empty())
      faults.push_back({file, static_cast<long>(csv.line[r]),
                        ends[0]->text(r).empty() ? ends[0]->name : ends[1]->name, "",
                        "the code is missing; expected a code on both sides"});
    else if (ends[0]->text(r) == ends[1]->text(r))
      faults.push_back({file, static_cast<long>(csv.line[r]), ends[1]->name, ends[1]->text(r),
                        "the area is linked to itself; expected links between two areas"});
    pairs.emplace_back(ends[0]->text(r), ends[1]->text(r));
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  return pairs;
}

}  // namespace spillway
