#include "engine/config/table_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <unordered_set>

#include "engine/base/written_number.hpp"
#include "engine/config/sweep_config.hpp"
namespace spillway {

namespace {

std::string in_words(Range range) {
  const bool open = range.ends == Range::Ends::open;
  if (std::isfinite(range.low) && std::isfinite(range.high))
    return open ? fmt::format("a number between {} and {}, both excluded", range.low, range.high)
                : fmt::format("a number from {} to {}", range.low, range.high);
  if (std::isfinite(range.low))
    return open ? fmt::format("a number above {}", range.low)
                : fmt::format("a number of at least {}", range.low);
  return "a finite number";
}

bool inside(double value, Range range) {
  if (!std::isfinite(value)) return false;
  return range.ends == Range::Ends::open ? value > range.low && value < range.high
                                         : value >= range.low && value <= range.high;
}

bool is_number(const ConfigNode& node) {
  return node.kind == ConfigNode::Kind::integer || node.kind == ConfigNode::Kind::number;
}

}  // namespace

void FaultList::push(const ConfigNode& node, const std::string& path, std::string value,
                     const std::string& what) {
  Fault fault;
  fault.file = node.origin.empty() ? file_ : node.origin;
  fault.line = node.line;
  fault.column = path;
  fault.value = std::move(value);
  fault.what = what;
  faults_.push_back(std::move(fault));
}

void FaultList::add(const ConfigNode& node, const std::string& path, const std::string& what) {
  push(node, path, shown(node), what);
}

void FaultList::missing(const ConfigNode& node, const std::string& path, const std::string& what) {
  push(node, path, "", what);
}

void FaultList::raise() {
  if (faults_.empty()) return;
  std::stable_sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) {
    return (a.line == 0) != (b.line == 0) ? a.line != 0 : a.line < b.line;
  });
  throw InputError(faults_);
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest_word(word, known);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  return known.empty() ? "none are defined" : fmt::format("expected one of {}", fmt::join(known, ", "));
}

std::string among_own(const std::vector<std::string>& defined) {
  if (defined.empty()) return "none are defined";
  return fmt::format("it has {}; make the two names alike", fmt::join(defined, ", "));
}

std::string kind_in_words(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::text:
      return "text";
    case ConfigNode::Kind::integer:
      return "a whole number";
    case ConfigNode::Kind::number:
      return "a number";
    case ConfigNode::Kind::flag:
      return "true or false";
    case ConfigNode::Kind::date:
      return "a date";
    case ConfigNode::Kind::list:
      return "a list";
    case ConfigNode::Kind::table:
      return "a table";
  }
  return "";
}

TableReader::TableReader(const ConfigNode& table, std::string path, FaultList& faults,
                         const std::vector<std::string>& known)
    : table_(table), path_(std::move(path)), faults_(faults) {
  for (const auto& child : table_.children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    std::string remedy;
    for (const auto& [section, keys] : section_keys())
      if (!section.empty() && std::find(keys.begin(), keys.end(), child.key) != keys.end() &&
          remedy.empty() && child.kind != ConfigNode::Kind::table && child.key != "name")
        remedy = section == "model" || section == "scenario" ? fmt::format("it belongs in a [[{}]]", section)
                                                             : fmt::format("it belongs in [{}]", section);
    // What a lever is told stands one table deeper.
    if (remedy.empty() && path_.starts_with("scenario") && known == keys_of("scenario"))
      remedy =
          fmt::format("parameters of the lever belong in [scenario.parameters]; a scenario's own keys are {}",
                      fmt::join(known, ", "));
    const std::string near = nearest_word(child.key, known);
    if (!near.empty() || remedy.empty()) remedy = suggestion(child.key, known);
    const bool section = path_.empty() && child.kind == ConfigNode::Kind::table;
    faults_.missing(child, this->path(child.key),
                    fmt::format("unknown {}; {}", section ? "table" : "key", remedy));
  }
}

const ConfigNode* TableReader::table_at(const std::string& key) const {
  const ConfigNode* node = find(key);
  if (!node || node->kind == ConfigNode::Kind::table) return node;
  faults_.add(*node, path(key),
              fmt::format("is {}; expected a table, [{}]", kind_in_words(*node), path(key)));
  return nullptr;
}

const ConfigNode* TableReader::text(const std::string& key, std::string& target) const {
  const ConfigNode* node = find(key);
  if (!node) return nullptr;
  // On the command line a shell has taken the quotes away, so any single value may be text.
  const bool typed =
      !node->origin.empty() && node->kind != ConfigNode::Kind::list && node->kind != ConfigNode::Kind::table;
  if (node->kind != ConfigNode::Kind::text && !typed) {
    faults_.add(*node, path(key), fmt::format("is {}; expected text in quotes", kind_in_words(*node)));
    return nullptr;
  }
  target = node->text;
  return node;
}

