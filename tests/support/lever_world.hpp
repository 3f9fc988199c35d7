// Small worlds for the tests of levers: a pack in memory, its weights, draws of the estimates, and parameters
// that are one number each.
#pragma once
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"

namespace spillway::test {

inline Column number_column(const std::string& name, std::vector<double> values) {
  Column column;
  column.name = name;
  column.number = std::move(values);
  return column;
}

inline Column text_column(const std::string& name, const std::vector<std::string>& values) {
  Column column;
  column.name = name;
  column.kind = ColumnKind::text;
  for (const std::string& value : values) {
    std::size_t level = 0;
    while (level < column.levels.size() && column.levels[level] != value) ++level;
    if (level == column.levels.size()) column.levels.push_back(value);
    column.level.push_back(static_cast<std::int32_t>(level));
  }
  return column;
}

/// A world whose parts stay alive together; `context` points into it, so it is neither copied nor moved.
struct LeverWorld {
  DataPack pack;
  SpatialWeights weights;
  LeverContext context;

  LeverWorld() = default;
  LeverWorld(const LeverWorld&) = delete;
  LeverWorld& operator=(const LeverWorld&) = delete;
};

/// A ring of `areas`, each with two neighbours (of two areas: one). The first `disadvantaged` are doubly
/// disadvantaged, the next one other deprived (where there are four areas or more), the rest other. Area i
/// has 1,000 + 100 i residents, GVA of GBP 10,000 + 500 i a head, and lies at easting 1,000 i, northing 0.
inline std::unique_ptr<LeverWorld> lever_world(int areas, int disadvantaged, long draws = 3,
                                               int horizon = 4) {
  auto world = std::make_unique<LeverWorld>();
  SpatialWeights::Matrix raw(areas, areas);
  std::vector<Eigen::Triplet<double, int>> links;
  for (int i = 0; i < areas; ++i) {
    links.emplace_back(i, (i + 1) % areas, 1.0);
    if (areas > 2) links.emplace_back(i, (i + areas - 1) % areas, 1.0);
  }
  raw.setFromTriplets(links.begin(), links.end());
  world->weights = SpatialWeights(raw, true);

  LeverContext& context = world->context;
  context.pack = &world->pack;
  context.weights = &world->weights;
  context.type_names = {"doubly_disadvantaged", "other_deprived", "other"};
  context.draws = draws;
  context.horizon = horizon;
  context.rho.resize(3, draws);
  context.phi.resize(draws);
  context.beta.resize(draws);
  for (long d = 0; d < draws; ++d) {
    const double step = 0.01 * static_cast<double>(d);
    context.rho.col(d) << 0.30 + step, 0.35 + step, 0.40 + step;
    context.phi(d) = 0.10 + step;
    context.beta(d) = 0.004 + 0.1 * step;
  }
  context.beta_unit = "GBP per head";
  context.beta_outcome_unit = "log points";
  context.outcome_unit = "log points a year";
  context.growth = Eigen::VectorXd::Constant(areas, 0.02);
  context.population.resize(areas);
  context.gva.resize(areas);
  std::vector<double> easting, northing(static_cast<std::size_t>(areas), 0.0), rank, runs, jobs;
  std::vector<std::string> code, lad, authority;
  for (int i = 0; i < areas; ++i) {
    context.type.push_back(i < disadvantaged ? 0 : i == disadvantaged && areas >= 4 ? 1 : 2);
    context.population(i) = 1000.0 + 100.0 * i;
    context.gva(i) = context.population(i) * (10000.0 + 500.0 * i);
    easting.push_back(1000.0 * i);
    rank.push_back(i + 1.0);
    runs.push_back(100.0 + i);
    jobs.push_back(i == areas - 1 ? 5000.0 : 100.0 + i);
    code.push_back("E" + std::to_string(i));
    lad.push_back(i < areas / 2 ? "L1" : "L2");
    authority.push_back(i < areas / 2 ? "C1" : "");
  }
  world->pack.areas.rows = static_cast<std::size_t>(areas);
  world->pack.areas.columns = {text_column("area_code", code),
                               text_column("lad_code", lad),
                               text_column("combined_authority_code", authority),
                               number_column("easting", easting),
                               number_column("northing", northing),
                               number_column("imd_rank", rank),
                               number_column("bus_runs", runs),
                               number_column("jobs", jobs)};
  return world;
}

/// Every parameter at the centre of its default (point: value; pert, triangular: mode; uniform: middle;
/// lognormal: median), the same in every draw, with `numbers` and `words` in place of some.
inline Parameters fixed_parameters(const scenarios::Lever& lever, long draws,
                                   const std::map<std::string, double>& numbers = {},
                                   const std::map<std::string, std::string>& words = {}) {
  Parameters parameters;
  std::vector<double> values;
  for (const scenarios::ParameterSpec& spec : lever.parameters) {
    if (const auto* drawn = std::get_if<Distribution>(&spec.fallback)) {
      double value = 0.0;
      for (const char* key : {"value", "mode", "median"})
        if (drawn->values.contains(key)) value = drawn->values.at(key);
      if (drawn->kind == "uniform") value = 0.5 * (drawn->values.at("low") + drawn->values.at("high"));
      const auto given = numbers.find(spec.name);
      parameters.names.push_back(spec.name);
      values.push_back(given == numbers.end() ? value : given->second);
    } else if (const auto* word = std::get_if<std::string>(&spec.fallback)) {
      const auto given = words.find(spec.name);
      parameters.texts[spec.name] = given == words.end() ? *word : given->second;
    } else if (const auto* yes = std::get_if<bool>(&spec.fallback)) {
      const auto given = words.find(spec.name);
      parameters.flags[spec.name] = given == words.end() ? *yes : given->second == "true";
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&spec.fallback)) {
      parameters.lists[spec.name] = *list;
    }
  }
  parameters.value.resize(draws, static_cast<Eigen::Index>(values.size()));
  for (std::size_t k = 0; k < values.size(); ++k)
    parameters.value.col(static_cast<Eigen::Index>(k)).setConstant(values[k]);
  return parameters;
}

