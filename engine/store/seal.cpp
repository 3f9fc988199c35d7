#include "engine/store/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "engine/store/crc32c.hpp"
#include "engine/store/raw_file.hpp"

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

/// HDF5's superblock, versions 2 and 3: the first bytes of a file. Other programs change two things in it
/// without changing what the file holds: the mark that it is open for writing, and with it the checksum.
constexpr std::size_t superblock_bytes = 48, mark_at = 11, checksum_at = 44;
using Superblock = std::array<unsigned char, superblock_bytes>;

template <class T>
void put(Superblock& block, std::size_t at, T value) {
  std::memcpy(block.data() + at, &value, sizeof value);
}

void put_checksum(Superblock& block) { put(block, checksum_at, lookup3(block.data(), checksum_at)); }

bool has_checksum(const Superblock& block) {
  return (block[8] == 2 || block[8] == 3) && block[9] == 8 && block[10] == 8;
}

Superblock read_superblock(const RawFile& file) {
  Superblock block;
  file.read(0, block.data(), block.size());
  return block;
}

/// @param values  ascending, without overlap, within the file
/// @param head    stands for the first bytes of the file
std::uint32_t sum_without(const RawFile& file, std::uint64_t bytes, const std::vector<Extent>& values,
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
  const RawFile file(descriptor, path);
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
  const RawFile file(opened.get(), path);
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
  const RawFile file(opened.get(), path);
  constexpr std::ptrdiff_t together = 64;  // most extents are small
  for_each_block(std::ssize(values), together, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::uint64_t longest = 0;
    for (std::ptrdiff_t k = first; k < last; ++k)
      longest = std::max(longest, values[static_cast<std::size_t>(k)].bytes);
    std::vector<char> piece(std::min<std::uint64_t>(longest, 1u << 20));
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
