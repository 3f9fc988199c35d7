#include "engine/estimate/iv/structural.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/estimate/iv/instrumental.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_weak_robust.hpp"

namespace spillway {

namespace {

/// A column over all areas; missing values stand at the mean of the others.
Eigen::VectorXd whole_column(const Table& areas, const std::string& name, std::vector<bool>& filled) {
  const std::vector<double>& values = areas.numbers(name);
  double sum = 0.0, count = 0.0;
  for (const double v : values)
    if (std::isfinite(v)) {
      sum += v;
      count += 1.0;
    }
  Eigen::VectorXd whole(static_cast<Eigen::Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool there = std::isfinite(values[i]);
    whole(static_cast<Eigen::Index>(i)) = there ? values[i] : sum / count;
    if (!there) filled[i] = true;
  }
  return whole;
}

Eigen::MatrixXd rows_of(const Eigen::MatrixXd& whole, const std::vector<int>& area) {
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(area.size()), whole.cols());
  for (std::size_t i = 0; i < area.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) = whole.row(area[i]);
  return rows;
}

std::string response_name(const std::string& name) { return "(I-A)^-1 " + name; }

/// The rows of a structural form: growth a period, the regressor's response, instruments and their responses.
CrossSection structural_rows(const StructuralData& data, const StructuralTerms& terms) {
  const auto l = data.rows.instruments.cols();
  CrossSection rows = data.rows;
  rows.y *= data.period_years / data.window_years;
  if (!rows.outcome_unit.empty()) rows.outcome_unit += " a period";
  rows.endogenous = rows_of(terms.regressor.leftCols(1), rows.area);
  rows.instruments.resize(data.rows.instruments.rows(), 2 * l);
  rows.instruments.leftCols(l) = data.rows.instruments;
  for (Eigen::Index j = 0; j < l; ++j) {
    const auto k = static_cast<std::size_t>(j);
    rows.instruments.col(l + j) = rows_of(terms.instruments[k].leftCols(1), rows.area);
    rows.instrument_names.push_back(response_name(data.rows.instrument_names[k]));
  }
  return rows;
}

/// Columns that forms share, each once, by what it is called.
class SharedColumns {
 public:
  std::size_t add(const std::string& name, const std::function<Eigen::MatrixXd()>& make) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    names_.push_back(name);
    columns_.push_back(make());
    return columns_.size() - 1;
  }
  std::vector<Eigen::MatrixXd> take() { return std::move(columns_); }

 private:
  std::vector<std::string> names_;
  std::vector<Eigen::MatrixXd> columns_;
};

/// The form of a cell over columns that forms share; instruments are those that its design kept.
StructuralForms::Form form_of(const StructuralCell& cell, const CrossSection& rows, const IvDesign& design,
                              SharedColumns& columns) {
  const std::vector<std::string>& plain = cell.data->rows.instrument_names;
  columns.add("y", [&] { return rows.y; });
  StructuralForms::Form form;
  form.parameter = design.endogenous_names.front();
  form.kappa = cell.ols ? 0.0 : 1.0;
  form.regressor =
      columns.add("s:" + form.parameter, [&] { return rows_of(cell.terms->regressor, rows.area); });
  for (const std::string& name : design.instrument_names)
    for (std::size_t j = 0; j < plain.size(); ++j) {
      if (name == plain[j])
        form.instruments.push_back(columns.add(
            "z:" + name, [&] { return cell.data->rows.instruments.col(static_cast<Eigen::Index>(j)); }));
      if (name == response_name(plain[j]))
        form.instruments.push_back(
            columns.add("r:" + plain[j], [&] { return rows_of(cell.terms->instruments[j], rows.area); }));
    }
  return form;
}

/// How far 2SLS leans towards OLS with instruments of this strength, to first order in one over it: (l - 2) /
/// (l (F - 1)) of the way (Rothenberg 1984), and replicates as far again. Empty: not to be told, or below a
/// hundredth.
std::string lean_in_words(const Estimate& estimate, const IvDesign& design) {
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  const double l = static_cast<double>(design.instruments), b = estimate.coefficients(0),
               ols = design.ss.ldlt().solve(design.sy)(0);
  if (found == nullptr || l <= 2.0) return "";
  const std::optional<double> f = found->effective_f ? found->effective_f : found->kleibergen_paap_f;
  if (!f || !(*f > 1.0)) return "";
  const double part = std::min(1.0, (l - 2.0) / (l * (*f - 1.0))), lean = part / (1.0 - part) * (ols - b);
  if (!(part < 1.0) || !(std::abs(lean) > 0.01 * std::abs(b))) return "";
  return fmt::format(
      "weak-instrument lean: with {} instruments of F {:.3g}, 2SLS stands about {:.1f} % of the way from the "
      "truth "
      "to OLS ({:.3g}): some {:+.1f} % of it, and draws as far again; read the Anderson-Rubin set beside the "
      "band",
      l, *f, 100.0 * part, ols, 100.0 * lean / std::abs(b));
}

}  // namespace

