#include "tools/studies/sweep.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "engine/base/files.hpp"
#include "engine/base/partial_folder.hpp"
#include "engine/config/config_tree.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/check.hpp"
#include "tools/studies/member_check.hpp"

namespace spillway::studies {

namespace {

namespace fs = std::filesystem;

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
  const fs::path file = folder / sweep_index_file;
  const std::string text = format_sweep_index(plan.index);
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
  files.write(sweep_index_file, text);
  files.keep();
}

SweepIndex read_sweep(const fs::path& folder) {
  const fs::path file = folder / sweep_index_file;
  std::error_code none;
  if (!fs::exists(file, none))
    throw InputError(
        fmt::format("'{}' is not a sweep's folder (it has no index.json); write one with `spillway sweep "
                    "CONFIG --set key=[a,b] --output {}`",
                    folder.string(), folder.string()));
  return parse_sweep_index(read_file(file, "sweep's index"), file.string());
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
