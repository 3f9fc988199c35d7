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
///
/// @param grid  0: exactly. Else crossings are rounded to its multiples, and an end within it of the other
/// edge lies on that.
std::vector<ShapePoint> meetings(const BorderPiece& e, const BorderPiece& f, double grid = 0.0) {
  std::vector<ShapePoint> found;
  const double fa = cross(e.a, e.b, f.a), fb = cross(e.a, e.b, f.b), ea = cross(f.a, f.b, e.a),
               eb = cross(f.a, f.b, e.b);
  const auto add = [&](const ShapePoint& p) {
    if (std::find(found.begin(), found.end(), p) == found.end()) found.push_back(p);
  };
  const double on_e = grid > 0.0 ? grid * std::hypot(e.b[0] - e.a[0], e.b[1] - e.a[1]) : 0.0,
               on_f = grid > 0.0 ? grid * std::hypot(f.b[0] - f.a[0], f.b[1] - f.a[1]) : 0.0;
  if (std::abs(fa) <= on_e && between(e.a, e.b, f.a)) add(f.a);
  if (std::abs(fb) <= on_e && between(e.a, e.b, f.b)) add(f.b);
  if (std::abs(ea) <= on_f && between(f.a, f.b, e.a)) add(e.a);
  if (std::abs(eb) <= on_f && between(f.a, f.b, e.b)) add(e.b);
  if (found.empty() && ((fa > 0.0) != (fb > 0.0)) && ((ea > 0.0) != (eb > 0.0)) && fa != 0.0 && fb != 0.0 &&
      ea != 0.0 && eb != 0.0) {
    const double t = fa / (fa - fb);
    ShapePoint p = {f.a[0] + t * (f.b[0] - f.a[0]), f.a[1] + t * (f.b[1] - f.a[1])};
    if (grid > 0.0)
      for (double& x : p) x = std::round(x / grid) * grid;
    add(p);
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

/// Every pair whose boxes overlap, once: in strips as high as edges are on average, so that all strips
/// together hold each edge some two times, and in each strip from left to right.
template <typename Body>
void for_each_near(const std::vector<BorderPiece>& edges, const Body& body) {
  const auto low = [&](std::size_t k) { return std::min(edges[k].a[1], edges[k].b[1]); };
  const auto high = [&](std::size_t k) { return std::max(edges[k].a[1], edges[k].b[1]); };
  const auto left = [&](std::size_t k) { return std::min(edges[k].a[0], edges[k].b[0]); };
  const auto right = [&](std::size_t k) { return std::max(edges[k].a[0], edges[k].b[0]); };
  double bottom = HUGE_VAL, top = -HUGE_VAL, heights = 0.0;
  for (std::size_t k = 0; k < edges.size(); ++k) {
    bottom = std::min(bottom, low(k)), top = std::max(top, high(k));
    heights += high(k) - low(k);
  }
  const double count = static_cast<double>(edges.size());
  const double strips =
      heights > 0.0 ? std::clamp(std::floor((top - bottom) / (heights / count)), 1.0, count) : 1.0;
  const auto strip_of = [&](double y) {
    return top > bottom ? static_cast<std::size_t>(
                              std::min(strips - 1.0, std::floor((y - bottom) / (top - bottom) * strips)))
                        : std::size_t{0};
  };
  std::vector<std::vector<std::size_t>> held(static_cast<std::size_t>(strips));
  for (std::size_t k = 0; k < edges.size(); ++k)
    for (std::size_t strip = strip_of(low(k)); strip <= strip_of(high(k)); ++strip) held[strip].push_back(k);
  for (std::size_t strip = 0; strip < held.size(); ++strip) {
    std::vector<std::size_t>& order = held[strip];
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return left(i) < left(j); });
    for (std::size_t i = 0; i < order.size(); ++i)
      for (std::size_t j = i + 1; j < order.size() && left(order[j]) <= right(order[i]); ++j) {
        const std::size_t e = order[i], f = order[j];
        const double from = std::max(low(e), low(f));
        if (from <= std::min(high(e), high(f)) && strip_of(from) == strip) body(e, f);
      }
  }
}

