#include "engine/outcome/outcome.hpp"

#include <fmt/format.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

std::string to_string(AreaOutcome outcome) {
  switch (outcome) {
    case AreaOutcome::uplift:
      return "uplift";
    case AreaOutcome::cumulative_uplift:
      return "cumulative_uplift";
    case AreaOutcome::gva_per_head_uplift:
      return "gva_per_head_uplift";
    case AreaOutcome::discounted_gva_uplift:
      return "discounted_gva_uplift";
  }
  return {};
}

bool in_pounds(AreaOutcome outcome) {
  return outcome == AreaOutcome::gva_per_head_uplift || outcome == AreaOutcome::discounted_gva_uplift;
}

namespace {

void check_weight(const Eigen::VectorXd& weight, long areas, const char* name, const char* needed_by) {
  if (weight.size() != areas)
    throw InputError(fmt::format("outcomes: {} has {} values but there are {} areas ({} needs one an area)",
                                 name, weight.size(), areas, needed_by));
  for (Eigen::Index i = 0; i < weight.size(); ++i)
    if (!(weight[i] >= 0.0) || !std::isfinite(weight[i]))
      throw InputError(fmt::format("outcomes: {} of area {} is {} (needs a finite number, not negative)",
                                   name, i, weight[i]));
}

}  // namespace

void check(const OutcomePlan& plan, const Dynamics& dynamics) {
  const long areas = dynamics.areas();
  bool rates = false, pounds = false;
  for (const auto outcome : plan.outcomes) {
    (in_pounds(outcome) ? pounds : rates) = true;
    if (outcome == AreaOutcome::discounted_gva_uplift &&
        static_cast<int>(plan.discount.size()) != dynamics.horizon)
      throw InputError(
          fmt::format("outcomes: discounted_gva_uplift needs {} discount factors, one a period; got {}",
                      dynamics.horizon, plan.discount.size()));
  }
  for (const double p : plan.quantiles)
    if (!(p > 0.0 && p < 1.0))
      throw InputError(fmt::format("outcomes: quantile {} is not between 0 and 1", p));
  if (plan.better != 1.0 && plan.better != -1.0)
    throw InputError(fmt::format("outcomes: better is {} (needs +1 or -1)", plan.better));
  if (pounds && plan.gva_per_head.size() != areas)
    throw InputError(
        fmt::format("outcomes: gva_per_head has {} values but there are {} areas (outcomes in pounds need "
                    "one an area)",
                    plan.gva_per_head.size(), areas));
  if (pounds && plan.growth.size() != areas)
    throw InputError(
        fmt::format("outcomes: growth has {} values but there are {} areas (outcomes in pounds need "
                    "one an area)",
                    plan.growth.size(), areas));
  if (!plan.groupings.empty()) {
    if (rates) check_weight(plan.rate_weight, areas, "rate_weight", "an aggregate of rates");
    if (pounds) check_weight(plan.head_weight, areas, "head_weight", "an aggregate of pounds");
  }
  for (const auto& grouping : plan.groupings) {
    if (static_cast<long>(grouping.of_area.size()) != areas)
      throw InputError(fmt::format("outcomes: grouping '{}' covers {} areas of {}", grouping.name,
                                   grouping.of_area.size(), areas));
    for (const auto group : grouping.of_area)
      if (group < -1 || group >= static_cast<std::int32_t>(grouping.groups.size()))
        throw InputError(fmt::format("outcomes: grouping '{}' has group {} but only {} names", grouping.name,
                                     group, grouping.groups.size()));
  }
  for (const int area : plan.keep_draws_of)
    if (area < 0 || area >= areas)
      throw InputError(fmt::format("outcomes: keep_draws_of names area {} of {}", area, areas));
}

Eigen::VectorXd pound_factor(const OutcomePlan& plan, int periods) {
  return plan.gva_per_head.array() * (plan.growth.array() * periods).exp();
}

std::vector<AreaSummary> empty_summaries(const Dynamics& dynamics, const OutcomePlan& plan) {
  const long areas = dynamics.areas();
  std::vector<AreaSummary> result;
  if (!plan.areas) return result;
  for (const auto outcome : plan.outcomes) {
    AreaSummary summary;
    summary.outcome = outcome;
    summary.quantile = Eigen::MatrixXf::Zero(static_cast<Eigen::Index>(plan.quantiles.size()), areas);
    summary.mean = summary.sd = summary.probability_better = summary.probability_positive =
        Eigen::VectorXf::Zero(areas);
    summary.draws =
        Eigen::MatrixXf::Zero(dynamics.draws, static_cast<Eigen::Index>(plan.keep_draws_of.size()));
    result.push_back(std::move(summary));
  }
  return result;
}

ScenarioOutcome empty_outcome(const Dynamics& dynamics, const OutcomePlan& plan) {
  ScenarioOutcome result;
  result.areas = empty_summaries(dynamics, plan);
  result.aggregates = empty_aggregates(plan, dynamics.draws, dynamics.horizon);
  return result;
}

std::vector<AggregateSeries> empty_aggregates(const OutcomePlan& plan, long draws, int horizon) {
  std::vector<AggregateSeries> aggregates;
  for (const auto outcome : plan.outcomes)
    for (std::size_t g = 0; g < plan.groupings.size(); ++g) {
      AggregateSeries series;
      series.outcome = outcome;
      series.grouping = static_cast<int>(g);
      series.periods = outcome == AreaOutcome::uplift ? horizon : 1;
      series.groups = static_cast<long>(plan.groupings[g].groups.size());
      series.value.assign(static_cast<std::size_t>(draws * series.periods * series.groups), 0.0f);
      aggregates.push_back(std::move(series));
    }
  return aggregates;
}

namespace {
void keep_result(AreaSummary& summary, const OutcomePlan& plan, int area, const float* draws,
                 const int* order, const AreaMoments::Result& moment) {
  summary.mean[area] = moment.mean;
  summary.sd[area] = moment.sd;
  summary.probability_better[area] = moment.better;
  summary.probability_positive[area] = moment.positive;
  for (std::size_t k = 0; k < plan.keep_draws_of.size(); ++k)
    if (plan.keep_draws_of[k] == area)
      for (Eigen::Index d = 0; d < summary.draws.rows(); ++d)
        summary.draws(order == nullptr ? d : order[d], static_cast<Eigen::Index>(k)) = draws[d];
}
}  // namespace

void keep(AreaSummary& summary, const OutcomePlan& plan, int area, const float* draws, AreaMoments& moments) {
  keep_result(summary, plan, area, draws, nullptr,
              moments.summarise(draws, summary.quantile.col(area).data()));
}

void keep_ordered(AreaSummary& summary, const OutcomePlan& plan, int area, const float* draws,
                  const int* order, double mean, double sd, float error, AreaMoments& moments) {
  keep_result(summary, plan, area, draws, order,
              moments.summarise_ordered(draws, mean, sd, error, summary.quantile.col(area).data()));
}

std::vector<double> group_weight(const OutcomePlan& plan, AreaOutcome outcome, const Grouping& grouping) {
  const Eigen::VectorXd& weight = in_pounds(outcome) ? plan.head_weight : plan.rate_weight;
  std::vector<double> total(grouping.groups.size(), 0.0);
  for (std::size_t i = 0; i < grouping.of_area.size(); ++i)
    if (grouping.of_area[i] >= 0)
      total[static_cast<std::size_t>(grouping.of_area[i])] += weight[static_cast<Eigen::Index>(i)];
  return total;
}

}  // namespace spillway
