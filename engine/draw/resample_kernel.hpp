// The draws of resamples from many Philox blocks side by side, written once over a vector type and compiled
// once a level.
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

const DrawKernel& draw_kernel_v3();
const DrawKernel& draw_kernel_v4();

namespace {

constexpr int kPhiloxChains = 4;  // vectors in flight: they hide the multiplications' latency

/// Philox4x32-10 (Salmon et al. 2011) in 64-bit lanes whose lower halves count; upper halves are whatever
/// products leave.
template <class Vector>
void draw_below(const ReplicateKey& replicate, std::uint32_t first, std::uint32_t count, std::uint32_t* out) {
  Vector c[kPhiloxChains][4];
  for (int j = 0; j < kPhiloxChains; ++j) {
    c[j][0] = Vector::from(first + static_cast<std::uint32_t>(j * Vector::width));
    c[j][1] = Vector::all(replicate.part);
    c[j][2] = Vector::all(replicate.replicate_low);
    c[j][3] = Vector::all(replicate.replicate_high);
  }
  std::uint32_t key[2] = {replicate.key[0], replicate.key[1]};
  for (int round = 0; round < 10; ++round) {
    const Vector k0 = Vector::all(key[0]), k1 = Vector::all(key[1]);
    for (auto& one : c) {
      const Vector p0 = Vector::product(one[0], Vector::all(0xD2511F53u)),
                   p1 = Vector::product(one[2], Vector::all(0xCD9E8D57u));
      one[0] = Vector::exclusive_or(Vector::exclusive_or(Vector::upper(p1), one[1]), k0);
      one[1] = p1;
      one[2] = Vector::exclusive_or(Vector::exclusive_or(Vector::upper(p0), one[3]), k1);
      one[3] = p0;
    }
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  // (high 2^32 + low) count >> 64 in halves; neither sum overflows.
  const Vector range = Vector::all(count);
  for (int j = 0; j < kPhiloxChains; ++j) {
    const auto below = [&](const Vector& high, const Vector& low) {
      return Vector::upper(
          Vector::sum(Vector::product(high, range), Vector::upper(Vector::product(low, range))));
    };
    Vector::join(below(c[j][0], c[j][1]), below(c[j][2], c[j][3])).store(out + 2 * j * Vector::width);
  }
}

}  // namespace
}  // namespace spillway