/// Whether a point, on no edge of the ring, lies within it.
bool inside(const ShapeRing& ring, const ShapePoint& p) {
  bool odd = false;
  for (std::size_t k = 1; k < ring.size(); ++k) {
    const ShapePoint &a = ring[k - 1], &b = ring[k];
    if ((a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0] + (p[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
      odd = !odd;
  }
  return odd;
}

/// A ring and its box: most rings are told to be apart by their boxes alone.
struct BoxedRing {
  const ShapeRing* ring;
  std::size_t polygon;
  bool outline;
  ShapePoint low{HUGE_VAL, HUGE_VAL}, high{-HUGE_VAL, -HUGE_VAL};

  BoxedRing(const ShapeRing& of, std::size_t of_polygon, bool is_outline)
      : ring(&of), polygon(of_polygon), outline(is_outline) {
    for (const ShapePoint& p : of)
      for (const std::size_t k : {0, 1}) low[k] = std::min(low[k], p[k]), high[k] = std::max(high[k], p[k]);
  }
  bool around(const ShapePoint& p) const {
    return low[0] <= p[0] && p[0] <= high[0] && low[1] <= p[1] && p[1] <= high[1] && inside(*ring, p);
  }
};

/// Whether rings that do not meet lie as polygons do: holes within their outline and beside each other, and
/// no outline on another polygon's ground.
bool nested(const std::vector<ShapePolygon>& shape) {
  std::vector<BoxedRing> rings;
  for (std::size_t k = 0; k < shape.size(); ++k)
    for (std::size_t j = 0; j < shape[k].size(); ++j) rings.emplace_back(shape[k][j], k, j == 0);
  for (const BoxedRing& one : rings) {
    std::map<std::size_t, int> times;  // by polygon: its rings around this one
    bool own_outline = false;
    for (const BoxedRing& other : rings)
      if (&other != &one && other.around(one.ring->front())) {
        ++times[other.polygon];
        own_outline = own_outline || (other.polygon == one.polygon && other.outline);
      }
    for (const auto& [polygon, count] : times)
      if (polygon != one.polygon && one.outline && count % 2 == 1) return false;
    const int own = times.contains(one.polygon) ? times[one.polygon] : 0;
    if (one.outline ? own != 0 : own != 1 || !own_outline) return false;
  }
  return true;
}

/// Whether edges meet only where one ends and the next of the ring begins, so that every point is of two
/// edges, and rings lie as polygons do.
bool simple(const std::vector<ShapePolygon>& shape) {
  const std::vector<BorderPiece> edges = edges_of(shape);
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
  return good && nested(shape);
}

/// A piece of border that no other crosses, and by how much the count of rings around a point is higher to
/// its left.
struct CountedPiece {
  ShapePoint a, b;
  int step;
};

/// Edges split wherever they meet, each place once; what rings run along there and back bounds nothing.
std::vector<CountedPiece> noded(const std::vector<BorderPiece>& from, double grid) {
  constexpr int most_passes = 8;  // a crossing is rounded, and its edges may then meet another
  std::vector<CountedPiece> counted;
  for (const BorderPiece& e : from) counted.push_back({e.a, e.b, 1});
  for (int pass = 0; pass < most_passes; ++pass) {
    std::vector<BorderPiece> edges;
    for (const CountedPiece& e : counted) edges.push_back({e.a, e.b});
    std::vector<std::vector<ShapePoint>> cuts(edges.size());
    bool any = false;
    for_each_near(edges, [&](std::size_t i, std::size_t j) {
      for (const ShapePoint& p : meetings(edges[i], edges[j], grid))
        for (const std::size_t k : {i, j})
          if (p != edges[k].a && p != edges[k].b) cuts[k].push_back(p), any = true;
    });
    std::map<std::pair<ShapePoint, ShapePoint>, int> steps;
    for (std::size_t k = 0; k < edges.size(); ++k) {
      const ShapePoint start = edges[k].a;
      const auto far = [&](const ShapePoint& p) { return std::hypot(p[0] - start[0], p[1] - start[1]); };
      std::sort(cuts[k].begin(), cuts[k].end(),
                [&](const ShapePoint& p, const ShapePoint& q) { return far(p) < far(q); });
      cuts[k].push_back(edges[k].b);
      ShapePoint at = start;
      for (const ShapePoint& to : cuts[k]) {
        if (at < to) steps[{at, to}] += counted[k].step;
        if (to < at) steps[{to, at}] -= counted[k].step;
        at = to;
      }
    }
    counted.clear();
    for (const auto& [ends, step] : steps)
      if (step != 0) counted.push_back({ends.first, ends.second, step});
    if (!any) break;
  }
  return counted;
}

/// The border of where `ground` holds of the count of rings around, turned so that the ground lies to the
/// left.
///
/// Counts are carried from side to side round every point, so that they agree; each connected piece of border
/// starts from its leftmost point, around which the others are counted.
template <typename Ground>
std::vector<BorderPiece> border_of(const std::vector<BorderPiece>& from, double grid, const Ground& ground) {
  const std::vector<CountedPiece> pieces = noded(from, grid);
  struct Spoke {
    double angle;
    std::size_t piece;
    bool away;  ///< the piece begins here
  };
  std::map<ShapePoint, std::vector<Spoke>> spokes;
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    const CountedPiece& e = pieces[k];
    const double dx = e.b[0] - e.a[0], dy = e.b[1] - e.a[1];
    spokes[e.a].push_back({std::atan2(dy, dx), k, true});
    spokes[e.b].push_back({std::atan2(-dy, -dx), k, false});
  }
  for (auto& [point, around] : spokes)
    std::sort(around.begin(), around.end(), [](const Spoke& s, const Spoke& t) { return s.angle < t.angle; });

  // Pieces that hang together, and the count to the left of each, first as if nothing lay around its part.
  struct Part {
    ShapePoint leftmost, low, high;
    std::vector<std::size_t> pieces;
    int around = 0;
  };
  std::vector<Part> parts;
  std::vector<int> left(pieces.size(), 0);
  std::set<ShapePoint> done;
  for (const auto& [first, its] : spokes) {  // in order from the left: the first of a part is its leftmost
    if (!done.insert(first).second) continue;
    Part part{first, first, first, {}, 0};
    // Spokes of a leftmost point lie to its right; before the first of them is the outside.
    std::vector<std::pair<ShapePoint, std::optional<std::size_t>>> next = {{first, std::nullopt}};
    while (!next.empty()) {
      const auto [point, known] = next.back();
      next.pop_back();
      for (const std::size_t k : {0, 1})
        part.low[k] = std::min(part.low[k], point[k]), part.high[k] = std::max(part.high[k], point[k]);
      const std::vector<Spoke>& around = spokes[point];
      std::size_t start = 0;
      int count = 0;  // of the side that comes before the spoke, against the clock
      if (known) {
        while (around[start].piece != *known) ++start;
        count = around[start].away ? left[*known] - pieces[*known].step : left[*known];
      }
      for (std::size_t n = 0; n < around.size(); ++n) {
        const Spoke& spoke = around[(start + n) % around.size()];
        const CountedPiece& e = pieces[spoke.piece];
        left[spoke.piece] = spoke.away ? count + e.step : count;
        count += spoke.away ? e.step : -e.step;
        const ShapePoint& other = spoke.away ? e.b : e.a;
        if (spoke.away) part.pieces.push_back(spoke.piece);
        if (done.insert(other).second) next.emplace_back(other, spoke.piece);
      }
    }
    parts.push_back(std::move(part));
  }
  for (Part& part : parts)
    for (const Part& other : parts) {
      const ShapePoint& p = part.leftmost;
      if (&other == &part || other.low[0] > p[0] || other.high[0] < p[0] || other.low[1] > p[1] ||
          other.high[1] < p[1])
        continue;
      for (const std::size_t k : other.pieces) {
        const CountedPiece& e = pieces[k];
        if ((e.a[1] > p[1]) == (e.b[1] > p[1])) continue;
        if (p[0] < e.a[0] + (p[1] - e.a[1]) / (e.b[1] - e.a[1]) * (e.b[0] - e.a[0]))
          part.around += e.b[1] > e.a[1] ? e.step : -e.step;
      }
    }
  std::vector<BorderPiece> border;
  for (const Part& part : parts)
    for (const std::size_t k : part.pieces) {
      const CountedPiece& e = pieces[k];
      const bool to_left = ground(left[k] + part.around), to_right = ground(left[k] - e.step + part.around);
      if (to_left && !to_right) border.push_back({e.a, e.b});
      if (to_right && !to_left) border.push_back({e.b, e.a});
    }
  return border;
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
    std::map<ShapePoint, std::size_t> place = {{edges[start].a, 0}};  // on the way
    std::optional<std::size_t> at = start;
    while (at) {
      used[*at] = true;
      const BorderPiece came = edges[*at];
      // Back at a point of the way: what lies between is a ring of its own.
      if (const auto seen = place.find(came.b); seen != place.end()) {
        const std::size_t from = seen->second;
        ShapeRing ring(way.begin() + static_cast<std::ptrdiff_t>(from), way.end());
        ring.push_back(came.b);
        for (std::size_t k = from + 1; k < way.size(); ++k) place.erase(way[k]);
        way.resize(from + 1);
        if (ring.size() >= 4) rings.push_back(std::move(ring));
        if (from == 0) break;
      } else {
        place[came.b] = way.size();
        way.push_back(came.b);
      }
      at = next_of(came);
    }
  }
  return rings;
}

}  // namespace

