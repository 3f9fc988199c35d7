// What is kept of a scenario: exact quantiles of areas, full draws of aggregates.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/base/ranks.hpp"
#include "engine/propagate/dynamics.hpp"

namespace spillway {

/// uplift: u in the last period (outcome a period). cumulative_uplift: sum of u. gva_per_head_uplift:
/// GVA_0 (exp(sum(y0 + u)) - exp(sum y0)), pounds of the base year per resident in the last period.
/// discounted_gva_uplift: the sum over periods of the discounted difference of GVA per head.
enum class AreaOutcome { uplift, cumulative_uplift, gva_per_head_uplift, discounted_gva_uplift };

std::string to_string(AreaOutcome outcome);

/// Areas gathered into groups: a weighted mean over each group's areas.
struct Grouping {
  std::string name;                   ///< nation, region, combined_authority, lad, area_type
  std::vector<std::int32_t> of_area;  ///< area -> group, -1: in none
  std::vector<std::string> groups;
};

struct OutcomePlan {
  std::vector<AreaOutcome> outcomes;
  std::vector<double> quantiles;  ///< each in (0, 1)
  double better = 1.0;            ///< +1: higher is better; -1: lower is. P(better) = P(better * u > 0)
  Eigen::VectorXd rate_weight;    ///< weight of areas in aggregates of rates (GVA or population)
  Eigen::VectorXd head_weight;    ///< weight of areas in aggregates of pounds per head: population
  Eigen::VectorXd gva_per_head;   ///< GVA_0, pounds of the base year per resident; empty: no pounds
  Eigen::VectorXd growth;         ///< y0, counterfactual growth a period, held constant
  std::vector<double> discount;   ///< [period] discount factor; used by discounted_gva_uplift
  std::vector<Grouping> groupings;
  std::vector<int> keep_draws_of;  ///< areas whose full draws are kept
  bool areas = true;               ///< summaries of areas; without them a result has aggregates alone
  double memory_gb = 0.0;          ///< budget for working arrays; 0: no limit
};

/// Exact order statistics and moments of one outcome over draws, for every area. Quantiles are type 7 of
/// Hyndman & Fan (1996) on draws held as float (error of a draw at most 1e-5 of its area's root mean square;
/// on the sampled basis, of a hundredth of the root mean square over areas where that is more, but at most
/// 1e-3 of the area's own).
struct AreaSummary {
  AreaOutcome outcome = AreaOutcome::uplift;
  Eigen::MatrixXf quantile;  ///< quantiles x areas
  Eigen::VectorXf mean, sd;
  Eigen::VectorXf probability_better;    ///< share of draws on the better side of no policy
  Eigen::VectorXf probability_positive;  ///< share of draws above it: another where lower is better
  Eigen::MatrixXf draws;                 ///< draws x kept areas
};

/// Aggregates of one outcome for one grouping: rates every period, cumulative and pound outcomes the last
/// one.
struct AggregateSeries {
  AreaOutcome outcome = AreaOutcome::uplift;
  int grouping = 0;  ///< index into OutcomePlan::groupings
  int periods = 1;
  long groups = 0;
  std::vector<float> value;  ///< [draw][period][group]
};

/// How a scenario was computed, for the plan, the provenance and the tests.
struct EvaluationReport {
  std::string path;  ///< "exact recursion" or "sampled basis"
  int basis_size = 0;
  double checked_error = 0.0;  ///< largest error of the checked draws over the area's size
  long checked_draws = 0, fallbacks = 0;
  double seconds_propagate = 0.0, seconds_summarise = 0.0;
};

struct ScenarioOutcome {
  std::vector<AreaSummary> areas;
  std::vector<AggregateSeries> aggregates;
  EvaluationReport report;
};

enum class Path { automatic, exact, basis };
class SharedWork;

/// Propagate every draw and keep what the plan asks for. Never holds areas x draws. The same bits for any
/// number of workers and ranks.
///
/// @param ranks  share the work; each has the same dynamics and plan, and rank 0 the result: what the others
///               return is a part without use. Collective.
ScenarioOutcome evaluate(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                         Path path = Path::automatic, Ranks& ranks = Ranks::alone());

/// The same into `result`, which the caller owns: `aggregates_known`, if called, is called once, as soon as
/// the aggregates in it are final, while areas are still summarised; they stay where they are from then on.
/// With ranks it is rank 0's that is called.
///
/// @param shared  what scenarios before left for those that differ from them by a factor a draw
/// (shared_work.hpp); null: none
void evaluate_into(ScenarioOutcome& result, const Dynamics& dynamics, const OutcomePlan& plan,
                   Parallelism parallelism, const std::function<void()>& aggregates_known,
                   SharedWork* shared = nullptr, Path path = Path::automatic, Ranks& ranks = Ranks::alone());

/// The same by the plain serial recursion, sorting every area's draws: the reference in tests (small worlds).
ScenarioOutcome evaluate_reference(const Dynamics& dynamics, const OutcomePlan& plan);

}  // namespace spillway
