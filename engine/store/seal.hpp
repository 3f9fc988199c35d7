// The seal at the end of a result: a checksum of all that HDF5 must parse, checked before it parses anything.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/parallel.hpp"

namespace spillway {

/// Bytes [offset, offset + bytes) of a file.
struct Extent {
  std::uint64_t offset = 0, bytes = 0;
};

/// Append a seal to the file that `descriptor`, open for reading and writing, has: CRC-32C of the file
/// without `values`, the values of numeric datasets, which have checksums of their own. HDF5 ignores what
/// follows its own end, and cuts it off when the file has been open for writing.
///
/// Why: HDF5 1.10 has checksums in its object headers but none in the heaps of texts; one flipped bit there
/// makes it crash or loop for ever.
/// @param path  for messages
/// @throws StoreError  the file cannot be read or extended
void seal(int descriptor, const std::filesystem::path& path, std::vector<Extent> values);

enum class Seal {
  whole,
  broken,  ///< the structure is not what was sealed
  absent,  ///< truncated, or written again by another program (h5repack)
};

/// A file's seal; `values` and `structure_sum` are those sealed, and mean nothing unless `state` is whole.
struct SealedFile {
  Seal state = Seal::absent;
  std::vector<Extent> values;  ///< of numeric datasets, ascending
  std::uint32_t structure_sum =
      0;  ///< CRC-32C of everything else: the file's identity, for checksums of the values are in it
  /// HDF5 marks a file that is open for writing; a program that dies leaves the mark. The seal is whole where
  /// nothing but this mark differs.
  bool marked_open = false;
};

/// Reads everything but the numeric values: some 10 ms for the default result.
/// @throws StoreError  the file cannot be read
SealedFile read_seal(const std::filesystem::path& path);

/// CRC-32C of each extent, read side by side. @throws StoreError  the file cannot be read or ends early
std::vector<std::uint32_t> sums_of_values(const std::filesystem::path& path,
                                          const std::vector<Extent>& values, Parallelism parallelism);

}  // namespace spillway
