#include "tools/studies/member_check.hpp"

#include <fmt/format.h>

#include "engine/config/run_config.hpp"
#include "engine/run/units.hpp"
#include "engine/store/checkpoint.hpp"

namespace spillway::studies {

std::string MemberCheck::objection(const std::string& member, const std::filesystem::path& config,
                                   const RunReader& result) {
  const RunConfig asked = read_config(config, {});
  const RunRecord run = result.run();
  const std::string there = without_threads(run.config), here = without_threads(asked.text);
  if (there != here)
    return fmt::format(
        "is the result of another configuration than '{}': {} ('there' is the result, 'here' the file); "
        "compute it again",
        config.string(), difference("configuration", there, here));
  if (run.seed != asked.seed)
    return fmt::format("has seed {}, '{}' asks for {}; compute it again", run.seed, config.string(),
                       asked.seed);
  const std::string build =
      fmt::format("{} ({})", run.spillway_version, run.git_commit.empty() ? "no commit" : run.git_commit);
  if (build_.member.empty()) build_ = {member, build};
  if (build_.value != build)
    return fmt::format(
        "was computed by spillway {}, member {} by {}; compute one of them again with the other's", build,
        build_.member, build_.value);
  auto& inputs = inputs_[asked.pack];
  for (const InputFile& input : run.inputs) {
    const auto [first, added] = inputs.try_emplace(input.role + " " + input.path, Said{member, input.sha256});
    if (!added && first->second.value != input.sha256)
      return fmt::format(
          "was computed from another '{}' ({}) than member {}: SHA-256 {:.16}... and {:.16}...; compute it "
          "again from the same data",
          input.path, input.role, first->second.member, input.sha256, first->second.value);
  }
  instruction_sets_.insert(run.instruction_set);
  return "";
}

}  // namespace spillway::studies
