#include "engine/data/pack/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/config/config_tree.hpp"
#include "engine/data/csv.hpp"

namespace spillway {

namespace {

long line_of(const toml::node& node) { return static_cast<long>(node.source().begin.line); }

/// Reads the tables of one manifest and notes every fault.
class Reader {
 public:
  Reader(const std::string& file, std::vector<Fault>& faults) : file_(file), faults_(faults) {}

  void fault(long line, const std::string& key, const std::string& value, const std::string& what) {
    faults_.push_back({file_, line, key, value, what});
  }

  void only(const toml::table& table, const std::vector<std::string>& known) {
    for (const auto& [key, node] : table) {
      const std::string word(key.str());
      if (std::find(known.begin(), known.end(), word) != known.end()) continue;
      const std::string near = nearest_word(word, known);
      fault(static_cast<long>(key.source().begin.line), word, "",
            near.empty() ? fmt::format("unknown key; expected one of {}", fmt::join(known, ", "))
                         : fmt::format("unknown key; did you mean '{}'?", near));
    }
  }

  std::string text(const toml::table& table, const std::string& key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    if (const auto value = node->value_exact<std::string>()) return *value;
    fault(line_of(*node), key, "", "not a text; expected \"...\" in quotes");
    return {};
  }

  /// A text or a whole number, as text: years are written either way.
  std::string text_or_integer(const toml::table& table, const std::string& key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    if (const auto value = node->value_exact<std::int64_t>()) return std::to_string(*value);
    return text(table, key);
  }

  /// A list of texts; nothing where the key is absent.
  std::optional<std::vector<std::string>> texts(const toml::table& table, const std::string& key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    std::vector<std::string> result;
    if (const auto* list = node->as_array()) {
      for (const auto& entry : *list)
        if (const auto value = entry.value_exact<std::string>()) result.push_back(*value);
      if (result.size() == list->size()) return result;
    }
    fault(line_of(*node), key, "", "not a list of texts; expected [\"NA\", \"..\"], or [] for none");
    return {};
  }

  const toml::table* table(const toml::table& root, const std::string& key) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return nullptr;
    if (const auto* found = node->as_table()) return found;
    fault(line_of(*node), key, "", fmt::format("not a table; expected [{}]", key));
    return nullptr;
  }

  std::vector<ManifestFile> files(const toml::table& root, const std::string& key, bool needs_role) {
    std::vector<ManifestFile> result;
    const toml::node* node = root.get(key);
    if (node == nullptr) return result;
    const auto* list = node->as_array();
    if (list == nullptr) {
      fault(line_of(*node), key, "", fmt::format("not a list of tables; expected [[{}]]", key));
      return result;
    }
    for (const auto& entry : *list) {
      const auto* one = entry.as_table();
      if (one == nullptr) {
        fault(line_of(entry), key, "", fmt::format("not a table; expected [[{}]] with path and role", key));
        continue;
      }
      std::vector<std::string> known = {"path", "sha256", "publisher", "licence", "vintage"};
      if (needs_role) known.push_back("role");
      only(*one, known);
      ManifestFile read;
      read.line = line_of(entry);
      read.input = {text(*one, "path"),    needs_role ? text(*one, "role") : "source",
                    text(*one, "sha256"),  text(*one, "publisher"),
                    text(*one, "licence"), text_or_integer(*one, "vintage")};
      if (read.input.path.empty())
        fault(read.line, "path", "", fmt::format("[[{}]] has no path; expected the name of a file", key));
      if (needs_role) check_role(*one, read);
      check_digest(*one, read.input.sha256);
      result.push_back(std::move(read));
    }
    return result;
  }

 private:
  void check_role(const toml::table& one, const ManifestFile& read) {
    const auto& roles = known_roles();
    if (read.input.role.empty()) {
      fault(read.line, "role", "",
            fmt::format("[[file]] has no role; expected one of {}", fmt::join(roles, ", ")));
    } else if (std::find(roles.begin(), roles.end(), read.input.role) == roles.end()) {
      const std::string near = nearest_word(read.input.role, roles);
      fault(line_of(*one.get("role")), "role", read.input.role,
            near.empty() ? fmt::format("unknown role; expected one of {}", fmt::join(roles, ", "))
                         : fmt::format("unknown role; did you mean '{}'?", near));
    }
  }

