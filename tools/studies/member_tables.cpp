#include "tools/studies/member_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "engine/base/error.hpp"

namespace spillway::studies {

namespace {

/// What a sweep set for its members: the keys, in the order of its axes, and a member's value.
std::vector<std::string> keys_of(const RunReader& merged, const std::vector<std::string>& members) {
  std::vector<std::string> keys;
  for (const std::string& member : members)
    for (const auto& [key, value] : merged.attributes("/members/" + member))
      if (std::holds_alternative<std::string>(value) && key != "config" && key != linked_file &&
          std::find(keys.begin(), keys.end(), key) == keys.end())
        keys.push_back(key);
  return keys;
}
std::string setting(const RunReader& merged, const std::string& member, const std::string& key) {
  const std::string group = "/members/" + member;
  return merged.has_attribute(group, key) ? merged.attribute_as<std::string>(group, key) : std::string();
}

/// Rows of `from` below those of `to`: columns that only one of them has are empty in the other.
void append(TextTable& to, const TextTable& from, const std::vector<std::string>& in_front) {
  std::vector<std::size_t> place;
  for (const std::string& column : from.header) {
    auto found = std::find(to.header.begin(), to.header.end(), column);
    if (found == to.header.end()) {
      for (std::vector<std::string>& row : to.rows) row.emplace_back();
      found = to.header.insert(to.header.end(), column);
    }
    place.push_back(static_cast<std::size_t>(found - to.header.begin()));
  }
  for (const std::vector<std::string>& values : from.rows) {
    std::vector<std::string> row(to.header.size());
    std::copy(in_front.begin(), in_front.end(), row.begin());
    for (std::size_t k = 0; k < values.size(); ++k) row[place[k]] = values[k];
    to.rows.push_back(std::move(row));
  }
  to.definitions.insert(to.definitions.end(), from.definitions.begin(), from.definitions.end());
  for (const std::string& note : from.notes)
    if (std::find(to.notes.begin(), to.notes.end(), note) == to.notes.end()) to.notes.push_back(note);
}

}  // namespace

std::vector<TextTable> tables_over_members(
    const RunReader& merged, const std::function<std::vector<TextTable>(const RunReader&)>& tables) {
  const std::vector<std::string> members = merged.members();
  if (members.empty()) return tables(merged);
  std::vector<std::string> keys{"member"}, alike;
  for (const std::string& key : keys_of(merged, members)) {
    std::set<std::string> values;
    for (const std::string& member : members) values.insert(setting(merged, member, key));
    if (values.size() > 1 || members.size() == 1)
      keys.push_back(key);
    else
      alike.push_back(fmt::format("{} = {}", key, *values.begin()));
  }
  std::vector<TextTable> joined;
  std::vector<std::string> left_out;
  std::optional<InputError> first;
  for (const std::string& member : members) {
    std::vector<std::string> in_front{member};
    for (std::size_t k = 1; k < keys.size(); ++k) in_front.push_back(setting(merged, member, keys[k]));
    try {
      for (const TextTable& table : tables(merged.member(member))) {
        auto found = std::find_if(joined.begin(), joined.end(),
                                  [&](const TextTable& other) { return other.title == table.title; });
        if (found == joined.end()) {
          joined.emplace_back();
          found = joined.end() - 1;
          found->title = table.title;
          found->header = keys;
        }
        append(*found, table, in_front);
      }
    } catch (const InputError& error) {
      if (!first) first = error;
      left_out.push_back(fmt::format("member {} is left out: {}", member, error.what()));
    }
  }
  if (joined.empty() && first) throw InputError(*first);
  if (!alike.empty()) left_out.push_back(fmt::format("the same in every member: {}", fmt::join(alike, ", ")));
  for (TextTable& table : joined) table.notes.insert(table.notes.end(), left_out.begin(), left_out.end());
  return joined;
}

}  // namespace spillway::studies
