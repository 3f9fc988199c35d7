#include "engine/base/lanes.hpp"
#include "engine/draw/resample_kernel.hpp"

namespace spillway {
namespace {

constexpr int kPhiloxChains = 4;  // registers in flight: they hide the multiplications' latency

/// Philox4x32-10 (Salmon et al. 2011) in 64-bit lanes whose lower halves count; upper halves are whatever
/// products leave.
void draw_below(const ReplicateKey& replicate, std::uint32_t first, std::uint32_t count, std::uint32_t* out) {
  std::uint64_t place[Words::width];
  for (int lane = 0; lane < Words::width; ++lane) place[lane] = static_cast<std::uint64_t>(lane);
  Words c[kPhiloxChains][4];
  for (int j = 0; j < kPhiloxChains; ++j) {
    c[j][0] = Words::load(place) + (first + static_cast<std::uint32_t>(j * Words::width));
    c[j][1] = Words::all(replicate.part);
    c[j][2] = Words::all(replicate.replicate_low);
    c[j][3] = Words::all(replicate.replicate_high);
  }
  std::uint32_t key[2] = {replicate.key[0], replicate.key[1]};
  for (int round = 0; round < 10; ++round) {
    const Words k0 = Words::all(key[0]), k1 = Words::all(key[1]);
    for (auto& one : c) {
      const Words p0 = product_of_halves(one[0], Words::all(0xD2511F53u)),
                  p1 = product_of_halves(one[2], Words::all(0xCD9E8D57u));
      one[0] = (p1 >> 32) ^ one[1] ^ k0;
      one[1] = p1;
      one[2] = (p0 >> 32) ^ one[3] ^ k1;
      one[3] = p0;
    }
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  // (high 2^32 + low) count >> 64 in halves; neither sum overflows.
  const Words range = Words::all(count);
  for (int j = 0; j < kPhiloxChains; ++j) {
    const auto below = [&](const Words& high, const Words& low) {
      return (product_of_halves(high, range) + (product_of_halves(low, range) >> 32)) >> 32;
    };
    const Words both = below(c[j][0], c[j][1]) | (below(c[j][2], c[j][3]) << 32);
    __builtin_memcpy(out + 2 * j * Words::width, &both, sizeof both);
  }
}

}  // namespace

const DrawKernel SPILLWAY_OF_LEVEL(draw_kernel) = {2 * kPhiloxChains * Words::width, draw_below};

}  // namespace spillway
