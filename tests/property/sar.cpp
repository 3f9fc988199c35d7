// Laws of spatial autoregressions: the log-determinant's bound, traces and impacts against dense algebra,
// known truths.
#include <doctest/doctest.h>

#include <Eigen/LU>

#include "engine/estimate/spatial/impacts.hpp"
#include "tests/support/sar_cases.hpp"

using namespace spillway;

namespace {

/// Two lattices, two islands: 3 kinds of component in one W.
SpatialWeights broken_lattice() {
  const auto part = test::lattice(7, 9).matrix();
  std::vector<Eigen::Triplet<double>> entries;
  for (Eigen::Index i = 0; i < part.rows(); ++i)
    for (SpatialWeights::Matrix::InnerIterator it(part, i); it; ++it) {
      entries.emplace_back(i, it.col(), 1.0);
      if (i < 18 && it.col() < 18) entries.emplace_back(i + 64, it.col() + 64, 1.0);
    }
  return SpatialWeights(test::sparse(83, entries), true);
}

/// Symmetric distance decay, not standardised.
SpatialWeights decay(int areas) {
  std::vector<Eigen::Triplet<double>> entries;
  for (int i = 0; i < areas; ++i)
    for (int j = 0; j < areas; ++j)
      if (i != j && std::abs(i - j) < 5) entries.emplace_back(i, j, 1.0 / std::abs(i - j));
  return SpatialWeights(test::sparse(areas, entries), false);
}

double dense_log_determinant(const SpatialWeights& w, double rho) {
  const Eigen::MatrixXd a =
      Eigen::MatrixXd::Identity(w.areas(), w.areas()) - rho * Eigen::MatrixXd(w.matrix());
  return std::log(std::abs(Eigen::PartialPivLU<Eigen::MatrixXd>(a).determinant()));
}

Estimate fit_one(const SarData& data, const SarModel& model) {
  return fit_spatial_autoregression(data, model, FitContext{}).front().estimate;
}

void check_recovered(const Estimate& e, const std::string& name, double truth) {
  // Fixed seeds: a right program misses 4 standard errors once in 16,000 tries.
  CHECK_MESSAGE(std::abs(test::coefficient(e, name) - truth) < 4.0 * test::error_of(e, name), e.estimator,
                " ", name, " ", test::coefficient(e, name), " (", test::error_of(e, name), ") against ",
                truth);
}

}  // namespace

TEST_CASE("exact and interpolated log-determinants are the dense one, the latter within its bound") {
  struct Case {
    const char* name;
    SpatialWeights weights;
    SpatialStructure::Kind kind;
  };
  const Case cases[] = {{"lattice with islands", broken_lattice(), SpatialStructure::Kind::reversible},
                        {"symmetric decay", decay(60), SpatialStructure::Kind::reversible},
                        {"directed", test::directed(80, 4, 5), SpatialStructure::Kind::general}};
  for (const auto& one : cases) {
    CAPTURE(one.name);
    CHECK(spatial_structure(one.weights).kind == one.kind);
    // A coarse interpolant too, whose error is not lost in rounding: the bound must hold for it as well.
    for (const double tolerance : {1e-6, 1e-2, 1.0}) {
      LogDeterminant::Settings settings;
      settings.tolerance = tolerance;
      const LogDeterminant fast(one.weights, settings, {});
      CHECK(fast.error_bound() <= tolerance);
      double largest = 0.0;
      for (int step = -40; step <= 40; ++step) {
        const double rho = fast.upper() * step / 40.0, dense = dense_log_determinant(one.weights, rho);
        largest = std::max(largest, std::abs(fast.fast(rho).value - dense));
        CHECK(std::abs(fast.exact(rho) - dense) < 1e-10 * static_cast<double>(one.weights.areas()));
      }
      CHECK(largest <= fast.error_bound() + 1e-10);
      if (tolerance == 1.0) CHECK(largest > 1e-9);  // coarse indeed
    }
  }
}

