#include "engine/run/rehearsal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/base/parallel.hpp"
#include "engine/config/config_parts.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/run/graph.hpp"
#include "engine/run/rival_weights.hpp"

namespace spillway {

namespace {

using Words = std::vector<std::string>;

/// Stand-ins of the order of magnitude that estimates have: no lever's checks hang on them.
constexpr double kSpillover = 0.3, kOwnLag = 0.1, kSlope = 1e-4;

struct StandIns {
  std::vector<ModelFits> models;
  DrawSet draws;
};

/// Coefficients that a scenario may draw from, in the estimators' order (within.cpp).
Words lag_names(const PanelModel& model, Estimator estimator, const Words& types) {
  Words names;
  const auto by_type = [&](const std::string& lag) {
    for (const auto& type : types) names.push_back(lag + ":" + type);
  };
  if (model.spatial_lag == SpatialLag::common)
    names.push_back("lag");
  else if (model.spatial_lag == SpatialLag::by_type)
    by_type("lag");
  const bool none = estimator == Estimator::as_published || estimator == Estimator::within_no_own_lag ||
                    estimator == Estimator::corrected_score_no_own_lag || !model.own_lag;
  const int lags = estimator == Estimator::corrected_score_second_lags ? 2 : none ? 0 : model.own_lags;
  if (lags > 0) names.push_back("previous");
  if (lags > 1) names.push_back("previous_2");
  return names;
}

double stand_in(const std::string& name) {
  return name.starts_with("lag") ? kSpillover : name.starts_with("previous") ? kOwnLag : kSlope;
}

/// One estimate, and its replicates where it will have some.
void add(ModelFits& model, const std::string& estimator, const Words& names, const std::string& unit,
         bool replicated, DrawSet& draws) {
  Fit fit;
  fit.estimate.model = model.name();
  fit.estimate.estimator = estimator;
  fit.estimate.outcome = common(model.config).outcome;
  fit.estimate.outcome_unit = unit;
  if (const auto* iv = std::get_if<IvModel>(&model.config)) fit.estimate.cell = headline_cell(*iv);
  fit.estimate.names = names;
  if (replicated)
    for (const auto& name : names)
      draws.parameter.push_back(fmt::format("{}/{}/{}", model.name(), estimator, name));
  model.fits.push_back(std::move(fit));
}

void add_estimates(const PanelModel& panel, const Inputs& inputs, bool drawn, ModelFits& model,
                   DrawSet& draws) {
  const PanelVariable* outcome = inputs.pack.panel.find(panel.outcome);
  for (const Estimator one : offered_by(ModelKind::spatial_lag_panel, panel))
    add(model, name_of(one), lag_names(panel, one, inputs.types.names), outcome ? outcome->unit : "",
        drawn && row_of(one).replicates == EstimatorRow::Replicates::yes, draws);
}

void add_estimates(const IvModel& iv, const Inputs& inputs, bool drawn, ModelFits& model, DrawSet& draws) {
  const Column* outcome = inputs.pack.areas.find(iv.outcome);
  const std::string unit = outcome ? outcome->unit : "";
  const std::string cell = headline_cell(iv), regressor = cell.substr(0, cell.find(':'));
  const std::string first = regressor.substr(0, regressor.find('+'));
  for (const Estimator one : offered_by(ModelKind::iv, iv))
    add(model, name_of(one), {first}, unit, drawn && row_of(one).replicates == EstimatorRow::Replicates::yes,
        draws);
}

void add_estimates(const SarModel&, const Inputs&, bool, ModelFits&, DrawSet&) {}  // no scenario draws

/// The forms of model B that are fitted because a scenario names both estimates of this run.
void add_forms(const RunConfig& config, StandIns& all) {
  for (const ScenarioConfig& scenario : config.scenarios) {
    const auto b = scenario.estimates.find("infrastructure"), a = scenario.estimates.find("spillover");
    if (b == scenario.estimates.end() || a == scenario.estimates.end() || !scenario.estimate_runs.empty())
      continue;
    for (ModelFits& model : all.models) {
      if (model.name() != b->second.substr(0, b->second.find('/')) || model.fits.empty()) continue;
      const std::string of = b->second.ends_with("/ols") ? "ols" : "2sls";
      if (structural_of(model, of, a->second)) continue;
      const Fit& plain = model.fits.front();
      const std::string unit = plain.estimate.outcome_unit, name = plain.estimate.names.front();
      const bool drawn = !all.draws.parameter.empty();
      const std::string form = fmt::format("structural_{}@{}", of, a->second);
      model.structural.push_back({form, of, a->second, ""});
      add(model, form, {name}, unit, drawn, all.draws);
      if (!model.find("slx")) add(model, "slx", {name, "W " + name}, unit, drawn, all.draws);
    }
  }
}

StandIns stand_ins(const RunConfig& config, const Inputs& inputs) {
  StandIns all;
  for (const ModelConfig& model : config.models) {
    ModelFits fits;
    fits.config = model;
    std::visit(
        [&](const auto& one) {
          add_estimates(one, inputs, !config.bootstrap_cluster.empty(), fits, all.draws);
        },
        model);
    all.models.push_back(std::move(fits));
  }
  add_forms(config, all);
  all.draws.value.resize(static_cast<Eigen::Index>(all.draws.parameter.size()), config.replicates);
  for (std::size_t k = 0; k < all.draws.parameter.size(); ++k) {
    const std::string& name = all.draws.parameter[k];
    all.draws.value.row(static_cast<Eigen::Index>(k)).setConstant(stand_in(name.substr(name.rfind('/') + 1)));
  }
  all.draws.status.assign(static_cast<std::size_t>(config.replicates), 0);
  return all;
}

/// The parameter of the scenario that a message speaks of: its own value or its name stands in quotes there.
std::string spoken_of(const ScenarioConfig& scenario, const std::string& what) {
  const auto quoted = [&](const std::string& word) {
    return !word.empty() && what.find("'" + word + "'") != std::string::npos;
  };
  for (const auto& [name, value] : scenario.parameters) {
    if (quoted(name)) return name;
    if (const auto* word = std::get_if<std::string>(&value); word && quoted(*word)) return name;
    if (const auto* words = std::get_if<Words>(&value))
      if (std::any_of(words->begin(), words->end(), quoted)) return name;
  }
  return "";
}

/// A fault that names no place is the scenario's, at the parameter that it speaks of.
void collect(const RunConfig& config, const ScenarioConfig& scenario, const InputError& error,
             std::vector<Fault>& faults) {
  for (Fault fault : error.faults()) {
    if (fault.file.empty() && fault.line == 0) {
      const std::string name = spoken_of(scenario, fault.what);
      const std::string key =
          name.empty() ? config_path(scenario) : fmt::format("{}.parameters.{}", config_path(scenario), name);
      const Fault place = fault_of_key(config, key, fault.value, fault.what);
      fault.file = place.file;
      fault.line = place.line > 0 || place.file != config.file.string() ? place.line : scenario.line;
      if (fault.column.empty()) fault.column = key;
    }
    // What several scenarios share (the years a period, a grouping) is said once.
    const auto same = [&](const Fault& other) {
      return other.what == fault.what && other.line == fault.line && other.column == fault.column;
    };
    if (std::none_of(faults.begin(), faults.end(), same)) faults.push_back(std::move(fault));
  }
}

void raise(std::vector<Fault> faults) {
  if (faults.empty()) return;
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.line < b.line; });
  throw InputError(std::move(faults));
}

