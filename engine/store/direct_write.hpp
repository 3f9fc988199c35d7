// Large arrays past the page cache: the disk takes them from memory as they are.
#pragma once
#include <cstdint>
#include <filesystem>

namespace spillway {

/// Offsets of large datasets are multiples of this, as direct writes need.
constexpr std::uint64_t kDirectAlignment = 4096;

/// Write `bytes` of `data` at `offset` of an existing file with O_DIRECT.
///
/// A file of half a gigabyte costs the page cache about a second of a core, on memory it then holds for
/// nobody: the run is fsynced before it is done anyway.
///
/// @return  whether all of it was written; false where the file system cannot (tmpfs, some network ones), and
///          the caller writes all of it the usual way
/// @throws StoreError  a write failed: what the file holds there is not known
bool write_direct(const std::filesystem::path& path, std::uint64_t offset, const void* data,
                  std::uint64_t bytes);

}  // namespace spillway
