// What a RunReader holds, and the one gate through which it looks at an HDF5 file: nothing is believed that a
// result of this program would not have. Included by engine/store/*.cpp alone.
#pragma once
#include <map>
#include <memory>

#include "engine/store/hdf5_handle.hpp"
#include "engine/store/run_store.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

struct RunReader::State {
  std::filesystem::path path;
  Descriptor opened;  ///< for what is looked up without HDF5
  std::uint64_t file_bytes = 0;
  Hdf5Handle file;
  SealedFile sealed;
  bool member = false;    ///< it was opened as a member of a merged file
  bool on_trial = false;  ///< in a process of its own, which may crash
  std::string root;       ///< of a member that a merged file holds, "/members/NAME"; else empty
  Unsealed unsealed = Unsealed::refuse;
  mutable std::map<std::string, std::unique_ptr<RunReader>> members;  ///< those that it links, once looked at

  bool exists(const std::string& where) const { return stands(below_root(where)); }
  /// @throws InputError  there is nothing of that path
  /// @throws StoreError  it is nothing that a result has, or cannot be opened
  Hdf5Handle dataset(const std::string& where) const;
  Hdf5Handle object(const std::string& where) const;

  /// The reader of a linked member, opened once; nullptr: the group is in this file, or nowhere.
  RunReader* linked_member(const std::string& group) const;

  /// "'<where>' in '<file>'"
  std::string named(const std::string& where) const;
  /// @throws StoreError  "could not read '<where>' in '<file>': <why>; ..."
  [[noreturn]] void refuse(const std::string& where, const std::string& why) const;
  /// Where a linked member lies. @throws StoreError  not in the folder of this file or below it
  std::filesystem::path member_file(const std::string& name, const std::string& group) const;

 private:
  std::string below_root(const std::string& where) const {
    return where == "/" && !root.empty() ? root : root + where;
  }
  /// The file that holds `where`, and its path there: a linked member's own file, else this one.
  std::pair<const State*, std::string> locate(const std::string& where) const;
  bool stands(const std::string& where) const;
  Hdf5Handle checked(const std::string& where) const;
  void check_dataset(hid_t dataset, const std::string& where) const;
  void check_texts(hid_t dataset, const std::string& where, std::uint64_t count) const;
};

/// Deepest group of a result, and most groups and datasets.
inline constexpr int deepest = 16;
inline constexpr std::size_t most_objects = 10'000'000;

}  // namespace spillway
