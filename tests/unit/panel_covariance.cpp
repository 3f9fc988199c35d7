// Every covariance of model A against its textbook sum, written out on a small panel.
#include "engine/estimate/panel/panel_covariance.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/estimate/covariance/shared_shocks.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "engine/estimate/panel/within.hpp"
#include "tests/support/panel_world.hpp"

using namespace spillway;

namespace {
struct Small {
  test::World world = test::make_world({.side = 6, .block = 2, .periods = 5, .seed = 21});
  PanelVariables variables = panel_variables(world.data, 1, {});
  TransformedPanel panel = transform(world.data, variables, {}, 0, 5, {});
  LeastSquares fit = least_squares(panel, {});
  std::vector<double> e = residuals(panel, fit.coefficients, {});
  Eigen::MatrixXd inverse = fit.cross.inverse();
  PanelScores scores;
  Small() {
    scores.panel = &panel;
    scores.residual = &e;
    scores.inverse = scores.cross_inverse = inverse;
    scores.area = world.data.area;
    for (const double value : e) scores.residual_square += value * value;
  }
  Eigen::VectorXd score(Eigen::Index t, Eigen::Index i) const {
    return Eigen::Map<const Eigen::VectorXd>(panel.row(t, i), panel.regressors()) *
           e[static_cast<std::size_t>(t * panel.areas + i)];
  }
  Eigen::MatrixXd sandwich(const Eigen::MatrixXd& meat) const { return inverse * meat * inverse; }
  PanelCovariance covariance(const CovarianceConfig& config) const {
    return panel_covariance(config, scores, world.context, fit.coefficients, {});
  }
};

double distance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) { return (a - b).norm() / b.norm(); }
}  // namespace

TEST_CASE("Driscoll-Kraay is the Bartlett sum of periods' scores") {
  const Small s;
  std::vector<Eigen::VectorXd> h(5, Eigen::VectorXd::Zero(s.panel.regressors()));
  for (Eigen::Index t = 0; t < 5; ++t)
    for (Eigen::Index i = 0; i < 36; ++i) h[static_cast<std::size_t>(t)] += s.score(t, i);
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(s.panel.regressors(), s.panel.regressors());
  for (int t = 0; t < 5; ++t)
    for (int u = 0; u < 5; ++u)
      meat += std::max(0.0, 1.0 - std::abs(t - u) / 3.0) * h[static_cast<std::size_t>(t)] *
              h[static_cast<std::size_t>(u)].transpose();
  CHECK(distance(s.covariance({.kind = CovarianceKind::driscoll_kraay,
                               .by = {},
                               .small_sample = SmallSample::none,
                               .lags = 2})
                     .value,
                 s.sandwich(meat)) < 1e-12);
}

TEST_CASE("Conley is the kernel sum over pairs of areas within a period and all periods of an area") {
  const Small s;
  for (const std::string kernel : {"bartlett", "uniform"}) {
    Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(s.panel.regressors(), s.panel.regressors());
    for (Eigen::Index i = 0; i < 36; ++i)
      for (Eigen::Index j = 0; j < 36; ++j) {
        const double km = std::hypot(s.world.context.easting(i) - s.world.context.easting(j),
                                     s.world.context.northing(i) - s.world.context.northing(j)) /
                          1000.0;
        const double weight = km >= 2.5 ? 0.0 : kernel == "uniform" ? 1.0 : 1.0 - km / 2.5;
        for (Eigen::Index t = 0; t < 5; ++t) {
          meat += weight * s.score(t, i) * s.score(t, j).transpose();
          if (i == j)
            for (Eigen::Index u = 0; u < 5; ++u)
              if (u != t) meat += s.score(t, i) * s.score(u, i).transpose();
        }
      }
    Eigen::MatrixXd expected = s.sandwich(meat);
    const PanelCovariance made = s.covariance({.kind = CovarianceKind::conley,
                                               .by = {},
                                               .small_sample = SmallSample::none,
                                               .cutoff_km = 2.5,
                                               .kernel = *named<ConleyKernel>(kernel)});
    if (made.description.find("negative") == std::string::npos) CHECK(distance(made.value, expected) < 1e-12);
  }
}