void evaluate_structural(const Resampled& resampled, ReplicateBlock& block, Eigen::MatrixXd& reduced) {
  dynamic_cast<const StructuralResampled&>(resampled).evaluate_with(block, &reduced);
}

Eigen::Index structural_moments(const Resampled& resampled) {
  return 2 * dynamic_cast<const StructuralResampled&>(resampled).instruments();
}

bool widen_weak_robust_sets(Fit& structural, const Eigen::MatrixXd& reduced, Eigen::Index clusters) {
  Estimate& estimate = structural.estimate;
  auto* found = std::get_if<IvFindings>(&estimate.findings);
  if (!estimate.has_anderson_rubin_set || found == nullptr) return false;
  const Eigen::Index size = reduced.rows(), l = size / 2;
  std::vector<Eigen::Index> fine;
  for (Eigen::Index r = 0; r < reduced.cols(); ++r)
    if (reduced.col(r).allFinite()) fine.push_back(r);
  if (static_cast<Eigen::Index>(fine.size()) < 10 * size) return false;
  Eigen::MatrixXd moves = reduced(Eigen::all, fine);
  moves.colwise() -= Eigen::VectorXd(moves.rowwise().mean());
  const Eigen::VectorXd point =
      dynamic_cast<const StructuralResampled&>(*structural.resampled).reduced_at_point();
  ReducedForm form;
  form.y_on_z = point.head(l);
  form.s_on_z = point.tail(l);
  form.covariance = moves * moves.transpose() / static_cast<double>(fine.size() - 1);
  const WeakRobustSets sets = weak_robust_sets(form, estimate.level, 1.0, static_cast<double>(clusters - 1));
  estimate.anderson_rubin_set = sets.anderson_rubin;
  found->anderson_rubin_set = sets.anderson_rubin;
  found->conditional_likelihood_set = sets.conditional_likelihood;
  return true;
}

namespace {

/// Columns without variation become 0, so that no response or lag of theirs passes for an instrument: (I -
/// A)^-1 and W of a constant vary with types and islands alone, which is A's variation and not theirs. So do
/// those of an instrument's mean, which is taken off for it.
void silence_constants(Eigen::MatrixXd& columns) {
  for (auto column : columns.colwise())
    if (column.size() > 0 && !(column.maxCoeff() - column.minCoeff() > 1e-12 * column.cwiseAbs().maxCoeff()))
      column.setZero();
}

}  // namespace

StructuralData structural_data(const IvModel& model, const std::vector<std::string>& endogenous,
                               const std::vector<std::string>& instruments, const DataPack& pack,
                               double period_years) {
  if (endogenous.size() != 1)
    throw InputError(
        fmt::format("model '{}': the structural form needs one endogenous regressor, and it has {} ({})",
                    model.name, endogenous.size(), fmt::join(endogenous, ", ")));
  StructuralData data;
  data.rows = cross_section(model, endogenous, instruments, pack);
  data.window_years = model.window_years;
  data.period_years = period_years;
  std::vector<bool> filled(pack.areas.rows, false);
  data.regressor = whole_column(pack.areas, endogenous.front(), filled);
  data.instruments.resize(data.regressor.size(), static_cast<Eigen::Index>(instruments.size()));
  for (std::size_t j = 0; j < instruments.size(); ++j)
    data.instruments.col(static_cast<Eigen::Index>(j)) = whole_column(pack.areas, instruments[j], filled);
  std::vector<bool> others(pack.areas.rows, false);
  data.outcome = whole_column(pack.areas, model.outcome, others);
  data.controls.resize(data.regressor.size(), static_cast<Eigen::Index>(model.controls.size()));
  for (std::size_t j = 0; j < model.controls.size(); ++j)
    data.controls.col(static_cast<Eigen::Index>(j)) = whole_column(pack.areas, model.controls[j], others);
  silence_constants(data.instruments);
  data.instruments.rowwise() -= data.instruments.colwise().mean().eval();
  silence_constants(data.controls);
  data.filled = static_cast<long>(std::count(filled.begin(), filled.end(), true));
  if (data.filled > 0)
    data.rows.notes.push_back(
        fmt::format("{} of {} areas lack the regressor or an instrument: their neighbours see them at the "
                    "column's mean",
                    data.filled, pack.areas.rows));
  return data;
}

