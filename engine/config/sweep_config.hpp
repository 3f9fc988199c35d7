// Grids of configurations: one TOML a member, written from a configuration and its overrides.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace spillway {

/// One key of a grid and the values that it takes, each as TOML.
struct SweepAxis {
  std::string key;
  std::vector<std::string> values;
};

/// "key=[v1, v2]": a list is the axis; any other value, one point. A key that holds a list takes a list of
/// lists.
/// @throws InputError  no '=', not TOML, or an empty list
SweepAxis sweep_axis(const std::string& assignment);

/// Every combination, the last axis fastest, each as "key=value" in the axes' order; one empty member without
/// axes.
std::vector<std::vector<std::string>> sweep_grid(const std::vector<SweepAxis>& axes);

/// The configuration with the overrides applied, as TOML that reads back to the same values: lists of places
/// by their whole path. Comments are lost.
/// @throws InputError  the file is not TOML, or an override names nothing; StoreError  it cannot be read
std::string overridden_toml(const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// A configuration's text with the overrides applied, as TOML without comments, tables and keys by name, and
/// without what `left_out` names: "store", or one key, "run.name". Two that say the same are the same text.
std::string toml_without(const std::string& text, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& left_out);

/// A text as a TOML string on one line, whatever it holds.
std::string toml_text(const std::string& text);

}  // namespace spillway
