// The one way a file is read whole and the one way a file is written: whole under its name or absent.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace spillway {

/// The file that a name stands for: through symbolic links, whether or not the last one exists.
std::filesystem::path link_target(const std::filesystem::path& name);

/// `<final>.tmp-<process id>`, in the same folder, so that a rename is atomic.
std::filesystem::path temporary_beside(const std::filesystem::path& final_path);

/// Force a file's or folder's contents to the disk. @throws StoreError  names path and reason
void sync_to_disk(const std::filesystem::path& path);

/// What to do where a file of the final name exists already.
enum class Existing { refuse, replace };

/// Rename a `temporary` that is on the disk to `final_path`, fsync the folder. A former file of that name
/// comes back where that fails.
/// @throws StoreError  names path and reason; "File exists" where `existing` refuses; `temporary` is still
/// there
void give_name(const std::filesystem::path& temporary, const std::filesystem::path& final_path,
               Existing existing = Existing::replace);

/// fsync `temporary`, then give_name().
void publish(const std::filesystem::path& temporary, const std::filesystem::path& final_path,
             Existing existing = Existing::replace);

/// Refuse what can be no file of that name, before any work. Devices and pipes are files that text goes to,
/// and no place for a result that is renamed.
/// @throws InputError  a folder; a device or a pipe, unless text is to be written
enum class Target { text, renamed };
void check_target(const std::filesystem::path& path, Target target);

/// Write the pieces to `path` one after another, whole or not at all: a temporary file beside it, synced by
/// the descriptor that wrote it, then renamed. A symbolic link stays, its target is replaced; a device or a
/// pipe is written to.
/// @throws InputError  a folder
/// @throws StoreError  names path and reason; no litter is left
void write_file(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces);
inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  write_file(path, {bytes});
}

/// Give back the space of an unfinished file and remove it; never throws.
void discard(const std::filesystem::path& temporary) noexcept;

/// Most bytes of a text that people write: configuration, manifest, recipe, index.
constexpr std::uintmax_t text_limit = 16 << 20;

/// The bytes of a file.
/// @param what  what it is to the caller: "configuration"
/// @param most  bytes, refused above
/// @throws InputError  no such file; a folder, device or pipe; more than `most` bytes
/// @throws StoreError  it cannot be read
std::string read_file(const std::filesystem::path& path, std::string_view what,
                      std::uintmax_t most = text_limit);

/// Give each piece of a file's bytes to `take`, in order. @throws as read_file, whatever its size
void read_pieces(const std::filesystem::path& path, std::string_view what,
                 const std::function<void(std::string_view)>& take);

/// "a folder", "a pipe", "a device", "a socket"; empty for a regular file and where there is none.
std::string unusual_kind(const std::filesystem::path& path);

}  // namespace spillway
