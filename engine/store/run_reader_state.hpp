// What a RunReader holds. Included by engine/store/*.cpp alone.
#pragma once
#include "engine/store/hdf5_handle.hpp"
#include "engine/store/run_store.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

struct RunReader::State {
  std::filesystem::path path;
  Hdf5Handle file;
  SealedFile sealed;

  bool exists(const std::string& where) const;
  /// @throws InputError  there is nothing of that path; StoreError  it cannot be opened
  Hdf5Handle dataset(const std::string& where) const;
  Hdf5Handle object(const std::string& where) const;
};

}  // namespace spillway