StructuralTerms structural_terms(const StructuralData& data, const SpreadExpansion& spread) {
  Eigen::MatrixXd columns(data.regressor.size(), 1 + data.instruments.cols());
  columns << data.regressor, data.instruments;
  std::vector<int> order(static_cast<std::size_t>(columns.cols()), kInstrumentOrder);
  order.front() = kRegressorOrder;
  std::vector<Eigen::MatrixXd> terms = spread.terms(columns, order);
  StructuralTerms made{std::move(terms.front()), {}};
  made.instruments.assign(std::make_move_iterator(terms.begin() + 1), std::make_move_iterator(terms.end()));
  return made;
}

Fit fit_structural(const StructuralData& data, const IvModel& model, const FitContext& context,
                   const SpreadExpansion& spread, bool ols) {
  return fit_structural(data, structural_terms(data, spread), model, context, spread, ols);
}

Fit fit_structural(const StructuralData& data, const StructuralTerms& terms, const IvModel& model,
                   const FitContext& context, const SpreadExpansion& spread, bool ols) {
  const CrossSection rows = structural_rows(data, terms);
  IvModel own = model;
  own.estimators = {ols ? Estimator::ols : Estimator::two_stage};
  Fit fit = std::move(fit_instrumental(rows, own, context).front());
  const std::string name = ols ? "structural_ols" : "structural";
  Estimate& estimate = fit.estimate;
  estimate.estimator = name;
  estimate.cell = data.rows.cell;
  estimate.echo =
      fmt::format("{} (structural form: {} stands for {}, y for growth a period; A at its estimate)",
                  estimate.echo, response_name(rows.endogenous_names.front()), rows.endogenous_names.front());
  estimate.notes.push_back(fmt::format(
      "structural form: growth a period per unit before neighbours share in it; A = diag(rho) W + phi I with "
      "rho {:.3g} and phi {:.3g}; this interval holds A fixed, the joint draws use each replicate's own",
      fmt::join(spread.point().rho, "/"), spread.point().phi));
  if (const std::string lean = ols ? std::string() : lean_in_words(estimate, iv_design(rows)); !lean.empty())
    estimate.notes.push_back(lean);
  fit.resampled = nullptr;
  if (context.joint.count() > 1)
    fit.resampled = structural_forms({{&data, &terms, ols}}, context.joint, spread, context.parallelism)
                        .front()
                        .resampled;
  return fit;
}

std::vector<DrawnForm> structural_forms(const std::vector<StructuralCell>& cells, const Clusters& joint,
                                        const SpreadExpansion& spread, Parallelism parallelism) {
  std::vector<DrawnForm> made(cells.size());
  std::vector<std::size_t> first, unique;  // OLS and 2SLS of a cell share its design
  for (std::size_t k = 0; k < cells.size(); ++k) {
    std::size_t same = 0;
    while (cells[same].data != cells[k].data) ++same;
    first.push_back(same);
    if (same == k) unique.push_back(k);
  }
  std::vector<CrossSection> rows(cells.size());
  std::vector<std::optional<IvDesign>> designs(cells.size());
  for_each_block(static_cast<std::ptrdiff_t>(unique.size()), 1, parallelism,
                 [&](std::ptrdiff_t at, std::ptrdiff_t) {
                   const std::size_t k = unique[static_cast<std::size_t>(at)];
                   rows[k] = structural_rows(*cells[k].data, *cells[k].terms);
                   try {
                     designs[k] = iv_design(rows[k]);
                   } catch (const NumericalError& error) {
                     made[k].why_not = error.what();
                   }
                 });
  SharedColumns columns;
  std::vector<StructuralForms::Form> forms;
  std::vector<std::size_t> place;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const std::size_t of = first[k];
    try {
      if (!designs[of]) {
        made[k].why_not = made[of].why_not;
        continue;
      }
      if (!cells[k].ols) check_identified(rows[of], *designs[of]);
      forms.push_back(form_of(cells[k], rows[of], *designs[of], columns));
      place.push_back(k);
    } catch (const NumericalError& error) {
      made[k].why_not = error.what();
    }
  }
  if (forms.empty()) return made;
  const std::size_t of = first[place.front()];
  const auto all = std::make_shared<const StructuralForms>(*designs[of], rows[of], joint, spread,
                                                           columns.take(), std::move(forms), parallelism);
  for (std::size_t f = 0; f < place.size(); ++f)
    made[place[f]].resampled = std::make_shared<const StructuralResampled>(all, f);
  return made;
}

