// CRC-32C (Castagnoli), the checksum of every stored dataset: fast enough to run beside the disk.
#pragma once
#include <cstddef>
#include <cstdint>

namespace spillway {

/// CRC-32C of `bytes` bytes at `data`, going on from `seed` (0: a new sum). crc32c("123456789") = 0xE3069283.
///
/// Polynomial 0x1EDC6F41, reflected, initial and final value inverted: RFC 3720, appendix B.4. Uses the
/// processor's instruction where it has one (about 8 GB/s), a table elsewhere; the number is the same.
std::uint32_t crc32c(const void* data, std::size_t bytes, std::uint32_t seed = 0) noexcept;

/// The table form that crc32c falls back to; tests hold the two against each other.
std::uint32_t crc32c_by_table(const void* data, std::size_t bytes, std::uint32_t seed = 0) noexcept;

}  // namespace spillway
