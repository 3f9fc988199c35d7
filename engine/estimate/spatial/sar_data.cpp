#include "engine/estimate/spatial/sar_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

namespace {

bool constant(const Eigen::MatrixXd& x) { return (x.array() == x(0, 0)).all(); }

SarData cross_section_data(const SarModel& model, const DataPack& pack, const SpatialWeights& weights) {
  if (model.missing == MissingOutcomes::impute)
    throw InputError(fmt::format(
        "model '{}': missing = \"impute\" needs a panel, and '{}' is a column of areas (use \"drop\", or "
        "fill it in the pack)",
        model.name, model.outcome));
  SarData data;
  const auto& outcome = pack.areas.numbers(model.outcome);
  std::vector<const std::vector<double>*> columns = {&outcome};
  for (const auto& name : model.covariates) columns.push_back(&pack.areas.numbers(name));
  const std::vector<double>* keep =
      model.restrict_to.empty() ? nullptr : &pack.areas.numbers(model.restrict_to);
  long outside = 0;
  std::vector<long> gaps(columns.size(), 0);
  std::string first_gap;
  for (std::size_t row = 0; row < pack.areas.rows; ++row) {
    if (keep && !(std::isfinite((*keep)[row]) && (*keep)[row] != 0.0)) {
      ++outside;
      continue;
    }
    std::size_t gap = 0;
    while (gap < columns.size() && std::isfinite((*columns[gap])[row])) ++gap;
    if (gap == columns.size()) {
      data.area.push_back(static_cast<int>(row));
      continue;
    }
    ++gaps[gap];
    if (first_gap.empty()) first_gap = pack.areas.at("area_code").text(row);
  }
  for (std::size_t k = 0; k < columns.size(); ++k) {
    if (gaps[k] == 0) continue;
    const std::string& name = k == 0 ? model.outcome : model.covariates[k - 1];
    if (model.missing == MissingOutcomes::refuse)
      throw InputError(fmt::format(
          "model '{}': '{}' is missing in {} of {} areas, first in '{}' (a spatial lag cannot use a "
          "neighbour that is not there: set missing = \"drop\", or fill it in the pack)",
          model.name, name, gaps[k], pack.areas.rows, first_gap));
    data.notes.push_back(fmt::format(
        "{} of {} areas are left out because {} is missing; W runs among the rest, which biases rho "
        "down where many are",
        gaps[k], pack.areas.rows, name));
  }
  if (outside)
    data.notes.push_back(fmt::format("{} of {} areas lie outside {}; W runs among the rest", outside,
                                     pack.areas.rows, model.restrict_to));
  if (data.area.empty())
    throw InputError(fmt::format("model '{}': no area has every variable (of {} areas, {} lie outside {})",
                                 model.name, pack.areas.rows, outside,
                                 model.restrict_to.empty() ? "no restriction" : model.restrict_to));
  const auto take = [&](const std::vector<double>& column) {
    Eigen::MatrixXd value(static_cast<Eigen::Index>(data.area.size()), 1);
    for (std::size_t i = 0; i < data.area.size(); ++i)
      value(static_cast<Eigen::Index>(i), 0) = column[static_cast<std::size_t>(data.area[i])];
    return value;
  };
  data.y = take(outcome);
  data.outcome_unit = pack.areas.at(model.outcome).unit;
  for (std::size_t k = 1; k < columns.size(); ++k) {
    Eigen::MatrixXd x = take(*columns[k]);
    if (constant(x)) {
      data.notes.push_back(fmt::format(
          "covariate '{}' is the same for every area: not identified beside the constant, dropped",
          model.covariates[k - 1]));
      continue;
    }
    data.x.push_back(std::move(x));
    data.x_names.push_back(model.covariates[k - 1]);
  }
  data.weights = data.area.size() == pack.areas.rows ? weights : weights.restricted(data.area);
  data.effects = "a constant";
  return data;
}

/// A covariate over the panel's periods; a column of areas is constant over them.
Eigen::MatrixXd panel_covariate(const SarModel& model, const DataPack& pack, const PanelData& panel,
                                const std::string& name) {
  const auto n = static_cast<Eigen::Index>(panel.area.size()), periods = panel.y.cols();
  Eigen::MatrixXd x(n, periods);
  if (pack.panel.find(name) || !pack.areas.find(name)) {
    const PanelVariable& variable = pack.panel.at(name);
    const auto& labels = pack.panel.periods;
    for (Eigen::Index t = 0; t < periods; ++t) {
      const auto column =
          std::find(labels.begin(), labels.end(), panel.periods[static_cast<std::size_t>(t)]) -
          labels.begin();
      for (Eigen::Index i = 0; i < n; ++i)
        x(i, t) = variable.value(panel.area[static_cast<std::size_t>(i)], column);
    }
  } else {
    const auto& column = pack.areas.numbers(name);
    for (Eigen::Index i = 0; i < n; ++i)
      x.row(i).setConstant(column[static_cast<std::size_t>(panel.area[static_cast<std::size_t>(i)])]);
  }
  if (const auto missing = x.array().isNaN().count(); missing > 0)
    throw InputError(fmt::format(
        "model '{}': covariate '{}' is missing in {} of {} cells of the periods {} to {} (fill it in the "
        "pack, or leave the covariate out)",
        model.name, name, missing, x.size(), panel.periods.front(), panel.periods.back()));
  return x;
}

SarData panel_sar_data(const SarModel& model, const RunConfig& config, const DataPack& pack,
                       const SpatialWeights& weights) {
  // Rows, periods, missing outcomes and groups of effects are those of model A; every period is a regression
  // period here.
  PanelModel plain;
  static_cast<ModelCommon&>(plain) = model;
  plain.area_effects = model.area_effects;
  plain.period_effects = model.period_effects;
  // W y of the same period needs every neighbour in every period.
  if (model.missing == MissingOutcomes::drop_rows)
    throw InputError(fmt::format(
        "model '{}': missing = \"drop_rows\" leaves neighbours without a value that W y of the same "
        "period needs (use \"drop_areas\", or \"impute\" where outcomes alone are missing)",
        model.name));
  plain.missing = model.missing == MissingOutcomes::drop ? MissingOutcomes::drop_areas : model.missing;
  plain.own_lag = false;
  plain.spatial_lag = SpatialLag::none;
  PanelData panel = panel_data(plain, config, pack, weights);
  SarData data;
  data.shape = SarData::Shape::panel;
  data.area_effects = model.area_effects ? SarData::AreaEffects::removed : SarData::AreaEffects::absent;
  data.outcome_unit = panel.outcome_unit;
  for (const auto& name : model.covariates) {
    Eigen::MatrixXd x = panel_covariate(model, pack, panel, name);
    const bool over_time = (x.colwise() - x.col(0)).isZero(0.0);
    const bool over_areas = (x.rowwise() - x.row(0)).isZero(0.0);
    if (over_time && (model.area_effects || over_areas)) {
      panel.notes.push_back(
          fmt::format("covariate '{}' does not change over time: not identified beside {}, dropped", name,
                      model.area_effects ? "area effects" : "the constant"));
      continue;
    }
    if (over_areas && model.period_effects != PeriodEffects::none) {
      panel.notes.push_back(fmt::format(
          "covariate '{}' is the same for every area: not identified beside period effects, dropped", name));
      continue;
    }
    data.x.push_back(std::move(x));
    data.x_names.push_back(name);
  }
  std::string period;
  if (model.period_effects != PeriodEffects::none) {
    data.effect_group = panel.effect_group;
    data.effect_groups = static_cast<Eigen::Index>(panel.effect_group_names.size());
    period = model.period_effects == PeriodEffects::common
                 ? "common period effects"
                 : fmt::format("period effects {}",
                               model.period_effects == PeriodEffects::by_type ? "by type" : "by region");
  }
  data.effects = model.area_effects && !period.empty() ? "area and " + period
                 : model.area_effects                  ? "area effects"
                 : !period.empty()                     ? period
                                                       : "a constant";
  data.area = std::move(panel.area);
  data.y = std::move(panel.y);
  data.weights = std::move(panel.weights);
  data.periods = std::move(panel.periods);
  data.notes = std::move(panel.notes);
  return data;
}

}  // namespace

