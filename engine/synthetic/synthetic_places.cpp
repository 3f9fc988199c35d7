#include "engine/synthetic/synthetic_places.hpp"

#include <algorithm>
#include <array>
#include <boost/polygon/point_data.hpp>
#include <boost/polygon/voronoi.hpp>
#include <cmath>
#include <limits>
#include <unordered_set>

namespace spillway::synthetic {

namespace {

constexpr double km = 1000.0;
constexpr double full_size = 33755.0;
constexpr double town_area_km2 = 0.33;  // of one area in a town at full size, as in London

// A rough outline of England, drawn by hand: eastings and northings in km, clockwise from Berwick.
constexpr std::array<Point, 42> outline = {{
    {400, 653}, {437, 565}, {490, 511}, {525, 470}, {540, 410}, {557, 362}, {550, 330},
    {567, 341}, {622, 342}, {655, 293}, {625, 232}, {595, 184}, {637, 171}, {633, 141},
    {609, 116}, {559, 95},  {531, 103}, {485, 92},  {409, 90},  {368, 69},  {300, 80},
    {283, 37},  {170, 11},  {134, 25},  {220, 106}, {223, 127}, {297, 146}, {331, 161},
    {353, 180}, {342, 200}, {325, 230}, {325, 310}, {330, 365}, {320, 390}, {330, 436},
    {345, 465}, {318, 470}, {295, 514}, {315, 560}, {333, 567}, {365, 590}, {390, 620},
}};
constexpr double west = 134, east = 655, south = 11, north = 653;

double square(double x) { return x * x; }
double distance_m(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

Point anywhere(Stream& stream) {
  while (true) {
    const double x = (west + (east - west) * stream.uniform()) * km;
    const double y = (south + (north - south) * stream.uniform()) * km;
    if (on_land({x, y})) return {x, y};
  }
}

struct Town {
  Point centre;
  double radius = 0.0;  // m
  int areas = 0;
};

std::vector<Town> towns_of(int count, Stream& stream) {
  const int number = std::clamp(count / 120, 4, 60);
  constexpr double urban_share = 0.78, zipf = 0.9;
  double total = 0.0;
  for (int k = 1; k <= number; ++k) total += std::pow(k, -zipf);
  std::vector<Town> towns;
  for (int k = 1; k <= number; ++k) {
    Town town;
    town.areas = static_cast<int>(count * urban_share * std::pow(k, -zipf) / total);
    town.radius = km * std::sqrt(town.areas * town_area_km2 * full_size / count / 3.14159265358979);
    const bool by_the_sea = k % 3 == 0;
    constexpr int tries = 400;
    for (int attempt = 0; attempt < tries; ++attempt) {
      town.centre = k == 1 ? Point{530 * km, 180 * km} : anywhere(stream);
      if (k == 1) break;
      const bool near_sea = coast_km(town.centre) < 4.0;
      const bool apart = std::all_of(towns.begin(), towns.end(), [&](const Town& other) {
        return distance_m(other.centre, town.centre) > 1.2 * (other.radius + town.radius);
      });
      if (apart && (near_sea == by_the_sea || attempt > tries / 2)) break;
    }
    towns.push_back(town);
  }
  return towns;
}

}  // namespace

bool on_land(Point point) {
  const double x = point.x / km, y = point.y / km;
  bool inside = false;
  for (std::size_t k = 0, j = outline.size() - 1; k < outline.size(); j = k++) {
    const Point a = outline[k], b = outline[j];
    if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

double coast_km(Point point) {
  const double x = point.x / km, y = point.y / km;
  double least = std::numeric_limits<double>::max();
  for (std::size_t k = 0, j = outline.size() - 1; k < outline.size(); j = k++) {
    const Point a = outline[j], b = outline[k];
    // The borders with Wales (Severn to Dee) and Scotland (Solway to Berwick) are not coast.
    const bool border = (k >= 29 && k <= 32) || k == 0 || k >= 40;
    if (border) continue;
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double along = std::clamp(((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
    least = std::min(least, square(x - a.x - along * dx) + square(y - a.y - along * dy));
  }
  return std::sqrt(least);
}

const std::vector<RegionCentre>& region_centres() {
  static const std::vector<RegionCentre> centres = {
      {"London", {530 * km, 180 * km}},          {"North East", {425 * km, 565 * km}},
      {"North West", {360 * km, 440 * km}},      {"Yorkshire and The Humber", {450 * km, 445 * km}},
      {"East Midlands", {470 * km, 340 * km}},   {"West Midlands", {385 * km, 290 * km}},
      {"East of England", {580 * km, 265 * km}}, {"South East", {480 * km, 140 * km}},
      {"South West", {300 * km, 110 * km}}};
  return centres;
}

std::vector<Place> scatter(int count, std::uint64_t seed) {
  Stream stream(seed, Purpose::synthetic_world, 0, 1);
  std::vector<Place> places;
  places.reserve(static_cast<std::size_t>(count));
  std::unordered_set<std::uint64_t> taken;  // places are distinct to the metre
  const auto settle = [&](Point point, double town_radius) {
    const Point metre{std::round(point.x), std::round(point.y)};
    // West and south of the origin are numbers below zero, which no conversion to unsigned ones defines.
    const auto bits = [](double metres) {
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(metres));
    };
    const auto key = (bits(metre.x) << 32) | bits(metre.y);
    if (!on_land(metre) || !taken.insert(key).second) return false;
    places.push_back({metre, town_radius});
    return true;
  };
  for (const auto& town : towns_of(count, stream)) {
    for (int k = 0; k < town.areas;) {
      // Denser towards the middle, with ragged edges.
      const double r = std::pow(stream.uniform(), 0.6) * (1.0 + 0.12 * std::abs(stream.normal()));
      const double angle = 6.283185307179586 * stream.uniform();
      if (settle({town.centre.x + r * town.radius * std::cos(angle),
                  town.centre.y + r * town.radius * std::sin(angle)},
                 r))
        ++k;
    }
  }
  while (places.size() < static_cast<std::size_t>(count)) settle(anywhere(stream), 9.0);
  return places;
}

namespace {

void cut_further(const std::vector<Place>& points, std::vector<std::int32_t>& index, std::size_t begin,
                 std::size_t end, int parts, double spread, double least, double most, Stream& stream,
                 std::vector<std::size_t>& begins) {
  if (parts == 1) {
    begins.push_back(begin);
    return;
  }
  const auto size = static_cast<double>(end - begin);
  double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
  for (std::size_t k = begin; k < end; ++k) {
    mx += points[static_cast<std::size_t>(index[k])].point.x / size;
    my += points[static_cast<std::size_t>(index[k])].point.y / size;
  }
  for (std::size_t k = begin; k < end; ++k) {
    const Point p = points[static_cast<std::size_t>(index[k])].point;
    xx += square(p.x - mx);
    xy += (p.x - mx) * (p.y - my);
    yy += square(p.y - my);
  }
  const double angle = 0.5 * std::atan2(2.0 * xy, xx - yy) + 0.3 * stream.normal();
  const double cx = std::cos(angle), cy = std::sin(angle);
  const auto along = [&](std::int32_t a) {
    return points[static_cast<std::size_t>(a)].point.x * cx +
           points[static_cast<std::size_t>(a)].point.y * cy;
  };
  const int left = parts / 2, right = parts - left;
  double share = size * left / parts * std::exp(spread * stream.normal());
  share = std::clamp(share, std::max(left * least, size - right * most),
                     std::min(left * most, size - right * least));
  const auto m =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(share)), static_cast<std::size_t>(left),
                              end - begin - static_cast<std::size_t>(right));
  const auto first = index.begin() + static_cast<std::ptrdiff_t>(begin);
  std::nth_element(first, first + static_cast<std::ptrdiff_t>(m),
                   index.begin() + static_cast<std::ptrdiff_t>(end), [&](std::int32_t a, std::int32_t b) {
                     const double pa = along(a), pb = along(b);
                     return pa != pb ? pa < pb : a < b;
                   });
  cut_further(points, index, begin, begin + m, left, spread, least, most, stream, begins);
  cut_further(points, index, begin + m, end, right, spread, least, most, stream, begins);
}

}  // namespace

std::vector<std::size_t> cut(const std::vector<Place>& points, std::vector<std::int32_t>& index,
                             std::size_t begin, std::size_t end, int parts, double spread, Stream& stream) {
  std::vector<std::size_t> begins;
  const double mean = static_cast<double>(end - begin) / parts;
  cut_further(points, index, begin, end, parts, spread, least_share * mean, most_share * mean, stream,
              begins);
  begins.push_back(end);
  return begins;
}

std::vector<std::pair<std::int32_t, std::int32_t>> contiguity(const std::vector<Place>& places,
                                                              const std::vector<std::int32_t>& isolated,
                                                              double mean_degree) {
  const auto count = static_cast<double>(places.size());
  std::vector<std::uint8_t> alone(places.size(), 0);
  for (const auto a : isolated) alone[static_cast<std::size_t>(a)] = 1;
  std::vector<boost::polygon::point_data<int>> points;
  std::vector<std::int32_t> place_of;
  for (std::size_t k = 0; k < places.size(); ++k) {
    if (alone[k]) continue;
    points.emplace_back(static_cast<int>(places[k].point.x), static_cast<int>(places[k].point.y));
    place_of.push_back(static_cast<std::int32_t>(k));
  }
  boost::polygon::voronoi_diagram<double> diagram;
  boost::polygon::construct_voronoi(points.begin(), points.end(), &diagram);

  struct Touch {
    double strength;  // length of the shared border over the distance
    std::int32_t a, b;
  };
  std::vector<Touch> touches;
  const double spacing = 4.2 * km * std::sqrt(full_size / count);  // of places in the country
  for (const auto& edge : diagram.edges()) {
    const auto a = place_of[edge.cell()->source_index()], b = place_of[edge.twin()->cell()->source_index()];
    if (!edge.is_primary() || a >= b) continue;
    const Point p = places[static_cast<std::size_t>(a)].point, q = places[static_cast<std::size_t>(b)].point;
    const double apart = distance_m(p, q);
    if (apart > 6.0 * spacing || (apart > 2.0 * spacing && !on_land({0.5 * (p.x + q.x), 0.5 * (p.y + q.y)})))
      continue;
    const double border = edge.is_finite() ? std::hypot(edge.vertex0()->x() - edge.vertex1()->x(),
                                                        edge.vertex0()->y() - edge.vertex1()->y())
                                           : apart;
    touches.push_back({border / apart, a, b});
  }
  std::sort(touches.begin(), touches.end(), [](const Touch& x, const Touch& y) {
    return x.strength != y.strength ? x.strength < y.strength : x.a != y.a ? x.a < y.a : x.b < y.b;
  });
  std::vector<int> degree(places.size(), 0);
  for (const auto& touch : touches) {
    ++degree[static_cast<std::size_t>(touch.a)];
    ++degree[static_cast<std::size_t>(touch.b)];
  }
  const auto wanted = static_cast<std::size_t>(std::lround(0.5 * mean_degree * count));
  std::size_t surplus = touches.size() > wanted ? touches.size() - wanted : 0;
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs;
  pairs.reserve(touches.size());
  for (const auto& touch : touches) {
    int& da = degree[static_cast<std::size_t>(touch.a)];
    int& db = degree[static_cast<std::size_t>(touch.b)];
    if (surplus > 0 && da > 2 && db > 2) {
      --surplus;
      --da;
      --db;
    } else {
      pairs.emplace_back(touch.a, touch.b);
    }
  }
  return pairs;
}

}  // namespace spillway::synthetic
