// The frontier, the marginal values and the budgets of one scenario, computed once and written in any form.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/run/graph.hpp"
#include "engine/store/run_store.hpp"
#include "scenarios/frontier.hpp"
#include "scenarios/marginal_value.hpp"

namespace spillway::studies {

/// What the user asks of a frontier.
struct FrontierOptions {
  std::string parameter;           ///< empty: share where the lever has one, else factor
  double from = 0.0, to = 0.0;     ///< both 0: 0 to 1 (share) or 0 to 2 (factor)
  int points = 21;                 ///< >= 2
  std::string worth;               ///< gva | outcome | gap; empty: gva where there is GVA, else outcome
  double budget = 0.0;             ///< GBP; 0: the scenario's own, as drawn
  scenarios::BudgetLimits limits;  ///< GBP a head
  long area_draws = 1000;          ///< draws of the marginal values by area
};

/// A budget shared by one rule, and what that is worth.
struct BudgetOutcome {
  scenarios::BudgetRule rule;
  scenarios::PolicyValue value;
  long areas = 0;                         ///< that get anything
  double residents = 0.0, highest = 0.0;  ///< residents of those; most GBP a head
};

struct FrontierAnalysis {
  std::string scenario, lever, parameter, parameter_unit, target, outcome_unit;
  long draws = 0;
  std::vector<scenarios::FrontierPoint> points;
  double counterfactual_gap =
      0.0;  ///< of the target type to all others over the horizon; positive: it falls behind
  scenarios::Worth worth;
  scenarios::MarginalValues marginal;
  double budget = 0.0;  ///< median of the draws, GBP
  std::vector<BudgetOutcome> budgets;
  bool pounds = false;  ///< GVA is counted
  std::vector<std::string> notes, conclude;
  double seconds_frontier = 0.0, seconds_marginal = 0.0, seconds_budgets = 0.0;
};

/// Whether a scenario's lever has what a frontier needs. @return  why not; empty: it has
std::string no_frontier(const ScenarioConfig& scenario, const FrontierOptions& options);

/// @throws InputError  no_frontier() says why, or an option is at fault
FrontierAnalysis analyse_frontier(const ScenarioConfig& scenario, const RunConfig& config,
                                  const LeverContext& context, const FrontierOptions& options,
                                  Parallelism parallelism);

/// Tables for people: the frontier, types, the areas at both ends, budgets, what to conclude.
std::string frontier_text(const FrontierAnalysis& analysis, const DataPack& pack,
                          const std::vector<std::int32_t>& type, const std::vector<std::string>& type_names);
nlohmann::ordered_json frontier_json(const FrontierAnalysis& analysis, const DataPack& pack);
/// /sensitivity/<scenario>/frontier and /budgets (tables), /frontier/<scenario> (draws),
/// /marginal_value/<scenario>.
void write_frontier(RunWriter& writer, const FrontierAnalysis& analysis, const DataPack& pack);
/// Files and their texts: <scenario>-frontier.csv, -budgets.csv and -marginal-value.csv.
std::vector<std::pair<std::string, std::string>> frontier_csv(const FrontierAnalysis& analysis,
                                                              const DataPack& pack);

}  // namespace spillway::studies
