// Rings that maps can read: what crosses, touches or runs along itself is mended, and nothing else is
// touched.
#include "tools/export/valid_shape.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace spillway;

namespace {

double ground(const std::vector<ShapePolygon>& shape) {
  double sum = 0.0;
  for (const ShapePolygon& polygon : shape)
    for (const ShapeRing& ring : polygon)
      for (std::size_t k = 1; k < ring.size(); ++k)
        sum += 0.5 * (ring[k - 1][0] * ring[k][1] - ring[k][0] * ring[k - 1][1]);
  return sum;
}

ShapeRing box(double left, double bottom, double right, double top) {
  return {{left, bottom}, {right, bottom}, {right, top}, {left, top}, {left, bottom}};
}

}  // namespace

TEST_CASE("a shape without a fault keeps every bit, whichever way its rings run") {
  const ShapeRing against = box(0, 0, 4, 4), with(against.rbegin(), against.rend());
  for (const ShapeRing& outline : {against, with}) {
    const std::vector<ShapePolygon> shape = {{outline, box(1, 1, 2, 2)}, {box(10, 0, 11, 1)}};
    CHECK(valid_shape(shape) == shape);
  }
  CHECK(valid_shape({}).empty());
}

TEST_CASE("a bow-tie becomes two triangles that meet in its knot") {
  const auto made = valid_shape({{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}}});
  REQUIRE(made.size() == 2);
  CHECK(made[0].size() == 1);
  CHECK(made[1].size() == 1);
  CHECK(ground(made) == doctest::Approx(2.0).epsilon(1e-15));
  CHECK(valid_shape(made).size() == 2);
}

TEST_CASE("a bow-tie with vertices at odd places is cut where its edges cross") {
  const auto made = valid_shape({{{{0, 0}, {7, 3}, {7, 0}, {1, 5}, {0, 0}}}});
  REQUIRE(made.size() == 2);
  for (const ShapePolygon& polygon : made) CHECK(ground({polygon}) > 0.0);
}

TEST_CASE("neighbours that became one area lose the border between them") {
  const auto made = valid_shape({{box(0, 0, 1, 1)}, {box(1, 0, 2, 1)}});
  REQUIRE(made.size() == 1);
  REQUIRE(made[0].size() == 1);
  CHECK(ground(made) == 2.0);
  // A border with a vertex on one side alone, and a third that closes a ring round a hole.
  const auto ring = valid_shape({{box(0, 0, 1, 3)}, {box(1, 0, 2, 1)}, {box(2, 0, 3, 3)}, {box(1, 2, 2, 3)}});
  REQUIRE(ring.size() == 1);
  REQUIRE(ring[0].size() == 2);
  CHECK(ground(ring) == 8.0);
  CHECK(ground({{ring[0][1]}}) == -1.0);
}

TEST_CASE("a hole that touches its outline stays a hole, and a line without ground goes") {
  const auto touching =
      valid_shape({{{{0, 0}, {4, 0}, {4, 4}, {2, 2}, {3, 1}, {1, 1}, {2, 2}, {4, 4}, {0, 4}, {0, 0}}}});
  CHECK(ground(touching) == 15.0);
  const auto corner = valid_shape({{box(0, 0, 4, 4), {{0, 0}, {1, 2}, {2, 1}, {0, 0}}}});
  REQUIRE(corner.size() == 1);
  REQUIRE(corner[0].size() == 2);
  CHECK(ground(corner) == doctest::Approx(14.5).epsilon(1e-15));
  const auto spike = valid_shape({{{{0, 0}, {1, 0}, {1, 1}, {1, 5}, {1, 1}, {0, 1}, {0, 0}}}});
  REQUIRE(spike.size() == 1);
  CHECK(spike[0].size() == 1);
  CHECK(ground(spike) == 1.0);
  CHECK(valid_shape({{{{0, 0}, {3, 1}, {6, 2}, {0, 0}}}}).empty());
  const auto there_and_back = valid_shape({{box(0, 0, 1, 1)}, {{{5, 5}, {6, 6}, {6, 6}, {5, 5}}}});
  CHECK(there_and_back.size() == 1);
}

TEST_CASE("polygons that overlap, lie in one another or stand twice count once") {
  CHECK(ground(valid_shape({{box(0, 0, 2, 2)}, {box(0, 0, 2, 2)}})) == 4.0);
  CHECK(ground(valid_shape({{box(0, 0, 2, 2)}, {box(1, 0, 3, 2)}})) == 6.0);
  ShapeRing turned = box(1, 0, 3, 2);
  std::reverse(turned.begin(), turned.end());
  CHECK(ground(valid_shape({{box(0, 0, 2, 2)}, {turned}})) == 6.0);
  const auto inner = valid_shape({{box(0, 0, 4, 4)}, {box(1, 1, 2, 2)}});
  REQUIRE(inner.size() == 1);
  CHECK(inner[0].size() == 1);
  CHECK(ground(inner) == 16.0);
  // An island in a hole is its own ground; one that fills the hole leaves none.
  const std::vector<ShapePolygon> island = {{box(0, 0, 4, 4), box(1, 1, 3, 3)}, {box(1.5, 1.5, 2, 2)}};
  CHECK(valid_shape(island) == island);
  CHECK(ground(valid_shape({{box(0, 0, 4, 4), box(1, 1, 3, 3)}, {box(1, 1, 3, 3)}})) == 16.0);
}

