#include "engine/estimate/spatial/sar_design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"

namespace spillway {

void remove_effects(const SarData& data, Eigen::Ref<Eigen::MatrixXd> value) {
  remove_means(data.area_effects == SarData::AreaEffects::removed ? AreaMeans::removed : AreaMeans::kept,
               data.effect_group, data.effect_groups, value);
}

SarDesign sar_design(const SarData& data, DurbinTerms durbin, LagOrder order, Parallelism parallelism) {
  SarDesign design;
  design.order = order;
  design.areas = data.areas();
  design.periods = data.spans();
  const Eigen::Index n = design.areas, periods = design.periods, rows = n * periods;
  const bool constant = data.area_effects == SarData::AreaEffects::absent && data.effect_group.empty();
  if (data.area_effects == SarData::AreaEffects::removed)
    design.kept_share = static_cast<double>(periods - 1) / static_cast<double>(periods);
  const auto covariates = static_cast<Eigen::Index>(data.x.size());
  design.covariates = data.x_names;
  design.regressors = (constant ? 1 : 0) + covariates * (durbin == DurbinTerms::all ? 2 : 1);
  if (rows <= design.regressors + 1)
    throw InputError(fmt::format("model '{}': {} observations cannot identify {} coefficients", data.model,
                                 rows, design.regressors + 1));
  design.x.resize(rows, design.regressors);
  design.wx.resize(rows, design.regressors);
  using Block = Eigen::MatrixXd;
  const auto without_effects = [&](Block value) {
    remove_effects(data, value);
    return value;
  };
  // A variable and its lag as they enter, in the order asked for.
  const auto pair_of = [&](const Block& value) {
    Block tilde = without_effects(value);
    Block lag = order == LagOrder::before_effects
                    ? without_effects(spatial_lag(data.weights, value, parallelism))
                    : spatial_lag(data.weights, tilde, parallelism);
    return std::pair{std::move(tilde), std::move(lag)};
  };
  const auto flat = [&](const Block& value) { return Eigen::Map<const Eigen::VectorXd>(value.data(), rows); };
  {
    const auto [tilde, lag] = pair_of(data.y);
    design.y = flat(tilde);
    design.wy = flat(lag);
    design.y_left = (design.y.array() - (constant ? design.y.mean() : 0.0)).square().sum();
    design.y_norm = data.y.norm();
  }
  Eigen::Index column = 0;
  Eigen::VectorXd size(design.regressors);
  const auto add = [&](const Block& tilde, const Block& lag, const Block& before, const std::string& name) {
    size(column) = column_size(flat(before));
    design.x.col(column) = flat(tilde);
    design.wx.col(column) = flat(lag);
    design.names.push_back(name);
    ++column;
  };
  if (constant) {
    const Block one = Block::Ones(n, periods);
    add(one, spatial_lag(data.weights, one, parallelism), one, "(Intercept)");
  }
  for (Eigen::Index k = 0; k < covariates; ++k) {
    const auto& x = data.x[static_cast<std::size_t>(k)];
    const auto [tilde, lag] = pair_of(x);
    design.own.push_back(column);
    add(tilde, lag, x, data.x_names[static_cast<std::size_t>(k)]);
  }
  if (durbin == DurbinTerms::all)
    for (Eigen::Index k = 0; k < covariates; ++k) {
      const auto& x = data.x[static_cast<std::size_t>(k)];
      Block once, twice, before = spatial_lag(data.weights, x, parallelism);
      if (order == LagOrder::before_effects) {
        std::tie(once, twice) = pair_of(before);
      } else {
        once = spatial_lag(data.weights, without_effects(x), parallelism);
        twice = spatial_lag(data.weights, once, parallelism);
      }
      design.durbin.push_back(column);
      add(once, twice, before, "lag_x:" + data.x_names[static_cast<std::size_t>(k)]);
    }
  // Beside a constant a regressor is what it is about its mean.
  Eigen::MatrixXd centred = design.x;
  if (constant)
    for (Eigen::Index k = 1; k < centred.cols(); ++k) centred.col(k).array() -= centred.col(k).mean();
  const IndependentColumns found = independent_columns(centred.transpose() * centred, size);
  for (const auto& dependent : found.dropped) {
    const std::string& name = design.names[static_cast<std::size_t>(dependent.column)];
    const std::string what =
        describe_dependence(dependent, design.names, "regressor", constant ? "" : data.effects);
    if (std::find(design.durbin.begin(), design.durbin.end(), dependent.column) == design.durbin.end())
      throw NumericalError(fmt::format("model '{}': {}; leave '{}' out", data.model, what, name));
    design.notes.push_back(fmt::format("{}: '{}' is not identified, dropped", what, name));
  }
  if (!found.dropped.empty()) {
    design.x = Eigen::MatrixXd(design.x(Eigen::all, found.kept));
    design.wx = Eigen::MatrixXd(design.wx(Eigen::all, found.kept));
    design.regressors = design.x.cols();
    std::vector<std::string> names;
    std::vector<Eigen::Index> place(design.names.size(), -1);
    for (const auto old : found.kept) {
      place[static_cast<std::size_t>(old)] = static_cast<Eigen::Index>(names.size());
      names.push_back(design.names[static_cast<std::size_t>(old)]);
    }
    design.names = std::move(names);
    for (auto& term : design.durbin) term = place[static_cast<std::size_t>(term)];
  }
  if (constant) {
    design.means = design.x.colwise().mean();
    design.means[0] = 0.0;
    for (Eigen::Index k = 1; k < design.regressors; ++k) {
      design.x.col(k).array() -= design.means[k];
      design.wx.col(k) -= design.means[k] * design.wx.col(0);
    }
  }
  return design;
}

}  // namespace spillway
