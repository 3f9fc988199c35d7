#include "tools/cli/named_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "engine/base/error.hpp"
#include "engine/base/files.hpp"
#include "engine/data/pack/manifest.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {
std::vector<std::filesystem::path>& refused_files() {
  static std::vector<std::filesystem::path> files;
  return files;
}

std::filesystem::path place_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto from_root = std::filesystem::absolute(link_target(file), error);
  if (error) return file.lexically_normal();
  const auto place = std::filesystem::weakly_canonical(from_root, error);
  return error ? file.lexically_normal() : place;
}
}  // namespace

bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  if (a.empty() || b.empty()) return false;
  struct stat of_a {
  }, of_b{};
  const bool a_there = ::stat(a.c_str(), &of_a) == 0, b_there = ::stat(b.c_str(), &of_b) == 0;
  if (a_there != b_there) return false;
  if (!a_there) return place_of(a) == place_of(b);
  return of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino &&
         (S_ISREG(of_a.st_mode) || S_ISDIR(of_a.st_mode));
}

std::filesystem::path pack_of(const std::filesystem::path& result) {
  try {
    return studies::stored_config(RunReader(result)).pack;
  } catch (const std::exception&) {
    return {};
  }
}

void NamedFiles::reads(const std::filesystem::path& file) {
  if (!file.empty()) inputs_.push_back(file);
}

void NamedFiles::reads_pack(const std::filesystem::path& folder) {
  std::error_code error;
  const auto manifest = folder / "pack.toml";
  if (folder.empty() || !std::filesystem::is_regular_file(manifest, error)) return;
  reads(manifest);
  try {
    std::vector<Fault> faults;  // the reader of the pack tells them
    for (const auto& listed :
         parse_manifest(read_file(manifest, "manifest"), manifest.string(), faults).files)
      reads(folder / listed.input.path);
  } catch (const std::exception&) {
    // no manifest to go by, and no pack to be read either
  }
}

void NamedFiles::reads_result(const std::filesystem::path& file) {
  reads(file);
  if (!studies::is_result_file(file.string())) return;
  try {
    const RunReader reader(file);
    if (!reader.has("/members")) return;
    for (const std::string& member : reader.children("/members"))
      if (const std::string group = "/members/" + member; reader.has_attribute(group, linked_file))
        reads(file.parent_path() / reader.attribute_as<std::string>(group, linked_file));
  } catch (const std::exception&) {
    // whoever reads it says what is wrong with it
  }
}

void NamedFiles::writes(const std::string& flag, const std::filesystem::path& file) {
  if (!file.empty() && file != "-") outputs_.push_back({flag, file});
}

/// Said before the work rather than after it.
void NamedFiles::require_folder(const Output& output) {
  std::error_code error;
  const std::filesystem::path folder = link_target(output.file).parent_path();
  if (output.flag.starts_with("--") && !folder.empty() && !std::filesystem::is_directory(folder, error))
    throw StoreError(
        fmt::format("could not write '{}': there is no folder '{}'; create it or choose another {}",
                    output.file.string(), folder.string(), output.flag));
}

void NamedFiles::check() const {
  std::vector<Fault> faults;
  const auto refuse = [&](const std::filesystem::path& output, const std::string& what) {
    faults.push_back({"", 0, "", "", what});
    refused_files().push_back(output);
  };
  for (const auto& input : inputs_)  // `>>`
    for (const auto& [file, stream] :
         {std::pair{"/dev/stdout", "standard output"}, {"/dev/stderr", "standard error"}})
      if (same_file(file, input))
        refuse(file, fmt::format("{} goes to the end of an input ('{}'); send it elsewhere", stream,
                                 input.string()));
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const Output& output = outputs_[k];
    check_target(output.file, Target::text);
    require_folder(output);
    for (const auto& input : inputs_)
      if (same_file(output.file, input)) {
        refuse(output.file,
               fmt::format("{} '{}' is also an input ('{}'), which it would replace; choose another name",
                           output.flag, output.file.string(), input.string()));
        break;
      }
    for (std::size_t other = 0; other < k; ++other)
      if (same_file(output.file, outputs_[other].file))
        refuse(output.file,
               fmt::format("{} and {} are the same file, '{}'; choose another name for one of them",
                           outputs_[other].flag, output.flag, output.file.string()));
  }
  if (!faults.empty()) throw InputError(std::move(faults));
}

bool NamedFiles::refused(const std::filesystem::path& file) {
  const std::filesystem::path named = file == "-" ? "/dev/stdout" : file;
  return std::any_of(refused_files().begin(), refused_files().end(),
                     [&](const auto& other) { return same_file(named, other); });
}

}  // namespace spillway::cli
