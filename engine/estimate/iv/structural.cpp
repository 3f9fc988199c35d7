#include "engine/estimate/iv/structural.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/base/error.hpp"
#include "engine/estimate/gemm.hpp"
#include "engine/estimate/iv/instrumental.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"
#include "engine/estimate/iv/iv_cluster_sums.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_weak_robust.hpp"

namespace spillway {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int kRegressorOrder = 2, kInstrumentOrder = 1;

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

/// Columns as a design has its own: centred (or effects absorbed), weighted, with the controls out.
Eigen::MatrixXd like_design(Eigen::MatrixXd columns, const IvDesign& design, const CrossSection& data) {
  const Eigen::VectorXd weight = design.root_weight.cwiseAbs2();
  columns.rowwise() -= Eigen::RowVectorXd(weight.transpose() * columns / weight.sum());
  if (design.constant == IvDesign::Constant::absorbed)
    absorb(columns, data.fixed_effects, data.weight.size() ? weight : Eigen::VectorXd());
  columns = design.root_weight.asDiagonal() * columns;
  for (int pass = 0; pass < 2; ++pass)
    columns -= design.w * (design.w_inverse * (design.w.transpose() * columns));
  return columns;
}

std::string response_name(const std::string& name) { return "(I-A)^-1 " + name; }

/// b again under cluster weights and another A, from cross-products of the terms of the expansion.
class StructuralResampled : public Resampled {
 public:
  StructuralResampled(const IvDesign& design, const CrossSection& rows, const Clusters& joint,
                      const SpreadExpansion& spread, const Eigen::MatrixXd& regressor_terms,
                      const std::vector<Eigen::MatrixXd>& instrument_terms,
                      const std::vector<std::string>& instruments, bool ols)
      : names_{design.endogenous_names.front()}, spread_(spread), kappa_(ols ? 0.0 : 1.0) {
    // Columns [y | terms of s | z that are kept | terms of each response that is kept | w].
    full_.k = regressor_terms.cols();
    Eigen::MatrixXd z(design.rows, 0);
    const auto append = [&](const Eigen::MatrixXd& more) {
      z.conservativeResize(design.rows, z.cols() + more.cols());
      z.rightCols(more.cols()) = more;
    };
    for (std::size_t j = 0; j < design.instrument_names.size(); ++j) {
      const std::string& name = design.instrument_names[j];
      const auto plain = std::find(instruments.begin(), instruments.end(), name);
      if (plain != instruments.end()) {
        append(design.z.col(static_cast<Eigen::Index>(j)));
        width_.push_back(1);
        continue;
      }
      const auto response = std::find_if(instruments.begin(), instruments.end(),
                                         [&](const std::string& one) { return response_name(one) == name; });
      append(like_design(instrument_terms[static_cast<std::size_t>(response - instruments.begin())], design,
                         rows));
      width_.push_back(instrument_terms.front().cols());
    }
    full_.l = z.cols();
    full_.p = design.controls;
    small_.k = 1;
    small_.l = static_cast<Eigen::Index>(width_.size());
    small_.p = design.controls;
    IvDesign wide;
    wide.rows = design.rows;
    wide.endogenous = full_.k;
    wide.instruments = full_.l;
    wide.controls = full_.p;
    wide.y = design.y;
    wide.s = like_design(regressor_terms, design, rows);
    wide.z = std::move(z);
    wide.w = design.w;
    std::vector<std::int32_t> cluster;
    for (const int area : rows.area) cluster.push_back(joint.of_area[static_cast<std::size_t>(area)]);
    statistics_ = cluster_sums(wide, cluster, joint.count()).packed.transpose();
  }

  const std::vector<std::string>& parameters() const override { return names_; }
  bool needs_spread() const override { return true; }

  void evaluate(ReplicateBlock& block) const override { evaluate_with(block, nullptr); }

