#include "tools/studies/diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "engine/base/text.hpp"
#include "engine/run/earlier_run.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::studies {

namespace {

/// One result as it is compared: its datasets by path, and the names on their axes.
class Side {
 public:
  explicit Side(const RunReader& reader) : reader_(reader) {
    for (StoredObject& object : reader.objects()) {
      if (skipped(object.path)) continue;
      std::string path = object.path;
      objects_.emplace(std::move(path), std::move(object));
    }
    constexpr std::string_view code = "_code";
    for (const auto& [path, object] : objects_) {  // area_code and area_name, lad_code and lad_name, ...
      if (!path.starts_with("/areas/") || !path.ends_with(code) || object.type != "text") continue;
      const StoredObject* named = find(path.substr(0, path.size() - code.size()) + "_name");
      if (named == nullptr || named->type != "text" || named->shape != object.shape) continue;
      const auto codes = reader.texts(path), names = reader.texts(named->path);
      for (std::size_t i = 0; i < codes.size(); ++i) name_of_[codes[i]] = names[i];
    }
  }

  const RunReader& reader() const { return reader_; }
  const std::map<std::string, StoredObject>& objects() const { return objects_; }
  const StoredObject* find(const std::string& path) const {
    const auto found = objects_.find(path);
    return found == objects_.end() ? nullptr : &found->second;
  }

  /// Names on an axis of a dataset; empty where it has none, or none that tell its places apart.
  const std::vector<std::string>& names(const StoredObject& dataset, std::size_t axis) {
    static const std::vector<std::string> none;
    if (const auto& told = names_in_attribute(dataset, axis); !told.empty()) return told;
    if (axis >= dataset.dimensions.size() || dataset.dimensions[axis].empty()) return none;
    for (std::string group = dataset.path; group.size() > 1;) {
      group.erase(group.rfind('/'));
      const StoredObject* found = find(group + "/" + dataset.dimensions[axis]);
      if (found == nullptr || found->group || found->shape != std::vector<long>{dataset.shape[axis]})
        continue;
      return found->position ? none : names_of(*found);
    }
    return none;
  }
  /// A name as people know it: an area's with its code.
  std::string known_as(const std::string& name) const {
    const auto found = name_of_.find(name);
    return found == name_of_.end() || found->second.empty() ? name
                                                            : fmt::format("{} ({})", name, found->second);
  }

 private:
  /// What two equal runs may differ in, and what is compared apart from the datasets.
  static bool skipped(const std::string& path) {
    const bool run = path == "/run" || path.starts_with("/run/");
    return path == "/" || path.starts_with("/manifest") || (run && !path.starts_with("/run/truth"));
  }
  /// Names of the places of axis "part" in an attribute "parts" of the dataset.
  const std::vector<std::string>& names_in_attribute(const StoredObject& dataset, std::size_t axis) {
    static const std::vector<std::string> none;
    if (axis >= dataset.dimensions.size()) return none;
    const std::string attribute = dataset.dimensions[axis] + "s";
    const auto [at, made] = names_.try_emplace(dataset.path + "@" + attribute);
    if (made && reader_.has_attribute(dataset.path, attribute)) {
      const AttributeValue value = reader_.attribute(dataset.path, attribute);
      const auto* names = std::get_if<std::vector<std::string>>(&value);
      if (names != nullptr && static_cast<long>(names->size()) == dataset.shape[axis] &&
          std::set<std::string>(names->begin(), names->end()).size() == names->size())
        at->second = *names;
    }
    return at->second;
  }
  const std::vector<std::string>& names_of(const StoredObject& axis) {
    const auto [at, made] = names_.try_emplace(axis.path);
    if (!made) return at->second;
    std::vector<std::string> names;
    if (axis.type == "text")
      names = reader_.texts(axis.path);
    else
      for (const double value : reader_.numbers(axis.path).value) names.push_back(fmt::format("{}", value));
    if (std::set<std::string>(names.begin(), names.end()).size() == names.size())
      at->second = std::move(names);
    return at->second;
  }

