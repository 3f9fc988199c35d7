// SHA-256 of bytes, as sha256sum prints it.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace spillway {

/// SHA-256 of bytes that come one piece after another. @throws StoreError  the library cannot compute it
class Sha256 {
 public:
  Sha256();
  void add(const void* data, std::size_t bytes);
  /// Of all that was added; nothing can be added after it. 64 lower-case hexadecimal digits.
  std::string text();

 private:
  std::shared_ptr<void> state_;
};

/// SHA-256 of `bytes`, 64 lower-case hexadecimal digits (FIPS 180-4).
std::string sha256(std::string_view bytes);

/// The same of a regular file, read piece by piece.
/// @throws InputError  no such file, or none of that kind; StoreError  it cannot be read
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace spillway
