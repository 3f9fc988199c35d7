// Multipliers of the wild bootstraps.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>

namespace spillway {

/// Rademacher: +-1; Webb (2014): +-sqrt(1/2), +-1, +-sqrt(3/2), for few clusters; Mammen (1993): two points,
/// skewed.
enum class WildWeights { rademacher, webb, mammen };

/// @throws InputError  not rademacher, webb or mammen
WildWeights wild_weights_named(const std::string& name);
std::string to_string(WildWeights kind);

/// Which multipliers replicate b uses: random ones keyed by (seed, wild_signs, b), or, where 2^G sign vectors
/// are no more than B + 1, every sign vector once.
struct WildPlan {
  enum class Draws { random, every_sign_vector } draws = Draws::random;
  WildWeights kind = WildWeights::rademacher;
  std::uint64_t seed = 0;
  Eigen::Index clusters = 0;
  long replicates = 0;  ///< B, or 2^G

  WildPlan(WildWeights kind_, std::uint64_t seed_, Eigen::Index clusters_, long replicates_);
  /// Multipliers of replicates [first, first + count): clusters x count, column-major.
  void fill(long first, long count, double* weight) const;
};

}  // namespace spillway
