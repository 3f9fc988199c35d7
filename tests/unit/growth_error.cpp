// How far counterfactual growth is known, and what a policy that acts on its level makes of that.
#include "engine/run/growth_error.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "scenarios/policy_builder.hpp"
#include "tests/support/lever_world.hpp"

using namespace spillway;

namespace {

/// A ring whose areas grew by `growth` (areas x years).
std::unique_ptr<test::LeverWorld> ring_that_grew(const Eigen::MatrixXd& growth, long draws) {
  auto world = test::lever_world(static_cast<int>(growth.rows()), 2, draws, 3);
  PanelVariable variable;
  variable.name = "growth";
  variable.value = growth;
  world->pack.panel.variables.push_back(variable);
  for (Eigen::Index t = 0; t < growth.cols(); ++t)
    world->pack.panel.periods.push_back(2013 + static_cast<int>(t));
  world->context.outcome = "growth";
  return world;
}

Eigen::MatrixXd some_growth(Eigen::Index areas, Eigen::Index years) {
  Eigen::MatrixXd growth(areas, years);
  for (Eigen::Index i = 0; i < areas; ++i)
    for (Eigen::Index t = 0; t < years; ++t)
      growth(i, t) =
          0.02 + 0.01 * std::sin(1.0 + 3.0 * static_cast<double>(i * years + t) + static_cast<double>(t * t));
  return growth;
}

}  // namespace

TEST_CASE("the directions give the variance of a mean of the residuals, through (I - A)^-1") {
  // Two areas of types of their own: each is its cell's mean, so nothing is shrunk. With rho 0 an area's
  // error is that of its mean residual over 1 - phi.
  const Eigen::MatrixXd growth = some_growth(2, 7);
  const auto world = ring_that_grew(growth, 4);
  world->context.type = {0, 1};
  world->context.rho.setZero();
  world->context.phi.setConstant(0.25);
  const GrowthError error = growth_error(world->context, 7);
  REQUIRE(error.direction.cols() == 5);  // six residuals, less their mean
  for (Eigen::Index i = 0; i < 2; ++i) {
    Eigen::VectorXd residual(6);
    for (Eigen::Index t = 0; t < 6; ++t) residual(t) = growth(i, t + 1) - 0.25 * growth(i, t);
    const double mean = residual.mean(), variance = (residual.array() - mean).square().sum() / (6.0 * 5.0);
    CHECK(error.direction.row(i).squaredNorm() == doctest::Approx(variance / (0.75 * 0.75)).epsilon(1e-8));
  }
  // How the two move together, too.
  Eigen::MatrixXd residual = growth.rightCols(6) - 0.25 * growth.leftCols(6);
  residual.colwise() -= Eigen::VectorXd(residual.rowwise().mean());
  CHECK(error.direction.row(0).dot(error.direction.row(1)) ==
        doctest::Approx(residual.row(0).dot(residual.row(1)) / (30.0 * 0.75 * 0.75)).epsilon(1e-7));
}

TEST_CASE("with more years than directions the variance stays in the mean of many areas") {
  // 400 areas of independent years: signs of added contrasts cancel. Monte Carlo error of the ratio is about
  // sqrt(2 / (400 x 8)) = .025; 4 of them.
  Eigen::MatrixXd growth = some_growth(400, 21);
  const auto world = ring_that_grew(growth, 4);
  world->context.rho.setZero();
  world->context.phi.setZero();
  for (std::size_t i = 0; i < 400; ++i) world->context.type[i] = static_cast<std::int32_t>(i % 2);
  const GrowthError error = growth_error(world->context, 7);
  CHECK(error.direction.cols() == 8);
  Eigen::MatrixXd residual = growth.rightCols(20);
  residual.colwise() -= Eigen::VectorXd(residual.rowwise().mean());
  const double v = residual.squaredNorm() / (400.0 * 20.0 * 19.0);
  const double kept = shrunk_means(world->pack, world->context.type, "growth").kept;
  // Of an area's own deviation `kept` remains; what is open has kept (1 - kept) v.
  CHECK(error.direction.squaredNorm() / 400.0 == doctest::Approx(v * kept).epsilon(0.15));
}

