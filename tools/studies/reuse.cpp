#include "tools/studies/reuse.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/base/instruction_set.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/run/outcome_key.hpp"
#include "engine/run/rehearsal.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::studies {

namespace {

/// Which estimates the scenarios draw from: structural forms are fitted for them, and a replicate that fails
/// for one of them fails the draw. Each combination once, in the order in which they come.
std::string drawn_from(const RunConfig& config) {
  std::vector<std::string> lines;
  for (const ScenarioConfig& scenario : config.scenarios) {
    std::string line = fmt::format("# drawn from: spread {}", scenario.spread);
    for (const auto& [role, estimate] : scenario.estimates) {
      const auto run = scenario.estimate_runs.find(role);
      line += fmt::format(", {} {}{}", role, estimate,
                          run == scenario.estimate_runs.end() ? "" : " of another run");
    }
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  }
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

std::string names(const std::vector<std::string>& scenarios) {
  return fmt::format("{}", fmt::join(scenarios, ", "));
}

std::string sentence(const EarlierRun& earlier, const std::vector<std::string>& taken,
                     const std::vector<std::string>& made) {
  std::string text = fmt::format("reused from {}: estimates and draws", earlier.file().string());
  if (!taken.empty()) text += ", outcomes of " + names(taken);
  text += "; made again: ";
  if (!made.empty()) text += "outcomes of " + names(made) + ", ";
  text += "all money";
  if (!made.empty() && earlier.reader().kept() != Kept::full)
    text += fmt::format(" ({} left outcomes by area out)", earlier.file().filename().string());
  return text + "\n";
}

}  // namespace

CheckpointKey estimates_key(const RunConfig& config, const std::string& version,
                            const std::string& instruction_set) {
  RunConfig of_estimates = config;
  const StoredText stored = split_stored(config.text);
  std::vector<std::string> overrides = stored.overrides;
  // The memory budget counts: it may choose the path of an outcome.
  // A pack is what its files hold, wherever it lies: the data are compared by their checksums.
  if (config.pack != "synthetic") overrides.push_back("data.pack=\"a folder\"");
  of_estimates.text =
      drawn_from(config) +
      toml_without(stored.text, overrides,
                   {"run.name", "run.threads", "scenario", "correlation", "counterfactual",
                    "outcomes.horizon", "outcomes.area", "outcomes.quantiles", "outcomes.groupings",
                    "outcomes.keep_draws_of", "appraisal", "store", "coverage", "backcast"});
  CheckpointKey key = checkpoint_key(of_estimates, {}, version);
  for (auto& [name, value] : key) {
    if (name == "configuration") name = "configuration of its estimates";
    if (name == "instruction set") value = instruction_set;
  }
  // What is said first: the program, then replicates and seed, line by line the configuration, the processor.
  std::reverse(key.begin(), key.end());
  std::rotate(key.begin(), key.begin() + 1, key.end());
  return key;
}

EarlierRun earlier_run(const std::filesystem::path& file, const RunConfig& config,
                       const BuildIdentity& build) {
  EarlierRun earlier(file, {worker_count({config.threads})});
  const auto version = [](const std::string& number, const std::string& commit) {
    return fmt::format("{} ({})", number, commit);
  };
  const RunRecord& there = earlier.record();
  const CheckpointKey here =
      estimates_key(config, version(build.version, build.git_commit), to_string(instruction_set()));
  // A file of another version may hold a configuration that this one does not read.
  const std::string other = version(there.spillway_version, there.git_commit);
  if (here.front().second != other) {
    CheckpointKey key = here;
    key.front().second = other;
    earlier.require(here, key);
  }
  earlier.require(here, estimates_key(stored_config(earlier.reader()), other, there.instruction_set));
  return earlier;
}

std::string reuse_sentence(const EarlierRun& earlier, const RunResult& result) {
  return sentence(earlier, result.taken, result.made);
}

std::string describe_reuse(const RunConfig& config, const RunHooks& hooks) {
  const EarlierRun& earlier = *hooks.earlier;
  const std::string plan = describe_plan(config, hooks);
  const Inputs inputs = make_inputs(config, load_pack(config));
  earlier.require_data(inputs.pack.inputs);
  std::vector<ModelFits> models;
  DrawSet draws;
  earlier.take_estimates(config, models, draws);
  std::vector<std::string> taken, made;
  for (const ScenarioConfig& scenario : config.scenarios) {
    const LeverContext context = lever_context(scenario, config, inputs, models, draws);
    const Policy policy = hooks.prepare(scenario, config, context);
    const OutcomePlan outcomes = scenario_plan(scenario, config, context, policy, hooks.discount);
    const std::string key =
        outcome_key(policy, policy_alone(scenario, config, context, policy, hooks), outcomes);
    (earlier.scenario_of(key).empty() ? made : taken).push_back(scenario.name);
  }
  return plan + "would be " + sentence(earlier, taken, made);
}

}  // namespace spillway::studies
