// The folder of a checkpoint, without the run that it is of.
#pragma once
#include <filesystem>
#include <system_error>

namespace spillway {

/// Remove the units and the key of a checkpoint from its folder, and the folder where nothing else is in it.
/// @return  why something stays
/// @throws StoreError  the folder cannot be listed
std::error_code discard_checkpoint(const std::filesystem::path& folder);

}  // namespace spillway
