// Laws of model A's estimators on generated worlds.
#include <doctest/doctest.h>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/corrected_score.hpp"
#include "engine/estimate/panel_bootstrap.hpp"
#include "engine/estimate/spatial_lag_panel.hpp"
#include "engine/estimate/within.hpp"
#include "tests/support/panel_world.hpp"

using namespace spillway;

namespace {
const PanelResampled& panel_resampled(const Fit& fit) {
  const auto* resampled = dynamic_cast<const PanelResampled*>(fit.resampled.get());
  REQUIRE(resampled != nullptr);
  return *resampled;
}
}  // namespace

TEST_CASE("any number of workers gives the same bits of estimates, covariances and replicates") {
  test::World world = test::make_world({.side = 48, .block = 6});
  const ModelConfig model = test::world_model({"within", "corrected_score"});
  const auto serial = fit_panel(world.data, model, world.context);
  const Eigen::MatrixXd counts = test::pairs_counts(world.context.joint.count(), 50, 3);
  for (const int workers : {2, 3, 8}) {
    world.context.parallelism = {workers};
    const auto parallel = fit_panel(world.data, model, world.context);
    for (std::size_t k = 0; k < serial.size(); ++k) {
      CHECK(serial[k].estimate.coefficients == parallel[k].estimate.coefficients);
      CHECK(serial[k].estimate.covariance == parallel[k].estimate.covariance);
      CHECK(test::evaluate(*serial[k].resampled, counts).value == test::evaluate(*parallel[k].resampled, counts).value);
    }
  }
}

TEST_CASE("a replicate does not depend on the block it is computed in") {
  const test::World world = test::make_world({});
  const auto fits = fit_panel(world.data, test::world_model({"corrected_score"}), world.context);
  const Eigen::MatrixXd counts = test::pairs_counts(world.context.joint.count(), 70, 5);
  const ReplicateBlock together = test::evaluate(*fits[1].resampled, counts);
  for (const Eigen::Index b : {0, 31, 32, 69}) {
    const ReplicateBlock alone = test::evaluate(*fits[1].resampled, counts.col(b));
    CHECK(alone.value.col(0) == together.value.col(b));
    CHECK(alone.t.col(0) == together.t.col(b));
  }
}

TEST_CASE("with every cluster once a replicate is the estimate itself and t is zero") {
  const test::World world = test::make_world({});
  const auto fits = fit_panel(world.data, test::world_model({"within", "corrected_score"}), world.context);
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(world.context.joint.count(), 1);
  for (const auto& fit : fits) {
    const ReplicateBlock block = test::evaluate(*fit.resampled, ones);
    const Eigen::Index p = fit.estimate.coefficients.size();
    CHECK((block.value.col(0).head(p) - fit.estimate.coefficients).cwiseAbs().maxCoeff() < 1e-10);
    if (fit.estimate.estimator == "corrected_score") CHECK(block.t.cwiseAbs().maxCoeff() < 1e-7);
  }
}

TEST_CASE("the linear form's standard errors at the estimate are the cluster-robust ones, factor G/(G-1)") {
  const test::World world = test::make_world({.loading = {0.0, 0.0, 0.0}});
  ModelConfig model = test::world_model({"corrected_score"});
  model.covariance.small_sample = "none";
  for (const auto* effects : {"none", "common", "by_type"}) {
    model.period_effects = effects;
    PanelData data = world.data;
    if (std::string(effects) == "by_type") {
      data.effect_group = data.type;
      data.effect_group_names = data.type_names;
    }
    const auto fits = fit_panel(data, model, world.context);
    const Fit& fit = test::fit_named(fits, "corrected_score");
    const Eigen::Index p = fit.estimate.coefficients.size();
    const double g = static_cast<double>(world.context.joint.count());
    const Eigen::MatrixXd joint = panel_resampled(fit).joint_covariance().topLeftCorner(p, p) * (g - 1.0) / g;
    for (Eigen::Index k = 0; k < p; ++k)
      CHECK(std::sqrt(joint(k, k)) == doctest::Approx(fit.estimate.standard_error(k)).epsilon(2e-4));
  }
}

