// TOML text and `--set` overrides to a ConfigNode tree.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

#include "engine/config/config_tree.hpp"

namespace spillway {

namespace {

template <typename T>
std::string written(const T& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

ConfigNode node_of(const toml::node& value) {
  ConfigNode node;
  node.line = static_cast<long>(value.source().begin.line);
  if (const auto* text = value.as_string()) {
    node.kind = ConfigNode::Kind::text;
    node.text = text->get();
  } else if (const auto* integer = value.as_integer()) {
    node.kind = ConfigNode::Kind::integer;
    node.integer = integer->get();
    node.number = static_cast<double>(integer->get());
    node.text = fmt::format("{}", integer->get());
  } else if (const auto* number = value.as_floating_point()) {
    node.kind = ConfigNode::Kind::number;
    node.number = number->get();
    node.text = fmt::format("{}", number->get());
  } else if (const auto* flag = value.as_boolean()) {
    node.kind = ConfigNode::Kind::flag;
    node.flag = flag->get();
    node.text = flag->get() ? "true" : "false";
  } else if (const auto* list = value.as_array()) {
    node.kind = ConfigNode::Kind::list;
    for (const auto& item : *list) node.children.push_back(node_of(item));
  } else if (const auto* table = value.as_table()) {
    node.kind = ConfigNode::Kind::table;
    for (const auto& [key, item] : *table) {
      ConfigNode child = node_of(item);
      child.key = std::string(key.str());
      if (key.source().begin.line > 0) child.line = static_cast<long>(key.source().begin.line);
      node.children.push_back(std::move(child));
    }
  } else {
    node.kind = ConfigNode::Kind::date;
    if (const auto* date = value.as_date()) node.text = written(date->get());
    if (const auto* time = value.as_time()) node.text = written(time->get());
    if (const auto* both = value.as_date_time()) node.text = written(both->get());
  }
  return node;
}

void mark_origin(ConfigNode& node, const std::string& origin) {
  node.line = 0;
  node.origin = origin;
  for (auto& child : node.children) mark_origin(child, origin);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string> split_at_dots(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (auto& part : parts) part = trimmed(part);
  return parts;
}

/// What to write in place of a path of Windows in quotes: "C:\Users\me" is not TOML.
std::string backslashes_in(std::string value) {
  const bool escapes = value.size() > 2 && value.front() == '"' && value.back() == '"' &&
                       value.find('\\') != std::string::npos;
  if (!escapes) return "";
  std::replace(value.begin(), value.end(), '\\', '/');
  return fmt::format("; write paths with /: {}", value);
}

/// The value of an override: TOML, or a bare word.
bool override_value(const std::string& text, ConfigNode& node, std::string& why) {
  if (too_deep_toml(text) > 0) {
    why = "is nested too deeply";
    return false;
  }
  try {
    const auto table = toml::parse("value = " + text);
    if (table.size() == 1 && table.contains("value")) {
      node = node_of(*table.get("value"));
      const bool scalar = node.kind != ConfigNode::Kind::list && node.kind != ConfigNode::Kind::table;
      if (scalar && node.kind != ConfigNode::Kind::text)
        node.text = text;  // a name such as 2026 or 1.0 as typed
      return true;
    }
    why = "holds more than one value";
  } catch (const toml::parse_error& error) {
    why = fmt::format("is not TOML: {}{}", error.description(), backslashes_in(text));
  }
  if (text.empty() || std::string("\"'[{").find(text.front()) != std::string::npos ||
      text.find('\n') != std::string::npos)
    return false;
  node = ConfigNode{};
  node.kind = ConfigNode::Kind::text;
  node.text = text;
  return true;
}

/// Entry of a list of tables ([[model]], [[scenario]]) by its `name`.
ConfigNode* entry_named(ConfigNode& list, const std::string& name) {
  for (auto& entry : list.children)
    if (const ConfigNode* its = entry.find("name"); its && its->text == name) return &entry;
  return nullptr;
}

std::vector<std::string> names_of(const ConfigNode& list) {
  std::vector<std::string> names;
  for (const auto& entry : list.children)
    if (const ConfigNode* its = entry.find("name")) names.push_back(its->text);
  return names;
}

}  // namespace

const ConfigNode* ConfigNode::find(const std::string& name) const {
  for (const auto& child : children)
    if (kind == Kind::table && child.key == name) return &child;
  return nullptr;
}

ConfigNode* ConfigNode::find(const std::string& name) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(name));
}

std::string shown(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::table) return "{...}";
  if (node.kind != ConfigNode::Kind::list) return node.text;
  std::string text = "[";
  for (const auto& child : node.children) {
    if (text.size() > 1) text += ", ";
    if (text.size() > 60) return text + "...]";
    text += shown(child);
  }
  return text + "]";
}

