// A folder that is written whole under its name, or absent.
#pragma once
#include <filesystem>

namespace spillway {

/// A folder beside the final one that is removed unless it is renamed to its final name.
class PartialFolder {
 public:
  /// @param final_name  "pack" or "pack/"; a symbolic link stays, its target is made
  /// @throws StoreError  the folder cannot be made
  explicit PartialFolder(const std::filesystem::path& final_name);
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;
  ~PartialFolder();

  const std::filesystem::path& path() const { return partial_; }

  /// Give it its name, on the disk; an empty folder of that name is replaced. @throws StoreError  it cannot
  void finish();

 private:
  std::filesystem::path final_, partial_;
  bool finished_ = false;
};

}  // namespace spillway
