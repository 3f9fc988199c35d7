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

/// Periods in which the outcome is seen at all; with lags all between the first and the last of them.
std::vector<Eigen::Index> observed_periods(const PanelModel& model, const Panel& panel,
                                           const Eigen::MatrixXd& y, std::vector<std::string>& notes) {
  Eigen::Index first = 0, last = y.cols() - 1;
  const auto empty = [&](Eigen::Index t) { return y.col(t).array().isNaN().all(); };
  while (first <= last && empty(first)) ++first;
  while (last >= first && empty(last)) --last;
  if (first > last)
    throw InputError(
        fmt::format("model '{}': outcome '{}' has no value in any period", model.name, model.outcome));
  std::vector<Eigen::Index> kept;
  for (Eigen::Index t = first; t <= last; ++t) {
    const int label = panel.periods[static_cast<std::size_t>(t)];
    if (!empty(t))
      kept.push_back(t);
    else if (initial_periods(model) > 0)
      throw InputError(
          fmt::format("model '{}': outcome '{}' has no value in period {} though it has before and after (a "
                      "lag needs every period between the first and the last)",
                      model.name, model.outcome, label));
    else
      notes.push_back(fmt::format("period {} has no value of '{}': left out", label, model.outcome));
  }
  return kept;
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

/// A covariate of the regression periods, missing values and all.
struct Covariate {
  std::string name;
  bool predetermined = false;
  Eigen::MatrixXd x;
};

std::vector<Covariate> covariates_of(const PanelModel& model, const DataPack& pack,
                                     const std::vector<int>& area, const std::vector<Eigen::Index>& periods) {
  std::vector<Covariate> all;
  for (const auto* names : {&model.covariates, &model.predetermined})
    for (const auto& name : *names) {
      Covariate one{name, names == &model.predetermined, {}};
      if (const PanelVariable* variable = pack.panel.find(name)) {
        one.x = take_rows(variable->value, area)(Eigen::all, periods);
      } else if (pack.areas.find(name)) {
        const auto& column = pack.areas.numbers(name);
        one.x.resize(static_cast<Eigen::Index>(area.size()), static_cast<Eigen::Index>(periods.size()));
        for (std::size_t i = 0; i < area.size(); ++i)
          one.x.row(static_cast<Eigen::Index>(i)).setConstant(column[static_cast<std::size_t>(area[i])]);
      } else {
        pack.panel.at(name);  // names the nearest and lists those there are
      }
      all.push_back(std::move(one));
    }
  return all;
}

/// Model A's panel while missing values are treated.
struct Cut {
  const PanelModel& model;
  const DataPack& pack;
  PanelData& data;
  std::vector<Covariate>& covariates;
  Eigen::Index initial = 0;

  Eigen::Index count() const { return data.y.cols() - initial; }
  const char* word() const {
    return model.missing == MissingOutcomes::drop        ? "drop"
           : model.missing == MissingOutcomes::drop_rows ? "drop_rows"
                                                         : "drop_areas";
  }
  /// Keep some of the areas.
  void keep(const std::vector<Eigen::Index>& rows) {
    std::vector<int> area;
    for (const auto i : rows) area.push_back(data.area[static_cast<std::size_t>(i)]);
    data.area = std::move(area);
    data.y = Eigen::MatrixXd(data.y(rows, Eigen::all));
    for (auto& one : covariates) one.x = Eigen::MatrixXd(one.x(rows, Eigen::all));
    if (data.seen.size() > 0) data.seen = Eigen::MatrixXd(data.seen(rows, Eigen::all));
    if (data.spatial_lag.size() > 0) data.spatial_lag = Eigen::MatrixXd(data.spatial_lag(rows, Eigen::all));
  }
  /// Keep regression periods [first, first + number); without lags any of them.
  void keep_periods(const std::vector<Eigen::Index>& columns) {
    const auto number = static_cast<Eigen::Index>(columns.size());
    std::vector<Eigen::Index> of_y;
    for (Eigen::Index t = 0; t < initial; ++t) of_y.push_back(columns.front() + t);
    for (const auto t : columns) of_y.push_back(initial + t);
    std::vector<int> labels;
    for (const auto t : of_y) labels.push_back(data.periods[static_cast<std::size_t>(t)]);
    data.periods = std::move(labels);
    data.y = Eigen::MatrixXd(data.y(Eigen::all, of_y));
    for (auto& one : covariates) one.x = Eigen::MatrixXd(one.x(Eigen::all, columns));
    data.seen = Eigen::MatrixXd(data.seen(Eigen::all, columns));
    if (data.spatial_lag.cols() > number)
      data.spatial_lag = Eigen::MatrixXd(data.spatial_lag(Eigen::all, columns));
  }
};

/// "'y' is missing in 3, 'x' in 1": what keeps rows or areas out; each counts its own.
class Reasons {
 public:
  void add(const std::string& what, long count) {
    if (count > 0)
      text_ += text_.empty() ? fmt::format("{} is missing in {}", what, count)
                             : fmt::format(", {} in {}", what, count);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Leave out rows that miss a value.
void drop_rows(Cut cut) {
  PanelData& data = cut.data;
  const Eigen::Index n = data.y.rows(), count = cut.count();
  const bool spatial = cut.model.spatial_lag != SpatialLag::none && data.weights.areas() > 0;
  if (spatial) data.spatial_lag = spatial_lag(data.weights, data.y.middleCols(cut.initial - 1, count));
  data.seen = Eigen::MatrixXd::Ones(n, count);
  Reasons reasons;
  const auto need = [&](const std::string& what, const Eigen::MatrixXd& value) {
    const auto gone = value.array().isNaN();
    reasons.add(what, static_cast<long>(gone.count()));
    data.seen = gone.select(Eigen::MatrixXd::Zero(n, count), data.seen).eval();
  };
  need(fmt::format("'{}'", cut.model.outcome), data.y.rightCols(count));
  for (Eigen::Index l = 1; l <= cut.initial && cut.model.own_lag; ++l)
    need(l == 1 ? "its value of the period before" : "that of two periods before",
         data.y.middleCols(cut.initial - l, count));
  if (spatial) need("a neighbour's value of the period before", data.spatial_lag);
  for (const auto& one : cut.covariates) need(fmt::format("'{}'", one.name), one.x);
  const long rows = static_cast<long>(data.seen.size()), kept = static_cast<long>(data.seen.sum());
  if (kept == rows) {
    data.seen.resize(0, 0);
    data.spatial_lag.resize(0, 0);
    return;
  }
  if (kept == 0)
    throw InputError(
        fmt::format("model '{}': none of {} rows (area and period) has every variable: {} (leave the "
                    "emptiest variable out)",
                    cut.model.name, rows, reasons.text()));
  std::vector<Eigen::Index> areas, periods;
  std::vector<int> gone;
  for (Eigen::Index i = 0; i < n; ++i)
    if (data.seen.row(i).sum() > 0.0)
      areas.push_back(i);
    else
      gone.push_back(data.area[static_cast<std::size_t>(i)]);
  std::string empty;
  for (Eigen::Index t = 0; t < count; ++t) {
    if (data.seen.col(t).sum() > 0.0)
      periods.push_back(t);
    else
      empty += (empty.empty() ? "" : ", ") +
               std::to_string(data.periods[static_cast<std::size_t>(cut.initial + t)]);
  }
  if (cut.initial > 0) {  // lags need the years between, with or without rows
    const Eigen::Index first = periods.front(), last = periods.back();
    periods.clear();
    for (Eigen::Index t = first; t <= last; ++t) periods.push_back(t);
  }
  if (periods.size() < static_cast<std::size_t>(count)) cut.keep_periods(periods);
  cut.keep(areas);
  if (data.weights.areas() > 0) data.weights = data.weights.restricted({areas.begin(), areas.end()});
  data.left_out = {rows - kept, static_cast<long>(gone.size())};
  data.notes.push_back(fmt::format(
      "missing = \"{}\": {} of {} rows (area and period) are left out: {}{}{}{}", cut.word(), rows - kept,
      rows, reasons.text(),
      gone.empty() ? ""
                   : fmt::format("; {} of {} areas have no complete row ({})", gone.size(), n,
                                 some_areas(cut.pack, gone)),
      empty.empty() ? "" : fmt::format("; no area has a complete row in {}", empty),
      spatial ? "; a row whose neighbours are not all there is left out, W is not standardised again" : ""));
  // Whole areas and years were gone: what is left is balanced. Beside neighbours' values, which were made of
  // all areas, the rows stand as they are.
  if (!spatial && data.seen.minCoeff() > 0.0) {
    data.seen.resize(0, 0);
    return;
  }
  const auto single = (data.seen.rowwise().sum().array() == 1.0).count();
  if (cut.model.area_effects && single > 0)
    data.notes.push_back(fmt::format(
        "{} area(s) have one row each: their own effect explains it, they add nothing else", single));
}

/// Whether missing = "impute" would do: it fills outcomes, from those of the same area, and nothing else.
bool can_impute(const Cut& cut) {
  const Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic> seen = !cut.data.y.array().isNaN();
  return !seen.all() && seen.rowwise().any().all() &&
         std::none_of(cut.covariates.begin(), cut.covariates.end(),
                      [](const Covariate& one) { return one.x.array().isNaN().any(); });
}

/// Leave out areas that miss a value in any period.
void drop_areas(Cut cut) {
  PanelData& data = cut.data;
  const Eigen::Index n = data.y.rows();
  std::vector<Eigen::Index> kept;
  std::vector<int> gone;
  long missed = 0;
  Reasons reasons;
  const auto areas_without = [](const Eigen::MatrixXd& value) {
    return (value.array().isNaN().rowwise().any()).count();
  };
  reasons.add(fmt::format("'{}'", cut.model.outcome), areas_without(data.y));
  for (const auto& one : cut.covariates) reasons.add(fmt::format("'{}'", one.name), areas_without(one.x));
  for (Eigen::Index i = 0; i < n; ++i) {
    Eigen::ArrayXd lacks = data.y.row(i).transpose().tail(cut.count()).array().isNaN().cast<double>();
    bool any = data.y.row(i).array().isNaN().any();
    for (const auto& one : cut.covariates) {
      const Eigen::ArrayXd gap = one.x.row(i).transpose().array().isNaN().cast<double>();
      lacks = lacks.max(gap);
      any = any || gap.any();
    }
    missed += static_cast<long>(lacks.sum());
    if (any)
      gone.push_back(data.area[static_cast<std::size_t>(i)]);
    else
      kept.push_back(i);
  }
  if (gone.empty()) return;
  if (kept.empty())
    throw InputError(
        fmt::format("model '{}': each of {} areas misses a value somewhere: {} area(s) (missing = \"{}\" "
                    "leaves none; use "
                    "\"drop_rows\" unless neighbours of the same period are asked for{})",
                    cut.model.name, n, reasons.text(), cut.word(),
                    can_impute(cut) ? ", or \"impute\" for the outcome" : ""));
  const bool imputable = can_impute(cut);
  cut.keep(kept);
  data.left_out = {static_cast<long>(gone.size()) * static_cast<long>(cut.count()),
                   static_cast<long>(gone.size())};
  data.notes.push_back(fmt::format(
      "missing = \"{}\": {} of {} areas are left out with all their periods, {} rows of which {} miss a "
      "value "
      "({}): {} area(s); where neighbours' outcomes are used they run over the rest, which biases rho down "
      "where "
      "many are missing{}",
      cut.word(), gone.size(), n, data.left_out.rows, missed, some_areas(cut.pack, gone), reasons.text(),
      imputable ? ": \"impute\" is safer" : ""));
  if (data.weights.areas() > 0) data.weights = data.weights.restricted({kept.begin(), kept.end()});
}

/// Missing values by the model's rule; may leave out areas or rows.
void treat_missing(Cut cut) {
  const PanelModel& model = cut.model;
  PanelData& data = cut.data;
  const MissingOutcomes rule = model.missing != MissingOutcomes::drop ? model.missing
                               : cut.initial > 0                      ? MissingOutcomes::drop_areas
                                                                      : MissingOutcomes::drop_rows;
  if (rule == MissingOutcomes::drop_rows) return drop_rows(cut);
  if (rule == MissingOutcomes::drop_areas) return drop_areas(cut);
  const std::string rows =
      std::string(cut.initial > 0
                      ? "set missing = \"drop\" to leave those areas out, \"drop_rows\" for the rows alone"
                      : "set missing = \"drop\" to leave out what has none, \"drop_areas\" for whole areas") +
      (can_impute(cut) ? ", or \"impute\"" : "");
  std::vector<int> incomplete, never;
  long cells = 0;
  for (Eigen::Index i = 0; i < data.y.rows(); ++i) {
    const long missing = data.y.row(i).array().isNaN().count();
    cells += missing;
    if (missing > 0) incomplete.push_back(data.area[static_cast<std::size_t>(i)]);
    if (missing == data.y.cols()) never.push_back(data.area[static_cast<std::size_t>(i)]);
  }
  const double share = 100.0 * static_cast<double>(cells) / static_cast<double>(data.y.size());
  if (cells > 0 && rule == MissingOutcomes::refuse)
    throw InputError(fmt::format(
        "model '{}': outcome '{}' is missing in {} of {} cells ({:.2f} %) of {} area(s) ({}); {}: {}",
        model.name, model.outcome, cells, data.y.size(), share, incomplete.size(),
        some_areas(cut.pack, incomplete),
        cut.initial > 0
            ? "every area is fitted over the same periods, and a spatial lag cannot use a neighbour "
              "that is not there"
            : "a row without its outcome says nothing",
        rows));
  if (cells > 0) {
    if (!never.empty())
      throw InputError(fmt::format(
          "model '{}': outcome '{}' is missing in every period of {} area(s) ({}); nothing to impute "
          "from: leave them out by restrict_to or missing = \"drop\"",
          model.name, model.outcome, never.size(), some_areas(cut.pack, never)));
    data.imputed = impute(data.weights, data.y);
    data.notes.push_back(
        fmt::format("{} of {} outcome cells ({:.2f} %) were missing and are filled by what the estimate "
                    "itself foretells of them, "
                    "so that they say nothing of the coefficients",
                    data.imputed, data.y.size(), share));
  }
  for (const auto& one : cut.covariates)
    if (const auto missing = one.x.array().isNaN().count(); missing > 0)
      throw InputError(fmt::format(
          "model '{}': covariate '{}' is missing in {} of {} cells of the regression periods {} to {} "
          "(fill it in the pack, set missing = \"drop\", or leave the covariate out)",
          model.name, one.name, missing, one.x.size(),
          data.periods[data.periods.size() - static_cast<std::size_t>(cut.count())], data.periods.back()));
}

/// Whether the cells seen are the same in every period of each area.
bool constant_over_time(const Eigen::MatrixXd& x, const Eigen::MatrixXd& seen) {
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    Eigen::Index first = -1;
    for (Eigen::Index t = 0; t < x.cols(); ++t) {
      if (seen.size() > 0 && seen(i, t) == 0.0) continue;
      if (first < 0) first = t;
      if (x(i, t) != x(i, first)) return false;
    }
  }
  return true;
}

/// Leave out covariates that do not change beside the model's effects: a note for each.
void take_covariates(const PanelModel& model, std::vector<Covariate> covariates, PanelData& data) {
  for (auto& one : covariates) {
    if (model.area_effects && constant_over_time(one.x, data.seen)) {
      data.notes.push_back(fmt::format(
          "covariate '{}' does not change over time: not identified beside area effects, dropped", one.name));
      continue;
    }
    if (model.period_effects != PeriodEffects::none &&
        constant_over_time(one.x.transpose(), data.seen.transpose())) {
      data.notes.push_back(fmt::format(
          "covariate '{}' is the same for every area: not identified beside period effects, dropped",
          one.name));
      continue;
    }
    data.x.push_back(std::move(one.x));
    data.x_names.push_back(one.name);
    data.x_predetermined.push_back(one.predetermined);
  }
}

/// Leave out covariates that the model's effects explain, or that are a combination of effects and the
/// covariates before them: a note for each.
void drop_dependent_covariates(const PanelModel& model, PanelData& data) {
  const bool period = model.period_effects != PeriodEffects::none;
  const auto kept = identified_covariates(data, model.area_effects ? AreaMeans::removed : AreaMeans::kept,
                                          period ? data.effect_group : std::vector<std::int32_t>{},
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
  const std::vector<Eigen::Index> periods = observed_periods(model, pack.panel, data.y, data.notes);
  data.y = Eigen::MatrixXd(data.y(Eigen::all, periods));
  for (const auto t : periods) data.periods.push_back(pack.panel.periods[static_cast<std::size_t>(t)]);
  const int initial = initial_periods(model);
  const auto require_periods = [&](const char* seen) {
    if (data.y.cols() - initial >= 2) return;
    throw InputError(fmt::format(
        "model '{}': outcome '{}' is seen {}in {} period(s), {} to {} (needs at least {}{})", model.name,
        model.outcome, seen, data.y.cols(), data.periods.front(), data.periods.back(), initial + 2,
        initial > 0 ? fmt::format(": {} before the first regression period and 2 to fit", initial)
                    : std::string("; one period is a cross-section: put its columns into the areas, for kind "
                                  "iv or spatial_autoregression")));
  };
  require_periods("");
  data.weights = weights.areas() > 0 && data.area.size() != static_cast<std::size_t>(weights.areas())
                     ? weights.restricted(data.area)
                     : weights;
  std::vector<Covariate> covariates =
      covariates_of(model, pack, data.area, {periods.begin() + initial, periods.end()});
  treat_missing({model, pack, data, covariates, initial});
  require_periods("with every variable ");
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
  take_covariates(model, std::move(covariates), data);
  drop_dependent_covariates(model, data);
  if (pack.period_years == 0.0)
    data.notes.push_back(
        "periods of this pack are of uneven length: rho and phi are per period, whatever its years");
  return data;
}

}  // namespace spillway
