// Least squares on the transformed panel, and the corrected score, as fits: coefficients, covariance,
// replicates.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/estimate/covariance/shared_shocks.hpp"
#include "engine/estimate/panel/corrected_score.hpp"
#include "engine/estimate/panel/panel_decision.hpp"
#include "engine/estimate/panel/panel_diagnostics.hpp"
#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/simulated_coverage.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

namespace {
/// Sums of scores by cluster and period, and the cells that take the clusters' place where they share shocks.
struct Diagnosed {
  CellSums sums;
  std::optional<GroupCells> groups;
};

/// Coarser groups of the joint clusters: by the context's column, else neighbours merged.
std::vector<std::int32_t> coarser_groups(const PanelProblem& problem, const ClusterPairs& neighbours,
                                         PanelFindings::SharedShocks& shared) {
  const Clusters& column = problem.context.groups;
  if (column.count() > 0) {
    const auto group =
        group_of_clusters(problem.joint, problem.joint_clusters, clusters_of_rows(column, problem.data.area));
    shared.column = column.column;
    shared.group_count = column.count();
    return group;
  }
  constexpr Eigen::Index merged = 10;  // 9 to 12 covered alike; 20 and more leave shocks between groups
  std::vector<std::int32_t> group = merge_neighbours(neighbours, problem.joint_clusters, merged);
  shared.group_count = *std::max_element(group.begin(), group.end()) + 1;
  return group;
}

/// Whether clusters share shocks, and where they do their groups. Too few clusters say nothing.
std::optional<GroupCells> find_shared_shocks(const PanelProblem& problem, const PanelScores& scores,
                                             const CellSums& sums, PanelFindings& found) {
  constexpr Eigen::Index fewest = 20, fewest_groups = 4;
  constexpr std::size_t most_pairs = 500'000;
  const TransformedPanel& panel = *scores.panel;
  const Clusters& column = problem.context.groups;
  const bool asked = problem.model.covariance.kind == CovarianceKind::score_cells && column.count() > 0 &&
                     problem.model.covariance.by.front() == column.column;
  if (!asked && (*found.clusters < fewest || panel.dynamic() == 0)) return std::nullopt;
  PanelFindings::SharedShocks shared;
  ClusterPairs neighbours;
  if (problem.data.weights.areas() > 0)
    neighbours = neighbouring_clusters(problem.data.weights, problem.joint);
  const auto group = coarser_groups(problem, neighbours, shared);
  if (!asked && shared.group_count < fewest_groups) return std::nullopt;
  shared.cells_asked =
      asked ? PanelFindings::SharedShocks::Asked::yes : PanelFindings::SharedShocks::Asked::no;
  const std::vector<std::string> names(panel.names.begin(), panel.names.begin() + panel.dynamic());
  const Eigen::MatrixXd influence = scores.inverse * sums.value;
  std::vector<ClusterPairs> sets = {neighbours};
  if (!shared.column.empty()) sets.push_back(pairs_within(group, most_pairs));
  shared.clusters = test_between(influence, sums.clusters, names, sets);
  GroupCells cells;
  cells.groups = shared.group_count;
  cells.made = shared.column.empty() ? GroupCells::Made::by_merging : GroupCells::Made::by_column;
  cells.influence = sum_groups(influence, sums.clusters, group, cells.groups);
  ClusterPairs between;
  for (const auto& [g, h] : neighbours) {
    const auto a = group[static_cast<std::size_t>(g)], b = group[static_cast<std::size_t>(h)];
    if (a != b && a >= 0 && b >= 0) between.emplace_back(std::min(a, b), std::max(a, b));
  }
  std::sort(between.begin(), between.end());
  between.erase(std::unique(between.begin(), between.end()), between.end());
  if (!between.empty()) shared.groups = test_between(cells.influence, cells.groups, names, {between});
  found.shared = std::move(shared);
  cells.level = independent_level(found, {});
  for (const auto g : problem.joint) cells.of_row.push_back(group[static_cast<std::size_t>(g)]);
  return cells;
}

/// Residual diagnostics by the joint clusters, else by the covariance's, else by area.
Diagnosed diagnose(const PanelProblem& problem, const PanelScores& scores, Estimate& estimate) {
  std::vector<std::int32_t> cluster = problem.joint;
  Eigen::Index clusters = problem.joint_clusters;
  if (clusters == 0 && !problem.context.by.empty()) {
    cluster = clusters_of_rows(problem.context.by[0], problem.data.area);
    clusters = problem.context.by[0].count();
  } else if (clusters == 0) {
    for (Eigen::Index i = 0; i < scores.panel->areas; ++i) cluster.push_back(static_cast<std::int32_t>(i));
    clusters = scores.panel->areas;
  }
  Diagnosed diagnosed;
  CellSums& sums = diagnosed.sums;
  sums = cell_sums(scores, cluster, clusters, problem.context.parallelism);
  const Eigen::MatrixXd influence = (scores.inverse * sums.by_cluster()).transpose();
  PanelFindings& found = std::get<PanelFindings>(estimate.findings);
  if (problem.joint_clusters > 0) {
    std::vector<char> seen(static_cast<std::size_t>(clusters), 0);
    for (const auto g : cluster) seen[static_cast<std::size_t>(g)] = 1;
    found.clusters = std::count(seen.begin(), seen.end(), 1);
    found.areas_a_cluster = static_cast<double>(scores.panel->areas) / static_cast<double>(*found.clusters);
    if (!fits_exactly(scores)) diagnosed.groups = find_shared_shocks(problem, scores, sums, found);
    list_shared(found, estimate);
  }
  // Neighbours' shocks that are too small to be found between scores are found by tests that take single
  // areas as independent: those are made within regions in any case.
  const bool coarser = diagnosed.groups && (diagnosed.groups->level != Independent::clusters ||
                                            (diagnosed.groups->made == GroupCells::Made::by_column &&
                                             found.areas_a_cluster <= simulated::single_areas));
  add_residual_diagnostics(scores, problem.data, cluster, influence, problem.context.parallelism,
                           coarser ? &*diagnosed.groups : nullptr, estimate);
  return diagnosed;
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
    parts[0].raw_map = panel.raw_map();
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
  const auto [sums, groups] = diagnose(problem, scores, fit.estimate);
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
    const double periods = static_cast<double>(panel.periods), factor = periods / (periods - 1.0);
    resampled->few_clusters = {
        score_cell_covariance(sums, scores.inverse), period_covariance(sums, scores.inverse), {}};
    PanelFindings& found = std::get<PanelFindings>(fit.estimate.findings);
    // Period effects take the mean of the groups' shocks off each of them; a covariance that the model names
    // stays as it is named.
    const double count = groups ? static_cast<double>(groups->groups) : 0.0;
    const double group_factor =
        count > 1.0 && found.shared->cells_asked == PanelFindings::SharedShocks::Asked::no
            ? count / (count - 1.0)
            : 1.0;
    if (groups)
      resampled->few_clusters.groups =
          factor * group_factor * groups->influence * groups->influence.transpose();
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
      const Independent level = independent_level(found, rules);
      resampled->cell_draws = {level == Independent::groups
                                   ? Eigen::MatrixXd(std::sqrt(factor * group_factor) * groups->influence)
                               : level == Independent::periods
                                   ? Eigen::MatrixXd(std::sqrt(factor) * scores.inverse * sums.by_period())
                                   : Eigen::MatrixXd(std::sqrt(factor) * scores.inverse * sums.value),
                               problem.context.seed};
      found.cells = resampled->cell_draws.influence.cols();
    }
    fit.resampled = std::move(resampled);
  }
  return fit;
}

}  // namespace spillway
