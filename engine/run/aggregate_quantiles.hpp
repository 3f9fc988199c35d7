// Quantiles of aggregates with their Monte Carlo errors, in the result file and in words.
#pragma once
#include <string>
#include <vector>

#include "engine/outcome/monte_carlo_error.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

/// Beside the draws of an aggregate: level [level], quantile and monte_carlo_error [level, group] and
/// probability_better and probability_positive [group] of the last period.
/// @param better  as in OutcomePlan
void write_aggregate_quantiles(RunWriter& writer, const std::string& scenario, const AggregateSeries& series,
                               const Grouping& grouping, const std::vector<double>& levels,
                               const std::string& unit, double better);

/// One sentence: the largest errors of the quantiles of these aggregates, as shares of their groups' spread.
std::string monte_carlo_sentence(const std::vector<const AggregateSeries*>& aggregates,
                                 const std::vector<double>& levels, long draws);

}  // namespace spillway
