#include "scenarios/frontier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/base/error.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "scenarios/marginal_value.hpp"

namespace spillway::scenarios {

namespace {

OutcomePlan plan_of_types(const LeverContext& context, double better, Eigen::VectorXd rate_weight,
                          Grouping own) {
  OutcomePlan plan;
  plan.outcomes = {AreaOutcome::uplift};
  plan.quantiles = {0.5};
  plan.better = better;
  plan.rate_weight = std::move(rate_weight);
  plan.head_weight = context.population;
  if (context.gva.size() > 0) plan.gva_per_head = context.gva.cwiseQuotient(context.population);
  plan.growth = context.growth;
  plan.discount.assign(static_cast<std::size_t>(context.horizon), 1.0);
  plan.groupings = {{"area_type", context.type, context.type_names}};
  if (!own.groups.empty()) plan.groupings.push_back(std::move(own));
  return plan;
}

AppraisalSettings without_switching(AppraisalSettings settings) {
  settings.switching = Switch::off;
  return settings;
}

}  // namespace

PolicyValuer::PolicyValuer(const LeverContext& context, AppraisalSettings settings, double better,
                           Eigen::VectorXd rate_weight, std::string target, Grouping own)
    : context_(context),
      settings_(without_switching(std::move(settings))),
      better_(better),
      plan_(plan_of_types(context, better, std::move(rate_weight), std::move(own))),
      grouping_(plan_.groupings.size() - 1),
      target_(grouping_ > 0 ? 0 : type_index(context, target)),
      weight_of_group_(
          Eigen::VectorXd::Zero(static_cast<Eigen::Index>(plan_.groupings[grouping_].groups.size()))),
      period_value_(present_value_of_periods(settings_, context.horizon, context.period_years)),
      like_(dynamics_of_estimates(context)),
      polynomial_(like_, plan_) {
  const std::vector<std::int32_t>& group = plan_.groupings[grouping_].of_area;
  for (std::size_t i = 0; i < group.size(); ++i)
    weight_of_group_(group[i]) += plan_.rate_weight(static_cast<Eigen::Index>(i));
  if (!(weight_of_group_(target_) > 0.0) || !(weight_of_group_.sum() > weight_of_group_(target_)))
    throw InputError(grouping_ > 0
                         ? "a gap needs areas that the policy acts on and others"
                         : fmt::format("a gap needs areas of type '{}' and areas of other types", target));
}

PolicyValue PolicyValuer::value(const Policy& policy, Parallelism parallelism) {
  const std::string why = AggregatePolynomial::unsuitable(policy.dynamics, plan_);
  if (!why.empty() || policy.dynamics.classes != like_.classes)
    throw InputError(fmt::format(
        "the policy changes rho or W ({}), and frontiers and budgets are for policies of money alone (use "
        "`spillway sweep` for others)",
        why.empty() ? "treated areas have a rho of their own" : why));
  ScenarioOutcome outcome;
  outcome.aggregates = polynomial_.evaluate(policy.dynamics, plan_, parallelism);
  AppraisalSource source;
  source.scenario = "frontier";
  source.target = plan_.groupings[grouping_].groups[static_cast<std::size_t>(target_)];
  source.target_grouping = plan_.groupings[grouping_].name;
  source.population = context_.population;
  source.gva = context_.gva;
  source.cost = policy.cost;
  source.later_cost = policy.later_cost;
  source.income = context_.income;
  source.period_years = context_.period_years;
  source.outcome_is_gva_growth = context_.outcome_is_gva_growth;
  const AppraisalInputs inputs = appraisal_inputs(source, outcome, plan_);
  const AppraisalResult appraised = appraise(inputs, settings_);

  PolicyValue value;
  value.npsv_local = appraised.local.npsv;
  value.npsv_national = appraised.national.npsv;
  if (appraised.weighted) value.npsv_weighted = appraised.weighted->npsv;
  value.cost = appraised.present_value_costs;
  value.gva = Eigen::VectorXd::Zero(context_.draws);
  if (settings_.gva == Switch::on)
    for (const AppraisalGroup& group : inputs.groups) value.gva += group.gva * period_value_;
  const auto welfare = settings_.values.find("gva_welfare_share");
  if (welfare != settings_.values.end()) value.gva = value.gva.cwiseProduct(welfare->second);
  value.target = value.gap = value.nation = Eigen::VectorXd::Zero(context_.draws);
  const AggregateSeries& series = *std::find_if(
      outcome.aggregates.begin(), outcome.aggregates.end(),
      [&](const AggregateSeries& one) { return static_cast<std::size_t>(one.grouping) == grouping_; });
  const double rest = weight_of_group_.sum() - weight_of_group_(target_);
  Eigen::MatrixXd totals(series.groups, context_.draws);
  for (long g = 0; g < series.groups; ++g) totals.row(g) = summed_over_periods(series, g, series.periods);
  for (long d = 0; d < context_.draws; ++d) {
    const Eigen::VectorXd sums = totals.col(d);
    const double others = (sums.dot(weight_of_group_) - sums(target_) * weight_of_group_(target_)) / rest;
    value.target(d) = sums(target_);
    value.gap(d) = better_ * (sums(target_) - others);
    value.nation(d) = sums.dot(weight_of_group_) / weight_of_group_.sum();
  }
  return value;
}

double PolicyValuer::counterfactual_gap() const {
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(weight_of_group_.size());
  const std::vector<std::int32_t>& group = plan_.groupings[grouping_].of_area;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto area = static_cast<Eigen::Index>(i);
    sums(group[i]) += plan_.rate_weight(area) * context_.growth(area);
  }
  const double target = sums(target_) / weight_of_group_(target_);
  const double rest = (sums.sum() - sums(target_)) / (weight_of_group_.sum() - weight_of_group_(target_));
  return better_ * (rest - target) * context_.horizon;
}

std::vector<FrontierPoint> frontier(PolicyValuer& valuer, const LeverContext& context, const Lever& lever,
                                    const Parameters& drawn, const std::string& parameter,
                                    const std::vector<double>& values, Parallelism parallelism,
                                    const PointUnits& units) {
  const auto spec = std::find_if(lever.parameters.begin(), lever.parameters.end(),
                                 [&](const ParameterSpec& one) { return one.name == parameter; });
  const auto column = std::find(drawn.names.begin(), drawn.names.end(), parameter);
  if (spec == lever.parameters.end() || column == drawn.names.end()) {
    const std::string near = nearest_word(parameter, drawn.names);
    throw InputError(fmt::format("lever '{}' has no numeric parameter '{}'{} (it has: {})", lever.name,
                                 parameter, near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                 fmt::join(drawn.names, ", ")));
  }
  for (const double at : values)
    if (!(at >= spec->low && at <= spec->high))
      throw InputError(fmt::format("a frontier over {} of lever '{}' reaches {:g} (allowed: {:g} to {:g})",
                                   parameter, lever.name, at, spec->low, spec->high));
  Parameters parameters = drawn;
  const auto compute = [&](std::size_t k) {
    parameters.value.col(column - drawn.names.begin()).setConstant(values[k]);
    const Policy policy = lever.build(context, parameters);
    FrontierPoint point;
    point.at = values[k];
    point.value = valuer.value(policy, parallelism);
    point.moved = policy.transfer.cwiseProduct(context.population).cwiseMax(0.0).sum();
    return point;
  };
  if (units) return units(values.size(), compute);
  std::vector<FrontierPoint> points;
  for (std::size_t k = 0; k < values.size(); ++k) points.push_back(compute(k));
  return points;
}

}  // namespace spillway::scenarios