TEST_CASE("the bound of interpolation holds for a single eigenvalue at every number of nodes") {
  // One eigenvalue l of W / radius: log(1 - 2 l u + u^2) interpolated at K + 1 nodes of [-u_max, u_max].
  const double u_max = 0.8;
  const auto bounds = interpolation_bounds(u_max, 40);
  for (const double l : {1.0, 0.9, -1.0, 0.3})
    for (const int k : {2, 5, 10, 20}) {
      const auto f = [&](double x) { return std::log(1.0 - 2.0 * l * u_max * x + u_max * u_max * x * x); };
      std::vector<double> node, weight;
      for (int j = 0; j <= k; ++j) {
        const double angle = 3.14159265358979323846 * (j + 0.5) / (k + 1);
        node.push_back(std::cos(angle));
        weight.push_back((j % 2 ? -1.0 : 1.0) * std::sin(angle));  // barycentric
      }
      double largest = 0.0;
      for (int step = 0; step < 200; ++step) {
        const double x = -1.0 + 2.0 * (step + 0.37) / 200.0;
        double top = 0.0, bottom = 0.0;
        for (std::size_t j = 0; j < node.size(); ++j) {
          top += weight[j] / (x - node[j]) * f(node[j]);
          bottom += weight[j] / (x - node[j]);
        }
        largest = std::max(largest, std::abs(top / bottom - f(x)));
      }
      CHECK(largest <= bounds[static_cast<std::size_t>(k)]);
      if (l == 1.0) CHECK(largest > 0.02 * bounds[static_cast<std::size_t>(k)]);  // and it is not idle
    }
}

TEST_CASE("traces are those of the dense inverse, and probes come within their standard error") {
  for (const auto& weights : {broken_lattice(), decay(60), test::directed(80, 4, 5)}) {
    LogDeterminant::Settings probed;
    probed.exact_traces = 0;
    probed.probes = 200;
    const LogDeterminant exact(weights), rough(weights, probed, {});
    for (const double share : {-0.6, 0.0, 0.4, 0.85}) {
      const double rho = share * (1.0 / exact.structure().radius);
      const Eigen::MatrixXd w(weights.matrix());
      const Eigen::MatrixXd g = w * (Eigen::MatrixXd::Identity(w.rows(), w.rows()) - rho * w).inverse();
      const auto traces = exact.traces(rho);
      CHECK(std::abs(traces.g - g.trace()) < 1e-6 * g.norm());
      CHECK(std::abs(traces.g2 - (g * g).trace()) < 1e-6 * g.squaredNorm());
      CHECK(std::abs(traces.gg - g.squaredNorm()) < 1e-10 * g.squaredNorm());
      CHECK(traces.gg_error == 0.0);
      const auto guess = rough.traces(rho);
      // 12 comparisons at 5 standard errors; the probes' error vanishes at rho = 0, where all of tr G'G is
      // known.
      CHECK(std::abs(guess.gg - g.squaredNorm()) <= 5.0 * guess.gg_error + 1e-9 * g.squaredNorm());
    }
  }
}

TEST_CASE("a solve is the dense solve") {
  for (const auto& weights : {broken_lattice(), decay(60), test::directed(80, 4, 5)}) {
    const LogDeterminant determinant(weights);
    const double rho = 0.7 * (1.0 / determinant.structure().radius);
    const Eigen::MatrixXd b = Eigen::MatrixXd::Random(weights.areas(), 11);
    const Eigen::MatrixXd a =
        Eigen::MatrixXd::Identity(weights.areas(), weights.areas()) - rho * Eigen::MatrixXd(weights.matrix());
    const Eigen::MatrixXd x = a.partialPivLu().solve(b);
    CHECK((determinant.solve(rho, b) - x).norm() < 1e-11 * x.norm());
    SpatialFactor factor(determinant.structure());
    factor.factorise(rho);
    CHECK((factor.solve(b) - x).norm() < 1e-12 * x.norm());
  }
}