TEST_CASE("moves have the t distribution of few directions, the same for a draw whatever their number") {
  const auto world = ring_that_grew(some_growth(6, 8), 4000);
  world->context.rho = Eigen::MatrixXd::Constant(3, 4000, 0.3);
  world->context.phi = Eigen::VectorXd::Constant(4000, 0.1);
  const GrowthError error = growth_error(world->context, 7);
  REQUIRE(error.move.cols() == 6);
  // Student's t with 6 degrees: variance 1.5, P(|t| > 1.943) = .10; 4 standard errors of 4,000 draws.
  const auto beyond = (error.move.col(0).array().abs() > 1.943).cast<double>().mean();
  CHECK(std::abs(beyond - 0.10) < 4.0 * std::sqrt(0.09 / 4000.0));
  world->context.draws = 10;
  CHECK(growth_error(world->context, 7).move == error.move.topRows(10));
  CHECK(growth_error(world->context, 8).move != error.move.topRows(10));
}

TEST_CASE("a policy with uncertain growth does in each draw what it does on that draw's growth") {
  const long draws = 3;
  const auto world = ring_that_grew(some_growth(8, 9), draws);
  const auto build = [&](const LeverContext& context) {
    scenarios::PolicyBuilder builder(context);
    SpatialWeights::Matrix links(8, 8);
    links.insert(0, 5) = 1.0;
    links.insert(1, 6) = 1.0;
    Eigen::MatrixXd omega(draws, 3);
    omega << 0.1, 0.2, 0.3, 0.2, 0.2, 0.2, 0.0, 0.1, 0.4;
    builder.add_links(links, omega);
    builder.close_gap({1}, "other", Eigen::MatrixXd::Constant(draws, 3, 0.5));
    return builder.finish();
  };
  Policy policy = build(world->context);
  const int known = policy.dynamics.shapes();
  const GrowthError error = growth_error(world->context, 7);
  REQUIRE(error.direction.cols() == 7);
  add_growth_error(policy, world->context, error);
  CHECK(policy.dynamics.shapes() > known);
  CHECK(policy.reach.size() == static_cast<std::size_t>(policy.dynamics.shapes()));
  for (long d = 0; d < draws; ++d) {
    LeverContext off = world->context;
    off.growth += error.direction * error.move.row(d).transpose();
    const Eigen::MatrixXd expected = propagate_one(build(off).dynamics, d),
                          plain = propagate_one(build(world->context).dynamics, d),
                          made = propagate_one(policy.dynamics, d);
    CHECK((made - expected).cwiseAbs().maxCoeff() < 1e-15);
    CHECK((made - plain).cwiseAbs().maxCoeff() > 1e-6);
  }
  Policy rehearsed = build(world->context);
  add_growth_error(rehearsed, world->context, unsolved_growth_error(world->context));
  CHECK(rehearsed.dynamics.shapes() == policy.dynamics.shapes());
  CHECK(rehearsed.reach == policy.reach);
  world->context.phi.setConstant(1.0);  // not stationary
  CHECK(growth_error(world->context, 7).direction.cols() == 0);
  CHECK(unsolved_growth_error(world->context).direction.cols() == 0);
  world->context.phi.setConstant(0.1);
  // Shocks alone do not rest on the level of growth.
  scenarios::PolicyBuilder builder(world->context);
  builder.add_shock(Eigen::VectorXd::Ones(8), Eigen::MatrixXd::Ones(draws, 3));
  Policy shocks = builder.finish();
  add_growth_error(shocks, world->context, error);
  CHECK(shocks.dynamics.shapes() == 1);
}
