// Least squares on the transformed panel, and the corrected score, as fits: coefficients, covariance,
// replicates.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/panel_decision.hpp"
#include "engine/estimate/panel/panel_diagnostics.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

namespace {
/// Residual diagnostics by the joint clusters, else by the covariance's, else by area; returns the sums
/// behind them.
CellSums diagnose(const PanelProblem& problem, const PanelScores& scores, Estimate& estimate) {
  std::vector<std::int32_t> cluster = problem.joint;
  Eigen::Index clusters = problem.joint_clusters;
  if (clusters == 0 && !problem.context.by.empty()) {
    cluster = clusters_of_rows(problem.context.by[0], problem.data.area);
    clusters = problem.context.by[0].count();
  } else if (clusters == 0) {
    for (Eigen::Index i = 0; i < scores.panel->areas; ++i) cluster.push_back(static_cast<std::int32_t>(i));
    clusters = scores.panel->areas;
  }
  CellSums sums = cell_sums(scores, cluster, clusters, problem.context.parallelism);
  const Eigen::MatrixXd influence = (scores.inverse * sums.by_cluster()).transpose();
  add_residual_diagnostics(scores, problem.data, cluster, influence, problem.context.parallelism, estimate);
  return sums;
}

std::string title(Estimator estimator) {
  if (estimator == Estimator::as_published) return "as published (within, lag of W y only)";
  if (estimator == Estimator::within_no_own_lag) return "within without own lag";
  if (estimator == Estimator::pooled) return "pooled least squares";
  return name_of(estimator);
}
}  // namespace

Fit fit_within(PanelProblem& problem, Estimator estimator, const PanelSpecification& specification) {
  const auto base = problem.base(specification);
  const TransformedPanel& panel = base->panel;
  Fit fit;
  fit.estimate = problem.blank(estimator, panel);
  fit.estimate.coefficients = base->least_squares.coefficients;
  const std::vector<double> e = residuals(panel, fit.estimate.coefficients, problem.context.parallelism);
  PanelScores scores;
  scores.panel = &panel;
  scores.residual = &e;
  scores.cross_inverse = base->least_squares.cross.inverse();
  scores.inverse = scores.cross_inverse;
  scores.area = problem.data.area;
  for (const double value : e) scores.residual_square += value * value;
  finish_with_covariance(
      problem, scores, title(estimator),
      [&](const Clusters& by) {
        std::vector<PanelResampled::Part> parts(1);
        parts[0].statistics = cluster_statistics(panel, clusters_of_rows(by, problem.data.area), by.count(),
                                                 nullptr, problem.context.parallelism);
        return PanelResampled(std::move(parts), fit.estimate.coefficients, {}, PanelResampled::Studentise::no)
            .leave_one_out();
      },
      fit.estimate);
  fit.estimate.diagnostics.push_back({"residual_sum_of_squares",
                                      scores.residual_square,
                                      {},
                                      "sum of squared residuals of the transformed panel"});
  fit.estimate.diagnostics.push_back({"r2_within",
                                      1.0 - scores.residual_square / base->least_squares.outcome_square,
                                      {},
                                      "1 - RSS / sum of squares of the transformed outcome"});
  add_dependence_diagnostics(scores, problem.data, fit.estimate);
  if (problem.joint_clusters > 0) {
    std::vector<PanelResampled::Part> parts(1);
    parts[0].statistics = cluster_statistics(panel, problem.joint, problem.joint_clusters, nullptr,
                                             problem.context.parallelism);
    fit.resampled =
        std::make_shared<PanelResampled>(std::move(parts), fit.estimate.coefficients,
                                         problem.contrasts(panel), PanelResampled::Studentise::no);
  }
  return fit;
}

