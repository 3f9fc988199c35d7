// Quantiles of aggregates with their Monte Carlo errors, in the result file and in words.
#pragma once
#include <string>
#include <vector>

#include "engine/outcome/monte_carlo_error.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

/// What stands beside the draws of an aggregate, of the last period.
struct AggregateFigures {
  AggregateQuantiles of;
  std::vector<float> better, positive;  ///< [group] share of draws on the better side, and above zero
};

/// @param better  as in OutcomePlan
AggregateFigures aggregate_figures(const AggregateSeries& series, const std::vector<double>& levels,
                                   double better);

/// Beside the draws of an aggregate: level [level], quantile and monte_carlo_error [level, group] and
/// probability_better and probability_positive [group].
void write_aggregate_quantiles(RunWriter& writer, const std::string& scenario, AreaOutcome outcome,
                               const Grouping& grouping, const AggregateFigures& figures,
                               const std::string& unit);

/// One sentence: the largest errors of the quantiles of these aggregates, as shares of their groups' spread.
std::string monte_carlo_sentence(const std::vector<const AggregateSeries*>& aggregates,
                                 const std::vector<double>& levels, long draws);

}  // namespace spillway
