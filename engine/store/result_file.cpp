#include "engine/store/result_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spillway {

namespace {

std::string creating(const std::filesystem::path& path) { return fmt::format("create '{}'", path.string()); }

[[noreturn]] void fail(const std::string& action) {
  throw StoreError(fmt::format("could not {}: {}", action, std::strerror(errno)));
}

/// A new file that nobody else has, locked: a later run takes a temporary file without a lock for a dead
/// one's.
Descriptor create(const std::filesystem::path& path) {
  int opened = -1;
  do opened = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  while (opened < 0 && errno == EINTR);
  if (opened < 0 && errno == EEXIST)
    throw StoreError(fmt::format("could not create '{}': another run is at work on it", path.string()));
  if (opened < 0) fail(creating(path));
  ::flock(opened, LOCK_EX | LOCK_NB);  // where the file system has locks
  return Descriptor(opened);
}

}  // namespace

ResultFile::ResultFile(const std::filesystem::path& temporary, hid_t creation, hid_t access)
    : temporary_(temporary), closes_before_(failed_closes().count), descriptor_(create(temporary)) {
  output_.descriptor = descriptor_.get();
  try {
    set_output(access, output_);
    file_ = Hdf5Handle(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose,
                       creating(temporary));
    check(creating(temporary));
  } catch (...) {
    discard(temporary_);
    throw;
  }
}

void ResultFile::check(const std::string& action) const {
  if (output_.error != 0)
    throw StoreError(fmt::format("could not {}: {}", action, std::strerror(output_.error)));
}

ResultFile::~ResultFile() {
  if (published_) return;
  discard(temporary_);
  file_.close();
  discard(temporary_);
}

void ResultFile::publish(const std::filesystem::path& final_path, const std::vector<Extent>& values,
                         Existing existing) {
  const std::string action = fmt::format("finish '{}'", temporary_.string());
  check_hdf5(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), action);
  check_hdf5(file_.close(), action);
  check(action);
  if (const FailedCloses closes = failed_closes(); closes.count != closes_before_)
    throw StoreError(fmt::format("could not {}: {}", action, closes.reason));
  if (spoilt_) throw StoreError(fmt::format("could not {}: something of it could not be written", action));
  seal(descriptor_.get(), temporary_, values);
  while (::fsync(descriptor_.get()) != 0)
    if (errno != EINTR) fail(fmt::format("write '{}' to disk", temporary_.string()));
  if (descriptor_.close() != 0 && errno != EINTR) fail(fmt::format("close '{}'", temporary_.string()));
  give_name(temporary_, final_path, existing);
  published_ = true;
}

}  // namespace spillway
