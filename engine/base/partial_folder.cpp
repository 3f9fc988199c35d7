#include "engine/base/partial_folder.hpp"

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/base/files.hpp"

namespace spillway {

PartialFolder::PartialFolder(const std::filesystem::path& final_name)
    : final_(link_target(final_name.has_filename() ? final_name : final_name.parent_path())),  // "pack/"
      partial_(temporary_beside(final_)) {
  if (final_.empty()) throw InputError("the name of the new folder is empty; give it one");
  std::error_code error;
  std::filesystem::remove_all(partial_, error);
  if (!std::filesystem::create_directories(partial_, error))
    throw StoreError(fmt::format("cannot create the folder '{}': {}", partial_.string(), error.message()));
}

PartialFolder::~PartialFolder() {
  std::error_code error;
  if (!finished_) std::filesystem::remove_all(partial_, error);
}

void PartialFolder::finish() {
  std::error_code error;
  sync_to_disk(partial_);
  std::filesystem::rename(partial_, final_, error);  // replaces an empty folder
  if (error)
    throw StoreError(
        fmt::format("cannot rename '{}' to '{}': {}", partial_.string(), final_.string(), error.message()));
  finished_ = true;
  sync_to_disk(final_.has_parent_path() ? final_.parent_path() : ".");
}

}  // namespace spillway
