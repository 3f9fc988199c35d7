#include "engine/base/partial_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "engine/base/error.hpp"
#include "engine/base/files.hpp"
#include "engine/base/linux.hpp"
#include "engine/base/write_beside.hpp"

namespace spillway {

PartialFolder::PartialFolder(const std::filesystem::path& final_name)
    : final_(link_target(final_name.has_filename() ? final_name : final_name.parent_path())),  // "pack/"
      partial_(temporary_beside(final_)) {
  if (final_.empty()) throw InputError("the name of the new folder is empty; give it one");
  std::error_code error;
  std::filesystem::remove_all(partial_, error);
  if (!std::filesystem::create_directories(partial_, error))
    throw StoreError(fmt::format("cannot create the folder '{}': {}", partial_.string(), error.message()));
  for (Descriptor& spare : spare_) {
    spare = Descriptor(::open(partial_.c_str(), O_RDONLY | O_CLOEXEC));
    if (spare) continue;
    const int reason = errno;
    std::filesystem::remove(partial_, error);
    throw StoreError(fmt::format("could not write '{}': {}", final_.string(), std::strerror(reason)));
  }
}

PartialFolder::~PartialFolder() {
  std::error_code error;
  for (Descriptor& spare : spare_) spare.close();
  if (!finished_) std::filesystem::remove_all(partial_, error);
}

AddedFiles::AddedFiles(const std::filesystem::path& folder) : folder_(folder) {
  std::error_code error;
  made_ = std::filesystem::create_directories(folder, error);
  if (error) throw StoreError(fmt::format("cannot make folder '{}': {}", folder.string(), error.message()));
}

AddedFiles::~AddedFiles() {
  std::error_code error;
  for (const File& file : files_) {
    if (file.state == File::exchanged && !rename_file(file.temporary, file.name, Renaming::exchange))
      continue;
    if (file.state != File::replaced) discard(file.state == File::added ? file.name : file.temporary);
  }
  if (made_) std::filesystem::remove(folder_, error);  // where it is empty
}

void AddedFiles::write(const std::string& name, std::string_view bytes) {
  const auto path = folder_ / name, target = link_target(path);
  std::error_code error;
  const auto place = [&](const std::filesystem::path& of) {
    return std::filesystem::weakly_canonical(of.has_parent_path() ? of.parent_path() : ".", error) /
           of.filename();
  };
  for (const File& file : files_)
    if (place(file.name) == place(target))
      throw InputError(
          fmt::format("'{}' would be written to '{}', where another of these files goes: one would take the "
                      "other's place (remove the link, or write into another folder)",
                      path.string(), target.string()));
  const auto temporary = write_beside(path, {bytes});
  if (!temporary.empty()) files_.push_back({temporary, target});
}

void AddedFiles::keep() {
  for (File& file : files_) {
    if (rename_file(file.temporary, file.name, Renaming::exchange)) {
      file.state = File::exchanged;
      continue;
    }
    std::error_code error;
    const bool former = std::filesystem::exists(std::filesystem::symlink_status(file.name, error));
    std::filesystem::rename(file.temporary, file.name, error);
    if (error)
      throw StoreError(fmt::format("could not give '{}' its name: {}", file.name.string(), error.message()));
    file.state = former ? File::replaced : File::added;
  }
  for (const File& file : files_) sync_to_disk(file.name.parent_path());
  bool removed = false;  // the first one can still be given back; where a later one stays, all are new
  for (const File& file : files_) {
    std::error_code error;
    if (file.state != File::exchanged) continue;
    std::filesystem::remove(file.temporary, error);
    if (error && !removed)
      throw StoreError(
          fmt::format("could not remove the former '{}': {}", file.name.string(), error.message()));
    removed = true;
  }
  files_.clear();
  made_ = false;
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
