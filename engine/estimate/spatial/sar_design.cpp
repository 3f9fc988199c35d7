#include "engine/estimate/spatial/sar_design.hpp"

#include <fmt/format.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "engine/base/error.hpp"

namespace spillway {

void remove_effects(const SarData& data, Eigen::Ref<Eigen::MatrixXd> value) {
  // In a balanced panel the two demeanings commute, also with groups of areas.
  if (data.area_effects == SarData::AreaEffects::removed) value.colwise() -= value.rowwise().mean().eval();
  if (data.effect_group.empty()) return;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(data.effect_groups, value.cols());
  Eigen::VectorXd size = Eigen::VectorXd::Zero(data.effect_groups);
  for (Eigen::Index i = 0; i < value.rows(); ++i) {
    const auto group = data.effect_group[static_cast<std::size_t>(i)];
    mean.row(group) += value.row(i);
    size[group] += 1.0;
  }
  mean.array().colwise() /= size.array().max(1.0);
  for (Eigen::Index i = 0; i < value.rows(); ++i)
    value.row(i) -= mean.row(data.effect_group[static_cast<std::size_t>(i)]);
}

Eigen::Index dependent_column(const Eigen::MatrixXd& x) {
  // Cholesky of the correlation-scaled cross-products: a pivot near zero is a column the earlier ones
  // explain.
  Eigen::MatrixXd cross = x.transpose() * x;
  const Eigen::VectorXd unit = cross.diagonal().cwiseSqrt();
  for (Eigen::Index k = 0; k < x.cols(); ++k)
    if (!(unit[k] > 0.0)) return k;
  cross = unit.cwiseInverse().asDiagonal() * cross * unit.cwiseInverse().asDiagonal();
  Eigen::MatrixXd l = Eigen::MatrixXd::Zero(x.cols(), x.cols());
  for (Eigen::Index k = 0; k < x.cols(); ++k) {
    for (Eigen::Index j = 0; j < k; ++j)
      l(k, j) = (cross(k, j) - l.row(k).head(j).dot(l.row(j).head(j))) / l(j, j);
    const double pivot = cross(k, k) - l.row(k).head(k).squaredNorm();
    if (!(pivot > 1e-11)) return k;
    l(k, k) = std::sqrt(pivot);
  }
  return -1;
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
  }
  Eigen::Index column = 0;
  const auto add = [&](const Block& tilde, const Block& lag, double before, const std::string& name) {
    if (!(tilde.norm() > 1e-10 * before))
      throw NumericalError(
          fmt::format("model '{}': nothing is left of regressor '{}' beside the effects; leave it out",
                      data.model, name));
    design.x.col(column) = flat(tilde);
    design.wx.col(column) = flat(lag);
    design.names.push_back(name);
    ++column;
  };
  if (constant) {
    const Block one = Block::Ones(n, periods);
    add(one, spatial_lag(data.weights, one, parallelism), one.norm(), "(Intercept)");
  }
  for (Eigen::Index k = 0; k < covariates; ++k) {
    const auto& x = data.x[static_cast<std::size_t>(k)];
    const auto [tilde, lag] = pair_of(x);
    design.own.push_back(column);
    add(tilde, lag, x.norm(), data.x_names[static_cast<std::size_t>(k)]);
  }
  if (durbin == DurbinTerms::all)
    for (Eigen::Index k = 0; k < covariates; ++k) {
      const auto& x = data.x[static_cast<std::size_t>(k)];
      Block once, twice;
      if (order == LagOrder::before_effects) {
        const Block lag = spatial_lag(data.weights, x, parallelism);
        std::tie(once, twice) = pair_of(lag);
      } else {
        once = spatial_lag(data.weights, without_effects(x), parallelism);
        twice = spatial_lag(data.weights, once, parallelism);
      }
      design.durbin.push_back(column);
      add(once, twice, x.norm(), "lag_x:" + data.x_names[static_cast<std::size_t>(k)]);
    }
  if (const Eigen::Index bad = dependent_column(design.x); bad >= 0)
    throw NumericalError(fmt::format(
        "model '{}': regressor '{}' is a linear combination of the effects and the regressors before it; "
        "leave it out",
        data.model, design.names[static_cast<std::size_t>(bad)]));
  return design;
}

}  // namespace spillway
