// The draws of resamples from many Philox blocks side by side: one kernel for each instruction set.
#pragma once
#include <cstdint>

namespace spillway {

/// Where the numbers of one replicate start: the key and the upper words of the counter, as Stream has them.
struct ReplicateKey {
  std::uint32_t key[2];
  std::uint32_t part, replicate_low, replicate_high;
};

/// Fill out[0, draws) with what Stream::below(count) gives from block `first` on: two draws a block, the same
/// bits.
struct DrawKernel {
  long draws;
  void (*fill)(const ReplicateKey& replicate, std::uint32_t first, std::uint32_t count, std::uint32_t* out);
};

extern const DrawKernel draw_kernel_v2, draw_kernel_v3, draw_kernel_v4;

}  // namespace spillway