namespace {

/// 2SLS of rows that a form has widened, under its own name.
Fit fit_form(const CrossSection& rows, const StructuralData& data, const IvModel& model,
             const FitContext& context, const std::string& name) {
  IvModel own = model;
  own.estimators = {Estimator::two_stage};
  Fit fit = std::move(fit_instrumental(rows, own, context).front());
  fit.estimate.estimator = name;
  fit.estimate.cell = data.rows.cell;
  return fit;
}

/// Columns and names put after those that are there.
void append(Eigen::MatrixXd& to, std::vector<std::string>& names, const Eigen::MatrixXd& columns,
            const std::vector<std::string>& more) {
  to.conservativeResize(Eigen::NoChange, to.cols() + columns.cols());
  to.rightCols(columns.cols()) = columns;
  names.insert(names.end(), more.begin(), more.end());
}

std::vector<std::string> with_prefix(const std::string& prefix, const std::vector<std::string>& names) {
  std::vector<std::string> made;
  for (const std::string& name : names) made.push_back(prefix + name);
  return made;
}

Eigen::MatrixXd lag_of(const SpatialWeights& weights, const Eigen::MatrixXd& whole,
                       const std::vector<int>& area) {
  return rows_of(Eigen::MatrixXd(weights.matrix() * whole), area);
}

CrossSection slx_rows(const StructuralData& data, const SpatialWeights& weights) {
  CrossSection rows = data.rows;
  append(rows.endogenous, rows.endogenous_names, lag_of(weights, data.regressor, rows.area),
         with_prefix("W ", data.rows.endogenous_names));
  append(rows.instruments, rows.instrument_names, lag_of(weights, data.instruments, rows.area),
         with_prefix("W ", data.rows.instrument_names));
  return rows;
}

}  // namespace

Fit fit_slx(const StructuralData& data, const IvModel& model, const FitContext& context,
            const SpatialWeights& weights) {
  return fit_form(slx_rows(data, weights), data, model, context, "slx");
}

Fit fit_structural_lag(const StructuralData& data, const StructuralTerms& terms, const IvModel& model,
                       const FitContext& context, const SpatialWeights& weights) {
  CrossSection rows = structural_rows(data, terms);
  append(rows.endogenous, rows.endogenous_names, lag_of(weights, data.regressor, rows.area),
         with_prefix("W ", data.rows.endogenous_names));
  append(rows.instruments, rows.instrument_names, lag_of(weights, data.instruments, rows.area),
         with_prefix("W ", data.rows.instrument_names));
  return fit_form(rows, data, model, context, "structural_lag");
}

Fit fit_spatial_lag_iv(const StructuralData& data, const IvModel& model, const FitContext& context,
                       const SpatialWeights& weights) {
  CrossSection rows = data.rows;
  append(rows.endogenous, rows.endogenous_names, lag_of(weights, data.outcome, rows.area),
         with_prefix("W ", {data.rows.outcome}));
  append(rows.instruments, rows.instrument_names, lag_of(weights, data.instruments, rows.area),
         with_prefix("W ", data.rows.instrument_names));
  append(rows.instruments, rows.instrument_names, lag_of(weights, data.controls, rows.area),
         with_prefix("W ", data.rows.control_names));
  return fit_form(rows, data, model, context, "spatial_lag_iv");
}

double implied_theta(const StructuralData& data, const StructuralTerms& terms, const IvModel& model,
                     const SpatialWeights& weights, double b) {
  CrossSection rows = slx_rows(data, weights);
  rows.y = b * data.window_years / data.period_years * rows_of(terms.regressor.leftCols(1), rows.area);
  IvModel plain = model;
  plain.covariance = {};
  plain.covariance.kind = CovarianceKind::iid;
  return fit_form(rows, data, plain, FitContext{}, "slx").estimate.coefficients(1);
}

}  // namespace spillway
