// A scenario's total of GVA, taken apart: what is direct, what comes through neighbours, and how much of that
// is only because neighbours differ in size.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/policy/policy.hpp"

namespace spillway {

/// GBP of annual GVA that all areas have more after the horizon, to first order (GVA times cumulative
/// uplift), by draw.
///
/// Model A spreads growth rates, so a neighbour ten times as large gets ten times the pounds. `unequal` is
/// what comes through neighbours less what the same net pounds bring when they spread in proportion to GVA,
/// P(h) = (rho + phi) P(h-1) + D(h) with D the pounds of the shocks and rho the GVA-weighted mean over areas
/// with neighbours.
struct PoundReconciliation {
  static constexpr std::array<const char*, 4> parts = {"direct", "through_neighbours", "from_unequal_sizes",
                                                       "total"};
  Eigen::VectorXd direct, through, unequal, total;
  bool zero_sum = false;  ///< what some areas get, others pay

  /// Whether the nation's pounds can be read: the money is no transfer, and the part that sizes make is at
  /// most a tenth of the total.
  bool told() const;
  /// One line with the medians and 90 % of draws; and, where the pounds are not told, why.
  std::vector<std::string> lines() const;
};

/// Nothing where the plan has no GVA, the policy changes rho or W, or nothing spreads.
/// @param nation  draws: cumulative uplift of all areas, GVA-weighted
std::optional<PoundReconciliation> reconcile_pounds(const Policy& policy, const OutcomePlan& plan,
                                                    const Eigen::VectorXd& nation);

}  // namespace spillway
