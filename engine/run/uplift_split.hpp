// Where a scenario's cumulative uplift comes from: an area's own shocks, funded neighbours, others.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/policy/policy.hpp"

namespace spillway {

/// Parts of a group's uplift summed over the horizon, draw by draw.
///
/// own: what areas would have if nothing reached them from elsewhere, o(h) = phi o(h-1) + d(h).
/// from_funded: the response u_F to funded areas' own shocks, echo included, less their own.
/// from_others: u - u_F less the own shocks of areas that are not funded.
/// The three add up to total. none: the same money with spread = "none".
struct UpliftSplit {
  static constexpr std::size_t most_groups = 40;  ///< of a grouping that is split
  static constexpr std::array<const char*, 5> parts = {"own", "from_funded", "from_others", "total", "none"};
  struct OfGrouping {
    std::string grouping;
    std::vector<std::string> groups;
    std::vector<Eigen::MatrixXd> part;  ///< as `parts`, draws x groups; the last is missing without `none`
  };
  std::vector<OfGrouping> groupings;
};

/// The split for groupings of few groups (at most 40: nation, types, regions).
///
/// @param alone  the scenario's policy with spread = "none"; empty: there is none
/// @param known  the scenario's aggregates for `plan`: its cumulative uplift is the total; made anew where it
/// is not among them
/// @param ranks  share what has to be propagated for it; rank 0 knows the aggregates and has the result.
///               Collective.
UpliftSplit uplift_split(const Policy& policy, const std::optional<Policy>& alone, const OutcomePlan& plan,
                         Parallelism parallelism, const std::vector<AggregateSeries>& known = {},
                         Ranks& ranks = Ranks::alone());

/// The dynamics whose response is u_F: own shocks of funded areas alone.
Dynamics funded_alone(const Policy& policy);

/// What areas have of their own shocks over the horizon: areas, one draw, in double precision.
Eigen::VectorXd own_response(const Policy& policy, long draw);

}  // namespace spillway
