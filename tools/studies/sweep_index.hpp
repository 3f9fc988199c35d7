// index.json of a sweep's folder: its members and their files.
#pragma once
#include <string>
#include <vector>

namespace spillway::studies {

constexpr const char* sweep_index_file = "index.json";

/// One cell of the grid; its files lie in the sweep's folder.
struct SweepMember {
  std::string name;                   ///< "0001"
  std::string config, result;         ///< names of files
  std::vector<std::string> settings;  ///< key=value, in the order of the axes
  std::string settings_text() const;  ///< as the index has them
  bool operator==(const SweepMember&) const = default;
};

/// What a sweep's folder holds.
struct SweepIndex {
  std::string config;  ///< the file that the grid was written from
  std::vector<SweepMember> members;
  bool operator==(const SweepIndex&) const = default;
};

std::string format_sweep_index(const SweepIndex& index);

/// @param file  for messages
/// @throws InputError  it is damaged, names a file elsewhere, or one file for two things
SweepIndex parse_sweep_index(const std::string& text, const std::string& file);

}  // namespace spillway::studies
