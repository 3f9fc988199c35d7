// From a scenario's outcome, in memory or in a result file, to its appraisal.
#pragma once
#include "engine/run/scenario_job.hpp"
#include "engine/store/run_store.hpp"
#include "scenarios/appraisal.hpp"
#include "scenarios/pound_worth.hpp"

namespace spillway::studies {

/// What a run keeps and prints of a scenario's appraisal.
Appraisal appraise_scenario(const ScenarioConfig& scenario, const RunConfig& config,
                            const LeverContext& context, const Policy& policy, const ScenarioOutcome& outcome,
                            const OutcomePlan& plan);

/// Cumulative uplift of a group in every draw, signed as the outcome: the sum of `uplift` over periods;
/// empty: the outcome has none.
Eigen::VectorXd cumulative(const ScenarioOutcome& outcome, const OutcomePlan& plan,
                           const std::string& grouping, const std::string& group);

/// Whether there is money to set beside an outcome: costs, and `uplift` by area_type.
bool can_be_appraised(const Policy& policy, const OutcomePlan& plan);

/// What a pound of a policy brings, and of what it is made: appraised without switching values. Of a further
/// outcome only what a pound brings: its money is its policy's.
/// @throws as scenario_inputs
scenarios::PoundWorth worth_of_policy(const std::string& part, const ScenarioConfig& scenario,
                                      const RunConfig& config, const LeverContext& context,
                                      const Policy& policy, const ScenarioOutcome& outcome,
                                      const OutcomePlan& plan);
/// As a table of the file, a row a part: 5, 50 and 95 % quantiles of draws of every figure that is known;
/// NaN: costs nothing. A further outcome's rows have no money.
/// @param areas  those that heads are of: "doubly_disadvantaged areas"
std::vector<TableColumn> worth_columns(const std::vector<scenarios::PoundWorth>& rows,
                                       const ScenarioConfig& scenario, const std::string& outcome_unit,
                                       const std::string& areas, int price_base_year);

/// Whom types of area are there for: doubly disadvantaged areas where they know them, else the smallest type.
std::string target_group(const Grouping& types);

/// The areas that a scenario is for: the local column, heads and pounds of the target.
struct PolicyAreas {
  std::string grouping, group;
  std::string words;  ///< "doubly_disadvantaged areas", "the areas that it acts on"
};
/// The areas where it acts, where `plan` has them as a grouping of the scenario's own; else its lever's type
/// of area, and target_group() where that is none of the types.
/// @param plan  has the grouping area_type
PolicyAreas policy_areas(const ScenarioConfig& scenario, const OutcomePlan& plan);

/// A run's plan of one scenario: outcome_plan, and the grouping of the areas where it acts.
OutcomePlan scenario_plan(const ScenarioConfig& scenario, const RunConfig& config,
                          const LeverContext& context, const Policy& policy,
                          const std::function<std::vector<double>(double)>& discount);

/// The inputs of a scenario's appraisal. @throws InputError  the outcome keeps no `uplift` by area_type
scenarios::AppraisalInputs scenario_inputs(const std::string& part, const ScenarioConfig& scenario,
                                           const LeverContext& context, const Policy& policy,
                                           const ScenarioOutcome& outcome, const OutcomePlan& plan);

/// That the nation's uplift of some of these scenarios is not told by the model
/// (PoundReconciliation::told()), with their names; empty: it is told of all, or the file does not say.
std::string nation_not_told(const RunReader& reader, const std::vector<std::string>& scenarios);

/// The inputs of the appraisal of a scenario that a result file holds.
/// @param grouping  what its groups are: a grouping that the run kept
/// @param factor    by draw: what uplift is multiplied by before it becomes money; empty: nothing
/// @throws InputError  the file lacks what an appraisal needs: costs, or `uplift` by that grouping
scenarios::AppraisalInputs stored_inputs(const RunReader& reader, const std::string& scenario,
                                         const std::string& grouping = "area_type",
                                         const Eigen::VectorXd& factor = {});

}  // namespace spillway::studies
