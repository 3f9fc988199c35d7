// What a scenario's outcome is made from, as one hash: equal hashes, equal bits.
#pragma once
#include <string>

#include "engine/outcome/outcome.hpp"
#include "engine/policy/policy.hpp"

namespace spillway {

/// SHA-256 of every number that evaluate(), uplift_split() and area_split() read of a policy and a plan: W,
/// shocks, rho, which areas are funded, groupings, quantiles. Names of scenarios, costs, notes and
/// appraisal are not in it, nor is the memory budget, which may choose the path and moves no more than a
/// path's error. With the same program, instruction set and budget, scenarios of one key have the same
/// outcome bit for bit.
std::string outcome_key(const Policy& policy, const OutcomePlan& plan);

}  // namespace spillway
