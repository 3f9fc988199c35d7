#include "engine/store/result_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace spillway {

namespace {

std::string creating(const std::filesystem::path& path) { return fmt::format("create '{}'", path.string()); }

[[noreturn]] void fail(const std::string& action) {
  throw StoreError(fmt::format("could not {}: {}", action, std::strerror(errno)));
}

/// Remove what killed processes of this machine left under other temporary names of the same file: nobody
/// holds HDF5's lock on it, and its process is gone.
void sweep_dead_temporaries(const std::filesystem::path& temporary) {
  const auto folder = temporary.has_parent_path() ? temporary.parent_path() : std::filesystem::path(".");
  const std::string own = temporary.filename().string(), prefix = own.substr(0, own.rfind('-') + 1);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) != 0) continue;
    const std::string digits = name.substr(prefix.size());
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
      continue;
    // In a container a new process may have a dead one's number, this process too: then the lock alone
    // decides.
    if (std::stoi(digits) != ::getpid() && (::kill(std::stoi(digits), 0) == 0 || errno != ESRCH)) continue;
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) std::filesystem::remove(entry.path(), ignored);
    ::close(descriptor);
  }
}

/// A new file that nobody else has, locked: a later run takes a temporary file without a lock for a dead
/// one's.
Descriptor create(const std::filesystem::path& path) {
  sweep_dead_temporaries(path);
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
