// Estimate, draw, and one policy on draws of one's own: what would the first scenario of a configuration do
// if spillovers were half as strong as estimated?
#include <fmt/format.h>

#include "engine/outcome/outcome.hpp"
#include "tools/studies/policy.hpp"
#include "tools/studies/session.hpp"

using namespace spillway;

int main(int, char** argv) {
  const RunConfig config = read_config(argv[1]);
  studies::Session session(config, {.study = "one_policy"}, studies::policy_hooks(config));
  const RunResult estimated = session.estimates();  // data, weights, models, joint draws

  const ScenarioConfig& scenario = config.scenarios.front();
  LeverContext context = lever_context(scenario, config, estimated.inputs, estimated.models, estimated.draws);
  for (const double factor : {1.0, 0.5}) {
    LeverContext given = context;
    given.rho *= factor;  // types x draws: any numbers of one's own
    const Policy policy = session.hooks().prepare(scenario, config, given);
    const OutcomePlan plan = outcome_plan(config, given, session.hooks().discount);
    const ScenarioOutcome outcome = evaluate(policy.dynamics, plan, session.workers());
    const ScenarioSummary summary = summarise(scenario, given, policy, outcome, plan);
    for (const auto& line : summary.lines)
      if (line.outcome == "cumulative_uplift")
        fmt::print("{} {} {} {}\n", factor, line.group, line.p50, line.unit);
  }
}
