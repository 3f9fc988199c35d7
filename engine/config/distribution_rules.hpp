// Which distributions there are, what each needs, and when one is valid.
#pragma once
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"

namespace spillway {

/// The keys of one kind of distribution; `values` and `probabilities` are lists, all others are numbers.
struct DistributionShape {
  std::string kind;
  std::vector<std::string> required, optional;
};

/// Every kind with its keys.
const std::vector<DistributionShape>& distribution_shapes();

/// The shape of that kind, or nullptr.
const DistributionShape* distribution_shape(const std::string& kind);

/// One of a distribution's numbers, or what it is where it is not given.
double value_or(const Distribution& distribution, const std::string& key, double fallback);

/// Everything wrong with a distribution, in words; empty: valid.
std::vector<std::string> distribution_faults(const Distribution& distribution);

}  // namespace spillway
