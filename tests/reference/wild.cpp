// The wild cluster bootstrap against fwildclusterboot and a full enumeration in base R.
#include <doctest/doctest.h>

#include "engine/estimate/covariance/wild_cluster.hpp"
#include "tests/support/iv_cases.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;

namespace {

/// R's quantile type 7.
double quantile(std::vector<double> sorted, double u) {
  std::sort(sorted.begin(), sorted.end());
  const double at = u * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  return sorted[low] + (at - std::floor(at)) * (sorted[std::min(low + 1, sorted.size() - 1)] - sorted[low]);
}

}  // namespace

TEST_CASE("every sign vector of ten firms gives fwildclusterboot's p-values and R's quantiles of t*") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "wild_grunfeld";
  const auto expected = test::expected_of(folder);
  const DataPack pack = test::pack_of_csv(folder / "data.csv");
  test::LargestDifference difference("wild_grunfeld", 1e-9);
  for (const std::string regressor : {"value", "capital"}) {
    const auto& theirs = expected[regressor];
    IvModel model = test::iv_model("inv", {regressor}, {}, {regressor == "value" ? "capital" : "value"});
    model.estimators = {Estimator::ols};
    model.covariance.kind = CovarianceKind::cluster;
    model.covariance.by = {"firm"};
    FitContext context = test::context_of(pack, model);
    context.replicates = 1023;
    const CrossSection data = cross_section(model, model.endogenous, model.instruments, pack);
    const IvDesign design = iv_design(data);
    const MomentCovariance moments(data, model.covariance, context);
    const WildCluster wild(design, moments, WildCluster::Regressor::exogenous, WildWeights::rademacher, 1,
                           1023, {});
    CHECK(wild.plan().replicates == theirs["n_enumerated"].get<long>());
    const WildTest test = wild.test(0.0, WildCluster::Residuals::restricted);
    difference.compare(regressor + " beta", wild.estimate(), theirs["beta"]);
    difference.compare(regressor + " t", test.t, theirs["t_CR1"]);
    // fwildclusterboot counts |t*| > |t|; the two sign vectors that tie with the sample's own count as >=
    // here.
    difference.compare(regressor + " p", test.p_symmetric, theirs["p_two_tailed_abs_ge"]);
    const Eigen::VectorXd t = wild.statistics(0.0);
    const std::vector<double> all(t.data(), t.data() + t.size());
    for (const auto& [name, u] : std::vector<std::pair<std::string, double>>{
             {"q025", 0.025}, {"q05", 0.05}, {"q95", 0.95}, {"q975", 0.975}})
      difference.compare(regressor + " " + name, quantile(all, u), theirs["t_quantiles"][name]);
    // The same numbers where a user reads them.
    const Estimate estimate = fit_instrumental(data, model, context)[0].estimate;
    difference.compare(regressor + " diagnostic", estimate.diagnostic("wild_cluster_t"), theirs["t_CR1"]);
  }
}
