// Cut model A's panel from a pack: rows, periods, covariates, types, and what to do where outcomes are
// missing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/model_data.hpp"
#include "engine/estimate/panel/within.hpp"

namespace spillway {

namespace {
std::string code(const DataPack& pack, int row) {
  return pack.areas.at("area_code").text(static_cast<std::size_t>(row));
}

/// Names of the first few areas, and how many there are.
std::string some_areas(const DataPack& pack, const std::vector<int>& rows) {
  std::string text;
  for (std::size_t k = 0; k < rows.size() && k < 5; ++k) text += (k ? ", " : "") + code(pack, rows[k]);
  return rows.size() > 5 ? text + fmt::format(" and {} more", rows.size() - 5) : text;
}

std::vector<int> kept_areas(const PanelModel& model, const DataPack& pack, std::vector<std::string>& notes) {
  std::vector<int> rows;
  const auto all = static_cast<int>(pack.areas.rows);
  if (model.restrict_to.empty()) {
    for (int i = 0; i < all; ++i) rows.push_back(i);
    return rows;
  }
  const auto& keep = pack.areas.numbers(model.restrict_to);
  for (int i = 0; i < all; ++i)
    if (keep[static_cast<std::size_t>(i)] != 0.0 && !std::isnan(keep[static_cast<std::size_t>(i)]))
      rows.push_back(i);
  if (rows.empty())
    throw InputError(fmt::format(
        "model '{}': restrict_to = \"{}\" keeps none of {} areas (needs a non-zero value somewhere)",
        model.name, model.restrict_to, all));
  notes.push_back(
      fmt::format("restricted to {} of {} areas where '{}' is not zero; the spatial lag runs among them",
                  rows.size(), all, model.restrict_to));
  return rows;
}

Eigen::MatrixXd take_rows(const Eigen::MatrixXd& value, const std::vector<int>& rows) {
  Eigen::MatrixXd taken(static_cast<Eigen::Index>(rows.size()), value.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) taken.row(static_cast<Eigen::Index>(i)) = value.row(rows[i]);
  return taken;
}

/// Categories of an areas' column among `rows`, only those that occur, in order of first appearance.
void categorise(const DataPack& pack, const std::string& column, const std::string& what,
                const std::vector<int>& rows, std::vector<std::int32_t>& of_row,
                std::vector<std::string>& names) {
  const Categories all = categories(pack.areas.at(column));
  std::vector<std::int32_t> number(all.names.size(), -1);
  std::vector<int> nameless;
  of_row.clear();
  names.clear();
  for (const int row : rows) {
    const auto level = static_cast<std::size_t>(all.of_row[static_cast<std::size_t>(row)]);
    if (all.names[level].empty()) nameless.push_back(row);
    if (number[level] < 0) {
      number[level] = static_cast<std::int32_t>(names.size());
      names.push_back(all.names[level]);
    }
    of_row.push_back(number[level]);
  }
  if (!nameless.empty())
    throw InputError(fmt::format("column '{}': {} areas have no value ({}); {} needs one for each area",
                                 column, nameless.size(), some_areas(pack, nameless), what));
}

/// First and last period in which the outcome is seen at all.
std::pair<Eigen::Index, Eigen::Index> observed_span(const PanelModel& model, const Panel& panel,
                                                    const Eigen::MatrixXd& y) {
  Eigen::Index first = 0, last = y.cols() - 1;
  const auto empty = [&](Eigen::Index t) { return y.col(t).array().isNaN().all(); };
  while (first <= last && empty(first)) ++first;
  while (last >= first && empty(last)) --last;
  if (first > last)
    throw InputError(
        fmt::format("model '{}': outcome '{}' has no value in any period", model.name, model.outcome));
  for (Eigen::Index t = first; t <= last; ++t)
    if (empty(t))
      throw InputError(
          fmt::format("model '{}': outcome '{}' has no value in period {} though it has before and after (a "
                      "lag needs every period between the first and the last)",
                      model.name, model.outcome, panel.periods[static_cast<std::size_t>(t)]));
  return {first, last};
}

/// Fill missing cells by area effect + period effect + half the neighbours' mean residual; returns how many.
long impute(const SpatialWeights& weights, Eigen::MatrixXd& y) {
  const Eigen::Index n = y.rows(), periods = y.cols();
  const Eigen::MatrixXd seen =
      y.array().isNaN().select(Eigen::MatrixXd::Zero(n, periods), Eigen::MatrixXd::Ones(n, periods));
  const Eigen::MatrixXd value = y.array().isNaN().select(Eigen::MatrixXd::Zero(n, periods), y);
  // Two-way effects of an unbalanced panel by alternating means: converges fast while few cells are missing.
  Eigen::VectorXd area = Eigen::VectorXd::Zero(n);
  Eigen::RowVectorXd period = Eigen::RowVectorXd::Zero(periods);
  for (int sweep = 0; sweep < 200; ++sweep) {
    const Eigen::VectorXd previous = area;
    area =
        (value - seen * period.transpose().asDiagonal()).rowwise().sum().cwiseQuotient(seen.rowwise().sum());
    period = (value - area.asDiagonal() * seen).colwise().sum().cwiseQuotient(seen.colwise().sum());
    if ((area - previous).cwiseAbs().maxCoeff() <= 1e-12 * (1.0 + area.cwiseAbs().maxCoeff())) break;
  }
  const Eigen::MatrixXd residual = value - area.asDiagonal() * seen - seen * period.transpose().asDiagonal();
  long filled = 0;
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index t = 0; t < periods; ++t) {
      if (seen(i, t) != 0.0) continue;
      double sum = 0.0, neighbours = 0.0;
      if (weights.areas() > 0)
        for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it)
          if (seen(it.col(), t) != 0.0) {
            sum += residual(it.col(), t);
            neighbours += 1.0;
          }
      y(i, t) = area(i) + period(t) + (neighbours > 0.0 ? 0.5 * sum / neighbours : 0.0);
      ++filled;
    }
  return filled;
}

