// The N-free wild bootstraps against row-by-row refits.
#include <doctest/doctest.h>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/covariance/wild_cluster.hpp"
#include "tests/support/iv_world.hpp"

using namespace spillway;

namespace {

/// One WRE replicate the long way: rebuild every row of y* and s*, then 2SLS with a CR1 t, from scratch.
double slow_replicate(const CrossSection& data, const std::vector<std::int32_t>& cluster,
                      Eigen::Index clusters, double b, const Eigen::VectorXd& weight,
                      WildCluster::Regressor regressor) {
  const Eigen::Index n = data.y.size();
  Eigen::MatrixXd w(n, 3);
  w << data.controls, Eigen::VectorXd::Ones(n);
  const auto fitted = [](const Eigen::MatrixXd& x, const Eigen::VectorXd& y) -> Eigen::VectorXd {
    return x * x.colPivHouseholderQr().solve(y);
  };
  const Eigen::VectorXd s = data.endogenous.col(0), null = data.y - b * s, mean = fitted(w, null),
                        u = null - mean;
  Eigen::VectorXd s_star = s;
  Eigen::VectorXd factor(n);
  for (Eigen::Index i = 0; i < n; ++i) factor(i) = weight(cluster[static_cast<std::size_t>(i)]);
  Eigen::MatrixXd z(n, data.instruments.cols() + 3);
  if (regressor == WildCluster::Regressor::instrumented) {
    z << data.instruments, w;
    Eigen::MatrixXd first(n, z.cols() + 1);
    first << z, u;
    const Eigen::VectorXd coefficient = first.colPivHouseholderQr().solve(s);
    const Eigen::VectorXd systematic = z * coefficient.head(z.cols());
    s_star = systematic + factor.cwiseProduct(s - systematic);
  } else {
    z.resize(n, 4);
    z << s, w;
  }
  const Eigen::VectorXd y_star = b * s_star + mean + factor.cwiseProduct(u);
  Eigen::MatrixXd x(n, 4);
  x << s_star, w;
  Eigen::MatrixXd projected(n, 4);
  for (Eigen::Index j = 0; j < 4; ++j) projected.col(j) = fitted(z, x.col(j));
  const Eigen::MatrixXd bread = (projected.transpose() * projected).inverse();
  const Eigen::VectorXd beta = bread * (projected.transpose() * y_star), e = y_star - x * beta;
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(clusters, 4);
  for (Eigen::Index i = 0; i < n; ++i)
    sums.row(cluster[static_cast<std::size_t>(i)]) += e(i) * projected.row(i);
  const auto g = static_cast<double>(clusters), rows = static_cast<double>(n);
  const Eigen::MatrixXd variance =
      g / (g - 1) * (rows - 1) / (rows - 4) * bread * (sums.transpose() * sums) * bread;
  return (beta(0) - b) / std::sqrt(variance(0, 0));
}

}  // namespace

TEST_CASE(
    "replicates from cluster sums equal refits of rebuilt rows, for WRE and for OLS, with every kind of "
    "weight") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  const IvModel model = test::model_of("cluster", {"2sls"});
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, model.covariance, context);
  for (const auto regressor : {WildCluster::Regressor::instrumented, WildCluster::Regressor::exogenous})
    for (const auto kind : {WildWeights::rademacher, WildWeights::webb, WildWeights::mammen}) {
      const WildCluster wild(design, moments, regressor, kind, 42, 199, {});
      for (const double b : {0.0, 1.3}) {
        const Eigen::VectorXd t = wild.statistics(b);
        for (const Eigen::Index r : {0, 7, 100, 198}) {
          Eigen::VectorXd weight(world.clusters);
          wild.plan().fill(r, 1, weight.data());
          const double slow =
              slow_replicate(data, context.joint.of_area, world.clusters, b, weight, regressor);
          CHECK(t(r) == doctest::Approx(slow).epsilon(1e-8));
        }
      }
    }
}

TEST_CASE("the bootstrap's own t is the fit's, one-way and two-way") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  for (const std::size_t ways : {1U, 2U}) {
    const FitContext context = test::context_of(world, ways);
    const auto fits =
        fit_instrumental(data, test::model_of(ways == 1 ? "cluster" : "two_way", {"ols", "2sls"}), context);
    const double ols_t = fits[0].estimate.coefficients(0) / fits[0].estimate.standard_error(0);
    const double iv_t = fits[1].estimate.coefficients(0) / fits[1].estimate.standard_error(0);
    CHECK(fits[0].estimate.diagnostic("wild_cluster_t") == doctest::Approx(ols_t).epsilon(1e-9));
    CHECK(fits[1].estimate.diagnostic("wre_t") == doctest::Approx(iv_t).epsilon(1e-9));
    CHECK(fits[1].estimate.interval_method == "wre_equal_tail");
    CHECK(fits[1].estimate.low(0) < fits[1].estimate.coefficients(0));
    CHECK(fits[1].estimate.high(0) > fits[1].estimate.coefficients(0));
  }
}

TEST_CASE("the replicate whose multipliers are all one is the sample, with two-way clusters too") {
  // Kills a variance that forgets or miscounts the pairs of cells that share only the second way.
  test::IvWorld world;
  world.clusters = 7;
  const CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 2);
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, test::model_of("two_way", {}).covariance, context);
  for (const auto regressor : {WildCluster::Regressor::instrumented, WildCluster::Regressor::exogenous}) {
    const WildCluster wild(design, moments, regressor, WildWeights::rademacher, 1, 4095, {});
    REQUIRE(wild.plan().draws == WildPlan::Draws::every_sign_vector);
    for (const double b : {-0.4, 0.0, 1.3})
      CHECK(wild.statistics(b)(0) * wild.standard_error() ==
            doctest::Approx(wild.estimate() - b).epsilon(1e-9));
  }
}

