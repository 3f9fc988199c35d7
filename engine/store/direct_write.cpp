#include "engine/store/direct_write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/base/descriptor.hpp"
#include "engine/base/error.hpp"

namespace spillway {

#ifdef O_DIRECT

namespace {

constexpr std::uint64_t kPiece = 8u << 20;

[[noreturn]] void fail(const char* verb, const std::filesystem::path& path) {
  throw StoreError(fmt::format("could not {} '{}': {}", verb, path.string(), std::strerror(errno)));
}

struct Free {
  void operator()(char* memory) const noexcept { std::free(memory); }
};
/// @return  whether anything was written; false: this file system does not take it
bool write_all(const Descriptor& descriptor, const std::filesystem::path& path, const char* from,
               std::uint64_t bytes, std::uint64_t offset) {
  while (bytes > 0) {
    const ssize_t written = ::pwrite(descriptor.get(), from, bytes, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EINVAL || errno == EOPNOTSUPP)) return false;
    // Half a block, as on a full disk, cannot be gone on from: the usual way says why.
    if (written <= 0) fail("write", path);
    if (static_cast<std::uint64_t>(written) < bytes && written % kDirectAlignment != 0) return false;
    from += written;
    offset += static_cast<std::uint64_t>(written);
    bytes -= static_cast<std::uint64_t>(written);
  }
  return true;
}

}  // namespace

bool write_direct(const std::filesystem::path& path, std::uint64_t offset, const void* data,
                  std::uint64_t bytes) {
  if (offset % kDirectAlignment != 0) return false;
  Descriptor direct(::open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
  if (!direct && errno == EINVAL) return false;
  if (!direct) fail("open", path);
  Descriptor usual(::open(path.c_str(), O_WRONLY | O_CLOEXEC));  // for what is left below one block
  if (!usual) fail("open", path);
  const std::unique_ptr<char, Free> piece(static_cast<char*>(std::aligned_alloc(kDirectAlignment, kPiece)));
  if (!piece) return false;
  const char* from = static_cast<const char*>(data);
  const std::uint64_t whole = bytes / kDirectAlignment * kDirectAlignment;
  for (std::uint64_t at = 0; at < whole; at += kPiece) {
    const std::uint64_t size = std::min(kPiece, whole - at);
    std::memcpy(piece.get(), from + at, size);
    if (!write_all(direct, path, piece.get(), size, offset + at)) return false;
  }
  if (!write_all(usual, path, from + whole, bytes - whole, offset + whole)) return false;
  if (direct.close() != 0 || usual.close() != 0) fail("close", path);
  return true;
}

#else

bool write_direct(const std::filesystem::path&, std::uint64_t, const void*, std::uint64_t) { return false; }

#endif

}  // namespace spillway