/// Missing outcomes by the model's rule; may drop rows.
void treat_missing(const PanelModel& model, const DataPack& pack, const SpatialWeights& weights,
                   PanelData& data) {
  std::vector<int> incomplete, never;
  long cells = 0;
  for (Eigen::Index i = 0; i < data.y.rows(); ++i) {
    const long missing = data.y.row(i).array().isNaN().count();
    cells += missing;
    if (missing > 0) incomplete.push_back(data.area[static_cast<std::size_t>(i)]);
    if (missing == data.y.cols()) never.push_back(data.area[static_cast<std::size_t>(i)]);
  }
  data.weights = weights.areas() > 0 && data.area.size() != static_cast<std::size_t>(weights.areas())
                     ? weights.restricted(data.area)
                     : weights;
  if (cells == 0) return;
  const double share = 100.0 * static_cast<double>(cells) / static_cast<double>(data.y.size());
  if (model.missing == MissingOutcomes::impute) {
    if (!never.empty())
      throw InputError(fmt::format(
          "model '{}': outcome '{}' is missing in every period of {} area(s) ({}); nothing to impute "
          "from: leave them out by restrict_to or missing = \"drop\"",
          model.name, model.outcome, never.size(), some_areas(pack, never)));
    data.imputed = impute(data.weights, data.y);
    data.notes.push_back(fmt::format(
        "{} of {} outcome cells ({:.2f} %) were missing and filled by area and period effects plus "
        "half the neighbours' mean residual{}",
        data.imputed, data.y.size(), share,
        share > 2.0
            ? "; above 2 % rho and phi are pulled towards zero by about that share of themselves, and "
              "intervals cover less than they say"
            : ""));
    return;
  }
  if (model.missing == MissingOutcomes::drop) {
    std::vector<int> kept;
    for (const int row : data.area)
      if (!std::binary_search(incomplete.begin(), incomplete.end(), row)) kept.push_back(row);
    if (kept.empty())
      throw InputError(fmt::format(
          "model '{}': every area misses outcome '{}' somewhere (missing = \"drop\" leaves none; use "
          "\"impute\")",
          model.name, model.outcome));
    data.notes.push_back(
        fmt::format("{} area(s) with missing outcomes left out ({}); where neighbours' outcomes are used "
                    "they run over the "
                    "rest, which biases rho down where many are missing: missing = \"impute\" is safer",
                    incomplete.size(), some_areas(pack, incomplete)));
    Eigen::MatrixXd y(static_cast<Eigen::Index>(kept.size()), data.y.cols());
    Eigen::Index k = 0;
    for (Eigen::Index i = 0; i < data.y.rows(); ++i)
      if (!data.y.row(i).array().isNaN().any()) y.row(k++) = data.y.row(i);
    data.y = std::move(y);
    data.area = std::move(kept);
    if (weights.areas() > 0) data.weights = weights.restricted(data.area);
    return;
  }
  throw InputError(fmt::format(
      "model '{}': outcome '{}' is missing in {} of {} cells ({:.2f} %) of {} area(s) ({}); every area is "
      "fitted "
      "over the same periods, and a spatial lag cannot use a neighbour that is not there: set missing = "
      "\"drop\" to leave those areas out, or \"impute\"",
      model.name, model.outcome, cells, data.y.size(), share, incomplete.size(),
      some_areas(pack, incomplete)));
}

bool constant_over_time(const Eigen::MatrixXd& x) {
  for (Eigen::Index t = 1; t < x.cols(); ++t)
    if (!(x.col(t).array() == x.col(0).array()).all()) return false;
  return true;
}

bool constant_over_areas(const Eigen::MatrixXd& x) {
  for (Eigen::Index i = 1; i < x.rows(); ++i)
    if (!(x.row(i).array() == x.row(0).array()).all()) return false;
  return true;
}