TEST_CASE("a replicate and its standard error equal a refit on the resampled clusters, written out") {
  // Clusters drawn twice become two clusters of new areas; without a spatial lag nothing else ties areas together.
  const test::World world = test::make_world({.side = 12, .block = 3, .periods = 6, .rho = {0.0, 0.0, 0.0}, .phi = 0.3});
  ModelConfig model = test::world_model({"corrected_score"});
  model.spatial_lag = "none";
  model.covariance.small_sample = "none";
  PanelData data = world.data;
  data.weights = SpatialWeights();
  const auto fits = fit_panel(data, model, world.context);
  const Fit& fit = test::fit_named(fits, "corrected_score");
  const Eigen::Index clusters = world.context.joint.count();
  const Eigen::MatrixXd counts = test::pairs_counts(clusters, 1, 9);
  const ReplicateBlock block = test::evaluate(*fit.resampled, counts);

  PanelData resampled = data;
  FitContext context = world.context;
  std::vector<int> rows;
  std::vector<std::int32_t> label;
  std::int32_t made = 0;
  for (Eigen::Index g = 0; g < clusters; ++g)
    for (int copy = 0; copy < static_cast<int>(counts(g, 0)); ++copy, ++made)
      for (std::size_t i = 0; i < world.context.joint.of_area.size(); ++i)
        if (world.context.joint.of_area[i] == g) {
          rows.push_back(static_cast<int>(i));
          label.push_back(made);
        }
  const auto n = static_cast<Eigen::Index>(rows.size());
  resampled.y.resize(n, data.y.cols());
  resampled.x[0].resize(n, data.x[0].cols());
  for (Eigen::Index i = 0; i < n; ++i) {
    resampled.y.row(i) = data.y.row(rows[static_cast<std::size_t>(i)]);
    resampled.x[0].row(i) = data.x[0].row(rows[static_cast<std::size_t>(i)]);
  }
  resampled.area.resize(static_cast<std::size_t>(n));
  for (Eigen::Index i = 0; i < n; ++i) resampled.area[static_cast<std::size_t>(i)] = static_cast<int>(i);
  resampled.type.assign(static_cast<std::size_t>(n), 0);
  resampled.effect_group.assign(static_cast<std::size_t>(n), 0);
  context.joint.of_area = label;
  context.joint.names.assign(static_cast<std::size_t>(made), "");
  context.by = {context.joint};
  const auto again = fit_panel(resampled, model, context);
  const Fit& refit = test::fit_named(again, "corrected_score");
  // Least squares has no second-order part: estimate and standard error are exact.
  const PanelVariables variables = panel_variables(data, 1, {});
  const TransformedPanel panel = transform(data, variables, {.lag = PanelSpecification::Lag::none}, 0, 6, {});
  std::vector<PanelResampled::Part> parts(1);
  parts[0].statistics = cluster_statistics(panel, world.context.joint.of_area, clusters, nullptr, {});
  const Eigen::VectorXd theta = least_squares(panel, {}).coefficients;
  const PanelResampled within(std::move(parts), theta, {}, PanelResampled::Studentise::yes);
  const ReplicateBlock exact = test::evaluate(within, counts);
  model.estimators = {"within"};
  const auto within_again = fit_panel(resampled, model, context);
  const Estimate& expected = test::fit_named(within_again, "within").estimate;
  for (Eigen::Index k = 0; k < 2; ++k) {
    const double g = static_cast<double>(clusters);
    CHECK(exact.value(k, 0) == doctest::Approx(expected.coefficients(k)).epsilon(1e-10));
    CHECK((exact.value(k, 0) - theta(k)) / exact.t(k, 0) == doctest::Approx(expected.standard_error(k) * std::sqrt(g / (g - 1.0))).epsilon(1e-10));
  }
  // One Newton step from theta against the whole way to the root: the difference is of second order (1/G).
  for (Eigen::Index k = 0; k < 2; ++k) {
    const double move = refit.estimate.coefficients(k) - fit.estimate.coefficients(k);
    CHECK(block.value(k, 0) - fit.estimate.coefficients(k) == doctest::Approx(move).epsilon(0.15));
    const double g = static_cast<double>(clusters);
    const double se = (block.value(k, 0) - fit.estimate.coefficients(k)) / block.t(k, 0);
    CHECK(se == doctest::Approx(refit.estimate.standard_error(k) * std::sqrt(g / (g - 1.0))).epsilon(0.15));
  }
}

TEST_CASE("dq/dtheta by forward mode equals central differences") {
  const test::World world = test::make_world({.side = 9, .block = 3, .periods = 6});
  const PanelVariables variables = panel_variables(world.data, 1, {});
  const TransformedPanel panel = transform(world.data, variables, {}, 0, 6, {});
  const LeastSquares within = least_squares(panel, {});
  const CorrectedScore at_root = corrected_score(panel, within, world.data.weights, {});
  REQUIRE(at_root.status == CorrectedScore::Status::found);
  const int p = panel.regressors();
  // Newton's last point is known from outside as the root of a shifted target: b + shift moves theta, and q with it.
  for (int d = 0; d < p; ++d) {
    Eigen::VectorXd shift = Eigen::VectorXd::Zero(p);
    shift(d) = 0.002 * within.cross(d, d);
    LeastSquares up = within, down = within;
    up.target += shift;
    down.target -= shift;
    const CorrectedScore above = corrected_score(panel, up, world.data.weights, {});
    const CorrectedScore below = corrected_score(panel, down, world.data.weights, {});
    const Eigen::VectorXd moved = above.q - below.q;
    const Eigen::VectorXd predicted = at_root.dq * (above.coefficients - below.coefficients);
    for (int k = 0; k < p; ++k) CHECK(moved(k) == doctest::Approx(predicted(k)).epsilon(0.02).scale(0.01 * at_root.q.norm()));
  }
}

TEST_CASE("the corrected score has the same bits at every instruction set") {
  const test::World world = test::make_world({});
  const ModelConfig model = test::world_model({"corrected_score"});
  const auto best = fit_panel(world.data, model, world.context);
  limit_instruction_set(InstructionSet::v2);
  const auto plain = fit_panel(world.data, model, world.context);
  limit_instruction_set(InstructionSet::v4);
  CHECK(best[1].estimate.coefficients == plain[1].estimate.coefficients);
}
