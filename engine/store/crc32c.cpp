#include "engine/store/crc32c.hpp"

#include <array>
#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace spillway {

namespace {
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1u) ? (value >> 1) ^ 0x82F63B78u : value >> 1;
    table[byte] = value;
  }
  return table;
}
constexpr auto table = make_table();
}  // namespace

std::uint32_t crc32c_by_table(const void* data, std::size_t bytes, std::uint32_t seed) noexcept {
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint32_t value = ~seed;
  for (std::size_t k = 0; k < bytes; ++k) value = (value >> 8) ^ table[(value ^ at[k]) & 0xFFu];
  return ~value;
}

std::uint32_t crc32c(const void* data, std::size_t bytes, std::uint32_t seed) noexcept {
#ifdef __SSE4_2__
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint64_t value = static_cast<std::uint32_t>(~seed);
  for (; bytes >= 8; bytes -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    value = _mm_crc32_u64(value, word);
  }
  auto narrow = static_cast<std::uint32_t>(value);
  for (; bytes > 0; --bytes, ++at) narrow = _mm_crc32_u8(narrow, *at);
  return ~narrow;
#else
  return crc32c_by_table(data, bytes, seed);
#endif
}

}  // namespace spillway