  /// Instruments' coefficients at the estimate: every cluster once, A at the point.
  Eigen::VectorXd reduced_at_point() const {
    const Eigen::VectorXd weight = Eigen::VectorXd::Ones(statistics_.rows());
    Eigen::MatrixXd spread(spread_.point().rho.size() + 1, 1), reduced;
    spread << spread_.point().rho, spread_.point().phi;
    ReplicateBlock block;
    block.count = 1;
    block.weight = weight.data();
    block.clusters = weight.size();
    block.spread = &spread;
    evaluate_with(block, &reduced);
    return reduced.col(0);
  }

  void evaluate_with(ReplicateBlock& block, Eigen::MatrixXd* reduced) const {
    if (reduced != nullptr) reduced->setConstant(2 * small_.l, block.count, nan);
    if (block.spread == nullptr || block.spread->cols() != block.count)
      throw std::logic_error("a structural estimate was replicated without the spread of its replicates");
    block.value.setConstant(1, block.count, nan);
    block.t.setConstant(1, block.count, nan);
    block.status.assign(static_cast<std::size_t>(block.count), 0);
    constexpr long step = 128;
    Eigen::MatrixXd cross(statistics_.cols(), step), packed(small_.entries(), 1);
    const Eigen::Index types = spread_.point().rho.size(), wide = full_.columns(), narrow = small_.columns();
    Eigen::MatrixXd gram(wide, wide), mix(wide, narrow), made(narrow, narrow);
    Eigen::VectorXd theta(1 + small_.p);
    for (long first = 0; first < block.count; first += step) {
      const long count = std::min(step, block.count - first);
      multiply(statistics_.data(), statistics_.rows(), statistics_.cols(),
               block.weight + first * block.clusters, count, cross.data());
      for (long r = 0; r < count; ++r) {
        const auto replicate = static_cast<std::size_t>(first + r);
        const SpreadPoint at{block.spread->col(first + r).head(types), (*block.spread)(types, first + r)};
        if (!at.rho.allFinite() || !(at.rho.cwiseAbs().maxCoeff() + std::abs(at.phi) < 1.0) ||
            !std::isfinite(spread_.error_bound(at, kRegressorOrder))) {
          block.status[replicate] = 3;
          continue;
        }
        const double* values = cross.col(r).data();
        for (Eigen::Index j = 0; j < wide; ++j)
          for (Eigen::Index i = j; i < wide; ++i) gram(i, j) = gram(j, i) = *values++;
        mix.setZero();
        mix(0, 0) = 1.0;
        mix.col(1).segment(1, full_.k) = spread_.factors(at, kRegressorOrder);
        const Eigen::VectorXd response = spread_.factors(at, kInstrumentOrder);
        Eigen::Index row = 1 + full_.k;
        for (Eigen::Index j = 0; j < small_.l; ++j) {
          const Eigen::Index width = width_[static_cast<std::size_t>(j)];
          if (width == 1)
            mix(row, 2 + j) = 1.0;
          else
            mix.col(2 + j).segment(row, width) = response;
          row += width;
        }
        for (Eigen::Index j = 0; j < small_.p; ++j) mix(row + j, 2 + small_.l + j) = 1.0;
        made.noalias() = mix.transpose() * (gram * mix);
        for (Eigen::Index j = 0; j < narrow; ++j)
          for (Eigen::Index i = j; i < narrow; ++i) packed(small_.offset(i, j), 0) = made(i, j);
        const SolveStatus status = k_class_from_cross(small_, packed.data(), kappa_, theta);
        block.status[replicate] = static_cast<std::uint8_t>(status);
        if (status != SolveStatus::fine) continue;
        block.value(0, first + r) = theta(0);
        if (reduced != nullptr) reduced->col(first + r) = reduced_form(made);
      }
    }
  }

 private:
  /// y and s on z and w, from the cross-products of [y | s | z | w]: z's coefficients of y, then of s.
  Eigen::VectorXd reduced_form(const Eigen::MatrixXd& cross) const {
    const Eigen::Index right = small_.l + small_.p;
    const Eigen::VectorXd scale = cross.diagonal().tail(right).cwiseSqrt().cwiseInverse();
    const Eigen::MatrixXd zz =
        scale.asDiagonal() * cross.bottomRightCorner(right, right) * scale.asDiagonal();
    const Eigen::MatrixXd both = scale.asDiagonal() * cross.bottomLeftCorner(right, 2);
    const Eigen::MatrixXd on_z =
        (scale.asDiagonal() * Eigen::MatrixXd(zz.ldlt().solve(both))).topRows(small_.l);
    return on_z.reshaped();
  }

