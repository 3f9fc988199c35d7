// Rings that maps can read: what crosses, touches or runs along itself is mended, and nothing else is
// touched.
#include "tools/export/valid_shape.hpp"

#include <doctest/doctest.h>

#include <cmath>

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
