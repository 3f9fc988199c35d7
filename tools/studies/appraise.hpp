// From a scenario's outcome, in memory or in a result file, to its appraisal.
#pragma once
#include "engine/run/scenario_job.hpp"
#include "engine/store/run_store.hpp"
#include "scenarios/appraisal.hpp"

namespace spillway::studies {

/// What a run keeps and prints of a scenario's appraisal.
Appraisal appraise_scenario(const ScenarioConfig& scenario, const RunConfig& config,
                            const LeverContext& context, const Policy& policy, const ScenarioOutcome& outcome,
                            const OutcomePlan& plan);

/// Cumulative uplift of a group in every draw, better counted as positive: the sum of `uplift` over periods;
/// empty: the outcome has none.
Eigen::VectorXd cumulative(const ScenarioOutcome& outcome, const OutcomePlan& plan,
                           const std::string& grouping, const std::string& group);

/// What a pound brings, draw by draw: only draws with a public cost above 0, in present value.
struct WorthOfPounds {
  std::string name;
  Eigen::VectorXd cost;                                ///< GBP in present value, every draw
  Eigen::VectorXd npsv, target_uplift, nation_uplift;  ///< a GBP; a GBP 100m: draws that cost something
};
/// @throws as scenario_inputs
WorthOfPounds worth_of_pounds(const std::string& name, const RunConfig& config, const LeverContext& context,
                              const Policy& policy, const ScenarioOutcome& outcome, const OutcomePlan& plan);
/// As attributes of the appraisal, an entry a row: `pound_members`, `pound_units`, and 5, 50 and 95 %
/// quantiles of draws, `pound_npsv_p50` and so on; NaN: costs nothing.
std::vector<Attribute> worth_attributes(const std::vector<WorthOfPounds>& rows,
                                        const std::string& outcome_unit);

/// The group that the local column is for: doubly disadvantaged areas where the types know them, else the
/// smallest type.
std::string target_group(const Grouping& types);

/// The inputs of a scenario's appraisal. @throws InputError  the outcome keeps no `uplift` by area_type
scenarios::AppraisalInputs scenario_inputs(const std::string& scenario, const LeverContext& context,
                                           const Policy& policy, const ScenarioOutcome& outcome,
                                           const OutcomePlan& plan);

/// The inputs of the appraisal of a scenario that a result file holds.
/// @param grouping  what its groups are: a grouping that the run kept
/// @param factor    by draw: what uplift is multiplied by before it becomes money; empty: nothing
/// @throws InputError  the file lacks what an appraisal needs: costs, or `uplift` by that grouping
scenarios::AppraisalInputs stored_inputs(const RunReader& reader, const std::string& scenario,
                                         const std::string& grouping = "area_type",
                                         const Eigen::VectorXd& factor = {});

}  // namespace spillway::studies
