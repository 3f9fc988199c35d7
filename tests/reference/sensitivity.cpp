// Sobol' and Shapley shares of the Ishigami function against its closed form.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/draw/sensitivity_indices.hpp"
#include "engine/draw/shapley.hpp"
#include "tests/support/sensitivity_functions.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;

TEST_CASE(
    "the Ishigami function's first and total indices, and the Shapley effects that follow from them, are its "
    "closed form") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto reference =
      nlohmann::json::parse(std::ifstream(shared / "reference" / "sobol_ishigami" / "expected.json"));
  const auto& expected = reference["expected"];
  const double tolerance = reference["rel_tol"].get<double>();
  const IndexBootstrap intervals{400, 0.95, 1};
  const SobolIndices indices = sobol_indices(test::ishigami(saltelli_design(16384, 3, 20241)), 3, intervals);
  CHECK(std::abs(indices.variance / expected["V"].get<double>() - 1.0) < tolerance);
  double interaction = 1.0;
  for (std::size_t k = 0; k < 3; ++k) interaction -= expected["S1"][k].get<double>();
  const ShapleyDesign design = shapley_design(16384, Eigen::Matrix3d::Identity(), {"x1", "x2", "x3"}, 20241);
  const ShapleyEffects shapley = shapley_effects(design, test::ishigami(design.point), intervals);
  for (std::size_t k = 0; k < 3; ++k) {
    CAPTURE(k);
    const double first = expected["S1"][k].get<double>(), total = expected["ST"][k].get<double>();
    CHECK(std::abs(indices.first[k].estimate - first) <= std::max(tolerance * first, 0.005));
    CHECK(std::abs(indices.total[k].estimate - total) <= tolerance * total);
    CHECK(indices.first[k].low <= first);
    CHECK(indices.first[k].high >= first);
    CHECK(indices.total[k].low <= total);
    CHECK(indices.total[k].high >= total);
    // Independent inputs: an interaction of x1 and x3 is shared equally (Owen 2014).
    const double share = first + (k == 1 ? 0.0 : 0.5 * interaction);
    CHECK(std::abs(shapley.effect[k].estimate - share) <= 0.02);
    CHECK(shapley.effect[k].low <= share);
    CHECK(shapley.effect[k].high >= share);
  }
}
