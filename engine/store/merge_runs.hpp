// Many results in one file: every member's groups copied whole with its checksums, or linked where it lies.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/store/run_record.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

/// One result on its way into a merged file.
struct MemberRun {
  std::string name;  ///< of its group: /members/<name>
  std::filesystem::path file;
  std::vector<Attribute> attributes;  ///< put on its group, for instance the values of a sweep's keys
};

struct MergeOptions {
  /// copy: every value stands in the merged file. link: it refers to the members by their names relative to
  /// it (HDF5's external links), as quick for large members as for small ones; a member that goes is an error
  /// when it is read.
  enum class How { copy, link } how = How::copy;
  Parallelism parallelism;  ///< of the verification
  /// What keeps an opened member out of this merge, "" where nothing does; called in the order of the
  /// members.
  std::function<std::string(const MemberRun&, const RunReader&)> objection;
  std::function<bool()> interrupted;  ///< asked between members
};

/// Put every member under /members/<name> of `output`, whole under its name or absent. The copies' checksums
/// stand in its manifest, the sums of linked members on their groups, so that `spillway inspect --verify`
/// proves either.
///
/// Every member is verified before anything is written.
/// @param run  attributes of the merged file's /run beside the usual ones, which are those of the first
/// member
/// @throws InputError  members that are missing, not complete, damaged or objected to: all of them, named
/// @throws StoreError  the output cannot be written; a former one is untouched
/// @throws Interrupted  options.interrupted() said so; nothing is left behind
void merge_runs(const std::vector<MemberRun>& members, const std::filesystem::path& output,
                const std::vector<Attribute>& run, const MergeOptions& options = {});

}  // namespace spillway