/// Delivery at once and in full, and nothing lost on the way.
inline std::map<std::string, double> plain(std::map<std::string, double> others) {
  for (const char* name : {"start_years", "delivery_lag", "underspend", "deadweight", "leakage",
                           "substitution", "displacement", "match_private"})
    others.emplace(name, 0.0);
  return others;
}

/// u(h) of one draw by the definition in the design: u(h+1) = A' u(h) + (A' - A) y0 + d(h+1), with dense
/// matrices. `changed` gives A'; `shock` gives d, areas x periods.
inline Eigen::MatrixXd dense_uplift(const Eigen::MatrixXd& a, const std::vector<Eigen::MatrixXd>& changed,
                                    const Eigen::VectorXd& y0, const Eigen::MatrixXd& shock) {
  Eigen::MatrixXd uplift(shock.rows(), shock.cols());
  Eigen::VectorXd u = Eigen::VectorXd::Zero(shock.rows());
  for (Eigen::Index h = 0; h < shock.cols(); ++h) {
    const Eigen::MatrixXd& policy = changed[static_cast<std::size_t>(h)];
    u = (policy * u + (policy - a) * y0 + shock.col(h)).eval();
    uplift.col(h) = u;
  }
  return uplift;
}

/// A = diag(rho_type) W + phi I of a draw.
inline Eigen::MatrixXd dense_dynamics(const LeverContext& context, long draw) {
  const Eigen::MatrixXd w = context.weights->matrix();
  Eigen::VectorXd rho(w.rows());
  for (Eigen::Index i = 0; i < w.rows(); ++i)
    rho(i) = context.rho(context.type[static_cast<std::size_t>(i)], draw);
  return rho.asDiagonal() * w + context.phi(draw) * Eigen::MatrixXd::Identity(w.rows(), w.rows());
}

}  // namespace spillway::test