const ConfigNode* TableReader::choice(const std::string& key, std::string& target,
                                      const std::vector<std::string>& known,
                                      std::span<const Withdrawn> withdrawn) const {
  std::string value;
  const ConfigNode* node = text(key, value);
  if (!node) return nullptr;
  for (const Withdrawn& word : withdrawn)
    if (word.name == value) {
      faults_.add(*node, path(key), std::string(word.remedy));
      return nullptr;
    }
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    const std::string near = nearest_word(value, known);
    faults_.add(*node, path(key),
                fmt::format("is not one of {}{}", fmt::join(known, ", "),
                            near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    return nullptr;
  }
  target = value;
  return node;
}

namespace {

/// What stands where a whole number is wanted; digits without end are read as text.
std::string kind_of_whole(const ConfigNode& node) {
  const bool digits = node.kind == ConfigNode::Kind::text && node.text.size() > 18 &&
                      node.text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? "too large" : kind_in_words(node);
}

/// "; did you mean 10?" of 10.0, 1e6, "999" and the financial year "2024-25".
std::string as_whole(const ConfigNode& node, int low, int high) {
  double value = node.number;
  if (node.kind == ConfigNode::Kind::text) {
    const char *const first = node.text.data(), *const last = first + node.text.size();
    const auto [end, error] = std::from_chars(first, last, value);
    const std::string_view rest(end, static_cast<std::size_t>(last - end));
    const bool financial_year = value >= 1900.0 && value <= 2200.0 && rest.size() >= 3 &&
                                (rest.front() == '-' || rest.front() == '/') &&
                                rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (error != std::errc()) return "";
    if (!rest.empty() && !financial_year) {  // "10 years", "10k"
      const std::optional<double> written = written_number(node.text);
      if (!written) return "";
      value = *written;
    }
  } else if (!is_number(node)) {
    return "";
  }
  return value == std::floor(value) && value >= low && value <= high
             ? fmt::format("; did you mean {:.0f}?", value)
             : "";
}

}  // namespace

const ConfigNode* TableReader::integer(const std::string& key, int& target, int low, int high) const {
  const ConfigNode* node = find(key);
  if (!node) return nullptr;
  if (node->kind != ConfigNode::Kind::integer) {
    faults_.add(*node, path(key),
                fmt::format("is {}; expected a whole number from {} to {}{}", kind_of_whole(*node), low, high,
                            as_whole(*node, low, high)));
    return nullptr;
  }
  if (node->integer < low || node->integer > high) {
    faults_.add(*node, path(key),
                fmt::format("is out of range; expected a whole number from {} to {}{}", low, high,
                            low >= 1900 && node->integer >= 0 && 2000 + node->integer <= std::min(high, 2099)
                                ? fmt::format("; did you mean {}?", 2000 + node->integer)
                                : ""));
    return nullptr;
  }
  target = static_cast<int>(node->integer);
  return node;
}

const ConfigNode* TableReader::seed(const std::string& key, std::uint64_t& target) const {
  const ConfigNode* node = find(key);
  if (!node) return nullptr;
  if (node->kind != ConfigNode::Kind::integer || node->integer < 0) {
    faults_.add(*node, path(key),
                fmt::format("is {}; expected a whole number from 0 to {}",
                            node->kind == ConfigNode::Kind::integer ? "negative" : kind_of_whole(*node),
                            std::numeric_limits<std::int64_t>::max()));
    return nullptr;
  }
  target = static_cast<std::uint64_t>(node->integer);
  return node;
}

namespace {

/// "; did you mean 0.25?" of 25 where a share is wanted.
std::string as_share(double value, const Range& range) {
  return range.high == 1.0 && value > 1.0 && value <= 100.0 && inside(value / 100.0, range)
             ? fmt::format("; did you mean {:g}?", value / 100.0)
             : "";
}

}  // namespace

const ConfigNode* TableReader::number(const std::string& key, double& target, Range range) const {
  const ConfigNode* node = find(key);
  if (!node) return nullptr;
  if (!is_number(*node)) {
    faults_.add(*node, path(key), fmt::format("is {}; expected {}", kind_in_words(*node), in_words(range)));
    return nullptr;
  }
  if (!inside(node->number, range)) {
    faults_.add(
        *node, path(key),
        fmt::format("is out of range; expected {}{}", in_words(range), as_share(node->number, range)));
    return nullptr;
  }
  target = node->number;
  return node;
}

const ConfigNode* TableReader::flag(const std::string& key, bool& target) const {
  const ConfigNode* node = find(key);
  if (!node) return nullptr;
  if (node->kind != ConfigNode::Kind::flag) {
    const bool yes = node->text == "yes" || node->text == "on" || node->text == "1" || node->text == "True",
               no = node->text == "no" || node->text == "off" || node->text == "0" || node->text == "False";
    faults_.add(*node, path(key),
                fmt::format("is {}; expected true or false{}", kind_in_words(*node),
                            yes  ? "; did you mean true?"
                            : no ? "; did you mean false?"
                                 : ""));
    return nullptr;
  }
  target = node->flag;
  return node;
}

namespace {
/// The words of "lad, region", each in quotes.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(",;", at), text.size());
    const std::size_t first = text.find_first_not_of(' ', at), last = text.find_last_not_of(' ', end - 1);
    if (first < end && last != std::string::npos && last >= first)
      words.push_back(toml_text(text.substr(first, last - first + 1)));
    at = end + 1;
  }
  return words;
}
}  // namespace

