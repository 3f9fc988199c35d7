#include "engine/estimate/panel/spatial_lag_panel.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/panel/refill.hpp"

namespace spillway {

namespace {
/// Estimators that take area effects out whatever the model says.
bool takes_area_effects_out(Estimator one) {
  return one == Estimator::as_published || one == Estimator::double_filter_iv || one == Estimator::analytical;
}

PanelData without_fixed_covariates(const PanelData& data) {
  PanelData part = data;
  const auto kept = identified_covariates(data, AreaMeans::removed, {}, "area effects", part.notes);
  part.x.clear();
  part.x_names.clear();
  part.x_predetermined.clear();
  for (const auto k : kept) {
    part.x.push_back(data.x[k]);
    part.x_names.push_back(data.x_names[k]);
    part.x_predetermined.push_back(data.x_predetermined[k]);
  }
  return part;
}

/// Estimators whose corrections are of a panel in which every area has every period.
bool needs_balance(Estimator one) {
  return one == Estimator::half_panel_jackknife || one == Estimator::double_filter_iv ||
         one == Estimator::analytical || one == Estimator::corrected_score ||
         one == Estimator::corrected_score_no_own_lag || one == Estimator::corrected_score_second_lags;
}

/// What makes a panel with holes balanced, in the words of the configuration.
std::string ways_to_balance(const PanelData& data) {
  Eigen::Array<bool, Eigen::Dynamic, 1> whole = data.y.array().isFinite().rowwise().all(), covered(whole);
  covered.setConstant(true);
  for (const auto& x : data.x) covered = covered && x.array().isFinite().rowwise().all();
  const auto areas = (whole && covered).count();
  std::string ways;
  if (areas > 1)
    ways += fmt::format(", or missing = \"drop_areas\", which keeps {} of {} areas", areas, data.y.rows());
  if (covered.all() && data.left_out.areas == 0) ways += ", or missing = \"impute\" for the outcome";
  return ways;
}

Fit fit_one(PanelProblem& problem, Estimator estimator) {
  PanelSpecification s = problem.specification();
  if (problem.data.seen.size() > 0 && needs_balance(estimator))
    throw NumericalError(fmt::format(
        "the panel is unbalanced ({} of {} rows), and {} corrects for a number of periods that all areas "
        "share; use {}{}",
        static_cast<long>(problem.data.seen.sum()), problem.data.seen.size(), name_of(estimator),
        s.own_lags > 0 || s.lag != PanelSpecification::Lag::none ? "arellano_bond (within is biased)"
                                                                 : "within",
        ways_to_balance(problem.data)));
  switch (estimator) {
    case Estimator::as_published:
      // The report's equation: W y of the year before by type of area, area effects, nothing else in time.
      if (s.lag != PanelSpecification::Lag::none) s.lag = PanelSpecification::Lag::by_type;
      s.own_lags = 0;
      s.area_effects = PanelSpecification::AreaEffects::removed;
      s.period_effects = PanelSpecification::PeriodEffects::none;
      return fit_within(problem, estimator, s);
    case Estimator::within:
      return fit_within(problem, estimator, s);
    case Estimator::within_no_own_lag:
      s.own_lags = 0;
      return fit_within(problem, estimator, s);
    case Estimator::pooled:
      s.area_effects = PanelSpecification::AreaEffects::absent;
      return fit_within(problem, estimator, s);
    case Estimator::half_panel_jackknife:
      return fit_half_panel_jackknife(problem, s);
    case Estimator::double_filter_iv:
      return fit_double_filter_iv(problem, s);
    case Estimator::arellano_bond:
      return fit_arellano_bond(problem, s);
    case Estimator::analytical:
      return fit_analytical(problem, s);
    case Estimator::corrected_score:
      return fit_corrected_score(problem, estimator, s);
    case Estimator::corrected_score_no_own_lag:
      s.own_lags = 0;
      return fit_corrected_score(problem, estimator, s);
    case Estimator::corrected_score_second_lags: {
      // One more initial period: its own cut of the data.
      PanelModel longer = problem.model;
      longer.own_lag = true;
      longer.own_lags = 2;
      PanelProblem second(problem.data, longer, problem.context);
      s = second.specification();
      if (s.lag != PanelSpecification::Lag::none) s.second_lag = PanelSpecification::SecondLag::present;
      return fit_corrected_score(second, estimator, s);
    }
    default:
      throw InputError(fmt::format("model '{}': estimator '{}' is not one of model A's ({})",
                                   problem.model.name, name_of(estimator),
                                   fmt::join(names_of(estimators_of(ModelKind::spatial_lag_panel)), ", ")));
  }
}
}  // namespace

void refill(PanelData& data, const PanelModel& model, const DataPack& pack, const FitContext& context) {
  if (data.imputed == 0) return;
  std::vector<std::pair<Eigen::Index, Eigen::Index>> filled;
  const Eigen::MatrixXd& seen = pack.panel.at(model.outcome).value;
  for (Eigen::Index t = 0; t < data.y.cols(); ++t) {
    const auto column = std::find(pack.panel.periods.begin(), pack.panel.periods.end(),
                                  data.periods[static_cast<std::size_t>(t)]) -
                        pack.panel.periods.begin();
    for (Eigen::Index i = 0; i < data.y.rows(); ++i)
      if (std::isnan(seen(data.area[static_cast<std::size_t>(i)], column))) filled.emplace_back(i, t);
  }
  constexpr int most_rounds = 100;
  constexpr double settled = 1e-10;  // of the outcome's largest value
  const double size = data.y.cwiseAbs().maxCoeff();
  double moved = size;
  for (int round = 0; round < most_rounds && moved > settled * size; ++round) try {
      PanelProblem problem(data, model, context);
      const auto base = problem.base(problem.specification());
      const TransformedPanel& panel = base->panel;
      std::vector<double> residual;
      if (panel.dynamic() > 0 && model.area_effects) {
        CorrectedScore score = corrected_score(panel, base->least_squares, data.weights, context.parallelism);
        if (score.status != CorrectedScore::Status::found) return;
        residual = std::move(score.residual);
      } else {
        residual = residuals(panel, base->least_squares.coefficients, context.parallelism);
      }
      moved = 0.0;
      const Eigen::Index initial = data.y.cols() - panel.periods;
      for (const auto& [i, t] : filled) {
        if (t < initial) continue;
        const double off = residual[static_cast<std::size_t>((t - initial) * panel.areas + i)];
        data.y(i, t) -= off;
        moved = std::max(moved, std::abs(off));
      }
    } catch (const NumericalError&) {
      return;  // a design that cannot be fitted: its estimators say why
    }
}

std::vector<Fit> fit_panel(const PanelData& data, const PanelModel& model, const FitContext& context) {
  std::vector<Estimator> wanted = {Estimator::as_published};
  for (const Estimator one : model.estimators)
    if (std::find(wanted.begin(), wanted.end(), one) == wanted.end()) wanted.push_back(one);
  PanelProblem problem(data, model, context);
  const auto fit_named = [&](Estimator one) {
    if (model.area_effects || !takes_area_effects_out(one)) return fit_one(problem, one);
    // What area effects explain is no regressor here, though it is one of the model's other estimators.
    const PanelData part = without_fixed_covariates(data);
    PanelProblem own(part, model, context);
    return fit_one(own, one);
  };
  std::vector<Fit> fits;
  std::exception_ptr first_failure;
  bool any = false;
  for (const Estimator one : wanted) try {
      fits.push_back(fit_named(one));
      any = any || fits.back().estimate.coefficients.allFinite();
    } catch (const NumericalError& error) {
      if (!first_failure) first_failure = std::current_exception();
      fits.push_back(failed_fit(data.model, name_of(ModelKind::spatial_lag_panel), name_of(one), data.outcome,
                                error.what()));
    }
  if (!any && first_failure) std::rethrow_exception(first_failure);
  return fits;
}

}  // namespace spillway
