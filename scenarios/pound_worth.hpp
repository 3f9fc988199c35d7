// What a pound of public cost brings, and what comes to a head of whom a policy is for: an appraisal's draws.
#pragma once
#include <Eigen/Dense>
#include <optional>
#include <string>

#include "scenarios/appraisal.hpp"

namespace spillway::scenarios {

/// Figures draw by draw; none: not known (no GVA is counted, the outcome keeps no uplift).
struct PoundWorth {
  std::string part;      ///< whose money: "policy", or one lever of a package alone
  Eigen::VectorXd cost;  ///< GBP of public cost in present value, every draw

  // A pound of that cost, of draws in which it is above 0; empty: it costs nothing in any.
  std::optional<Eigen::VectorXd> npsv,  ///< GBP, national
      target_gva,                       ///< GBP of GVA in present value that the target areas gain
      target_uplift, nation_uplift;     ///< a GBP 100m: uplift summed over the horizon

  // A resident of the target areas, every draw.
  std::optional<Eigen::VectorXd> cost_a_head,  ///< GBP of public cost in present value
      gva_a_head;                              ///< GBP of GVA in present value
};

/// @param inputs  what was appraised: its target and that group's residents
/// @param target_uplift, nation_uplift  by draw, signed as the outcome; empty: not known
PoundWorth pound_worth(std::string part, const AppraisalInputs& inputs, const AppraisalResult& appraised,
                       const Eigen::VectorXd& target_uplift, const Eigen::VectorXd& nation_uplift);

}  // namespace spillway::scenarios
