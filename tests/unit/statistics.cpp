// Quantiles as R's and numpy's, in order or not.
#include "engine/base/statistics.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace spillway;

TEST_CASE("a quantile is type 7: numpy's and R's default") {
  // numpy.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .9, 1]) and R's quantile(type = 7).
  const std::vector<double> ascending = {1, 2, 4, 8, 16};
  const std::vector<double> level = {0.0, 0.1, 0.25, 0.5, 0.9, 1.0}, right = {1.0, 1.4, 2.0, 4.0, 12.8, 16.0};
  for (std::size_t k = 0; k < level.size(); ++k) {
    CHECK(sorted_quantile(ascending, level[k]) == doctest::Approx(right[k]).epsilon(1e-15));
    std::vector<double> mixed = {8, 1, 16, 4, 2};
    CHECK(quantile_in_place(mixed, level[k]) == sorted_quantile(ascending, level[k]));
    std::vector<float> single = {8, 1, 16, 4, 2};
    CHECK(quantile_in_place(single, level[k]) == sorted_quantile(ascending, level[k]));
  }
  std::vector<int> even = {4, 1, 3, 2};
  CHECK(median_in_place(even) == 2.5);
}

TEST_CASE("infinite neighbours are a quantile, not a NaN; nothing has none") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> unbounded = {0.0, infinity, infinity};
  CHECK(sorted_quantile(unbounded, 0.75) == infinity);
  std::vector<double> mixed = {infinity, 0.0, infinity};
  CHECK(quantile_in_place(mixed, 0.75) == infinity);
  std::vector<double> none;
  CHECK(std::isnan(sorted_quantile(none, 0.5)));
  CHECK(std::isnan(quantile_in_place(none, 0.5)));
  const std::vector<double> one = {3.0};
  CHECK(sorted_quantile(one, 0.95) == 3.0);
}
