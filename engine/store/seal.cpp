#include "engine/store/seal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>

#include "engine/base/error.hpp"
#include "engine/store/crc32c.hpp"

namespace spillway {

namespace {

/// Last in the file, after the extents.
struct Footer {
  std::uint64_t extents = 0;
  std::uint64_t bytes = 0;          ///< of the file before the seal
  std::uint32_t structure_sum = 0;  ///< of those bytes without the extents
  std::uint32_t own_sum = 0;        ///< of the extents and of the fields above
  char magic[8] = {'s', 'p', 'w', 's', 'e', 'a', 'l', '1'};
};
constexpr std::size_t summed = 2 * sizeof(std::uint64_t) + sizeof(std::uint32_t);

/// A file by its descriptor and its name for messages.
class File {
 public:
  File(int descriptor, const std::filesystem::path& path) : descriptor_(descriptor), path_(path) {}

  std::uint64_t size() const {
    struct stat about {};
    if (::fstat(descriptor_, &about) != 0) fail("read");
    return static_cast<std::uint64_t>(about.st_size);
  }
  void read(std::uint64_t offset, void* to, std::size_t bytes) const {
    for (std::size_t done = 0; done < bytes;) {
      errno = 0;
      const ssize_t got = ::pread(descriptor_, static_cast<char*>(to) + done, bytes - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail("read");
      done += static_cast<std::size_t>(got);
    }
  }
  void write(std::uint64_t offset, const void* from, std::size_t bytes) const {
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t put = ::pwrite(descriptor_, static_cast<const char*>(from) + done, bytes - done,
                                   static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) fail("write");
      done += static_cast<std::size_t>(put);
    }
  }

 private:
  [[noreturn]] void fail(const char* verb) const {
    const std::string reason = errno != 0 ? std::strerror(errno) : "it ends early";
    throw StoreError(fmt::format("could not {} '{}': {}", verb, path_.string(), reason));
  }
  int descriptor_;
  const std::filesystem::path& path_;
};

Descriptor open_to_read(const std::filesystem::path& path) {
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) throw StoreError(fmt::format("could not open '{}': {}", path.string(), std::strerror(errno)));
  return opened;
}

/// HDF5's superblock, versions 2 and 3: the first bytes of a file. Other programs change two things in it
/// without changing what the file holds: the mark that it is open for writing, and with it the checksum.
constexpr std::size_t superblock_bytes = 48, mark_at = 11, checksum_at = 44;
using Superblock = std::array<unsigned char, superblock_bytes>;

/// Bob Jenkins' lookup3 (hashlittle, public domain), the checksum of HDF5's own structures.
std::uint32_t lookup3(const unsigned char* key, std::size_t length) {
  std::uint32_t a = 0xdeadbeefu + static_cast<std::uint32_t>(length), b = a, c = a;
  const auto word = [](const unsigned char* at, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t k = 0; k < std::min<std::size_t>(bytes, 4); ++k)
      value |= static_cast<std::uint32_t>(at[k]) << (8 * k);
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

template <class T>
void put(Superblock& block, std::size_t at, T value) {
  std::memcpy(block.data() + at, &value, sizeof value);
}

void put_checksum(Superblock& block) { put(block, checksum_at, lookup3(block.data(), checksum_at)); }

bool has_checksum(const Superblock& block) {
  return (block[8] == 2 || block[8] == 3) && block[9] == 8 && block[10] == 8;
}

Superblock read_superblock(const File& file) {
  Superblock block;
  file.read(0, block.data(), block.size());
  return block;
}

/// @param values  ascending, without overlap, within the file
/// @param head    stands for the first bytes of the file
std::uint32_t sum_without(const File& file, std::uint64_t bytes, const std::vector<Extent>& values,
                          const std::optional<Superblock>& head = std::nullopt) {
  std::vector<char> piece(1u << 20);
  std::uint32_t sum = 0;
  std::uint64_t at = 0;
  const auto add = [&](std::uint64_t end) {
    while (at < end) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - at));
      file.read(at, piece.data(), length);
      if (head && at < head->size())
        std::copy_n(head->begin() + static_cast<std::ptrdiff_t>(at),
                    std::min<std::size_t>(length, head->size() - at), piece.begin());
      sum = crc32c(piece.data(), length, sum);
      at += length;
    }
  };
  for (const Extent& extent : values) {
    add(extent.offset);
    at = extent.offset + extent.bytes;
  }
  add(bytes);
  return sum;
}

}  // namespace

