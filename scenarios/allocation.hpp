// Who gets how much of a pot, and who loses it.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"
#include "scenarios/places.hpp"

namespace spillway::scenarios {

/// How a pot is shared among areas.
struct AllocationRule {
  std::string rule = "by_head";  ///< by_head | by_need | by_formula
  std::string column;            ///< by_need: a need column; by_formula: a column of weights (>= 0)
};

/// Shares of a pot among `areas` (the others get 0): a vector over all areas that sums to one.
///
/// by_head: population. by_need: population times need, see need_score. by_formula: the column's values.
/// @throws InputError  no such column, a weight negative or not finite, all weights zero
Eigen::VectorXd allocation_shares(const LeverContext& context, const AllocationRule& rule,
                                  const std::vector<std::int32_t>& areas);

/// Shares of a pot among the areas that a policy reaches: by the list's weights or pounds where it has them,
/// else by the words of `rule` and `column`, names of parameters.
/// @throws InputError  as allocation_shares; a rule other than by_head beside a list's weights
Eigen::VectorXd shares_of_reached(const LeverContext& context, const Parameters& parameters,
                                  const Reached& reached, const std::string& rule, const std::string& column);

/// Need of each area, higher = more. A column whose name ends in "rank" counts 1 as the most in need and
/// becomes 1 - (rank - 0.5) / (largest rank); any other column must be >= 0 and is taken as it is.
Eigen::VectorXd need_score(const LeverContext& context, const std::string& column);

/// Every area, ascending.
std::vector<std::int32_t> all_areas(const LeverContext& context);

/// Sentences that name who gains and who loses most: local authorities (or areas) by pounds.
///
/// @param pounds  areas, mean GBP gained (+) or lost (-) over the horizon
std::vector<std::string> gainers_and_losers(const LeverContext& context, const Eigen::VectorXd& pounds);

/// A column of the pack's areas as numbers. @throws InputError  no pack, no such column, text, NaN in it
Eigen::VectorXd area_numbers(const LeverContext& context, const std::string& column,
                             const std::string& purpose);

}  // namespace spillway::scenarios
