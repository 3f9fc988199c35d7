// [[scenario]] and [[correlation]]: levers, the estimates that drive them, and parameters as distributions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/config/area_target.hpp"
#include "engine/config/config_parts.hpp"
#include "engine/config/distribution_rules.hpp"
#include "engine/config/further_outcome.hpp"

namespace spillway {

namespace {

using Words = std::vector<std::string>;

const ModelEntry* model_named(const std::vector<ModelEntry>& models, const std::string& name) {
  for (const auto& model : models)
    if (common(model.config).name == name) return &model;
  return nullptr;
}

ModelKind kind_for(const std::string& role) {
  return role == "spillover" ? ModelKind::spatial_lag_panel : ModelKind::iv;
}

bool is_of(const ModelEntry& model, ModelKind kind) {
  return model.kind_known && kind_of(model.config) == kind;
}

/// "model/headline"; empty where the model has none.
std::string headline_of(const ModelEntry& model) {
  const ModelCommon& one = common(model.config);
  return one.headline ? one.name + "/" + name_of(*one.headline) : "";
}

/// `reference` is "model/estimator" of this file: does it exist, and is it of the kind that the role needs?
void check_reference(const ConfigNode& node, const std::string& path, const std::string& role,
                     const std::string& reference, const std::vector<ModelEntry>& models, FaultList& faults) {
  const auto slash = reference.find('/');
  const ModelEntry* model = model_named(models, reference.substr(0, slash));
  if (!model) {
    Words names;
    for (const auto& known : models) names.push_back(common(known.config).name);
    faults.add(
        node, path,
        fmt::format("this file defines no model '{}'; {}", reference.substr(0, slash), among_own(names)));
    return;
  }
  const std::string& name = common(model->config).name;
  if (model->kind_known && !is_of(*model, kind_for(role))) {
    faults.add(node, path,
               fmt::format("'{}' is of kind {}; {} needs a model of kind {}", name,
                           name_of(kind_of(model->config)), role, name_of(kind_for(role))));
    return;
  }
  const Words known = names_of(offered_by(kind_of(model->config), common(model->config)));
  const std::string estimator = reference.substr(slash + 1);
  if (!known.empty() && std::find(known.begin(), known.end(), estimator) == known.end())
    faults.add(
        node, path,
        fmt::format("model '{}' has no estimator '{}'; {}", name, estimator, suggestion(estimator, known)));
}

bool has_form(const std::string& reference) {
  const auto slash = reference.find('/');
  return slash != std::string::npos && slash > 0 && slash + 1 < reference.size() &&
         reference.find('/', slash + 1) == std::string::npos;
}

/// @param further  a further outcome: nothing is taken over from the scenario or from the only model that
/// fits
void read_estimates(const TableReader& scenario, const std::vector<ModelEntry>& models, ScenarioConfig& out,
                    bool further) {
  FaultList& faults = scenario.faults();
  if (scenario.find("estimates") && !scenario.table_at("estimates")) return;
  static const ConfigNode none;
  const ConfigNode* table = scenario.find("estimates");
  const TableReader reader(table ? *table : none, scenario.path("estimates"), faults,
                           keys_of("scenario.estimates"));
  for (const auto& role : keys_of("scenario.estimates")) {
    const ConfigNode* node = reader.find(role);
    const std::string path = reader.path(role);
    if (!node && further) {
      if (role == "spillover" && out.spread != "none")
        faults.missing(
            scenario.table(), path,
            "is missing; name the estimate of how this outcome spreads, or write spread = \"none\" "
            "and infrastructure alone");
      continue;
    }
    if (!node) {
      std::vector<const ModelEntry*> candidates;
      for (const auto& model : models)
        if (is_of(model, kind_for(role))) candidates.push_back(&model);
      if (candidates.size() == 1) {
        if (!headline_of(*candidates[0]).empty()) out.estimates[role] = headline_of(*candidates[0]);
      } else if (role == "spillover" && candidates.size() > 1) {
        faults.missing(
            scenario.table(), path,
            fmt::format("is missing and {} models could give it; write, for example, spillover = \"{}\"",
                        candidates.size(), headline_of(*candidates[0])));
      } else if (role == "spillover" &&
                 models.end() == std::find_if(models.begin(), models.end(),
                                              [](const auto& m) { return !m.kind_known; })) {
        faults.missing(
            scenario.table(), path,
            "is missing; define a [[model]] of kind spatial_lag_panel, or name another run's: spillover = "
            "{ run = \"other.h5\", estimate = \"model/estimator\" }");
      }
      continue;
    }
    std::string reference = node->text;
    const bool other_run = node->kind == ConfigNode::Kind::table;
    if (other_run) {
      const TableReader entry(*node, path, faults, {"run", "estimate"});
      std::string run;
      reference.clear();
      if (!entry.find("run"))
        faults.missing(*node, path + ".run", "is missing; name the other run's .h5 file");
      if (!entry.find("estimate"))
        faults.missing(*node, path + ".estimate", "is missing; write \"model/estimator\"");
      if (!entry.text("run", run) || !entry.text("estimate", reference)) continue;
      if (run.empty()) {
        faults.add(*entry.find("run"), path + ".run", "is empty; name the other run's .h5 file");
        continue;
      }
      out.estimate_runs[role] = run;
    } else if (node->kind != ConfigNode::Kind::text) {
      faults.add(
          *node, path,
          fmt::format("is {}; expected \"model/estimator\" or {{ run = \"other.h5\", estimate = \"...\" }}",
                      kind_in_words(*node)));
      continue;
    }
    if (!has_form(reference)) {
      const ModelEntry* model = model_named(models, reference);
      faults.add(*node, path,
                 model && !headline_of(*model).empty()
                     ? fmt::format("names no estimator; write \"{}\"", headline_of(*model))
                     : "is not of the form \"model/estimator\"");
      continue;
    }
    out.estimates[role] = reference;
    if (!other_run) check_reference(*node, path, role, reference, models, faults);
  }
}

bool read_distribution(const ConfigNode& node, const std::string& path, FaultList& faults,
                       Distribution& target) {
  const ConfigNode* kind = node.find("distribution");
  const std::size_t before = faults.faults().size();
  Distribution d;
  d.line = node.line;
  if (kind && kind->kind != ConfigNode::Kind::text) {
    faults.add(*kind, path + ".distribution",
               fmt::format("is {}; expected text in quotes", kind_in_words(*kind)));
    return false;
  }
  Words kinds;
  for (const auto& known : distribution_shapes()) kinds.push_back(known.kind);
  if (!kind && !node.find("value") && path.ends_with(".target")) {
    faults.add(node, path,
               "has neither type, column nor list; a target is a type of area, { column = \"in_programme\", "
               "equals = \"yes\" } or { list = \"places.csv\" }");
    return false;
  }
  if (!kind && !node.find("value")) {
    // No key is one of any distribution's: the keys are groups.
    const bool by_group =
        !node.children.empty() &&
        std::none_of(node.children.begin(), node.children.end(), [](const ConfigNode& child) {
          return std::any_of(distribution_shapes().begin(), distribution_shapes().end(),
                             [&](const DistributionShape& shape) {
                               const auto has = [&](const Words& keys) {
                                 return std::find(keys.begin(), keys.end(), child.key) != keys.end();
                               };
                               return has(shape.required) || has(shape.optional) || child.key == "source" ||
                                      child.key == "date";
                             });
        });
    faults.missing(
        node, path + ".distribution",
        fmt::format("is missing; one of {}, or value = a number{}", fmt::join(kinds, ", "),
                    by_group ? "; a value for each group of areas is no parameter's: write a "
                               "[[scenario]] for each, with its own target, where, start and profile"
                             : ""));
    return false;
  }
  d.kind = kind ? kind->text : "point";
  const DistributionShape* shape = distribution_shape(d.kind);
  if (!shape) {
    const std::string near = nearest_word(d.kind, kinds);
    faults.add(*kind, path + ".distribution",
               fmt::format("is not one of {}{}", fmt::join(kinds, ", "),
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    return false;
  }
  Words known = {"distribution", "source", "date"};
  known.insert(known.end(), shape->required.begin(), shape->required.end());
  known.insert(known.end(), shape->optional.begin(), shape->optional.end());
  const TableReader reader(node, path, faults, known);
  reader.text("source", d.source);
  if (const ConfigNode* date = reader.find("date")) {
    if (date->kind == ConfigNode::Kind::date || date->kind == ConfigNode::Kind::text)
      d.date = date->text;
    else
      faults.add(*date, reader.path("date"),
                 fmt::format("is {}; expected a date such as 2026-04-16", kind_in_words(*date)));
  }
  for (const auto& key : known) {
    double value = 0.0;
    if (key == "distribution" || key == "source" || key == "date") continue;
    if (key == "values")
      reader.numbers(key, d.support);
    else if (key == "probabilities")
      reader.numbers(key, d.probabilities);
    else if (reader.number(key, value))
      d.values[key] = value;
  }
  if (faults.faults().size() > before) return false;
  for (const auto& what : distribution_faults(d)) faults.missing(node, path, what);
  if (faults.faults().size() > before) return false;
  target = std::move(d);
  return true;
}

/// A value of a column of areas: text, or a number as it is printed.
void read_column_value(const ConfigNode& node, const std::string& path, FaultList& faults,
                       std::vector<std::string>& values) {
  std::string value;
  if (node.kind == ConfigNode::Kind::text)
    value = node.text;
  else if (node.kind == ConfigNode::Kind::integer)
    value = fmt::format("{}", node.integer);
  else if (node.kind == ConfigNode::Kind::number)
    value = fmt::format("{}", node.number);
  else
    return faults.add(
        node, path,
        fmt::format("is {}; expected a value of the column: text or a number, or a list of them",
                    kind_in_words(node)));
  if (value.empty() || value.find('|') != std::string::npos)
    return faults.add(node, path,
                      value.empty() ? "is empty; expected a value of the column"
                                    : "holds '|', which stands between values; list them");
  values.push_back(std::move(value));
}

/// A table with `type`, with `column` and `equals`, or with `list`, as the text that says the same.
bool read_target(const ConfigNode& node, const std::string& path, FaultList& faults, ParameterValue& value) {
  const std::size_t before = faults.faults().size();
  const TableReader reader(node, path, faults, {"type", "column", "equals", "list"});
  AreaTarget target;
  reader.text("type", target.type);
  reader.text("column", target.column);
  reader.text("list", target.list);
  int ways = 0;
  for (const char* key : {"type", "column", "list"})
    if (const ConfigNode* given = reader.find(key)) {
      ++ways;
      if (given->kind == ConfigNode::Kind::text && given->text.empty())
        faults.add(*given, reader.path(key), "is empty");
    }
  const ConfigNode* equals = reader.find("equals");
  if (ways != 1)
    faults.missing(node, path,
                   fmt::format("has {} of type, column and list; a target has one, for example {{ column = "
                               "\"in_programme\", equals = \"yes\" }} or {{ list = \"places.csv\" }}",
                               ways == 0 ? "none" : "more than one"));
  if (equals && !reader.find("column"))
    faults.add(*equals, reader.path("equals"),
               "goes with column; name the column of areas that it is a value of");
  if (!equals && reader.find("column"))
    faults.missing(node, reader.path("equals"), "is missing; write the value that the target's areas have");
  if (equals && equals->kind == ConfigNode::Kind::list) {
    if (equals->children.empty()) faults.add(*equals, reader.path("equals"), "lists no value");
    for (const ConfigNode& one : equals->children)
      read_column_value(one, reader.path("equals"), faults, target.equals);
  } else if (equals) {
    read_column_value(*equals, reader.path("equals"), faults, target.equals);
  }
  if (faults.faults().size() > before) return false;
  value = to_text(target);
  return true;
}

void read_parameters(const TableReader& scenario, ScenarioConfig& out) {
  const ConfigNode* table = scenario.table_at("parameters");
  if (!table) return;
  for (const auto& child : table->children) {
    ParameterValue value;
    out.parameter_lines[child.key] = child.line;
    if (read_parameter(child, scenario.path("parameters." + child.key), scenario.faults(), value))
      out.parameters.emplace(child.key, std::move(value));
  }
}

void read_convert(const TableReader& scenario, ScenarioConfig& out) {
  const ConfigNode* table = scenario.table_at("convert");
  if (!table) return;
  for (const auto& child : table->children) {
    const std::string path = scenario.path("convert." + child.key);
    if (child.key == "source") {
      if (child.kind == ConfigNode::Kind::text)
        out.convert_source = child.text;
      else
        scenario.faults().add(child, path,
                              fmt::format("is {}; expected text in quotes", kind_in_words(child)));
    } else if ((child.kind == ConfigNode::Kind::integer || child.kind == ConfigNode::Kind::number) &&
               std::isfinite(child.number)) {
      out.convert[child.key] = child.number;
    } else {
      scenario.faults().add(child, path, "is not a finite number; a conversion factor is one");
    }
  }
  if (out.convert_source.empty())
    scenario.faults().missing(*table, scenario.path("convert.source"),
                              "is missing; nothing is converted without a source, write source = \"...\"");
}

/// What decides how money becomes a further outcome; everything else of a policy is the same for all
/// outcomes.
constexpr const char* of_an_outcome[] = {"channel", "effect", "outcome", "gva_per_pound", "persistence"};

bool may_differ(const std::string& parameter) {
  return std::any_of(std::begin(of_an_outcome), std::end(of_an_outcome), [&](const std::string& one) {
    return parameter == one || parameter.ends_with("_" + one);
  });
}

/// [[scenario.outcome]] of a scenario that is read: the same policy under estimates of another outcome.
ScenarioConfig read_further_outcome(const ConfigNode& table, const ScenarioConfig& policy, std::size_t k,
                                    const std::vector<ModelEntry>& models, Words& used, FaultList& faults) {
  ScenarioConfig outcome = policy;
  const TableReader reader(table, entry_path(config_path(policy) + ".outcome", table, k), faults,
                           keys_of("scenario.outcome"));
  outcome.line = table.line;
  std::string called;
  read_name(reader, called, used);
  outcome.name = policy.name + "." + called;
  outcome.estimates.clear();
  outcome.estimate_runs.clear();
  outcome.convert.clear();
  outcome.convert_source.clear();
  reader.choice("spread", outcome.spread, {"propagated", "none", "estimated"});
  reader.choice("effect_is", outcome.effect_is, {"total", "impact"});
  if (const ConfigNode* spread = reader.find("spread")) outcome.spread_line = spread->line;
  const std::size_t before = faults.faults().size();
  read_estimates(reader, models, outcome, true);
  if (outcome.estimates.empty() && faults.faults().size() == before)
    faults.missing(table, reader.path("estimates"),
                   "is missing; name what drives this outcome, for example estimates = { infrastructure = "
                   "\"employment/2sls\" }");
  ScenarioConfig own;
  read_parameters(reader, own);
  read_convert(reader, outcome);
  for (const auto& [name, value] : own.parameters) {
    if (!may_differ(name))
      faults.missing(
          table, reader.path("parameters." + name),
          fmt::format("is the policy's; set it in [{}.parameters]: for one outcome alone may be set {}",
                      config_path(policy), fmt::join(of_an_outcome, ", ")));
    outcome.parameters[name] = value;
    outcome.parameter_lines[name] = own.parameter_lines[name];
  }
  return outcome;
}

}  // namespace

bool read_parameter(const ConfigNode& node, const std::string& path, FaultList& faults,
                    ParameterValue& target) {
  switch (node.kind) {
    case ConfigNode::Kind::text:
      target = node.text;
      return true;
    case ConfigNode::Kind::flag:
      target = node.flag;
      return true;
    case ConfigNode::Kind::date:
      target = node.text;
      return true;
    case ConfigNode::Kind::integer:
    case ConfigNode::Kind::number: {
      if (!std::isfinite(node.number)) {
        faults.add(node, path, "is not a finite number");
        return false;
      }
      Distribution point;
      point.values["value"] = node.number;
      point.line = node.line;
      if (!node.origin.empty()) point.source = "--set on the command line";
      target = std::move(point);
      return true;
    }
    case ConfigNode::Kind::list: {
      const bool texts = node.children.empty() || node.children.front().kind == ConfigNode::Kind::text;
      Words words;
      std::vector<double> numbers;
      if (texts ? !read_texts(node, path, faults, words) : !read_numbers(node, path, faults, numbers))
        return false;
      if (texts)
        target = std::move(words);
      else
        target = std::move(numbers);
      return true;
    }
    case ConfigNode::Kind::table: {
      for (const char* key : {"type", "column", "equals", "list"})
        if (node.find(key)) return read_target(node, path, faults, target);
      Distribution distribution;
      if (!read_distribution(node, path, faults, distribution)) return false;
      target = std::move(distribution);
      return true;
    }
  }
  return false;
}

std::vector<ScenarioConfig> read_scenarios(const ConfigNode& root, const std::vector<ModelEntry>& models,
                                           FaultList& faults) {
  std::vector<ScenarioConfig> scenarios;
  Words used;
  for (const ConfigNode* table : tables_of(root, "scenario", faults)) {
    ScenarioConfig scenario;
    scenario.line = table->line;
    const TableReader reader(*table, entry_path("scenario", *table, scenarios.size()), faults,
                             keys_of("scenario"));
    read_name(reader, scenario.name, used);
    if (!reader.find("lever"))
      faults.missing(*table, reader.path("lever"), "is missing; for example lever = \"ukspf_ring_fence\"");
    reader.text("lever", scenario.lever);
    reader.choice("spread", scenario.spread, {"propagated", "none", "estimated"});
    reader.choice("effect_is", scenario.effect_is, {"total", "impact"});
    if (const ConfigNode* why = reader.text("extrapolate", scenario.extrapolate))
      if (scenario.extrapolate.find_first_not_of(" \t\n") == std::string::npos)
        faults.add(*why, reader.path("extrapolate"), "is empty; give the reason, which every output repeats");
    const ConfigNode* spread = reader.find("spread");
    scenario.spread_line = spread ? spread->line : table->line;
    read_estimates(reader, models, scenario, false);
    read_parameters(reader, scenario);
    read_convert(reader, scenario);
    const ScenarioConfig policy = scenario;
    scenarios.push_back(std::move(scenario));
    Words outcomes;
    std::size_t k = 0;
    for (const ConfigNode* outcome : tables_of(*table, "outcome", faults))
      scenarios.push_back(read_further_outcome(*outcome, policy, k++, models, outcomes, faults));
  }
  return scenarios;
}

void read_correlations(const ConfigNode& root, RunConfig& config, FaultList& faults) {
  std::set<std::string> seen;
  std::size_t k = 0;
  for (const ConfigNode* table : tables_of(root, "correlation", faults)) {
    const std::size_t before = faults.faults().size();
    const TableReader reader(*table, fmt::format("correlation[{}]", ++k), faults, keys_of("correlation"));
    Words parameters;
    const ConfigNode* listed = reader.texts("parameters", parameters);
    if (!reader.find("parameters"))
      faults.missing(*table, reader.path("parameters"), "is missing; list \"scenario.parameter\" names");
    for (std::size_t p = 0; listed && p < parameters.size(); ++p) {
      const ConfigNode& node = listed->children[p];
      const std::string scenario = parameters[p].substr(0, parameters[p].find('.'));
      Words names;
      for (const auto& known : config.scenarios)
        if (!is_further(known)) names.push_back(known.name);
      if (scenario.size() + 1 >= parameters[p].size())
        faults.add(node, reader.path("parameters"), "is not of the form \"scenario.parameter\"");
      else if (std::find(names.begin(), names.end(), scenario) == names.end())
        faults.add(node, reader.path("parameters"),
                   fmt::format("this file defines no scenario '{}'; {}", scenario, among_own(names)));
      else if (!seen.insert(parameters[p]).second)
        faults.add(node, reader.path("parameters"), "is in another [[correlation]] already; join the two");
    }
    const ConfigNode* matrix = reader.find("matrix");
    const std::string path = reader.path("matrix");
    std::vector<std::vector<double>> rows;
    if (!matrix) {
      faults.missing(*table, path, "is missing; write matrix = [[1.0, 0.5], [0.5, 1.0]]");
    } else if (matrix->kind != ConfigNode::Kind::list) {
      faults.add(*matrix, path, fmt::format("is {}; expected a list of rows", kind_in_words(*matrix)));
    } else {
      for (const auto& row : matrix->children) {
        rows.emplace_back();
        read_numbers(row, path, faults, rows.back());
      }
    }
    if (faults.faults().size() > before) continue;
    const std::size_t n = parameters.size();
    const bool square = rows.size() == n && std::all_of(rows.begin(), rows.end(),
                                                        [&](const auto& row) { return row.size() == n; });
    if (n < 2 || !square) {
      faults.add(n < 2 ? *listed : *matrix, n < 2 ? reader.path("parameters") : path,
                 n < 2 ? "a correlation needs at least two parameters"
                       : fmt::format("is not {0} x {0}, one row and column for each parameter", n));
      continue;
    }
    std::vector<double> lower;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        if (i == j && rows[i][i] != 1.0)
          faults.add(*matrix, path,
                     fmt::format("has {} on its diagonal; a correlation matrix has ones", rows[i][i]));
        if (rows[i][j] != rows[j][i])
          faults.add(*matrix, path,
                     fmt::format("is not symmetric: {} and {} stand for '{}' with '{}'", rows[i][j],
                                 rows[j][i], parameters[i], parameters[j]));
        if (!(std::abs(rows[i][j]) <= 1.0))
          faults.add(*matrix, path, fmt::format("holds {}; a correlation is from -1 to 1", rows[i][j]));
        lower.push_back(rows[i][j]);
      }
    config.correlated.push_back(std::move(parameters));
    config.correlation.push_back(std::move(lower));
  }
}

}  // namespace spillway
