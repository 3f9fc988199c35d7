// cluster_counts(): the kernels of every instruction set against the plain stream.
#include <doctest/doctest.h>

#include "engine/base/instruction_set.hpp"
#include "engine/draw/resample.hpp"

using namespace spillway;

TEST_CASE("counts of clusters are those of the plain stream, number by number, at every instruction set") {
  for (const auto level : {InstructionSet::v2, InstructionSet::v3, InstructionSet::v4}) {
    limit_instruction_set(level);
    for (const Eigen::Index clusters : {1, 2, 31, 32, 63, 64, 65, 309, 1001, 33755})
      for (const long first : {0L, 7L, 5'000'000'000L})
        for (const std::uint64_t seed : {20241ULL, 0xFEDCBA9876543210ULL}) {
          const Eigen::MatrixXd counts = cluster_counts(clusters, first, 2, seed);
          Eigen::MatrixXd plain = Eigen::MatrixXd::Zero(clusters, 2);
          for (long b = 0; b < 2; ++b) {
            Stream stream(seed, Purpose::cluster_counts, static_cast<std::uint64_t>(first + b));
            for (Eigen::Index g = 0; g < clusters; ++g)
              plain(stream.below(static_cast<std::uint32_t>(clusters)), b) += 1.0;
          }
          CHECK(counts == plain);
        }
  }
  limit_instruction_set(InstructionSet::v4);
}
