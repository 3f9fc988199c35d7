#include "scenarios/interaction.hpp"

#include <algorithm>

#include "engine/base/error.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/aggregate_polynomial.hpp"
#include "engine/policy/target_grouping.hpp"
#include "scenarios/contrast.hpp"
#include "scenarios/marginal_value.hpp"
#include "scenarios/package_budget.hpp"

namespace spillway::scenarios {

namespace {

const AggregateSeries* uplift_of(const std::vector<AggregateSeries>& all, const OutcomePlan& plan,
                                 const std::string& grouping) {
  for (const AggregateSeries& series : all)
    if (series.outcome == AreaOutcome::uplift &&
        plan.groupings[static_cast<std::size_t>(series.grouping)].name == grouping)
      return &series;
  return nullptr;
}

}  // namespace

PackageInteraction package_interaction(const LeverContext& context, const Parameters& parameters,
                                       const ScenarioOutcome& outcome, const OutcomePlan& plan,
                                       Parallelism parallelism, const std::function<void(Policy&)>& finish) {
  PackageInteraction found;
  const Dynamics alone = dynamics_of_estimates(context);
  OutcomePlan& small = found.plan = plan;
  small.outcomes = {AreaOutcome::uplift};
  small.quantiles = {0.5};
  small.keep_draws_of.clear();
  small.areas = false;
  std::erase_if(small.groupings, [](const Grouping& grouping) {
    return grouping.name != "nation" && grouping.name != "area_type" && grouping.name != target_grouping;
  });
  bool changes = false;
  for (const auto& [name, part] : budgeted_parts(context, parameters).parts) {
    found.parts.push_back(name);
    PackageMember member{name, lever(name).build(context, part), {}};
    if (finish) finish(member.policy);
    const Dynamics& dynamics = member.policy.dynamics;
    const bool same = same_coefficients(alone, dynamics);
    changes = changes || !same;
    if (same && AggregatePolynomial::unsuitable(dynamics, small).empty())
      member.outcome.aggregates = AggregatePolynomial(dynamics, small).evaluate(dynamics, small, parallelism);
    else
      member.outcome.aggregates = evaluate(dynamics, small, parallelism).aggregates;
    found.members.push_back(std::move(member));
  }
  if (!changes) {
    found.none = "no lever of the package changes rho or W, so it is the sum of its parts exactly";
    return found;
  }
  for (const Grouping& grouping : small.groupings) {
    const AggregateSeries* series = uplift_of(outcome.aggregates, plan, grouping.name);
    if (series == nullptr)
      throw InputError("a package's interaction needs the outcome `uplift` (add it to outcomes.area)");
    for (std::size_t g = 0; g < grouping.groups.size(); ++g)
      found.groups.push_back({grouping.name, grouping.groups[g],
                              summed_over_periods(*series, static_cast<long>(g), series->periods),
                              Eigen::VectorXd::Zero(context.draws)});
  }
  for (const PackageMember& member : found.members) {
    std::size_t k = 0;
    for (const Grouping& grouping : small.groupings) {
      const AggregateSeries* series = uplift_of(member.outcome.aggregates, small, grouping.name);
      for (std::size_t g = 0; g < grouping.groups.size(); ++g)
        found.groups[k++].sum += summed_over_periods(*series, static_cast<long>(g), series->periods);
    }
  }
  return found;
}

}  // namespace spillway::scenarios
