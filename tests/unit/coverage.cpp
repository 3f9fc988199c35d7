// What a coverage run makes of its worlds, by hand; and what its configuration may say.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "engine/config/run_config.hpp"
#include "engine/run/coverage_summary.hpp"

using namespace spillway;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(),
                 none = std::numeric_limits<double>::quiet_NaN();

CoverageValue value(double estimate, double low, double high) {
  CoverageValue v;
  v.model = "m";
  v.estimator = "e";
  v.quantity = "lag:other";
  v.method = "percentile_t";
  v.truth = 1.0;
  v.estimate = estimate;
  v.standard_error = 0.5;
  v.low = low;
  v.high = high;
  v.covers = low <= 1.0 && 1.0 <= high ? CoverageValue::Covers::yes : CoverageValue::Covers::no;
  return v;
}

CoverageOutcome world(const CoverageValue& v, double p, CoverageFit::State state = CoverageFit::State::fine) {
  CoverageOutcome outcome;
  outcome.values = {v};
  outcome.tests = {{"m", "e", "equal_rho_wald", p, NullHypothesis::holds}};
  outcome.fits = {{"m", "e", state, 399.0, 1.0, ""}};
  return outcome;
}

const std::string start = R"(
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = ["corrected_score"]
covariance = { kind = "cluster", by = "lad_code" }
)";

std::string faults_of(const std::string& text) {
  try {
    parse_config(start + text, "c.toml");
  } catch (const InputError& error) {
    std::string all;
    for (const Fault& fault : error.faults()) all += to_string(fault) + "\n";
    return all;
  }
  return "";
}

}  // namespace

TEST_CASE("bias, spread, cover and size of four worlds are those computed by hand") {
  // Errors -1, 0, 1, 2: mean 0.5, sum of squared deviations 5, sd sqrt(5/3); three of four intervals hold 1.
  const DesignSummary summary = summarise_worlds("d",
                                                 {world(value(0, -1, 0.5), 0.01), world(value(1, 0, 2), 0.2),
                                                  world(value(2, 0, 4), 0.5), world(value(3, 1, 5), 0.04)},
                                                 0.05);
  REQUIRE(summary.values.size() == 1);
  const ValueSummary& v = summary.values[0];
  CHECK(v.bias.value == doctest::Approx(0.5));
  CHECK(v.bias.error == doctest::Approx(std::sqrt(5.0 / 3.0) / 2.0));
  CHECK(v.median_bias.value == doctest::Approx(0.5));
  CHECK(v.sd.value == doctest::Approx(std::sqrt(5.0 / 3.0)));
  CHECK(v.sd.error == doctest::Approx(std::sqrt(5.0 / 3.0) / std::sqrt(6.0)));
  CHECK(v.mean_standard_error == doctest::Approx(0.5));
  CHECK(v.cover.value == doctest::Approx(0.75));
  CHECK(v.cover.error == doctest::Approx(std::sqrt(0.625 * 0.375 / 8.0)));  // (3 + 2) / (4 + 4)
  CHECK(v.median_length == doctest::Approx(3.0));                           // 1.5, 2, 4, 4
  CHECK(v.method == "percentile_t");
  REQUIRE(summary.tests.size() == 1);
  CHECK(summary.tests[0].rejects.value == doctest::Approx(0.5));
  CHECK(meaning_of(summary.tests[0].null) == "size");
  REQUIRE(summary.fits.size() == 1);
  CHECK(summary.fits[0].failed_replicates == doctest::Approx(4.0 / (4.0 * 399.0)));
}

TEST_CASE("a world without an interval counts in the bias and not in the cover") {
  CoverageValue without = value(5, none, none);
  without.covers = CoverageValue::Covers::not_offered;
  const DesignSummary summary =
      summarise_worlds("d", {world(value(1, 0, 2), 0.5), world(without, 0.5)}, 0.05);
  CHECK(summary.values[0].worlds == 2);
  CHECK(summary.values[0].intervals == 1);
  CHECK(summary.values[0].bias.value == doctest::Approx(2.0));
  CHECK(summary.values[0].cover.value == doctest::Approx(1.0));
}

TEST_CASE("refused fits are counted, and left out of the cover of accepted ones") {
  CoverageValue refused = value(9, 8, 10);
  refused.verdict = CoverageValue::Verdict::refused;
  const DesignSummary summary = summarise_worlds(
      "d", {world(value(1, 0, 2), 0.5), world(refused, 0.5, CoverageFit::State::refused)}, 0.05);
  CHECK(summary.values[0].cover.value == doctest::Approx(0.5));
  CHECK(summary.values[0].accepted_cover.value == doctest::Approx(1.0));
  CHECK(summary.fits[0].refused == 1);
}

