// RAII for hid_t, and the words of HDF5's error stack. Included by engine/store/*.cpp alone.
#pragma once
#include <hdf5.h>

#include <string>
#include <string_view>
#include <utility>

#include "engine/base/error.hpp"

namespace spillway {

/// Keep HDF5 from printing on this thread, and from flushing again at exit a file that could not be written.
/// Called at every entry of the store; cheap after the first time on a thread.
void quiet_hdf5();

/// The innermost message on HDF5's error stack, the operating system's own words where it has them.
std::string hdf5_reason();

/// @throws StoreError  always: "could not <action>: <hdf5_reason()>"
[[noreturn]] void throw_hdf5(std::string_view action);

/// @throws StoreError  `status` is negative, that is, the call failed.
inline void check_hdf5(herr_t status, std::string_view action) {
  if (status < 0) throw_hdf5(action);
}

/// Closes that failed in a destructor since the program began, and what the last of them said. HDF5 writes
/// what it holds back when an object is closed: a file that was in writing meanwhile is not whole.
struct FailedCloses {
  long count = 0;
  std::string reason;
};
FailedCloses failed_closes();
/// One more of them, with the reason on this thread's error stack.
void note_failed_close() noexcept;

/// Sole owner of one HDF5 identifier; closes it exactly once.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Hdf5Handle() = default;
  /// @param action  what was tried and on what: "create '/draws/value' in 'run.h5'".
  /// @throws StoreError  `id` is negative, that is, the call that made it failed.
  Hdf5Handle(hid_t id, Close close_with, std::string_view action) : id_(id), close_(close_with) {
    if (id_ < 0) throw_hdf5(action);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  ~Hdf5Handle() {
    if (close() < 0) note_failed_close();
  }

  hid_t get() const noexcept { return id_; }

  /// Close now; what the close function returned (negative: it failed), 0 where nothing was open.
  herr_t close() noexcept {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    return id >= 0 ? close_(id) : 0;
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

}  // namespace spillway
