#include "tools/cli/until_error.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/outcome/aggregate_polynomial.hpp"
#include "engine/outcome/monte_carlo_error.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::cli {

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

std::vector<std::string> until_error(CommonFlags& flags, const UntilError& until) {
  const RunConfig asked = configuration(flags);
  if (!(until.target > 0.0))
    throw InputError(fmt::format("--until-mcse is {} (needs a share of the spread above 0, for example 0.02)",
                                 until.target));
  if (asked.scenarios.empty())
    throw InputError("--until-mcse needs a [[scenario]] whose quantiles it can judge");
  std::vector<std::string> sentences;
  for (long replicates = 1024;; replicates *= 2) {
    if (stop_requested()) throw Interrupted("interrupted before the Monte Carlo error met its target");
    CommonFlags step = flags;
    step.replicates = static_cast<int>(replicates);
    step.draws = static_cast<int>(std::max(1L, replicates * asked.draws / asked.replicates));
    RunConfig config = configuration(step);
    config.groupings = {"nation", "area_type"};
    config.area_outcomes = {"uplift", "cumulative_uplift"};
    config.keep_draws_of.clear();
    RunHooks hooks = policy_hooks(config);
    hooks.interrupted = stop_requested;
    const double largest = largest_error(config, hooks);
    sentences.push_back(
        fmt::format("{} replicates, {} draws: largest Monte Carlo error of a quantile {:.4f} of its group's "
                    "spread (target {:g})",
                    replicates, *step.draws, largest, until.target));
    const bool met = largest <= until.target;
    if (!met && 2 * replicates <= until.most) continue;
    if (!met)
      sentences.push_back(fmt::format(
          "the target is not met with {} replicates, the most allowed (--most-replicates)", replicates));
    flags.replicates = step.replicates;
    flags.draws = step.draws;
    return sentences;
  }
}

}  // namespace spillway::cli
