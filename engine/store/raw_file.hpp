// Bytes of a file by their place in it, and the checksum that HDF5's own structures have. Included by
// engine/store/*.cpp alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "engine/base/descriptor.hpp"

namespace spillway {

/// A file by its descriptor and its name for messages. @throws StoreError  from every call: names file and
/// reason
class RawFile {
 public:
  RawFile(int descriptor, const std::filesystem::path& path) : descriptor_(descriptor), path_(path) {}

  std::uint64_t size() const;
  void read(std::uint64_t offset, void* to, std::size_t bytes) const;
  void write(std::uint64_t offset, const void* from, std::size_t bytes) const;

 private:
  [[noreturn]] void fail(const char* verb) const;
  int descriptor_;
  const std::filesystem::path& path_;
};

Descriptor open_to_read(const std::filesystem::path& path);

/// Bob Jenkins' lookup3 (hashlittle, public domain), the checksum of HDF5's own structures.
std::uint32_t lookup3(const unsigned char* key, std::size_t length);

}  // namespace spillway