TEST_CASE("holes take ground from their own outline alone") {
  for (const ShapePolygon& outside :
       {ShapePolygon{box(0, 0, 4, 4), box(6, 6, 7, 7)}, {box(0, 0, 4, 4), box(-1, -1, 6, -0.5)}}) {
    const auto made = valid_shape({outside});
    REQUIRE(made.size() == 1);
    CHECK(made[0].size() == 1);
    CHECK(ground(made) == 16.0);
  }
  CHECK(ground(valid_shape({{box(0, 0, 9, 9), box(1, 1, 4, 4), box(2, 2, 5, 5)}})) == 67.0);
  CHECK(ground(valid_shape({{box(0, 0, 9, 9), box(1, 1, 4, 4), box(2, 2, 3, 3)}})) == 72.0);
  CHECK(ground(valid_shape({{box(0, 0, 4, 4), box(3, 3, 6, 6)}, {box(3, 3, 4, 4)}})) == 16.0);
}

TEST_CASE("whatever rings do, what is made holds the points that were in") {
  std::mt19937 engine(3);
  const auto bits = [&] { return static_cast<std::uint32_t>(engine()); };
  const auto within = [](const ShapeRing& ring, double x, double y) {
    bool odd = false;
    for (std::size_t k = 1; k < ring.size(); ++k) {
      const auto &a = ring[k - 1], &b = ring[k];
      if ((a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])) odd = !odd;
    }
    return odd;
  };
  const auto holds = [&](const std::vector<ShapePolygon>& shape, double x, double y) {
    return std::any_of(shape.begin(), shape.end(), [&](const ShapePolygon& polygon) {
      bool in = within(polygon[0], x, y);
      for (std::size_t k = 1; k < polygon.size(); ++k) in = in && !within(polygon[k], x, y);
      return in;
    });
  };
  int wrong = 0;
  for (int trial = 0; trial < 400; ++trial) {
    // Corners of a lattice meet, touch and run along each other; others cross anywhere.
    const auto corner = [&] {
      return trial % 2 == 0 ? static_cast<double>(bits() % 7) : 7.0 * (bits() / 4294967296.0);
    };
    std::vector<ShapePolygon> shape(1 + bits() % 4);
    for (ShapePolygon& polygon : shape) {
      polygon.resize(1 + bits() % 3);
      for (ShapeRing& ring : polygon) {
        for (unsigned k = 3 + bits() % 6; k > 0; --k) {
          const double x = corner();
          ring.push_back({x, corner()});
        }
        ring.push_back(ring[0]);
      }
    }
    const auto made = valid_shape(shape);
    for (int k = 0; k < 50; ++k) {
      const double x = 7.0 * (bits() / 4294967296.0), y = 7.0 * (bits() / 4294967296.0);
      wrong += holds(shape, x, y) != holds(made, x, y);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("numbers of no map are left alone") {
  for (const double far : {HUGE_VAL, -HUGE_VAL, std::nan(""), 1e300, 1e-320}) {
    const ShapeRing bow = {{0, 0}, {far, far}, {far, 0}, {0, far}, {0, 0}};
    CHECK(valid_shape({{bow}}).size() == 1);
  }
}

TEST_CASE("how much ground a ring's crossings of itself move is told, and nothing else is") {
  double moved = -1.0;
  const auto tell = [&](const std::vector<ShapePolygon>& shape) { return valid_shape(shape, &moved), moved; };
  CHECK(tell({{box(0, 0, 4, 4)}}) == 0.0);
  CHECK(tell({{box(0, 0, 2, 2)}, {box(1, 0, 3, 2)}, {box(0, 0, 2, 2)}}) == 0.0);
  CHECK(tell({{box(0, 0, 4, 4), box(6, 6, 7, 7)}}) == 0.0);
  CHECK(tell({{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}}}) == 1.0);
  // A slip: a corner of 0.01 by 0.01 that is turned over in a square of 10 by 10.
  const double slip =
      tell({{{{0, 0}, {10, 0}, {10, 10}, {0.01, 10}, {-0.01, 9.99}, {0.01, 9.99}, {0, 10}, {0, 0}}}});
  CHECK(slip > 0.0);
  CHECK(slip < 1e-4);
  const std::string file = R"({"type":"FeatureCollection","features":[
    {"type":"Feature","properties":{"code":"A"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}},
    {"type":"Feature","properties":{"code":"B"},"geometry":{"type":"MultiPolygon","coordinates":[[[[3,0],[5,0],[5,2],[3,2],[3,0]]],[[[4,0],[6,0],[6,2],[4,2],[4,0]]]]}}]})";
  const AreaShapes shapes = area_shapes(file, "shapes.json", {"A", "B"});
  CHECK(shapes.as_written == std::vector<std::string>{"A"});
  CHECK(shapes.areas[0] == std::vector<ShapePolygon>{{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}}});
  CHECK(ground(shapes.areas[1]) == 6.0);
}

TEST_CASE("a long ring that crosses itself is looked at near each edge alone") {
  // 200,000 points: every pair would be 2e10 looks, which no test would wait for.
  constexpr int points = 200'000;
  ShapeRing ring;
  for (int k = 0; k < points; ++k) {
    const double angle = 6.283185307179586 * k / points, out = 1000.0 + 300.0 * std::sin(7.0 * angle);
    ring.push_back({out * std::cos(angle), out * std::sin(angle)});
  }
  for (int k = 1000; k < points; k += 1000)
    std::swap(ring[static_cast<std::size_t>(k)], ring[static_cast<std::size_t>(k) + 1]);
  ring.push_back(ring[0]);
  const auto made = valid_shape({{ring}});
  CHECK(made != std::vector<ShapePolygon>{{ring}});
  CHECK(ground(made) == doctest::Approx(ground({{ring}})).epsilon(1e-6));
  CHECK(valid_shape(made) == made);
}