TEST_CASE("an unbounded interval has a length without end, and worlds may differ in method") {
  CoverageValue other = value(1, -inf, inf);
  other.method = "normal";
  const DesignSummary summary = summarise_worlds(
      "d", {world(other, 0.5), world(other, 0.5), world(other, 0.5), world(value(1, 0, 2), 0.5)}, 0.05);
  CHECK(summary.values[0].median_length == inf);
  CHECK(summary.values[0].method == "normal 75 %, percentile_t 25 %");
}

TEST_CASE("a world goes through bytes with every bit, not a number and infinity included") {
  CoverageOutcome outcome = world(value(0.1, -inf, none), 1.0 / 3.0);
  outcome.fits.push_back({"b", "", CoverageFit::State::failed, 0.0, 0.0, "singular: two columns are one"});
  const auto bytes = to_bytes(outcome);
  const CoverageOutcome back = outcome_from_bytes(bytes);
  CHECK(to_bytes(back) == bytes);
  CHECK(back.values[0].low == -inf);
  CHECK(std::isnan(back.values[0].high));
  CHECK(back.tests[0].p == 1.0 / 3.0);
  CHECK(back.fits[1].message == "singular: two columns are one");
}

TEST_CASE("bytes that end early are refused, not read") {
  auto bytes = to_bytes(world(value(1, 0, 2), 0.5));
  for (const std::size_t kept : {std::size_t{0}, std::size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    CHECK_THROWS_WITH_AS(outcome_from_bytes(cut), "a unit ends early (run without --resume to start afresh)",
                         StoreError);
  }
}

TEST_CASE("a design says its truth by type, or once for all types") {
  const RunConfig config = parse_config(start + R"(
[coverage]
worlds = 7
only = ["b"]
[[coverage.design]]
name = "a"
[[coverage.design]]
name = "b"
areas = 500
authorities = 20
regions = 3
periods = 6
rho = [0.1, 0.2, 0.3]
phi = -0.1
error_correlation = 0.25
error_sd = 0.5
heteroskedasticity = 0
authority_shock_sd = 0.125
error_serial_correlation = 0.375
period_effect_sd = 0
beta = 2
confounding = -1
instrument_strength = 0.5
models = ["spillover"]
)");
  CHECK(config.coverage.worlds == 7);
  REQUIRE(config.coverage.designs.size() == 1);
  const CoverageDesign& b = config.coverage.designs[0];
  CHECK(b.name == "b");
  CHECK(b.areas == 500);
  CHECK(b.authorities == 20);
  CHECK(b.regions == 3);
  CHECK(b.periods == 6);
  CHECK(b.rho == std::vector<double>{0.1, 0.2, 0.3});
  CHECK(b.phi == -0.1);
  CHECK(b.error_correlation == std::vector<double>{0.25, 0.25, 0.25});
  CHECK(b.error_sd == 0.5);
  CHECK(b.heteroskedasticity == 0.0);
  CHECK(b.authority_shock_sd == 0.125);
  CHECK(b.error_serial_correlation == 0.375);
  CHECK(b.period_effect_sd == 0.0);
  CHECK(b.beta == 2.0);
  CHECK(b.confounding == -1.0);
  CHECK(b.instrument_strength == 0.5);
  CHECK(b.models == std::vector<std::string>{"spillover"});
}

TEST_CASE("a design at fault says which key, why and what to write") {
  CHECK(faults_of("[coverage]\n[[coverage.design]]\nname = \"a\"\nrho = [0.1, 0.2]\n") ==
        "c.toml:11: column 'coverage.design.a.rho': value '[0.1, 0.2]': has 2 numbers; expected one for all "
        "types, or three: doubly "
        "disadvantaged, other deprived, other\n");
  CHECK(faults_of("[coverage]\n[[coverage.design]]\nname = \"a\"\nrho = 0.8\nphi = 0.3\n") ==
        "c.toml:11: column 'coverage.design.a.rho': |rho| + |phi| is 1.1; growth settles only below 1\n");
  CHECK(faults_of("[coverage]\n[[coverage.design]]\nname = \"a\"\nareas = 100\nauthorities = 20\n") ==
        "c.toml:12: column 'coverage.design.a.authorities': 20 authorities for 100 areas; an authority needs "
        "at least 10 areas, or one area each: as many authorities as areas\n");
  CHECK(faults_of("[coverage]\n[[coverage.design]]\nname = \"a\"\nmodels = [\"spilover\"]\n")
            .find("did you mean 'spillover'?") != std::string::npos);
  CHECK(faults_of("[coverage]\nonly = [\"sarr\"]\n[[coverage.design]]\nname = \"sar\"\n")
            .find("did you mean 'sar'?") != std::string::npos);
}
