// What both paths and the reference share: checks of a plan, empty results, the factors of pounds and groups.
#pragma once
#include <vector>

#include "engine/outcome/area_moments.hpp"
#include "engine/outcome/outcome.hpp"

namespace spillway {

bool in_pounds(AreaOutcome outcome);

/// Check a plan against its dynamics, once, where it enters.
///
/// @throws InputError  a missing or misfit array, a quantile outside (0, 1), a group without a name; names it
void check(const OutcomePlan& plan, const Dynamics& dynamics);

/// GVA_0 exp(periods y0) of each area: pounds of the base year per resident without the policy.
Eigen::VectorXd pound_factor(const OutcomePlan& plan, int periods);

/// Aggregates of the right shapes for `draws` draws, all zero: outcome by outcome, then grouping by grouping.
std::vector<AggregateSeries> empty_aggregates(const OutcomePlan& plan, long draws, int horizon);

/// Summaries of areas of the right shapes, all zero.
std::vector<AreaSummary> empty_summaries(const Dynamics& dynamics, const OutcomePlan& plan);

/// Results of the right shapes, all zero.
ScenarioOutcome empty_outcome(const Dynamics& dynamics, const OutcomePlan& plan);

/// Summarise all draws of one area into its column of `summary`, and keep them where the plan says so.
void keep(AreaSummary& summary, const OutcomePlan& plan, int area, const float* draws, AreaMoments& moments);
/// The same where the draws stand in another order, in which they are nearly sorted, and their mean and sd
/// are known.
///
/// @param order  position -> draw
/// @param error  of the draws
void keep_ordered(AreaSummary& summary, const OutcomePlan& plan, int area, const float* draws,
                  const int* order, double mean, double sd, float error, AreaMoments& moments);

/// Sum over each group's areas of the weight that this outcome's aggregates use. A group without weight has
/// aggregates of zero.
std::vector<double> group_weight(const OutcomePlan& plan, AreaOutcome outcome, const Grouping& grouping);

}  // namespace spillway
