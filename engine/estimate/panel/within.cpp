#include "engine/estimate/panel/within.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/estimate/collinearity.hpp"

namespace spillway {

namespace {
constexpr std::ptrdiff_t kAreaBlock = 1024;

PanelView view_of(const Eigen::MatrixXd& values) { return {values.data(), values.rows(), values.cols()}; }

/// The untransformed columns of one specification, in the order of its names.
struct Columns {
  std::vector<std::string> names;
  std::vector<PanelView> own;    ///< own lags, after the lags
  std::vector<PanelView> value;  ///< one a name after all lags; empty: a column of ones
};

Columns columns_of(const PanelData& data, const PanelVariables& variables, const PanelSpecification& s,
                   int lags) {
  Columns columns;
  const auto lag_names = [&](const std::string& lag) {
    for (int k = 0; k < lags; ++k)
      columns.names.push_back(lags == 1 && s.lag == PanelSpecification::Lag::common
                                  ? lag
                                  : lag + ":" + data.type_names[static_cast<std::size_t>(k)]);
  };
  lag_names("lag");
  for (int l = 0; l < s.own_lags; ++l) {
    columns.names.push_back(l == 0 ? "previous" : "previous_2");
    columns.own.push_back(variables.previous[static_cast<std::size_t>(l)]);
  }
  if (s.second_lag == PanelSpecification::SecondLag::present) lag_names("lag_2");
  if (s.area_effects == PanelSpecification::AreaEffects::absent &&
      s.period_effects == PanelSpecification::PeriodEffects::none) {
    columns.names.push_back("(Intercept)");
    columns.value.emplace_back(nullptr, 0, 0);
  }
  for (std::size_t j = 0; j < data.x.size(); ++j) {
    columns.names.push_back(data.x_names[j]);
    columns.value.push_back(view_of(data.x[j]));
  }
  return columns;
}

/// What is taken out of every column.
std::string effects_in_words(const TransformedPanel& panel) {
  const bool area = panel.specification.area_effects == PanelSpecification::AreaEffects::removed;
  return area && panel.groups > 0 ? "area and period effects"
         : area                   ? "area effects"
         : panel.groups > 0       ? "period effects"
                                  : "";
}
}  // namespace

int initial_periods(const PanelModel& model) {
  return model.own_lag ? std::max(1, model.own_lags) : model.spatial_lag == SpatialLag::none ? 0 : 1;
}

std::vector<std::size_t> identified_covariates(const PanelData& data, AreaMeans area,
                                               const std::vector<std::int32_t>& group,
                                               const std::string& beside, std::vector<std::string>& notes) {
  const auto groups = static_cast<Eigen::Index>(data.effect_group_names.size());
  if (data.seen.size() == 0)
    return identified_covariates(data.x, data.x_names, area, group, groups, beside, notes);
  const UnbalancedEffects effects(data.seen, area, group, group.empty() ? 0 : groups);
  const auto p = static_cast<Eigen::Index>(data.x.size());
  Eigen::MatrixXd left(data.seen.size(), p);
  Eigen::VectorXd size(p);
  const double rows = static_cast<double>(effects.rows());
  for (Eigen::Index j = 0; j < p; ++j) {
    Eigen::MatrixXd value = (data.seen.array() != 0.0)
                                .select(data.x[static_cast<std::size_t>(j)],
                                        Eigen::MatrixXd::Zero(data.seen.rows(), data.seen.cols()));
    size(j) = column_size(rows, value.sum(), value.squaredNorm());
    if (area == AreaMeans::kept && group.empty())
      value -= value.sum() / rows * data.seen;
    else
      effects.remove(value);
    left.col(j) = value.reshaped();
  }
  return noted_independent(left, size, data.x_names, beside, notes);
}

PanelVariables panel_variables(const PanelData& data, int initial, Parallelism parallelism) {
  const Eigen::Index periods = data.y.cols() - initial;
  if (periods < 1)
    throw InputError(
        fmt::format("model '{}': {} periods of '{}' leave no regression period after {} initial one(s)",
                    data.model, data.y.cols(), data.outcome, initial));
  const auto columns = [&](Eigen::Index first) {
    return PanelView(data.y.data() + first * data.y.rows(), data.y.rows(), periods);
  };
  PanelVariables variables{columns(initial), {}, {}, {}};
  if (data.spatial_lag.size() > 0)
    variables.spatial_lag = data.spatial_lag;
  else if (data.weights.areas() > 0 && initial > 0)
    variables.spatial_lag = spatial_lag(data.weights, data.y.middleCols(initial - 1, periods), parallelism);
  if (data.weights.areas() > 0 && initial > 1 && data.seen.size() == 0)
    variables.spatial_lag_2 = spatial_lag(data.weights, data.y.middleCols(initial - 2, periods), parallelism);
  for (int l = 1; l <= initial; ++l) variables.previous.push_back(columns(initial - l));
  return variables;
}

Eigen::Index TransformedPanel::absorbed() const {
  const bool by_area = specification.area_effects == PanelSpecification::AreaEffects::removed;
  if (unbalanced) return unbalanced->absorbed();
  if (!by_area) return groups * periods;
  return areas + groups * (periods - 1);
}

Eigen::MatrixXd TransformedPanel::raw_map() const {
  if (centre.size() == 0) return {};
  const auto constant = std::find(names.begin(), names.end(), "(Intercept)") - names.begin();
  Eigen::MatrixXd map = Eigen::MatrixXd::Identity(regressors(), regressors());
  map.row(constant) -= centre.transpose();
  return map;
}

namespace {
/// Take the effects off every column of an unbalanced panel.
void remove_unbalanced(const PanelData& data, TransformedPanel& panel) {
  const Eigen::Index n = panel.areas, count = panel.periods;
  panel.unbalanced = std::make_shared<const UnbalancedEffects>(
      data.seen,
      panel.specification.area_effects == PanelSpecification::AreaEffects::removed ? AreaMeans::removed
                                                                                   : AreaMeans::kept,
      panel.group, panel.groups);
  const int stride = panel.stride();
  Eigen::MatrixXd value(n, count);
  for (int f = 0; f < stride; ++f) {
    for (Eigen::Index t = 0; t < count; ++t)
      for (Eigen::Index i = 0; i < n; ++i)
        value(i, t) = panel.tilde[static_cast<std::size_t>((t * n + i) * stride + f)];
    panel.unbalanced->remove(value);
    for (Eigen::Index t = 0; t < count; ++t)
      for (Eigen::Index i = 0; i < n; ++i)
        panel.tilde[static_cast<std::size_t>((t * n + i) * stride + f)] = value(i, t);
  }
}

/// Take the means off the regressors beside a constant.
void centre_regressors(const Eigen::MatrixXd& sums, TransformedPanel& panel) {
  const auto found = std::find(panel.names.begin(), panel.names.end(), "(Intercept)");
  if (found == panel.names.end()) return;
  const auto constant = found - panel.names.begin();
  const int p = panel.regressors(), stride = panel.stride();
  panel.centre = sums.col(0).head(p) / static_cast<double>(panel.rows());
  panel.centre(constant) = 0.0;
  for (Eigen::Index r = 0; r < panel.areas * panel.periods; ++r) {
    double* z = panel.tilde.data() + r * stride;
    if (z[constant] == 0.0) continue;  // not seen
    for (int f = 0; f < p; ++f) z[f] -= panel.centre(f);
  }
}
}  // namespace

TransformedPanel transform(const PanelData& data, const PanelVariables& variables,
                           const PanelSpecification& specification, Eigen::Index first, Eigen::Index count,
                           Parallelism parallelism) {
  const Eigen::Index n = data.y.rows();
  TransformedPanel panel;
  panel.areas = n;
  panel.periods = count;
  panel.own_lags = specification.own_lags;
  panel.specification = specification;
  const bool by_type = specification.lag == PanelSpecification::Lag::by_type && data.type_names.size() > 1;
  panel.lags = specification.lag == PanelSpecification::Lag::none ? 0
               : by_type                                          ? static_cast<int>(data.type_names.size())
                                                                  : 1;
  if (!by_type && panel.lags == 1) panel.specification.lag = PanelSpecification::Lag::common;
  if (panel.lags > 0 && variables.spatial_lag.size() == 0)
    throw InputError(fmt::format(
        "model '{}' has a spatial lag but no spatial weights (set [weights] or spatial_lag = \"none\")",
        data.model));
  if (specification.second_lag == PanelSpecification::SecondLag::present) panel.second_lags = panel.lags;
  panel.type.assign(static_cast<std::size_t>(n), 0);
  if (by_type) panel.type = data.type;
  panel.group.assign(static_cast<std::size_t>(n), 0);
  if (specification.period_effects == PanelSpecification::PeriodEffects::by_group &&
      data.effect_group_names.size() > 1) {
    panel.group = data.effect_group;
    panel.group_names = data.effect_group_names;
  } else {
    panel.group_names = {"all"};
  }
  panel.groups = specification.period_effects == PanelSpecification::PeriodEffects::none
                     ? 0
                     : static_cast<Eigen::Index>(panel.group_names.size());
  const Columns columns = columns_of(data, variables, panel.specification, panel.lags);
  panel.names = columns.names;
  const int p = panel.regressors(), stride = panel.stride();
  panel.tilde.assign(static_cast<std::size_t>(n * count * stride), 0.0);
  const PanelView spatial_lag = view_of(variables.spatial_lag),
                  spatial_lag_2 = view_of(variables.spatial_lag_2);
  const bool remove_area = specification.area_effects == PanelSpecification::AreaEffects::removed;
  const bool unbalanced = data.seen.size() > 0;
  if (unbalanced && (first != 0 || count != data.seen.cols()))
    throw NumericalError("an unbalanced panel is not cut into parts");

  // Area means out, block by block; each block keeps its own sums by group and period, added up in block
  // order.
  const Eigen::Index groups = panel.groups, sums = groups * count * stride;
  const std::ptrdiff_t blocks = (n + kAreaBlock - 1) / kAreaBlock;
  std::vector<double> partial(static_cast<std::size_t>(blocks * sums), 0.0);
  std::vector<Eigen::MatrixXd> raw(static_cast<std::size_t>(blocks));  // sums and sums of squares, untouched
  for_each_block(n, kAreaBlock, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Eigen::MatrixXd own_raw = Eigen::MatrixXd::Zero(stride, 2);
    const auto put = [&](const PanelView& source, std::ptrdiff_t i, int f) {
      const bool ones = source.size() == 0;
      double mean = 0.0, square = 0.0;
      // A covariate may cover more periods than this specification regresses on: the last ones are its.
      const Eigen::Index start = ones ? 0 : first + source.cols() - variables.outcome.cols();
      if (unbalanced) {
        for (Eigen::Index t = 0; t < count; ++t) {
          if (data.seen(i, t) == 0.0) continue;
          const double value = ones ? 1.0 : source(i, start + t);
          own_raw(f, 0) += value;
          own_raw(f, 1) += value * value;
          panel.tilde[static_cast<std::size_t>((t * n + i) * stride + f)] = value;
        }
        return;
      }
      for (Eigen::Index t = 0; t < count; ++t) {
        const double value = ones ? 1.0 : source(i, start + t);
        mean += value;
        square += value * value;
      }
      own_raw(f, 0) += mean;
      own_raw(f, 1) += square;
      mean = !ones && remove_area ? mean / static_cast<double>(count) : 0.0;
      for (Eigen::Index t = 0; t < count; ++t)
        panel.tilde[static_cast<std::size_t>((t * n + i) * stride + f)] =
            ones ? 1.0 : source(i, start + t) - mean;
    };
    double* sum = partial.data() + begin / kAreaBlock * sums;
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      const std::int32_t type = panel.type[static_cast<std::size_t>(i)];
      if (panel.lags > 0) put(spatial_lag, i, type);
      for (std::size_t c = 0; c < columns.own.size(); ++c)
        put(columns.own[c], i, panel.lags + static_cast<int>(c));
      if (panel.second_lags > 0) put(spatial_lag_2, i, panel.lags + panel.own_lags + type);
      for (std::size_t c = 0; c < columns.value.size(); ++c)
        put(columns.value[c], i, panel.dynamic() + static_cast<int>(c));
      put(variables.outcome, i, p);
      if (groups == 0 || unbalanced) continue;
      double* own = sum + panel.group[static_cast<std::size_t>(i)] * count * stride;
      for (Eigen::Index t = 0; t < count; ++t)
        for (int f = 0; f < stride; ++f) own[t * stride + f] += panel.row(t, i)[f];
    }
    raw[static_cast<std::size_t>(begin / kAreaBlock)] = std::move(own_raw);
  });
  Eigen::MatrixXd whole = Eigen::MatrixXd::Zero(stride, 2);
  for (const auto& part : raw) whole += part;
  if (unbalanced) remove_unbalanced(data, panel);
  panel.size.resize(stride);
  for (int f = 0; f < stride; ++f)
    panel.size(f) = column_size(static_cast<double>(panel.rows()), whole(f, 0), whole(f, 1));
  panel.outcome_norm = std::sqrt(whole(p, 1));
  centre_regressors(whole, panel);
  if (groups == 0 || unbalanced) return panel;
  std::vector<double> mean(static_cast<std::size_t>(sums), 0.0);
  for (std::ptrdiff_t b = 0; b < blocks; ++b)
    for (Eigen::Index k = 0; k < sums; ++k)
      mean[static_cast<std::size_t>(k)] += partial[static_cast<std::size_t>(b * sums + k)];
  std::vector<double> size(static_cast<std::size_t>(groups), 0.0);
  for (const auto g : panel.group) size[static_cast<std::size_t>(g)] += 1.0;
  for (Eigen::Index k = 0; k < sums; ++k)
    mean[static_cast<std::size_t>(k)] /= std::max(1.0, size[static_cast<std::size_t>(k / (count * stride))]);
  for_each_block(n, kAreaBlock, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (Eigen::Index t = 0; t < count; ++t)
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const double* m = mean.data() + (panel.group[static_cast<std::size_t>(i)] * count + t) * stride;
        double* z = panel.tilde.data() + (t * n + i) * stride;
        for (int f = 0; f < stride; ++f) z[f] -= m[f];
      }
  });
  panel.period_mean = std::move(mean);
  return panel;
}

