// What a run would do: the task graph with sizes, memory and time, before anything is computed.
#include <fmt/format.h>

#include <algorithm>

#include "engine/outcome/cost_model.hpp"
#include "engine/run/graph.hpp"
#include "engine/run/rehearsal.hpp"
#include "engine/run/scenario_job.hpp"
#include "engine/run/uplift_split.hpp"

namespace spillway {

namespace {

/// What a scenario costs, from sizes alone.
struct ScenarioCost {
  CostEstimate estimate;
  std::string words;
  double file_bytes = 0.0;  ///< of it in the result: what store.keep leaves
};

/// In the file a number is 8 bytes; a text is a reference of 16 and, in HDF5's heap, 16 and its bytes in
/// steps of 8.
double text_bytes(std::size_t length) { return 32.0 + 8.0 * static_cast<double>((length + 7) / 8); }

double column_bytes(const Column& column) {
  if (column.kind == ColumnKind::number) return 8.0 * static_cast<double>(column.number.size());
  double bytes = 0.0;
  for (std::size_t row = 0; row < column.level.size(); ++row) bytes += text_bytes(column.text(row).size());
  return bytes;
}

/// What stands in the file beside each scenario's outcomes: the areas with every column and their links.
double areas_bytes(const Inputs& inputs) {
  double bytes = 0.0;
  for (const Column& column : inputs.pack.areas.columns) bytes += column_bytes(column);
  const auto areas = static_cast<double>(inputs.pack.areas.rows),
             links = static_cast<double>(inputs.weights.matrix().nonZeros());
  bytes += 8.0 * areas;                                  // component, and the axis of areas
  if (links <= 40.0 * areas) bytes += 12.0 * links / 2;  // pairs of i32, and their axis
  return bytes;
}

/// Coefficients of every estimate that is replicated; each is a column of /draws of 8 bytes a replicate.
double parameters_in_draws(const RunConfig& config) {
  double parameters = 0.0;
  for (const ModelConfig& model : config.models) {
    const auto& all = common(model).estimators;
    const auto estimators = static_cast<double>(std::count_if(
        all.begin(), all.end(), [](Estimator one) { return one != Estimator::double_filter_iv; }));
    if (const auto* iv = std::get_if<IvModel>(&model))
      parameters += estimators * (2.0 + static_cast<double>(iv->controls.size()));
    else if (const auto* panel = std::get_if<PanelModel>(&model))
      parameters += (estimators + 1.0) * (6.0 + static_cast<double>(panel->covariates.size()));
    else
      parameters +=
          (estimators + 1.0) * (6.0 + static_cast<double>(std::get<SarModel>(model).covariates.size()));
  }
  return parameters;
}

/// A scenario in the file.
double file_bytes(const RunConfig& config, const Inputs& inputs, const OutcomePlan& plan) {
  const Kept kept = kept_of(config.keep);
  const auto areas = static_cast<double>(inputs.pack.areas.rows),
             outcomes = static_cast<double>(plan.outcomes.size()),
             levels = static_cast<double>(plan.quantiles.size());
  const double draws = config.draws, horizon = config.horizon;
  const Column* code = inputs.pack.areas.find("area_code");
  const double codes = code ? column_bytes(*code) : 0.0;
  double bytes = 0.0;
  for (const Grouping& grouping : plan.groupings) {
    const auto groups = static_cast<double>(grouping.groups.size());
    const bool leads = grouping.name == "nation" || grouping.name == "area_type",
               path = kept == Kept::full || (kept == Kept::groups && grouping.groups.size() <= few_groups);
    for (const AreaOutcome outcome : plan.outcomes) {
      const double periods = path && outcome == AreaOutcome::uplift ? horizon : 1.0;
      if (kept != Kept::summary || leads) bytes += 4.0 * draws * groups * periods;
      bytes += groups * (16.0 * levels + 60.0);  // quantiles, their errors, shares, names
    }
    // Where the uplift comes from: five parts of each small grouping.
    if (kept != Kept::summary && grouping.groups.size() <= UpliftSplit::most_groups)
      bytes += 8.0 * 5.0 * groups * draws;
  }
  if (kept == Kept::full)
    bytes += 4.0 * outcomes * areas * (levels + 3.0) + outcomes * codes +
             4.0 * outcomes * static_cast<double>(config.keep_draws_of.size()) * draws;
  // Counterfactual and transfer with their codes, cost by period.
  if (kept != Kept::summary) bytes += 2.0 * codes + 2.0 * 8.0 * areas + 8.0 * horizon * draws;
  // Parameters, appraisal, pounds and axes by draw: about 26 numbers.
  return bytes + 8.0 * 26.0 * draws;
}

/// Scenarios differ by the shapes of their shocks alone.
/// @param shapes  of each one's; one where it is not known
std::vector<ScenarioCost> scenario_costs(const RunConfig& config, const Inputs& inputs,
                                         const std::vector<int>& shapes) {
  LeverContext context;
  context.pack = &inputs.pack;
  context.type = inputs.types.of_row;
  context.type_names = inputs.types.names;
  context.horizon = config.horizon;
  context.draws = config.draws;
  const auto column = [&](const char* name) {
    const Column* found = inputs.pack.areas.find(name);
    return found ? Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(
                       found->number.data(), static_cast<Eigen::Index>(found->number.size())))
                 : Eigen::VectorXd();
  };
  context.population = column("population");
  context.gva = column("gva");
  context.outcome_is_gva_growth = context.gva.size() > 0;
  const OutcomePlan plan = outcome_plan(config, context, {});
  Dynamics sizes;  // the cost depends on sizes alone
  sizes.row_class.assign(inputs.pack.areas.rows, 0);
  sizes.draws = config.draws;
  sizes.horizon = config.horizon;
  const Parallelism parallelism{worker_count({config.threads})};
  const double bytes = file_bytes(config, inputs, plan);
  std::vector<ScenarioCost> costs;
  for (std::size_t s = 0; s < config.scenarios.size(); ++s) {
    sizes.shape.resize(0, s < shapes.size() ? shapes[s] : 1);
    costs.push_back(
        {estimate_cost(sizes, plan, parallelism.workers), describe_plan(sizes, plan, parallelism), bytes});
  }
  return costs;
}

}  // namespace

