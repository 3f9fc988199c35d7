#include "tools/export/valid_shape.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace spillway {

namespace {

using ShapePoint = std::array<double, 2>;

/// A piece of a border; which ring it is of and where does not matter.
struct BorderPiece {
  ShapePoint a, b;
};

double cross(const ShapePoint& o, const ShapePoint& a, const ShapePoint& b) {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}

/// Whether p, on the line through a and b, lies between them.
bool between(const ShapePoint& a, const ShapePoint& b, const ShapePoint& p) {
  return std::min(a[0], b[0]) <= p[0] && p[0] <= std::max(a[0], b[0]) && std::min(a[1], b[1]) <= p[1] &&
         p[1] <= std::max(a[1], b[1]);
}

/// Points at which two edges meet, ends included: none, one, or two where they run along each other.
std::vector<ShapePoint> meetings(const BorderPiece& e, const BorderPiece& f) {
  std::vector<ShapePoint> found;
  const double fa = cross(e.a, e.b, f.a), fb = cross(e.a, e.b, f.b), ea = cross(f.a, f.b, e.a),
               eb = cross(f.a, f.b, e.b);
  const auto add = [&](const ShapePoint& p) {
    if (std::find(found.begin(), found.end(), p) == found.end()) found.push_back(p);
  };
  if (fa == 0.0 && between(e.a, e.b, f.a)) add(f.a);
  if (fb == 0.0 && between(e.a, e.b, f.b)) add(f.b);
  if (ea == 0.0 && between(f.a, f.b, e.a)) add(e.a);
  if (eb == 0.0 && between(f.a, f.b, e.b)) add(e.b);
  if (found.empty() && ((fa > 0.0) != (fb > 0.0)) && ((ea > 0.0) != (eb > 0.0)) && fa != 0.0 && fb != 0.0 &&
      ea != 0.0 && eb != 0.0) {
    const double t = fa / (fa - fb);
    add({f.a[0] + t * (f.b[0] - f.a[0]), f.a[1] + t * (f.b[1] - f.a[1])});
  }
  return found;
}

std::vector<BorderPiece> edges_of(const std::vector<ShapePolygon>& shape) {
  std::vector<BorderPiece> edges;
  for (const ShapePolygon& polygon : shape)
    for (const ShapeRing& ring : polygon)
      for (std::size_t k = 1; k < ring.size(); ++k)
        if (ring[k - 1] != ring[k]) edges.push_back({ring[k - 1], ring[k]});
  return edges;
}

/// Every pair whose boxes overlap, by one pass from left to right.
template <typename Body>
void for_each_near(const std::vector<BorderPiece>& edges, const Body& body) {
  std::vector<std::size_t> order(edges.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  const auto left = [&](std::size_t k) { return std::min(edges[k].a[0], edges[k].b[0]); };
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return left(i) < left(j); });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const BorderPiece& e = edges[order[i]];
    const double right = std::max(e.a[0], e.b[0]), low = std::min(e.a[1], e.b[1]),
                 high = std::max(e.a[1], e.b[1]);
    for (std::size_t j = i + 1; j < order.size() && left(order[j]) <= right; ++j) {
      const BorderPiece& f = edges[order[j]];
      if (std::min(f.a[1], f.b[1]) <= high && std::max(f.a[1], f.b[1]) >= low) body(order[i], order[j]);
    }
  }
}

/// Whether edges meet only where one ends and the next of the ring begins, so that every point is of two
/// edges.
bool simple(const std::vector<ShapePolygon>& shape, const std::vector<BorderPiece>& edges) {
  std::set<ShapePoint> seen;
  for (const ShapePolygon& polygon : shape)
    for (const ShapeRing& ring : polygon) {
      if (ring.size() < 4 || ring.front() != ring.back()) return false;
      for (std::size_t k = 1; k < ring.size(); ++k)
        if (ring[k] != ring[k - 1] && !seen.insert(ring[k]).second) return false;
    }
  bool good = true;
  for_each_near(edges, [&](std::size_t i, std::size_t j) {
    if (!good) return;
    const std::vector<ShapePoint> met = meetings(edges[i], edges[j]);
    good = met.size() < 2;  // two: one runs along the other
    for (const ShapePoint& p : met) {
      const auto end_of = [&](const BorderPiece& one) { return p == one.a || p == one.b; };
      good = good && end_of(edges[i]) && end_of(edges[j]);
    }
  });
  return good;
}

/// Edges split wherever they meet, each place once, and of those that coincide none or one: what an even
/// number of rings run along bounds nothing.
std::vector<BorderPiece> noded(std::vector<BorderPiece> edges) {
  constexpr int most_passes = 8;  // a crossing is rounded, and its edges may then meet another
  for (int pass = 0; pass < most_passes; ++pass) {
    std::vector<std::vector<ShapePoint>> cuts(edges.size());
    bool any = false;
    for_each_near(edges, [&](std::size_t i, std::size_t j) {
      for (const ShapePoint& p : meetings(edges[i], edges[j]))
        for (const std::size_t k : {i, j})
          if (p != edges[k].a && p != edges[k].b) cuts[k].push_back(p), any = true;
    });
    std::map<std::pair<ShapePoint, ShapePoint>, int> times;
    for (std::size_t k = 0; k < edges.size(); ++k) {
      const ShapePoint from = edges[k].a;
      const auto far = [&](const ShapePoint& p) { return std::hypot(p[0] - from[0], p[1] - from[1]); };
      std::sort(cuts[k].begin(), cuts[k].end(),
                [&](const ShapePoint& p, const ShapePoint& q) { return far(p) < far(q); });
      cuts[k].push_back(edges[k].b);
      ShapePoint at = from;
      for (const ShapePoint& to : cuts[k]) {
        if (to != at) ++times[std::minmax(at, to)];
        at = to;
      }
    }
    edges.clear();
    for (const auto& [ends, count] : times)
      if (count % 2 == 1) edges.push_back({ends.first, ends.second});
    if (!any) break;
  }
  return edges;
}

