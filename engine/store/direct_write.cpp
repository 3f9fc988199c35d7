#include "engine/store/direct_write.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace spillway {

#ifdef O_DIRECT

namespace {

constexpr std::uint64_t kPiece = 8u << 20;

struct Free {
  void operator()(char* memory) const noexcept { std::free(memory); }
};
struct Descriptor {
  explicit Descriptor(int opened) : value(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  int value;
};

bool write_all(int descriptor, const char* from, std::uint64_t bytes, std::uint64_t offset) noexcept {
  while (bytes > 0) {
    const ssize_t written = ::pwrite(descriptor, from, bytes, static_cast<off_t>(offset));
    if (written <= 0) return false;
    from += written;
    offset += static_cast<std::uint64_t>(written);
    bytes -= static_cast<std::uint64_t>(written);
  }
  return true;
}

}  // namespace

bool write_direct(const std::filesystem::path& path, std::uint64_t offset, const void* data,
                  std::uint64_t bytes) noexcept {
  if (offset % kDirectAlignment != 0) return false;
  const Descriptor direct(::open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
  const Descriptor usual(::open(path.c_str(), O_WRONLY | O_CLOEXEC));  // for what is left below one block
  if (direct.value < 0 || usual.value < 0) return false;
  const std::unique_ptr<char, Free> piece(static_cast<char*>(std::aligned_alloc(kDirectAlignment, kPiece)));
  if (!piece) return false;
  const char* from = static_cast<const char*>(data);
  const std::uint64_t whole = bytes / kDirectAlignment * kDirectAlignment;
  for (std::uint64_t at = 0; at < whole; at += kPiece) {
    const std::uint64_t size = std::min(kPiece, whole - at);
    std::memcpy(piece.get(), from + at, size);
    if (!write_all(direct.value, piece.get(), size, offset + at)) return false;
  }
  return write_all(usual.value, from + whole, bytes - whole, offset + whole);
}

#else

bool write_direct(const std::filesystem::path&, std::uint64_t, const void*, std::uint64_t) noexcept {
  return false;
}

#endif

}  // namespace spillway
