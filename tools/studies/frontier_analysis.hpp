// The frontier, the marginal values and the budgets of one scenario, computed once and written in any form.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/frontier.hpp"
#include "scenarios/marginal_value.hpp"
#include "tools/studies/session.hpp"

namespace spillway::studies {

/// What the user asks of a frontier.
struct FrontierOptions {
  std::string scenario;            ///< empty: every one whose lever spends a fund in areas
  std::string parameter;           ///< empty: share where the lever has one, else factor, else
                                   ///< a package's budget
  double from = 0.0, to = 0.0;     ///< both 0: 0 to 1 (share), 0 to 2 (factor), half to twice
                                   ///< the budget
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

  /// Whether areas and ways to share a budget among them were asked: not of a package, whose levers spend
  /// each in its own way.
  bool by_area() const { return marginal.quantile.cols() > 0; }
};

/// The frontiers of a configuration.
struct Frontiers {
  std::vector<FrontierAnalysis> scenarios;
  std::vector<std::string> left_out;  ///< scenarios without one, each with the reason
  Inputs inputs;
};

/// The scenarios that have a frontier. @param left_out  the others, each with the reason
/// @throws InputError  the one that was asked for has none; none has
std::vector<const ScenarioConfig*> frontier_scenarios(const RunConfig& config, const FrontierOptions& options,
                                                      std::vector<std::string>& left_out);

/// The frontier of every chosen scenario, from the session's own estimates; kept in its result, where it has
/// one.
/// @throws as frontier_scenarios and analyse_frontier
Frontiers frontiers(Session& session, const FrontierOptions& options);

/// @throws InputError  the lever spends no fund in areas, or an option is at fault
FrontierAnalysis analyse_frontier(const ScenarioConfig& scenario, const RunConfig& config,
                                  const LeverContext& context, const FrontierOptions& options,
                                  Parallelism parallelism, const scenarios::PointUnits& units = {});

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