SarData sar_data(const SarModel& model, const RunConfig& config, const DataPack& pack,
                 const SpatialWeights& weights) {
  if (static_cast<std::size_t>(weights.areas()) != pack.areas.rows)
    throw InputError(
        fmt::format("model '{}': weights cover {} areas and the pack has {} (a spatial autoregression needs "
                    "W of every area)",
                    model.name, weights.areas(), pack.areas.rows));
  const bool panel = pack.panel.find(model.outcome) != nullptr;
  // An unknown name is looked up among areas where the pack has no panel, so that the message lists what
  // there is.
  SarData data = panel || (!pack.areas.find(model.outcome) && !pack.panel.variables.empty())
                     ? panel_sar_data(model, config, pack, weights)
                     : cross_section_data(model, pack, weights);
  const auto kept = identified_covariates(
      data.x, data.x_names,
      data.area_effects == SarData::AreaEffects::removed ? AreaMeans::removed : AreaMeans::kept,
      data.effect_group, data.effect_groups, data.effects == "a constant" ? "the constant" : data.effects,
      data.notes);
  if (kept.size() < data.x.size()) {
    std::vector<Eigen::MatrixXd> x;
    std::vector<std::string> names;
    for (const auto k : kept) {
      x.push_back(std::move(data.x[k]));
      names.push_back(data.x_names[k]);
    }
    data.x = std::move(x);
    data.x_names = std::move(names);
  }
  data.model = model.name;
  data.outcome = model.outcome;
  return data;
}

void require_links(const SarData& data) {
  if (data.weights.matrix().nonZeros() == 0)
    throw InputError(
        fmt::format("model '{}': none of {} areas has a neighbour, so there is no spatial term to estimate",
                    data.model, data.areas()));
}

}  // namespace spillway