  const RunReader& reader_;
  std::map<std::string, StoredObject> objects_;
  std::map<std::string, std::vector<std::string>> names_;
  std::unordered_map<std::string, std::string> name_of_;
};

/// Places of one axis that are the same in both.
struct PairedAxis {
  std::string name;
  std::vector<std::size_t> in_a, in_b;
  const std::vector<std::string>* names = nullptr;  ///< in A; empty: places are counted from 0
  bool straight = false;                            ///< every place of A is the same place of B
  std::string what;                                 ///< in words where some have no partner
};

PairedAxis matched(Side& a, Side& b, const StoredObject& of_a, const StoredObject& of_b, std::size_t k) {
  PairedAxis axis;
  axis.name = k < of_a.dimensions.size() ? of_a.dimensions[k] : fmt::format("axis {}", k);
  const auto &names_a = a.names(of_a, k), &names_b = b.names(of_b, k);
  const auto length_a = static_cast<std::size_t>(of_a.shape[k]),
             length_b = static_cast<std::size_t>(of_b.shape[k]);
  axis.names = &names_a;
  if (names_a.empty() || names_b.empty() || names_a == names_b) {
    axis.straight = length_a == length_b;
    axis.in_a.resize(std::min(length_a, length_b));
    std::iota(axis.in_a.begin(), axis.in_a.end(), std::size_t{0});
    axis.in_b = axis.in_a;
    if (length_a != length_b)
      axis.what = fmt::format("{} has {} in A and {} in B", axis.name, length_a, length_b);
    return axis;
  }
  std::unordered_map<std::string_view, std::size_t> place;
  for (std::size_t j = 0; j < names_b.size(); ++j) place.emplace(names_b[j], j);
  std::string first_a;
  for (std::size_t i = 0; i < names_a.size(); ++i) {
    const auto found = place.find(names_a[i]);
    if (found == place.end()) {
      if (first_a.empty()) first_a = names_a[i];
      continue;
    }
    axis.in_a.push_back(i);
    axis.in_b.push_back(found->second);
  }
  const std::set<std::size_t> used(axis.in_b.begin(), axis.in_b.end());
  std::string first_b;
  for (std::size_t j = 0; j < names_b.size() && first_b.empty(); ++j)
    if (!used.contains(j)) first_b = names_b[j];
  const std::size_t more_a = length_a - axis.in_a.size(), more_b = length_b - axis.in_b.size();
  if (more_a > 0)
    axis.what = fmt::format("{} of {} {} only in A ('{}')", more_a, length_a, axis.name, first_a);
  if (more_b > 0)
    axis.what += fmt::format("{}{} of {} {} only in B ('{}')", more_a > 0 ? ", " : "", more_b, length_b,
                             axis.name, first_b);
  return axis;
}

/// @param least  of a value's size: a smaller one, which rounding may have left over, counts as this
bool equal(double a, double b, double tolerance, double least = 0.0) {
  return a == b || (std::isnan(a) && std::isnan(b)) ||
         std::abs(a - b) <= tolerance * std::max({std::abs(a), std::abs(b), least});
}
/// How far apart; infinite where one is not a number and the other is.
double apart(double a, double b) {
  const double size = std::abs(a - b);
  return std::isnan(size) ? std::numeric_limits<double>::infinity() : size;
}
double apart_relative(double a, double b) {
  const double size = apart(a, b), of = std::max(std::abs(a), std::abs(b));
  return std::isinf(size) || of == 0.0 ? size : size / of;
}

/// Calls visit(place in A, place in B), counted with the last axis fastest, for every pair of places.
template <class Visit>
void each_pair(const std::vector<PairedAxis>& axes, const std::vector<long>& shape_a,
               const std::vector<long>& shape_b, const Visit& visit) {
  for (const PairedAxis& axis : axes)
    if (axis.in_a.empty()) return;
  if (std::all_of(axes.begin(), axes.end(), [](const PairedAxis& axis) { return axis.straight; })) {
    std::size_t count = 1;
    for (const PairedAxis& axis : axes) count *= axis.in_a.size();
    for (std::size_t i = 0; i < count; ++i) visit(i, i);
    return;
  }
  std::vector<std::size_t> at(axes.size(), 0);
  for (;;) {
    std::size_t in_a = 0, in_b = 0;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      in_a = in_a * static_cast<std::size_t>(shape_a[k]) + axes[k].in_a[at[k]];
      in_b = in_b * static_cast<std::size_t>(shape_b[k]) + axes[k].in_b[at[k]];
    }
    visit(in_a, in_b);
    std::size_t k = axes.size();
    while (k > 0 && ++at[k - 1] == axes[k - 1].in_a.size()) at[--k] = 0;
    if (k == 0) return;
  }
}

