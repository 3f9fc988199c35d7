// Laws of sensitivity designs and indices on generated inputs.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "engine/draw/sensitivity_indices.hpp"
#include "engine/draw/shapley.hpp"
#include "engine/draw/sobol_points.hpp"
#include "tests/support/sensitivity_functions.hpp"

using namespace spillway;

TEST_CASE("every dyadic interval of every dimension holds one of 2^m scrambled Sobol' points") {
  for (const std::uint64_t seed : {1ULL, 20241ULL, 0xffffffffffULL}) {
    const Eigen::MatrixXd points = sobol_points(256, 40, seed);
    for (Eigen::Index k = 0; k < points.cols(); ++k) {
      std::vector<int> hits(256, 0);
      for (Eigen::Index i = 0; i < 256; ++i) ++hits[static_cast<std::size_t>(points(i, k) * 256.0)];
      for (const int hit : hits) CHECK(hit == 1);
    }
  }
}

TEST_CASE("the first two dimensions are a (0, m, 2)-net: each elementary box of area 2^-m holds one point") {
  const Eigen::MatrixXd points = sobol_points(64, 2, 99);
  for (int across = 0; across <= 6; ++across) {
    const int columns = 1 << across, rows = 64 >> across;
    std::vector<int> hits(64, 0);
    for (Eigen::Index i = 0; i < 64; ++i)
      ++hits[static_cast<std::size_t>(static_cast<int>(points(i, 0) * columns) * rows +
                                      static_cast<int>(points(i, 1) * rows))];
    for (const int hit : hits) CHECK(hit == 1);
  }
}

TEST_CASE("points do not depend on how many follow or stand beside them, and do on the seed") {
  const Eigen::MatrixXd many = sobol_points(128, 6, 5);
  CHECK(sobol_points(50, 6, 5) == many.topRows(50));
  CHECK(sobol_points(128, 3, 5) == many.leftCols(3));
  CHECK(sobol_points(128, 6, 6) != many);
}

TEST_CASE("scrambled points are unbiased: the mean over seeds of an integral is the integral") {
  // f = exp(u1 + u2), integral (e - 1)^2. 200 seeds of 16 points; tolerance 4 SE of the seeds' own spread.
  std::vector<double> means;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    means.push_back(sobol_points(16, 2, seed).rowwise().sum().array().exp().mean());
  const double mean = std::accumulate(means.begin(), means.end(), 0.0) / 200.0;
  double square = 0.0;
  for (const double value : means) square += (value - mean) * (value - mean);
  const double error = std::sqrt(square / 199.0 / 200.0);
  CHECK(error > 0.0);
  CHECK(std::abs(mean - std::pow(M_E - 1.0, 2)) < 4.0 * error);
}

TEST_CASE("every point is uniform over seeds, the first one too, and its coordinates are independent") {
  // 400 seeds: SE of a mean is 0.289 / 20, of a mean product of centred coordinates (1/12) / 20; 4 of each.
  // Catches a scramble without its shift, which leaves the origin where it is, and one shift for all
  // dimensions.
  double mean = 0.0, product = 0.0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Eigen::MatrixXd point = sobol_points(1, 2, seed);
    mean += point(0, 0) / 400.0;
    product += (point(0, 0) - 0.5) * (point(0, 1) - 0.5) / 400.0;
  }
  CHECK(std::abs(mean - 0.5) < 4.0 * 0.289 / 20.0);
  CHECK(std::abs(product) < 4.0 / 240.0);
}

TEST_CASE("Shapley effects sum to 1 whatever the dependence, and their design keeps it") {
  const Eigen::Matrix3d correlation{{1.0, 0.8, 0.1}, {0.8, 1.0, -0.2}, {0.1, -0.2, 1.0}};
  const ShapleyDesign design = shapley_design(2048, correlation, {"a", "b", "c"}, 3);
  const ShapleyEffects effects = shapley_effects(design, test::ishigami(design.point), {200, 0.95, 3});
  double sum = 0.0;
  for (const auto& effect : effects.effect) sum += effect.estimate;
  CHECK(sum == doctest::Approx(1.0).epsilon(1e-12));
  // Every step of every row is a draw from the same copula: Spearman's rho is 6/pi asin(r/2). SE of 2,048
  // independent rows is 0.022 at most; 4 of them. Catches redraws that forget what the others say.
  for (int step = 0; step <= 3; ++step) {
    Eigen::MatrixXd u(2048, 3);
    for (Eigen::Index r = 0; r < 2048; ++r) u.row(r) = design.point.row(r * 4 + step);
    for (Eigen::Index i = 0; i < 3; ++i)
      for (Eigen::Index j = 0; j < i; ++j) {
        const double spearman = 12.0 * ((u.col(i).array() - 0.5) * (u.col(j).array() - 0.5)).mean();
        CHECK(std::abs(spearman - 6.0 / M_PI * std::asin(correlation(i, j) / 2.0)) < 0.088);
      }
  }
}

TEST_CASE("intervals at their level: a higher level is wider, and more rows are narrower") {
  const std::vector<double> a = {0.0, 1.0, 9.0};
  const auto width = [&](long base, double level) {
    const SobolIndices indices =
        sobol_indices(test::g_function(saltelli_design(base, 3, 4), a), 3, {400, level, 4});
    return indices.total[0].high - indices.total[0].low;
  };
  CHECK(width(512, 0.99) > 1.2 * width(512, 0.9));
  CHECK(width(512, 0.9) > 1.5 * width(4096, 0.9));
}
