#include "engine/estimate/covariance/wild_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"

namespace spillway {

namespace {

/// Four bits as signs, the lowest first: 0 is +1.
struct Signs {
  double of[16][4];
  constexpr Signs() : of{} {
    for (unsigned bits = 0; bits < 16; ++bits)
      for (unsigned k = 0; k < 4; ++k) of[bits][k] = (bits >> k & 1U) != 0 ? -1.0 : 1.0;
  }
};
constexpr Signs kSigns;

}  // namespace

WildWeights wild_weights_named(const std::string& name) {
  if (name == "rademacher") return WildWeights::rademacher;
  if (name == "webb") return WildWeights::webb;
  if (name == "mammen") return WildWeights::mammen;
  throw InputError(fmt::format("wild_weights '{}' is not known (use rademacher, webb or mammen)", name));
}

std::string to_string(WildWeights kind) {
  return kind == WildWeights::rademacher ? "Rademacher" : kind == WildWeights::webb ? "Webb" : "Mammen";
}

WildPlan::WildPlan(WildWeights kind_, std::uint64_t seed_, Eigen::Index clusters_, long replicates_)
    : kind(kind_), seed(seed_), clusters(clusters_), replicates(replicates_) {
  if (kind == WildWeights::rademacher && clusters < 31 && (1L << clusters) <= replicates + 1) {
    draws = Draws::every_sign_vector;
    replicates = 1L << clusters;
  }
}

void WildPlan::fill(long first, long count, double* weight) const {
  for (long r = 0; r < count; ++r, weight += clusters) {
    const auto b = static_cast<std::uint64_t>(first + r);
    if (draws == Draws::every_sign_vector) {
      for (Eigen::Index g = 0; g < clusters; ++g) weight[g] = (b >> g) & 1U ? -1.0 : 1.0;
      continue;
    }
    Stream stream(seed, Purpose::wild_signs, b);
    if (kind == WildWeights::rademacher) {
      for (Eigen::Index g = 0; g < clusters; g += 32) {
        std::uint32_t bits = stream.next();
        const Eigen::Index last = std::min<Eigen::Index>(32, clusters - g);
        for (Eigen::Index q = 0; q < last; q += 4, bits >>= 4)
          std::copy_n(kSigns.of[bits & 15U], std::min<Eigen::Index>(4, last - q), weight + g + q);
      }
    } else if (kind == WildWeights::webb) {
      static const double value[6] = {-std::sqrt(1.5), -1.0, -std::sqrt(0.5),
                                      std::sqrt(0.5),  1.0,  std::sqrt(1.5)};
      for (Eigen::Index g = 0; g < clusters; ++g) weight[g] = value[stream.below(6)];
    } else {
      static const double root = std::sqrt(5.0), share = (root + 1.0) / (2.0 * root);
      for (Eigen::Index g = 0; g < clusters; ++g)
        weight[g] = stream.uniform() < share ? 0.5 * (1.0 - root) : 0.5 * (1.0 + root);
    }
  }
}

}  // namespace spillway