/// The names of a place of A on each axis.
std::vector<std::pair<std::string, std::string>> place_names(const Side& a,
                                                             const std::vector<PairedAxis>& axes,
                                                             const std::vector<long>& shape,
                                                             std::size_t place) {
  std::vector<std::pair<std::string, std::string>> where(axes.size());
  for (std::size_t k = axes.size(); k-- > 0;) {
    const std::size_t at = place % static_cast<std::size_t>(shape[k]);
    place /= static_cast<std::size_t>(shape[k]);
    where[k] = {axes[k].name,
                axes[k].names->empty() ? fmt::format("{}", at) : a.known_as((*axes[k].names)[at])};
  }
  return where;
}

std::string where_text(const std::vector<std::pair<std::string, std::string>>& where) {
  std::string text;
  for (const auto& [axis, name] : where) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", axis, name);
  return text;
}

void compare_numbers(const Side& a, const Side& b, const StoredObject& of_a, const StoredObject& of_b,
                     const std::vector<PairedAxis>& axes, double tolerance, Moved& moved) {
  const NumberBlock values_a = a.reader().numbers(of_a.path), values_b = b.reader().numbers(of_b.path);
  for (const auto* block : {&values_a, &values_b})
    for (const double value : block->value)
      if (std::isfinite(value)) moved.scale = std::max(moved.scale, std::abs(value));
  std::size_t at_absolute = 0, at_relative = 0;
  double absolute = -1.0, relative = -1.0;
  each_pair(axes, of_a.shape, of_b.shape, [&](std::size_t i, std::size_t j) {
    const double x = values_a.value[i], y = values_b.value[j];
    ++moved.values;
    if (equal(x, y, tolerance, 0.01 * moved.scale)) return;
    ++moved.differing;
    if (const double size = apart(x, y); size > absolute) {
      absolute = size;
      moved.absolute = {size, x, y, {}};
      at_absolute = i;
    }
    if (const double size = apart_relative(x, y); size > relative) {
      relative = size;
      moved.relative = {size, x, y, {}};
      at_relative = i;
    }
  });
  if (moved.differing == 0) return;
  moved.absolute.where = place_names(a, axes, of_a.shape, at_absolute);
  moved.relative.where = place_names(a, axes, of_a.shape, at_relative);
}

void compare_texts(const Side& a, const Side& b, const StoredObject& of_a, const StoredObject& of_b,
                   const std::vector<PairedAxis>& axes, Moved& moved) {
  const auto texts_a = a.reader().texts(of_a.path), texts_b = b.reader().texts(of_b.path);
  each_pair(axes, of_a.shape, of_b.shape, [&](std::size_t i, std::size_t j) {
    ++moved.values;
    if (texts_a[i] == texts_b[j]) return;
    ++moved.differing;
    if (moved.texts.size() < 3)
      moved.texts.push_back(fmt::format("{}: '{}', '{}'", where_text(place_names(a, axes, of_a.shape, i)),
                                        texts_a[i], texts_b[j]));
  });
}

