#include "engine/store/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

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

class File {
 public:
  File(const std::filesystem::path& path, const char* mode)
      : path_(path), file_(std::fopen(path.c_str(), mode)) {
    if (!file_) fail("open");
  }
  std::uint64_t size() const {
    if (std::fseek(file_.get(), 0, SEEK_END) != 0) fail("read");
    return static_cast<std::uint64_t>(std::ftell(file_.get()));
  }
  void read(std::uint64_t offset, void* to, std::size_t bytes) const {
    if (bytes == 0) return;
    errno = 0;
    if (std::fseek(file_.get(), static_cast<long>(offset), SEEK_SET) != 0 ||
        std::fread(to, 1, bytes, file_.get()) != bytes)
      fail("read");
  }
  void append(const void* from, std::size_t bytes) const {
    if (bytes > 0 && std::fwrite(from, 1, bytes, file_.get()) != bytes) fail("write");
  }
  void close() {
    if (std::fclose(file_.release()) != 0) fail("write");
  }

 private:
  [[noreturn]] void fail(const char* verb) const {
    const std::string reason = errno != 0 ? std::strerror(errno) : "it ends early";
    throw StoreError(fmt::format("could not {} '{}': {}", verb, path_.string(), reason));
  }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

/// @param values  ascending, without overlap, within the file
std::uint32_t sum_without(const File& file, std::uint64_t bytes, const std::vector<Extent>& values) {
  std::vector<char> piece(1u << 20);
  std::uint32_t sum = 0;
  std::uint64_t at = 0;
  const auto add = [&](std::uint64_t end) {
    while (at < end) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - at));
      file.read(at, piece.data(), length);
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

void seal(const std::filesystem::path& path, std::vector<Extent> values) {
  std::sort(values.begin(), values.end(),
            [](const Extent& a, const Extent& b) { return a.offset < b.offset; });
  Footer footer;
  footer.extents = values.size();
  {
    const File file(path, "rb");
    footer.bytes = file.size();
    footer.structure_sum = sum_without(file, footer.bytes, values);
  }
  footer.own_sum = crc32c(&footer, summed, crc32c(values.data(), values.size() * sizeof(Extent)));
  File file(path, "ab");
  file.append(values.data(), values.size() * sizeof(Extent));
  file.append(&footer, sizeof footer);
  file.close();
}

SealedFile read_seal(const std::filesystem::path& path) {
  const File file(path, "rb");
  const std::uint64_t size = file.size();
  SealedFile sealed;
  Footer footer;
  if (size < sizeof footer) return sealed;
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
  sealed.structure_sum = footer.structure_sum;
  if (sum_without(file, footer.bytes, sealed.values) == footer.structure_sum) sealed.state = Seal::whole;
  return sealed;
}

std::vector<std::uint32_t> sums_of_values(const std::filesystem::path& path,
                                          const std::vector<Extent>& values, Parallelism parallelism) {
  std::vector<std::uint32_t> sums(values.size());
  constexpr std::ptrdiff_t together = 64;  // most extents are small; each block opens the file once
  for_each_block(std::ssize(values), together, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const File file(path, "rb");
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