TEST_CASE("impacts are the means of the dense impact matrix, with Durbin terms, islands and any W") {
  for (const auto& weights : {broken_lattice(), decay(60), test::directed(80, 4, 5)}) {
    test::SarWorld world;
    world.rho = 0.1;
    const SarData data = test::sar_world(weights, world);
    const SarDesign design = sar_design(data, DurbinTerms::all, LagOrder::before_effects, {});
    const LogDeterminant determinant(weights);
    const double rho = 0.6 * (1.0 / determinant.structure().radius);
    Eigen::VectorXd beta(5);
    beta << 1.0, 0.7, -0.4, 0.25, 0.1;  // constant, x1, x2, W x1, W x2
    const auto dense = [&](double at, const Eigen::VectorXd& b) {
      const Eigen::MatrixXd w(weights.matrix()), one = Eigen::MatrixXd::Identity(w.rows(), w.rows());
      Eigen::VectorXd value(6);
      for (int k = 0; k < 2; ++k) {
        const Eigen::MatrixXd s =
            (one - at * w).partialPivLu().solve(Eigen::MatrixXd(b[1 + k] * one + b[3 + k] * w));
        value[k] = s.trace() / static_cast<double>(s.rows());
        value[4 + k] = s.sum() / static_cast<double>(s.rows());
        value[2 + k] = value[4 + k] - value[k];
      }
      return value;
    };
    const Impacts impacts = lag_impacts(design, weights, determinant, rho, beta);
    CHECK(impacts.names == std::vector<std::string>{"impact_direct:x1", "impact_direct:x2",
                                                    "impact_indirect:x1", "impact_indirect:x2",
                                                    "impact_total:x1", "impact_total:x2"});
    CHECK((impacts.value - dense(rho, beta)).cwiseAbs().maxCoeff() < 1e-8);
    for (Eigen::Index p = 0; p < 6; ++p) {
      Eigen::VectorXd high = beta, low = beta;
      const double h = 1e-5;
      if (p > 0) high[p - 1] += h, low[p - 1] -= h;
      const Eigen::VectorXd slope =
          (dense(rho + (p == 0 ? h : 0.0), high) - dense(rho - (p == 0 ? h : 0.0), low)) / (2.0 * h);
      CHECK((impacts.jacobian.col(p) - slope).cwiseAbs().maxCoeff() < 1e-6);
    }
  }
}

TEST_CASE(
    "true coefficients come back within 4 standard errors: lag, Durbin, error, and panels with effects") {
  const SpatialWeights weights = test::lattice(35, 35);
  SUBCASE("lag, by every estimator") {
    test::SarWorld world;
    world.rho = 0.5;
    const SarData data = test::sar_world(weights, world);
    for (const char* estimator : {"qml", "qml_exact", "gs2sls", "gs2sls_wx"}) {
      const Estimate e = fit_one(data, test::sar_model({estimator}));
      check_recovered(e, "rho", 0.5);
      check_recovered(e, "(Intercept)", 1.0);
      check_recovered(e, "x1", 1.0);
      check_recovered(e, "x2", -0.5);
      check_recovered(e, "impact_total:x1", 2.0);
    }
  }
  SUBCASE("Durbin") {
    test::SarWorld world;
    world.theta = {0.6, 0.3};
    const SarData data = test::sar_world(weights, world);
    for (const char* estimator : {"qml", "gs2sls"}) {
      SarModel model = test::sar_model({estimator});
      model.durbin = true;
      const Estimate e = fit_one(data, model);
      check_recovered(e, "rho", 0.4);
      check_recovered(e, "lag_x:x1", 0.6);
      check_recovered(e, "lag_x:x2", 0.3);
      check_recovered(e, "impact_total:x1", 1.6 / 0.6);
    }
  }
  SUBCASE("error") {
    test::SarWorld world;
    world.rho = 0.0;
    world.lambda = 0.6;
    SarModel model = test::sar_model({"qml"});
    model.spatial_error = true;
    const Estimate e = fit_one(test::sar_world(weights, world), model);
    check_recovered(e, "lambda", 0.6);
    check_recovered(e, "x1", 1.0);
    CHECK(e.find("rho") < 0);
    CHECK(e.find("impact_direct:x1") < 0);
  }
  SUBCASE("panel") {
    test::SarWorld world;
    world.rho = 0.45;
    world.periods = 4;
    const SarData data = test::sar_world(weights, world);
    const Estimate e = fit_one(data, test::sar_model({"qml"}));
    check_recovered(e, "rho", 0.45);
    check_recovered(e, "x1", 1.0);
    // sigma2 = 1 with sd sqrt(2 / (n (T - 1))) = 0.023; without Lee & Yu's T/(T-1) it would be 0.75.
    CHECK(std::abs(e.diagnostic("sigma2") - 1.0) < 4.0 * std::sqrt(2.0 / (1225.0 * 3.0)));
    check_recovered(fit_one(data, test::sar_model({"gs2sls"})), "rho", 0.45);
    SarModel error = test::sar_model({"qml"});
    error.spatial_error = true;
    world.rho = 0.0;
    world.lambda = 0.5;
    check_recovered(fit_one(test::sar_world(weights, world), error), "lambda", 0.5);
  }
}

