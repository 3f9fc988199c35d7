// Files that are whole under their name or absent: temporary name, fsync, rename, fsync of the folder.
#pragma once
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace spillway {

/// `<final>.tmp-<process id>`, in the same folder, so that a rename is atomic.
std::filesystem::path temporary_beside(const std::filesystem::path& final_path);

/// Force a file's or folder's contents to the disk. @throws StoreError  names path and reason
void sync_to_disk(const std::filesystem::path& path);

/// What to do where a file of the final name exists already.
enum class Existing { refuse, replace };

/// fsync `temporary`, rename it to `final_path`, fsync the folder.
/// @throws StoreError  names path and reason; "File exists" where `existing` refuses
void publish(const std::filesystem::path& temporary, const std::filesystem::path& final_path,
             Existing existing = Existing::replace);

/// Write the pieces to `path` one after another, whole or not at all. @throws StoreError  names path and
/// reason; no litter is left
void write_file_atomically(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces);
inline void write_file_atomically(const std::filesystem::path& path, const std::string& bytes) {
  write_file_atomically(path, {std::string_view(bytes)});
}

/// Give back the space of an unfinished file and remove it; never throws.
void discard(const std::filesystem::path& temporary) noexcept;

}  // namespace spillway
