#include "engine/draw/resample.hpp"

#include <algorithm>
#include <vector>

#include "engine/base/instruction_set.hpp"
#include "engine/draw/resample_kernel.hpp"

namespace spillway {

namespace {
/// Key and counter of Stream(seed, cluster_counts, replicate).
ReplicateKey key_of(std::uint64_t seed, std::uint64_t replicate) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  return {{low(seed), low(seed >> 32) ^ (static_cast<std::uint32_t>(Purpose::cluster_counts) << 24)},
          0,
          low(replicate),
          low(replicate >> 32)};
}
}  // namespace

Eigen::MatrixXd cluster_counts(Eigen::Index clusters, long first, long count, std::uint64_t seed) {
  Eigen::MatrixXd counts(clusters, count);
  cluster_counts(counts, first, seed);
  return counts;
}

void cluster_counts(Eigen::Ref<Eigen::MatrixXd> counts, long first, std::uint64_t seed) {
  const Eigen::Index clusters = counts.rows();
  const long count = static_cast<long>(counts.cols());
  counts.setZero();
  const auto size = static_cast<std::uint32_t>(clusters);
  const DrawKernel& kernel = SPILLWAY_AT_LEVEL(draw_kernel);
  std::vector<std::uint32_t> drawn(static_cast<std::size_t>(kernel.draws));
  for (long b = 0; b < count; ++b) {
    const ReplicateKey replicate = key_of(seed, static_cast<std::uint64_t>(first + b));
    double* column = counts.col(b).data();
    for (Eigen::Index begin = 0; begin < clusters; begin += kernel.draws) {
      kernel.fill(replicate, static_cast<std::uint32_t>(begin / 2), size, drawn.data());
      const auto here = static_cast<std::size_t>(std::min<Eigen::Index>(kernel.draws, clusters - begin));
      for (std::size_t k = 0; k < here; ++k) column[drawn[k]] += 1.0;
    }
  }
}

}  // namespace spillway
