#include "engine/estimate/panel/panel_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/distributions.hpp"
#include "engine/estimate/near_fit.hpp"
#include "engine/estimate/panel/panel_diagnostics.hpp"

namespace spillway {

namespace {
bool same(const PanelSpecification& a, const PanelSpecification& b) {
  return a.lag == b.lag && a.own_lags == b.own_lags && a.second_lag == b.second_lag &&
         a.area_effects == b.area_effects && a.period_effects == b.period_effects;
}
}  // namespace

int reference_type(const PanelData& data) {
  const auto other = std::find(data.type_names.begin(), data.type_names.end(), "other");
  if (other != data.type_names.end()) return static_cast<int>(other - data.type_names.begin());
  std::vector<long> areas(data.type_names.size(), 0);
  for (const auto k : data.type) ++areas[static_cast<std::size_t>(k)];
  return static_cast<int>(std::max_element(areas.begin(), areas.end()) - areas.begin());
}

PanelProblem::PanelProblem(const PanelData& data_, const PanelModel& model_, const FitContext& context_)
    : data(data_),
      model(model_),
      context(context_),
      variables(panel_variables(data_, initial_periods(model_), context_.parallelism)),
      periods(variables.outcome.cols()) {
  if (context.joint.count() > 0) {
    joint_clusters = context.joint.count();
    joint = clusters_of_rows(context.joint, data.area);
  }
}

PanelSpecification PanelProblem::specification() const {
  PanelSpecification s;
  s.lag = model.spatial_lag == SpatialLag::none     ? PanelSpecification::Lag::none
          : model.spatial_lag == SpatialLag::common ? PanelSpecification::Lag::common
                                                    : PanelSpecification::Lag::by_type;
  s.own_lags = model.own_lag ? std::max(1, model.own_lags) : 0;
  s.area_effects =
      model.area_effects ? PanelSpecification::AreaEffects::removed : PanelSpecification::AreaEffects::absent;
  s.period_effects = model.period_effects == PeriodEffects::none ? PanelSpecification::PeriodEffects::none
                     : model.period_effects == PeriodEffects::common
                         ? PanelSpecification::PeriodEffects::common
                         : PanelSpecification::PeriodEffects::by_group;
  return s;
}

std::shared_ptr<const PanelBase> PanelProblem::base(const PanelSpecification& specification) {
  for (const auto& known : bases_)
    if (same(known->specification, specification)) return known;
  // Each holds the whole panel: a few are enough, and at millions of areas one.
  constexpr std::size_t few = 3, large = std::size_t{256} << 20;  // bytes
  const std::size_t bytes = bases_.empty() ? 0 : bases_.back()->panel.tilde.size() * sizeof(double);
  if (bytes >= large) bases_.clear();
  auto made = std::make_shared<PanelBase>(part(specification, 0, periods));
  bases_.push_back(made);
  if (bases_.size() > few) bases_.erase(bases_.begin());
  return made;
}

PanelBase PanelProblem::part(const PanelSpecification& specification, Eigen::Index first,
                             Eigen::Index count) const {
  PanelBase base;
  base.specification = specification;
  base.panel = transform(data, variables, specification, first, count, context.parallelism);
  base.least_squares = least_squares(base.panel, context.parallelism);
  return base;
}

std::vector<std::pair<int, int>> PanelProblem::contrasts(const TransformedPanel& panel) const {
  std::vector<std::pair<int, int>> pairs;
  if (panel.lags < 2) return pairs;
  const int reference = reference_type(data);
  for (int k = 0; k < panel.lags; ++k)
    if (k != reference) pairs.emplace_back(k, reference);
  return pairs;
}

namespace {
/// How many periods areas have, and what was left out, where that is not the same for all or nothing.
void list_rows(const PanelData& data, const TransformedPanel& panel, Estimate& estimate) {
  if (panel.unbalanced) {
    const Eigen::VectorXd of_area = panel.unbalanced->seen().rowwise().sum();
    for (const auto& [name, value] : {std::pair{"periods_an_area:min", of_area.minCoeff()},
                                      std::pair{"periods_an_area:mean", of_area.mean()},
                                      std::pair{"periods_an_area:max", of_area.maxCoeff()}})
      estimate.diagnostics.push_back({name, value, {}, "regression periods that an area takes part in"});
  }
  if (data.left_out.rows == 0) return;
  estimate.diagnostics.push_back({"rows_left_out",
                                  static_cast<double>(data.left_out.rows),
                                  {},
                                  fmt::format("of {} rows (area, period) before missing values were treated",
                                              data.left_out.rows + static_cast<long>(panel.rows()))});
  estimate.diagnostics.push_back({"areas_left_out",
                                  static_cast<double>(data.left_out.areas),
                                  {},
                                  fmt::format("of {} areas, with all their rows",
                                              data.left_out.areas + static_cast<long>(panel.areas))});
}

/// "100 areas x 9 periods", or what areas have of them.
std::string shape(const TransformedPanel& panel) {
  if (!panel.unbalanced) return fmt::format("{} areas x {} periods", panel.areas, panel.periods);
  const Eigen::VectorXd of_area = panel.unbalanced->seen().rowwise().sum();
  return fmt::format("{} rows of {} areas with {:.0f} to {:.0f} of {} periods (mean {:.2f})", panel.rows(),
                     panel.areas, of_area.minCoeff(), of_area.maxCoeff(), panel.periods_seen(),
                     of_area.mean());
}
}  // namespace

Estimate PanelProblem::blank(Estimator estimator, const TransformedPanel& panel) const {
  Estimate estimate;
  estimate.model = data.model;
  estimate.kind = name_of(ModelKind::spatial_lag_panel);
  estimate.estimator = name_of(estimator);
  estimate.outcome = data.outcome;
  estimate.outcome_unit = data.outcome_unit;
  estimate.names = panel.names;
  estimate.level = model.level;
  estimate.areas = static_cast<long>(panel.areas);
  estimate.observations = static_cast<long>(panel.rows());
  const auto p = static_cast<Eigen::Index>(panel.names.size());
  estimate.coefficients = estimate.low = estimate.high =
      Eigen::VectorXd::Constant(p, std::numeric_limits<double>::quiet_NaN());
  estimate.covariance = Eigen::MatrixXd::Constant(p, p, std::numeric_limits<double>::quiet_NaN());
  estimate.interval_method = "none";
  estimate.notes = data.notes;
  PanelFindings found;
  found.periods = panel.periods;
  found.reference_type =
      data.type_names.empty() ? "" : data.type_names[static_cast<std::size_t>(reference_type(data))];
  if (panel.dynamic() > 0) found.dynamics = PanelFindings::Dynamics::some;
  if (panel.second_lags > 0 || panel.own_lags > 1) found.second_lags = PanelFindings::SecondLags::present;
  estimate.findings = std::move(found);
  const bool by_area = panel.specification.area_effects == PanelSpecification::AreaEffects::removed;
  estimate.diagnostics.push_back(
      {"effects:area", by_area ? 1.0 : 0.0, {}, "1: effects of areas are taken out"});
  estimate.diagnostics.push_back(
      {"effects:period",
       panel.groups > 0 ? 1.0 : 0.0,
       {},
       panel.groups > 1 ? fmt::format("1: period effects are taken out, in {} groups of areas", panel.groups)
                        : std::string("1: period effects are taken out")});
  list_rows(data, panel, estimate);
  return estimate;
}

std::string PanelProblem::effects(const TransformedPanel& panel) const {
  const bool area = panel.specification.area_effects == PanelSpecification::AreaEffects::removed;
  std::string text = area ? "area effects" : "no area effects";
  if (panel.groups == 1) text += " and common period effects";
  if (panel.groups > 1) text += fmt::format(" and period effects by {} group(s)", panel.groups);
  if (panel.groups == 0) text += ", no period effects";
  return text;
}

std::string PanelProblem::echo(const std::string& what, const TransformedPanel& panel,
                               const std::string& covariance) const {
  std::string weights = "no spatial lag";
  if (panel.lags > 0)
    weights = fmt::format("W {}, mean degree {:.2f}",
                          data.weights.row_standardised() ? "row-standardised" : "as given",
                          data.weights.mean_degree());
  std::string scheme = "no bootstrap";
  if (joint_clusters > 0)
    scheme = fmt::format("cluster pairs by {} (G = {}), B = {}, seed {}", context.joint.column,
                         joint_clusters, context.replicates, context.seed);
  return fmt::format("{} with {}; {}; covariance: {}; {}; {}", what, effects(panel), shape(panel), covariance,
                     weights, scheme);
}

void normal_interval(Estimate& estimate) {
  const double z = normal_critical(estimate.level);
  for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k) {
    const double se = estimate.standard_error(k);
    estimate.low(k) = estimate.coefficients(k) - z * se;
    estimate.high(k) = estimate.coefficients(k) + z * se;
  }
  estimate.interval_method = "normal";
}

