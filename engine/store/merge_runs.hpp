// Many results in one file: every member's groups copied whole, with its checksums.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/store/run_record.hpp"

namespace spillway {

/// One result on its way into a merged file.
struct MemberRun {
  std::string name;                   ///< of its group: /members/<name>
  std::filesystem::path file;
  std::vector<Attribute> attributes;  ///< put on its group, for instance the values of a sweep's keys
};

/// Copy every member to /members/<name> of `output`, whole under its name or absent, and keep their checksums in its
/// manifest, so that `spillway inspect --verify` proves the copy.
///
/// Every member is verified before anything is written.
/// @param run  attributes of the merged file's /run beside the usual ones, which are those of the first member
/// @throws InputError  members that are missing, not complete or damaged: all of them, named
/// @throws StoreError  the output cannot be written; a former one is untouched
void merge_runs(const std::vector<MemberRun>& members, const std::filesystem::path& output, const std::vector<Attribute>& run);

}  // namespace spillway