long too_deep_toml(std::string_view text) {
  constexpr int most_brackets = 32, most_dots = 32;
  int brackets = 0, dots = 0;
  long line = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size()) - 1;
    } else if (c == '"' || c == '\'') {
      const std::string_view three = text.substr(at, 3);
      const bool many = three.size() == 3 && three[1] == c && three[2] == c;
      for (at += many ? 3 : 1; at < text.size(); ++at) {
        if (text[at] == '\n') ++line;
        if (text[at] == '\n' && !many) break;
        if (text[at] == '\\' && c == '"') {
          if (++at < text.size() && text[at] == '\n') ++line;
        } else if (text[at] == c && (!many || (text.substr(at, 3) == three))) {
          at += many ? 2 : 0;
          break;
        }
      }
    } else if (c == '[' || c == '{') {
      dots = 0;
      if (++brackets > most_brackets) return line;
    } else if (c == ']' || c == '}') {
      dots = 0;
      brackets = std::max(0, brackets - 1);
    } else if (c == '.') {
      if (++dots > most_dots) return line;
    } else if (c == '\n' || c == '=' || c == ',') {
      dots = 0;
    }
  }
  return 0;
}

void refuse_deep_toml(std::string_view text, const std::string& file) {
  if (const long line = too_deep_toml(text); line > 0)
    throw InputError(std::vector<Fault>{
        {file, line, "", "", "is nested too deeply; expected at most 32 tables or lists within each other"}});
}

std::string override_comment(const std::string& assignment) {
  std::string text = "# --set ";
  for (const char c : assignment) text += c == '\n' || c == '\r' ? std::string("\n#   ") : std::string(1, c);
  return text + '\n';
}

namespace {

/// What people who do not know TOML mean by a line, in words they can act on; empty: no guess.
std::string meant_by(const std::string& text, long number, const std::string& description) {
  if (text.find('\0') != std::string::npos || text.starts_with("PK") || text.starts_with("\211HDF"))
    return "it is no text file; expected a configuration, as `spillway init` writes one";
  std::string line;
  for (std::size_t at = 0, k = 1; at <= text.size(); ++k) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (static_cast<long>(k) == number) line = trimmed(text.substr(at, end - at));
    at = end + 1;
  }
  if (const auto named = description.find("existing table '"); named != std::string::npos) {
    const std::string name = description.substr(named + 16, description.find('\'', named + 16) - named - 16);
    if (line.starts_with("[["))
      return fmt::format("an earlier [{0}] is of one alone; write [[{0}]] for each, the first one too", name);
    return fmt::format("[{}] stands twice; keep one", name);
  }
  if (description.find("cannot redefine existing") != std::string::npos)
    return "the key stands twice; keep one";
  if (line.starts_with("[") && line.find(']') == std::string::npos)
    return fmt::format("the bracket is left open; write {}{}", line, line.starts_with("[[") ? "]]" : "]");
  const std::size_t equals = line.find('=');
  if (equals == std::string::npos)
    return line.find(':') != std::string::npos ? "a key and its value have = between them, not a colon"
                                               : "expected key = value or [section]";
  const std::string key = trimmed(line.substr(0, equals)),
                    value = trimmed(line.substr(equals + 1, line.find('#', equals) - equals - 1));
  static const std::regex thousands(R"([0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?)"),
      dots_or_spaces(R"([0-9]{1,3}((\.[0-9]{3}){2,}|( [0-9]{3})+))"), decimal("[0-9]+,[0-9]+"),
      percent(R"(([0-9]+(\.[0-9]+)?) ?%)"), word("[A-Za-z][A-Za-z0-9_ .-]*");
  std::smatch found;
  if (value.empty()) return fmt::format("{} has no value", key);
  if (std::regex_match(value, thousands)) {
    std::string plain = value;
    std::erase(plain, ',');
    return fmt::format("numbers have no commas; write {} = {}", key, plain);
  }
  if (std::regex_match(value, dots_or_spaces)) {
    std::string plain = value;
    std::erase_if(plain, [](char c) { return c == '.' || c == ' '; });
    return fmt::format("numbers have nothing between thousands; write {} = {}", key, plain);
  }
  if (std::regex_match(value, decimal)) {
    std::string point = value;
    point[point.find(',')] = '.';
    return fmt::format("decimals have a point; write {} = {}", key, point);
  }
  if (std::regex_match(value, found, percent))
    return fmt::format("a share is a number; write {} = {:g}", key, std::stod(found[1].str()) / 100.0);
  std::string lower = value;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "true" || lower == "false") return fmt::format("write {} = {}", key, lower);
  if (lower == "yes" || lower == "no")
    return fmt::format("write {} = {}", key, lower == "yes" ? "true" : "false");
  if (std::regex_match(value, word))
    return fmt::format("texts stand in quotes; write {} = \"{}\"", key, value);
  if (const std::string remedy = backslashes_in(value); !remedy.empty())
    return "a backslash begins a special character" + remedy;
  if (std::count(value.begin(), value.end(), '"') % 2 == 1) return "a quote is left open";
  return "";
}

}  // namespace

