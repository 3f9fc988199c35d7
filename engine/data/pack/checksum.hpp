// SHA-256 of bytes, as sha256sum prints it.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace spillway {

/// SHA-256 of `bytes`, 64 lower-case hexadecimal digits (FIPS 180-4).
std::string sha256(std::string_view bytes);

/// The same of a regular file, read piece by piece.
/// @throws InputError  no such file, or none of that kind; StoreError  it cannot be read
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace spillway
