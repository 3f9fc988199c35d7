#include "tools/studies/sweep_index.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"
#include "engine/data/read_json.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// Names in an index: of files of the sweep's folder and no others, each of one thing.
class OwnNames {
 public:
  explicit OwnNames(const std::string& index) : index_(index) {}

  std::string member(const Json& member) { return checked(member, "name", members_); }
  std::string file(const Json& member, const char* key) { return checked(member, key, files_); }

 private:
  std::string checked(const Json& member, const char* key, std::set<std::string>& taken) {
    const std::string name = member.at(key).get<std::string>();
    std::string fault = file_name_fault(name);
    if (!fault.empty())
      fault += "; expected the name of a file";
    else if (!taken.insert(name).second)
      fault = "stands there twice; write the sweep anew";
    if (!fault.empty())
      throw InputError(
          std::vector<Fault>{{index_, 0, fmt::format("members.{}", key), shown_text(name), fault}});
    return name;
  }

  const std::string& index_;
  std::set<std::string> members_, files_ = {sweep_index_file};
};

}  // namespace

std::string SweepMember::settings_text() const { return text_of(settings, -1); }

std::string format_sweep_index(const SweepIndex& index) {
  Json json;
  json["config"] = index.config;
  json["members"] = Json::array();
  for (const SweepMember& member : index.members)
    json["members"].push_back({{"name", member.name},
                               {"config", member.config},
                               {"result", member.result},
                               {"settings", member.settings}});
  return text_of(json, 1) + "\n";
}

SweepIndex parse_sweep_index(const std::string& text, const std::string& file) {
  try {
    const Json json = read_json<Json>(text, file);
    SweepIndex index{json.value("config", ""), {}};
    OwnNames names(file);
    for (const Json& member : json.at("members"))
      index.members.push_back({names.member(member), names.file(member, "config"),
                               names.file(member, "result"),
                               member.at("settings").get<std::vector<std::string>>()});
    if (index.members.empty()) throw InputError(fmt::format("'{}' lists no member", file));
    return index;
  } catch (const Json::exception&) {
    throw InputError(fmt::format(
        "'{}' is damaged (expected the JSON that `spillway sweep` wrote); write the sweep anew", file));
  }
}

}  // namespace spillway::studies