void add_covariate(const PanelModel& model, const DataPack& pack, const std::string& name, bool predetermined,
                   Eigen::Index first, Eigen::Index count, PanelData& data) {
  Eigen::MatrixXd x;
  if (const PanelVariable* variable = pack.panel.find(name)) {
    x = take_rows(variable->value, data.area).middleCols(first, count);
  } else if (pack.areas.find(name)) {
    const auto& column = pack.areas.numbers(name);
    x.resize(static_cast<Eigen::Index>(data.area.size()), count);
    for (std::size_t i = 0; i < data.area.size(); ++i)
      x.row(static_cast<Eigen::Index>(i)).setConstant(column[static_cast<std::size_t>(data.area[i])]);
  } else {
    pack.panel.at(name);  // names the nearest and lists those there are
  }
  if (const auto missing = x.array().isNaN().count(); missing > 0)
    throw InputError(fmt::format(
        "model '{}': covariate '{}' is missing in {} of {} cells of the regression periods {} to {} "
        "(fill it in the pack, or leave the covariate out)",
        model.name, name, missing, x.size(),
        data.periods[data.periods.size() - static_cast<std::size_t>(count)], data.periods.back()));
  if (model.area_effects && constant_over_time(x)) {
    data.notes.push_back(fmt::format(
        "covariate '{}' does not change over time: not identified beside area effects, dropped", name));
    return;
  }
  if (model.period_effects != PeriodEffects::none && constant_over_areas(x)) {
    data.notes.push_back(fmt::format(
        "covariate '{}' is the same for every area: not identified beside period effects, dropped", name));
    return;
  }
  data.x.push_back(std::move(x));
  data.x_names.push_back(name);
  data.x_predetermined.push_back(predetermined);
}

/// Leave out covariates that the model's effects explain, or that are a combination of effects and the
/// covariates before them: a note for each.
void drop_dependent_covariates(const PanelModel& model, PanelData& data) {
  const bool period = model.period_effects != PeriodEffects::none;
  const auto kept =
      identified_covariates(data.x, data.x_names, model.area_effects ? AreaMeans::removed : AreaMeans::kept,
                            period ? data.effect_group : std::vector<std::int32_t>{},
                            static_cast<Eigen::Index>(data.effect_group_names.size()),
                            model.area_effects && period ? "area and period effects"
                            : model.area_effects         ? "area effects"
                            : period                     ? "period effects"
                                                         : "the constant",
                            data.notes);
  if (kept.size() == data.x.size()) return;
  std::vector<Eigen::MatrixXd> x;
  std::vector<std::string> names;
  std::vector<bool> predetermined;
  for (const auto k : kept) {
    x.push_back(std::move(data.x[k]));
    names.push_back(data.x_names[k]);
    predetermined.push_back(data.x_predetermined[k]);
  }
  data.x = std::move(x);
  data.x_names = std::move(names);
  data.x_predetermined = std::move(predetermined);
}
}  // namespace

PanelData panel_data(const PanelModel& model, const RunConfig& config, const DataPack& pack,
                     const SpatialWeights& weights) {
  PanelData data;
  data.model = model.name;
  data.outcome = model.outcome;
  const PanelVariable& outcome = pack.panel.at(model.outcome);
  data.outcome_unit = outcome.unit;
  data.area = kept_areas(model, pack, data.notes);
  data.y = take_rows(outcome.value, data.area);
  const auto [first, last] = observed_span(model, pack.panel, data.y);
  data.y = Eigen::MatrixXd(data.y.middleCols(first, last - first + 1));
  data.periods.assign(pack.panel.periods.begin() + first, pack.panel.periods.begin() + last + 1);
  const int initial = initial_periods(model);
  const Eigen::Index count = data.y.cols() - initial;
  if (count < 2)
    throw InputError(fmt::format(
        "model '{}': outcome '{}' is seen in {} period(s), {} to {} (needs at least {}{})", model.name,
        model.outcome, data.y.cols(), data.periods.front(), data.periods.back(), initial + 2,
        initial > 0 ? fmt::format(": {} before the first regression period and 2 to fit", initial)
                    : std::string("; one period is a cross-section: put its columns into the areas, for kind "
                                  "iv or spatial_autoregression")));
  treat_missing(model, pack, weights, data);
  const auto rows = data.area.size();
  data.type.assign(rows, 0);
  data.type_names = {"all"};
  if (model.spatial_lag == SpatialLag::by_type)
    categorise(pack, config.area_type, "spatial_lag = \"by_type\"", data.area, data.type, data.type_names);
  data.effect_group.assign(rows, 0);
  data.effect_group_names = {"all"};
  if (model.period_effects == PeriodEffects::by_type)
    categorise(pack, config.area_type, "period_effects = \"by_type\"", data.area, data.effect_group,
               data.effect_group_names);
  if (model.period_effects == PeriodEffects::by_region)
    categorise(pack, "region_code", "period_effects = \"by_region\"", data.area, data.effect_group,
               data.effect_group_names);
  for (const auto& name : model.covariates)
    add_covariate(model, pack, name, false, first + initial, count, data);
  for (const auto& name : model.predetermined)
    add_covariate(model, pack, name, true, first + initial, count, data);
  drop_dependent_covariates(model, data);
  if (pack.period_years == 0.0)
    data.notes.push_back(
        "periods of this pack are of uneven length: rho and phi are per period, whatever its years");
  return data;
}

}  // namespace spillway