std::vector<PlannedStage> planned_stages(const RunConfig& config, const Inputs& inputs, Job job,
                                         const std::vector<int>& shapes) {
  // Seconds of models, draws and the file at England's size, measured (bench/RESULTS.md); they scale with
  // sizes.
  const double england = static_cast<double>(inputs.pack.areas.rows) / 33755.0;
  std::vector<PlannedStage> stages;
  for (const ModelConfig& model : config.models) {
    const auto* iv = std::get_if<IvModel>(&model);
    const double cells = iv ? static_cast<double>(std::max<std::size_t>(1, iv->proxies.size()) *
                                                  std::max<std::size_t>(1, iv->instrument_sets.size()))
                            : 6.0;
    stages.push_back({"model " + common(model).name, 0.045 * cells * england, 0.0, ""});
  }
  const bool drawn = !config.bootstrap_cluster.empty();
  stages.push_back({"draws", drawn ? 1e-5 * config.replicates : 0.01,
                    drawn ? static_cast<double>(config.replicates) : 0.0, "replicates"});
  if (job == Job::estimates || config.scenarios.empty()) return stages;
  const std::vector<ScenarioCost> costs = scenario_costs(config, inputs, shapes);
  for (std::size_t s = 0; s < costs.size(); ++s)
    stages.push_back({"scenario " + config.scenarios[s].name,
                      std::min(costs[s].estimate.basis_seconds, costs[s].estimate.exact_seconds),
                      static_cast<double>(inputs.pack.areas.rows) * static_cast<double>(config.draws),
                      "area-draws"});
  stages.push_back(
      {"store commit", 0.05 + costs.front().file_bytes / 2e9, result_bytes(config, inputs), "bytes"});
  return stages;
}

double result_bytes(const RunConfig& config, const Inputs& inputs) {
  // Estimates with their diagnostics, configuration and HDF5's own: measured.
  double bytes = 0.9e6;
  if (kept_of(config.keep) != Kept::summary)
    bytes += areas_bytes(inputs) +
             (config.bootstrap_cluster.empty() ? 0.0 : 8.0 * parameters_in_draws(config) * config.replicates);
  if (config.scenarios.empty()) return bytes;
  return bytes +
         static_cast<double>(config.scenarios.size()) * scenario_costs(config, inputs, {}).front().file_bytes;
}

std::string bytes_in_words(double bytes) {
  return bytes < 10e6   ? fmt::format("{:.1f} MB", bytes / 1e6)
         : bytes < 10e9 ? fmt::format("{:.0f} MB", bytes / 1e6)
                        : fmt::format("{:.0f} GB", bytes / 1e9);
}

std::string describe_plan(const RunConfig& config, const RunHooks& hooks) {
  const Inputs inputs = make_inputs(config, load_pack(config));
  const Rehearsal rehearsal = rehearse(config, inputs, hooks);
  std::string text;
  for (const auto& line : inputs.description) text += line + "\n";
  text += "\ndata -> weights";
  for (const ModelConfig& model : config.models)
    text += fmt::format("\n        -> model {} ({}, {})", common(model).name, name_of(kind_of(model)),
                        fmt::join(names_of(common(model).estimators), ", "));
  if (!config.bootstrap_cluster.empty())
    text +=
        fmt::format("\n        -> draws: {} replicates of {} clusters ({}), one resampling for every model",
                    config.replicates, clusters_by(inputs.pack.areas, config.bootstrap_cluster).count(),
                    config.bootstrap_cluster);
  const auto areas = static_cast<double>(inputs.pack.areas.rows);
  // Data, models and draws: measured.
  double seconds = 0.1 + 0.4 * areas / 33755.0, memory = standing_bytes(areas) / 1e6;
  if (!config.scenarios.empty()) {
    check_prices(config, inputs.pack);
    double most = 0.0;
    const std::vector<ScenarioCost> costs = scenario_costs(config, inputs, rehearsal.shapes);
    for (std::size_t s = 0; s < costs.size(); ++s) {
      const auto& [cost, words, file] = costs[s];
      text += fmt::format("\n        -> scenario {} ({}): {} -> store {}", config.scenarios[s].name,
                          config.scenarios[s].lever, words, bytes_in_words(file));
      seconds += std::min(cost.basis_seconds, cost.exact_seconds);
      most = std::max(most, cost.bytes + 2.0 * cost.result_bytes);  // one computed while another is written
    }
    memory += most / 1e6;
  }
  text += fmt::format(
      "\n\nresult file about {} (store.keep = \"{}\"); memory about {:.0f} MB; time about {:.1f} s, and the "
      "disk's for the file\n",
      bytes_in_words(result_bytes(config, inputs)), config.keep, memory, seconds);
  for (const auto& warning : rehearsal.warnings) text += "warning: " + warning + "\n";
  return text;
}

}  // namespace spillway
