// What a run would do: the task graph with sizes, memory and time, before anything is computed.
#include <fmt/format.h>

#include "engine/run/graph.hpp"

namespace spillway {

std::string describe_plan(const RunConfig& config, const RunHooks&) {
  const Inputs inputs = make_inputs(config, load_pack(config));
  const double areas = static_cast<double>(inputs.pack.areas.rows);
  std::string text;
  for (const auto& line : inputs.description) text += line + "\n";
  text += "\ndata -> weights";
  for (const ModelConfig& model : config.models) text += fmt::format("\n        -> model {} ({}, {})", model.name, model.kind, fmt::join(model.estimators, ", "));
  if (!config.bootstrap_cluster.empty())
    text += fmt::format("\n        -> draws: {} replicates of {} clusters ({}), one resampling for every model", config.replicates,
                        clusters_by(inputs.pack.areas, config.bootstrap_cluster).count(), config.bootstrap_cluster);
  double groups = 1;
  for (const auto& name : config.groupings)
    groups += name == "lad" ? static_cast<double>(clusters_by(inputs.pack.areas, "lad_code").count()) : name == "region" ? 9 : 12;
  const double scenario_mb = (groups * config.draws * (config.horizon + 1.0) * 4.0 +
                              areas * static_cast<double>(config.quantiles.size() + 3) * 4.0 * static_cast<double>(config.area_outcomes.size())) / 1e6;
  for (const ScenarioConfig& scenario : config.scenarios)
    text += fmt::format("\n        -> scenario {} ({}): {} draws x {} periods x {:.0f} areas -> store {:.0f} MB", scenario.name, scenario.lever,
                        config.draws, config.horizon, areas, scenario_mb);
  const double steps = areas * config.draws * config.horizon * static_cast<double>(config.scenarios.size());
  const double workers = worker_count({config.threads});
  text += fmt::format("\n\nworkers {:.0f}; result file about {:.0f} MB; memory about {:.0f} MB; time about {:.1f} s (measured rates of one core: 0.3 ns an "
                      "area, year and draw of the exact recursion, an upper bound for the reduced basis; 400 MB/s of disk)\n",
                      workers, scenario_mb * static_cast<double>(config.scenarios.size()), 150.0 + 2.0 * scenario_mb,
                      0.3 + steps * 0.3e-9 / workers + scenario_mb * static_cast<double>(config.scenarios.size()) / 400.0);
  return text;
}

}  // namespace spillway
