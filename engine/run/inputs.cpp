#include "engine/run/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/base/statistics.hpp"
#include "engine/config/area_target.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/population.hpp"
#include "engine/data/place_list.hpp"
#include "engine/run/config_columns.hpp"
#include "engine/synthetic/synthetic.hpp"

namespace spillway {

DataPack load_pack(const RunConfig& config) {
  SyntheticConfig world;
  world.areas = config.synthetic_areas;
  world.seed = config.synthetic_seed;
  world.policy_truth = config.synthetic_policy_truth == "own" ? PolicyTruth::own : PolicyTruth::structural;
  world.be(config.synthetic_strength == "sharp" ? PolicyStrength::sharp : PolicyStrength::plausible);
  DataPack pack = config.pack == "synthetic" ? synthetic_england(world) : read_pack(config.pack);
  require_columns(config, pack);
  return pack;
}

namespace {

/// Whether anything in the configuration reads W: instruments alone, and panels without a spatial lag, do
/// not.
bool reads_weights(const RunConfig& config) {
  if (!config.scenarios.empty() || config.models.empty()) return true;
  return std::any_of(config.models.begin(), config.models.end(), [](const ModelConfig& model) {
    const auto* panel = std::get_if<PanelModel>(&model);
    return panel ? panel->spatial_lag != SpatialLag::none : std::holds_alternative<SarModel>(model);
  });
}

/// Results of other runs that the scenarios draw from: what they hold is part of the data.
std::vector<InputFile> other_results(const RunConfig& config) {
  std::map<std::string, InputFile> files;
  for (const ScenarioConfig& scenario : config.scenarios)
    for (const auto& [role, result] : scenario.estimate_runs)
      if (!files.contains(result)) files[result] = {result, "result", sha256_of_file(result), "", "", ""};
  std::vector<InputFile> list;
  for (auto& [name, file] : files) list.push_back(std::move(file));
  return list;
}

/// Add every list of places that a scenario aims at to the areas, as a column, and to the files read.
/// @throws InputError  all faults of all lists; a list that is not there, with the line that names it
void add_place_lists(const RunConfig& config, DataPack& pack) {
  std::vector<Fault> faults;
  std::set<std::string> seen;
  for (const ScenarioConfig& scenario : config.scenarios)
    for (const auto& [name, value] : scenario.parameters) {
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr || !text->starts_with("list:") || (name != "target" && !name.ends_with("_target")))
        continue;
      const std::string given = area_target(*text).list;
      if (!seen.insert(column_of_list(given)).second) continue;
      const std::filesystem::path file = config.file.parent_path() / given;
      if (!std::filesystem::is_regular_file(file)) {
        const auto line = scenario.parameter_lines.find(name);
        faults.push_back({config.file.string(), line == scenario.parameter_lines.end() ? 0 : line->second,
                          fmt::format("{}.parameters.{}", config_path(scenario), name), given,
                          fmt::format("there is no such file; it was looked for as '{}', from the "
                                      "configuration's folder",
                                      file.string())});
        continue;
      }
      try {
        const PlaceList list = read_place_list(file, given, pack.areas);
        pack.areas.columns.push_back(list.as_column(pack.areas));
        pack.inputs.push_back(list.file);
      } catch (const InputError& error) {
        if (error.faults().empty()) throw;
        faults.insert(faults.end(), error.faults().begin(), error.faults().end());
      }
    }
  for (const std::string& grouping : config.groupings) {
    if (!grouping.starts_with("list:")) continue;
    const std::string given = area_target(grouping).list;
    const std::filesystem::path file = config.file.parent_path() / given;
    if (!std::filesystem::is_regular_file(file)) {
      Fault fault = fault_of_key(config, "outcomes.groupings", grouping, "");
      fault.what = fmt::format(
          "there is no such file; it was looked for as '{}', from the configuration's folder", file.string());
      faults.push_back(std::move(fault));
      continue;
    }
    try {
      PlaceGroups groups = read_place_groups(file, given, pack.areas);
      pack.areas.columns.push_back(std::move(groups.place));
      // A list that a scenario aims at too is one file read.
      if (std::none_of(pack.inputs.begin(), pack.inputs.end(),
                       [&](const InputFile& one) { return one.path == groups.file.path; }))
        pack.inputs.push_back(std::move(groups.file));
    } catch (const InputError& error) {
      if (error.faults().empty()) throw;
      faults.insert(faults.end(), error.faults().begin(), error.faults().end());
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));
}

/// Columns of areas that the configuration names, each once.
std::vector<const Column*> named_columns(const RunConfig& config, const Table& areas) {
  std::vector<std::string> names = {config.area_type, config.bootstrap_cluster};
  const auto add = [&](const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  for (const ModelConfig& model : config.models) {
    add(common(model).covariance.by);
    add({common(model).outcome, common(model).restrict_to});
    if (const auto* panel = std::get_if<PanelModel>(&model)) {
      add(panel->covariates);
      add(panel->predetermined);
    } else if (const auto* sar = std::get_if<SarModel>(&model)) {
      add(sar->covariates);
    } else if (const auto* iv = std::get_if<IvModel>(&model)) {
      for (const auto* list :
           {&iv->endogenous, &iv->instruments, &iv->controls, &iv->fixed_effects, &iv->proxies})
        add(*list);
      for (const auto& set : iv->instrument_sets) add(set);
      add({iv->weights_column});
    }
  }
  std::set<std::string> seen;
  std::vector<const Column*> columns;
  for (const auto& name : names)
    if (const Column* column = areas.find(name); column != nullptr && seen.insert(name).second)
      columns.push_back(column);
  return columns;
}

/// "missing: 9 of 80 areas have no lad_code"
std::string missing_line(const RunConfig& config, const Table& areas) {
  std::string line;
  for (const Column* column : named_columns(config, areas))
    if (const std::size_t rows = rows_without_value(*column); rows > 0)
      line += fmt::format("{}{} of {} areas have no {}", line.empty() ? "missing: " : ", ", rows, areas.rows,
                          column->name);
  return line;
}

/// Whether weights or standard errors go by distances between areas.
bool uses_distances(const RunConfig& config) {
  for (const char* kind : {"knn", "distance_band", "inverse_distance"})
    if (config.weights_kind == kind) return true;
  return std::any_of(config.models.begin(), config.models.end(), [](const ModelConfig& model) {
    return common(model).covariance.kind == CovarianceKind::conley;
  });
}

/// Texts that are one but for upper and lower case count as two clusters, effects or types: told.
std::string case_line(const RunConfig& config, const Table& areas) {
  std::string line;
  for (const Column* column : named_columns(config, areas)) {
    if (column->kind != ColumnKind::text) continue;
    std::map<std::string, std::string> written;
    std::size_t twins = 0;
    std::string first;
    for (const std::string& level : column->levels) {
      std::string lower = lower_case(level);
      for (std::size_t at; (at = lower.find("\xC2\xA0")) != std::string::npos;) lower.replace(at, 2, " ");
      lower.erase(
          std::unique(lower.begin(), lower.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
          lower.end());
      if (!lower.empty() && lower.find_first_not_of("0123456789") == std::string::npos)
        lower.erase(0, std::min(lower.find_first_not_of('0'), lower.size() - 1));
      const auto [place, added] = written.emplace(std::move(lower), level);
      if (!added && twins++ == 0) first = fmt::format("'{}' and '{}'", place->second, level);
    }
    if (twins > 0)
      line += fmt::format("{}{} holds {}{}", line.empty() ? "warning: " : "; ", column->name, first,
                          twins > 1 ? fmt::format(" and {} more pairs", twins - 1) : "");
  }
  return line.empty()
             ? line
             : line +
                   ", which differ in upper and lower case, blanks or leading zeros alone: each counts for "
                   "itself; write them alike in the pack where they are one";
}

/// Years that the labels of the periods lie apart, where they are years and are not what the pack says.
std::string period_line(const DataPack& pack) {
  const std::vector<int>& periods = pack.panel.periods;
  if (periods.size() < 2 || periods.front() < 1800 || periods.back() > 2200 || !(pack.period_years > 0.0))
    return {};
  const int apart = periods[1] - periods[0];
  for (std::size_t t = 1; t < periods.size(); ++t)
    if (periods[t] - periods[t - 1] != apart) return {};
  if (pack.period_years == apart || (apart == 1 && pack.period_years < 1.0)) return {};
  return fmt::format(
      "warning: the periods of the panel are {} years apart ({}, {}, ...) and period_years is {:g}: a "
      "scenario counts "
      "{:g} years a period",
      apart, periods[0], periods[1], pack.period_years, pack.period_years);
}

/// Median of the values' sizes; 0: there are fewer than ten.
double median_size(const double* values, std::size_t count) {
  std::vector<double> sizes;
  for (std::size_t k = 0; k < count; ++k)
    if (std::isfinite(values[k])) sizes.push_back(std::abs(values[k]));
  return sizes.size() < 10 ? 0.0 : quantile_in_place(sizes, 0.5);
}

/// Outcomes in log points that no place has: half of the areas grown or shrunk by a factor of 2.7 in one
/// period, or of 20 in a window of years.
std::string growth_line(const RunConfig& config, const DataPack& pack) {
  for (const ModelConfig& model : config.models) {
    const std::string& outcome = common(model).outcome;
    const PanelVariable* variable = pack.panel.find(outcome);
    const Column* column = pack.areas.find(outcome);
    const bool in_panel = variable != nullptr;
    if (!in_panel && (column == nullptr || column->kind != ColumnKind::number)) continue;
    if ((in_panel ? variable->unit : column->unit).find("log point") == std::string::npos) continue;
    const double half =
        in_panel ? median_size(variable->value.data(), static_cast<std::size_t>(variable->value.size()))
                 : median_size(column->number.data(), column->number.size());
    if (half > (in_panel ? 1.0 : 3.0))
      return fmt::format(
          "warning: '{}' is in log points, and half of its values are {:.3g} or more in size, where 1 is a "
          "factor of 2.7: is it per cent, or a level? Growth in log points is log(x) - log(previous(x))",
          outcome, half);
  }
  return {};
}

/// An outcome of a panel whose unit says "a year" while its periods are not a year long: what a run adds up
/// over periods is a whole period's.
std::string yearly_line(const RunConfig& config, const DataPack& pack) {
  if (pack.period_years == 1.0) return {};
  for (const ModelConfig& model : config.models) {
    const PanelVariable* outcome = pack.panel.find(common(model).outcome);
    if (outcome == nullptr) continue;
    for (const std::string_view rate : {" a year", " per year", " per annum", "/year"})
      if (outcome->unit.ends_with(rate))
        return fmt::format(
            "warning: '{}' is in '{}', and its periods are {}: a run takes each value for the whole period. "
            "Where they are yearly rates, what it adds up over the horizon is too small: multiply them by "
            "the "
            "years of their period, and give the unit without '{}'",
            outcome->name, outcome->unit,
            pack.period_years == 0.0 ? std::string("of uneven length")
                                     : fmt::format("{:g} years long", pack.period_years),
            rate.substr(rate.front() == ' '));
  }
  return {};
}

/// A file of weights that the manifest does not list is an input like the others.
void note_weights_file(const RunConfig& config, DataPack& pack) {
  if (config.weights_kind != "file" || config.weights_path.empty() || pack.folder.empty()) return;
  const auto file = file_of_weights(config, pack);
  for (const InputFile& input : pack.inputs)
    if (input.role != "source" && (pack.folder / input.path).lexically_normal() == file.lexically_normal())
      return;
  pack.inputs.push_back({config.weights_path, "weights", sha256(read_bytes(file)), "", "", ""});
}

/// Whether a model tells areas apart by type. Scenarios may run without: a lever that needs a type asks for
/// it.
bool reads_types(const RunConfig& config) {
  return std::any_of(config.models.begin(), config.models.end(), [](const ModelConfig& model) {
    if (const auto* panel = std::get_if<PanelModel>(&model))
      return panel->spatial_lag == SpatialLag::by_type || panel->period_effects == PeriodEffects::by_type;
    const auto* sar = std::get_if<SarModel>(&model);
    return sar != nullptr && sar->period_effects == PeriodEffects::by_type;
  });
}

}  // namespace

std::shared_ptr<const LogDeterminant> SharedDeterminant::of(const SpatialWeights& weights,
                                                            Parallelism parallelism) {
  const std::lock_guard lock(mutex_);
  const auto& w = weights.matrix();
  // A copy of the inputs may have been given another W: compared value by value, a fraction of a millisecond.
  const bool same =
      made_ && made_->weights().rows() == w.rows() && made_->weights().nonZeros() == w.nonZeros() &&
      std::equal(w.valuePtr(), w.valuePtr() + w.nonZeros(), made_->weights().valuePtr()) &&
      std::equal(w.innerIndexPtr(), w.innerIndexPtr() + w.nonZeros(), made_->weights().innerIndexPtr()) &&
      std::equal(w.outerIndexPtr(), w.outerIndexPtr() + w.rows() + 1, made_->weights().outerIndexPtr());
  if (!same) made_ = std::make_shared<LogDeterminant>(weights, parallelism);
  return made_;
}

Inputs make_inputs(const RunConfig& config, DataPack pack) {
  Inputs inputs;
  inputs.pack = std::move(pack);
  for (InputFile& file : other_results(config)) inputs.pack.inputs.push_back(std::move(file));
  add_place_lists(config, inputs.pack);
  // Contiguity is the default: it is not demanded of a pack without edges where no model asks for neighbours.
  const bool none =
      !reads_weights(config) && inputs.pack.edges.empty() && config.weights_kind == "contiguity";
  const auto areas = static_cast<Eigen::Index>(inputs.pack.areas.rows);
  inputs.weights =
      none ? SpatialWeights(SpatialWeights::Matrix(areas, areas), true) : build_weights(config, inputs.pack);
  note_weights_file(config, inputs.pack);
  if (const Column* type = inputs.pack.areas.find(config.area_type)) {
    inputs.types = categories(*type);
  } else if (config.area_type == RunConfig().area_type && !reads_types(config)) {
    // The default column is not demanded of a pack where nothing reads it.
    inputs.types.names = {"all"};
    inputs.types.of_row.assign(inputs.pack.areas.rows, 0);
  } else {
    std::vector<std::string> known;
    for (const Column& column : inputs.pack.areas.columns) known.push_back(column.name);
    const std::string near = nearest_word(config.area_type, known);
    throw InputError(fmt::format("areas.type = '{}' is not a column of pack '{}'{}", config.area_type,
                                 inputs.pack.name,
                                 near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
  }
  std::vector<long> count(inputs.types.names.size(), 0);
  for (const auto type : inputs.types.of_row)
    if (type >= 0) ++count[static_cast<std::size_t>(type)];
  std::string line = "area types: ";
  for (std::size_t k = 0; k < count.size(); ++k)
    line += fmt::format("{}{} {}", k ? ", " : "", count[k],
                        inputs.types.names[k].empty() ? "without one" : inputs.types.names[k]);
  inputs.description = {
      fmt::format("pack '{}': {}", inputs.pack.name, inputs.pack.description), line,
      none ? std::string("weights: none (the pack has no edges, and no model uses neighbours)")
           : "weights: " + describe(inputs.weights, inputs.pack)};
  if (std::string missing = missing_line(config, inputs.pack.areas); !missing.empty())
    inputs.description.push_back(std::move(missing));
  if (std::string people = doubtful_population_line(inputs.pack.areas); !people.empty())
    inputs.description.push_back(std::move(people));
  if (uses_distances(config))
    for (std::string places : {assumed_unit_line(inputs.pack.areas), misplaced_line(inputs.pack.areas)})
      if (!places.empty()) inputs.description.push_back(std::move(places));
  for (std::string doubt : {case_line(config, inputs.pack.areas), growth_line(config, inputs.pack),
                            yearly_line(config, inputs.pack), period_line(inputs.pack)})
    if (!doubt.empty()) inputs.description.push_back(std::move(doubt));
  return inputs;
}

double years_a_period(const RunConfig& config, const DataPack& pack) {
  if (config.period_years > 0.0 && pack.period_years > 0.0 && config.period_years != pack.period_years)
    throw InputError(fmt::format(
        "outcomes.period_years is {:g} but pack '{}' has periods of {:g} years (leave it out: it is for "
        "packs of uneven periods)",
        config.period_years, pack.name, pack.period_years));
  if (config.period_years == 0.0 && pack.period_years == 0.0)
    throw InputError(fmt::format(
        "the periods of pack '{}' are of uneven length, and a scenario needs the years a period ahead (set "
        "period_years in [outcomes])",
        pack.name));
  return pack.period_years > 0.0 ? pack.period_years : config.period_years;
}

}  // namespace spillway