LeastSquares least_squares(const TransformedPanel& panel, Parallelism parallelism) {
  const int p = panel.regressors(), stride = panel.stride();
  const Eigen::Index rows = panel.areas * panel.periods;
  constexpr std::ptrdiff_t block = 16384;
  const std::ptrdiff_t blocks = (rows + block - 1) / block;
  std::vector<Eigen::MatrixXd> partial(static_cast<std::size_t>(blocks));
  for_each_block(rows, block, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    // Upper triangle only, column by column of the small matrix.
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(stride, stride);
    for (std::ptrdiff_t r = begin; r < end; ++r) {
      const double* z = panel.tilde.data() + r * stride;
      for (int c = 0; c < stride; ++c)
        for (int f = 0; f <= c; ++f) sum(f, c) += z[f] * z[c];
    }
    partial[static_cast<std::size_t>(begin / block)] = std::move(sum);
  });
  Eigen::MatrixXd full = Eigen::MatrixXd::Zero(stride, stride);
  for (const auto& sum : partial) full += sum;
  full.triangularView<Eigen::StrictlyLower>() = full.transpose();
  LeastSquares fit;
  fit.cross = full.topLeftCorner(p, p);
  fit.target = full.topRightCorner(p, 1);
  fit.outcome_square = full(p, p);
  if (p == 0) return fit;
  const IndependentColumns found = independent_columns(fit.cross, panel.size.head(p));
  if (!found.dropped.empty()) {
    const std::string beside = effects_in_words(panel);
    if (found.dropped.front().column < panel.dynamic() &&
        std::sqrt(fit.outcome_square) <= kNothingLeft * panel.size(p))
      throw NumericalError(
          fmt::format("the outcome {}, and so are its lags: there is nothing to estimate",
                      beside.empty() ? "does not vary" : fmt::format("is explained by {}", beside)));
    std::string what;
    bool sets = false;
    for (const auto& dependent : found.dropped) {
      what += (what.empty() ? "" : "; ") + describe_dependence(dependent, panel.names, "regressor", beside);
      sets = sets || !dependent.others.empty();
    }
    throw NumericalError(fmt::format("{} ({})", what, sets ? "leave one of each set out" : "leave it out"));
  }
  const Eigen::VectorXd scale = fit.cross.diagonal().cwiseSqrt();
  const Eigen::VectorXd inverse_scale = scale.cwiseInverse();
  const Eigen::MatrixXd scaled = inverse_scale.asDiagonal() * fit.cross * inverse_scale.asDiagonal();
  const Eigen::LDLT<Eigen::MatrixXd> factor(scaled);
  fit.coefficients = inverse_scale.asDiagonal() * factor.solve(inverse_scale.asDiagonal() * fit.target);
  if (panel.centre.size() > 0) {
    // The outcome keeps its mean: what that cost is solved for once more from the residuals.
    const std::vector<double> e = residuals(panel, fit.coefficients, parallelism);
    Eigen::VectorXd left = Eigen::VectorXd::Zero(p);
    for (Eigen::Index r = 0; r < rows; ++r)
      left += e[static_cast<std::size_t>(r)] *
              Eigen::Map<const Eigen::VectorXd>(panel.tilde.data() + r * stride, p);
    fit.coefficients += inverse_scale.asDiagonal() * factor.solve(inverse_scale.asDiagonal() * left);
  }
  return fit;
}

std::vector<double> residuals(const TransformedPanel& panel, const Eigen::VectorXd& coefficients,
                              Parallelism parallelism) {
  std::vector<double> e;
  residuals(panel, coefficients, parallelism, e);
  return e;
}

void residuals(const TransformedPanel& panel, const Eigen::VectorXd& coefficients, Parallelism parallelism,
               std::vector<double>& e) {
  const int p = panel.regressors(), stride = panel.stride();
  const Eigen::Index rows = panel.areas * panel.periods;
  e.resize(static_cast<std::size_t>(rows));
  for_each_block(rows, 16384, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t r = begin; r < end; ++r) {
      const double* z = panel.tilde.data() + r * stride;
      double value = z[p];
      for (int f = 0; f < p; ++f) value -= z[f] * coefficients(f);
      e[static_cast<std::size_t>(r)] = value;
    }
  });
}

}  // namespace spillway
