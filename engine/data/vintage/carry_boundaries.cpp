#include "engine/data/vintage/carry_boundaries.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/error.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/read_json.hpp"

namespace spillway {

using nlohmann::ordered_json;

namespace {

const std::string boundaries_expected =
    "expected a GeoJSON FeatureCollection or a TopoJSON Topology of polygons";

/// Old code -> the new area that all of it went to, for new areas made of whole old areas of the pack and
/// nothing else.
std::map<std::string, std::string> whole_areas(const std::set<std::string>& old_codes,
                                               const AreaLookup& lookup, std::set<std::string>& new_codes) {
  std::map<std::string, int> targets;
  for (const auto& [old_code, new_code] : lookup.pairs) ++targets[old_code];
  std::set<std::string> unknown;
  for (const auto& [old_code, new_code] : lookup.pairs) {
    if (old_codes.contains(old_code)) new_codes.insert(new_code);
    if (!old_codes.contains(old_code) || targets[old_code] > 1) unknown.insert(new_code);
  }
  std::map<std::string, std::string> whole;
  for (const auto& [old_code, new_code] : lookup.pairs)
    if (old_codes.contains(old_code) && !unknown.contains(new_code)) whole[old_code] = new_code;
  return whole;
}

/// The polygons of a geometry, appended to those of another, which becomes a MultiPolygon.
void append_polygons(ordered_json& into, const ordered_json& from, const char* member) {
  const auto polygons = [member](const ordered_json& geometry) {
    return geometry.value("type", "") == "Polygon" ? ordered_json::array({geometry.at(member)})
                                                   : geometry.at(member);
  };
  ordered_json all = polygons(into);
  for (const ordered_json& polygon : polygons(from)) all.push_back(polygon);
  into["type"] = "MultiPolygon";
  into[member] = std::move(all);
}

}  // namespace

CarriedBoundaries carry_boundaries(const std::string& bytes, const std::string& file,
                                   const std::set<std::string>& old_codes, const AreaLookup& lookup) {
  CarriedBoundaries result;
  std::set<std::string> new_codes, drawn;
  const auto whole = whole_areas(old_codes, lookup, new_codes);
  walk_json(file, boundaries_expected, [&] {
    ordered_json document = read_json<ordered_json>(bytes, file);
    const std::string type = document.value("type", "");
    const bool topology = type == "Topology";
    if (!topology && type != "FeatureCollection")
      throw InputError(std::vector<Fault>{{file, 0, "type", type, boundaries_expected}});
    bool found = false;
    const auto carry = [&](ordered_json& features) {
      const std::string old_key = code_property(features, old_codes);
      if (old_key.empty()) return;
      found = true;
      const std::string key = lower_case(old_key) == lookup.from + "cd" ? lookup.to + "cd" : old_key;
      ordered_json kept = ordered_json::array();
      std::map<std::string, std::size_t> place;
      for (ordered_json& feature : features) {
        const auto at = whole.find(code_of(feature, old_key));
        if (at == whole.end()) continue;
        ordered_json& shape = topology ? feature : feature["geometry"];
        if (!shape.is_object() || !shape.value("type", "").ends_with("Polygon")) continue;
        if (const auto first = place.find(at->second); first != place.end()) {
          ordered_json& into = kept[first->second];
          append_polygons(topology ? into : into["geometry"], shape, topology ? "arcs" : "coordinates");
          continue;
        }
        place[at->second] = kept.size();
        drawn.insert(at->second);
        // Other properties are the old area's.
        feature["properties"] = {{key, at->second}};
        feature.erase("id");
        kept.push_back(std::move(feature));
      }
      features = std::move(kept);
    };
    if (topology)
      for (auto& [name, object] : document.at("objects").items()) {
        if (object.contains("geometries")) carry(object["geometries"]);
      }
    else
      carry(document.at("features"));
    if (!found)
      throw InputError(
          std::vector<Fault>{{file, 0, "", "", "no property of the features holds the pack's codes"}});
    if (!drawn.empty()) result.text = document.dump();
    result.suffix = topology ? ".topojson" : ".geojson";
  });
  std::map<std::string, int> members;
  for (const auto& [old_code, new_code] : whole) ++members[new_code];
  for (const std::string& code : drawn) ++(members[code] > 1 ? result.joined : result.kept);
  result.without = static_cast<long>(new_codes.size() - drawn.size());
  return result;
}

std::string in_words(const CarriedBoundaries& carried) {
  return fmt::format(
      "{} new areas have the shape of the area that they were, {} merged ones all the polygons of theirs "
      "(the "
      "borders between them are drawn too), {} have none (a lookup does not say where a divided area's new "
      "border runs)",
      carried.kept, carried.joined, carried.without);
}

}  // namespace spillway
