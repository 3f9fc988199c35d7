// Random streams keyed by (seed, purpose, replicate, part): any number can be had without drawing the others,
// so replicate b is the same whatever the threads, ranks, batch size or restarts.
// Philox4x32-10: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
#pragma once
#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace spillway {

/// What a stream is for; each purpose has its own numbers. Values are part of the reproducibility promise:
/// append, never renumber.
enum class Purpose : std::uint32_t {
  cluster_counts = 1,
  scenario_parameters = 2,
  wild_signs = 3,
  synthetic_world = 4,
  coverage_world = 5,
  sensitivity_design = 6,
  process_noise = 7,
  diagnostics = 8,
  backcast = 9,
};

/// A stream of random numbers; cheap to make, 2^32 blocks of four 32-bit numbers long.
class Stream {
 public:
  /// @param seed       the run's seed
  /// @param replicate  replicate or draw the numbers belong to
  /// @param part       cluster block, parameter, area: a further key within the replicate
  Stream(std::uint64_t seed, Purpose purpose, std::uint64_t replicate, std::uint32_t part = 0) noexcept
      : key_{{static_cast<std::uint32_t>(seed),
              static_cast<std::uint32_t>(seed >> 32) ^ (static_cast<std::uint32_t>(purpose) << 24)}},
        counter_{
            {0, part, static_cast<std::uint32_t>(replicate), static_cast<std::uint32_t>(replicate >> 32)}} {}

  std::uint32_t next() noexcept {
    if (used_ == 4) {
      block_ = r123::Philox4x32{}(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  /// Uniform on the open interval (0, 1), 53 bits.
  double uniform() noexcept {
    const std::uint64_t high = next() >> 5, low = next() >> 6;
    return (static_cast<double>(high * 67108864u + low) + 0.5) * (1.0 / 9007199254740992.0);
  }

  /// Uniform integer on [0, count) by multiply-shift of 64 bits; bias below 2^-32.
  std::uint32_t below(std::uint32_t count) noexcept {
    const std::uint64_t wide = (static_cast<std::uint64_t>(next()) << 32) | next();
    return static_cast<std::uint32_t>((static_cast<unsigned __int128>(wide) * count) >> 64);
  }

  /// Standard normal by Box & Muller (1958); two are made at a time.
  double normal() noexcept {
    if (spare_ready_) {
      spare_ready_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log(uniform())), angle = 6.283185307179586477 * uniform();
    spare_ = radius * std::sin(angle);
    spare_ready_ = true;
    return radius * std::cos(angle);
  }

 private:
  r123::Philox4x32::key_type key_;
  r123::Philox4x32::ctr_type counter_;
  r123::Philox4x32::ctr_type block_{};
  int used_ = 4;
  bool spare_ready_ = false;
  double spare_ = 0.0;
};

}  // namespace spillway
