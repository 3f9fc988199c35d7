#include "engine/config/sweep_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/files.hpp"
#include "engine/base/text.hpp"
#include "engine/config/config_tree.hpp"

namespace spillway {

namespace {

std::string key_text(const std::string& key) {
  const bool bare = !key.empty() && key.find_first_not_of(
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
                                        std::string::npos;
  return bare ? key : toml_text(key);
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const std::string text = fmt::format("{}", value);  // shortest that reads back
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

/// A value on one line.
std::string value_text(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::text:
      return toml_text(node.text);
    case ConfigNode::Kind::integer:
      return fmt::format("{}", node.integer);
    case ConfigNode::Kind::number:
      return number_text(node.number);
    case ConfigNode::Kind::flag:
      return node.flag ? "true" : "false";
    case ConfigNode::Kind::date:
      return node.text;
    default:
      break;
  }
  const bool list = node.kind == ConfigNode::Kind::list;
  std::string text;
  for (const ConfigNode& child : node.children)
    text += (text.empty() ? "" : ", ") +
            (list ? value_text(child) : key_text(child.key) + " = " + value_text(child));
  return list ? "[" + text + "]" : "{ " + text + " }";
}

bool is_list_of_tables(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::list || node.children.empty()) return false;
  for (const ConfigNode& child : node.children)
    if (child.kind != ConfigNode::Kind::table) return false;
  return true;
}

std::string entries(const ConfigNode& table) {
  std::string text;
  for (const ConfigNode& child : table.children)
    text += fmt::format("{} = {}\n", key_text(child.key), value_text(child));
  return text;
}

std::string document(const ConfigNode& root) {
  std::string plain, tables;
  for (const ConfigNode& child : root.children) {
    if (child.kind == ConfigNode::Kind::table)
      tables += fmt::format("\n[{}]\n{}", key_text(child.key), entries(child));
    else if (is_list_of_tables(child))
      for (const ConfigNode& entry : child.children)
        tables += fmt::format("\n[[{}]]\n{}", key_text(child.key), entries(entry));
    else
      plain += fmt::format("{} = {}\n", key_text(child.key), value_text(child));
  }
  return plain + tables;
}

/// Lists of places are named relative to the configuration, and a member stands in another folder: targets
/// and groupings.
void make_lists_absolute(ConfigNode& node, const std::filesystem::path& folder) {
  const auto absolute = [&](const std::string& list) {
    return std::filesystem::absolute(folder / list).lexically_normal().string();
  };
  const auto of_text = [&](ConfigNode& one) {
    if (one.kind == ConfigNode::Kind::text && one.text.starts_with("list:") && one.text.size() > 5)
      one.text = "list:" + absolute(one.text.substr(5));
  };
  for (ConfigNode& child : node.children) {
    if (child.key == "groupings") {
      for (ConfigNode& grouping : child.children) of_text(grouping);
    } else if (child.key != "target" && !child.key.ends_with("_target")) {
      make_lists_absolute(child, folder);
    } else if (ConfigNode* list = child.find("list"); list && list->kind == ConfigNode::Kind::text) {
      if (!list->text.empty()) list->text = absolute(list->text);
    } else {
      of_text(child);
    }
  }
}

}  // namespace

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04x}", byte);
    else
      out += c;
  }
  return out + "\"";
}

SweepAxis sweep_axis(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError(
        fmt::format("--set {}: has no value; write --set section.key=[value, value]", assignment));
  SweepAxis axis{assignment.substr(0, equals), {}};
  const std::string value = assignment.substr(equals + 1);
  const std::size_t first = value.find_first_not_of(" \t");
  if (first == std::string::npos || value[first] != '[') {
    axis.values = {value};
    return axis;
  }
  const ConfigNode root = parse_toml("value = " + value, "--set " + assignment);
  for (const ConfigNode& point : root.find("value")->children) axis.values.push_back(value_text(point));
  if (axis.values.empty())
    throw InputError(fmt::format("--set {}: lists no value (a grid needs at least one)", assignment));
  for (auto one = axis.values.begin(); one != axis.values.end(); ++one)
    if (std::find(axis.values.begin(), one, *one) != one)
      throw InputError(fmt::format(
          "--set {}: lists {} twice, which would be two equal members of the grid; list each value once",
          assignment, *one));
  return axis;
}

std::vector<std::vector<std::string>> sweep_grid(const std::vector<SweepAxis>& axes) {
  constexpr std::size_t most = 10'000;
  std::size_t count = 1;
  for (const SweepAxis& axis : axes) {
    count *= axis.values.size();
    if (count > most)
      throw InputError(
          fmt::format("the grid has more than {} members by the axis '{}' (its axes multiply; "
                      "leave out values or sweep in parts)",
                      most, shown_text(axis.key)));
  }
  std::vector<std::vector<std::string>> members(1);
  for (const SweepAxis& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& member : members)
      for (const std::string& value : axis.values) {
        longer.push_back(member);
        longer.back().push_back(axis.key + "=" + value);
      }
    members = std::move(longer);
  }
  return members;
}

std::string overridden_toml(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  ConfigNode root = parse_toml(read_file(file, "configuration"), file);
  std::vector<Fault> faults;
  for (const std::string& assignment : overrides) apply_override(root, assignment, faults);
  if (!faults.empty()) throw InputError(faults);
  for (const char* section : {"scenario", "outcomes"})
    if (ConfigNode* found = root.find(section)) make_lists_absolute(*found, file.parent_path());
  return document(root);
}

std::string toml_without(const std::string& text, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& left_out) {
  ConfigNode root = parse_toml(text, "configuration");
  std::vector<Fault> faults;
  for (const std::string& assignment : overrides) apply_override(root, assignment, faults);
  if (!faults.empty()) throw InputError(faults);
  for (const std::string& path : left_out) {
    const auto dot = path.find('.');
    ConfigNode* table = dot == std::string::npos ? &root : root.find(path.substr(0, dot));
    if (table != nullptr)
      std::erase_if(table->children, [&](const ConfigNode& child) {
        return child.key == (dot == std::string::npos ? path : path.substr(dot + 1));
      });
  }
  return document(root);
}

}  // namespace spillway
