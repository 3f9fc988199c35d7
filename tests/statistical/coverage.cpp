// Recovery of a known truth by the pipeline of a run.
#include "engine/run/coverage.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

using namespace spillway;

namespace {

const ValueSummary& row(const DesignSummary& design, const std::string& estimator,
                        const std::string& quantity) {
  for (const ValueSummary& value : design.values)
    if (value.estimator == estimator && value.quantity == quantity) return value;
  FAIL("no " << estimator << " " << quantity);
  return design.values.front();
}

}  // namespace

TEST_CASE("the headline recovers rho, phi and beta where the published specification does not") {
  // 100 worlds of 1,000 areas, 50 authorities, T = 10, rho 0.3/0.5/0.4, phi 0.2, SAR(0.4) errors, B = 199,
  // seed 20241. Tolerance: bias within 4 Monte Carlo errors (and 0.01 for the large type); cover within 4
  // binomial errors of 0.95, s.e. 0.022: at least 0.86. Mutants: the score left uncorrected (rho of the large
  // type off by -0.05, 20 errors); worlds that all use world 0's numbers (spread 0).
  RunConfig config =
      read_config(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs/coverage.toml",
                  {"coverage.only=[\"sar_unequal\"]", "coverage.worlds=100", "bootstrap.replicates=199",
                   "model.spillover.estimators=[\"within\", \"corrected_score\"]"});
  config.coverage.designs[0].areas = 1000;
  config.coverage.designs[0].authorities = 50;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("spillway-recovery-{}.h5", getpid());
  const CoverageResult result = run_coverage(config, file, {"test", "test"}, {}, Checkpoint::Start::fresh);
  std::filesystem::remove(file);
  const DesignSummary& design = result.designs[0];
  for (const std::string quantity :
       {"lag:doubly_disadvantaged", "lag:other_deprived", "lag:other", "previous"}) {
    const ValueSummary& value = row(design, "corrected_score", quantity);
    CAPTURE(quantity);
    MESSAGE(quantity << ": bias " << value.bias.value << " (" << value.bias.error << "), cover "
                     << value.cover.value);
    // 50 authorities, but doubly disadvantaged areas lie in few of them; of regions where errors' spread is
    // found
    CHECK(value.method.starts_with("score_cells"));
    CHECK(value.sd.value > 0.005);
    CHECK(std::abs(value.bias.value) < 4.0 * value.bias.error);
    CHECK(value.cover.value >= 0.86);
    CHECK(std::abs(value.mean_standard_error / value.sd.value - 1.0) < 0.3);  // s.e. of the ratio: 0.07
  }
  CHECK(std::abs(row(design, "corrected_score", "lag:other").bias.value) < 0.01);
  const ValueSummary& beta = row(design, "2sls", "grants_per_head");
  MESSAGE("beta: median bias " << beta.median_bias.value << " (" << beta.median_bias.error << "), cover "
                               << beta.cover.value);
  CHECK(beta.method == "wre_equal_tail");
  CHECK(std::abs(beta.median_bias.value) < 4.0 * beta.median_bias.error);
  CHECK(beta.cover.value >= 0.86);
  // Attenuated by the proxy's noise and confounded: far off.
  CHECK(row(design, "ols", "grants_per_head").cover.value < 0.05);
  // What area effects do at T = 10, and, as published, common shocks left in on top of it.
  CHECK(row(design, "within", "lag:other").bias.value < -0.02);
  CHECK(row(design, "within", "previous").cover.value < 0.05);
  CHECK(row(design, "as_published", "lag:other").cover.value < 0.86);
}
