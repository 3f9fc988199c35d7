// A confidence set in words.
#pragma once
#include <string>

#include "engine/estimate/estimate.hpp"

namespace spillway {

/// "[0.1, 0.4]", "(-inf, 0.2] or [0.7, inf)", "empty", "the whole line".
std::string describe(const ConfidenceSet& set);

}  // namespace spillway