bool equal(const AttributeValue& a, const AttributeValue& b, double tolerance) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<double>(&a)) return equal(*x, std::get<double>(b), tolerance);
  if (const auto* x = std::get_if<std::vector<double>>(&a)) {
    const auto& y = std::get<std::vector<double>>(b);
    return std::equal(x->begin(), x->end(), y.begin(), y.end(),
                      [&](double s, double t) { return equal(s, t, tolerance); });
  }
  return a == b;
}

std::string attribute_text(const AttributeValue& value) {
  struct {
    std::string operator()(const std::string& text) const {
      return fmt::format("'{}'", shortened(text, 120));
    }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(const std::vector<std::string>& texts) const {
      return fmt::format("{} texts", texts.size());
    }
    std::string operator()(const std::vector<double>& numbers) const {
      return fmt::format("[{}]", fmt::join(numbers, ", "));
    }
  } words;
  return std::visit(words, value);
}

/// The two values in words; of lists of texts, the first pair that differs.
std::string attribute_texts(const AttributeValue& a, const AttributeValue& b) {
  const auto *x = std::get_if<std::vector<std::string>>(&a), *y = std::get_if<std::vector<std::string>>(&b);
  if (x != nullptr && y != nullptr && x->size() == y->size())
    for (std::size_t k = 0; k < x->size(); ++k)
      if ((*x)[k] != (*y)[k]) return attribute_text((*x)[k]) + ", " + attribute_text((*y)[k]);
  return attribute_text(a) + ", " + attribute_text(b);
}

/// Attributes of an object that differ, each in words. What a scenario was made from to the last bit is no
/// finding.
std::vector<std::string> attributes_apart(const RunReader& a, const RunReader& b, const std::string& path,
                                          double tolerance) {
  std::vector<std::string> apart;
  std::map<std::string, AttributeValue> others;
  for (auto& [name, value] : b.attributes(path))
    if (name != outcome_key_attribute) others.emplace(name, std::move(value));
  for (const auto& [name, value] : a.attributes(path)) {
    if (name == outcome_key_attribute) continue;
    const auto found = others.find(name);
    if (found == others.end()) {
      apart.push_back(fmt::format("attribute '{}' only in A", name));
      continue;
    }
    if (!equal(value, found->second, tolerance))
      apart.push_back(fmt::format("attribute '{}': {}", name, attribute_texts(value, found->second)));
    others.erase(found);
  }
  for (const auto& [name, value] : others) apart.push_back(fmt::format("attribute '{}' only in B", name));
  return apart;
}

std::string identity(const RunReader& reader, const RunRecord& run) {
  return fmt::format("{} ('{}', seed {}, spillway {} {})", reader.path().string(), run.name, run.seed,
                     run.spillway_version, run.git_commit);
}

void compare_world(const RunRecord& a, const RunRecord& b, std::vector<std::string>& apart) {
  std::map<std::string, std::pair<std::string, std::string>> files;
  const auto name = [](const InputFile& file) {
    return std::filesystem::path(file.path).filename().string();
  };
  for (const auto& file : a.inputs) files[name(file)].first = file.sha256;
  for (const auto& file : b.inputs) files[name(file)].second = file.sha256;
  for (const auto& [file, sums] : files) {
    if (sums.first == sums.second) continue;
    if (sums.first.empty() || sums.second.empty())
      apart.push_back(fmt::format("{} was read for {} alone", file, sums.first.empty() ? "B" : "A"));
    else
      apart.push_back(fmt::format("{} is another file (SHA-256 {}, {})", file, sums.first.substr(0, 12),
                                  sums.second.substr(0, 12)));
  }
}

