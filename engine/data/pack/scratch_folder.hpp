// A folder for files that are made on the way to a pack.
#pragma once
#include <filesystem>

namespace spillway {

/// An empty folder of its own, gone with this object and whatever it then holds.
class ScratchFolder {
 public:
  /// @throws StoreError  no folder can be made where temporary files go
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace spillway
