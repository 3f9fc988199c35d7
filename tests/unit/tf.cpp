// tF: the paper's points, its size by integration, and what an estimate with one instrument says of it.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/estimate/iv/tf_critical.hpp"
#include "tests/support/shipped.hpp"

using namespace spillway;

TEST_CASE("tF's critical values are the paper's") {
  // Lee, McCrary, Moreira & Porter (2022): unbounded to 3.84, 18.66 at 4 (their table: 9.519
  // times 1.96), 3.43 at 10, 1.96 from 104.67.
  CHECK(tf_critical(3.84) == INFINITY);
  CHECK(tf_critical(-1.0) == INFINITY);
  CHECK(tf_critical(4.0) == doctest::Approx(9.519 * 1.959964).epsilon(1e-3));
  CHECK(tf_critical(10.0) == doctest::Approx(3.43).epsilon(1e-3));
  CHECK(tf_critical(104.0) > 1.9605);
  CHECK(tf_critical(104.7) == doctest::Approx(1.959964).epsilon(1e-6));
  CHECK(tf_critical(1e9) == doctest::Approx(1.959964).epsilon(1e-6));
  CHECK(std::isnan(tf_critical(NAN)));
  double before = INFINITY;
  for (double f = 3.86; f < 110.0; f *= 1.001) {
    CHECK(tf_critical(f) <= before);
    before = tf_critical(f);
  }
}

TEST_CASE(
    "a test by tF rejects what is true in 5 % at most, whatever the strength, and in 5 % in the worst case") {
  // t^2 = a^2 / (1 - 2 r a / f + a^2 / f^2), a and f normal with correlation r: by integration over a and,
  // where r is not 1, over f given a.
  const auto rejects = [](double f0, double r) {
    constexpr int n = 1200, m = 120;
    double sum = 0.0, all = 0.0;
    for (int i = 0; i < n; ++i) {
      const double a = -6.0 + 12.0 * (i + 0.5) / n, weight = std::exp(-0.5 * a * a);
      const int steps = r == 1.0 ? 1 : m;
      for (int j = 0; j < steps; ++j) {
        const double b = steps == 1 ? 0.0 : -5.0 + 10.0 * (j + 0.5) / m;
        const double w = weight * std::exp(-0.5 * b * b);
        const double f = f0 + r * a + std::sqrt(1.0 - r * r) * b;
        const double square = a * a / (1.0 - 2.0 * r * a / f + a * a / (f * f)), c = tf_critical(f * f);
        all += w;
        if (square > c * c) sum += w;
      }
    }
    return sum / all;
  };
  for (const double f0 : {0.1, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0}) {
    CAPTURE(f0);
    CHECK(std::abs(rejects(f0, 1.0) - 0.05) < 0.004);  // a step of the grid holds 0.004 at its densest
  }
  for (const double f0 : {9.0, 10.0, 12.0, 20.0}) CHECK(rejects(f0, 1.0) < 0.0535);
  for (const double r : {0.0, 0.5, 0.9})
    for (const double f0 : {0.3, 1.0, 3.0, 10.0}) CHECK(rejects(f0, r) < 0.0535);
}

TEST_CASE("one instrument has a tF interval beside its own, two have none") {
  const auto fit = [](const std::string& instruments, const std::string& level) {
    return test::estimate_of(
        test::fit_shipped("kind = \"iv\"\noutcome = \"growth_decade\"\nendogenous = "
                          "[\"grants_per_head\"]\ninstruments = [" +
                              instruments +
                              "]\ncontrols = [\"log_population\"]\nestimators = [\"ols\", \"2sls\"]\n"
                              "covariance = { kind = \"cluster\", by = \"lad_code\" }\n" +
                              level,
                          39),
        "2sls");
  };
  const Estimate one = fit("\"drug_crime_rate\"", "");
  const double f = one.diagnostic("effective_f"), c = one.diagnostic("tf_critical");
  CHECK(c == doctest::Approx(tf_critical(f)).epsilon(1e-12));
  CHECK(one.diagnostic("tf_low") ==
        doctest::Approx(one.coefficients(0) - c * one.standard_error(0)).epsilon(1e-12));
  CHECK(one.diagnostic("tf_high") ==
        doctest::Approx(one.coefficients(0) + c * one.standard_error(0)).epsilon(1e-12));
  bool told = false;
  for (const std::string& note : one.notes) told = told || note.rfind("tF ", 0) == 0;
  CHECK(told);
  CHECK(std::isnan(fit("\"drug_crime_rate\", \"turnout\"", "").diagnostic("tf_critical")));
  CHECK(std::isnan(fit("\"drug_crime_rate\"", "level = 0.9\n").diagnostic("tf_critical")));
}
