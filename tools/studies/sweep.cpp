#include "tools/studies/sweep.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/files.hpp"
#include "engine/base/partial_folder.hpp"
#include "engine/base/text.hpp"
#include "engine/config/config_tree.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/data/read_json.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/check.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/member_check.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kIndexFile = "index.json";

/// A name in an index: of a file of the sweep's folder and no other.
std::string own_name(const Json& member, const char* key, const fs::path& index) {
  const std::string name = member.at(key).get<std::string>();
  if (const std::string fault = file_name_fault(name); !fault.empty())
    throw InputError(std::vector<Fault>{{index.string(), 0, fmt::format("members.{}", key), shown_text(name),
                                         fault + "; expected the name of a file"}});
  return name;
}

std::string index_text(const SweepIndex& index) {
  Json json;
  json["config"] = index.config;
  json["members"] = Json::array();
  for (const SweepMember& member : index.members)
    json["members"].push_back({{"name", member.name},
                               {"config", member.config},
                               {"result", member.result},
                               {"settings", member.settings}});
  return json_text(json, 1);
}

/// @return  bytes of its result
/// @throws InputError  a run would refuse the member; says which settings it has
double check_member(ConfigCheck& check, const std::function<RunConfig()>& config, const SweepMember& member) {
  try {
    return check(config()).result_bytes;
  } catch (const InputError& error) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults)
      fault.what += fmt::format(" (member {}: {})", member.name, member.settings_text());
    throw InputError(std::move(faults));
  }
}

}  // namespace

std::string SweepMember::settings_text() const { return Json(settings).dump(); }

SweepPlan plan_sweep(const std::string& config, const std::vector<std::string>& assignments,
                     const fs::path& folder) {
  std::vector<SweepAxis> axes;
  for (const std::string& assignment : assignments) axes.push_back(sweep_axis(assignment));
  const auto grid = sweep_grid(axes);
  SweepPlan plan;
  plan.index.config = config;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const std::string name = fmt::format("{:04}", k + 1);
    std::string header = fmt::format("# Member {} of {} of a sweep over {}\n", k + 1, grid.size(),
                                     fs::path(config).filename().string());
    for (const std::string& setting : grid[k]) header += override_comment(setting);
    plan.texts.push_back(header + overridden_toml(config, grid[k]));
    plan.index.members.push_back({name, name + ".toml", name + ".h5", grid[k]});
  }
  ConfigCheck check;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const SweepMember& member = plan.index.members[k];
    plan.result_bytes += check_member(
        check, [&] { return parse_config(plan.texts[k], folder / member.config); }, member);
  }
  return plan;
}

void write_sweep(const SweepPlan& plan, const fs::path& folder) {
  std::error_code none;
  const fs::path file = folder / kIndexFile;
  const std::string text = index_text(plan.index);
  const bool there = fs::exists(file, none);
  for (std::size_t k = 0; k < plan.texts.size() && !there; ++k) {
    const fs::path member = folder / plan.index.members[k].config;
    if (!fs::exists(fs::symlink_status(member, none))) continue;
    if (!fs::is_regular_file(member, none) || read_file(member, "member of a sweep") != plan.texts[k])
      throw InputError(
          fmt::format("'{}' is there and not of this sweep (it would be replaced); choose another --output",
                      member.string()));
  }
  if (there && read_file(file, "sweep's index") != text)
    throw InputError(fmt::format(
        "'{}' holds another sweep (its results would be mixed with this one's); choose another --output",
        folder.string()));
  AddedFiles files(folder);
  for (std::size_t k = 0; k < plan.texts.size(); ++k)
    files.write(plan.index.members[k].config, plan.texts[k]);
  files.write(kIndexFile, text);
  files.keep();
}

SweepIndex read_sweep(const fs::path& folder) {
  const fs::path file = folder / kIndexFile;
  std::error_code none;
  if (!fs::exists(file, none))
    throw InputError(
        fmt::format("'{}' is not a sweep's folder (it has no index.json); write one with `spillway sweep "
                    "CONFIG --set key=[a,b] --output {}`",
                    folder.string(), folder.string()));
  try {
    const Json json = read_json<Json>(read_file(file, "sweep's index"), file.string());
    SweepIndex index{json.value("config", ""), {}};
    for (const Json& member : json.at("members"))
      index.members.push_back({own_name(member, "name", file), own_name(member, "config", file),
                               own_name(member, "result", file),
                               member.at("settings").get<std::vector<std::string>>()});
    if (index.members.empty()) throw InputError(fmt::format("'{}' lists no member", file.string()));
    return index;
  } catch (const Json::exception&) {
    throw InputError(
        fmt::format("'{}' is damaged (expected the JSON that `spillway sweep` wrote); write the sweep anew",
                    file.string()));
  }
}

bool finished(const fs::path& folder, const SweepMember& member) {
  std::error_code none;
  if (!fs::exists(folder / member.result, none)) return false;
  try {
    RunReader reader(folder / member.result);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void check_unfinished(const fs::path& folder, const SweepIndex& index) {
  ConfigCheck check;
  for (const SweepMember& member : index.members)
    if (!finished(folder, member))
      check_member(
          check, [&] { return read_config(folder / member.config); }, member);
}

std::vector<std::string> merge_sweep(const fs::path& folder, const SweepIndex& index, const fs::path& output,
                                     const BuildIdentity& build, MergeOptions options) {
  std::vector<MemberRun> members;
  std::map<std::string, fs::path> config_of;
  for (const SweepMember& member : index.members) {
    MemberRun one{member.name, folder / member.result, {{"config", member.config}}};
    for (const std::string& setting : member.settings)
      one.attributes.push_back({setting.substr(0, setting.find('=')), setting.substr(setting.find('=') + 1)});
    config_of[member.name] = folder / member.config;
    members.push_back(std::move(one));
  }
  MemberCheck check;
  options.objection = [&](const MemberRun& member, const RunReader& result) {
    return check.objection(member.name, config_of.at(member.name), result);
  };
  merge_runs(members, output, {{"spillway_version", build.version}, {"git_commit", build.git_commit}},
             options);
  return {check.instruction_sets().begin(), check.instruction_sets().end()};
}

}  // namespace spillway::studies
