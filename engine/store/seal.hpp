// The seal at the end of a result: a checksum of all that HDF5 must parse, checked before it parses anything.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace spillway {

/// Bytes [offset, offset + bytes) of a file.
struct Extent {
  std::uint64_t offset = 0, bytes = 0;
};

/// Append a seal: CRC-32C of the file without `values`, the values of numeric datasets, which have checksums of
/// their own. HDF5 ignores what follows its own end.
///
/// Why: HDF5 1.10 has checksums in its object headers but none in the heaps of texts; one flipped bit there makes it
/// crash or loop for ever.
/// @throws StoreError  the file cannot be read or extended
void seal(const std::filesystem::path& path, std::vector<Extent> values);

enum class Seal {
  whole,
  broken,  ///< the structure is not what was sealed
  absent,  ///< truncated, or written again by another program (h5repack)
};

/// Reads everything but the numeric values: some 10 ms for the default result.
/// @throws StoreError  the file cannot be read
Seal check_seal(const std::filesystem::path& path);

}  // namespace spillway