/// Lines of the configurations without comments, and overrides of the command line, that one has and the
/// other has not.
void compare_settings(const RunRecord& a, const RunRecord& b, std::vector<std::string>& apart) {
  const auto lines = [](const std::string& config) {
    const auto [text, overrides] = split_stored(config);
    std::vector<std::string> kept;
    std::string section;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      bool quoted = false;
      for (std::size_t k = 0; k < line.size(); ++k) {
        if (line[k] == '"') quoted = !quoted;
        if (line[k] == '#' && !quoted) line.erase(k);
      }
      line.erase(0, line.find_first_not_of(" \t"));
      line.erase(line.find_last_not_of(" \t\r") + 1);
      if (line.empty()) continue;
      if (line.front() == '[')
        section = line;
      else
        kept.push_back(section.empty() ? line : section + " " + line);
    }
    for (const auto& override : overrides) kept.push_back("--set " + override);
    return kept;
  };
  const auto of_a = lines(a.config), of_b = lines(b.config);
  const std::set<std::string> in_a(of_a.begin(), of_a.end()), in_b(of_b.begin(), of_b.end());
  for (const auto& line : of_a)
    if (!in_b.contains(line)) apart.push_back("A: " + line);
  for (const auto& line : of_b)
    if (!in_a.contains(line)) apart.push_back("B: " + line);
}

/// "0.0021 log points a year at group Tees Valley (0.0100, 0.0121)"
std::string difference_text(const Difference& difference, const std::string& unit, bool relative) {
  const std::string size =
      relative ? fmt::format("{:.3g} %", 100.0 * difference.size)
               : short_number(difference.size) + (unit.empty() || unit == "1" ? "" : " " + unit);
  std::string a = short_number(difference.a), b = short_number(difference.b);
  if (a == b) {  // too near each other for four digits
    a = fmt::format("{}", difference.a);
    b = fmt::format("{}", difference.b);
  }
  return fmt::format("{} at {} ({}, {})", std::isinf(difference.size) ? "a number for none" : size,
                     difference.where.empty() ? "its value" : where_text(difference.where), a, b);
}

}  // namespace

ResultDiff diff(const RunReader& a, const RunReader& b, double tolerance) {
  ResultDiff result;
  const RunRecord run_a = a.run(), run_b = b.run();
  result.a = identity(a, run_a);
  result.b = identity(b, run_b);
  compare_world(run_a, run_b, result.world);
  if (a.format_version() != b.format_version())
    result.version.push_back(fmt::format("format {}, {}", a.format_version(), b.format_version()));
  if (run_a.spillway_version != run_b.spillway_version || run_a.git_commit != run_b.git_commit)
    result.version.push_back(fmt::format("spillway {} {}, {} {}", run_a.spillway_version, run_a.git_commit,
                                         run_b.spillway_version, run_b.git_commit));
  if (run_a.instruction_set != run_b.instruction_set)
    result.version.push_back(
        fmt::format("instruction set {}, {}", run_a.instruction_set, run_b.instruction_set));
  if (run_a.seed != run_b.seed) result.settings.push_back(fmt::format("seed {}, {}", run_a.seed, run_b.seed));
  compare_settings(run_a, run_b, result.settings);

  Side side_a(a), side_b(b);
  for (const auto& [path, of_a] : side_a.objects()) {
    const StoredObject* of_b = side_b.find(path);
    const bool dataset = !of_a.group && !of_a.position;
    if (of_b == nullptr) {
      if (dataset) {
        ++result.datasets;
        result.only_a.push_back(path);
      }
      continue;
    }
    Moved moved;
    moved.path = path;
    moved.unit = of_a.unit;
    std::vector<std::string> what;
    if (of_a.group != of_b->group || (of_a.type == "text") != (of_b->type == "text") ||
        of_a.shape.size() != of_b->shape.size()) {
      what.push_back("of another kind in B");
    } else if (dataset) {
      std::vector<PairedAxis> axes;
      for (std::size_t k = 0; k < of_a.shape.size(); ++k) {
        axes.push_back(matched(side_a, side_b, of_a, *of_b, k));
        if (!axes.back().what.empty()) what.push_back(axes.back().what);
      }
      if (of_a.type == "text")
        compare_texts(side_a, side_b, of_a, *of_b, axes, moved);
      else
        compare_numbers(side_a, side_b, of_a, *of_b, axes, tolerance, moved);
    }
    if (!of_a.position && of_a.group == of_b->group)
      for (auto& words : attributes_apart(a, b, path, tolerance)) what.push_back(std::move(words));
    moved.what = fmt::format("{}", fmt::join(what, "; "));
    const bool same = moved.differing == 0 && what.empty();
    if (dataset) {
      ++result.datasets;
      result.equal += same;
    }
    if (!same) result.moved.push_back(std::move(moved));
  }
  for (const auto& [path, of_b] : side_b.objects())
    if (!of_b.group && !of_b.position && side_a.find(path) == nullptr) {
      ++result.datasets;
      result.only_b.push_back(path);
    }
  std::stable_sort(result.moved.begin(), result.moved.end(),
                   [](const Moved& x, const Moved& y) { return x.share_of_scale() > y.share_of_scale(); });
  return result;
}

