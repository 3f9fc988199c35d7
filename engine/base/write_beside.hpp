// The first half of write_file() (files.hpp), for those who give several files their names together.
#pragma once
#include <filesystem>
#include <initializer_list>
#include <string_view>

namespace spillway {

/// Write the pieces to the disk, under a name of their own beside `path`: a link's target is meant.
/// @return  that name; empty where `path` is a device or a pipe, which has them now
/// @throws InputError, StoreError  as write_file()
std::filesystem::path write_beside(const std::filesystem::path& path,
                                   std::initializer_list<std::string_view> pieces);

}  // namespace spillway
