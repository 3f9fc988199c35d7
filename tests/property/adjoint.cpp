// The propagation backwards is held to the plain recursion forwards.
#include "engine/propagate/adjoint.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "tests/support/propagation_world.hpp"

using namespace spillway;
using test::LeverForm;

namespace {

Eigen::MatrixXd objective_of(long areas, int horizon) {
  Stream stream(5, Purpose::synthetic_world, 9);
  Eigen::MatrixXd objective(areas, horizon);
  for (Eigen::Index h = 0; h < horizon; ++h)
    for (Eigen::Index i = 0; i < areas; ++i) objective(i, h) = 1.0 + 0.5 * stream.normal();
  return objective;
}

/// J of one draw with `step` more of a unit shock in one area and period: a recursion forwards.
double objective_at(const Dynamics& dynamics, long draw, const Eigen::MatrixXd& objective, long area,
                    int period, double step) {
  Dynamics moved = dynamics;
  moved.shape.conservativeResize(Eigen::NoChange, dynamics.shapes() + 1);
  moved.shape.col(dynamics.shapes()).setZero();
  moved.shape(area, dynamics.shapes()) = 1.0;
  moved.amplitude.clear();
  for (long d = 0; d < dynamics.draws; ++d)
    for (int h = 0; h < dynamics.horizon; ++h) {
      for (int q = 0; q < dynamics.shapes(); ++q) moved.amplitude.push_back(dynamics.amplitude_at(d, h, q));
      moved.amplitude.push_back(h == period ? step : 0.0);
    }
  return propagate_one(moved, draw).cwiseProduct(objective).sum();
}

}  // namespace

TEST_CASE("the adjoint is the derivative that differences of the recursion forwards give, to 1e-8") {
  const test::PlanarWorld world = test::planar(240, 3);
  for (const LeverForm form : {LeverForm::ring_fence, LeverForm::wealth_fund, LeverForm::franchising}) {
    const Dynamics dynamics = test::lever_dynamics(world, form, 3, 7, 11);
    const Eigen::MatrixXd objective = objective_of(240, 7);
    const Eigen::MatrixXd worth = adjoint_one(dynamics, 1, objective);
    for (const long area : {0L, 17L, 101L, 239L})  // the last is an island
      for (const int period : {0, 3, 6}) {
        CAPTURE(area);
        CAPTURE(period);
        const double difference = (objective_at(dynamics, 1, objective, area, period, 0.5) -
                                   objective_at(dynamics, 1, objective, area, period, -0.5));
        CHECK(std::abs(worth(area, period) - difference) <= 1e-8 * std::abs(difference));
      }
  }
}

TEST_CASE("batches of draws give what the adjoint of each draw gives, folded with its profile") {
  const test::PlanarWorld world = test::planar(300, 4);
  const long draws = 11;  // a whole batch and a part of one
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, draws, 6, 12);
  Eigen::VectorXd weight(300);
  for (Eigen::Index i = 0; i < 300; ++i) weight[i] = 1.0 + 0.3 * std::sin(static_cast<double>(i));
  std::vector<double> kappa, profile;
  Stream stream(6, Purpose::synthetic_world, 9);
  for (long k = 0; k < draws * 6 * dynamics.classes; ++k) kappa.push_back(stream.normal());
  for (long k = 0; k < draws * 6; ++k) profile.push_back(stream.uniform());
  const AdjointBatches batches(dynamics, weight);
  std::vector<double> worth;
  for (long first = 0; first < draws; first += AdjointBatches::lanes) {
    const int count = static_cast<int>(std::min<long>(AdjointBatches::lanes, draws - first));
    batches.run(first, count, kappa.data() + first * 6 * dynamics.classes, profile.data() + first * 6, worth);
    for (int lane = 0; lane < count; ++lane) {
      const long d = first + lane;
      Eigen::MatrixXd objective(300, 6);
      for (int h = 0; h < 6; ++h)
        for (Eigen::Index i = 0; i < 300; ++i)
          objective(i, h) =
              weight[i] * kappa[static_cast<std::size_t>((d * 6 + h) * dynamics.classes +
                                                         dynamics.row_class[static_cast<std::size_t>(i)])];
      const Eigen::MatrixXd slow = adjoint_one(dynamics, d, objective);
      Eigen::VectorXd folded = Eigen::VectorXd::Zero(300);
      for (int s = 0; s < 6; ++s) folded += profile[static_cast<std::size_t>(d * 6 + s)] * slow.col(s);
      for (Eigen::Index i = 0; i < 300; ++i)
        CHECK(std::abs(worth[static_cast<std::size_t>(i * AdjointBatches::lanes + lane)] - folded[i]) <=
              1e-12 * folded.cwiseAbs().maxCoeff());
    }
  }
}

TEST_CASE("policies that change rho or W are refused where only shocks are allowed") {
  const test::PlanarWorld world = test::planar(120, 4);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::franchising, 2, 3, 13);
  CHECK_THROWS_AS(AdjointBatches(dynamics, Eigen::VectorXd::Ones(120)), InputError);
  CHECK_THROWS_AS(adjoint_one(dynamics, 0, Eigen::MatrixXd::Ones(120, 2)), InputError);
}
