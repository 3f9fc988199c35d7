#include "engine/estimate/spatial/spatial_autoregression.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/near_fit.hpp"
#include "engine/estimate/spatial/impacts.hpp"
#include "engine/estimate/spatial/sar_diagnostics.hpp"
#include "engine/estimate/spatial/sar_gs2sls.hpp"
#include "engine/estimate/spatial/sar_likelihood.hpp"

namespace spillway {

namespace {

bool is_likelihood(Estimator estimator) {
  return estimator == Estimator::qml || estimator == Estimator::qml_exact ||
         estimator == Estimator::qml_elhorst;
}

void check(const SarData& data, const SarModel& model) {
  for (const Estimator one : model.estimators) {
    if (row_of(one).kind != ModelKind::spatial_autoregression)
      throw InputError(fmt::format(
          "model '{}': estimator '{}' is not one of a spatial autoregression's ({})", model.name,
          name_of(one), fmt::join(names_of(estimators_of(ModelKind::spatial_autoregression)), ", ")));
    if (one == Estimator::qml_elhorst && data.area_effects == SarData::AreaEffects::absent &&
        data.effect_group.empty())
      throw InputError(fmt::format(
          "model '{}': qml_elhorst is for panels with area or period effects; choose qml", model.name));
  }
}

/// What the estimators of one model share.
struct Problem {
  const SarData& data;
  const SarModel& model;
  const FitContext& context;
  SarDesign design;
  std::shared_ptr<const LogDeterminant> determinant;
  std::vector<Diagnostic> dependence;
};

Estimate blank(const Problem& problem, Estimator estimator) {
  const SarData& data = problem.data;
  Estimate estimate;
  estimate.model = data.model;
  estimate.kind = name_of(ModelKind::spatial_autoregression);
  estimate.estimator = name_of(estimator);
  estimate.outcome = data.outcome;
  estimate.outcome_unit = data.outcome_unit;
  estimate.level = problem.model.level;
  estimate.interval_method = "normal";
  estimate.observations = static_cast<long>(problem.design.observations());
  estimate.areas = static_cast<long>(problem.design.areas);
  estimate.notes = data.notes;
  estimate.notes.insert(estimate.notes.end(), problem.design.notes.begin(), problem.design.notes.end());
  if (data.shape == SarData::Shape::panel) {
    estimate.diagnostics.push_back({"effects:area",
                                    data.area_effects == SarData::AreaEffects::removed ? 1.0 : 0.0,
                                    {},
                                    "1: effects of areas are taken out"});
    estimate.diagnostics.push_back(
        {"effects:period", data.effect_group.empty() ? 0.0 : 1.0, {}, "1: period effects are taken out"});
  }
  if (const auto islands = data.weights.islands().size(); islands > 0)
    estimate.notes.push_back(fmt::format(
        "areas without a neighbour: {}; their W y is 0 and they add nothing to the log-determinant{}",
        islands, problem.model.spatial_error ? "" : "; impacts on them are direct only"));
  return estimate;
}

/// The determinant over the whole admissible interval, set up anew where it is not yet.
void widen(Problem& problem) {
  const bool reversible = problem.determinant->structure().kind == SpatialStructure::Kind::reversible;
  LogDeterminant::Settings wide;
  wide.reach = reversible ? 0.9998 : 0.99;
  wide.span = reversible ? LogDeterminant::Span::admissible : LogDeterminant::Span::radius;
  problem.determinant =
      std::make_shared<LogDeterminant>(problem.data.weights, wide, problem.context.parallelism);
}

/// Coefficients, impacts and normal intervals from (rho, beta) and its covariance.
void fill(Problem& problem, const std::string& first, double rho, Eigen::VectorXd beta,
          const Eigen::MatrixXd& covariance, Estimate& estimate) {
  const Eigen::Index k = 1 + beta.size();
  Eigen::MatrixXd back = Eigen::MatrixXd::Identity(k, k);  // to the constant of regressors with their means
  if (const Eigen::VectorXd& means = problem.design.means; means.size() > 0) {
    back.row(1).tail(means.size()) -= means.transpose();
    beta[0] -= means.dot(beta);
  }
  estimate.names = {first};
  estimate.names.insert(estimate.names.end(), problem.design.names.begin(), problem.design.names.end());
  const auto covered = [&] {
    return problem.determinant->lower() <= rho && rho <= problem.determinant->upper();
  };
  const auto admissible = problem.determinant->admissible();
  if (first == "rho" && !covered() && admissible.lower < rho && rho < admissible.upper) widen(problem);
  Impacts impacts;
  if (first == "rho") {
    if (covered())
      impacts = lag_impacts(problem.design, problem.data.weights, *problem.determinant, rho, beta);
    else
      estimate.warnings.push_back(
          fmt::format("rho = {:.4f} lies outside ({:.4g}, {:.4g}), where I - rho W is regular: no impacts",
                      rho, admissible.lower, admissible.upper));
  }
  const Eigen::Index m = impacts.value.size();
  estimate.names.insert(estimate.names.end(), impacts.names.begin(), impacts.names.end());
  estimate.coefficients.resize(k + m);
  estimate.coefficients << rho, beta, impacts.value;
  Eigen::MatrixXd jacobian = Eigen::MatrixXd::Zero(k + m, k);
  jacobian.topRows(k) = back;
  if (m > 0) jacobian.bottomRows(m) = impacts.jacobian;  // of no constant
  estimate.covariance = jacobian * covariance * jacobian.transpose();
  const double z = normal_critical(problem.model.level);
  const Eigen::VectorXd half = z * estimate.covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
  estimate.low = estimate.coefficients - half;
  estimate.high = estimate.coefficients + half;
  if (m > 0)
    estimate.notes.push_back(
        "impacts: mean diagonal (direct) and mean row sum (total) of (I - rho W)^-1 (b I + theta W) over "
        "areas; "
        "indirect is their difference, the spillover (LeSage & Pace 2009); standard errors by the delta "
        "method "
        "with tr G and tr G^2 from the log-determinant's derivatives");
  if (m > 0 && rho > 0.7)
    estimate.notes.push_back(
        "near a unit root impacts are skewed: at rho = 0.8 and 400 areas their normal 95 % intervals covered "
        ".91 to .93 (docs/methods/coverage.md)");
}

void add_admissible(const Problem& problem, Estimate& estimate) {
  const auto admissible = problem.determinant->admissible();
  const bool reversible = problem.determinant->structure().kind == SpatialStructure::Kind::reversible;
  estimate.diagnostics.push_back(
      {"admissible_lower",
       admissible.lower,
       {},
       reversible ? "1 / W's least eigenvalue: rho or lambda above it, and below admissible_upper, leaves "
                    "I - rho W regular; Lanczos, to 1e-9"
                  : "-1 / a bound of W's eigenvalues in modulus: what is searched is inside; W is not "
                    "similar to a symmetric matrix, and its real eigenvalues are not known"});
  estimate.diagnostics.push_back({"admissible_upper", admissible.upper, {}, "its upper end"});
}

void near_fit(const Problem& problem, const SarDesign& design, const Eigen::VectorXd& residual, Estimate& e) {
  tell_near_fit(residual.squaredNorm(), design.y_left, residual.cwiseAbs().maxCoeff(),
                printed_unit(Eigen::Map<const Eigen::VectorXd>(problem.data.y.data(), problem.data.y.size())),
                e);
}

/// The likelihood's maximum; where it lies near the end of the fast form's interval, that is set up anew and
/// wider.
SarLikelihoodFit likelihood_fit(Problem& problem, const SarDesign& design, Estimator estimator) {
  const SarPlace place = problem.model.spatial_error ? SarPlace::error : SarPlace::lag;
  const auto method = estimator == Estimator::qml_exact ? DeterminantMethod::exact : DeterminantMethod::fast;
  SarLikelihoodFit fit = maximise_likelihood(problem.data, design, *problem.determinant, place, method);
  if (fit.maximum == SarLikelihoodFit::Maximum::inside) return fit;
  widen(problem);
  fit = maximise_likelihood(problem.data, design, *problem.determinant, place, method);
  if (fit.maximum == SarLikelihoodFit::Maximum::at_reach) {
    const auto admissible = problem.determinant->admissible();
    if (problem.determinant->structure().kind == SpatialStructure::Kind::reversible)
      throw NumericalError(fmt::format(
          "model '{}': the likelihood has no maximum inside the admissible interval ({:.6g}, {:.6g}), the "
          "reciprocals of W's extreme eigenvalues; it still rises at {:.6g} (a unit root in space, or an "
          "outcome built from its neighbours')",
          problem.model.name, admissible.lower, admissible.upper, fit.rho));
    throw NumericalError(fmt::format(
        "model '{}': the likelihood still rises at {:.6g}; only {:.6g} to {:.6g} is searched, because links "
        "of this W do not go both ways in proportion and none of its eigenvalues is known to be real: its "
        "maximum may lie beyond (gs2sls needs no likelihood)",
        problem.model.name, fit.rho, problem.determinant->lower(), problem.determinant->upper()));
  }
  return fit;
}

Fit fit_likelihood(Problem& problem, Estimator estimator) {
  const bool elhorst = estimator == Estimator::qml_elhorst;
  const SarDesign design =
      elhorst ? sar_design(problem.data, problem.model.durbin ? DurbinTerms::all : DurbinTerms::none,
                           LagOrder::after_effects, problem.context.parallelism)
              : problem.design;
  const SarLikelihoodFit fit = likelihood_fit(problem, design, estimator);
  const double count = static_cast<double>(design.observations());
  Fit result;
  Estimate& e = result.estimate = blank(problem, estimator);
  // Lee & Yu (2010): T - 1 transformed periods instead of T. Their likelihood is the same function of rho and
  // b, scaled.
  const bool corrected = design.kept_share < 1.0 && !elhorst;
  const double factor = corrected ? 1.0 / design.kept_share : 1.0,
               sigma2 = factor * fit.sum_of_squares / count;
  fill(problem, problem.model.spatial_error ? "lambda" : "rho", fit.rho, fit.beta, factor * fit.covariance,
       e);
  add_admissible(problem, e);
  near_fit(problem, design, fit.residual, e);
  const double without = least_squares_log_likelihood(design), ratio = 2.0 * (fit.log_likelihood - without);
  const double parameters = static_cast<double>(design.regressors) + 2.0;
  e.diagnostics.push_back(
      {"sigma2", sigma2, {}, corrected ? "e'e / (n (T - 1)), Lee & Yu (2010)" : "e'e / N"});
  e.diagnostics.push_back(
      {"log_likelihood", fit.log_likelihood, {}, "-(N/2)(log(2 pi e'e/N) + 1) + T log|I - rho W|"});
  e.diagnostics.push_back({"aic",
                           2.0 * parameters - 2.0 * fit.log_likelihood,
                           {},
                           "2 k - 2 log-likelihood; k counts rho and sigma2, not the effects"});
  e.diagnostics.push_back({"likelihood_ratio", ratio, chi_squared_upper(ratio, 1.0),
                           "2 (log-likelihood - that of least squares without a spatial term), chi2(1)"});
  if (estimator != Estimator::qml_exact)
    e.diagnostics.push_back({"log_determinant_error_bound",
                             problem.determinant->error_bound(),
                             {},
                             fmt::format("largest error of log|I - rho W| by interpolation through {} exact "
                                         "values, for rho from {:.4g} to {:.4g}; without rounding",
                                         problem.determinant->nodes(), problem.determinant->lower(),
                                         problem.determinant->upper())});
  if (fit.traces.gg_error > 0.0)
    e.diagnostics.push_back({"trace_relative_error",
                             fit.traces.gg_error / fit.traces.gg,
                             {},
                             "standard error / value of tr(G'G), which is estimated by seeded probes above "
                             "5,000 areas; the standard error of rho inherits less than half of it"});
  for (const auto& test : problem.dependence) e.diagnostics.push_back(test);
  const auto& structure = problem.determinant->structure();
  e.echo = fmt::format(
      "{}: {} {}, {}, W of {} links, log-determinant {} by {}, information-matrix standard errors (iid){}",
      name_of(estimator), problem.model.durbin ? "spatial Durbin" : "spatial",
      problem.model.spatial_error ? "error model" : "lag model", problem.data.effects,
      problem.data.weights.matrix().nonZeros(),
      estimator != Estimator::qml_exact ? "interpolated between exact values" : "exact",
      structure.kind == SpatialStructure::Kind::reversible ? "sparse LDL'" : "sparse LU",
      corrected ? ", T/(T-1) of Lee & Yu" : "");
  if (design.kept_share < 1.0)
    e.notes.push_back(corrected ? "area effects: rho and the coefficients are those of the within likelihood "
                                  "(Elhorst 2003); sigma2 and "
                                  "standard errors carry the T/(T-1) of Lee & Yu (2010), without which they "
                                  "are inconsistent at fixed T"
                                : "sigma2 and standard errors as Elhorst (2003) and splm; at fixed T they "
                                  "are too small by sqrt((T-1)/T) "
                                  "(Lee & Yu 2010): qml corrects them");
  if (elhorst && !problem.data.effect_group.empty())
    e.notes.push_back(
        "lags are taken of the demeaned variables, as splm does: not quite the estimates with dummies, which "
        "are qml's");
  else if (!problem.data.effect_group.empty())
    e.notes.push_back(
        "period effects are estimated as dummies; their bias of rho is of order 1/n (Lee & Yu 2010)");
  e.notes.push_back(
      "quasi-likelihood: errors need equal variances; where they differ rho is inconsistent (Lin & Lee "
      "2010), and gs2sls with hc0 or "
      "clustered standard errors is not");
  return result;
}

Fit fit_two_stage(Problem& problem, Estimator estimator) {
  const int lags = estimator == Estimator::gs2sls_wx ? 1 : 2;
  const SarTwoStage fit =
      spatial_two_stage(problem.data, problem.design, lags, problem.model.covariance, problem.context);
  Fit result;
  Estimate& e = result.estimate = blank(problem, estimator);
  e.clusters = fit.clusters;
  fill(problem, "rho", fit.rho, fit.beta, fit.covariance, e);
  add_admissible(problem, e);
  if (fit.exact)
    drop_standard_errors_of_exact_fit(e);
  else {
    judge_cluster_support(fit.support, e);
    near_fit(problem, problem.design, fit.residual, e);
  }
  e.diagnostics.insert(e.diagnostics.end(), fit.diagnostics.begin(), fit.diagnostics.end());
  e.diagnostics.push_back(
      {"sigma2",
       fit.sigma2,
       {},
       problem.model.covariance.small_sample == SmallSample::none ? "e'e / N" : "e'e / (N - k)"});
  for (const auto& test : problem.dependence) e.diagnostics.push_back(test);
  e.echo = fmt::format(
      "{}: spatial {}lag model, {}, instruments: {} spatial lags of {} covariate{}, covariance {}",
      name_of(estimator), problem.model.durbin ? "Durbin " : "", problem.data.effects, fit.instruments,
      problem.data.x.size(), problem.data.x.size() == 1 ? "" : "s", fit.covariance_words);
  for (const auto& test : fit.diagnostics)
    if (test.name == "first_stage_f" && test.value < 10.0)
      e.warnings.push_back(
          fmt::format("the spatial lags of the covariates hardly move W y (first-stage F {:.2f}, below 10): "
                      "rho by {} is weakly identified",
                      test.value, name_of(estimator)));
  return result;
}

}  // namespace

std::vector<Fit> fit_spatial_autoregression(const SarData& data, const SarModel& model,
                                            const FitContext& context,
                                            std::shared_ptr<const LogDeterminant> determinant) {
  check(data, model);
  require_links(data);
  Problem problem{data,
                  model,
                  context,
                  sar_design(data, model.durbin ? DurbinTerms::all : DurbinTerms::none,
                             LagOrder::before_effects, context.parallelism),
                  std::move(determinant),
                  {}};
  if (!problem.determinant)
    problem.determinant = std::make_shared<LogDeterminant>(data.weights, context.parallelism);
  problem.dependence = spatial_dependence_tests(data, problem.design);
  std::vector<Fit> fits;
  std::exception_ptr first_failure;
  for (const Estimator one : model.estimators) try {
      fits.push_back(is_likelihood(one) ? fit_likelihood(problem, one) : fit_two_stage(problem, one));
    } catch (const NumericalError& error) {
      if (!first_failure) first_failure = std::current_exception();
      fits.push_back(failed_fit(data.model, name_of(ModelKind::spatial_autoregression), name_of(one),
                                data.outcome, error.what()));
    }
  if (first_failure &&
      std::all_of(fits.begin(), fits.end(), [](const Fit& fit) { return fit.estimate.names.empty(); }))
    std::rethrow_exception(first_failure);
  return fits;
}

}  // namespace spillway
