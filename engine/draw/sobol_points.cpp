#include "engine/draw/sobol_points.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <boost/random/sobol.hpp>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"

namespace spillway {

namespace {

constexpr int kMostDimensions = 3667;  // of Boost's table of Joe & Kuo

/// One dimension's scramble x -> L x + shift over GF(2), bit 31 the first digit. L x is a sum over the bytes
/// of x, so four tables of 256 give it.
class Scramble {
 public:
  Scramble(std::uint64_t seed, int dimension) {
    Stream stream(seed, Purpose::sensitivity_design, 0, static_cast<std::uint32_t>(dimension));
    std::array<std::uint32_t, 32> column{};  // column b of L: what digit b of the input adds to the output
    for (int bit = 0; bit < 32; ++bit) {
      const std::uint32_t below = bit == 0 ? 0 : stream.next() & ((std::uint32_t{1} << bit) - 1);
      column[static_cast<std::size_t>(bit)] = (std::uint32_t{1} << bit) | below;
    }
    for (std::size_t byte = 0; byte < 4; ++byte)
      for (std::size_t value = 1; value < 256; ++value)
        table_[byte][value] =
            table_[byte][value & (value - 1)] ^
            column[byte * 8 + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(value)))];
    shift_ = stream.next();
  }

  std::uint32_t operator()(std::uint32_t x) const {
    return table_[0][x & 255] ^ table_[1][(x >> 8) & 255] ^ table_[2][(x >> 16) & 255] ^ table_[3][x >> 24] ^
           shift_;
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> table_{};
  std::uint32_t shift_ = 0;
};

}  // namespace

Eigen::MatrixXd sobol_points(long points, int dimensions, std::uint64_t seed) {
  if (points < 1 || points >= (1L << 32))
    throw InputError(fmt::format("a Sobol' design of {} points (needs 1 to 2^32 - 1)", points));
  if (dimensions < 1 || dimensions > kMostDimensions)
    throw InputError(
        fmt::format("a Sobol' design in {} dimensions (needs 1 to {})", dimensions, kMostDimensions));
  std::vector<Scramble> scramble;
  for (int k = 0; k < dimensions; ++k) scramble.emplace_back(seed, k);
  Eigen::MatrixXd result(points, dimensions);
  boost::random::sobol sequence(static_cast<std::size_t>(dimensions));
  for (long i = 0; i < points; ++i)
    for (int k = 0; k < dimensions; ++k) {
      // Boost leaves out the origin, without which the first 2^m points are no net.
      const auto digits = i == 0 ? std::uint32_t{0} : static_cast<std::uint32_t>(sequence() >> 32);
      result(i, k) = (static_cast<double>(scramble[static_cast<std::size_t>(k)](digits)) + 0.5) * 0x1p-32;
    }
  return result;
}

}  // namespace spillway
