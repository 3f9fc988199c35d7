// A package against the sum of its parts.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// Cumulative uplift of a group under the package, the sum of what each part does alone on the package's own
/// draws, and the difference, one value a draw, in outcome units.
struct GroupInteraction {
  std::string grouping, group;
  Eigen::VectorXd package, sum;
  Eigen::VectorXd interaction() const { return package - sum; }
};

/// One lever of a package alone, on the package's draws and with its part of the budget.
struct PackageMember {
  std::string name;
  Policy policy;
  ScenarioOutcome outcome;  ///< `uplift` by the plan's `nation` and `area_type`
};

struct PackageInteraction {
  std::vector<std::string> parts;
  OutcomePlan plan;                      ///< of the members' outcomes
  std::vector<PackageMember> members;    ///< as `parts`
  std::string none;                      ///< why there is none to compute; empty: there is
  std::vector<GroupInteraction> groups;  ///< of the plan's `nation` and `area_type`
};

/// @param parameters  of the package, as they were sampled
/// @param outcome     the package's own, with `uplift` by the plan's groupings
/// @param finish      what was done to the package's policy after its lever had built it; empty: nothing
/// @throws InputError  the outcome keeps no `uplift`
PackageInteraction package_interaction(const LeverContext& context, const Parameters& parameters,
                                       const ScenarioOutcome& outcome, const OutcomePlan& plan,
                                       Parallelism parallelism,
                                       const std::function<void(Policy&)>& finish = {});

}  // namespace spillway::scenarios
