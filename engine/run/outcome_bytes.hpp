// A scenario's outcome as bytes: what a rank sends and a checkpoint keeps of it.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "engine/outcome/outcome.hpp"

namespace spillway {

/// Every bit of the outcome, in this machine's byte order.
std::vector<std::byte> to_bytes(const ScenarioOutcome& outcome);

/// The inverse. @throws StoreError  the bytes are those of something else
ScenarioOutcome scenario_outcome_from_bytes(std::span<const std::byte> bytes);

}  // namespace spillway
