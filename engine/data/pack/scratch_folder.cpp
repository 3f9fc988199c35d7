#include "engine/data/pack/scratch_folder.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <string>

#include "engine/base/error.hpp"

namespace spillway {

ScratchFolder::ScratchFolder() {
  const std::filesystem::path parent = std::filesystem::temp_directory_path();
  std::string name = (parent / "spillway-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw StoreError(fmt::format("cannot create a temporary folder in '{}'", parent.string()));
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

}  // namespace spillway
