// Whole files as bytes, gzipped ones expanded, within the limits of engine/data/limits.hpp.
#pragma once
#include <filesystem>
#include <string>

namespace spillway {

/// The bytes of a file.
/// @throws InputError  there is no such file; it is a folder, a pipe or a device; it is larger than
///                     limits::file_bytes. Names it
/// @throws StoreError  it cannot be read
std::string read_bytes(const std::filesystem::path& file);

/// Gzipped bytes expanded (members may follow each other); other bytes as they are.
/// @param file  for messages
/// @throws InputError  the data are damaged or end early, or expand beyond limits::expanded_bytes or
///                     limits::expansion times their size
std::string expanded(std::string bytes, const std::string& file);

}  // namespace spillway