  void check_digest(const toml::table& one, const std::string& digest) {
    const bool whole = digest.size() == 64 && std::all_of(digest.begin(), digest.end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
                       });
    if (!digest.empty() && !whole)
      fault(line_of(*one.get("sha256")), "sha256", digest.substr(0, 70),
            "not a SHA-256 checksum; expected 64 hexadecimal digits, as sha256sum prints");
  }

  const std::string& file_;
  std::vector<Fault>& faults_;
};

void read_pack_table(const toml::table& root, Reader& reader, Manifest& manifest) {
  const toml::table* pack = reader.table(root, "pack");
  if (pack == nullptr) {
    if (root.get("pack") == nullptr)
      reader.fault(0, "pack", "", "the table [pack] is missing; expected at least name = \"...\"");
    return;
  }
  reader.only(*pack, {"name", "geography", "description", "period_years", "missing", "gaps"});
  manifest.name = reader.text(*pack, "name");
  manifest.geography = reader.text(*pack, "geography");
  manifest.description = reader.text(*pack, "description");
  manifest.missing = reader.texts(*pack, "missing");
  if (const std::string gaps = reader.text(*pack, "gaps"); gaps == "missing")
    manifest.gaps = Manifest::Gaps::missing;
  else if (!gaps.empty() && gaps != "fault")
    reader.fault(line_of(*pack->get("gaps")), "gaps", gaps, "unknown; expected \"fault\" or \"missing\"");
  if (manifest.name.empty())
    reader.fault(line_of(*pack), "name", "", "[pack] has no name; expected name = \"...\"");
  const toml::node* years = pack->get("period_years");
  if (years == nullptr) return;
  if (const auto number = years->value<double>(); number && years->is_number()) {
    manifest.period_years = *number;
    if (!(std::isfinite(*number) && *number > 0.0))
      reader.fault(line_of(*years), "period_years", fmt::format("{}", *number),
                   "not a length of time; expected years above 0, or \"uneven\"");
  } else if (const auto word = years->value_exact<std::string>(); word && *word == "uneven") {
    manifest.period_years = 0.0;
  } else {
    reader.fault(line_of(*years), "period_years", word ? *word : "", "expected years above 0, or \"uneven\"");
  }
}

void read_columns(const toml::table& root, Reader& reader, Manifest& manifest) {
  const toml::table* columns = reader.table(root, "columns");
  if (columns == nullptr) return;
  for (const auto& [key, node] : *columns) {
    const std::string name(key.str());
    const auto* one = node.as_table();
    if (one == nullptr) {
      reader.fault(line_of(node), name, "",
                   fmt::format("not a table; expected [columns.{}] with unit, description", name));
      continue;
    }
    reader.only(*one, {"unit", "description", "price_base", "kind", "carry", "missing"});
    ManifestColumn column{reader.text(*one, "unit"),
                          reader.text(*one, "description"),
                          reader.text_or_integer(*one, "price_base"),
                          reader.text(*one, "kind"),
                          line_of(node),
                          reader.text(*one, "carry"),
                          reader.texts(*one, "missing")};
    if (!column.carry.empty() && column.carry != "sum" && column.carry != "mean" &&
        column.carry != "majority")
      reader.fault(line_of(*one->get("carry")), "carry", column.carry,
                   "unknown; expected \"sum\", \"mean\" or \"majority\"");
    if (!column.kind.empty() && column.kind != "number" && column.kind != "text")
      reader.fault(line_of(*one->get("kind")), "kind", column.kind,
                   "unknown kind; expected \"number\" or \"text\"");
    manifest.columns.emplace(name, std::move(column));
  }
}

void read_truth(const toml::table& root, Reader& reader, Manifest& manifest) {
  const toml::table* truth = reader.table(root, "truth");
  if (truth == nullptr) return;
  std::vector<std::pair<long, std::pair<std::string, double>>> found;
  for (const auto& [key, node] : *truth) {
    const auto value = node.is_number() ? node.value<double>() : std::nullopt;
    if (value && std::isfinite(*value))
      found.push_back({line_of(node), {std::string(key.str()), *value + 0.0}});  // -0 is written as 0
    else
      reader.fault(line_of(node), std::string(key.str()), "",
                   "not a finite number; expected the true value of a parameter");
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& entry : found) manifest.truth.push_back(std::move(entry.second));
}

