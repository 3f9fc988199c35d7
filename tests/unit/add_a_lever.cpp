// The worked example of docs/developers/add-a-lever.md compiles as it stands there and does what the page
// says.
#include <doctest/doctest.h>

#include "add_a_lever_example.hpp"  // its C++ block, cut out by tests/CMakeLists.txt
#include "scenarios/policy_builder.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;
using namespace spillway::scenarios;

TEST_CASE("two areas: the page's rates relief costs what is forgone and raises GVA pound by pound") {
  // GBP 2m a year for two years, all of it to area 0 (GVA GBP 10m): with r = 0.2 and persistence 1 its annual
  // GVA grows by 400,000 in each of the two periods, 4 % a period, and stays there.
  const auto world = test::lever_world(2, 1, 2, 3);
  const LeverSource source = rates_relief();
  CHECK(source.name == "rates_relief");
  Lever lever;
  lever.name = source.name;
  lever.parameters = source.parameters;
  PolicyBuilder builder(world->context);
  source.add(
      builder,
      test::fixed_parameters(
          lever, 2,
          test::plain(
              {{"relief_a_year", 2e6}, {"fund_years", 2}, {"gva_per_pound", 0.2}, {"persistence", 1}})));
  const Policy policy = builder.finish();
  CHECK(policy.cost.row(0).sum() == doctest::Approx(4e6).epsilon(1e-12));
  CHECK(policy.transfer(0) == doctest::Approx(4000.0).epsilon(1e-12));  // a head of its 1,000 residents
  const double rho_other = world->context.rho(2, 0);
  const Eigen::MatrixXd u = propagate_one(policy.dynamics, 0);
  CHECK(u(0, 0) == doctest::Approx(0.04).epsilon(1e-12));
  CHECK(u(1, 0) == 0.0);
  CHECK(u(0, 1) == doctest::Approx(0.04).epsilon(1e-12));  // the page's figure is the total for an area alone
  CHECK(u(1, 1) == doctest::Approx(rho_other * 0.04).epsilon(1e-12));
}
