// From a scenario's aggregates to the inputs of its appraisal.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "scenarios/appraisal.hpp"

namespace spillway::scenarios {

namespace {

/// The income of the area in which the middle resident lives, areas in order of income; 0 without incomes.
double median_of_residents(const Eigen::VectorXd& income, const Eigen::VectorXd& population) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(income.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index a, Eigen::Index b) { return income(a) < income(b); });
  double people = 0.0;
  for (const Eigen::Index area : order) {
    people += population(area);
    if (2.0 * people >= population.sum()) return income(area);
  }
  return 0.0;
}

/// The uplift of a grouping, or null; refused where it is not draws x periods of the costs.
const AggregateSeries* uplift_by(const std::string& grouping, const AppraisalSource& source,
                                 const ScenarioOutcome& outcome, const OutcomePlan& plan) {
  for (const AggregateSeries& one : outcome.aggregates) {
    if (one.outcome != AreaOutcome::uplift ||
        plan.groupings[static_cast<std::size_t>(one.grouping)].name != grouping)
      continue;
    const Eigen::Index draws = source.cost.rows(), periods = source.cost.cols();
    if (one.periods != periods || one.value.size() != static_cast<std::size_t>(draws * periods * one.groups))
      throw InputError(
          fmt::format("appraisal of '{}': uplift has {} values over {} periods but costs are {} x {} (needs "
                      "draws x periods x "
                      "{} groups)",
                      source.scenario, one.value.size(), one.periods, draws, periods, one.groups));
    return &one;
  }
  return nullptr;
}

/// A group's residents and their income, its GVA and the growth of that; no uplift yet.
struct Sums {
  AppraisalGroup group;
  double gva = 0.0, growth = 0.0;
};

Sums sums_of(const AppraisalSource& source, const OutcomePlan& plan, const Grouping& grouping,
             std::int32_t wanted) {
  Sums sums;
  const bool money = source.gva.size() == source.population.size() && source.gva.size() > 0;
  double income = 0.0;
  for (std::size_t i = 0; i < grouping.of_area.size(); ++i) {
    if (grouping.of_area[i] != wanted) continue;
    const auto area = static_cast<Eigen::Index>(i);
    sums.group.population += source.population(area);
    if (source.income.size() > 0) income += source.population(area) * source.income(area);
    if (!money) continue;
    sums.gva += source.gva(area);
    sums.growth += source.gva(area) * plan.growth(area);
  }
  if (sums.group.population > 0.0) sums.group.income_per_head = income / sums.group.population;
  return sums;
}

Eigen::MatrixXd uplift_of(const AggregateSeries& series, Eigen::Index draws, std::size_t group) {
  const auto value = draw_period_group(series);
  Eigen::MatrixXd uplift(draws, series.periods);
  for (Eigen::Index d = 0; d < draws; ++d)
    for (Eigen::Index h = 0; h < series.periods; ++h) uplift(d, h) = static_cast<double>(value(d, h, group));
  return uplift;
}

}  // namespace

AppraisalInputs appraisal_inputs(const AppraisalSource& source, const ScenarioOutcome& outcome,
                                 const OutcomePlan& plan) {
  const AggregateSeries* series = uplift_by(source.grouping, source, outcome, plan);
  if (series == nullptr)
    throw InputError(
        fmt::format("appraisal of '{}': the outcome uplift by {} is not kept (add \"uplift\" to "
                    "outcomes.area and \"{}\" to "
                    "outcomes.groupings)",
                    source.scenario, source.grouping, source.grouping));
  const Grouping& types = plan.groupings[static_cast<std::size_t>(series->grouping)];
  const Eigen::Index draws = source.cost.rows(), periods = source.cost.cols();
  const auto groups = static_cast<std::size_t>(series->groups);

  AppraisalInputs inputs;
  inputs.scenario = source.scenario;
  inputs.target = source.target;
  inputs.cost = source.cost;
  inputs.later_cost = source.later_cost;
  inputs.period_years = source.period_years;
  inputs.median_income = median_of_residents(source.income, source.population);
  if (!source.outcome_is_gva_growth) {
    inputs.no_gva = "the propagated outcome is not growth of GVA";
    inputs.not_monetised.push_back(
        "the propagated outcome itself: it has no price here, and its uplift by area type is the result");
  } else if (source.gva.size() != source.population.size() || source.gva.size() == 0) {
    inputs.no_gva = "the pack has no GVA";
  }
  const auto gained = [&](const Sums& sums, const Eigen::MatrixXd& uplift) {
    return gva_gain(uplift, sums.gva, sums.growth / sums.gva, source.period_years);
  };
  const auto counts = [&](const Sums& sums) { return inputs.no_gva.empty() && sums.gva > 0.0; };
  // Pounds of the areas in no group are the nation's less the groups'.
  Eigen::MatrixXd of_groups = Eigen::MatrixXd::Zero(draws, periods);
  double gva_of_groups = 0.0;
  for (std::size_t g = 0; g <= groups; ++g) {  // the last: areas in no group
    const bool named = g < groups;
    Sums sums = sums_of(source, plan, types, named ? static_cast<std::int32_t>(g) : -1);
    sums.group.name = named ? types.groups[g] : elsewhere_name;
    if (!(sums.group.population > 0.0)) continue;
    sums.group.gva = Eigen::MatrixXd::Zero(draws, periods);
    if (counts(sums)) {
      Eigen::MatrixXd uplift;
      if (named) {
        uplift = uplift_of(*series, draws, g);
        of_groups += sums.gva * uplift;
        gva_of_groups += sums.gva;
      } else {
        const AggregateSeries* nation = uplift_by("nation", source, outcome, plan);
        if (nation == nullptr)
          throw InputError(fmt::format(
              "appraisal of '{}' by {}: some areas are in no group, and the nation's uplift is not kept (add "
              "\"nation\" to outcomes.groupings)",
              source.scenario, source.grouping));
        uplift = (uplift_of(*nation, draws, 0) * (gva_of_groups + sums.gva) - of_groups) / sums.gva;
      }
      sums.group.gva = gained(sums, uplift);
    }
    inputs.groups.push_back(std::move(sums.group));
  }
  if (!source.target_grouping.empty() && source.target_grouping != source.grouping)
    if (const AggregateSeries* own = uplift_by(source.target_grouping, source, outcome, plan)) {
      const Grouping& grouping = plan.groupings[static_cast<std::size_t>(own->grouping)];
      const auto place = std::find(grouping.groups.begin(), grouping.groups.end(), source.target);
      const auto g = static_cast<std::size_t>(place - grouping.groups.begin());
      Sums sums = sums_of(source, plan, grouping, static_cast<std::int32_t>(g));
      sums.group.name = source.target;
      sums.group.gva = counts(sums) ? gained(sums, uplift_of(*own, draws, g))
                                    : Eigen::MatrixXd(Eigen::MatrixXd::Zero(draws, periods));
      inputs.own = std::move(sums.group);
    }
  if (inputs.target.empty() && !inputs.groups.empty()) inputs.target = inputs.groups.front().name;
  if (inputs.no_gva.empty())
    inputs.notes.push_back(
        "GVA gained is that of each group of areas as a whole, from its GVA-weighted uplift; the spread of "
        "uplift "
        "within a group is a "
        "second-order difference.");
  return inputs;
}

}  // namespace spillway::scenarios