Fit fit_corrected_score(PanelProblem& problem, Estimator estimator, const PanelSpecification& specification) {
  if (specification.area_effects == PanelSpecification::AreaEffects::absent)
    throw InputError(
        fmt::format("model '{}': corrected_score with area_effects = false (without area effects there is no "
                    "bias to correct: use \"pooled\")",
                    problem.data.model));
  const auto base = problem.base(specification);
  const TransformedPanel& panel = base->panel;
  Fit fit;
  fit.estimate = problem.blank(estimator, panel);
  const CorrectedScore score =
      corrected_score(panel, base->least_squares, problem.data.weights, problem.context.parallelism);
  const std::string what = specification.second_lag == PanelSpecification::SecondLag::present
                               ? "corrected score with second lags (y and W y of two periods ago)"
                           : specification.own_lags > 0 ? "corrected score"
                                                        : "corrected score without own lag";
  if (score.status != CorrectedScore::Status::found) {
    const bool short_panel = score.status == CorrectedScore::Status::too_short;
    refuse_fit(short_panel ? PanelFindings::Root::too_short : PanelFindings::Root::not_found,
               score.evaluations, estimator, fit.estimate);
    fit.estimate.echo = problem.echo(what, panel, "none");
    return fit;
  }
  fit.estimate.coefficients = score.coefficients;
  PanelScores scores;
  scores.panel = &panel;
  scores.residual = &score.residual;
  scores.correction = &score;
  scores.inverse = score.jacobian.inverse();
  scores.cross_inverse = base->least_squares.cross.inverse();
  scores.area = problem.data.area;
  for (const double value : score.residual) scores.residual_square += value * value;
  finish_with_covariance(
      problem, scores, what,
      [&](const Clusters& by) {
        std::vector<PanelResampled::Part> parts(1);
        parts[0].statistics = cluster_statistics(panel, clusters_of_rows(by, problem.data.area), by.count(),
                                                 &score, problem.context.parallelism);
        return PanelResampled(std::move(parts), score.coefficients, {}, PanelResampled::Studentise::no)
            .leave_one_out();
      },
      fit.estimate);
  const CellSums sums = diagnose(problem, scores, fit.estimate);
  for (int r = 0; r < panel.dynamic(); ++r)
    fit.estimate.diagnostics.push_back(
        {"score_bias:" + panel.names[static_cast<std::size_t>(r)],
         score.q(r),
         {},
         "q(theta) at the root: the bias of the within score that is taken off"});
  if (problem.joint_clusters > 0) {
    std::vector<PanelResampled::Part> parts(1);
    parts[0].statistics =
        cluster_statistics(panel, problem.joint, problem.joint_clusters, &score, problem.context.parallelism);
    auto resampled = std::make_shared<PanelResampled>(
        std::move(parts), score.coefficients, problem.contrasts(panel), PanelResampled::Studentise::yes);
    resampled->few_clusters = {score_cell_covariance(sums, scores.inverse),
                               period_covariance(sums, scores.inverse)};
    PanelFindings& found = std::get<PanelFindings>(fit.estimate.findings);
    found.clusters = resampled->clusters_used();
    // The joint clusters are the ones that its intervals rest on: theirs replace the covariance's.
    std::erase_if(fit.estimate.diagnostics,
                  [](const Diagnostic& one) { return one.name.rfind("effective_clusters:", 0) == 0; });
    for (int r = 0; r < panel.dynamic(); ++r)
      found.effective_clusters.push_back(
          {panel.names[static_cast<std::size_t>(r)], resampled->effective_clusters()(r)});
    list_effective_clusters(found, problem.context.joint.column, fit.estimate);
    PanelRules rules;
    rules.asked = problem.model.interval;
    if (draws_source(found, rules) == Decision::Draws::cells) {
      const double periods = static_cast<double>(panel.periods);
      resampled->cell_draws = {std::sqrt(periods / (periods - 1.0)) * scores.inverse * sums.value,
                               problem.context.seed};
      found.cells = resampled->cell_draws.influence.cols();
    }
    fit.resampled = std::move(resampled);
  }
  return fit;
}

}  // namespace spillway
