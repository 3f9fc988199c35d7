// What a run would do: the task graph with sizes, memory and time, before anything is computed.
#include <algorithm>

#include <fmt/format.h>

#include "engine/outcome/cost_model.hpp"
#include "engine/run/graph.hpp"

namespace spillway {

namespace {

/// What a scenario costs, from sizes alone.
struct ScenarioCost {
  CostEstimate estimate;
  std::string words;
};

ScenarioCost scenario_cost(const RunConfig& config, const Inputs& inputs) {
  ScenarioData data;
  data.config = &config;
  data.inputs = &inputs;
  data.draws = config.draws;
  const auto column = [&](const char* name) {
    const Column* found = inputs.pack.areas.find(name);
    return found ? Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(found->number.data(), static_cast<Eigen::Index>(found->number.size()))) : Eigen::VectorXd();
  };
  data.population = column("population");
  data.gva = column("gva");
  data.outcome_is_gva_growth = data.gva.size() > 0;
  const OutcomePlan plan = outcome_plan(config, data, {});
  Dynamics sizes;  // the cost depends on sizes alone
  sizes.row_class.assign(inputs.pack.areas.rows, 0);
  sizes.draws = config.draws;
  sizes.horizon = config.horizon;
  const Parallelism parallelism{worker_count({config.threads})};
  return {estimate_cost(sizes, plan, parallelism.workers), describe_plan(sizes, plan, parallelism)};
}

}  // namespace

std::vector<PlannedStage> planned_stages(const RunConfig& config, const Inputs& inputs, Job job) {
  // Seconds of models, draws and the file at England's size, measured (bench/RESULTS.md); they scale with sizes.
  const double england = static_cast<double>(inputs.pack.areas.rows) / 33755.0;
  std::vector<PlannedStage> stages;
  for (const ModelConfig& model : config.models) {
    const double cells = model.kind == "iv" ? static_cast<double>(std::max<std::size_t>(1, model.proxies.size()) * std::max<std::size_t>(1, model.instrument_sets.size())) : 6.0;
    stages.push_back({"model " + model.name, 0.045 * cells * england, 0.0, ""});
  }
  const bool drawn = !config.bootstrap_cluster.empty();
  stages.push_back({"draws", drawn ? 1e-5 * config.replicates : 0.01, drawn ? static_cast<double>(config.replicates) : 0.0, "replicates"});
  if (job == Job::estimates || config.scenarios.empty()) return stages;
  const CostEstimate cost = scenario_cost(config, inputs).estimate;
  for (const ScenarioConfig& scenario : config.scenarios)
    stages.push_back({"scenario " + scenario.name, std::min(cost.basis_seconds, cost.exact_seconds),
                      static_cast<double>(inputs.pack.areas.rows) * static_cast<double>(config.draws), "area-draws"});
  stages.push_back({"store commit", 0.05 + cost.result_bytes / 2e9, 0.0, ""});
  return stages;
}

std::string describe_plan(const RunConfig& config, const RunHooks&) {
  const Inputs inputs = make_inputs(config, load_pack(config));
  std::string text;
  for (const auto& line : inputs.description) text += line + "\n";
  text += "\ndata -> weights";
  for (const ModelConfig& model : config.models) text += fmt::format("\n        -> model {} ({}, {})", model.name, model.kind, fmt::join(model.estimators, ", "));
  if (!config.bootstrap_cluster.empty())
    text += fmt::format("\n        -> draws: {} replicates of {} clusters ({}), one resampling for every model", config.replicates,
                        clusters_by(inputs.pack.areas, config.bootstrap_cluster).count(), config.bootstrap_cluster);
  double seconds = 0.5, memory = 150.0, file = 0.0;  // data, models and draws at England's size: measured
  if (!config.scenarios.empty()) {
    const auto [cost, words] = scenario_cost(config, inputs);
    for (const ScenarioConfig& scenario : config.scenarios) {
      text += fmt::format("\n        -> scenario {} ({}): {} -> store {:.0f} MB", scenario.name, scenario.lever,
                          words, cost.result_bytes / 1e6);
      seconds += std::min(cost.basis_seconds, cost.exact_seconds);
      file += cost.result_bytes / 1e6;
    }
    memory += cost.bytes / 1e6 + 2.0 * cost.result_bytes / 1e6;  // one scenario computed while another is written
  }
  text += fmt::format("\n\nresult file about {:.0f} MB; memory about {:.0f} MB; time about {:.1f} s, and the disk's for the file\n", file, memory, seconds);
  return text;
}

}  // namespace spillway
