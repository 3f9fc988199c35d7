// One scenario as the run sees it: a callable from the draws of estimates to a policy. The levers themselves
// live in scenarios/.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/policy/lever_context.hpp"
#include "engine/policy/policy.hpp"
#include "engine/policy/target_grouping.hpp"
#include "engine/run/estimation.hpp"
#include "engine/run/pounds.hpp"
#include "engine/run/uplift_split.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

class EarlierRun;

/// What is kept in memory of a finished scenario, for the summary on the screen.
struct ScenarioSummary {
  std::string name, lever;
  /// One row an aggregate outcome x group: the last period's quantiles.
  struct Line {
    std::string outcome, grouping, group, unit;
    double p5 = 0, p25 = 0, p50 = 0, p75 = 0, p95 = 0, better = 0;  ///< better: P(better)
    double mc_error = 0;  ///< Monte Carlo standard error of the median
    double gva = 0;  ///< GBP a head that the group has a year at the end of the horizon without the policy,
                     ///< in prices of the base year; 0: the outcome is no growth of GVA
  };
  std::vector<Line> lines;  ///< nation and area types, and where the policy acts
  /// Areas that the policy leaves better, or worse, off in 95 % of draws, and their residents.
  struct Sides {
    std::string outcome;
    long areas = 0, better = 0, worse = 0;
    double residents_better = 0.0, residents_worse = 0.0;
  };
  Sides sides;          ///< by the cumulative outcome, else the first; no areas: not known
  std::string acts_on;  ///< whom it acts on where that is no type of area; empty: a type
  long acts_on_areas = 0;
  /// Where the cumulative uplift of a group comes from: median and 90 % of draws of each part.
  struct SplitLine {
    std::string group, unit;
    struct Part {
      std::string name;  ///< as UpliftSplit::parts
      double p5 = 0, p50 = 0, p95 = 0;
    };
    std::vector<Part> parts;
  };
  std::vector<SplitLine> split;  ///< nation and area types
  double cost_p50 = 0.0;         ///< GBP of the base year, whole horizon
  EvaluationReport report;
  std::vector<std::string> notes, warnings, provenance;
  bool outside_support = false;        ///< Policy::outside_support
  bool extrapolated = false;           ///< Policy::beyond_support, and the configuration allows it
  bool nation_told = true;             ///< PoundReconciliation::told(), where pounds are reconciled
  std::vector<std::string> appraisal;  ///< lines of the appraisal summary, where the run has one
  std::string doubt;                   ///< Appraisal::doubt
};

/// A scenario's appraisal: what the store keeps, and its lines for the screen.
struct Appraisal {
  StoredAppraisal stored;
  std::vector<std::string> lines;
  std::string doubt;  ///< why what it returns cannot be believed, in a short sentence; empty: nothing says so
};

/// Where a policy acts on no whole type of area (`where`, a column or a list): those areas and the others, as
/// a grouping of this scenario. No groups: the policy acts on a type, or everywhere.
Grouping grouping_of_target(const ScenarioConfig& scenario, const Policy& policy);

/// What a run needs of the world outside the engine.
struct RunHooks {
  using Prepare = std::function<Policy(const ScenarioConfig&, const RunConfig&, const LeverContext&)>;
  Prepare prepare;
  Prepare rehearse;  ///< as prepare, but for Policy::sizes: what it refuses and warns of; empty: as prepare
  std::function<Appraisal(const ScenarioConfig&, const RunConfig&, const LeverContext&, const Policy&,
                          const ScenarioOutcome&, const OutcomePlan&)>
      appraise;  ///< empty: no appraisal
  std::function<void(const RunConfig&)>
      check;  ///< refuses settings that only the end of a run would; may be empty
  /// [period] present value of a pound a year in each period, from its years a period; empty: not discounted
  std::function<std::vector<double>(double period_years)> discount;
  std::function<void(const std::string& stage, const std::string& detail)>
      progress;  ///< a stage begins (no detail) or has ended
  std::function<void(const std::vector<PlannedStage>&)>
      planned;                                  ///< the stages ahead, once the sizes are known
  std::function<void(const Advance&)> advance;  ///< within a stage; one call at a time
  std::function<bool()> interrupted;    ///< asked between stages, and between units of a long bootstrap
  CheckpointPlan checkpoint;            ///< where units are kept
  const EarlierRun* earlier = nullptr;  ///< a result to take estimates, draws and outcomes from; null: none
  StoreOptions store;                   ///< of the result: whether it replaces a former one, compression
  Ranks* ranks = &Ranks::alone();  ///< the processes of the run; only the one that writes calls the hooks
                                   ///< that show progress
};

/// Bytes of the pack, models and draws that stand while scenarios are computed: measured from 33,755 to
/// 1,000,000 areas.
double standing_bytes(double areas);

/// The column of areas that a grouping goes by: region_code for "region", `type_column` for "area_type", else
/// its own name.
std::string grouping_column(const std::string& name, const std::string& type_column);

/// What the lever of `scenario` may look at: the draws of the estimates that drive it, its counterfactual and
/// weights. `inputs` must outlive it.
/// @throws InputError  an estimate that is not there, was refused, or has no replicates; the years a period
///                     ahead are unknown
LeverContext lever_context(const ScenarioConfig& scenario, const RunConfig& config, const Inputs& inputs,
                           const std::vector<ModelFits>& models, const DrawSet& draws);

/// Whether the pounds of the pack's GVA and of the regressors that lead can be brought to the price base
/// year.
/// @throws InputError  as lever_context
void check_prices(const RunConfig& config, const DataPack& pack);

/// The same with spread = "none": nothing spreads, and beta is that of model B as it stands.
LeverContext without_spread(const LeverContext& context);

/// What to keep of the scenario's areas and aggregates; `discount` as in RunHooks. @throws InputError  pounds
/// asked for where the driving outcome is not GVA growth
OutcomePlan outcome_plan(const RunConfig& config, const LeverContext& context,
                         const std::function<std::vector<double>(double)>& discount);

/// The split of nation and area types for the screen.
std::vector<ScenarioSummary::SplitLine> split_lines(const UpliftSplit& split, const std::string& unit);

ScenarioSummary summarise(const ScenarioConfig& scenario, const LeverContext& context, const Policy& policy,
                          const ScenarioOutcome& outcome, const OutcomePlan& plan);

}  // namespace spillway
