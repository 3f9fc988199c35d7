// JSON of untrusted files (boundaries, indices): within limits, and refused in our own words.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/error.hpp"

namespace spillway {

/// Parse JSON, gzipped or not.
///
/// @param file  for messages
/// @throws InputError  not JSON, with its line; larger than limits::json_bytes or nested deeper than
/// limits::json_depth
template <typename Json>
Json read_json(std::string bytes, const std::string& file);

/// Call `body`, which walks through JSON of `file`. A member that is missing or of another type is an
/// InputError that says which, and what the file is expected to be.
template <typename Body>
auto walk_json(const std::string& file, const std::string& expected, Body body);

/// Adds points of a ring to those that a boundary file has asked for so far.
/// @throws InputError  more than limits::shape_points
void count_points(std::size_t& so_far, std::size_t more, const std::string& file);

/// What an exception of the library means.
std::string json_fault(const nlohmann::detail::exception& error);

/// The property of GeoJSON features, or of TopoJSON geometries, whose values are codes most often; empty:
/// none.
/// @param codes  a set of them, or a map by them
template <typename Json, typename Codes>
std::string code_property(const Json& features, const Codes& codes) {
  std::map<std::string, long> hits;
  for (const Json& feature : features)
    if (feature.is_object() && feature.contains("properties") && feature["properties"].is_object())
      for (const auto& [key, value] : feature["properties"].items())
        if (value.is_string() && codes.contains(value.template get<std::string>())) ++hits[key];
  std::string best;
  for (const auto& [key, count] : hits)
    if (best.empty() || count > hits[best]) best = key;
  return best;
}

/// A feature's code, the property `key`; empty: it has none, as a feature whose properties are null.
template <typename Json>
std::string code_of(const Json& feature, const std::string& key) {
  if (!feature.is_object() || !feature.contains("properties") || !feature["properties"].is_object())
    return "";
  const auto code = feature["properties"].find(key);
  return code == feature["properties"].end() || !code->is_string() ? "" : code->template get<std::string>();
}

template <typename Body>
auto walk_json(const std::string& file, const std::string& expected, Body body) {
  try {
    return body();
  } catch (const nlohmann::detail::exception& error) {
    throw InputError(std::vector<Fault>{{file, 0, "", "", json_fault(error) + "; " + expected}});
  }
}

}  // namespace spillway
