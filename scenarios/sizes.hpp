// Which parameters a policy is in proportion to: what may be scaled without a run.
#pragma once
#include "scenarios/lever.hpp"

namespace spillway::scenarios {

constexpr double largest_size = 3.0;  ///< times what was set: further than that a run should be asked

/// Fill `sizes` and `unsized` of a policy that `lever` built from `parameters`.
///
/// A parameter is a size of the policy if, scaled alone by k, every shock is k times what it was, so are the
/// public cost and the money that moves (one of them is not zero), and rho, W and the patterns stay as they
/// are. Uplift and cumulative uplift of every draw are then k times what they were, and so are their
/// quantiles. Found by building the policy again at half the parameter and at the largest k that its allowed
/// range leaves, at most largest_size; equal to 1e-12 of the largest amplitude. A policy that changes rho or
/// W has no size.
void find_sizes(Policy& policy, const LeverContext& context, const Lever& lever,
                const Parameters& parameters);

}  // namespace spillway::scenarios
