// Model B, put together: one design, every estimator asked for, and the diagnostics they share.
#include "engine/estimate/iv/instrumental.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/covariance/wild_cluster.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_estimators.hpp"
#include "engine/estimate/iv/iv_exclusion.hpp"
#include "engine/estimate/iv/iv_moments.hpp"
#include "engine/estimate/iv/iv_resampled.hpp"
#include "engine/estimate/iv/iv_strength.hpp"
#include "engine/estimate/iv/iv_tests.hpp"
#include "engine/estimate/iv/iv_weak_robust.hpp"
#include "engine/estimate/iv/tf_critical.hpp"
#include "engine/estimate/near_fit.hpp"

namespace spillway {

namespace {

/// What the columns of one cell determine without error.
struct ExactFits {
  bool model = false;         ///< y on s (by 2SLS) and the controls
  bool reduced_form = false;  ///< y on the instruments and the controls
  bool first_stage = false;   ///< an endogenous regressor on the instruments and the controls
};

/// What every instrumental estimator of one cell shares.
struct CellTests {
  ExactFits exact;
  std::vector<Diagnostic> diagnostics;
  IvFindings found;
  WeakRobust weak;
  std::vector<std::string> warnings, notes;
};

CellTests cell_tests(const IvDesign& design, const MomentCovariance& moments, const IvModel& model) {
  CellTests tests;
  const ReducedForm form = reduced_form(design, moments);
  const Eigen::MatrixXd first_stage = design.zz.ldlt().solve(design.zs);
  const Eigen::VectorXd two_stage =
      (design.zs.transpose() * first_stage).ldlt().solve(first_stage.transpose() * design.zy);
  ExactFits& exact = tests.exact;
  const double outcome = std::sqrt(design.yy);
  exact.model = fits_exactly((design.y - design.s * two_stage).norm(), outcome, design.y_norm);
  exact.reduced_form = fits_exactly(form.residuals.col(0).norm(), outcome, design.y_norm);
  for (Eigen::Index j = 0; j < design.endogenous; ++j) {
    const std::string& name = design.endogenous_names[static_cast<std::size_t>(j)];
    // What rounding of the columns as they are kept can leave, however far from zero they lie.
    const double rounding =
        kRoundingShare * (design.s_size(j) + first_stage.col(j).cwiseAbs().dot(design.z_size));
    if (form.residuals.col(1 + j).norm() <= std::max(kNothingLeft * std::sqrt(design.ss(j, j)), rounding)) {
      exact.first_stage = true;
      tests.warnings.push_back(fmt::format(
          "the instruments {} and the controls make up endogenous regressor '{}' without residual: it "
          "instruments itself, 2sls is ols; tests of the instruments' strength and of exogeneity are not "
          "defined",
          quoted_list(design.instrument_names), name));
      continue;
    }
    for (Eigen::Index i = 0; i < design.instruments; ++i) {
      const double share = 1.0 - design.zs(i, j) / design.zz(i, i) * (design.zs(i, j) / design.ss(j, j));
      if (!(share <= kCopyShare)) continue;
      exact.first_stage = true;
      tests.warnings.push_back(fmt::format(
          "instrument '{}' is endogenous regressor '{}' but for its last digits (1 - r2 = {:.1e} beside the "
          "controls): it instruments itself, 2sls is ols; tests of the instruments' strength and of "
          "exogeneity "
          "are not defined",
          design.instrument_names[static_cast<std::size_t>(i)], name, std::max(0.0, share)));
    }
  }
  const std::string by_first = "the first stage fits without residual",
                    by_reduced = "the instruments fit the outcome without residual";
  const auto none = [&](const std::string& reason, const std::vector<std::string>& names) {
    for (const auto& name : names) tests.diagnostics.push_back(no_test(name, reason));
  };
  if (exact.first_stage)
    none(by_first, {"first_stage_f", "cragg_donald_f", "kleibergen_paap_f", "kleibergen_paap_lm",
                    "effective_f", "effective_f_critical"});
  else
    tests.diagnostics = strength_diagnostics(design, moments, form, tests.found);
  if (exact.model) {
    none(kExactFit, {"hansen_j", "endogeneity_c", "durbin_wu_hausman"});
  } else {
    for (auto& one : specification_tests(design, moments, form, two_stage, tests.found)) {
      const bool of_exogeneity = one.name == "endogeneity_c" || one.name == "durbin_wu_hausman";
      tests.diagnostics.push_back(exact.first_stage && of_exogeneity ? no_test(one.name, by_first)
                                                                     : std::move(one));
    }
    if (exact.first_stage) tests.found.durbin_wu_hausman.reset();
  }
  if (exact.model || exact.reduced_form || exact.first_stage) {
    none(exact.model         ? kExactFit
         : exact.first_stage ? by_first
                             : by_reduced,
         {"anderson_rubin", "anderson_rubin_chi2"});
    if (design.endogenous == 1)
      none(exact.model ? kExactFit : exact.first_stage ? by_first : by_reduced, {"clr"});
    if (exact.model && design.endogenous == 1) {
      // One value leaves no residual; no other is compatible with data without error.
      tests.weak.anderson_rubin = {{two_stage(0), two_stage(0)}};
      tests.weak.sets = WeakRobust::Sets::made;
      tests.notes.push_back(fmt::format("{}: the Anderson-Rubin set is the estimate itself", kExactFit));
    }
    return tests;
  }
  tests.weak = weak_robust(design, moments, form, model.level, tests.found);
  for (const auto& one : tests.weak.diagnostics) tests.diagnostics.push_back(one);

  const IvFindings& found = tests.found;
  if (found.kleibergen_paap_lm && found.kleibergen_paap_lm->p > 0.05)
    tests.warnings.push_back(fmt::format(
        "the model is not identified at the 5 % level: the Kleibergen-Paap LM test does not reject that the "
        "instruments fail to move {} (p = {:.3f}); read the Anderson-Rubin set, not the estimate",
        fmt::join(design.endogenous_names, ", "), found.kleibergen_paap_lm->p));
  if (found.effective_f && found.effective_f_critical && *found.effective_f < *found.effective_f_critical)
    tests.warnings.push_back(
        fmt::format("the instruments are weak: effective F {:.2f} is below its critical value {:.2f}, so "
                    "bias above 10 % of the worst case is not excluded",
                    *found.effective_f, *found.effective_f_critical));
  if (found.kleibergen_paap_f && *found.kleibergen_paap_f < 10)
    tests.warnings.push_back(
        fmt::format("the Kleibergen-Paap F is {:.2f}, below 10", *found.kleibergen_paap_f));
  if (!found.kleibergen_paap_f)
    tests.warnings.push_back(
        "strength and weak-instrument tests are not computed: the moments' covariance is singular (fewer "
        "clusters than moments)");
  if (tests.weak.sets == WeakRobust::Sets::made) {
    const auto& set = tests.weak.anderson_rubin;
    tests.notes.push_back(fmt::format("Anderson-Rubin {:g} % set: {}", 100 * model.level, describe(set)));
    tests.notes.push_back(fmt::format("conditional likelihood ratio {:g} % set: {}", 100 * model.level,
                                      describe(tests.weak.conditional_likelihood)));
    if (moments.clustered() && moments.clusters() < 100)
      tests.notes.push_back(
          fmt::format("with {} clusters the Anderson-Rubin test rejects a true value a little too often "
                      "(simulated: 7 % at 40 clusters, 6 % at 50 to 100, instead of 5 %)",
                      moments.clusters()));
    if (set.empty())
      tests.warnings.push_back(
          "the Anderson-Rubin set is empty: no value of the coefficient agrees with the over-identifying "
          "restrictions");
    else if (std::isinf(set.front().first) && std::isinf(set.back().second) && set.size() == 1)
      tests.warnings.push_back(
          "the Anderson-Rubin set is the whole line: these data say nothing about the coefficient");
    else if (std::isinf(set.front().first) || std::isinf(set.back().second))
      tests.warnings.push_back(fmt::format("the Anderson-Rubin set is unbounded: {}", describe(set)));
    else if (set.size() > 1)
      tests.warnings.push_back(fmt::format("the Anderson-Rubin set is disjoint: {}", describe(set)));
  }
  if (design.instruments - design.endogenous <= 1)
    tests.notes.push_back(
        fmt::format("with {} instrument{} for {} endogenous regressor{}, mean and standard deviation of the "
                    "2SLS estimator may not exist: read medians and quantiles",
                    design.instruments, design.instruments == 1 ? "" : "s", design.endogenous,
                    design.endogenous == 1 ? "" : "s"));
  return tests;
}

void few_clusters(const MomentCovariance& moments, std::vector<std::string>& warnings,
                  std::vector<std::string>& notes) {
  for (const auto& way : moments.ways()) {
    notes.push_back(fmt::format(
        "clusters by {}: {}, effective number {:.1f} (unequal sizes), largest holds {:.1f} % of rows",
        way.column, way.count, way.effective, 100 * way.largest_share));
    if (way.count < 30 || way.effective < 15)
      warnings.push_back(
          fmt::format("few clusters: {} by {} (effective number {:.1f}); cluster standard errors and "
                      "bootstraps are unreliable below about 30",
                      way.count, way.column, way.effective));
  }
}

Estimate make_estimate(const CrossSection& data, const IvModel& model, const IvDesign& design,
                       const MomentCovariance& moments, const IvSolution& solution) {
  Estimate estimate;
  estimate.model = data.model;
  estimate.kind = name_of(ModelKind::iv);
  estimate.estimator = solution.estimator;
  estimate.outcome = data.outcome;
  estimate.outcome_unit = data.outcome_unit;
  estimate.cell = data.cell;
  estimate.names = design.names();
  estimate.coefficients = solution.coefficients;
  estimate.covariance = solution.covariance;
  estimate.level = model.level;
  estimate.observations = design.rows;
  estimate.areas = design.rows;
  estimate.clusters = moments.clusters();
  // t with G - 1 degrees under clusters, normal otherwise.
  const double tail = 0.5 + 0.5 * model.level;
  const double quantile = moments.clustered()
                              ? student_quantile(tail, moments.residual_df(design.parameters()))
                              : normal_quantile(tail);
  estimate.interval_method = moments.clustered() ? "student_t" : "normal";
  const Eigen::VectorXd reach = quantile * solution.covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
  estimate.low = solution.coefficients - reach;
  estimate.high = solution.coefficients + reach;
  estimate.notes = data.notes;
  estimate.notes.insert(estimate.notes.end(), design.notes.begin(), design.notes.end());
  estimate.notes.insert(estimate.notes.end(), solution.notes.begin(), solution.notes.end());
  for (const auto& effect : data.fixed_effect_names)
    estimate.diagnostics.push_back(
        {"effects:" + effect, 1.0, {}, fmt::format("1: effects of {} are absorbed", effect)});
  few_clusters(moments, estimate.warnings, estimate.notes);
  if (fits_exactly(solution.residual.norm(), std::sqrt(design.yy), design.y_norm)) {
    drop_standard_errors_of_exact_fit(estimate);
  } else {
    tell_near_fit(solution.residual.squaredNorm(), design.yy + (design.w * design.y_on_w).squaredNorm(),
                  (solution.residual.array() / design.root_weight.array()).abs().maxCoeff(),
                  printed_unit(data.y), estimate);
    for (Eigen::Index j = 0; j < std::min(design.endogenous, solution.support.effective.size()); ++j)
      estimate.diagnostics.push_back(
          {"effective_clusters:" + estimate.names[static_cast<std::size_t>(j)],
           solution.support.effective(j),
           {},
           fmt::format("equal {} that carry this coefficient (Carter, Schnepel & Steigerwald 2017)",
                       solution.support.column == "rows"
                           ? "rows"
                           : fmt::format("clusters by '{}'", solution.support.column))});
    judge_cluster_support(solution.support, estimate);
  }
  if (solution.definite == Meat::Definite::cut)
    estimate.warnings.push_back(
        "the covariance was not positive semi-definite: its negative eigenvalues were set to zero (Cameron, "
        "Gelbach & Miller 2011)");
  return estimate;
}

/// Wild cluster bootstrap of the only endogenous coefficient: the headline interval of 2SLS, a p-value for
/// OLS. Returns the words for the echo line.
std::string bootstrap(Estimate& estimate, const IvDesign& design, const MomentCovariance& moments,
                      const CrossSection& data, const FitContext& context) {
  const bool ols = estimate.estimator == "ols";
  const WildCluster wild(
      design, moments, ols ? WildCluster::Regressor::exogenous : WildCluster::Regressor::instrumented,
      wild_weights_named(context.wild_weights), context.seed, context.replicates, context.parallelism);
  const WildPlan& plan = wild.plan();
  const std::string scheme = fmt::format("{}, null imposed, {}, multipliers by {} ({}), {} weights, seed {}",
                                         ols ? "wild cluster bootstrap-t" : "WRE (Davidson & MacKinnon 2010)",
                                         plan.draws == WildPlan::Draws::every_sign_vector
                                             ? fmt::format("all {} sign vectors", plan.replicates)
                                             : fmt::format("B = {}", plan.replicates),
                                         wild.column(), plan.clusters, to_string(plan.kind), plan.seed);
  const WildTest zero = wild.test(0.0, WildCluster::Residuals::restricted);
  estimate.diagnostics.push_back({ols ? "wild_cluster_t" : "wre_t", zero.t, zero.p_equal_tail,
                                  fmt::format("H0: {} = 0; p equal-tailed (symmetric: {:.4g}); {}",
                                              design.endogenous_names[0], zero.p_symmetric, scheme)});
  if (plan.clusters < 12 && plan.kind == WildWeights::rademacher)
    estimate.notes.push_back(
        fmt::format("{} clusters give only {} sign vectors: Webb weights have more points", plan.clusters,
                    1L << plan.clusters));
  for (std::size_t f = 0; f < data.fixed_effects.size(); ++f)
    for (const auto& way : moments.ways())
      if (way.column == wild.column() && nesting(data.fixed_effects[f], way.of_row) == Nesting::crossing)
        estimate.notes.push_back(
            fmt::format("effects of {} cross the clusters of {}: the bootstrap keeps them as estimated",
                        data.fixed_effect_names[f], way.column));
  if (ols) return scheme + " (p-value only)";
  const auto [low, high] = wild.interval(estimate.level);
  if (std::isnan(low) || std::isnan(high)) {
    estimate.warnings.push_back(fmt::format(
        "the WRE interval needs more replicates than {} at level {:g}: the Student t interval stands",
        plan.replicates, estimate.level));
    return scheme;
  }
  estimate.low(0) = low;
  estimate.high(0) = high;
  estimate.interval_method = "wre_equal_tail";
  if (estimate.names.size() > 1)
    estimate.notes.push_back("intervals of controls and intercept are Student t, not bootstrapped");
  const bool ends = std::isfinite(low) && std::isfinite(high);
  const bool few = plan.draws == WildPlan::Draws::every_sign_vector &&
                   2.0 / static_cast<double>(plan.replicates) > 1.0 - estimate.level;
  if (!ends && few)
    estimate.warnings.push_back(fmt::format(
        "the WRE interval is unbounded: {} clusters have {} sign vectors, so no p-value is below "
        "{:.3g} and no value can be rejected at level {:g}",
        plan.clusters, plan.replicates, 2.0 / static_cast<double>(plan.replicates), estimate.level));
  else if (!ends)
    estimate.warnings.push_back(
        "the WRE interval is unbounded: the instruments are too weak for it to end; read the Anderson-Rubin "
        "set, which may end where it does not");
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  if (ends && !ols && found && found->effective_f && found->effective_f_critical &&
      *found->effective_f < *found->effective_f_critical)
    estimate.notes.push_back(
        "with weak instruments the WRE interval is too long (simulated cover .97 to .99 instead of .95); the "
        "Anderson-Rubin set is the sharper one (.93 to .94)");
  return scheme + ", equal-tailed by inversion";
}

/// Exclusion doubt of one cell, in numbers and in words.
void exclusion(const IvDesign& design, const MomentCovariance& moments, double level, CellTests& tests) {
  const double reduced = largest_reduced_form_effect(design);
  const auto [low, high, value] = exclusion_doubt(design, moments, level, 0.1 * reduced);
  tests.diagnostics.push_back(
      {"exclusion_switching_value",
       value,
       {},
       "least direct effect of the instruments on the outcome, per standard deviation of an instrument, at "
       "which the union of 2SLS intervals meets zero (Conley, Hansen & Rossi 2012)"});
  tests.diagnostics.push_back(
      {"exclusion_low",
       low,
       {},
       fmt::format(
           "union of intervals with direct effects up to 10 % of the largest reduced-form effect ({:.4g})",
           reduced)});
  tests.diagnostics.push_back({"exclusion_high", high, {}, "its upper end"});
  if (value > 0)
    tests.notes.push_back(
        fmt::format("exclusion: the interval keeps its sign unless instruments act directly by {:.3g} per "
                    "standard deviation, {:.0f} % of the largest reduced-form effect",
                    value, 100 * value / reduced));
}

std::string echo_of(const CrossSection& data, const IvDesign& design, const MomentCovariance& moments,
                    const std::string& estimator, const std::string& interval) {
  std::string text = fmt::format("{} of {}", estimator, data.outcome);
  if (design.endogenous) text += fmt::format(" on {}", fmt::join(design.endogenous_names, ", "));
  if (estimator != "ols")
    text += fmt::format(" instrumented by {}", fmt::join(design.instrument_names, ", "));
  if (!data.fixed_effect_names.empty())
    text += fmt::format(", absorbing {}", fmt::join(data.fixed_effect_names, ", "));
  if (data.weight.size()) text += ", analytic weights";
  return text + fmt::format("; {} rows; {}; intervals: {}", design.rows, moments.describe(), interval);
}

IvSolution solve(Estimator estimator, const IvDesign& design, const MomentCovariance& moments,
                 const CrossSection& data) {
  const std::string name = name_of(estimator);
  switch (estimator) {
    case Estimator::ols:
      return fit_k_class(design, moments, data, name, 0.0);
    case Estimator::liml:
      return fit_k_class(design, moments, data, name, liml_kappa(design));
    case Estimator::fuller:
      return fit_k_class(
          design, moments, data, name,
          liml_kappa(design) - 1.0 / (static_cast<double>(design.rows) - design.all_instruments()));
    case Estimator::gmm:
      return fit_gmm(design, moments, name, 2);
    case Estimator::gmm_iterated:
      return fit_gmm(design, moments, name, 1000);
    default:
      return fit_k_class(design, moments, data, name, 1.0);
  }
}

/// The t-ratio's interval at the critical value that its first-stage F asks for, with one instrument for one
/// regressor at 95 %, for which the value is known.
void tf_interval(const IvDesign& design, Estimate& estimate) {
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  const double error = estimate.standard_error(0);
  if (design.instruments != 1 || design.endogenous != 1 || std::abs(estimate.level - 0.95) > 1e-12 ||
      !std::isfinite(error) || !found || !found->effective_f)
    return;
  const double f = *found->effective_f, critical = tf_critical(f);
  const double low = estimate.coefficients(0) - critical * error,
               high = estimate.coefficients(0) + critical * error;
  estimate.diagnostics.push_back(
      {"tf_critical",
       critical,
       {},
       "critical value of the t-ratio at this first-stage F, right whatever the instrument's strength; "
       "infinite below 3.84, 1.96 from 104.67 (Lee, McCrary, Moreira & Porter 2022)"});
  estimate.diagnostics.push_back({"tf_low", low, {}, "estimate - tf_critical x standard error"});
  estimate.diagnostics.push_back({"tf_high", high, {}, "estimate + tf_critical x standard error"});
  estimate.notes.push_back(
      std::isfinite(critical)
          ? fmt::format("tF 95 % interval: {:.4g} to {:.4g} ({:.3g} standard errors at first-stage F {:.3g})",
                        low, high, critical, f)
          : fmt::format("tF 95 % interval: no bound (first-stage F {:.3g} is below 3.84)", f));
}

/// One estimator on a prepared design, with the cell's tests where it is instrumental.
Fit fit_one(Estimator one, const CrossSection& data, const IvModel& model, const FitContext& context,
            const IvDesign& design, const MomentCovariance& moments, const CellTests& tests) {
  const std::string name = name_of(one);
  const bool replicated = row_of(one).replicates == EstimatorRow::Replicates::yes;
  // Without residual every estimator is the same, and neither LIML's roots nor GMM's weights exist.
  const bool exact = tests.exact.model && one != Estimator::ols;
  const IvSolution solution =
      exact ? fit_k_class(design, moments, data, name, 1.0) : solve(one, design, moments, data);
  Fit fit;
  fit.estimate = make_estimate(data, model, design, moments, solution);
  if (one != Estimator::ols) {
    fit.estimate.findings = tests.found;
    fit.estimate.diagnostics.insert(fit.estimate.diagnostics.end(), tests.diagnostics.begin(),
                                    tests.diagnostics.end());
    fit.estimate.warnings.insert(fit.estimate.warnings.end(), tests.warnings.begin(), tests.warnings.end());
    fit.estimate.notes.insert(fit.estimate.notes.end(), tests.notes.begin(), tests.notes.end());
    fit.estimate.has_anderson_rubin_set = tests.weak.sets == WeakRobust::Sets::made;
    fit.estimate.anderson_rubin_set = tests.weak.anderson_rubin;
    if (!exact && (one == Estimator::liml || one == Estimator::fuller))
      fit.estimate.diagnostics.push_back(
          {"kappa",
           solution.kappa,
           {},
           one == Estimator::liml ? "least eigenvalue of (Y'M_z Y)^-1 Y'M_w Y" : "LIML's kappa - 1/(N-L)"});
  }
  if (one == Estimator::two_stage) tf_interval(design, fit.estimate);
  std::string interval = fit.estimate.interval_method;
  if (replicated) {
    // A coefficient without a standard error has no t to bootstrap.
    if (moments.clustered() && design.endogenous == 1 && std::isfinite(fit.estimate.covariance(0, 0)))
      interval = bootstrap(fit.estimate, design, moments, data, context);
    if (context.joint.count() > 1)
      fit.resampled =
          std::make_shared<IvResampled>(design, data, context.joint, one == Estimator::ols ? 0.0 : 1.0);
  }
  fit.estimate.echo = echo_of(
      data, design, moments, name,
      fit.estimate.interval_method == interval ? interval : fit.estimate.interval_method + "; " + interval);
  return fit;
}

}  // namespace

std::vector<Fit> fit_instrumental(const CrossSection& data, const IvModel& model, const FitContext& context) {
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, model.covariance, context);
  const bool instrumented = std::any_of(model.estimators.begin(), model.estimators.end(),
                                        [](Estimator one) { return one != Estimator::ols; });
  for (const Estimator one : model.estimators)
    if (row_of(one).kind != ModelKind::iv)
      throw InputError(fmt::format("model '{}': estimator '{}' is not one of model B's ({})", data.model,
                                   name_of(one), fmt::join(names_of(estimators_of(ModelKind::iv)), ", ")));
  if (instrumented && design.endogenous == 0)
    throw NumericalError(fmt::format(
        "model '{}': no endogenous regressor to instrument (use estimators = [\"ols\"])", data.model));
  const bool identified = design.instruments >= design.endogenous;
  CellTests tests;
  if (instrumented && identified) {
    tests = cell_tests(design, moments, model);
    if (design.endogenous == 1 && tests.exact.model)
      tests.diagnostics.push_back(no_test("exclusion_switching_value", kExactFit));
    else if (design.endogenous == 1)
      exclusion(design, moments, model.level, tests);
  }
  std::vector<Fit> fits;
  std::exception_ptr first_failure;
  for (const Estimator one : model.estimators) try {
      if (one != Estimator::ols) check_identified(data, design);
      fits.push_back(fit_one(one, data, model, context, design, moments, tests));
    } catch (const NumericalError& error) {
      if (!first_failure) first_failure = std::current_exception();
      fits.push_back(failed_fit(data.model, "iv", name_of(one), data.outcome, error.what()));
      fits.back().estimate.cell = data.cell;
    }
  if (std::all_of(fits.begin(), fits.end(), [](const Fit& fit) { return fit.estimate.names.empty(); }))
    std::rethrow_exception(first_failure);
  return fits;
}

}  // namespace spillway