TEST_CASE("the WRE interval ends where the test's smaller tail is 2.5 %") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, test::model_of("cluster", {}).covariance, context);
  const WildCluster wild(design, moments, WildCluster::Regressor::instrumented, WildWeights::rademacher, 5,
                         1999, {});
  const auto [low, high] = wild.interval(0.95);
  const double step = 0.01 * wild.standard_error();
  for (const auto& [end, inward] : std::vector<std::pair<double, double>>{{low, step}, {high, -step}}) {
    CHECK(wild.test(end + inward, WildCluster::Residuals::restricted).p_equal_tail > 0.05);
    CHECK(wild.test(end - inward, WildCluster::Residuals::restricted).p_equal_tail <= 0.05);
  }
  // 19 replicates cannot tell 2.5 % (1 / 20 is the least p): no interval rather than a wrong one.
  const WildCluster few(design, moments, WildCluster::Regressor::instrumented, WildWeights::rademacher, 5, 19,
                        {});
  CHECK(std::isnan(few.interval(0.95).first));
}

TEST_CASE("multipliers have mean 0 and variance 1, and every sign vector comes once where they are few") {
  for (const auto kind : {WildWeights::rademacher, WildWeights::webb, WildWeights::mammen}) {
    const WildPlan plan(kind, 9, 50, 2000);
    Eigen::MatrixXd weight(50, 2000);
    plan.fill(0, 2000, weight.data());
    // 100,000 draws: 4 standard errors of the mean are 0.0127; of the mean square (Webb: variance 1/6) at
    // most 0.0127.
    CHECK(std::abs(weight.mean()) < 0.0127);
    CHECK(std::abs(weight.array().square().mean() - 1.0) < 0.0127);
    Eigen::VectorXd alone(50);
    plan.fill(1234, 1, alone.data());
    CHECK(alone == weight.col(1234));
  }
  const WildPlan all(WildWeights::rademacher, 1, 4, 15);
  CHECK(all.replicates == 16);
  CHECK(all.draws == WildPlan::Draws::every_sign_vector);
  CHECK(WildPlan(WildWeights::rademacher, 1, 4, 14).draws == WildPlan::Draws::random);
}

TEST_CASE(
    "under every sign vector interval and p-value are each other's inverse; five clusters reject nothing") {
  // 2^9 = 512 vectors: 2.5 % are 12.8 of them, so 13 in a tail are accepted and 12 are not.
  for (const std::uint64_t seed : {1, 2, 3}) {
    test::IvWorld world;
    world.clusters = 9;
    world.seed = seed;
    const CrossSection data = test::cross_section_of(world);
    const FitContext context = test::context_of(world, 1);
    const IvDesign design = iv_design(data);
    const MomentCovariance moments(data, test::model_of("cluster", {"2sls"}).covariance, context);
    const WildCluster wild(design, moments, WildCluster::Regressor::instrumented, WildWeights::rademacher, 1,
                           999, {});
    REQUIRE(wild.plan().draws == WildPlan::Draws::every_sign_vector);
    const auto p = [&](double b) { return wild.test(b, WildCluster::Residuals::restricted).p_equal_tail; };
    const auto [low, high] = wild.interval(0.95);
    const double step = 2e-4 * (high - low);
    for (const double end : {low, high}) {
      const double out = end == low ? -step : step;
      CAPTURE(end);
      CHECK(p(end - out) > 0.05);
      CHECK(p(end + out) <= 0.05);
    }
  }
  test::IvWorld few;
  few.clusters = 5;  // the least p of 32 vectors is 2 / 32
  const CrossSection data = test::cross_section_of(few);
  const MomentCovariance moments(data, test::model_of("cluster", {"2sls"}).covariance,
                                 test::context_of(few, 1));
  const WildCluster wild(iv_design(data), moments, WildCluster::Regressor::instrumented,
                         WildWeights::rademacher, 1, 999, {});
  REQUIRE(wild.plan().draws == WildPlan::Draws::every_sign_vector);
  const auto [low, high] = wild.interval(0.95);
  CHECK(low == -INFINITY);
  CHECK(high == INFINITY);
}

TEST_CASE("replicates side by side have the bits that they have at every level and however they are cut") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  for (const std::size_t ways : {1U, 2U}) {
    const FitContext context = test::context_of(world, ways);
    const IvDesign design = iv_design(data);
    const MomentCovariance moments(data, test::model_of(ways == 1 ? "cluster" : "two_way", {}).covariance,
                                   context);
    for (const auto regressor : {WildCluster::Regressor::instrumented, WildCluster::Regressor::exogenous}) {
      // 1,203: neither whole blocks nor a whole group at the end.
      const WildCluster wild(design, moments, regressor, WildWeights::webb, 42, 1203, {});
      const Eigen::VectorXd all = wild.statistics(0.7);
      CHECK(all.allFinite());
      CHECK(WildCluster(design, moments, regressor, WildWeights::webb, 42, 1203, {3}).statistics(0.7) == all);
      CHECK(WildCluster(design, moments, regressor, WildWeights::webb, 42, 1201, {}).statistics(0.7) ==
            all.head(1201));
      for (const auto level : {InstructionSet::v3, InstructionSet::v2}) {
        limit_instruction_set(level);
        CHECK(wild.statistics(0.7) == all);
      }
      limit_instruction_set(InstructionSet::v4);
    }
  }
}