TEST_CASE("a within fit is the fit with a dummy variable for every effect") {
  test::SarWorld world;
  world.periods = 4;
  const SpatialWeights weights = test::directed(30, 3, 9);
  const SarData data = test::sar_world(weights, world);
  const Estimate within = fit_one(data, test::sar_model({"gs2sls"}, "iid", "none"));
  // The same by hand: 2SLS of the stacked equations with 30 + 3 dummies.
  const Eigen::Index n = 30, rows = 120;
  const auto stack = [&](const Eigen::MatrixXd& value) {
    return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(value.data(), rows));
  };
  Eigen::MatrixXd dummies = Eigen::MatrixXd::Zero(rows, n + 3);
  for (Eigen::Index t = 0; t < 4; ++t)
    for (Eigen::Index i = 0; i < n; ++i) {
      dummies(t * n + i, i) = 1.0;
      if (t > 0) dummies(t * n + i, n + t - 1) = 1.0;
    }
  Eigen::MatrixXd z(rows, n + 6), h(rows, n + 3 + 6);
  const auto lag = [&](const Eigen::MatrixXd& x) { return spatial_lag(weights, x); };
  z << stack(lag(data.y)), stack(data.x[0]), stack(data.x[1]), dummies;
  h << stack(data.x[0]), stack(data.x[1]), stack(lag(data.x[0])), stack(lag(data.x[1])),
      stack(lag(lag(data.x[0]))), stack(lag(lag(data.x[1]))), dummies;
  const Eigen::MatrixXd z_hat = h * h.colPivHouseholderQr().solve(z);
  const Eigen::VectorXd theta = z_hat.colPivHouseholderQr().solve(stack(data.y));
  CHECK(std::abs(test::coefficient(within, "rho") - theta[0]) < 1e-9);
  CHECK(std::abs(test::coefficient(within, "x1") - theta[1]) < 1e-9);
  CHECK(std::abs(test::coefficient(within, "x2") - theta[2]) < 1e-9);
}

TEST_CASE("standard errors are those of the information matrix with every dummy in it, islands or not") {
  for (const auto& weights : {broken_lattice(), test::directed(40, 3, 9)}) {
    test::SarWorld world;
    world.periods = 3;
    const SarData data = test::sar_world(weights, world);
    const Estimate e = fit_one(data, test::sar_model({"qml"}));
    const Eigen::Index n = weights.areas(), rows = 3 * n, k = 2 + n + 2;
    Eigen::MatrixXd z = Eigen::MatrixXd::Zero(rows, k);
    for (Eigen::Index t = 0; t < 3; ++t)
      for (Eigen::Index i = 0; i < n; ++i) {
        z(t * n + i, 0) = data.x[0](i, t);
        z(t * n + i, 1) = data.x[1](i, t);
        z(t * n + i, 2 + i) = 1.0;
        if (t > 0) z(t * n + i, 2 + n + t - 1) = 1.0;
      }
    const double rho = e.coefficients[0];
    const Eigen::MatrixXd w(weights.matrix()), a = Eigen::MatrixXd::Identity(n, n) - rho * w,
                                               g = w * a.inverse();
    const Eigen::MatrixXd filtered = a * data.y;
    const Eigen::VectorXd target = Eigen::Map<const Eigen::VectorXd>(filtered.data(), rows);
    const Eigen::VectorXd b = z.colPivHouseholderQr().solve(target), mean = z * b;
    const double sigma2 = (target - mean).squaredNorm() / static_cast<double>(rows);
    CHECK(std::abs(b[0] - test::coefficient(e, "x1")) < 1e-9);
    const Eigen::MatrixXd through = g * Eigen::Map<const Eigen::MatrixXd>(mean.data(), n, 3);
    const Eigen::VectorXd gm = Eigen::Map<const Eigen::VectorXd>(through.data(), rows);
    Eigen::MatrixXd information = Eigen::MatrixXd::Zero(k + 2, k + 2);
    information(0, 0) = 3.0 * (g.squaredNorm() + (g * g).trace()) + gm.squaredNorm() / sigma2;
    information.block(1, 0, k, 1) = z.transpose() * gm / sigma2;
    information.block(0, 1, 1, k) = information.block(1, 0, k, 1).transpose();
    information.block(1, 1, k, k) = z.transpose() * z / sigma2;
    information(0, k + 1) = information(k + 1, 0) = 3.0 * g.trace() / sigma2;
    information(k + 1, k + 1) = static_cast<double>(rows) / (2.0 * sigma2 * sigma2);
    const Eigen::MatrixXd covariance = 1.5 * information.fullPivLu().inverse();  // T / (T - 1)
    // tr G and tr G^2 are derivatives of the interpolant, good to about 1e-7 here.
    CHECK((e.covariance.topLeftCorner(3, 3) - covariance.topLeftCorner(3, 3)).norm() <
          1e-6 * covariance.topLeftCorner(3, 3).norm());
  }
}

