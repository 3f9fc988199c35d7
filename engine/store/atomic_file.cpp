#include "engine/store/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/error.hpp"

namespace spillway {

namespace {
[[noreturn]] void fail(const char* action, const std::filesystem::path& path) {
  const std::string reason = std::strerror(errno);
  throw StoreError(fmt::format("could not {} '{}': {}", action, path.string(), reason));
}

struct Descriptor {
  int value = -1;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}
}  // namespace

std::filesystem::path temporary_beside(const std::filesystem::path& final_path) {
  return folder_of(final_path) / fmt::format("{}.tmp-{}", final_path.filename().string(), ::getpid());
}

void sync_to_disk(const std::filesystem::path& path) {
  const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (descriptor.value < 0) fail("open", path);
  // Some network file systems cannot sync a folder (EINVAL); there the rename itself is durable or nothing
  // is.
  if (::fsync(descriptor.value) != 0 && errno != EINVAL) fail("write to disk", path);
}

void publish(const std::filesystem::path& temporary, const std::filesystem::path& final_path,
             Existing existing) {
  sync_to_disk(temporary);
  // A hard link fails where the name is taken, in one step; file systems without links have no better than a
  // look.
  if (existing == Existing::refuse) {
    if (::link(temporary.c_str(), final_path.c_str()) == 0) {
      ::unlink(temporary.c_str());
      sync_to_disk(folder_of(final_path));
      return;
    }
    if (errno == EEXIST || ::access(final_path.c_str(), F_OK) == 0) {
      errno = EEXIST;
      fail("give the finished file its name", final_path);
    }
  }
  if (::rename(temporary.c_str(), final_path.c_str()) != 0)
    fail("give the finished file its name", final_path);
  sync_to_disk(folder_of(final_path));
}

void write_file_atomically(const std::filesystem::path& path,
                           std::initializer_list<std::string_view> pieces) {
  const auto temporary = temporary_beside(path);
  try {
    Descriptor descriptor{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (descriptor.value < 0) fail("create", temporary);
    for (const std::string_view bytes : pieces)
      for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = ::write(descriptor.value, bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write", temporary);
        done += static_cast<std::size_t>(written);
      }
    const int closed = ::close(std::exchange(descriptor.value, -1));
    if (closed != 0) fail("close", temporary);
    publish(temporary, path);
  } catch (...) {
    discard(temporary);
    throw;
  }
}

void discard(const std::filesystem::path& temporary) noexcept {
  // Truncated first: on a full disk HDF5 still holds the file open and needs room to close it.
  [[maybe_unused]] const int truncated = ::truncate(temporary.c_str(), 0);
  ::unlink(temporary.c_str());
}

}  // namespace spillway