Rehearsal rehearse_scenarios(const RunConfig& config, const Inputs& inputs, const RunHooks& hooks,
                             std::vector<Fault>& faults) {
  Rehearsal found;
  if (!hooks.prepare || config.scenarios.empty()) return found;
  const StandIns estimates = stand_ins(config, inputs);
  struct Tried {
    int shapes = 0;
    Words warnings, provenance;
    std::optional<InputError> refused;
  };
  std::vector<Tried> tried(config.scenarios.size());
  // One after the other where a scenario draws from another result: an HDF5 library may serve one thread at a
  // time.
  const bool side_by_side = std::all_of(config.scenarios.begin(), config.scenarios.end(),
                                        [](const ScenarioConfig& one) { return one.estimate_runs.empty(); });
  for_each_block(
      std::ssize(tried), 1, {side_by_side ? worker_count({config.threads}) : 1},
      [&](std::ptrdiff_t s, std::ptrdiff_t) {
        const ScenarioConfig& scenario = config.scenarios[static_cast<std::size_t>(s)];
        Tried& one = tried[static_cast<std::size_t>(s)];
        try {
          LeverContext context = lever_context(scenario, config, inputs, estimates.models, estimates.draws);
          Policy policy = (hooks.rehearse ? hooks.rehearse : hooks.prepare)(scenario, config, context);
          outcome_plan(config, context, hooks.discount);
          one.shapes = policy.dynamics.shapes();
          one.warnings = std::move(policy.warnings);
          one.provenance = std::move(context.provenance);
        } catch (const InputError& error) {
          one.refused = error;
        }
      });
  for (std::size_t s = 0; s < tried.size(); ++s) {
    const ScenarioConfig& scenario = config.scenarios[s];
    const Tried& one = tried[s];
    if (one.refused) {
      collect(config, scenario, *one.refused, faults);
      continue;
    }
    found.shapes.push_back(one.shapes);
    const auto told = [](const std::string& name, const std::string& warning) {
      return fmt::format("scenario '{}': {}", name, warning);
    };
    for (const std::string& warning : one.warnings)  // of a policy and its further outcomes once
      if (std::find(found.warnings.begin(), found.warnings.end(), told(policy_of(scenario.name), warning)) ==
          found.warnings.end())
        found.warnings.push_back(told(scenario.name, warning));
    const std::string mark = "warning: ";
    for (const std::string& line : one.provenance)  // of the data, and so of every scenario
      if (line.starts_with(mark) && std::find(found.warnings.begin(), found.warnings.end(),
                                              line.substr(mark.size())) == found.warnings.end())
        found.warnings.push_back(line.substr(mark.size()));
  }
  if (hooks.check) try {
      hooks.check(config);
    } catch (const InputError& error) {
      faults.insert(faults.end(), error.faults().begin(), error.faults().end());
    }
  return found;
}

}  // namespace

Rehearsal rehearse_scenarios(const RunConfig& config, const Inputs& inputs, const RunHooks& hooks) {
  std::vector<Fault> faults;
  Rehearsal found = rehearse_scenarios(config, inputs, hooks, faults);
  raise(std::move(faults));
  return found;
}

Rehearsal rehearse(const RunConfig& config, const Inputs& inputs, const RunHooks& hooks) {
  std::vector<Fault> faults;
  for (const ModelConfig& model : config.models) try {
      cut_data(model, config, inputs);
    } catch (const InputError& error) {
      for (Fault fault : error.faults()) {
        if (fault.file.empty() && fault.line == 0) {
          fault.file = config.file.string();
          fault.line = common(model).line;
        }
        faults.push_back(std::move(fault));
      }
    }
  try {
    if (faults.empty()) require_rivals(config, inputs);
  } catch (const InputError& error) {
    faults.insert(faults.end(), error.faults().begin(), error.faults().end());
  }
  Rehearsal found = rehearse_scenarios(config, inputs, hooks, faults);
  raise(std::move(faults));
  found.result_bytes = result_bytes(config, inputs);
  return found;
}

}  // namespace spillway