TEST_CASE("two-way clusters add both ways and take off the overlap") {
  Small s;
  Clusters second;
  second.column = "constituency_code";
  for (int i = 0; i < 36; ++i) second.of_area.push_back(i % 5);
  second.names = {"a", "b", "c", "d", "e"};
  s.world.context.by = {s.world.context.joint, second};
  const auto meat = [&](auto same) {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(s.panel.regressors(), s.panel.regressors());
    for (Eigen::Index i = 0; i < 36; ++i)
      for (Eigen::Index j = 0; j < 36; ++j) {
        if (!same(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) continue;
        for (Eigen::Index t = 0; t < 5; ++t)
          for (Eigen::Index u = 0; u < 5; ++u) sum += s.score(t, i) * s.score(u, j).transpose();
      }
    return sum;
  };
  const auto& lad = s.world.context.joint.of_area;
  const Eigen::MatrixXd expected = s.sandwich(meat([&](std::size_t i, std::size_t j) {
    return lad[i] == lad[j] || second.of_area[i] == second.of_area[j];
  }));
  const PanelCovariance made =
      s.covariance({.kind = CovarianceKind::two_way, .by = {}, .small_sample = SmallSample::none});
  if (made.description.find("negative") == std::string::npos) CHECK(distance(made.value, expected) < 1e-10);
  CHECK(made.clusters == 5);
}

TEST_CASE("HC2 and HC3 use the leverage of the regression with every dummy") {
  const Small s;
  // The leverage by brute force: the hat matrix of [X, area dummies, period dummies].
  const Eigen::Index n = 36, periods = 5, p = s.panel.regressors(), rows = n * periods;
  Eigen::MatrixXd full = Eigen::MatrixXd::Zero(rows, p + n + periods - 1);
  for (Eigen::Index t = 0; t < periods; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      full.row(t * n + i).head(p) = Eigen::Map<const Eigen::VectorXd>(s.panel.row(t, i), p).transpose();
      full(t * n + i, p + i) = 1.0;
      if (t > 0) full(t * n + i, p + n + t - 1) = 1.0;
    }
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(full).householderQ() *
                            Eigen::MatrixXd::Identity(rows, full.cols());
  for (const int power : {1, 2}) {
    Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(p, p);
    for (Eigen::Index t = 0; t < periods; ++t)
      for (Eigen::Index i = 0; i < n; ++i)
        meat +=
            s.score(t, i) * s.score(t, i).transpose() / std::pow(1.0 - q.row(t * n + i).squaredNorm(), power);
    CHECK(distance(
              s.covariance({.kind = power == 1 ? CovarianceKind::hc2 : CovarianceKind::hc3, .by = {}}).value,
              s.sandwich(meat)) < 1e-10);
  }
}

TEST_CASE("the jackknife CR3 leaves clusters out one at a time") {
  // Without spatial lags a cluster left out is a panel without its areas: refit each.
  test::World world = test::make_world({.side = 6, .block = 2, .periods = 5, .rho = {0, 0, 0}, .seed = 22});
  PanelModel model = test::world_model({"within"});
  model.spatial_lag = SpatialLag::none;
  model.covariance.small_sample = SmallSample::cr3;
  const auto fits = fit_panel(world.data, model, world.context);
  const Estimate& whole = test::fit_named(fits, "within").estimate;
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(2, 2);
  model.covariance.small_sample = SmallSample::none;
  for (int g = 0; g < 9; ++g) {
    PanelData part = world.data;
    std::vector<int> kept;
    for (int i = 0; i < 36; ++i)
      if (world.context.joint.of_area[static_cast<std::size_t>(i)] != g) kept.push_back(i);
    part.y.resize(static_cast<Eigen::Index>(kept.size()), world.data.y.cols());
    part.x[0].resize(part.y.rows(), world.data.x[0].cols());
    for (std::size_t k = 0; k < kept.size(); ++k) {
      part.y.row(static_cast<Eigen::Index>(k)) = world.data.y.row(kept[k]);
      part.x[0].row(static_cast<Eigen::Index>(k)) = world.data.x[0].row(kept[k]);
    }
    part.area = kept;
    part.type.assign(kept.size(), 0);
    part.effect_group.assign(kept.size(), 0);
    part.weights = SpatialWeights();
    const auto without = fit_panel(part, model, world.context);
    const Eigen::VectorXd change =
        test::fit_named(without, "within").estimate.coefficients - whole.coefficients;
    sum += change * change.transpose();
  }
  CHECK(distance(whole.covariance, 8.0 / 9.0 * sum) < 1e-9);
}

TEST_CASE("a covariance that is not named suggests clusters") {
  const Small s;
  CHECK_THROWS_AS(s.covariance({.kind = CovarianceKind::conley, .by = {}, .cutoff_km = 0.0}), InputError);
}

TEST_CASE("what pairs of clusters share is the sum of their products over its error") {
  // Two periods, three clusters, one coefficient; column t 3 + g.
  Eigen::MatrixXd u(1, 6);
  u << 1.0, 2.0, -1.0, 3.0, 1.0, 0.5;
  const ClusterPairs pairs = {{0, 1}, {1, 2}};
  const double m01 = 1.0 * 2.0 + 3.0 * 1.0, m12 = 2.0 * -1.0 + 1.0 * 0.5,
               own = 1.0 + 4.0 + 1.0 + 9.0 + 1.0 + 0.25;
  const auto found = test_between(u, 3, {"lag"}, {pairs});
  const double z = (m01 + m12) / std::sqrt(m01 * m01 + m12 * m12);
  CHECK(found.test.value == doctest::Approx(z));
  CHECK(found.inflation == doctest::Approx(2.0 * (m01 + m12) / own));
  CHECK(found.coefficient == "lag");
  // Two sets of pairs are two tests.
  CHECK(test_between(u, 3, {"lag"}, {pairs, {{0, 1}}}).test.p ==
        doctest::Approx(2.0 * std::erfc(1.0 / std::sqrt(2.0))));
  CHECK(test_between(u, 3, {"lag"}, {ClusterPairs{}}).test.p == 1.0);
}

TEST_CASE("neighbours merge the smallest first, and what has none stays alone") {
  // A path 0 - 1 - 2 - 3 - 4 - 5 and an island 6.
  const ClusterPairs path = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}};
  CHECK(merge_neighbours(path, 7, 3) == std::vector<std::int32_t>{0, 0, 1, 1, 2, 2, 3});
  CHECK(merge_neighbours(path, 7, 1) == std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 1});
  CHECK(merge_neighbours({}, 3, 2) == std::vector<std::int32_t>{0, 1, 2});
}

TEST_CASE("clusters go to the group of most of their rows, and cells are summed by it") {
  const std::vector<std::int32_t> cluster = {0, 0, 0, 1, 1}, group = {1, 0, 1, 0, 0};
  CHECK(group_of_clusters(cluster, 3, group) == std::vector<std::int32_t>{1, 0, -1});
  Eigen::MatrixXd cells(1, 6);  // two periods of three clusters
  cells << 1, 2, 4, 8, 16, 32;
  const Eigen::MatrixXd sum = sum_groups(cells, 3, {1, 0, -1}, 2);
  CHECK(sum == (Eigen::MatrixXd(1, 4) << 2, 1, 16, 8).finished());
  CHECK(pairs_within({0, 1, 0, 0, -1}, 10) == ClusterPairs{{0, 2}, {0, 3}, {2, 3}});
  CHECK(pairs_within({0, 1, 0, 0, -1}, 2).empty());
}
