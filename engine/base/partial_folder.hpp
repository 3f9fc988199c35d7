// A folder that is written whole under its name, or absent; files that are added to one, all of them or none.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/descriptor.hpp"

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
  Descriptor spare_[2];  ///< for the removal, where no more can be had
  bool finished_ = false;
};

/// Files of a folder that may be there already, all of them or none: they have their names at keep(), and
/// until then, or where that fails, the folder is as it was. (A file system that cannot exchange two names
/// gives no former file back.)
class AddedFiles {
 public:
  /// @throws StoreError  the folder cannot be made
  explicit AddedFiles(const std::filesystem::path& folder);
  AddedFiles(const AddedFiles&) = delete;
  AddedFiles& operator=(const AddedFiles&) = delete;
  ~AddedFiles();

  /// @throws InputError, StoreError  as write_file()
  void write(const std::string& name, std::string_view bytes);
  /// @throws StoreError  a file cannot have its name
  void keep();

 private:
  struct File {
    std::filesystem::path temporary, name;
    /// exchanged: `temporary` is the former file; replaced: it is gone
    enum { waiting, added, exchanged, replaced } state = waiting;
  };
  std::filesystem::path folder_;
  bool made_ = false;
  std::vector<File> files_;
};

}  // namespace spillway
