#include "engine/data/pack/coordinates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"

namespace spillway {

namespace {

constexpr std::size_t enough_areas = 10;  // from here on a pack is not a sketch of a few points
constexpr std::size_t enough_for_a_middle = 5;
constexpr double least_apart = 10.0;          // m between areas on average
constexpr double furthest_apart = 100e3;      // m between areas of a country, on average
constexpr double earth = 40'075'017.0;        // m around the equator
constexpr double furthest = 20.1e6;           // m: where Web Mercator ends; other projections end before
constexpr double largest_reach_ratio = 50.0;  // of a reach to the extent of all areas
constexpr double far_from_authority = 15.0;   // times the distance within which three quarters of it lie
constexpr double among_authority = 3.0;

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

/// Metres a unit of easting; 0: no columns of coordinates, or a unit that is not known.
double metres_of_coordinates(const Table& areas) {
  for (const char* name : {"easting", "northing"})
    if (const Column* column = areas.find(name); column == nullptr || column->kind != ColumnKind::number)
      return 0.0;
  return metres_a_unit(unit_of(areas.at("easting")));
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

/// Where a set of areas lies, whatever a few of them say: its middle and how far three quarters of them are
/// from it.
struct Surroundings {
  double x = 0.0, y = 0.0, reach = 0.0;
  Surroundings(const Coordinates& at, const std::vector<std::size_t>& rows) {
    std::vector<double> xs, ys, away;
    for (const auto i : rows) {
      xs.push_back(at.easting[i]);
      ys.push_back(at.northing[i]);
    }
    x = quantile_in_place(xs, 0.5);
    y = quantile_in_place(ys, 0.5);
    for (const auto i : rows) away.push_back(distance(at.easting[i], at.northing[i]));
    reach = quantile_in_place(away, 0.75);
  }
  double distance(double east, double north) const { return std::hypot(east - x, north - y); }
};

/// Rows with coordinates by authority, those of authorities with enough of them, and last all together.
std::vector<std::vector<std::size_t>> by_authority(const Table& areas, const Coordinates& at) {
  const Column* authority = areas.find("lad_code");
  const bool known = authority != nullptr && authority->kind == ColumnKind::text;
  std::vector<std::vector<std::size_t>> sets(known ? authority->levels.size() : 1);
  for (std::size_t i = 0; i < areas.rows; ++i) {
    if (!std::isfinite(at.easting[i]) || !std::isfinite(at.northing[i])) continue;
    if (known && authority->text(i).empty()) continue;
    sets[known ? static_cast<std::size_t>(authority->level[i]) : 0].push_back(i);
  }
  std::erase_if(sets, [](const auto& rows) { return rows.size() < enough_for_a_middle; });
  // Areas of small authorities are looked at among all.
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < areas.rows; ++i)
    if (std::isfinite(at.easting[i]) && std::isfinite(at.northing[i])) all.push_back(i);
  if (known && all.size() >= enough_for_a_middle) sets.push_back(std::move(all));
  return sets;
}

/// An area that stands far from its authority, or from everything.
struct Astray {
  std::size_t area = 0;
  double away = 0.0, reach = 0.0;  ///< of it and of three quarters of the others, from their middle
  bool of_all = false;             ///< the others are all areas
  /// What is the matter and what to do, where it is plain: it stands among the others at (x, y).
  std::string slip, mend;
  double x = 0.0, y = 0.0;
};

/// How people get one area's coordinates wrong.
struct Slip {
  const char *what, *mend;
  double across, along;  ///< what easting and northing are to be multiplied by
  bool swapped;
};
constexpr Slip slips[] = {
    {"its easting and northing are swapped", "swap them back", 1.0, 1.0, true},
    {"it is in kilometres where the others are in metres", "multiply it by 1000", 1e3, 1e3, false},
    {"it is in centimetres where the others are in metres", "divide it by 100", 1e-2, 1e-2, false},
    {"it is in millimetres where the others are in metres", "divide it by 1000", 1e-3, 1e-3, false},
    {"its easting has the wrong sign", "turn it", -1.0, 1.0, false},
    {"its northing has the wrong sign", "turn it", 1.0, -1.0, false}};

/// More than fifteen times as far from the middle as three quarters of its authority.
/// @param metres  in the unit that the table states; of others than metres a slip has no name
std::vector<Astray> astray(const Table& areas, const Coordinates& at, double metres) {
  std::vector<Astray> found;
  const auto sets = by_authority(areas, at);
  std::vector<char> known(areas.rows, 0);
  for (const auto& rows : sets) {
    const Surroundings around(at, rows);
    if (!(around.reach > 0.0)) continue;
    for (const auto i : rows) {
      const double x = at.easting[i], y = at.northing[i], away = around.distance(x, y);
      if (known[i] || !(away > far_from_authority * around.reach)) continue;
      known[i] = 1;
      Astray one{i, away, around.reach, &rows == &sets.back(), {}, {}, 0.0, 0.0};
      for (const Slip& slip : slips) {
        const double east = slip.across * (slip.swapped ? y : x), north = slip.along * (slip.swapped ? x : y);
        if (!one.slip.empty() || around.distance(east, north) > among_authority * around.reach) continue;
        // About the origin of a grid of its own every scale leads among the others.
        if (!slip.swapped && std::hypot(around.x, around.y) <= among_authority * around.reach) continue;
        const bool scale = slip.across == slip.along && !slip.swapped;
        one.slip = scale && metres != 1.0 ? fmt::format("it is {:g} times too {} beside the others",
                                                        std::max(slip.across, 1.0 / slip.across),
                                                        slip.across > 1.0 ? "small" : "large")
                                          : slip.what;
        one.mend = slip.mend;
        one.x = east;
        one.y = north;
      }
      found.push_back(std::move(one));
    }
  }
  return found;
}

/// Whether all areas are of the British Isles, by their codes.
bool british(const Table& areas) {
  const Column* code = areas.find("area_code");
  for (std::size_t i = 0; i < areas.rows; ++i) {
    const std::string text = code == nullptr ? "" : code->text(i);
    if (text.size() < 5 || std::string("EWSN").find(text[0]) == std::string::npos ||
        text.find_first_not_of("0123456789", 1) != std::string::npos)
      return false;
  }
  return areas.rows > 0;
}

/// Web Mercator of the British Isles: nothing else has such numbers there.
bool in_web_mercator(const Extent& x, const Extent& y) {
  return x.low >= -1.0e6 && x.high <= 2.3e5 && y.low >= 6.3e6 && y.high <= 8.8e6;
}

/// Ten or a power of it that degrees of the British Isles were multiplied by; 0: these are no such degrees.
double times_degrees(const Extent& x, const Extent& y) {
  const auto inside = [](const Extent& longitude, const Extent& latitude, double times) {
    return longitude.low >= -9.0 * times && longitude.high <= 2.0 * times && latitude.low >= 49.0 * times &&
           latitude.high <= 61.0 * times;
  };
  for (double times = 10.0; times <= 1e7; times *= 10.0)
    if (inside(x, y, times) || inside(y, x, times)) return times;
  return 0.0;
}

/// Numbers that the longitudes and latitudes of one country's areas have, times `times`.
bool like_degrees_times(const Extent& longitude, const Extent& latitude, double times) {
  return latitude.largest() <= 72.0 * times && longitude.largest() <= 180.0 * times &&
         latitude.size() <= 40.0 * times && longitude.size() <= 70.0 * times;
}

/// The same, beyond 25 degrees from the equator, where no grid from an origin of its own goes.
bool clearly_degrees_times(const Extent& longitude, const Extent& latitude, double times) {
  return like_degrees_times(longitude, latitude, times) && (latitude.low > 0.0) == (latitude.high > 0.0) &&
         std::min(std::abs(latitude.low), std::abs(latitude.high)) >= 25.0 * times;
}

/// Ten or a hundred that degrees outside the British Isles were multiplied by: grids of metres have no areas
/// so near their origin; 0: not so. Times 1,000 and more are numbers that metres have too: Cornwall's in the
/// National Grid, Jersey's, Singapore's.
double times_degrees_abroad(const Extent& x, const Extent& y) {
  for (const double times : {10.0, 100.0})
    if (clearly_degrees_times(x, y, times) || clearly_degrees_times(y, x, times)) return times;
  return 0.0;
}

/// Areas of a country, if these are degrees: no further apart on average than such are, and where grids of
/// metres have few: beyond 25 degrees, or further east or west than the grids of Switzerland and of Europe.
bool as_good_as_degrees_times(const Extent& longitude, const Extent& latitude, double times, double areas) {
  if (!like_degrees_times(longitude, latitude, times)) return false;
  const double far = longitude.largest();
  const bool far_east = far <= 1.8e7 && (far >= 6.6e6 || (far >= 2.5e6 && latitude.largest() < 1e6));
  const double middle = (latitude.low + latitude.high) / 2.0 / times, a_degree = earth / 360.0,
               across = longitude.size() / times * std::cos(middle * M_PI / 180.0),
               apart = a_degree * std::hypot(across, latitude.size() / times) / std::sqrt(areas);
  return (far_east || clearly_degrees_times(longitude, latitude, times)) && apart <= furthest_apart;
}

/// Further from the origin than a projection reaches, but for eastings that have the number of their
/// Gauss-Krueger zone in front (32,500,000): degrees times a million or ten million.
bool beyond_projections(const Extent& x, const Extent& y) {
  if (!std::isfinite(x.low) || !std::isfinite(y.low)) return false;
  if (y.largest() > furthest) return true;
  if (x.largest() <= furthest) return false;
  const double zone = std::floor(x.high / 1e6);
  return !(x.low > 0.0 && zone <= 64.0 && y.low >= (zone <= 45.0 ? 1.9e6 : 4.4e6) && y.high <= 8.5e6);
}

/// "'E01' stands 143 km from the middle of 'L3', and three quarters of its areas within 5 km".
std::string place_of(const Astray& one, const Table& areas, double metres) {
  const Column* authority = areas.find("lad_code");
  const bool known = authority != nullptr && authority->kind == ColumnKind::text;
  return fmt::format(
      "area '{}' stands {:.3g} km from the middle of {}, three quarters of whose areas lie within "
      "{:.3g} km",
      areas.at("area_code").text(one.area), metres * one.away / 1000.0,
      known && !one.of_all ? fmt::format("its authority '{}'", authority->text(one.area)) : "all areas",
      metres * one.reach / 1000.0);
}

}  // namespace

double square_km_around(const Table& areas) {
  const double metres = metres_of_coordinates(areas);
  if (metres == 0.0) return 0.0;
  const Extent x(areas.at("easting").number), y(areas.at("northing").number);
  if (areas.at("easting").unit.empty() && x.largest() <= 180.0 && y.largest() <= 90.0) return 0.0;  // degrees
  return metres * x.size() / 1000.0 * metres * y.size() / 1000.0;
}

std::string misplaced_line(const Table& areas) {
  const double metres = metres_of_coordinates(areas);
  if (metres == 0.0) return {};
  const Coordinates at{areas.numbers("easting"), areas.numbers("northing")};
  const std::vector<Astray> found = astray(areas, at, metres);
  if (found.empty()) return {};
  return fmt::format(
      "coordinates: {}{}: wrong digits, or a part far from the rest? Distances take it as it is",
      place_of(found.front(), areas, metres),
      found.size() > 1 ? fmt::format(", and {} more like it", found.size() - 1) : "");
}

std::string assumed_unit_line(const Table& areas) {
  const Column *easting = areas.find("easting"), *northing = areas.find("northing");
  if (easting == nullptr || northing == nullptr || easting->kind != ColumnKind::number ||
      northing->kind != ColumnKind::number || !easting->unit.empty() || areas.rows < enough_areas)
    return {};
  const Extent x(easting->number), y(northing->number);
  if (british(areas) && x.low >= -2e5 && x.high <= 8e5 && y.low >= -1e5 && y.high <= 1.4e6) return {};
  const double across = std::hypot(x.size(), y.size()) / 1000.0,
               apart = across / std::sqrt(static_cast<double>(areas.rows));
  const auto km = [](double value) {
    return value < 100.0 ? fmt::format("{:.2g}", value) : fmt::format("{:.0f}", value);
  };
  // What metres have too cannot be told from degrees times a power of ten: the reader knows the place.
  std::string or_degrees;
  for (const double times : {1e3, 1e4, 1e5, 1e6})
    for (const bool swapped : {false, true}) {
      const Extent &longitude = swapped ? y : x, &latitude = swapped ? x : y;
      if (!or_degrees.empty() || british(areas) ||  // whose degrees are known and refused
          !as_good_as_degrees_times(longitude, latitude, times, static_cast<double>(areas.rows)))
        continue;
      or_degrees = fmt::format(
          "; as degrees times {:.0f} they would lie about latitude {:.1f}, longitude {:.1f}: if they do, "
          "project "
          "them",
          times, (latitude.low + latitude.high) / 2.0 / times,
          (longitude.low + longitude.high) / 2.0 / times);
    }
  return fmt::format(
      "coordinates: no unit is stated, so they count as metres: {} areas within {} km, about {} km apart "
      "(unit = \"m\" under [columns.easting] and [columns.northing] says so{})",
      areas.rows, km(across), km(apart), or_degrees);
}

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
  for (const Astray& one : count >= enough_areas ? astray(areas, found, metres) : std::vector<Astray>{})
    if (!one.slip.empty())
      throw InputError(
          fmt::format("{}; at easting {:g}, northing {:g} it would stand among them: {}, and {} needs the "
                      "right ones ({})",
                      place_of(one, areas, metres), one.x, one.y, one.slip, user, one.mend));
  if (extent > earth)
    throw InputError(fmt::format(
        "easting goes from {:g} to {:g} and northing from {:g} to {:g} {}: further than around the earth ({} "
        "needs metres; check for degrees times a power of ten, another unit, and placeholders)",
        x.low, x.high, y.low, y.high, unit.empty() ? "m" : areas.at("easting").unit, user));
  const bool isles = metres == 1.0 && count >= enough_areas && british(areas);
  const double times = isles ? times_degrees(x, y) : 0.0;
  if (times > 0.0 || (metres == 1.0 && beyond_projections(x, y)))
    throw InputError(fmt::format(
        "easting goes from {:g} to {:g} and northing from {:g} to {:g}: {}, and {} needs metres: {}", x.low,
        x.high, y.low, y.high,
        times > 0.0 ? fmt::format("these are degrees times {:.0f}", times)
                    : "no projection reaches so far; degrees times a million would",
        user, remedy));
  if (const double abroad =
          unit.empty() && count >= enough_areas && !isles ? times_degrees_abroad(x, y) : 0.0;
      abroad > 0.0)
    throw InputError(
        fmt::format("easting goes from {:g} to {:g} and northing from {:g} to {:g}: these look like degrees "
                    "times {:.0f}, and "
                    "{} needs metres: {}; where they are metres, unit = \"m\" says so",
                    x.low, x.high, y.low, y.high, abroad, user, remedy));
  if (isles && in_web_mercator(x, y))
    throw InputError(fmt::format(
        "easting goes from {:g} to {:g} and northing from {:g} to {:g}: this is Web Mercator (EPSG:3857), "
        "whose metres are 1.6 to 2 times too long here, and {} needs metres on the ground: {}",
        x.low, x.high, y.low, y.high, user, remedy));
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
