// Monte Carlo errors of quantiles against answers by hand, by theory and by simulation.
#include "engine/outcome/monte_carlo_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/base/streams.hpp"

using namespace spillway;

TEST_CASE("the error of a median of three draws is that of the paper, by hand") {
  // n = 3, m = 2: I(x; 2, 2) = 3x^2 - 2x^3, so W = 7/27, 13/27, 7/27 at x = 1/3, 2/3, 1.
  const float sorted[] = {1.0f, 4.0f, 10.0f};
  const double mean = (7.0 * 1.0 + 13.0 * 4.0 + 7.0 * 10.0) / 27.0,
               square = (7.0 * 1.0 + 13.0 * 16.0 + 7.0 * 100.0) / 27.0;
  CHECK(QuantileErrors(3, {0.5}).errors(sorted)[0] ==
        doctest::Approx(std::sqrt(square - mean * mean)).epsilon(1e-12));
}

TEST_CASE(
    "errors of normal draws are those of theory, sqrt(p (1 - p) / n) / density, and of repeated simulation") {
  // 600 samples of 2,000: the sd of an estimated sd is 1/sqrt(1200) = 2.9 %; 4 of it, and 2 % for finite n.
  // Catches an order statistic that is one off at the ends and weights of another beta distribution.
  const std::vector<double> levels = {0.05, 0.5, 0.95};
  constexpr int samples = 600, n = 2000;
  const QuantileErrors errors(n, levels);
  Eigen::MatrixXd quantile(samples, 3), error(samples, 3);
  for (int s = 0; s < samples; ++s) {
    Stream stream(17, Purpose::scenario_parameters, static_cast<std::uint64_t>(s));
    AggregateSeries series;
    series.groups = 1;
    for (int i = 0; i < n; ++i) series.value.push_back(static_cast<float>(stream.normal()));
    const AggregateQuantiles found = aggregate_quantiles(series, levels, {});
    quantile.row(s) = found.quantile.col(0).transpose();
    error.row(s) = found.error.col(0).transpose();
  }
  const double density[] = {0.103136, 0.398942, 0.103136};
  for (Eigen::Index k = 0; k < 3; ++k) {
    const double p = levels[static_cast<std::size_t>(k)], theory = std::sqrt(p * (1.0 - p) / n) / density[k];
    const double simulated =
        std::sqrt((quantile.col(k).array() - quantile.col(k).mean()).square().sum() / (samples - 1.0));
    CHECK(error.col(k).mean() / theory == doctest::Approx(1.0).epsilon(0.05));
    CHECK(error.col(k).mean() / simulated == doctest::Approx(1.0).epsilon(4.0 * 0.029 + 0.02));
  }
}

TEST_CASE(
    "quantiles of aggregates are those of the last period, whatever the workers, and constants have no "
    "error") {
  AggregateSeries series;
  series.periods = 2;
  series.groups = 20;
  Stream stream(5, Purpose::scenario_parameters, 0);
  for (int d = 0; d < 101; ++d)
    for (int h = 0; h < 2; ++h)
      for (int g = 0; g < 20; ++g)
        series.value.push_back(h == 0   ? 1e9f
                               : g == 3 ? -2.5f
                               : g == 4 ? (d % 3 == 0   ? -0.0f
                                           : d % 3 == 1 ? 0.0f
                                           : d == 50    ? -1e-30f
                                                        : 1.0f)
                                        : static_cast<float>(stream.normal() - g));
  const auto one = aggregate_quantiles(series, {0.25, 0.5}, {1}),
             several = aggregate_quantiles(series, {0.25, 0.5}, {3});
  CHECK(one.quantile == several.quantile);
  CHECK(one.error == several.error);
  CHECK(one.below == several.below);
  CHECK(one.above == several.above);
  CHECK(one.below[3] == 101);
  CHECK(one.above[3] == 0);
  CHECK(one.below[4] == 1);  // a zero of either sign is neither below nor above
  CHECK(one.above[4] == 32);
  for (std::size_t g = 0; g < 20; ++g) {
    long above = 0;
    for (std::size_t d = 0; d < 101; ++d) above += series.value[(d * 2 + 1) * 20 + g] > 0.0f;
    CHECK(one.above[g] == above);
  }
  CHECK(one.quantile(1, 3) == -2.5);
  CHECK(one.error(1, 3) == 0.0);
  std::vector<float> draws;
  for (int d = 0; d < 101; ++d) draws.push_back(series.value[static_cast<std::size_t>((d * 2 + 1) * 20 + 7)]);
  std::sort(draws.begin(), draws.end());
  CHECK(one.quantile(0, 7) == static_cast<double>(draws[25]));
  CHECK(largest_relative_error(series, {0.5}, {}) > 0.05);
  CHECK(largest_relative_error(series, {0.5}, {}) < 0.30);  // 1.25 / sqrt(101) = 0.125 for normal draws
}

TEST_CASE("floats are sorted as std::sort does, negative, tiny and equal ones too") {
  Stream stream(9, Purpose::scenario_parameters, 1);
  for (const std::size_t n : {0u, 1u, 2u, 1000u}) {
    std::vector<float> values;
    for (std::size_t i = 0; i < n; ++i)
      values.push_back(static_cast<float>(stream.normal() * std::pow(10.0, 20.0 * stream.normal() / 3.0)));
    if (n > 10) values[3] = values[7] = 0.0f;
    std::vector<float> expected = values;
    std::sort(expected.begin(), expected.end());
    sort_floats(values);
    CHECK(values == expected);
  }
}
