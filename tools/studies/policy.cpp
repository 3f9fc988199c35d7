#include "tools/studies/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/config/further_outcome.hpp"
#include "engine/draw/sensitivity_indices.hpp"
#include "engine/run/growth_error.hpp"
#include "scenarios/interaction.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/rulebook.hpp"
#include "scenarios/sizes.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

namespace {

/// A rehearsal leaves out what nobody refuses: which parameters are sizes, how far growth is known.
enum class Made { whole, rehearsed };

bool acts_on_drawn_growth(const Policy& policy, const RunConfig& config) {
  return policy.changes_dynamics && config.counterfactual_growth == "shrunk_mean";
}

Policy prepare(const ScenarioConfig& scenario, const RunConfig& config, const LeverContext& context,
               Made made) {
  try {
    const scenarios::Lever& lever = scenarios::lever(scenario.lever);
    Policy policy =
        prepare_at(scenario, context, scenarios::sample_parameters(scenario, lever, config, context.draws));
    // The policy without spread stands beside one that spreads, and nobody scales it.
    const bool beside = scenario.spread == "propagated" && context.rho.isZero(0.0);
    if (!beside && made == Made::whole) scenarios::find_sizes(policy, context, lever, policy.parameters);
    for (std::string& note : scenarios::renamed_notes(scenario, lever))
      policy.warnings.push_back(std::move(note));
    if (made == Made::whole)
      finish_policy(policy, context, config);
    else if (acts_on_drawn_growth(policy, config))
      add_growth_error(policy, context, unsolved_growth_error(context));
    if (policy.beyond_support.empty()) return policy;
    if (scenario.extrapolate.empty()) {
      Fault fault =
          fault_of_key(config, config_path(scenario), "",
                       fmt::format("the policy {}: three times is too far to extrapolate; spend less "
                                   "there, or write extrapolate = \"the reason\" in the scenario",
                                   policy.beyond_support));
      if (fault.line == 0) fault.line = scenario.line;
      throw InputError(std::vector<Fault>{fault});
    }
    policy.warnings.insert(policy.warnings.begin(),
                           fmt::format("EXTRAPOLATED: the policy {}; allowed because: {}",
                                       policy.beyond_support, scenario.extrapolate));
    return policy;
  } catch (const InputError& error) {
    throw scenarios::placed(error, scenario, config);
  }
}

}  // namespace

void finish_policy(Policy& policy, const LeverContext& context, const RunConfig& config) {
  if (acts_on_drawn_growth(policy, config))
    add_growth_error(policy, context, growth_error(context, config.seed));
}

Policy prepare_at(const ScenarioConfig& scenario, const LeverContext& context, const Parameters& parameters) {
  Policy policy = scenarios::lever(scenario.lever).build(context, parameters);
  if (!policy.shock_unit.empty() && !context.outcome_unit.empty() &&
      policy.shock_unit != context.outcome_unit)
    throw InputError(
        fmt::format("scenario '{}': lever '{}' makes shocks in {}, but the propagated outcome '{}' is in {} "
                    "(give a sourced factor in "
                    "[scenario.convert])",
                    scenario.name, scenario.lever, policy.shock_unit, context.outcome, context.outcome_unit));
  policy.parameters = parameters;
  return policy;
}

