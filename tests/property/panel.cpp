// Laws of model A's estimators on generated worlds.
#include <doctest/doctest.h>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/panel_bootstrap.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "engine/estimate/panel/within.hpp"
#include "tests/support/panel_world.hpp"

using namespace spillway;

namespace {
const PanelResampled& panel_resampled(const Fit& fit) {
  const auto* resampled = dynamic_cast<const PanelResampled*>(fit.resampled.get());
  REQUIRE(resampled != nullptr);
  return *resampled;
}

/// Pairs, though the clusters are few: the interval is asked for by name.
PanelModel pairs_model(const std::vector<std::string>& estimators) {
  PanelModel model = test::world_model(estimators);
  model.interval = IntervalKind::percentile_t;
  return model;
}
}  // namespace

TEST_CASE("any number of workers gives the same bits of estimates, covariances and replicates") {
  test::World world = test::make_world({.side = 48, .block = 6});
  const PanelModel model = test::world_model({"within", "corrected_score"});
  const auto serial = fit_panel(world.data, model, world.context);
  const Eigen::MatrixXd counts = test::pairs_counts(world.context.joint.count(), 50, 3);
  for (const int workers : {2, 3, 8}) {
    world.context.parallelism = {workers};
    const auto parallel = fit_panel(world.data, model, world.context);
    for (std::size_t k = 0; k < serial.size(); ++k) {
      CHECK(serial[k].estimate.coefficients == parallel[k].estimate.coefficients);
      CHECK(serial[k].estimate.covariance == parallel[k].estimate.covariance);
      CHECK(test::evaluate(*serial[k].resampled, counts).value ==
            test::evaluate(*parallel[k].resampled, counts).value);
    }
  }
}

