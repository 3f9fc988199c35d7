// The value of information against closed forms.
#include "engine/draw/information_value.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"

using namespace spillway;

namespace {

constexpr long kDraws = 9999;

/// E max(0, N(mean, sd)).
double positive_part(double mean, double sd) {
  const double z = mean / sd;
  return sd * std::exp(-0.5 * z * z) / std::sqrt(2.0 * M_PI) + mean * normal_cdf(z);
}

Eigen::MatrixXd normals(Eigen::Index columns, std::uint64_t seed) {
  Eigen::MatrixXd x(kDraws, columns);
  for (Eigen::Index d = 0; d < kDraws; ++d) {
    Stream stream(seed, Purpose::coverage_world, static_cast<std::uint64_t>(d));
    for (Eigen::Index k = 0; k < columns; ++k) x(d, k) = stream.normal();
  }
  return x;
}

}  // namespace

TEST_CASE("nothing or one policy with a normal benefit: each part's value is the normal's closed form") {
  // Benefit 2 a + b + 0.5 c + mean against nothing. Tolerance 4 Monte Carlo errors, some 0.02 each.
  const Eigen::MatrixXd x = normals(4, 11);
  for (const double mean : {-1.0, 0.0, 0.8}) {
    Eigen::MatrixXd benefit = Eigen::MatrixXd::Zero(kDraws, 2);
    benefit.col(1) = (2.0 * x.col(0) + x.col(1) + 0.5 * x.col(2)).array() + mean;
    const double kept = std::max(0.0, mean);
    const InformationValue all = perfect_information(benefit);
    CHECK(std::abs(all.value - (positive_part(mean, std::sqrt(5.25)) - kept)) <
          4.0 * all.standard_error + 0.02);
    const auto near = [&](const Eigen::MatrixXd& known, double sd) {
      const InformationValue got = partial_information(benefit, known);
      CAPTURE(sd);
      CHECK(std::abs(got.value - (positive_part(mean, sd) - kept)) < 4.0 * got.standard_error + 0.02);
      CHECK(std::abs(got.explained - sd * sd / 5.25) < 0.03);
    };
    near(x.leftCols(1), 2.0);
    near(x.middleCols(1, 1), 1.0);
    near(x.leftCols(2), std::sqrt(5.0));
    near(x.leftCols(3), std::sqrt(5.25));
    // What has nothing to do with it: five columns of 9,999 draws explain 2 % of the spread by luck.
    CHECK(partial_information(benefit, x.rightCols(1)).value < 0.012);
  }
}

TEST_CASE("curved benefits, products, several policies, constants") {
  const Eigen::MatrixXd x = normals(3, 12);
  Eigen::MatrixXd benefit = Eigen::MatrixXd::Zero(kDraws, 2);
  // max(0, a^2 - 1): E = 2 phi(1) for a normal a. Pure curvature: a line would say 0.
  benefit.col(1) = x.col(0).array().square() - 1.0 + 2.0 * x.col(1).array();
  const double right = 2.0 * std::exp(-0.5) / std::sqrt(2.0 * M_PI);
  CHECK(std::abs(partial_information(benefit, x.leftCols(1)).value - right) < 0.03);
  // max(0, a b): E = 1 / pi; each alone says nothing.
  benefit.col(1) = x.col(0).cwiseProduct(x.col(1));
  CHECK(std::abs(partial_information(benefit, x.leftCols(2)).value - 1.0 / M_PI) < 0.03);
  CHECK(partial_information(benefit, x.leftCols(1)).value < 0.02);
  // Two policies and nothing: max(0, a, b) has mean 3 / (2 sqrt(2 pi)) + ...: by perfect knowledge of both.
  Eigen::MatrixXd three = Eigen::MatrixXd::Zero(kDraws, 3);
  three.rightCols(2) = x.leftCols(2);
  const InformationValue both = partial_information(three, x.leftCols(2)), all = perfect_information(three);
  CHECK(std::abs(both.value - all.value) < 1e-6 + 0.01 * all.value);
  // No part is worth more than the whole, however badly a skewed benefit of few draws is fitted.
  Eigen::MatrixXd skewed = Eigen::MatrixXd::Zero(99, 2);
  for (Eigen::Index d = 0; d < 99; ++d) skewed(d, 1) = std::exp(2.0 * x(d, 0) + x(d, 1)) - 1e-3;
  CHECK(partial_information(skewed, x.topRows(99)).value <= perfect_information(skewed).value);
  // A policy that is always better leaves nothing to know; a constant parameter tells nothing.
  benefit.col(1).setConstant(5.0);
  CHECK(perfect_information(benefit).value == 0.0);
  CHECK(partial_information(three, Eigen::MatrixXd::Constant(kDraws, 1, 7.0)).value == 0.0);
  CHECK_THROWS_AS(partial_information(three, x.topRows(99)), InputError);
}