namespace {

std::string middle_and_range(const Eigen::VectorXd& draws) {
  const WithInterval wide = percentile_interval(0.0, draws, 0.9),
                     middle = percentile_interval(0.0, draws, 1e-12);
  return fmt::format("{} [{}, {}]", short_number(middle.low), short_number(wide.low),
                     short_number(wide.high));
}

/// "0.012 [-0.001, 0.03]"; "costs nothing" where no draw costs anything.
std::string per_pound_words(const std::optional<Eigen::VectorXd>& draws) {
  return !draws ? "not known" : draws->size() == 0 ? "costs nothing" : middle_and_range(*draws);
}

/// What a pound brings under the policy and, of a package, under each of its levers alone with its own part
/// of the money. Kept with the appraisal; lines for the screen of a package.
void add_worth(const ScenarioConfig& scenario, const RunConfig& config, const LeverContext& context,
               const Policy& policy, const ScenarioOutcome& outcome, const OutcomePlan& plan,
               const scenarios::PackageInteraction& found, Appraisal& appraisal) {
  std::vector<scenarios::PoundWorth> rows = {
      worth_of_policy("policy", scenario, config, context, policy, outcome, plan)};
  for (const auto& member : found.members)
    rows.push_back(
        worth_of_policy(member.name, scenario, config, context, member.policy, member.outcome, found.plan));
  appraisal.stored.worth = worth_columns(rows, scenario, context.outcome_unit,
                                         policy_areas(scenario, plan).words, config.price_base_year);
  if (found.members.empty()) return;
  const std::string unit = context.outcome_unit.empty() ? "" : " (" + context.outcome_unit + ")";
  appraisal.lines.push_back(
      fmt::format("what a pound of public cost in present value brings, the package and each lever alone "
                  "with its own money "
                  "(median [P5, P95]; cumulative uplift{} per GBP 100m):",
                  unit));
  for (const scenarios::PoundWorth& row : rows) {
    const std::string cost = row.cost.maxCoeff() > 0.0 ? middle_and_range(row.cost / 1e6) : "0";
    appraisal.lines.push_back(
        fmt::format("  {} {}: GBP {}m; {}target areas {}; all areas {}", scenario.name,
                    &row == &rows.front() ? "package" : row.part, cost,
                    is_further(scenario) ? "" : fmt::format("NPSV per GBP {}; ", per_pound_words(row.npsv)),
                    per_pound_words(row.target_uplift), per_pound_words(row.nation_uplift)));
  }
}

/// A policy's money set against a further outcome of it: what a pound brings, and nothing else, for it is
/// appraised once.
Appraisal appraise_further(const ScenarioConfig& scenario, const RunConfig& config,
                           const LeverContext& context, const Policy& policy, const ScenarioOutcome& outcome,
                           const OutcomePlan& plan) {
  Appraisal appraisal;
  appraisal.stored.scenario = scenario.name;
  if (!can_be_appraised(policy, plan)) return appraisal;
  scenarios::PackageInteraction found;
  if (scenario.lever == "package")
    found = scenarios::package_interaction(context, policy.parameters, outcome, plan,
                                           {worker_count({config.threads})},
                                           [&](Policy& part) { finish_policy(part, context, config); });
  add_worth(scenario, config, context, policy, outcome, plan, found, appraisal);
  return appraisal;
}

/// What a package does beyond the sum of its parts: lines for the screen, kept with the appraisal.
void add_interaction(const ScenarioConfig& scenario, const RunConfig& config, const LeverContext& context,
                     const Policy& policy, const ScenarioOutcome& outcome, const OutcomePlan& plan,
                     Appraisal& appraisal) {
  if (std::find(plan.outcomes.begin(), plan.outcomes.end(), AreaOutcome::uplift) == plan.outcomes.end()) {
    appraisal.lines.push_back("interaction: not computed (it needs the outcome 'uplift')");
    return;
  }
  const auto found = scenarios::package_interaction(
      context, policy.parameters, outcome, plan, {worker_count({config.threads})},
      [&](Policy& part) { finish_policy(part, context, config); });
  std::vector<std::string> lines;
  if (!found.none.empty())
    lines.push_back(fmt::format("interaction of {}: zero; {}", fmt::join(found.parts, ", "), found.none));
  else
    lines.push_back(fmt::format(
        "interaction of {}, the package less the sum of its parts on the same draws (uplift "
        "summed over the horizon{}; median [P5, P95]):",
        fmt::join(found.parts, ", "), context.outcome_unit.empty() ? "" : ", " + context.outcome_unit));
  for (const auto& group : found.groups)
    lines.push_back(fmt::format("  {}: package {}, sum of parts {}, interaction {}", group.group,
                                middle_and_range(group.package), middle_and_range(group.sum),
                                middle_and_range(group.interaction())));
  appraisal.lines.insert(appraisal.lines.end(), lines.begin(), lines.end());
  appraisal.stored.attributes.push_back({"interaction", lines});
  if (!appraisal.stored.npsv.empty())
    add_worth(scenario, config, context, policy, outcome, plan, found, appraisal);
}

}  // namespace

RunHooks policy_hooks(const RunConfig& config) {
  std::vector<Fault> unknown;  // levers: they fail first
  for (const ScenarioConfig& scenario : config.scenarios) try {
      scenarios::lever(scenario.lever);
    } catch (const InputError& error) {
      unknown.push_back(fault_of_key(config, "scenario." + scenario.name + ".lever", "", error.what()));
    }
  if (!unknown.empty()) throw InputError(std::move(unknown));
  scenarios::check_spreads(config);
  RunHooks hooks;
  const auto with = [](Made made) {
    return [made](const ScenarioConfig& scenario, const RunConfig& run, const LeverContext& context) {
      return prepare(scenario, run, context, made);
    };
  };
  hooks.prepare = with(Made::whole);
  hooks.rehearse = with(Made::rehearsed);
  hooks.discount = [book = scenarios::rulebook(config.rulebook), base = config.discount_base_year,
                    first = config.starts_in(), horizon = config.horizon](double period_years) {
    return scenarios::period_present_values(book, base, first, horizon, period_years);
  };
  hooks.check = [](const RunConfig& run) { scenarios::appraisal_settings(run, run.draws); };
  hooks.appraise = [](const ScenarioConfig& scenario, const RunConfig& run, const LeverContext& context,
                      const Policy& policy, const ScenarioOutcome& outcome, const OutcomePlan& plan) {
    if (is_further(scenario)) return appraise_further(scenario, run, context, policy, outcome, plan);
    Appraisal appraisal = appraise_scenario(scenario, run, context, policy, outcome, plan);
    if (scenario.lever == "package")
      add_interaction(scenario, run, context, policy, outcome, plan, appraisal);
    return appraisal;
  };
  return hooks;
}

}  // namespace spillway::studies