TEST_CASE("a replicate does not depend on the block it is computed in") {
  const test::World world = test::make_world({});
  const auto fits = fit_panel(world.data, pairs_model({"corrected_score"}), world.context);
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
  const auto fits = fit_panel(world.data, pairs_model({"within", "corrected_score"}), world.context);
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
  PanelModel model = pairs_model({"corrected_score"});
  model.covariance.small_sample = SmallSample::none;
  for (const auto* effects : {"none", "common", "by_type"}) {
    model.period_effects = *named<PeriodEffects>(effects);
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
  // Clusters drawn twice become two clusters of new areas; without a spatial lag nothing else ties areas
  // together.
  const test::World world =
      test::make_world({.side = 12, .block = 3, .periods = 6, .rho = {0.0, 0.0, 0.0}, .phi = 0.3});
  PanelModel model = pairs_model({"corrected_score"});
  model.spatial_lag = SpatialLag::none;
  model.covariance.small_sample = SmallSample::none;
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
  model.estimators = {Estimator::within};
  const auto within_again = fit_panel(resampled, model, context);
  const Estimate& expected = test::fit_named(within_again, "within").estimate;
  for (Eigen::Index k = 0; k < 2; ++k) {
    const double g = static_cast<double>(clusters);
    CHECK(exact.value(k, 0) == doctest::Approx(expected.coefficients(k)).epsilon(1e-10));
    CHECK((exact.value(k, 0) - theta(k)) / exact.t(k, 0) ==
          doctest::Approx(expected.standard_error(k) * std::sqrt(g / (g - 1.0))).epsilon(1e-10));
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
  // Newton's last point is known from outside as the root of a shifted target: b + shift moves theta, and q
  // with it.
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
    for (int k = 0; k < p; ++k)
      CHECK(moved(k) == doctest::Approx(predicted(k)).epsilon(0.02).scale(0.01 * at_root.q.norm()));
  }
}

TEST_CASE("q and its share of every period are the double sums written out, second lags too") {
  // Kills: the second spatial lag's weights one period off, its coefficient left out of A_m, shares that sum
  // to q but belong to one period alone.
  test::World world = test::make_world({.side = 15, .block = 5, .periods = 8, .phi_2 = 0.1, .seed = 4});
  const PanelVariables variables = panel_variables(world.data, 2, {});
  for (const auto second : {PanelSpecification::SecondLag::absent, PanelSpecification::SecondLag::present}) {
    PanelSpecification specification;
    specification.own_lags = 2;
    specification.second_lag = second;
    const TransformedPanel panel = transform(world.data, variables, specification, 0, 8, {});
    const CorrectedScore score = corrected_score(panel, least_squares(panel, {}), world.data.weights, {});
    REQUIRE(score.status == CorrectedScore::Status::found);
    const int n = 225, periods = 8, p = panel.regressors(), lags = panel.lags;
    const Eigen::MatrixXd w(world.data.weights.matrix());
    Eigen::MatrixXd one = score.coefficients(lags) * Eigen::MatrixXd::Identity(n, n),
                    two = score.coefficients(lags + 1) * Eigen::MatrixXd::Identity(n, n);
    for (int i = 0; i < n; ++i) {
      one.row(i) += score.coefficients(panel.type[static_cast<std::size_t>(i)]) * w.row(i);
      if (panel.second_lags > 0)
        two.row(i) += score.coefficients(lags + 2 + panel.type[static_cast<std::size_t>(i)]) * w.row(i);
    }
    std::vector<Eigen::MatrixXd> a = {Eigen::MatrixXd::Identity(n, n)};
    for (int m = 1; m <= periods - 2; ++m)
      a.push_back(
          one * a[static_cast<std::size_t>(m - 1)] +
          (m > 1 ? Eigen::MatrixXd(two * a[static_cast<std::size_t>(m - 2)]) : Eigen::MatrixXd::Zero(n, n)));
    const Eigen::Map<const Eigen::MatrixXd> e(score.residual.data(), n, periods);
    Eigen::VectorXd q = Eigen::VectorXd::Zero(p);
    Eigen::MatrixXd share = Eigen::MatrixXd::Zero(p, periods);
    for (int f = 0; f < panel.dynamic(); ++f) {
      const bool later = f == lags + 1 || f >= lags + 2, spatial = f < lags || f >= lags + 2;
      const int type = f < lags ? f : f - lags - 2;
      // k(s, m) summed over the areas of this equation.
      Eigen::MatrixXd k = Eigen::MatrixXd::Zero(periods, periods - 1);
      for (int s = 0; s < periods; ++s)
        for (int m = later ? 1 : 0; m <= periods - 2; ++m) {
          const Eigen::VectorXd made = a[static_cast<std::size_t>(later ? m - 1 : m)] * e.col(s),
                                right = spatial ? Eigen::VectorXd(w * made) : made;
          for (int i = 0; i < n; ++i)
            if (!spatial || panel.type[static_cast<std::size_t>(i)] == type) k(s, m) += e(i, s) * right(i);
        }
      const double t_count = periods;
      for (int m = 0; m <= periods - 2; ++m) {
        const double mean = k.col(m).mean();
        for (int s = 0; s < periods; ++s) {
          q(f) -= ((m <= periods - 2 - s ? 1.0 : 0.0) - (t_count - 1 - m) / (t_count * (t_count - 1))) *
                  k(s, m) / (t_count - 2);
          if (s + 1 + m >= periods) continue;
          const double unbiased = t_count / (t_count - 2) * (k(s, m) - mean / (t_count - 1));
          share(f, s) -= unbiased / t_count;
          share(f, s + 1 + m) -= unbiased / t_count;
          share.row(f).array() += unbiased / (t_count * t_count);
        }
      }
    }
    Eigen::MatrixXd made = Eigen::MatrixXd::Zero(p, periods);
    for (int t = 0; t < periods; ++t)
      for (int i = 0; i < n; ++i)
        for (int equation = 0; equation < score.equations; ++equation)
          made(score.row(equation, panel.type[static_cast<std::size_t>(i)]), t) +=
              score.cell_q[static_cast<std::size_t>((t * n + i) * score.equations + equation)];
    CHECK((score.q - q).norm() < 1e-5 * q.norm());
    CHECK((made - share).norm() < 1e-10 * share.norm());
    CHECK((made.rowwise().sum() - q).norm() < 1e-10 * q.norm());
  }
}

TEST_CASE("effective clusters are those of the regressors' leverage, and equal where clusters are") {
  const test::World world = test::make_world({.side = 20, .block = 4});
  const auto fits = fit_panel(world.data, test::world_model({"corrected_score"}), world.context);
  const PanelResampled& resampled = panel_resampled(test::fit_named(fits, "corrected_score"));
  const TransformedPanel panel = transform(world.data, panel_variables(world.data, 1, {}), {}, 0, 10, {});
  const int p = panel.regressors();
  std::vector<Eigen::MatrixXd> cross(25, Eigen::MatrixXd::Zero(p, p));
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(p, p);
  for (int t = 0; t < 10; ++t)
    for (int i = 0; i < 400; ++i) {
      const Eigen::Map<const Eigen::VectorXd> x(panel.row(t, i), p);
      cross[static_cast<std::size_t>(world.context.joint.of_area[static_cast<std::size_t>(i)])] +=
          x * x.transpose();
      all += x * x.transpose();
    }
  const Eigen::MatrixXd inverse = all.inverse();
  for (int k = 0; k < p; ++k) {
    double sum = 0.0, square = 0.0;
    for (const auto& one : cross) {
      const double v = (inverse * one * inverse)(k, k);
      sum += v;
      square += v * v;
    }
    CHECK(resampled.effective_clusters()(k) == doctest::Approx(sum * sum / square).epsilon(1e-9));
  }
  CHECK(resampled.effective_clusters()(p - 1) > 20.0);  // the covariate: nearly all 25
  CHECK(resampled.effective_clusters()(0) < 20.0);      // the lag of one type in five
}

TEST_CASE(
    "draws from score cells have the cells' spread, whatever the clusters' counts, and replicate b is "
    "replicate b") {
  // 4,000 draws: a standard deviation is known to 1.1 %; tolerance 5 %. Kills: T/(T-1) left out (5.4 % at T =
  // 10).
  const test::World world = test::make_world({.side = 24, .block = 8, .periods = 10, .seed = 5});
  const auto fits = fit_panel(world.data, test::world_model({"corrected_score"}), world.context);
  const Fit& fit = test::fit_named(fits, "corrected_score");
  const PanelResampled& resampled = panel_resampled(fit);
  REQUIRE(resampled.cell_draws.influence.cols() == 90);
  const ReplicateBlock block = test::evaluate(resampled, Eigen::MatrixXd::Ones(9, 4000));
  for (Eigen::Index k = 0; k < 5; ++k) {
    const Eigen::ArrayXd change = block.value.row(k).array() - fit.estimate.coefficients(k);
    CHECK(std::sqrt(change.square().mean() / resampled.few_clusters.cells(k, k)) ==
          doctest::Approx(1.0).epsilon(0.05));
  }
  CHECK(block.value(5, 7) == block.value(0, 7) - block.value(2, 7));
  ReplicateBlock later = test::evaluate(resampled, Eigen::MatrixXd::Zero(9, 10));
  later.first = 100;
  resampled.evaluate(later);
  CHECK(later.value.col(3) == block.value.col(103));
}

TEST_CASE("the corrected score has the same bits at every instruction set") {
  const test::World world = test::make_world({});
  const PanelModel model = test::world_model({"corrected_score"});
  const auto best = fit_panel(world.data, model, world.context);
  limit_instruction_set(InstructionSet::v2);
  const auto plain = fit_panel(world.data, model, world.context);
  limit_instruction_set(InstructionSet::v4);
  CHECK(best[1].estimate.coefficients == plain[1].estimate.coefficients);
}
