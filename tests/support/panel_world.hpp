// A small world of known truth for the tests of model A: areas on a torus, types, authorities, SAR errors.
#pragma once
#include <array>
#include <cmath>
#include <vector>

#include "engine/base/streams.hpp"
#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/model_data.hpp"
#include "tests/support/panel_cases.hpp"

namespace spillway::test {

struct PanelWorld {
  int side = 20;     ///< side x side areas on a torus, four neighbours each
  int block = 4;     ///< authorities are block x block squares
  int periods = 10;  ///< T
  std::array<double, 3> rho = {0.3, 0.5, 0.4};
  double phi = 0.2, phi_2 = 0.0;
  double beta = 0.5;                                ///< of one covariate; 0: none
  double error_correlation = 0.4;                   ///< SAR coefficient of the errors
  std::array<double, 3> loading = {1.0, 1.0, 1.0};  ///< of each type on common shocks
  double serial_correlation = 0.0;                  ///< AR(1) of the errors
  std::uint64_t seed = 1;
  std::uint64_t replicate = 0;
};

struct World {
  PanelData data;
  FitContext context;
};

inline World make_world(const PanelWorld& p) {
  const int n = p.side * p.side, burn = 30, initial = p.phi_2 != 0.0 ? 2 : 1, length = p.periods + initial;
  std::vector<Eigen::Triplet<double>> entries;
  const auto at = [&](int r, int c) { return (r + p.side) % p.side * p.side + (c + p.side) % p.side; };
  for (int r = 0; r < p.side; ++r)
    for (int c = 0; c < p.side; ++c)
      for (const auto& [dr, dc] : {std::pair{0, 1}, {0, -1}, {1, 0}, {-1, 0}})
        entries.emplace_back(at(r, c), at(r + dr, c + dc), 1.0);
  World world;
  PanelData& data = world.data;
  Stream stream(p.seed, Purpose::coverage_world, p.replicate);
  const SpatialWeights weights(sparse(n, entries), true);
  std::vector<std::int32_t> type(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    const int patch = (i / p.side / 3) * 31 + (i % p.side) / 3;
    type[static_cast<std::size_t>(i)] = patch % 5 == 0 ? 0 : patch % 5 == 1 ? 1 : 2;
  }
  Eigen::VectorXd y = Eigen::VectorXd::Zero(n), before = y, mu(n), e = y;
  for (int i = 0; i < n; ++i) mu(i) = stream.normal();
  Eigen::MatrixXd kept(n, length), x(n, p.periods);
  for (int t = 0; t < burn + length; ++t) {
    Eigen::VectorXd u(n), z(n);
    for (int i = 0; i < n; ++i) u(i) = stream.normal();
    for (int i = 0; i < n; ++i) z(i) = stream.normal();
    Eigen::VectorXd correlated = u;  // (I - a W)^-1 u by its series
    for (int k = 0; k < 25; ++k) correlated = u + p.error_correlation * (weights.matrix() * correlated);
    e = p.serial_correlation * e + correlated;
    const double tau = stream.normal();
    const Eigen::VectorXd lag = weights.matrix() * y;
    Eigen::VectorXd next(n);
    for (int i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(type[static_cast<std::size_t>(i)]);
      next(i) = p.rho[k] * lag(i) + p.phi * y(i) + p.phi_2 * before(i) + p.beta * z(i) + mu(i) +
                p.loading[k] * tau + e(i);
    }
    before = y;
    y = next;
    if (t >= burn) kept.col(t - burn) = y;
    if (t >= burn + initial) x.col(t - burn - initial) = z;
  }
  data = p.beta != 0.0 ? plain_panel(kept, {x}, {"x"}) : plain_panel(kept, {}, {});
  data.weights = weights;
  data.type = type;
  data.type_names = {"doubly_disadvantaged", "other_deprived", "other"};
  Clusters& joint = world.context.joint;
  joint.column = "lad_code";
  const int across = (p.side + p.block - 1) / p.block;
  for (int i = 0; i < n; ++i)
    joint.of_area.push_back((i / p.side / p.block) * across + (i % p.side) / p.block);
  for (int g = 0; g < across * across; ++g) joint.names.push_back("L" + std::to_string(g));
  world.context.by = {joint};
  world.context.easting.resize(n);
  world.context.northing.resize(n);
  for (int i = 0; i < n; ++i) {
    world.context.easting(i) = 1000.0 * (i % p.side);
    world.context.northing(i) = 1000.0 * (i / p.side);
  }
  return world;
}

inline PanelModel world_model(const std::vector<std::string>& estimators) {
  PanelModel model;
  model.name = "test";
  model.outcome = "y";
  model.estimators = estimators_named(estimators);
  model.headline = Estimator::corrected_score;
  model.covariance.kind = CovarianceKind::cluster;
  model.covariance.by = {"lad_code"};
  return model;
}

inline const Fit& fit_named(const std::vector<Fit>& fits, const std::string& estimator) {
  for (const auto& fit : fits)
    if (fit.estimate.estimator == estimator) return fit;
  FAIL("no estimator " << estimator);
  return fits.front();
}

/// A resampled estimator at given cluster weights (clusters x replicates).
inline ReplicateBlock evaluate(const Resampled& resampled, const Eigen::MatrixXd& weight) {
  ReplicateBlock block;
  block.count = static_cast<long>(weight.cols());
  block.clusters = weight.rows();
  block.weight = weight.data();
  block.value.resize(static_cast<Eigen::Index>(resampled.parameters().size()), weight.cols());
  block.t = block.value;
  block.status.assign(static_cast<std::size_t>(weight.cols()), 0);
  resampled.evaluate(block);
  return block;
}

/// Multinomial counts, clusters x replicates.
inline Eigen::MatrixXd pairs_counts(Eigen::Index clusters, long replicates, std::uint64_t seed) {
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(clusters, replicates);
  for (long b = 0; b < replicates; ++b) {
    Stream stream(seed, Purpose::cluster_counts, static_cast<std::uint64_t>(b));
    for (Eigen::Index g = 0; g < clusters; ++g)
      counts(stream.below(static_cast<std::uint32_t>(clusters)), b) += 1.0;
  }
  return counts;
}

}  // namespace spillway::test
