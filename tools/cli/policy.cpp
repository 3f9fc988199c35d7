#include "tools/cli/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/draw/sensitivity_indices.hpp"
#include "scenarios/interaction.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/rulebook.hpp"
#include "tools/cli/appraise.hpp"
#include "tools/cli/estimate_table.hpp"

namespace spillway::cli {

scenarios::LeverContext lever_context(const ScenarioConfig& scenario, const ScenarioData& data) {
  scenarios::LeverContext context;
  context.pack = &data.inputs->pack;
  context.weights = &data.inputs->weights;
  context.type = data.inputs->types.of_row;
  context.type_names = data.inputs->types.names;
  context.draws = data.draws;
  context.horizon = data.config->horizon;
  context.period_years = years_a_period(*data.config, data.inputs->pack);
  context.rho = data.rho;
  context.phi = data.phi;
  context.beta = data.beta;
  context.beta_unit = data.beta_unit;
  context.beta_outcome_unit = data.beta_outcome_unit;
  context.window_years = data.window_years;
  context.outcome_unit = data.outcome_unit;
  context.outcome_is_gva_growth = data.outcome_is_gva_growth;
  context.growth = data.growth;
  context.population = data.population;
  context.gva = data.gva;
  context.convert = scenario.convert;
  return context;
}

namespace {

PreparedScenario prepare(const ScenarioConfig& scenario, const ScenarioData& data) {
  return prepare_at(
      scenario, data,
      scenarios::sample_parameters(scenario, scenarios::lever(scenario.lever), *data.config, data.draws));
}

}  // namespace

double years_a_period(const RunConfig& config, const DataPack& pack) {
  if (config.period_years > 0.0 && pack.period_years > 0.0 && config.period_years != pack.period_years)
    throw InputError(fmt::format(
        "outcomes.period_years is {:g} but pack '{}' has periods of {:g} years (leave it out: it is for "
        "packs of uneven periods)",
        config.period_years, pack.name, pack.period_years));
  if (config.period_years == 0.0 && pack.period_years == 0.0)
    throw InputError(fmt::format(
        "the periods of pack '{}' are of uneven length, and a scenario needs the years a period ahead (set "
        "period_years in [outcomes])",
        pack.name));
  return pack.period_years > 0.0 ? pack.period_years : config.period_years;
}

PreparedScenario prepare_at(const ScenarioConfig& scenario, const ScenarioData& data,
                            const scenarios::Parameters& parameters) {
  scenarios::Policy policy =
      scenarios::lever(scenario.lever).build(lever_context(scenario, data), parameters);
  if (!policy.shock_unit.empty() && !data.outcome_unit.empty() && policy.shock_unit != data.outcome_unit)
    throw InputError(
        fmt::format("scenario '{}': lever '{}' makes shocks in {}, but the propagated outcome '{}' is in {} "
                    "(give a sourced factor in "
                    "[scenario.convert])",
                    scenario.name, scenario.lever, policy.shock_unit, data.outcome, data.outcome_unit));
  PreparedScenario prepared;
  prepared.dynamics = std::move(policy.dynamics);
  prepared.parameter_names = parameters.names;
  prepared.parameter_values = parameters.value;
  prepared.cost = std::move(policy.cost);
  if (policy.transfer.size() > 0) prepared.transfer = policy.transfer.col(0);
  prepared.notes = std::move(policy.notes);
  prepared.warnings = std::move(policy.warnings);
  return prepared;
}

namespace {

std::string middle_and_range(const Eigen::VectorXd& draws) {
  const WithInterval wide = percentile_interval(0.0, draws, 0.9),
                     middle = percentile_interval(0.0, draws, 1e-12);
  return fmt::format("{} [{}, {}]", short_number(middle.low), short_number(wide.low),
                     short_number(wide.high));
}

/// What a package does beyond the sum of its parts: lines for the screen, kept with the appraisal.
void add_interaction(const ScenarioConfig& scenario, const ScenarioData& data, const ScenarioOutcome& outcome,
                     const OutcomePlan& plan, Appraisal& appraisal) {
  if (std::find(plan.outcomes.begin(), plan.outcomes.end(), AreaOutcome::uplift) == plan.outcomes.end()) {
    appraisal.lines.push_back("interaction: not computed (it needs the outcome 'uplift')");
    return;
  }
  const auto parameters =
      scenarios::sample_parameters(scenario, scenarios::lever(scenario.lever), *data.config, data.draws);
  const auto found = scenarios::package_interaction(lever_context(scenario, data), parameters, outcome, plan,
                                                    {worker_count({data.config->threads})});
  std::vector<std::string> lines;
  if (!found.none.empty())
    lines.push_back(fmt::format("interaction of {}: zero; {}", fmt::join(found.parts, ", "), found.none));
  else
    lines.push_back(
        fmt::format("interaction of {}, the package less the sum of its parts on the same draws (uplift "
                    "summed over the horizon{}; median [P5, P95]):",
                    fmt::join(found.parts, ", "), data.outcome_unit.empty() ? "" : ", " + data.outcome_unit));
  for (const auto& group : found.groups)
    lines.push_back(fmt::format("  {}: package {}, sum of parts {}, interaction {}", group.group,
                                middle_and_range(group.package), middle_and_range(group.sum),
                                middle_and_range(group.interaction())));
  appraisal.lines.insert(appraisal.lines.end(), lines.begin(), lines.end());
  appraisal.stored.attributes.push_back({"interaction", lines});
}

}  // namespace

RunHooks policy_hooks(const RunConfig& config) {
  for (const ScenarioConfig& scenario : config.scenarios)
    scenarios::lever(scenario.lever);  // unknown levers fail first
  RunHooks hooks;
  hooks.prepare = prepare;
  hooks.discount = scenarios::period_discount_factors(
      scenarios::rulebook(config.rulebook), config.discount_base_year, config.discount_base_year,
      config.horizon, config.period_years > 0.0 ? config.period_years : 1.0);
  hooks.appraise = [](const ScenarioConfig& scenario, const ScenarioData& data,
                      const PreparedScenario& prepared, const ScenarioOutcome& outcome,
                      const OutcomePlan& plan) {
    Appraisal appraisal = appraise_scenario(scenario, data, prepared, outcome, plan,
                                            years_a_period(*data.config, data.inputs->pack));
    if (scenario.lever == "package") add_interaction(scenario, data, outcome, plan, appraisal);
    return appraisal;
  };
  return hooks;
}

}  // namespace spillway::cli
