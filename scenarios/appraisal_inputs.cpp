// From a scenario's aggregates to the inputs of its appraisal.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.hpp"
#include "scenarios/appraisal.hpp"

namespace spillway::scenarios {

AppraisalInputs appraisal_inputs(const AppraisalSource& source, const ScenarioOutcome& outcome,
                                 const OutcomePlan& plan) {
  const auto series =
      std::find_if(outcome.aggregates.begin(), outcome.aggregates.end(), [&](const AggregateSeries& one) {
        return one.outcome == AreaOutcome::uplift &&
               plan.groupings[static_cast<std::size_t>(one.grouping)].name == "area_type";
      });
  if (series == outcome.aggregates.end())
    throw InputError(fmt::format(
        "appraisal of '{}': the outcome uplift by area_type is not kept (add \"uplift\" to outcomes.area and "
        "\"area_type\" to outcomes.groupings)",
        source.scenario));
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
  inputs.period_years = source.period_years;
  const bool money = source.gva.size() == source.population.size() && source.gva.size() > 0;
  if (!source.outcome_is_gva_growth) {
    inputs.no_gva = "the propagated outcome is not growth of GVA";
    inputs.not_monetised.push_back(
        "the propagated outcome itself: it has no price here, and its uplift by area type is the result");
  } else if (!money) {
    inputs.no_gva = "the pack has no GVA";
  }
  for (std::size_t g = 0; g < groups; ++g) {
    AppraisalGroup group;
    group.name = types.groups[g];
    double gva = 0.0, growth = 0.0;
    for (std::size_t i = 0; i < types.of_area.size(); ++i) {
      if (types.of_area[i] != static_cast<std::int32_t>(g)) continue;
      const auto area = static_cast<Eigen::Index>(i);
      group.population += source.population(area);
      if (!money) continue;
      gva += source.gva(area);
      growth += source.gva(area) * plan.growth(area);
    }
    if (gva > 0.0 && group.population > 0.0) group.income_per_head = gva / group.population;
    if (inputs.no_gva.empty() && gva > 0.0) {
      Eigen::MatrixXd uplift(draws, periods);
      for (Eigen::Index d = 0; d < draws; ++d)
        for (Eigen::Index h = 0; h < periods; ++h)
          uplift(d, h) =
              static_cast<double>(series->value[static_cast<std::size_t>(d * periods + h) * groups + g]);
      group.gva = gva_gain(uplift, gva, growth / gva, source.period_years);
    } else {
      group.gva = Eigen::MatrixXd::Zero(draws, periods);
    }
    if (group.population > 0.0) inputs.groups.push_back(std::move(group));
  }
  inputs.notes.push_back(
      "GVA gained is that of each area type as a whole, from its GVA-weighted uplift; the spread of uplift "
      "within a type is a "
      "second-order difference.");
  return inputs;
}

}  // namespace spillway::scenarios