std::string diff_text(const ResultDiff& diff, std::size_t most) {
  std::string text = fmt::format("A: {}\nB: {}\n", diff.a, diff.b);
  const auto list = [&](const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += fmt::format("{}\n", title);
    for (std::size_t k = 0; k < std::min(lines.size(), most); ++k) text += "  " + lines[k] + "\n";
    if (lines.size() > most) text += fmt::format("  and {} more (--json lists all)\n", lines.size() - most);
  };
  list("different worlds:", diff.world);
  list("different versions:", diff.version);
  list("different settings:", diff.settings);
  text += fmt::format("equal in {} of {} datasets\n", diff.equal, diff.datasets);
  list("only in A:", diff.only_a);
  list("only in B:", diff.only_b);
  std::vector<std::string> lines;
  for (const Moved& moved : diff.moved) {
    std::string line = moved.path + ": ";
    if (moved.differing > 0) line += fmt::format("{} of {} values differ", moved.differing, moved.values);
    if (!moved.what.empty()) line += (moved.differing > 0 ? "; " : "") + moved.what;
    if (moved.differing > 0 && moved.texts.empty())
      line += fmt::format("\n    largest:  {}\n    relative: {}",
                          difference_text(moved.absolute, moved.unit, false),
                          difference_text(moved.relative, "", true));
    for (const auto& one : moved.texts) line += "\n    " + one;
    lines.push_back(std::move(line));
  }
  list("moved, the largest share of a dataset's own size first:", lines);
  return text;
}

nlohmann::ordered_json diff_json(const ResultDiff& diff) {
  const auto place = [](const Difference& one) {
    nlohmann::ordered_json where = nlohmann::ordered_json::object();
    for (const auto& [axis, name] : one.where) where[axis] = name;
    return nlohmann::ordered_json{{"difference", one.size}, {"a", one.a}, {"b", one.b}, {"where", where}};
  };
  nlohmann::ordered_json moved = nlohmann::ordered_json::array();
  for (const Moved& one : diff.moved) {
    nlohmann::ordered_json entry{
        {"path", one.path}, {"unit", one.unit}, {"values", one.values}, {"differing", one.differing}};
    if (!one.what.empty()) entry["what"] = one.what;
    if (!one.texts.empty()) entry["texts"] = one.texts;
    if (one.differing > 0 && one.texts.empty()) {
      entry["largest"] = place(one.absolute);
      entry["largest_relative"] = place(one.relative);
    }
    moved.push_back(std::move(entry));
  }
  return {{"a", diff.a},
          {"b", diff.b},
          {"same", diff.same()},
          {"different", {{"world", diff.world}, {"version", diff.version}, {"settings", diff.settings}}},
          {"datasets", diff.datasets},
          {"equal", diff.equal},
          {"only_in_a", diff.only_a},
          {"only_in_b", diff.only_b},
          {"moved", moved}};
}

}  // namespace spillway::studies
