// Values as bytes and back, every bit of them: what a checkpoint keeps of a unit and a rank sends of its
// share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.hpp"

namespace spillway {

/// Numbers as their bits, texts and arrays with their length before them, in this machine's byte order.
class Packer {
 public:
  void number(double value) { append(&value, sizeof value); }
  void count(std::size_t value) {
    const auto wide = static_cast<std::uint64_t>(value);
    append(&wide, sizeof wide);
  }
  void text(const std::string& value) { array(value.data(), value.size()); }
  /// @param values  plain numbers
  template <typename T>
  void array(const T* values, std::size_t size) {
    count(size);
    append(values, size * sizeof(T));
  }
  void reserve(std::size_t size) { bytes.reserve(size); }
  std::vector<std::byte> bytes;

 private:
  void append(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + size);
  }
};

/// Takes values out in the order in which a Packer got them. Any call @throws StoreError  the bytes end early
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}
  double number() {
    double value = 0.0;
    take(&value, sizeof value);
    return value;
  }
  std::size_t count() {
    std::uint64_t value = 0;
    take(&value, sizeof value);
    return static_cast<std::size_t>(value);
  }
  std::string text() {
    std::string value(length(1), '\0');
    take(value.data(), value.size());
    return value;
  }
  /// Into an array that has room for as many as were packed.
  template <typename T>
  void array(T* values, std::size_t size) {
    if (length(sizeof(T)) != size)
      throw StoreError("a unit has another shape than this run's (run without --resume to start afresh)");
    take(values, size * sizeof(T));
  }
  std::size_t left() const noexcept { return bytes_.size() - at_; }

 private:
  std::size_t length(std::size_t each) {
    const std::size_t size = count();
    if (size > (bytes_.size() - at_) / each) end_early();
    return size;
  }
  void take(void* data, std::size_t size) {
    if (size > bytes_.size() - at_) end_early();
    if (size > 0) std::memcpy(data, bytes_.data() + at_, size);
    at_ += size;
  }
  [[noreturn]] static void end_early() {
    throw StoreError("a unit ends early (run without --resume to start afresh)");
  }
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace spillway