TEST_CASE("workers never change a bit, and the fast likelihood is the exact one's") {
  test::SarWorld world;
  world.periods = 3;
  const SarData data = test::sar_world(test::lattice(20, 20), world);
  LogDeterminant::Settings settings;
  settings.exact_traces = 100;  // probes
  std::vector<Estimate> fits;
  for (const int workers : {1, 2, 5}) {
    FitContext context;
    context.parallelism = {workers};
    fits.push_back(fit_spatial_autoregression(
                       data, test::sar_model({"qml"}), context,
                       std::make_shared<LogDeterminant>(data.weights, settings, Parallelism{workers}))
                       .front()
                       .estimate);
  }
  for (const auto& e : fits) {
    CHECK(e.coefficients == fits[0].coefficients);
    CHECK(e.covariance == fits[0].covariance);
  }
  const Estimate exact = fit_one(data, test::sar_model({"qml_exact"}));
  CHECK(std::abs(exact.coefficients[0] - fits[0].coefficients[0]) < 1e-7);
  CHECK(std::abs(exact.diagnostic("log_likelihood") - fits[0].diagnostic("log_likelihood")) < 1e-6);
}

TEST_CASE("scaling y or x, or numbering areas anew, changes what it must and nothing else") {
  const SpatialWeights weights = test::lattice(12, 12);
  const SarData data = test::sar_world(weights, {});
  const Estimate e = fit_one(data, test::sar_model({"qml"}));
  SarData scaled = data;
  scaled.y *= 1000.0;
  scaled.x[0] *= 0.01;
  const Estimate s = fit_one(scaled, test::sar_model({"qml"}));
  CHECK(std::abs(s.coefficients[0] - e.coefficients[0]) < 1e-10);
  CHECK(std::abs(s.standard_error(0) - e.standard_error(0)) < 1e-10);
  CHECK(std::abs(test::coefficient(s, "x1") / test::coefficient(e, "x1") - 1e5) < 1e-3);
  SarData turned = data;
  const Eigen::Index n = weights.areas();
  std::vector<Eigen::Triplet<double>> entries;
  for (Eigen::Index i = 0; i < n; ++i)
    for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it)
      entries.emplace_back(n - 1 - i, n - 1 - it.col(), 1.0);
  turned.weights = SpatialWeights(test::sparse(n, entries), true);
  turned.y = data.y.colwise().reverse();
  for (std::size_t k = 0; k < data.x.size(); ++k) turned.x[k] = data.x[k].colwise().reverse();
  const Estimate r = fit_one(turned, test::sar_model({"qml"}));
  CHECK((r.coefficients - e.coefficients).cwiseAbs().maxCoeff() < 1e-10);
}

TEST_CASE("a likelihood that peaks beyond 0.99 is found by a wider interpolant") {
  test::SarWorld world;
  world.rho = 0.997;
  world.sigma = 0.1;
  const Estimate e = fit_one(test::sar_world(test::lattice(20, 20), world), test::sar_model({"qml"}));
  CHECK(e.coefficients[0] > 0.99);
  check_recovered(e, "rho", 0.997);
}