std::vector<ShapePolygon> valid_shape(std::vector<ShapePolygon> shape, double* moved) {
  if (moved != nullptr) *moved = 0.0;
  double largest = 0.0;
  for (const ShapePolygon& polygon : shape)
    for (const ShapeRing& ring : polygon)
      for (const ShapePoint& p : ring)
        for (const double x : p) largest = std::max(largest, std::isfinite(x) ? std::abs(x) : HUGE_VAL);
  if (largest == 0.0) return {};
  if (!(largest > 1e-100 && largest < 1e100)) return shape;  // nothing on a map, and products of it overflow
  if (simple(shape)) return shape;
  // Crossings are rounded, and a rounded crossing may lie across a third edge: all is done on one grid, half
  // a thousandth of a millimetre wide in metres of a national grid.
  const double grid = std::ldexp(1.0, std::ilogb(largest) - 40);
  for (ShapePolygon& polygon : shape)
    for (ShapeRing& ring : polygon)
      for (ShapePoint& p : ring)
        for (double& x : p) x = std::round(x / grid) * grid;
  // Each ring's ground, then outline less holes, then all polygons together.
  const auto odd = [](int count) { return count % 2 != 0; };
  const auto any = [](int count) { return count > 0; };
  std::vector<BorderPiece> all;
  double written = 0.0, differ = 0.0;
  for (const ShapePolygon& polygon : shape) {
    std::vector<BorderPiece> own;
    for (std::size_t k = 0; k < polygon.size(); ++k) {
      const double as_written = std::abs(doubled_area(polygon[k]));
      double as_made = 0.0;
      for (BorderPiece e : border_of(edges_of({{polygon[k]}}), grid, odd)) {
        as_made += cross(polygon[k][0], e.a, e.b);
        if (k > 0) std::swap(e.a, e.b);
        own.push_back(e);
      }
      written += as_written, differ += std::abs(as_made - as_written);
    }
    if (polygon.size() > 1) own = border_of(own, grid, any);
    all.insert(all.end(), own.begin(), own.end());
  }
  if (moved != nullptr && differ > 0.0) *moved = written > 0.0 ? differ / written : 1.0;
  if (shape.size() > 1) all = border_of(all, grid, any);
  std::vector<ShapePolygon> made;
  std::vector<ShapeRing> holes;
  for (ShapeRing& ring : traced(all)) {
    const double area = doubled_area(ring);
    double around = 0.0;
    for (std::size_t k = 1; k < ring.size(); ++k)
      around += std::hypot(ring[k][0] - ring[k - 1][0], ring[k][1] - ring[k - 1][1]);
    if (std::abs(area) <= grid * around) continue;  // a line, but for rounding
    if (area > 0.0) made.push_back({std::move(ring)});
    if (area < 0.0) holes.push_back(std::move(ring));
  }
  std::vector<BoxedRing> outlines;
  std::vector<double> size;
  for (std::size_t k = 0; k < made.size(); ++k) {
    outlines.emplace_back(made[k].front(), k, true);
    size.push_back(doubled_area(made[k].front()));
  }
  std::vector<std::optional<std::size_t>> own(holes.size());
  for (std::size_t h = 0; h < holes.size(); ++h) {
    // The middle of a hole's edge is on no other ring; of the outlines around it the smallest is its own.
    const ShapeRing& hole = holes[h];
    const ShapePoint middle = {0.5 * (hole[0][0] + hole[1][0]), 0.5 * (hole[0][1] + hole[1][1])};
    for (std::size_t k = 0; k < made.size(); ++k)
      if (outlines[k].around(middle) && (!own[h] || size[k] < size[*own[h]])) own[h] = k;
  }
  for (std::size_t h = 0; h < holes.size(); ++h)
    if (own[h]) made[*own[h]].push_back(std::move(holes[h]));
  return made;
}

}  // namespace spillway
