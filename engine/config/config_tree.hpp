// A configuration as a plain tree: what stands where, on which line. toml++ stays behind read_toml.cpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"

namespace spillway {

/// One value of a TOML file with the line it stands on.
struct ConfigNode {
  enum class Kind { text, integer, number, flag, date, list, table };

  Kind kind = Kind::table;
  std::string key;   ///< name within its table; empty in lists
  std::string text;  ///< the text or date, or a scalar as it would be written
  std::int64_t integer = 0;
  double number = 0.0;  ///< of integers too
  bool flag = false;
  std::vector<ConfigNode> children;  ///< of a list in order; of a table by name
  long line = 0;                     ///< 1-based; 0: from an override
  std::string origin;                ///< empty: the file; else the override, "--set run.seed=7"

  /// The child of that name, or nullptr.
  const ConfigNode* find(const std::string& name) const;
  ConfigNode* find(const std::string& name);
};

/// The value as a message shows it: scalars as written, "[...]" for lists, "{...}" for tables.
std::string shown(const ConfigNode& node);

/// The line where a TOML text is nested more deeply than anything of ours: dots of one key, brackets within
/// brackets; 0: nowhere. Asked before a parser that recurses once a level sees the text.
long too_deep_toml(std::string_view text);
/// @throws InputError  it is
void refuse_deep_toml(std::string_view text, const std::string& file);

/// An override as the comment that a configuration's text keeps of it; further lines begin with "#   ".
std::string override_comment(const std::string& assignment);

/// Parse TOML. @throws InputError  not TOML; names the line and what was expected there
ConfigNode parse_toml(const std::string& text, const std::filesystem::path& file);

/// Apply one `key=value` to the tree; models and scenarios are addressed by name.
///
/// The value is TOML; what is not TOML and does not begin like a TOML string, list or table is text.
/// @param faults  receives what is wrong with the override; the tree is then left as it was
void apply_override(ConfigNode& root, const std::string& assignment, std::vector<Fault>& faults);

}  // namespace spillway
