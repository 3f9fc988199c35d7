#include "engine/base/linux.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

namespace spillway {

bool rename_file([[maybe_unused]] const std::filesystem::path& from,
                 [[maybe_unused]] const std::filesystem::path& to, [[maybe_unused]] Renaming how) noexcept {
#ifdef __linux__
  const unsigned flag = how == Renaming::exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flag) == 0;
#else
  errno = ENOSYS;
  return false;
#endif
}

bool begin_writeback([[maybe_unused]] int descriptor) noexcept {
#ifdef __linux__
  return ::sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE) == 0 || errno == EINTR ||
         errno == EINVAL || errno == ENOSYS || errno == ESPIPE;
#else
  return true;
#endif
}

void ask_for_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef __linux__
  ::madvise(memory, bytes, MADV_HUGEPAGE);
#endif
}

std::string called_as() {
  std::string called;
#ifdef __linux__
  std::ifstream line("/proc/self/cmdline", std::ios::binary);
  std::getline(line, called, '\0');
#endif
  return called;
}

double peak_memory_mb() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<double>(usage.ru_maxrss) / 1048576.0;  // bytes there, kB elsewhere
#else
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
#endif
}

}  // namespace spillway