void seal(int descriptor, const std::filesystem::path& path, std::vector<Extent> values) {
  std::sort(values.begin(), values.end(),
            [](const Extent& a, const Extent& b) { return a.offset < b.offset; });
  const File file(descriptor, path);
  Footer footer;
  footer.extents = values.size();
  footer.bytes = file.size();
  const std::size_t extent_bytes = values.size() * sizeof(Extent);
  footer.structure_sum = sum_without(file, footer.bytes, values);
  footer.own_sum = crc32c(&footer, summed, crc32c(values.data(), extent_bytes));
  file.write(footer.bytes, values.data(), extent_bytes);
  file.write(footer.bytes + extent_bytes, &footer, sizeof footer);
}

SealedFile read_seal(const std::filesystem::path& path) {
  const Descriptor opened = open_to_read(path);
  const File file(opened.get(), path);
  const std::uint64_t size = file.size();
  SealedFile sealed;
  Superblock block{};
  if (size >= superblock_bytes) block = read_superblock(file);
  sealed.marked_open = has_checksum(block) && block[mark_at] != 0;
  Footer footer;
  if (size < superblock_bytes + sizeof footer) return sealed;
  const Footer expected;
  file.read(size - sizeof footer, &footer, sizeof footer);
  if (std::memcmp(footer.magic, expected.magic, sizeof footer.magic) != 0) return sealed;
  sealed.state = Seal::broken;
  if (footer.extents > (size - sizeof footer) / sizeof(Extent) ||
      footer.bytes != size - sizeof footer - footer.extents * sizeof(Extent))
    return sealed;
  sealed.values.resize(footer.extents);
  file.read(footer.bytes, sealed.values.data(), sealed.values.size() * sizeof(Extent));
  if (crc32c(&footer, summed, crc32c(sealed.values.data(), sealed.values.size() * sizeof(Extent))) !=
      footer.own_sum)
    return sealed;
  std::uint64_t end = superblock_bytes;  // a forged list is no reason to read outside the file
  for (const Extent& extent : sealed.values) {
    if (extent.offset < end || extent.offset > footer.bytes || extent.bytes > footer.bytes - extent.offset)
      return sealed;
    end = extent.offset + extent.bytes;
  }
  sealed.structure_sum = footer.structure_sum;
  if (sealed.marked_open) {
    block[mark_at] = 0;
    put_checksum(block);
  }
  if (sum_without(file, footer.bytes, sealed.values, block) == footer.structure_sum)
    sealed.state = Seal::whole;
  return sealed;
}

std::vector<std::uint32_t> sums_of_values(const std::filesystem::path& path,
                                          const std::vector<Extent>& values, Parallelism parallelism) {
  std::vector<std::uint32_t> sums(values.size());
  const Descriptor opened = open_to_read(path);
  const File file(opened.get(), path);
  constexpr std::ptrdiff_t together = 64;  // most extents are small
  for_each_block(std::ssize(values), together, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::vector<char> piece(1u << 20);
    for (std::ptrdiff_t k = first; k < last; ++k) {
      const Extent& extent = values[static_cast<std::size_t>(k)];
      std::uint32_t& sum = sums[static_cast<std::size_t>(k)];
      for (std::uint64_t at = 0; at < extent.bytes; at += piece.size()) {
        const auto length =
            static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), extent.bytes - at));
        file.read(extent.offset + at, piece.data(), length);
        sum = crc32c(piece.data(), length, sum);
      }
    }
  });
  return sums;
}

}  // namespace spillway
