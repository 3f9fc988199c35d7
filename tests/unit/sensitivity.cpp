// Sensitivity indices by hand: designs small enough to read, functions with closed forms.
#include <doctest/doctest.h>

#include <boost/math/special_functions/erf.hpp>
#include <functional>
#include <limits>
#include <string>

#include "engine/base/error.hpp"
#include "engine/draw/morris.hpp"
#include "engine/draw/sensitivity_indices.hpp"
#include "engine/draw/shapley.hpp"
#include "engine/draw/sobol_points.hpp"
#include "tests/support/sensitivity_functions.hpp"

using namespace spillway;

namespace {

const IndexBootstrap kIntervals{400, 0.95, 7};

Eigen::MatrixXd normal_scores(const Eigen::MatrixXd& u) {
  return u.unaryExpr([](double p) { return -std::sqrt(2.0) * boost::math::erfc_inv(2.0 * p); });
}

std::string message(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void check_close(const std::vector<WithInterval>& found, const std::vector<double>& exact, double tolerance) {
  REQUIRE(found.size() == exact.size());
  for (std::size_t k = 0; k < exact.size(); ++k) {
    CAPTURE(k);
    CHECK(std::abs(found[k].estimate - exact[k]) < tolerance);
    CHECK(found[k].low <= exact[k]);
    CHECK(found[k].high >= exact[k]);
  }
}

}  // namespace

TEST_CASE("a Saltelli design is A, B, and A with one column of B at a time") {
  const Eigen::MatrixXd design = saltelli_design(4, 2, 1);
  REQUIRE(design.rows() == 16);
  const Eigen::MatrixXd a = design.topRows(4), b = design.middleRows(4, 4);
  CHECK(design.block(8, 0, 4, 1) == b.col(0));
  CHECK(design.block(8, 1, 4, 1) == a.col(1));
  CHECK(design.block(12, 0, 4, 1) == a.col(0));
  CHECK(design.block(12, 1, 4, 1) == b.col(1));
  CHECK(a != b);
}

TEST_CASE("first and total indices of two rows are the estimators' own arithmetic") {
  // A = (1, 3), B = (2, 6), AB = (4, 3): mean of A and B 3, variance 3.5 (sum of squares 4 + 0 + 1 + 9 over
  // 4). First: mean of (B - 3)(AB - A) = (-1 x 3 + 3 x 0) / 2 = -1.5; total: (9 + 0) / 4 = 2.25.
  const Eigen::VectorXd output = (Eigen::VectorXd(6) << 1, 3, 2, 6, 4, 3).finished();
  const SobolIndices indices = sobol_indices(output, 1, kIntervals);
  CHECK(indices.mean == doctest::Approx(3.0));
  CHECK(indices.variance == doctest::Approx(3.5));
  CHECK(indices.first[0].estimate == doctest::Approx(-1.5 / 3.5));
  CHECK(indices.total[0].estimate == doctest::Approx(2.25 / 3.5));
}

TEST_CASE("the g-function's indices are its closed form, within their intervals") {
  // 2^13 Sobol' base rows: errors are near 0.003; independent rows would give 0.015.
  const std::vector<double> a = {0.0, 1.0, 4.5, 9.0, 99.0};
  const auto exact = test::g_indices(a);
  const SobolIndices indices = sobol_indices(test::g_function(saltelli_design(8192, 5, 3), a), 5, kIntervals);
  check_close(indices.first, exact.first, 0.01);
  check_close(indices.total, exact.total, 0.01);
}

TEST_CASE("the elementary effects of a linear function are its slopes, with no spread") {
  const MorrisDesign design = morris_design(10, 3, 4, 5);
  const Eigen::VectorXd slope = Eigen::Vector3d(2.0, -1.0, 0.0);
  const MorrisEffects effects = morris_effects(design, design.point * slope, kIntervals);
  for (int k = 0; k < 3; ++k) {
    CHECK(effects.mean[static_cast<std::size_t>(k)] == doctest::Approx(slope[k]));
    CHECK(effects.mean_absolute[static_cast<std::size_t>(k)].estimate == doctest::Approx(std::abs(slope[k])));
    CHECK(effects.sd[static_cast<std::size_t>(k)] == doctest::Approx(0.0));
  }
  for (Eigen::Index row = 0; row + 1 < design.point.rows(); ++row)
    if ((row + 1) % 4 != 0)
      CHECK((design.point.row(row + 1) - design.point.row(row)).cwiseAbs().sum() == doctest::Approx(0.5));
}

TEST_CASE("an effect that changes sign has no mean but a mean absolute value and a spread") {
  // f = (u - 1/2)^2 on the grid 1/8, 3/8, 5/8, 7/8 with steps of 1/2: effects are +-1/4, so mu* = 1/4.
  const MorrisDesign design = morris_design(400, 1, 4, 9);
  const MorrisEffects effects =
      morris_effects(design, (design.point.col(0).array() - 0.5).square(), kIntervals);
  CHECK(std::abs(effects.mean[0]) < 0.05);
  CHECK(effects.mean_absolute[0].estimate == doctest::Approx(0.25));
  CHECK(effects.sd[0] > 0.2);
}

TEST_CASE("Shapley effects of two correlated normals are Owen and Prieur's closed form") {
  // Y = b1 X1 + b2 X2, correlation r: shares b1^2 (1 - r^2/2) + b1 b2 r + b2^2 r^2/2 over the variance (Owen
  // & Prieur 2017).
  const double b1 = 1.0, b2 = 2.0, r = 0.7;
  const double first = b1 * b1 * (1 - r * r / 2) + b1 * b2 * r + b2 * b2 * r * r / 2;
  const double variance = b1 * b1 + b2 * b2 + 2 * r * b1 * b2;
  const ShapleyDesign design = shapley_design(4096, Eigen::Matrix2d{{1, r}, {r, 1}}, {"x1", "x2"}, 11);
  const ShapleyEffects effects =
      shapley_effects(design, normal_scores(design.point) * Eigen::Vector2d(b1, b2), kIntervals);
  CHECK(effects.variance == doctest::Approx(variance).epsilon(0.02));
  check_close(effects.effect, {first / variance, 1.0 - first / variance}, 0.02);
}

TEST_CASE("Shapley effects of three correlated normals are those of all subsets' conditional variances") {
  const Eigen::Matrix3d correlation{{1.0, 0.5, -0.3}, {0.5, 1.0, 0.4}, {-0.3, 0.4, 1.0}};
  const Eigen::Vector3d b(1.0, -1.0, 2.0);
  const auto cost = [&](unsigned subset) {  // Var(b'X | the others)
    std::vector<int> j, k;
    for (int i = 0; i < 3; ++i) (subset >> i & 1 ? j : k).push_back(i);
    if (j.empty()) return 0.0;
    Eigen::MatrixXd left = correlation(j, j);
    if (!k.empty()) left -= correlation(j, k) * correlation(k, k).inverse() * correlation(k, j);
    const Eigen::VectorXd weight = b(j);
    return weight.dot(left * weight);
  };
  std::vector<double> exact;
  for (unsigned i = 0; i < 3; ++i) {
    const unsigned own = 1u << i, p = 1u << (i + 1) % 3, q = 1u << (i + 2) % 3;
    exact.push_back(((cost(own) - cost(0)) * 2 + cost(own | p) - cost(p) + cost(own | q) - cost(q) +
                     (cost(7) - cost(p | q)) * 2) /
                    6 / cost(7));
  }
  const ShapleyDesign design = shapley_design(8192, correlation, {"x1", "x2", "x3"}, 12);
  const ShapleyEffects effects = shapley_effects(design, normal_scores(design.point) * b, kIntervals);
  check_close(effects.effect, exact, 0.02);
}

TEST_CASE("what cannot be analysed is refused in words") {
  const Eigen::Matrix2d dependent{{1.0, -0.4}, {-0.4, 1.0}};
  CHECK(message([&] {
          require_independent(dependent, {"rho", "phi"});
        }) ==
        "inputs 'rho' and 'phi' are dependent (correlation -0.400), and Sobol' and Morris measures are only "
        "defined for independent ones: "
        "they would not add up to the variance (use shapley, or leave one of them at its median)");
  CHECK_NOTHROW(require_independent(Eigen::Matrix2d::Identity(), {"rho", "phi"}));
  CHECK(message([] { saltelli_design(1000, 2, 1); }) ==
        "a Sobol' design of 1000 base rows (needs a power of two: other numbers unbalance the points)");
  CHECK(message([] { sobol_indices(Eigen::VectorXd::Constant(8, 2.5), 2, kIntervals); }) ==
        "the output is 2.5 at every row of the design: there is no variance to share out");
  Eigen::VectorXd spoilt = Eigen::VectorXd::LinSpaced(8, 0.0, 1.0);
  spoilt[5] = std::numeric_limits<double>::quiet_NaN();
  CHECK(message([&] { sobol_indices(spoilt, 2, kIntervals); }) ==
        "the output of row 5 of the design is nan (every row's must be finite: one would spoil all indices)");
  CHECK(message([] { morris_design(10, 2, 5, 1); }) ==
        "a Morris grid of 5 levels (needs an even number, 2 or more)");
  const std::string singular = message([] { shapley_design(8, Eigen::Matrix2d::Ones(), {"a", "b"}, 1); });
  CHECK(singular.find("one of the inputs 'a', 'b' follows from the others") == 0);
}
