// The files that a command reads and writes, held against each other before any work.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace spillway::cli {

/// No output of a command may be one of its inputs, or another of its outputs: whatever names, links or hard
/// links lead to the file. Devices, pipes and "-" are nobody's file.
class NamedFiles {
 public:
  /// Empty names are nobody's file too.
  void reads(const std::filesystem::path& file);
  /// A pack's folder: its manifest and every file that it lists.
  void reads_pack(const std::filesystem::path& folder);
  /// A result and the results that it links to.
  void reads_result(const std::filesystem::path& file);
  /// @param flag  what named it: "--json"
  void writes(const std::string& flag, const std::filesystem::path& file);

  /// @throws InputError  names both; an output that is a folder
  /// @throws StoreError  an output's folder does not exist
  void check() const;

  /// Whether a check has refused this file's name: nothing may be written there, a list of faults neither.
  static bool refused(const std::filesystem::path& file);

 private:
  struct Output {
    std::string flag;
    std::filesystem::path file;
  };
  static void require_folder(const Output& output);

  std::vector<std::filesystem::path> inputs_;
  std::vector<Output> outputs_;
};

/// The folder of the pack that a result was made from, as its configuration names it; empty where that cannot
/// be told.
std::filesystem::path pack_of(const std::filesystem::path& result);

/// Whether two names are of one file: the same file on disk, or the same place where there is none yet.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace spillway::cli
