// Where the cumulative uplift of every area comes from: its own shocks, funded neighbours, others.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/policy/policy.hpp"

namespace spillway {

/// In outcomes.area: keep the split of every area.
inline const std::string kAreaSplit = "cumulative_uplift_split";

/// The three parts of UpliftSplit for every area, each a response of its own to propagate: draw by draw they
/// add up to the area's cumulative uplift, so their means do; quantiles do not.
struct AreaSplit {
  static constexpr std::array<const char*, 3> parts = {"own", "from_funded", "from_others"};
  std::array<AreaSummary, 3> part;
};

/// Shocks whose response is one part, under the policy's own A.
///
/// own: o(h) = phi o(h-1) + d(h), nothing spreads. from_funded: with o of funded areas, v(h) = A v(h-1) +
/// rho W o(h-1), which is u_F - o. from_others: the same of areas that are not funded, and everything that is
/// no area's own shock.
enum class SplitPart { own, from_funded, from_others };
Dynamics dynamics_of(const Policy& policy, SplitPart part);

/// Every area's parts: quantiles and moments as `plan` has them. Costs up to three propagations.
/// @param ranks  share the work; rank 0 has the result. Collective.
AreaSplit area_split(const Policy& policy, const OutcomePlan& plan, Parallelism parallelism,
                     Ranks& ranks = Ranks::alone());

}  // namespace spillway
