// Data of spatial autoregressions for tests: published cases and small worlds of known truth.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/streams.hpp"
#include "engine/estimate/spatial/spatial_autoregression.hpp"
#include "tests/support/panel_cases.hpp"

namespace spillway::test {

/// W of a case: 1-based i, j, w, row-standardised already.
inline SpatialWeights read_weights(const std::filesystem::path& file, Eigen::Index areas) {
  const auto cells = read_cells(file);
  std::vector<Eigen::Triplet<double>> entries;
  for (std::size_t k = 0; k < cells.at("i").size(); ++k)
    entries.emplace_back(std::stoi(cells.at("i")[k]) - 1, std::stoi(cells.at("j")[k]) - 1,
                         std::stod(cells.at("w")[k]));
  return SpatialWeights(sparse(areas, entries), true);
}

inline SarData cross_section_case(const std::filesystem::path& folder, const std::string& outcome,
                                  const std::vector<std::string>& covariates) {
  const auto cells = read_cells(folder / "data.csv");
  const auto column = [&](const std::string& name) {
    const auto& texts = cells.at(name);
    Eigen::MatrixXd value(static_cast<Eigen::Index>(texts.size()), 1);
    for (std::size_t i = 0; i < texts.size(); ++i)
      value(static_cast<Eigen::Index>(i), 0) = std::stod(texts[i]);
    return value;
  };
  SarData data;
  data.model = "test";
  data.outcome = outcome;
  data.y = column(outcome);
  for (const auto& name : covariates) data.x.push_back(column(name));
  data.x_names = covariates;
  data.effects = "a constant";
  for (int i = 0; i < data.y.rows(); ++i) data.area.push_back(i);
  data.weights = read_weights(folder / "w.csv", data.y.rows());
  return data;
}

inline SarModel sar_model(const std::vector<std::string>& estimators, const std::string& covariance = "iid",
                          const std::string& small_sample = "cr1") {
  SarModel model;
  model.name = "test";
  model.outcome = "y";
  model.estimators = estimators_named(estimators);
  model.covariance.kind = *named<CovarianceKind>(covariance);
  model.covariance.small_sample = *named<SmallSample>(small_sample);
  return model;
}

/// Queen neighbours on a rows x columns lattice with open edges.
inline SpatialWeights lattice(int rows, int columns) {
  std::vector<Eigen::Triplet<double>> entries;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      for (int dr = -1; dr <= 1; ++dr)
        for (int dc = -1; dc <= 1; ++dc)
          if ((dr != 0 || dc != 0) && r + dr >= 0 && r + dr < rows && c + dc >= 0 && c + dc < columns)
            entries.emplace_back(r * columns + c, (r + dr) * columns + c + dc, 1.0);
  return SpatialWeights(sparse(static_cast<Eigen::Index>(rows) * columns, entries), true);
}

/// Each area's `k` successors by a hash of its number: a directed W whose eigenvalues are not real.
inline SpatialWeights directed(int areas, int k, std::uint64_t seed) {
  std::vector<Eigen::Triplet<double>> entries;
  Stream stream(seed, Purpose::coverage_world, 7);
  for (int i = 0; i < areas; ++i) {
    std::vector<int> chosen;
    while (static_cast<int>(chosen.size()) < k) {
      const int j = static_cast<int>((static_cast<std::uint32_t>(i) + 1 + stream.below(12)) %
                                     static_cast<std::uint32_t>(areas));
      if (j != i && std::find(chosen.begin(), chosen.end(), j) == chosen.end()) chosen.push_back(j);
    }
    for (const int j : chosen) entries.emplace_back(i, j, 1.0);
  }
  return SpatialWeights(sparse(areas, entries), true);
}

struct SarWorld {
  double rho = 0.4, lambda = 0.0, sigma = 1.0;
  std::vector<double> beta = {1.0, -0.5}, theta;  ///< theta: of W x
  int periods = 1;
  std::uint64_t seed = 1, replicate = 0;
};

/// y = (I - rho W)^-1 (1 + X beta + W X theta + mu_i + tau_t + (I - lambda W)^-1 e); no mu, tau where T = 1.
inline SarData sar_world(const SpatialWeights& weights, const SarWorld& world) {
  const Eigen::Index n = weights.areas();
  Stream stream(world.seed, Purpose::coverage_world, world.replicate, 1);
  const auto normal = [&](Eigen::Index columns) {
    Eigen::MatrixXd value(n, columns);
    for (Eigen::Index t = 0; t < columns; ++t)
      for (Eigen::Index i = 0; i < n; ++i) value(i, t) = stream.normal();
    return value;
  };
  SarData data;
  data.model = "test";
  data.outcome = "y";
  data.weights = weights;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Ones(n, world.periods);
  for (std::size_t k = 0; k < world.beta.size(); ++k) {
    data.x.push_back(normal(world.periods));
    data.x_names.push_back("x" + std::to_string(k + 1));
    mean += world.beta[k] * data.x.back();
    if (!world.theta.empty()) mean += world.theta[k] * spatial_lag(weights, data.x.back());
  }
  if (world.periods > 1) {
    data.shape = SarData::Shape::panel;
    data.area_effects = SarData::AreaEffects::removed;
    data.effect_group.assign(static_cast<std::size_t>(n), 0);
    data.effect_groups = 1;
    mean.colwise() += Eigen::VectorXd(normal(1).col(0));
    for (int t = 0; t < world.periods; ++t) {
      mean.col(t).array() += stream.normal();
      data.periods.push_back(t);
    }
  }
  const SpatialStructure structure = spatial_structure(weights);
  SpatialFactor factor(structure);
  factor.factorise(world.lambda);
  const Eigen::MatrixXd errors = factor.solve(world.sigma * normal(world.periods));
  factor.factorise(world.rho);
  data.y = factor.solve(mean + errors);
  for (int i = 0; i < n; ++i) data.area.push_back(i);
  data.effects = world.periods > 1 ? "area and common period effects" : "a constant";
  return data;
}

inline double coefficient(const Estimate& e, const std::string& name) {
  const auto k = e.find(name);
  REQUIRE_MESSAGE(k >= 0, "no coefficient ", name);
  return e.coefficients[k];
}

inline double error_of(const Estimate& e, const std::string& name) {
  const auto k = e.find(name);
  REQUIRE_MESSAGE(k >= 0, "no coefficient ", name);
  return e.standard_error(k);
}

}  // namespace spillway::test
