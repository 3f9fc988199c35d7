#include "engine/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/base/descriptor.hpp"
#include "engine/base/error.hpp"
#include "engine/base/linux.hpp"
#include "engine/base/write_beside.hpp"

namespace spillway {

namespace {
[[noreturn]] void fail(const char* action, const std::filesystem::path& path) {
  const std::string reason = std::strerror(errno);
  throw StoreError(fmt::format("could not {} '{}': {}", action, path.string(), reason));
}

/// The last write error of some file systems is told here and nowhere else.
void close_checked(Descriptor& descriptor, const std::filesystem::path& path) {
  if (descriptor.close() != 0 && errno != EINTR) fail("close", path);
}

void sync(const Descriptor& descriptor, const std::filesystem::path& path) {
  while (::fsync(descriptor.get()) != 0) {
    // Some network file systems cannot sync a folder (EINVAL); there the rename itself is durable or nothing
    // is.
    if (errno == EINVAL) return;
    if (errno != EINTR) fail("write to disk", path);
  }
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::string kind_of(mode_t mode) {
  if (S_ISREG(mode)) return "";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  return S_ISSOCK(mode) ? "a socket" : "a device";
}

void write_all(int descriptor, std::initializer_list<std::string_view> pieces,
               const std::filesystem::path& path) {
  for (const std::string_view bytes : pieces)
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t written = ::write(descriptor, bytes.data() + done, bytes.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write", path);
      done += static_cast<std::size_t>(written);
    }
}

/// Devices and pipes: there is no other name to write under, and nothing to sync.
void write_through(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces) {
  Descriptor descriptor{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
  if (descriptor.get() < 0) fail("open", path);
  write_all(descriptor.get(), pieces, path);
  close_checked(descriptor, path);
}

/// A new file that is ours alone: what a dead process of the same number left is removed, a link never
/// followed.
int create(const std::filesystem::path& temporary) {
  const auto open_new = [&] {
    return ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  };
  int descriptor = open_new();
  if (descriptor < 0 && errno == EEXIST && ::unlink(temporary.c_str()) == 0) descriptor = open_new();
  return descriptor;
}
}  // namespace

std::filesystem::path link_target(const std::filesystem::path& name) {
  std::filesystem::path at = name;
  std::error_code error;
  constexpr int most_links = 40;  // as Linux has it
  for (int links = 0; links < most_links && std::filesystem::is_symlink(at, error); ++links) {
    const std::filesystem::path next = std::filesystem::read_symlink(at, error);
    if (error) break;
    at = next.is_absolute() ? next : at.parent_path() / next;
  }
  return at;
}

std::filesystem::path temporary_beside(const std::filesystem::path& final_path) {
  return folder_of(final_path) / fmt::format("{}.tmp-{}", final_path.filename().string(), ::getpid());
}

void sync_to_disk(const std::filesystem::path& path) {
  const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (descriptor.get() < 0) fail("open", path);
  sync(descriptor, path);
}

namespace {

/// Whether the file system knows no such way to rename.
bool unknown_way() { return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP; }

/// The temporary file takes the place of a former one, which is removed only when the folder is on the disk;
/// until then it stands under the temporary's name. @return whether the file system can do that
bool exchange_names(const std::filesystem::path& temporary, const std::filesystem::path& final_path) {
  if (!rename_file(temporary, final_path, Renaming::exchange)) {
    if (unknown_way() || errno == ENOENT) return false;
    fail("give the finished file its name", final_path);
  }
  try {
    sync_to_disk(folder_of(final_path));
    if (::unlink(temporary.c_str()) != 0) fail("remove the former file of", final_path);
  } catch (...) {
    rename_file(temporary, final_path, Renaming::exchange);
    throw;
  }
  return true;
}

/// The final name where nothing has it, in one step.
void take_free_name(const std::filesystem::path& temporary, const std::filesystem::path& final_path) {
  if (rename_file(temporary, final_path, Renaming::no_replace)) return;
  if (!unknown_way()) fail("give the finished file its name", final_path);
  if (::link(temporary.c_str(), final_path.c_str()) == 0) {
    ::unlink(temporary.c_str());
    return;
  }
  // File systems without links have no better than a look.
  if (errno == EEXIST || ::access(final_path.c_str(), F_OK) == 0) {
    errno = EEXIST;
    fail("give the finished file its name", final_path);
  }
  if (::rename(temporary.c_str(), final_path.c_str()) != 0)
    fail("give the finished file its name", final_path);
}

}  // namespace

void give_name(const std::filesystem::path& temporary, const std::filesystem::path& final_path,
               Existing existing) {
  struct stat about {};
  const bool former = ::lstat(final_path.c_str(), &about) == 0;
  if (existing == Existing::replace && former && S_ISREG(about.st_mode) &&
      exchange_names(temporary, final_path))
    return;
  if (existing == Existing::refuse)
    take_free_name(temporary, final_path);
  else if (::rename(temporary.c_str(), final_path.c_str()) != 0)
    fail("give the finished file its name", final_path);
  try {
    sync_to_disk(folder_of(final_path));
  } catch (...) {
    if (!former) ::unlink(final_path.c_str());
    throw;
  }
}

void publish(const std::filesystem::path& temporary, const std::filesystem::path& final_path,
             Existing existing) {
  sync_to_disk(temporary);
  give_name(temporary, final_path, existing);
}

std::string unusual_kind(const std::filesystem::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? kind_of(about.st_mode) : "";
}

void check_target(const std::filesystem::path& path, Target target) {
  std::error_code error;
  if (std::filesystem::is_symlink(link_target(path), error))
    throw InputError(
        fmt::format("could not write '{}': its links lead round in a circle; name a file", path.string()));
  const std::string kind = unusual_kind(path);
  if (kind.empty() || (target == Target::text && kind != "a folder")) return;
  throw InputError(fmt::format("could not write '{}': it is {}; name a file", path.string(), kind));
}

std::filesystem::path write_beside(const std::filesystem::path& path,
                                   std::initializer_list<std::string_view> pieces) {
  check_target(path, Target::text);
  if (!unusual_kind(path).empty()) {
    write_through(path, pieces);
    return {};
  }
  const std::filesystem::path final_path = link_target(path), temporary = temporary_beside(final_path);
  Descriptor descriptor{create(temporary)};
  if (descriptor.get() < 0 && (errno == ENOENT || errno == ENOTDIR))
    throw StoreError(
        fmt::format("could not write '{}': there is no folder '{}'; create it or choose another name",
                    path.string(), folder_of(final_path).string()));
  if (descriptor.get() < 0) fail("write", path);
  try {
    write_all(descriptor.get(), pieces, temporary);
    sync(descriptor, temporary);
    close_checked(descriptor, temporary);
  } catch (...) {
    discard(temporary);
    throw;
  }
  return temporary;
}

void write_file(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces) {
  const std::filesystem::path temporary = write_beside(path, pieces);
  if (temporary.empty()) return;
  try {
    give_name(temporary, link_target(path));
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

namespace {
[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw InputError(std::vector<Fault>{{path.string(), 0, "", "", why}});
}

/// A regular file, open for reading. @param size  as it says
Descriptor open_file(const std::filesystem::path& path, std::string_view what, std::uintmax_t& size) {
  // Without waiting: a pipe that nobody writes to would hold the program for ever.
  Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (descriptor.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) refuse(path, fmt::format("no such {}; check its path", what));
    if (errno == ENXIO) refuse(path, fmt::format("is a socket or a device; expected the file of a {}", what));
    if (errno == ENAMETOOLONG || errno == ELOOP)
      refuse(path, fmt::format("is no name of a {} ({})", what, std::strerror(errno)));
    fail("read", path);
  }
  struct stat about {};
  if (::fstat(descriptor.get(), &about) != 0) fail("read", path);
  if (const std::string kind = kind_of(about.st_mode); !kind.empty())
    refuse(path, fmt::format("is {}; expected the file of a {}", kind, what));
  size = static_cast<std::uintmax_t>(about.st_size);
  return descriptor;
}

/// As many bytes as there are for `room`; 0 at the end.
std::size_t read_some(int descriptor, char* to, std::size_t room, const std::filesystem::path& path) {
  for (;;) {
    const ssize_t got = ::read(descriptor, to, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path);
    return static_cast<std::size_t>(got);
  }
}
}  // namespace

std::string read_file(const std::filesystem::path& path, std::string_view what, std::uintmax_t most) {
  std::uintmax_t size = 0;
  const Descriptor descriptor{open_file(path, what, size)};
  const auto too_large = [&] {
    refuse(path, fmt::format("is larger than {} MB; expected a {}, check that it is the right file",
                             most >> 20, what));
  };
  if (size > most) too_large();
  std::string bytes(static_cast<std::size_t>(size) + 1, '\0');
  std::size_t done = 0;
  while (const std::size_t got =
             read_some(descriptor.get(), bytes.data() + done, bytes.size() - done, path)) {
    done += got;
    if (done > most) too_large();  // it grows, or says nothing of its size
    if (done == bytes.size()) bytes.resize(bytes.size() + (1 << 16));
  }
  bytes.resize(done);
  return bytes;
}

void read_pieces(const std::filesystem::path& path, std::string_view what,
                 const std::function<void(std::string_view)>& take) {
  std::uintmax_t size = 0;
  const Descriptor descriptor{open_file(path, what, size)};
  std::string piece(1 << 20, '\0');
  while (const std::size_t got = read_some(descriptor.get(), piece.data(), piece.size(), path))
    take(std::string_view(piece).substr(0, got));
}

}  // namespace spillway
