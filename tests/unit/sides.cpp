#include "engine/outcome/sides.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace spillway;

TEST_CASE(
    "an area has a side where 95 % of draws agree and its effect is more than what cannot be told from "
    "none") {
  Eigen::VectorXf mean(5);
  mean << 2e-3F, -1e-5F, 0.0F, -1.6e-12F, std::numeric_limits<float>::quiet_NaN();
  const double least = least_effect(mean);
  CHECK(least == doctest::Approx(2e-8));
  CHECK(side_of(0.95, mean[0], least) == Side::better);
  CHECK(side_of(0.94, mean[0], least) == Side::open);
  CHECK(side_of(0.05, mean[1], least) == Side::worse);
  CHECK(side_of(0.06, mean[1], least) == Side::open);
  CHECK(side_of(0.0, mean[2], least) ==
        Side::open);  // nothing reaches it: better in no draw, and worse in none
  CHECK(side_of(0.0, mean[3], least) == Side::open);  // the approximation's sign
  CHECK(side_of(0.0, mean[4], least) == Side::open);
  CHECK(least_effect(Eigen::VectorXf::Zero(3)) == 0.0);
  CHECK(side_of(0.0, 0.0, 0.0) == Side::open);
}
