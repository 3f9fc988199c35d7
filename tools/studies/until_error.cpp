#include "tools/studies/until_error.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/outcome/aggregate_polynomial.hpp"
#include "engine/outcome/monte_carlo_error.hpp"
#include "engine/run/graph.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::studies {

namespace {

/// The largest relative error over scenarios, outcomes, groups and levels of a run of `config`.
double largest_error(const RunConfig& config, const RunHooks& hooks) {
  const RunResult result = run_estimates(config, hooks);
  const Parallelism workers{worker_count({config.threads})};
  double largest = 0.0;
  for (const ScenarioConfig& scenario : config.scenarios) {
    const LeverContext context = lever_context(scenario, config, result.inputs, result.models, result.draws);
    const Policy policy = hooks.prepare(scenario, config, context);
    const OutcomePlan plan = outcome_plan(config, context, hooks.discount);
    const std::vector<AggregateSeries> aggregates =
        AggregatePolynomial::unsuitable(policy.dynamics, plan).empty()
            ? AggregatePolynomial(policy.dynamics, plan).evaluate(policy.dynamics, plan, workers)
            : evaluate(policy.dynamics, plan, workers, Path::exact).aggregates;
    for (const AggregateSeries& series : aggregates)
      largest = std::max(largest, largest_relative_error(series, config.quantiles, workers));
  }
  return largest;
}

}  // namespace

UntilError until_error(const UntilErrorOptions& options,
                       const std::function<RunConfig(const std::optional<Draws>&)>& configured,
                       const std::function<bool()>& interrupted) {
  const RunConfig asked = configured({});
  if (!(options.target > 0.0))
    throw InputError(fmt::format("--until-mcse is {} (needs a share of the spread above 0, for example 0.02)",
                                 options.target));
  if (asked.scenarios.empty())
    throw InputError("--until-mcse needs a [[scenario]] whose quantiles it can judge");
  UntilError found;
  for (long replicates = 1024;; replicates *= 2) {
    if (interrupted && interrupted())
      throw Interrupted("interrupted before the Monte Carlo error met its target");
    found.draws = {static_cast<int>(replicates),
                   static_cast<int>(std::max(1L, replicates * asked.draws / asked.replicates))};
    RunConfig config = configured(found.draws);
    config.groupings = {"nation", "area_type"};
    config.area_outcomes = {"uplift", "cumulative_uplift"};
    config.keep_draws_of.clear();
    RunHooks hooks = policy_hooks(config);
    hooks.interrupted = interrupted;
    const double largest = largest_error(config, hooks);
    found.sentences.push_back(
        fmt::format("{} replicates, {} draws: largest Monte Carlo error of a quantile {:.4f} of its group's "
                    "spread (target {:g})",
                    replicates, found.draws.draws, largest, options.target));
    const bool met = largest <= options.target;
    if (!met && 2 * replicates <= options.most) continue;
    if (!met)
      found.sentences.push_back(fmt::format(
          "the target is not met with {} replicates, the most allowed (--most-replicates)", replicates));
    return found;
  }
}

}  // namespace spillway::studies
