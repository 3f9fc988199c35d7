// Sole owner of a file descriptor.
#pragma once
#include <unistd.h>

#include <utility>

namespace spillway {

/// Closes its descriptor exactly once; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int opened) noexcept : value_(opened) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }

  int get() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ >= 0; }

  /// Close now; what close() returned, 0 where nothing was open. Some file systems tell of a failed write
  /// here and nowhere else.
  int close() noexcept {
    const int value = std::exchange(value_, -1);
    return value >= 0 ? ::close(value) : 0;
  }

 private:
  int value_ = -1;
};

}  // namespace spillway
