// Whether a result is that of a sweep's member: its configuration, seed and data, by the same build as the
// others.
#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

class MemberCheck {
 public:
  /// What keeps `result` out of the sweep, "" where nothing does. The first one called sets the build for
  /// all, and the first of each data pack the pack's contents.
  /// @param config  the member's TOML file
  /// @throws InputError  the configuration cannot be read
  std::string objection(const std::string& member, const std::filesystem::path& config,
                        const RunReader& result);

  /// The instruction sets of all that were asked about; results of two differ in the last digits.
  const std::set<std::string>& instruction_sets() const noexcept { return instruction_sets_; }

 private:
  struct Said {
    std::string member, value;
  };
  Said build_;
  std::map<std::string, std::map<std::string, Said>> inputs_;  // pack -> role -> SHA-256
  std::set<std::string> instruction_sets_;
};

}  // namespace spillway::studies