ConfigNode parse_toml(const std::string& text, const std::filesystem::path& file) {
  refuse_deep_toml(text, file.string());
  try {
    return node_of(toml::parse(text));
  } catch (const toml::parse_error& error) {
    Fault fault;
    fault.file = file.string();
    fault.line = static_cast<long>(error.source().begin.line);
    const std::string meant = meant_by(text, fault.line, std::string(error.description()));
    fault.what = fmt::format("is not TOML: {}", meant.empty() ? std::string(error.description()) : meant);
    throw InputError(std::vector<Fault>{fault});
  }
}

/// Where a key stands that was named alone: a parameter that a scenario sets
/// ("scenario.fund.parameters.share"), else the first section that knows it; empty: nowhere.
std::string whole_key(const ConfigNode& root, const std::string& key) {
  if (const ConfigNode* scenarios = root.find("scenario"))
    for (const ConfigNode& scenario : scenarios->children) {
      const ConfigNode *name = scenario.find("name"), *parameters = scenario.find("parameters");
      if (name && parameters && parameters->find(key))
        return fmt::format("scenario.{}.parameters.{}", name->text, key);
    }
  for (const auto& [section, keys] : section_keys())
    if (!section.empty() && section != "model" && section != "scenario" &&
        std::find(keys.begin(), keys.end(), key) != keys.end())
      return section + "." + key;
  return "";
}

void apply_override(ConfigNode& root, const std::string& assignment, std::vector<Fault>& faults) {
  const std::string origin = "--set " + assignment;
  const auto fail = [&](const std::string& column, const std::string& what) {
    Fault fault;
    fault.file = origin;
    fault.column = column;
    fault.what = what;
    faults.push_back(std::move(fault));
  };

  const auto equals = assignment.find('=');
  if (equals == std::string::npos) return fail("", "has no value; write --set section.key=value");
  const std::string path = trimmed(assignment.substr(0, equals));
  constexpr long most_parts = 16;
  if (std::count(path.begin(), path.end(), '.') >= most_parts)
    return fail(path, fmt::format("has more than {} parts; no key of ours has", most_parts));
  const std::vector<std::string> parts = split_at_dots(path);
  for (const auto& part : parts)
    if (part.empty() || parts.size() < 2) {
      const std::string whole = part.empty() ? "" : whole_key(root, parts.back());
      return fail(path, whole.empty()
                            ? "is not a key; write --set section.key=value, for example --set run.seed=7"
                            : fmt::format("is not a key; did you mean --set {}=...?", whole));
    }
  if (parts.front() == "parameters")
    if (const std::string whole = whole_key(root, parts.back()); !whole.empty())
      return fail(path, fmt::format("is not a key; did you mean --set {}=...?", whole));

  ConfigNode value;
  std::string why;
  if (!override_value(trimmed(assignment.substr(equals + 1)), value, why)) return fail(path, why);

  ConfigNode changed = root;  // left alone where the path turns out wrong half-way
  ConfigNode* at = &changed;
  std::string walked;
  for (std::size_t k = 0; k + 1 < parts.size(); ++k) {
    walked += (k ? "." : "") + parts[k];
    ConfigNode* next = at->find(parts[k]);
    if (k == 0 && (parts[0] == "model" || parts[0] == "scenario")) {
      if (parts.size() < 3)
        return fail(path, fmt::format("needs a name and a key; write --set {}.NAME.key=value", parts[0]));
      ConfigNode* entry =
          next && next->kind == ConfigNode::Kind::list ? entry_named(*next, parts[1]) : nullptr;
      if (!entry) {
        const auto names = next ? names_of(*next) : std::vector<std::string>{};
        const std::string near = nearest_word(parts[1], names);
        return fail(
            walked + "." + parts[1],
            names.empty() ? fmt::format("no {0} of that name; the configuration defines no [[{0}]]", parts[0])
            : near.empty() ? fmt::format("no {} of that name; there are {}", parts[0], fmt::join(names, ", "))
                           : fmt::format("no {} of that name; did you mean '{}'?", parts[0], near));
      }
      at = entry;
      walked += "." + parts[1];
      ++k;
      continue;
    }
    if (!next) {
      ConfigNode table;
      table.key = parts[k];
      table.origin = origin;
      at->children.push_back(std::move(table));
      next = &at->children.back();
    } else if (ConfigNode* entry = next->kind == ConfigNode::Kind::list && k + 2 < parts.size()
                                       ? entry_named(*next, parts[k + 1])
                                       : nullptr) {
      walked += "." + parts[++k];  // a list of tables within one: scenario.NAME.outcome.NAME
      next = entry;
    } else if (next->kind != ConfigNode::Kind::table) {
      return fail(path, fmt::format("'{}' is {}, which has no keys", walked, shown(*next)));
    }
    at = next;
  }
  mark_origin(value, origin);
  value.key = parts.back();
  if (ConfigNode* old = at->find(value.key))
    *old = std::move(value);
  else
    at->children.push_back(std::move(value));
  root = std::move(changed);
}

}  // namespace spillway
