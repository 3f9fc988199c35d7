#include "engine/data/read_bytes.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "engine/base/error.hpp"
#include "engine/base/files.hpp"
#include "engine/data/limits.hpp"

namespace spillway {

namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw InputError(std::vector<Fault>{{file, 0, "", "", what}});
}

std::string megabytes(std::uint64_t bytes) {
  return bytes < (10u << 20) ? fmt::format("{} kB", bytes >> 10) : fmt::format("{} MB", bytes >> 20);
}

/// Ends the stream however it is left.
struct Inflation {
  z_stream stream{};
  ~Inflation() { inflateEnd(&stream); }
};

}  // namespace

std::string read_bytes(const std::filesystem::path& file) {
  return read_file(file, "table", limits::file_bytes);
}

std::string expanded(std::string bytes, const std::string& file) {
  if (bytes.size() < 2 || bytes[0] != '\x1f' || bytes[1] != '\x8b') return bytes;
  Inflation inflation;
  z_stream& stream = inflation.stream;
  if (inflateInit2(&stream, 15 + 32) != Z_OK)
    throw StoreError(fmt::format("zlib could not start on '{}'", file));
  const std::uint64_t most = std::min(
      limits::expanded_bytes,
      std::max(limits::expansion_free, limits::expansion * static_cast<std::uint64_t>(bytes.size())));
  std::string text;
  std::array<char, 1 << 16> buffer;
  std::size_t given = 0;
  int status = Z_OK;
  while (true) {
    if (stream.avail_in == 0 && given < bytes.size()) {
      const auto now = std::min<std::size_t>(bytes.size() - given, std::numeric_limits<uInt>::max());
      stream.next_in = reinterpret_cast<Bytef*>(bytes.data() + given);
      stream.avail_in = static_cast<uInt>(now);
      given += now;
    }
    if (status == Z_STREAM_END) {  // gzip members may follow each other
      if (stream.avail_in == 0 || inflateReset(&stream) != Z_OK) break;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
    if (text.size() > most)
      refuse(file,
             fmt::format("{} of gzip data expand to more than {} (at most {} times their size and {} are "
                         "read); expand the file and look at it",
                         megabytes(bytes.size()), megabytes(most), limits::expansion,
                         megabytes(limits::expanded_bytes)));
    if (status != Z_OK && status != Z_STREAM_END) break;
  }
  if (status != Z_STREAM_END) refuse(file, "gzip data end early or are damaged; expected a whole .gz file");
  return text;
}

}  // namespace spillway
