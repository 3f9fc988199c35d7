// Laws of model B.
#include <doctest/doctest.h>

#include "tests/support/iv_world.hpp"

using namespace spillway;

TEST_CASE("workers never change a bit of an instrumental fit, its bootstrap or its Conley errors") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  for (const char* kind : {"cluster", "two_way", "conley"}) {
    FitContext context = test::context_of(world, 2);
    if (std::string(kind) == "cluster") context.by.resize(1);
    context.easting = Eigen::VectorXd::LinSpaced(world.rows, 0, 90'000);
    context.northing = (context.easting.array() / 7'000).sin() * 20'000;
    IvModel model = test::model_of(kind, {"ols", "2sls", "liml", "gmm"});
    model.covariance.cutoff_km = 10;
    const auto serial = fit_instrumental(data, model, context);
    for (const int workers : {2, 3, 8}) {
      context.parallelism.workers = workers;
      const auto parallel = fit_instrumental(data, model, context);
      for (std::size_t f = 0; f < serial.size(); ++f) {
        CHECK(serial[f].estimate.coefficients == parallel[f].estimate.coefficients);
        CHECK(serial[f].estimate.covariance == parallel[f].estimate.covariance);
        CHECK(serial[f].estimate.low == parallel[f].estimate.low);
        CHECK(serial[f].estimate.high == parallel[f].estimate.high);
      }
    }
  }
}

TEST_CASE(
    "units scale as they should: y in thousandths and s in thousands move estimate, error and sets alike") {
  test::IvWorld world;
  world.strength = 0.3;
  const CrossSection data = test::cross_section_of(world);
  CrossSection scaled = data;
  scaled.y *= 1e-3;
  scaled.endogenous *= 1e3;
  scaled.instruments.col(0) *= 1e5;
  const IvModel model = test::model_of("cluster", {"2sls"});
  const Estimate plain = fit_instrumental(data, model, test::context_of(world, 1))[0].estimate;
  const Estimate other = fit_instrumental(scaled, model, test::context_of(world, 1))[0].estimate;
  CHECK(other.coefficients(0) == doctest::Approx(1e-6 * plain.coefficients(0)).epsilon(1e-10));
  CHECK(other.standard_error(0) == doctest::Approx(1e-6 * plain.standard_error(0)).epsilon(1e-10));
  for (const auto& one : plain.diagnostics)
    if (one.name.find("exclusion") == std::string::npos && !std::isnan(one.value))
      CHECK_MESSAGE(other.diagnostic(one.name) == doctest::Approx(one.value).epsilon(1e-8), one.name);
  REQUIRE(other.anderson_rubin_set.size() == plain.anderson_rubin_set.size());
  for (std::size_t i = 0; i < plain.anderson_rubin_set.size(); ++i)
    CHECK(other.anderson_rubin_set[i].second ==
          doctest::Approx(1e-6 * plain.anderson_rubin_set[i].second).epsilon(1e-8));
  CHECK(other.high(0) == doctest::Approx(1e-6 * plain.high(0)).epsilon(1e-4));
}
