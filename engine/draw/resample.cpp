#include "engine/draw/resample.hpp"

namespace spillway {

Eigen::MatrixXd cluster_counts(Eigen::Index clusters, long first, long count, std::uint64_t seed) {
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(clusters, count);
  const auto size = static_cast<std::uint32_t>(clusters);
  for (long b = 0; b < count; ++b) {
    Stream stream(seed, Purpose::cluster_counts, static_cast<std::uint64_t>(first + b));
    double* column = counts.col(b).data();
    for (std::uint32_t g = 0; g < size; ++g) column[stream.below(size)] += 1.0;
  }
  return counts;
}

}  // namespace spillway
