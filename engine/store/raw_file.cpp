#include "engine/store/raw_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "engine/base/error.hpp"

namespace spillway {

std::uint64_t RawFile::size() const {
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0) fail("read");
  return static_cast<std::uint64_t>(about.st_size);
}

void RawFile::read(std::uint64_t offset, void* to, std::size_t bytes) const {
  for (std::size_t done = 0; done < bytes;) {
    errno = 0;
    const ssize_t got =
        ::pread(descriptor_, static_cast<char*>(to) + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("read");
    done += static_cast<std::size_t>(got);
  }
}

void RawFile::write(std::uint64_t offset, const void* from, std::size_t bytes) const {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t put = ::pwrite(descriptor_, static_cast<const char*>(from) + done, bytes - done,
                                 static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail("write");
    done += static_cast<std::size_t>(put);
  }
}

void RawFile::fail(const char* verb) const {
  const std::string reason = errno != 0 ? std::strerror(errno) : "it ends early";
  throw StoreError(fmt::format("could not {} '{}': {}", verb, path_.string(), reason));
}

Descriptor open_to_read(const std::filesystem::path& path) {
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) throw StoreError(fmt::format("could not open '{}': {}", path.string(), std::strerror(errno)));
  return opened;
}

std::uint32_t lookup3(const unsigned char* key, std::size_t length) {
  std::uint32_t a = 0xdeadbeefu + static_cast<std::uint32_t>(length), b = a, c = a;
  const auto word = [](const unsigned char* at, std::size_t bytes) {
    std::uint32_t value = 0;  // little-endian, as everything here
    std::memcpy(&value, at, std::min<std::size_t>(bytes, 4));
    return value;
  };
  const auto rest = [](std::size_t bytes, std::size_t before) { return bytes > before ? bytes - before : 0; };
  const auto add = [&](std::size_t bytes) {
    a += word(key, bytes);
    b += word(key + 4, rest(bytes, 4));
    c += word(key + 8, rest(bytes, 8));
  };
  for (; length > 12; length -= 12, key += 12) {
    add(12);
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }
  if (length == 0) return c;
  add(length);
  c ^= b, c -= std::rotl(b, 14);
  a ^= c, a -= std::rotl(c, 11);
  b ^= a, b -= std::rotl(a, 25);
  c ^= b, c -= std::rotl(b, 16);
  a ^= c, a -= std::rotl(c, 4);
  b ^= a, b -= std::rotl(a, 14);
  c ^= b, c -= std::rotl(b, 24);
  return c;
}

}  // namespace spillway