bool read_texts(const ConfigNode& node, const std::string& path, FaultList& faults,
                std::vector<std::string>& target) {
  if (node.kind != ConfigNode::Kind::list) {
    faults.add(node, path,
               fmt::format("is {}; expected a list of texts{}", kind_in_words(node),
                           node.kind == ConfigNode::Kind::text && !node.text.empty()
                               ? fmt::format("; did you mean [{}]?", fmt::join(words_of(node.text), ", "))
                               : ""));
    return false;
  }
  std::vector<std::string> read;
  std::unordered_set<std::string_view> seen;
  bool good = true;
  for (const auto& child : node.children) {
    std::string what;
    if (child.kind != ConfigNode::Kind::text)
      what = fmt::format("is {} in a list of texts; put it in quotes", kind_in_words(child));
    else if (child.text.empty())
      what = "an empty text in the list; remove it";
    else if (!seen.insert(child.text).second)
      what = "is listed twice; remove one";
    if (!what.empty()) {
      faults.add(child, path, what);
      good = false;
    }
    read.push_back(child.text);
  }
  if (good) target = std::move(read);
  return good;
}

bool read_numbers(const ConfigNode& node, const std::string& path, FaultList& faults,
                  std::vector<double>& target) {
  if (node.kind != ConfigNode::Kind::list) {
    std::vector<double> meant = written_numbers(node.text);
    if (const auto one = written_number(node.text); meant.empty() && one) meant = {*one};
    faults.add(node, path,
               fmt::format("is {}; expected a list of numbers{}", kind_in_words(node),
                           meant.empty() ? "" : fmt::format("; did you mean [{}]?", fmt::join(meant, ", "))));
    return false;
  }
  std::vector<double> read;
  bool good = true;
  for (const auto& child : node.children) {
    if (!is_number(child) || !std::isfinite(child.number)) {
      faults.add(child, path,
                 is_number(child) ? "is not a finite number"
                                  : fmt::format("is {} in a list of numbers; write numbers alone: [1, 2, 3]",
                                                kind_in_words(child)));
      good = false;
    }
    read.push_back(child.number);
  }
  if (good) target = std::move(read);
  return good;
}

const ConfigNode* TableReader::texts(const std::string& key, std::vector<std::string>& target,
                                     const std::vector<std::string>& known) const {
  const ConfigNode* node = find(key);
  std::vector<std::string> read;
  if (!node || !read_texts(*node, path(key), faults_, read)) return nullptr;
  bool good = true;
  for (const auto& child : node->children)
    if (!known.empty() && std::find(known.begin(), known.end(), child.text) == known.end()) {
      const std::string near = nearest_word(child.text, known);
      faults_.add(child, path(key),
                  fmt::format("is not one of {}{}", fmt::join(known, ", "),
                              near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
      good = false;
    }
  if (!good) return nullptr;
  target = std::move(read);
  return node;
}

const ConfigNode* TableReader::numbers(const std::string& key, std::vector<double>& target,
                                       Range range) const {
  const ConfigNode* node = find(key);
  std::vector<double> read;
  if (!node || !read_numbers(*node, path(key), faults_, read)) return nullptr;
  bool good = true;
  for (const auto& child : node->children)
    if (!inside(child.number, range)) {
      faults_.add(
          child, path(key),
          fmt::format("is out of range; expected {}{}", in_words(range), as_share(child.number, range)));
      good = false;
    }
  if (!good) return nullptr;
  target = std::move(read);
  return node;
}

}  // namespace spillway
