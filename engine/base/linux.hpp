// What only Linux has, with what takes its place elsewhere. (O_DIRECT is in engine/store/direct_write.cpp;
// all else that the program asks of the system is POSIX.)
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

namespace spillway {

enum class Renaming { exchange, no_replace };

/// Rename in one step so that names are exchanged, or only if the new one is free. @return  done; else errno
/// says why, ENOSYS where the system has no such call
bool rename_file(const std::filesystem::path& from, const std::filesystem::path& to, Renaming how) noexcept;

/// Let the disk begin with what has been written to an open file, and go on. @return  begun, or not to be had
/// here; false: errno says why the disk refused
bool begin_writeback(int descriptor) noexcept;

/// Pages of 2 MB under an array aligned to them; elsewhere they stay small.
void ask_for_huge_pages(void* memory, std::size_t bytes) noexcept;

/// How this program was called; "" where the system does not say.
std::string called_as();

/// Most memory this process has had, in MB.
double peak_memory_mb() noexcept;

}  // namespace spillway
