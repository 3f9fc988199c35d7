#include "engine/store/hdf5_handle.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <mutex>

namespace spillway {

void quiet_hdf5() {
  static std::once_flag once;
  std::call_once(once, [] {
    // A file that met a full disk cannot be flushed at exit either; HDF5 would try again and again.
    H5dont_atexit();
    H5open();
  });
  thread_local bool quiet = false;  // each thread has its own error stack
  if (!quiet) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    quiet = true;
  }
}

std::string hdf5_reason() {
  std::string innermost;
  const auto keep = [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
    if (error->desc != nullptr && *error->desc != '\0') *static_cast<std::string*>(text) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep, &innermost);
  if (innermost.empty()) return "no reason given by HDF5";
  // "file write failed: time = ..., errno = 28, error message = 'No space left on device', buf = ..."
  constexpr std::string_view mark = "error message = '";
  if (const auto start = innermost.find(mark); start != std::string::npos) {
    const auto first = start + mark.size(), last = innermost.find('\'', first);
    if (last != std::string::npos) return innermost.substr(first, last - first);
  }
  return innermost;
}

namespace {
std::mutex closes_mutex;
FailedCloses closes;
}  // namespace

FailedCloses failed_closes() {
  const std::lock_guard lock(closes_mutex);
  return closes;
}

void note_failed_close() noexcept {
  const std::lock_guard lock(closes_mutex);
  ++closes.count;
  try {
    closes.reason = hdf5_reason();
  } catch (...) {  // no memory for the words
  }
}

void throw_hdf5(std::string_view action) {
  throw StoreError(fmt::format("could not {}: {}", action, hdf5_reason()));
}

}  // namespace spillway