/// Whether a point, on no edge, has an odd number of edges to its right.
bool inside(const std::vector<BorderPiece>& edges, const ShapePoint& p) {
  bool odd = false;
  for (const BorderPiece& e : edges)
    if ((e.a[1] > p[1]) != (e.b[1] > p[1]) &&
        p[0] < e.a[0] + (p[1] - e.a[1]) / (e.b[1] - e.a[1]) * (e.b[0] - e.a[0]))
      odd = !odd;
  return odd;
}

/// Turned so that the ground lies to the left: whether it does above the middle of an edge, counted along the
/// way up from there.
void turn_to_ground(std::vector<BorderPiece>& edges) {
  std::vector<BorderPiece> turned = edges;
  for (std::size_t k = 0; k < edges.size(); ++k) {
    const BorderPiece& e = edges[k];
    const ShapePoint middle = {0.5 * (e.a[0] + e.b[0]), 0.5 * (e.a[1] + e.b[1])};
    const bool upright = std::abs(e.b[1] - e.a[1]) > std::abs(e.b[0] - e.a[0]);
    bool odd = false;  // ground just right of an upright edge, just above any other
    for (std::size_t j = 0; j < edges.size(); ++j) {
      if (j == k) continue;
      const BorderPiece& f = edges[j];
      const int along = upright ? 1 : 0, across = 1 - along;
      if ((f.a[along] > middle[along]) == (f.b[along] > middle[along])) continue;
      odd ^= middle[across] < f.a[across] + (middle[along] - f.a[along]) / (f.b[along] - f.a[along]) *
                                                (f.b[across] - f.a[across]);
    }
    // Left of an edge that runs up is its left side; of one that runs to the right, above it.
    const bool ground_on_left = upright ? (e.b[1] > e.a[1]) != odd : (e.b[0] > e.a[0]) == odd;
    if (!ground_on_left) turned[k] = {e.b, e.a};
  }
  edges = std::move(turned);
}

double doubled_area(const ShapeRing& ring) {
  double sum = 0.0;
  for (std::size_t k = 1; k < ring.size(); ++k) sum += cross(ring[0], ring[k - 1], ring[k]);
  return sum;
}

/// Rings of turned edges, none through a point twice.
std::vector<ShapeRing> traced(const std::vector<BorderPiece>& edges) {
  std::map<ShapePoint, std::vector<std::size_t>> out;
  for (std::size_t k = 0; k < edges.size(); ++k) out[edges[k].a].push_back(k);
  std::vector<bool> used(edges.size(), false);
  // At a point the way on is the first clockwise of where one came from: the ground lies between the two.
  const auto next_of = [&](const BorderPiece& came) -> std::optional<std::size_t> {
    const auto direction = [](const ShapePoint& from, const ShapePoint& to) {
      return std::atan2(to[1] - from[1], to[0] - from[0]);
    };
    constexpr double circle = 6.283185307179586;
    const double back = direction(came.b, came.a);
    std::optional<std::size_t> best;
    double least = 2.0 * circle;
    for (const std::size_t k : out[came.b]) {
      if (used[k]) continue;
      double turn = back - direction(came.b, edges[k].b);
      while (turn <= 0.0) turn += circle;
      if (turn < least) least = turn, best = k;
    }
    return best;
  };
  std::vector<ShapeRing> rings;
  for (std::size_t start = 0; start < edges.size(); ++start) {
    if (used[start]) continue;
    std::vector<ShapePoint> way = {edges[start].a};
    std::optional<std::size_t> at = start;
    while (at) {
      used[*at] = true;
      const BorderPiece came = edges[*at];
      // Back at a point of the way: what lies between is a ring of its own.
      const auto seen = std::find(way.begin(), way.end(), came.b);
      if (seen != way.end()) {
        ShapeRing ring(seen, way.end());
        ring.push_back(came.b);
        if (ring.size() >= 4) rings.push_back(std::move(ring));
        way.erase(seen + 1, way.end());
        if (way.size() == 1 && seen == way.begin() && came.b == edges[start].a) break;
      } else {
        way.push_back(came.b);
      }
      at = next_of(came);
    }
  }
  return rings;
}

}  // namespace

std::vector<ShapePolygon> valid_shape(std::vector<ShapePolygon> shape) {
  std::vector<BorderPiece> edges = edges_of(shape);
  if (simple(shape, edges)) return shape;
  edges = noded(std::move(edges));
  turn_to_ground(edges);
  std::vector<ShapePolygon> made;
  std::vector<ShapeRing> holes;
  for (ShapeRing& ring : traced(edges)) {
    const double area = doubled_area(ring);
    if (area > 0.0) made.push_back({std::move(ring)});
    if (area < 0.0) holes.push_back(std::move(ring));
  }
  for (ShapeRing& hole : holes) {
    // The middle of a hole's edge is on no other ring; of the outlines around it the smallest is its own.
    const ShapePoint middle = {0.5 * (hole[0][0] + hole[1][0]), 0.5 * (hole[0][1] + hole[1][1])};
    ShapePolygon* own = nullptr;
    for (ShapePolygon& polygon : made)
      if (inside(edges_of({{polygon.front()}}), middle) &&
          (own == nullptr || doubled_area(polygon.front()) < doubled_area(own->front())))
        own = &polygon;
    if (own != nullptr) own->push_back(std::move(hole));
  }
  return made;
}

}  // namespace spillway