  std::vector<std::string> names_;
  SpreadExpansion spread_;
  double kappa_;
  ClusterSums full_, small_;         ///< shapes only
  std::vector<Eigen::Index> width_;  ///< terms of each instrument: 1 for z itself
  Eigen::MatrixXd statistics_;       ///< clusters x entries
};

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
  data.filled = static_cast<long>(std::count(filled.begin(), filled.end(), true));
  if (data.filled > 0)
    data.rows.notes.push_back(
        fmt::format("{} of {} areas lack the regressor or an instrument: their neighbours see them at the "
                    "column's mean",
                    data.filled, pack.areas.rows));
  return data;
}

Fit fit_structural(const StructuralData& data, const IvModel& model, const FitContext& context,
                   const SpreadExpansion& spread, bool ols) {
  const auto l = data.instruments.cols();
  const Eigen::MatrixXd regressor_terms =
      rows_of(spread.terms(data.regressor, kRegressorOrder), data.rows.area);
  std::vector<Eigen::MatrixXd> instrument_terms;
  CrossSection rows = data.rows;
  rows.y *= data.period_years / data.window_years;
  if (!rows.outcome_unit.empty()) rows.outcome_unit += " a period";
  rows.endogenous = regressor_terms.leftCols(1);
  rows.instruments.resize(data.rows.instruments.rows(), 2 * l);
  rows.instruments.leftCols(l) = data.rows.instruments;
  for (Eigen::Index j = 0; j < l; ++j) {
    instrument_terms.push_back(
        rows_of(spread.terms(data.instruments.col(j), kInstrumentOrder), data.rows.area));
    rows.instruments.col(l + j) = instrument_terms.back().col(0);
    rows.instrument_names.push_back(response_name(data.rows.instrument_names[static_cast<std::size_t>(j)]));
  }
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
  const IvDesign design = iv_design(rows);
  if (const std::string lean = ols ? std::string() : lean_in_words(estimate, design); !lean.empty())
    estimate.notes.push_back(lean);
  fit.resampled = nullptr;
  if (context.joint.count() > 1)
    fit.resampled =
        std::make_shared<StructuralResampled>(design, rows, context.joint, spread, regressor_terms,
                                              instrument_terms, data.rows.instrument_names, ols);
  return fit;
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

Fit fit_structural_lag(const StructuralData& data, const IvModel& model, const FitContext& context,
                       const SpreadExpansion& spread) {
  CrossSection rows = data.rows;
  rows.y *= data.period_years / data.window_years;
  if (!rows.outcome_unit.empty()) rows.outcome_unit += " a period";
  rows.endogenous = rows_of(spread.solve(data.regressor), rows.area);
  append(rows.endogenous, rows.endogenous_names, lag_of(spread.weights(), data.regressor, rows.area),
         with_prefix("W ", data.rows.endogenous_names));
  append(rows.instruments, rows.instrument_names, rows_of(spread.solve(data.instruments), rows.area),
         with_prefix("(I-A)^-1 ", data.rows.instrument_names));
  append(rows.instruments, rows.instrument_names, lag_of(spread.weights(), data.instruments, rows.area),
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

double implied_theta(const StructuralData& data, const IvModel& model, const SpreadExpansion& spread,
                     double b) {
  CrossSection rows = slx_rows(data, spread.weights());
  rows.y = b * data.window_years / data.period_years * rows_of(spread.solve(data.regressor), rows.area);
  IvModel plain = model;
  plain.covariance = {};
  plain.covariance.kind = CovarianceKind::iid;
  return fit_form(rows, data, plain, FitContext{}, "slx").estimate.coefficients(1);
}

}  // namespace spillway
