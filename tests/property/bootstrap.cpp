#include "engine/draw/bootstrap.hpp"

#include <doctest/doctest.h>

#include "engine/base/error.hpp"
#include "engine/draw/resample.hpp"

using namespace spillway;

namespace {

/// The weighted mean of one number a cluster: a replicate small enough to compute by hand.
class ClusterMean : public Resampled {
 public:
  explicit ClusterMean(Eigen::VectorXd x) : x_(std::move(x)) {}
  const std::vector<std::string>& parameters() const override { return names_; }
  void evaluate(ReplicateBlock& block) const override {
    for (long b = 0; b < block.count; ++b) {
      const Eigen::Map<const Eigen::VectorXd> w(block.weight + b * block.clusters, block.clusters);
      block.value(0, b) = w.dot(x_) / w.sum();
      block.status[static_cast<std::size_t>(b)] = (block.first + b) % 100 == 7 ? 1 : 0;
    }
  }

 private:
  Eigen::VectorXd x_;
  std::vector<std::string> names_ = {"mean"};
};

Fit mean_fit() {
  Fit fit;
  fit.estimate.model = "m";
  fit.estimate.estimator = "e";
  fit.resampled = std::make_shared<ClusterMean>(Eigen::VectorXd::LinSpaced(50, 0.0, 49.0));
  return fit;
}

}  // namespace

TEST_CASE("every column of counts is a resample of all clusters, and depends on its replicate alone") {
  const Eigen::MatrixXd all = cluster_counts(309, 0, 40, 5);
  for (int b = 0; b < 40; ++b) CHECK(all.col(b).sum() == 309.0);
  CHECK(cluster_counts(309, 17, 3, 5) == all.middleCols(17, 3));
  CHECK(cluster_counts(309, 0, 40, 6) != all);
}

TEST_CASE("counts have the multinomial mean and variance") {
  // Count of one cluster: mean 1, variance 1 - 1/G. Mean over 40,000 counts of cells; the variance of the
  // sample variance of near-Poisson counts is (mu4 - 1)/n = 3/n. Tolerance 4 SE; fixed seed.
  const Eigen::MatrixXd counts = cluster_counts(20, 0, 40'000, 11);
  const double variance = (counts.row(3).array() - 1.0).square().mean();
  CHECK(std::abs(counts.row(3).mean() - 1.0) < 4.0 * std::sqrt(0.95 / 40'000));
  CHECK(std::abs(variance - 0.95) < 4.0 * std::sqrt(3.0 / 40'000));
}

TEST_CASE("workers and slices never change a bit of the replicates") {
  const Fit fit = mean_fit();
  const std::vector<const Fit*> fits = {&fit};
  const auto run = [&](long first, long count, int workers) {
    return joint_bootstrap(fits, {50, first, count, 3, {workers}})[0];
  };
  const Replicates serial = run(0, 1000, 1);
  for (const int workers : {2, 3, 8}) CHECK(run(0, 1000, workers).value == serial.value);
  CHECK(run(400, 300, 2).value == serial.value.middleCols(400, 300));
}

TEST_CASE("a failed replicate is a status that draws pass over") {
  const Fit fit = mean_fit();
  const auto replicates = joint_bootstrap({&fit}, {50, 0, 1000, 3, {1}});
  const DrawSet draws = draw_set({&fit}, {&replicates[0]}, {true});
  CHECK(draws.parameter == std::vector<std::string>{"m/e/mean"});
  const auto used = draws.successful(990);
  CHECK(used[7] == 8);
  CHECK(used.back() == 999);
  CHECK_THROWS_AS(draws.successful(991), NumericalError);
  // Failures take a run as many draws; above 1 % of all that is said, and above 10 % the run ends, however
  // many are left.
  CHECK(draws.failed() == 10);
  CHECK(draws.usable(1000) == used);
  CHECK(draws.usable(990) == used);
  CHECK(draws.usable(7) == draws.successful(7));
  CHECK(draws.doubt().empty());
  DrawSet worse = draws;
  worse.status[3] = 3;
  CHECK(worse.usable(1000) == worse.successful(989));
  CHECK(worse.doubt().rfind("11 of 1000 replicates failed (1 explosive, 10 singular or without a solution): "
                            "bands are of the others",
                            0) == 0);
  std::fill_n(worse.status.begin(), 1000, std::uint8_t{0});
  std::fill_n(worse.status.begin(), 100, std::uint8_t{3});
  for (const int wanted : {1000, 900, 7})
    CHECK(worse.usable(wanted) == worse.successful(std::min(wanted, 900)));
  worse.status[500] = 1;
  for (const int wanted : {1000, 899, 7})
    CHECK_THROWS_WITH_AS(
        worse.usable(wanted),
        doctest::Contains(
            "101 of 1000 replicates failed (100 explosive, 1 singular or without a solution): more "
            "than 10 % of all, and those left are no sample"),
        NumericalError);
  worse.status.assign(1000, 2);
  CHECK_THROWS_AS(worse.usable(1), NumericalError);
  // An estimate that drives nothing does not fail the replicate.
  CHECK(draw_set({&fit}, {&replicates[0]}, {false}).successful(1000).back() == 999);
}