/// A TOML basic string.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      result += c;
    }
  }
  return result + '"';
}

void append_list(std::string& text, const char* key, const std::optional<std::vector<std::string>>& values) {
  if (!values) return;
  std::vector<std::string> cells;
  for (const auto& value : *values) cells.push_back(quoted(value));
  text += fmt::format("{} = [{}]\n", key, fmt::join(cells, ", "));
}

void append_key(std::string& text, const char* key, const std::string& value) {
  if (!value.empty()) text += fmt::format("{} = {}\n", key, quoted(value));
}

void append_file(std::string& text, const char* table, const InputFile& file) {
  text += fmt::format("\n[[{}]]\npath = {}\n", table, quoted(file.path));
  if (file.role != "source") append_key(text, "role", file.role);
  append_key(text, "sha256", file.sha256);
  append_key(text, "publisher", file.publisher);
  append_key(text, "licence", file.licence);
  append_key(text, "vintage", file.vintage);
}

}  // namespace

const std::vector<std::string>& known_roles() {
  static const std::vector<std::string> roles = {"areas", "panel",      "edges",  "gal",     "gwt",
                                                 "flows", "boundaries", "lookup", "deflator"};
  return roles;
}

Manifest parse_manifest(const std::string& text, const std::string& file, std::vector<Fault>& faults) {
  Manifest manifest;
  toml::table root;
  if (const long line = too_deep_toml(text); line > 0) {
    faults.push_back({file, line, "", "", "is nested too deeply; expected the tables of a manifest"});
    return manifest;
  }
  try {
    root = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    faults.push_back({file, static_cast<long>(error.source().begin.line), "", "",
                      fmt::format("not TOML: {}", error.description())});
    return manifest;
  }
  std::vector<Fault> found;
  Reader reader(file, found);
  reader.only(root, {"pack", "file", "source", "columns", "truth"});
  read_pack_table(root, reader, manifest);
  manifest.files = reader.files(root, "file", true);
  manifest.sources = reader.files(root, "source", false);
  read_columns(root, reader, manifest);
  read_truth(root, reader, manifest);
  std::set<std::string> once;
  for (const auto& one : manifest.files) {
    const auto& role = one.input.role;
    if ((role == "areas" || role == "panel" || role == "edges" || role == "flows") &&
        !once.insert(role).second)
      reader.fault(one.line, "role", role, "two files have this role; expected one");
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Fault& a, const Fault& b) { return a.line < b.line; });
  if (!once.count("areas") &&
      std::none_of(found.begin(), found.end(), [](const Fault& f) { return f.column == "role"; }))
    reader.fault(
        0, "file", "",
        "no file has the role 'areas'; expected [[file]] with path = \"areas.csv\", role = \"areas\"");
  faults.insert(faults.end(), found.begin(), found.end());
  return manifest;
}

std::string format_manifest(const Manifest& manifest) {
  std::string text = "[pack]\n";
  append_key(text, "name", manifest.name);
  append_key(text, "geography", manifest.geography);
  append_key(text, "description", manifest.description);
  std::string years;
  append_number(years, manifest.period_years);
  text += fmt::format("period_years = {}\n", manifest.period_years > 0.0 ? years : "\"uneven\"");
  append_list(text, "missing", manifest.missing);
  if (manifest.gaps == Manifest::Gaps::missing) text += "gaps = \"missing\"\n";
  for (const auto& file : manifest.files) append_file(text, "file", file.input);
  for (const auto& file : manifest.sources) append_file(text, "source", file.input);
  for (const auto& [name, column] : manifest.columns) {
    text += fmt::format("\n[columns.{}]\n", quoted(name));
    append_key(text, "unit", column.unit);
    append_key(text, "description", column.description);
    append_key(text, "price_base", column.price_base);
    append_key(text, "kind", column.kind);
    append_key(text, "carry", column.carry);
    append_list(text, "missing", column.missing);
  }
  if (!manifest.truth.empty()) text += "\n[truth]\n";
  for (const auto& [name, value] : manifest.truth) {
    std::string number;
    append_number(number, value);
    // A TOML float has a point or an exponent; without one it reads back as an integer, which is as good
    // here.
    text += fmt::format("{} = {}\n", quoted(name), number);
  }
  return text;
}

}  // namespace spillway
