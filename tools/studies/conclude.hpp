// What a reader should and should not conclude from a scenario: one paragraph, made from its own draws.
#pragma once
#include <string>
#include <vector>

#include "engine/run/scenario_job.hpp"

namespace spillway::studies {

/// What the paragraph rests on.
struct Evidence {
  std::string target;             ///< the areas that the policy is for: "doubly_disadvantaged areas"
  Eigen::VectorXd target_uplift;  ///< draws: its cumulative uplift, signed as the outcome
  Eigen::VectorXd nation_uplift;  ///< draws: all areas', likewise
  bool nation_told = true;        ///< whether the nation's pounds rest on more than areas' unequal sizes
  bool pounds = false;            ///< the appraisal counts GVA
  double additional_share = 0.0;  ///< mean share of GVA that counts as additional to the nation
};

/// Sentences, in order: what the draws support, how well its ingredients are known, what not to read into it.
/// Every probability is a share of draws; "supported" needs 95 % of them on one side.
std::vector<std::string> what_to_conclude(const ScenarioConfig& scenario, const LeverContext& context,
                                          const Evidence& evidence);

}  // namespace spillway::studies
