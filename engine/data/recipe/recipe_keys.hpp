// Reading the keys of one TOML table of a recipe; for recipe_file.cpp only.
#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/recipe/recipe_file.hpp"

namespace spillway::recipe {

inline long line_of(const toml::node& node) { return static_cast<long>(node.source().begin.line); }

inline std::string trimmed(const std::string& text) {
  const auto inside = [](unsigned char c) { return !std::isspace(c); };
  const auto first = std::find_if(text.begin(), text.end(), inside);
  const auto last = std::find_if(text.rbegin(), text.rend(), inside).base();
  return first < last ? std::string(first, last) : std::string{};
}

/// Keys of one TOML table, each read with its faults; `finish` refuses what nobody asked for.
class Keys {
 public:
  Keys(const toml::table& table, std::string place, const std::string& file, std::vector<Fault>& faults)
      : table_(table), place_(std::move(place)), file_(file), faults_(faults) {}

  void fault(const toml::node* node, const std::string& key, const std::string& value,
             const std::string& what) {
    faults_.push_back({file_, node != nullptr ? line_of(*node) : line_of(table_), place_ + key, value, what});
  }

  const toml::node* find(const std::string& key) {
    known_.push_back(key);
    return table_.get(key);
  }

  const toml::node* required(const std::string& key) {
    const toml::node* node = find(key);
    if (node == nullptr) fault(nullptr, key, "", "the key is missing; it is required here");
    return node;
  }

  std::string as_text(const toml::node* node, const std::string& key) {
    if (node == nullptr) return {};
    const auto value = node->value_exact<std::string>();
    if (!value) fault(node, key, "", "a text in quotes is expected");
    return value.value_or("");
  }
  std::string text(const std::string& key) { return as_text(find(key), key); }
  std::string required_text(const std::string& key) {
    const toml::node* node = required(key);
    const std::string value = as_text(node, key);
    if (node != nullptr && node->is_string() && trimmed(value).empty())
      fault(node, key, value, "the text is empty; it must say something");
    return value;
  }

  /// A list of texts; one text stands for a list of one.
  std::vector<std::pair<std::string, long>> as_texts(const toml::node* node, const std::string& key) {
    std::vector<std::pair<std::string, long>> texts;
    if (node == nullptr) return texts;
    if (const auto one = node->value_exact<std::string>()) return {{*one, line_of(*node)}};
    const toml::array* array = node->as_array();
    if (array == nullptr) {
      fault(node, key, "", "a text or a list of texts is expected");
      return texts;
    }
    for (const toml::node& each : *array) {
      const auto value = each.value_exact<std::string>();
      if (value)
        texts.emplace_back(*value, line_of(each));
      else
        fault(&each, key, "", "a text in quotes is expected");
    }
    return texts;
  }
  std::vector<std::string> texts(const std::string& key) {
    std::vector<std::string> values;
    for (auto& each : as_texts(find(key), key)) values.push_back(std::move(each.first));
    return values;
  }

  Expression as_expression(const toml::node* node, const std::string& key) {
    if (node == nullptr) return {};
    const std::string text = as_text(node, key);
    return node->is_string() ? expression(text, line_of(*node), key) : Expression{};
  }

  Expression expression(const std::string& text, long line, const std::string& key) {
    try {
      return Expression(text);
    } catch (const ExpressionError& error) {
      faults_.push_back({file_, line, place_ + key, text, error.what()});
      return {};
    }
  }

  /// `name = expression` of each text in a list.
  std::vector<Assignment> assignments(const std::string& key) {
    std::vector<Assignment> result;
    for (const auto& [text, line] : as_texts(required(key), key)) {
      const std::size_t sign = text.find('=');
      const std::string name = trimmed(text.substr(0, sign));
      if (sign == std::string::npos || name.empty() || text.compare(sign, 2, "==") == 0) {
        faults_.push_back(
            {file_, line, place_ + key, text, "no name is given; 'name = expression' is expected"});
        continue;
      }
      result.push_back({name, expression(trimmed(text.substr(sign + 1)), line, key), line});
    }
    return result;
  }

  /// `new = old` or plain `name` (both the same) of each text in a list.
  std::vector<NamePair> pairs(const toml::node* node, const std::string& key) {
    std::vector<NamePair> result;
    for (const auto& [text, line] : as_texts(node, key)) {
      const std::size_t sign = text.find('=');
      NamePair pair{trimmed(text.substr(0, sign)),
                    sign == std::string::npos ? "" : trimmed(text.substr(sign + 1))};
      if (sign == std::string::npos) pair.from = pair.name;
      if (pair.name.empty() || pair.from.empty())
        faults_.push_back(
            {file_, line, place_ + key, text, "a name is missing; 'name' or 'new = old' is expected"});
      else
        result.push_back(std::move(pair));
    }
    return result;
  }

  template <typename Choice>
  Choice choice(const std::string& key, const std::vector<std::pair<std::string, Choice>>& choices) {
    const toml::node* node = find(key);
    if (node == nullptr) return choices.front().second;
    const std::string value = as_text(node, key);
    std::vector<std::string> names;
    for (const auto& [name, meaning] : choices) {
      if (name == value) return meaning;
      names.push_back(name);
    }
    fault(node, key, value, fmt::format("unknown; one of {} is expected", fmt::join(names, ", ")));
    return choices.front().second;
  }

  /// Call `body` for each table of an array of tables (`[[key]]` or inline).
  void each_table(const std::string& key, const std::function<void(const toml::table&)>& body) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
      fault(node, key, "", "a list of tables is expected");
      return;
    }
    for (const toml::node& each : *array) {
      if (const toml::table* table = each.as_table())
        body(*table);
      else
        fault(&each, key, "", "a table is expected");
    }
  }

  void finish() {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      const std::string near = nearest_word(name, known_);
      fault(&node, name, "",
            near.empty() ? fmt::format("unknown key; known are {}", fmt::join(known_, ", "))
                         : fmt::format("unknown key; did you mean '{}'?", near));
    }
  }

 private:
  const toml::table& table_;
  std::string place_;
  const std::string& file_;
  std::vector<Fault>& faults_;
  std::vector<std::string> known_;
};

}  // namespace spillway::recipe
