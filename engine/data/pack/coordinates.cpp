#include "engine/data/pack/coordinates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"

namespace spillway {

namespace {

constexpr std::size_t enough_areas = 10;      // from here on a pack is not a sketch of a few points
constexpr double least_apart = 10.0;          // m between areas on average
constexpr double earth = 40'075'017.0;        // m around the equator
constexpr double largest_reach_ratio = 50.0;  // of a reach to the extent of all areas

const char* const remedy =
    "project them to metres, such as the British National Grid or UTM, and write unit = \"m\" under "
    "[columns.easting] and [columns.northing]";

bool is_degrees(const std::string& unit) {
  return unit.rfind("deg", 0) == 0 || unit.find("degree") != std::string::npos || unit == "\xC2\xB0" ||
         unit.find("4326") != std::string::npos || unit.rfind("wgs", 0) == 0 || unit.rfind("lat", 0) == 0 ||
         unit.rfind("lon", 0) == 0;
}

/// Metres a unit; 0: not known.
double metres_a_unit(const std::string& unit) {
  const auto word = unit.substr(0, unit.find_first_of(" ,;("));
  if (unit.empty()) return 1.0;
  for (const char* one : {"m", "metre", "metres", "meter", "meters"})
    if (word == one) return 1.0;
  for (const char* one : {"km", "kilometre", "kilometres", "kilometer", "kilometers"})
    if (word == one) return 1000.0;
  for (const char* one : {"ft", "foot", "feet"})
    if (word == one) return 0.3048;
  for (const char* one : {"mi", "mile", "miles"})
    if (word == one) return 1609.344;
  return 0.0;
}

std::string unit_of(const Column& column) {
  std::string unit = column.unit;
  for (char& c : unit)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return unit;
}

struct Extent {
  double low = INFINITY, high = -INFINITY;
  explicit Extent(const std::vector<double>& values) {
    for (const double value : values)
      if (std::isfinite(value)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
  }
  /// How far a value lies outside.
  double outside(double value) const { return std::max({low - value, value - high, 0.0}); }
  double size() const { return high > low ? high - low : 0.0; }
  double largest() const { return std::max(std::abs(low), std::abs(high)); }
};

/// The first of a few areas within 180 and 90 of the origin that stand apart from all others, as geocoders
/// leave what they did not find: more than ten times as far as these stand from each other. None: the number
/// of areas.
std::size_t misplaced(const Coordinates& at) {
  const std::size_t count = at.easting.size();
  const auto in_degrees = [&](std::size_t i) {
    return std::abs(at.easting[i]) <= 180.0 && std::abs(at.northing[i]) <= 90.0;
  };
  std::vector<double> x, y;
  std::size_t first = count;
  for (std::size_t i = 0; i < count; ++i) {
    if (in_degrees(i)) {
      first = std::min(first, i);
      continue;
    }
    x.push_back(at.easting[i]);
    y.push_back(at.northing[i]);
  }
  if (first == count || count < enough_areas || 2 * x.size() < count) return count;
  const Extent across(x), along(y);
  const double apart = std::hypot(across.size(), along.size()) / std::sqrt(static_cast<double>(x.size()));
  for (std::size_t i = first; i < count; ++i)
    if (in_degrees(i) &&
        std::hypot(across.outside(at.easting[i]), along.outside(at.northing[i])) > 10.0 * apart)
      return i;
  return count;
}

}  // namespace

Coordinates coordinates_in_metres(const Table& areas, const std::string& user, double reach) {
  for (const char* name : {"easting", "northing"})
    if (areas.find(name) == nullptr)
      throw InputError(fmt::format("{} needs columns easting and northing of the areas, in metres", user));
  Coordinates found{areas.numbers("easting"), areas.numbers("northing")};
  const std::string unit = unit_of(areas.at("easting")), other = unit_of(areas.at("northing"));
  if (unit != other)
    throw InputError(fmt::format("easting has unit '{}' and northing '{}' ({} needs one for both)",
                                 areas.at("easting").unit, areas.at("northing").unit, user));
  if (is_degrees(unit))
    throw InputError(fmt::format("easting and northing have unit '{}', and {} needs metres: {}",
                                 areas.at("easting").unit, user, remedy));
  const double metres = metres_a_unit(unit);
  if (metres == 0.0)
    throw InputError(fmt::format("easting and northing have unit '{}' ({} needs m, km, feet or miles)",
                                 areas.at("easting").unit, user));
  const Extent x(found.easting), y(found.northing);
  const std::size_t count = areas.rows;
  const double extent = metres * std::hypot(x.size(), y.size());
  if (extent == 0.0 && count >= enough_areas && std::isfinite(x.low) && std::isfinite(y.low))
    throw InputError(
        fmt::format("all {} areas stand at easting {:g}, northing {:g}: no distance tells them apart, and {} "
                    "needs distances (give each area its own coordinates)",
                    count, x.low, y.low, user));
  if (extent > 0.0 && (unit.empty() || (metres == 1.0 && count >= enough_areas)) && x.largest() <= 180.0 &&
      y.largest() <= 90.0)
    throw InputError(fmt::format(
        "easting goes from {:g} to {:g} and northing from {:g} to {:g}: these are degrees, and {} needs "
        "metres: {}",
        x.low, x.high, y.low, y.high, user, remedy));
  const double apart = extent / std::sqrt(static_cast<double>(std::max<std::size_t>(count, 1)));
  if (extent > 0.0 && unit.empty() && count >= enough_areas && apart < least_apart)
    throw InputError(fmt::format(
        "the {} areas would lie {:.2g} m apart, all within {:.3g} m: easting and northing are no metres, and "
        "{} "
        "needs them (write their unit under [columns.easting] and [columns.northing], such as \"km\")",
        count, apart, extent, user));
  if (extent > earth)
    throw InputError(fmt::format(
        "easting goes from {:g} to {:g} and northing from {:g} to {:g} {}: further than around the earth ({} "
        "needs metres; check the unit, and areas whose coordinates are placeholders)",
        x.low, x.high, y.low, y.high, unit.empty() ? "m" : areas.at("easting").unit, user));
  if (const std::size_t area = misplaced(found); area < count && metres == 1.0)
    throw InputError(
        fmt::format("area '{}' stands at easting {:g}, northing {:g}, far from all areas that are in metres: "
                    "a placeholder or "
                    "degrees, and {} needs metres (give it its own, or leave it out of the pack)",
                    areas.at("area_code").text(area), found.easting[area], found.northing[area], user));
  if (reach > 0.0 && extent > 0.0 && reach > largest_reach_ratio * extent)
    throw InputError(
        fmt::format("all areas lie within {:.3g} m, and {} reaches {:g} km: the coordinates are no metres, "
                    "or the distance is "
                    "not meant (write the unit under [columns.easting] and [columns.northing])",
                    extent, user, reach / 1000.0));
  if (metres != 1.0)
    for (auto* values : {&found.easting, &found.northing})
      for (double& value : *values) value *= metres;
  return found;
}

}  // namespace spillway