void finish_with_covariance(const PanelProblem& problem, const PanelScores& scores, const std::string& what,
                            const std::function<Eigen::MatrixXd(const Clusters&)>& leave_one_out,
                            Estimate& estimate) {
  const PanelCovariance covariance = panel_covariance(problem.model.covariance, scores, problem.context,
                                                      estimate.coefficients, leave_one_out);
  estimate.covariance = covariance.value;
  if (const Eigen::MatrixXd raw = scores.panel->raw_map(); raw.size() > 0 && !scores.influence) {
    estimate.coefficients = (raw * estimate.coefficients).eval();
    estimate.covariance = raw * covariance.value * raw.transpose();
  }
  estimate.clusters = covariance.clusters;
  estimate.echo = problem.echo(what, *scores.panel, covariance.description);
  normal_interval(estimate);
  if (fits_exactly(scores)) {
    drop_standard_errors_of_exact_fit(estimate);
  } else {
    double largest = 0.0;
    for (const double one : *scores.residual) largest = std::max(largest, std::abs(one));
    tell_near_fit(
        scores.residual_square, outcome_squares(scores), largest,
        printed_unit(Eigen::Map<const Eigen::VectorXd>(problem.data.y.data(), problem.data.y.size())),
        estimate);
    for (Eigen::Index k = 0; k < covariance.support.effective.size(); ++k)
      if (k < scores.panel->dynamic() || covariance.support.effective(k) < kFewClusters)
        estimate.diagnostics.push_back(
            {"effective_clusters:" + estimate.names[static_cast<std::size_t>(k)],
             covariance.support.effective(k),
             {},
             fmt::format(
                 "equal clusters by '{}' that carry this coefficient (Carter, Schnepel & Steigerwald 2017)",
                 covariance.support.column)});
    judge_cluster_support(covariance.support, estimate);
    if (!covariance.warning.empty()) estimate.warnings.push_back(covariance.warning);
  }
  add_coefficient_diagnostics(
      *scores.panel, problem.joint_clusters > 0 ? problem.joint_clusters : covariance.clusters, estimate);
}

void finish_with_influence(const PanelProblem& problem, const TransformedPanel& panel,
                           const std::vector<double>& influence, const std::vector<double>& residual,
                           const Eigen::MatrixXd& iid_shape, const std::string& what, Estimate& estimate) {
  PanelScores scores;
  scores.panel = &panel;
  scores.residual = &residual;
  scores.influence = &influence;
  scores.inverse = Eigen::MatrixXd::Identity(panel.regressors(), panel.regressors());
  scores.cross_inverse = iid_shape;
  scores.area = problem.data.area;
  for (const double value : residual) scores.residual_square += value * value;
  finish_with_covariance(
      problem, scores, what,
      [&](const Clusters&) -> Eigen::MatrixXd {
        throw InputError(fmt::format("model '{}': small_sample = \"cr3\" is not offered for {} (use \"cr1\")",
                                     problem.data.model, estimate.estimator));
      },
      estimate);
}

}  // namespace spillway
