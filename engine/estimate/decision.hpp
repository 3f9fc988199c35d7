// The decision on an estimate: may it stand as a headline, by which interval, where do its draws come from,
// and why. A pure function of what was found and what was asked; docs/methods/method.md, section 1.4, is its
// table.
#pragma once
#include <string>
#include <vector>

#include "engine/config/catalogue.hpp"
#include "engine/estimate/findings.hpp"

namespace spillway {

enum class Standing { stands, stands_with_warnings, refused };

/// Why, as a code with the numbers behind it; words.hpp has the sentence of each.
enum class ReasonCode {
  too_short,                ///< periods
  no_root,                  ///< evaluations
  tests_missing,            ///< r1 or Q2 was not computed, and the table needs them
  root_missing,             ///< the stationary root was not computed
  replicates_failed,        ///< failed, all
  explosive_refused,        ///< share, limit
  explosive_some,           ///< share
  own_lag_off_correlated,   ///< r1 p
  own_lag_off,              ///< r1 p
  second_lags_meaning,      //
  serially_correlated,      ///< r1 p, Q2 p, bias of rho
  second_lags_not_cured,    ///< the same, beside second lags
  measurement_error,        ///< phi
  feedback,                 ///< p; covariate
  no_joint_clusters,        //
  low_information,          ///< periods
  not_stationary,           ///< root
  asked_with_few_clusters,  ///< clusters; interval
  few_wider,                ///< clusters, effective; column, coefficient
  few_cells,                ///< the same
  few_pairs,                ///< the same, periods
  unreliable,               ///< the same, periods
  no_replicates,            //
  few_replicates,           ///< drawn; interval
  cells_void,               ///< r1 p
  wider_of_two,             ///< clusters, half-widths by cells and years, periods - 1
  draws_from_cells,         ///< cells, clusters
  draws_too_narrow,         ///< clusters, effective; coefficient
  cover,                    ///< periods
  cells_disagree,           ///< by clusters, by cells; coefficient
  joint_clusters_disagree,  ///< by table, by joint clusters, ratio; coefficient
  unequal_shocks,           ///< p
  biased_interval,          ///< periods, level
  pooled_bias,              //
  jackknife_few_clusters,   ///< clusters
  shared_groups,      ///< clusters, p, share of variance, groups, cells; cluster column, groups, coefficient
  shared_periods,     ///< the same, p between groups
  shared_unheeded,    ///< clusters, p, share of variance; cluster column, interval
  cells_of_groups,    ///< cells; groups: the model's covariance asks for them
  interval_elsewhere  ///< the covariance shown, what the interval rests on
};

/// What an interval's scores count as independent between: clusters, cells of coarser groups and periods, or
/// periods.
enum class Independent { clusters, groups, periods };

struct Reason {
  ReasonCode code;
  enum class Weight { refuses, warns, notes } weight = Weight::warns;
  std::vector<double> numbers = {};
  std::vector<std::string> names = {};
};

struct Decision {
  Standing standing = Standing::stands;
  IntervalKind interval = IntervalKind::decided;  ///< decided: none is offered
  enum class Reliable { yes, no } reliable = Reliable::yes;
  enum class Draws { none, pairs, cells } draws = Draws::none;
  Independent independent = Independent::clusters;  ///< of the interval's scores
  std::vector<Reason> reasons;

  /// The first reason that refuses; null where none does.
  const Reason* refusal() const;
  const Reason* find(ReasonCode code) const;
};

/// The decision table's thresholds. Evidence: cover by simulation, docs/methods/coverage.md.
struct PanelRules {
  Eigen::Index enough_clusters = 50, fewest_clusters = 20;
  double enough_effective = 30.0;  ///< percentile-t over pairs covers 0.92 where a type's areas lie in 16
  Eigen::Index shortest = 4, low_information = 7, cells_from = 8, years_from = 15;
  double level_of_tests = 0.05, level_of_leads = 0.01;
  /// At 1 % it refused half of the worlds of 5 periods with strong dependence, and cover in the others was
  /// worse than in all.
  double largest_explosive_share = 0.10, explosive_to_mention = 0.01;
  double largest_cells_gap = 0.25, largest_ratio = 1.25;
  long fewest_replicates = 39;
  /// Shared shocks are acted on where they are found at this level and widen a standard error by more than 5
  /// %.
  double level_of_shared = 0.05, least_inflation = 0.10;
  // What was asked.
  IntervalKind asked = IntervalKind::decided;
  double level = 0.95;
  PeriodEffects period_effects = PeriodEffects::common;
  std::string cluster_column;
  std::string covariance;  ///< the model's, where it is not by the joint clusters; else empty
};

/// The decision on a corrected score.
Decision decide(const PanelFindings& findings, const PanelRules& rules);

/// The decision on an estimator that is shown beside: what its interval is and what must be said of it.
Decision decide_shown(const PanelFindings& findings, const PanelRules& rules, Estimator estimator);

/// What scenario draws rest on: score cells where clusters are few and serial correlation does not void them.
Decision::Draws draws_source(const PanelFindings& findings, const PanelRules& rules);

/// What counts as independent, by the tests between clusters and between their groups.
Independent independent_level(const PanelFindings& findings, const PanelRules& rules);

}  // namespace spillway
