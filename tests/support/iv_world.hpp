// Small cross-sections with known truth, made from counter-based streams.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/streams.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/iv/instrumental.hpp"

namespace spillway::test {

/// y = beta s + 0.5 w1 - 0.3 w2 + u, s = strength (z1 + z2) + 0.4 w1 + v; cluster components in z, u and v.
struct IvWorld {
  Eigen::Index rows = 400, clusters = 20, instruments = 2;
  double beta = 1.0, strength = 0.5, endogeneity = 0.6, cluster_share = 0.3;
  std::uint64_t seed = 1;
};

inline CrossSection cross_section_of(const IvWorld& world) {
  CrossSection data;
  data.model = "world";
  data.outcome = "y";
  data.cell = "s:z";
  const Eigen::Index n = world.rows, l = world.instruments;
  data.y.resize(n);
  data.endogenous.resize(n, 1);
  data.instruments.resize(n, l);
  data.controls.resize(n, 2);
  data.endogenous_names = {"s"};
  data.control_names = {"w1", "w2"};
  for (Eigen::Index j = 0; j < l; ++j) data.instrument_names.push_back("z" + std::to_string(j + 1));
  Stream shared(world.seed, Purpose::coverage_world, 0, 1);
  Eigen::MatrixXd common(world.clusters, 2 + l);
  for (Eigen::Index g = 0; g < world.clusters; ++g)
    for (Eigen::Index j = 0; j < 2 + l; ++j) common(g, j) = shared.normal();
  const double own = std::sqrt(1.0 - world.cluster_share), joint = std::sqrt(world.cluster_share);
  Stream stream(world.seed, Purpose::coverage_world, 1, 2);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index g = i * world.clusters / n;
    data.area.push_back(static_cast<int>(i));
    const double w1 = stream.normal(), w2 = stream.normal();
    const double a = own * stream.normal() + joint * common(g, 0),
                 b = own * stream.normal() + joint * common(g, 1);
    const double u = a,
                 v = world.endogeneity * a + std::sqrt(1.0 - world.endogeneity * world.endogeneity) * b;
    double s = 0.4 * w1 + v;
    for (Eigen::Index j = 0; j < l; ++j) {
      data.instruments(i, j) = own * stream.normal() + joint * common(g, 2 + j) + 0.2 * w1;
      s += world.strength * data.instruments(i, j);
    }
    data.endogenous(i, 0) = s;
    data.controls(i, 0) = w1;
    data.controls(i, 1) = w2;
    data.y(i) = 2.0 + world.beta * s + 0.5 * w1 - 0.3 * w2 + u * (1.0 + 0.3 * std::abs(w2));
  }
  return data;
}

/// Contiguous clusters c1, and a second way that crosses them.
inline FitContext context_of(const IvWorld& world, std::size_t ways) {
  FitContext context;
  for (std::size_t way = 0; way < std::max<std::size_t>(1, ways); ++way) {
    Clusters clusters;
    clusters.column = way == 0 ? "first" : "second";
    const Eigen::Index count = way == 0 ? world.clusters : world.clusters + 7;
    for (Eigen::Index g = 0; g < count; ++g) clusters.names.push_back(std::to_string(g));
    for (Eigen::Index i = 0; i < world.rows; ++i)
      clusters.of_area.push_back(
          static_cast<std::int32_t>(way == 0 ? i * count / world.rows : (i * 7 / 5 + 3) % count));
    if (way == 0) context.joint = clusters;
    if (way < ways) context.by.push_back(clusters);
  }
  context.replicates = 999;
  context.seed = 7;
  return context;
}

inline IvModel model_of(const std::string& covariance, const std::vector<std::string>& estimators) {
  IvModel model;
  model.name = "world";
  model.estimators = estimators_named(estimators);
  model.covariance.kind = *named<CovarianceKind>(covariance);
  return model;
}

}  // namespace spillway::test
