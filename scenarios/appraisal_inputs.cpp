// From a scenario's aggregates to the inputs of its appraisal.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/base/error.hpp"
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

}  // namespace

AppraisalInputs appraisal_inputs(const AppraisalSource& source, const ScenarioOutcome& outcome,
                                 const OutcomePlan& plan) {
  const auto series =
      std::find_if(outcome.aggregates.begin(), outcome.aggregates.end(), [&](const AggregateSeries& one) {
        return one.outcome == AreaOutcome::uplift &&
               plan.groupings[static_cast<std::size_t>(one.grouping)].name == source.grouping;
      });
  if (series == outcome.aggregates.end())
    throw InputError(
        fmt::format("appraisal of '{}': the outcome uplift by {} is not kept (add \"uplift\" to "
                    "outcomes.area and \"{}\" to "
                    "outcomes.groupings)",
                    source.scenario, source.grouping, source.grouping));
  const Grouping& types = plan.groupings[static_cast<std::size_t>(series->grouping)];
  const Eigen::Index draws = source.cost.rows(), periods = source.cost.cols();
  const auto groups = static_cast<std::size_t>(series->groups);
  if (series->periods != periods ||
      series->value.size() != static_cast<std::size_t>(draws * periods) * groups)
    throw InputError(
        fmt::format("appraisal of '{}': uplift has {} values over {} periods but costs are {} x {} (needs "
                    "draws x periods x "
                    "{} groups)",
                    source.scenario, series->value.size(), series->periods, draws, periods, groups));

  AppraisalInputs inputs;
  inputs.scenario = source.scenario;
  inputs.target = source.target;
  inputs.cost = source.cost;
  inputs.later_cost = source.later_cost;
  inputs.period_years = source.period_years;
  inputs.median_income = median_of_residents(source.income, source.population);
  const bool money = source.gva.size() == source.population.size() && source.gva.size() > 0;
  if (!source.outcome_is_gva_growth) {
    inputs.no_gva = "the propagated outcome is not growth of GVA";
    inputs.not_monetised.push_back(
        "the propagated outcome itself: it has no price here, and its uplift by area type is the result");
  } else if (!money) {
    inputs.no_gva = "the pack has no GVA";
  }
  const AggregateSeries* nation = nullptr;
  for (const AggregateSeries& one : outcome.aggregates)
    if (one.outcome == AreaOutcome::uplift &&
        plan.groupings[static_cast<std::size_t>(one.grouping)].name == "nation")
      nation = &one;
  Eigen::VectorXd gva_of = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(groups) + 1);
  for (std::size_t g = 0; g <= groups; ++g) {  // the last: areas in no group
    AppraisalGroup group;
    group.name = g < groups ? types.groups[g] : elsewhere_name;
    double gva = 0.0, growth = 0.0, income = 0.0;
    for (std::size_t i = 0; i < types.of_area.size(); ++i) {
      if (types.of_area[i] != (g < groups ? static_cast<std::int32_t>(g) : -1)) continue;
      const auto area = static_cast<Eigen::Index>(i);
      group.population += source.population(area);
      if (source.income.size() > 0) income += source.population(area) * source.income(area);
      if (!money) continue;
      gva += source.gva(area);
      growth += source.gva(area) * plan.growth(area);
    }
    if (!(group.population > 0.0)) continue;
    group.income_per_head = income / group.population;
    gva_of(static_cast<Eigen::Index>(g)) = gva;
    if (inputs.no_gva.empty() && gva > 0.0) {
      if (g == groups && nation == nullptr)
        throw InputError(fmt::format(
            "appraisal of '{}' by {}: some areas are in no group, and the nation's uplift is not kept (add "
            "\"nation\" to outcomes.groupings)",
            source.scenario, source.grouping));
      const auto of_group = [&](Eigen::Index d, Eigen::Index h, std::size_t k) {
        return static_cast<double>(series->value[static_cast<std::size_t>(d * periods + h) * groups + k]);
      };
      Eigen::MatrixXd uplift(draws, periods);
      for (Eigen::Index d = 0; d < draws; ++d)
        for (Eigen::Index h = 0; h < periods; ++h) {
          if (g < groups) {
            uplift(d, h) = of_group(d, h, g);
            continue;
          }
          double rest =
              static_cast<double>(nation->value[static_cast<std::size_t>(d * periods + h)]) * gva_of.sum();
          for (std::size_t k = 0; k < groups; ++k)
            rest -= gva_of(static_cast<Eigen::Index>(k)) * of_group(d, h, k);
          uplift(d, h) = rest / gva;
        }
      group.gva = gva_gain(uplift, gva, growth / gva, source.period_years);
    } else {
      group.gva = Eigen::MatrixXd::Zero(draws, periods);
    }
    inputs.groups.push_back(std::move(group));
  }
  if (inputs.target.empty() && !inputs.groups.empty()) inputs.target = inputs.groups.front().name;
  inputs.notes.push_back(
      "GVA gained is that of each group of areas as a whole, from its GVA-weighted uplift; the spread of "
      "uplift "
      "within a group is a "
      "second-order difference.");
  return inputs;
}

}  // namespace spillway::scenarios
