#include "tools/studies/json_output.hpp"

#include <charconv>
#include <cmath>

#include "tools/studies/json_number.hpp"
#include "tools/studies/weak_sets.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

Json estimate_json(const Estimate& estimate) {
  Json out;
  out["name"] = estimate.model;
  out["kind"] = estimate.kind;
  out["estimator"] = estimate.estimator;
  if (!estimate.cell.empty()) out["cell"] = estimate.cell;
  out["outcome"] = estimate.outcome;
  out["outcome_unit"] = estimate.outcome_unit;
  out["observations"] = estimate.observations;
  out["areas"] = estimate.areas;
  out["clusters"] = estimate.clusters;
  out["echo"] = estimate.echo;
  out["coefficients"] = Json::array();
  for (std::size_t k = 0; k < estimate.names.size(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    Json coefficient;
    coefficient["name"] = estimate.names[k];
    coefficient["estimate"] = number(estimate.coefficients[i]);
    coefficient["standard_error"] = number(estimate.standard_error(i));
    coefficient["low"] = i < estimate.low.size() ? number(estimate.low[i]) : Json(nullptr);
    coefficient["high"] = i < estimate.high.size() ? number(estimate.high[i]) : Json(nullptr);
    out["coefficients"].push_back(coefficient);
  }
  out["interval"] = {{"method", estimate.interval_method}, {"level", estimate.level}};
  out["covariance"] = Json::array();
  for (Eigen::Index i = 0; i < estimate.covariance.rows(); ++i) {
    Json row = Json::array();
    for (Eigen::Index j = 0; j < estimate.covariance.cols(); ++j)
      row.push_back(number(estimate.covariance(i, j)));
    out["covariance"].push_back(row);
  }
  Json diagnostics = Json::object(), definitions = Json::object();
  for (const Diagnostic& diagnostic : estimate.diagnostics) {
    diagnostics[diagnostic.name] = number(diagnostic.value);
    if (diagnostic.p)
      diagnostics[diagnostic.name == "equal_rho_wald"         ? "equal_rho_p"
                  : diagnostic.name == "serial_correlation_z" ? "serial_correlation_p"
                                                              : diagnostic.name + "_p"] =
          number(*diagnostic.p);
    definitions[diagnostic.name] = diagnostic.definition;
  }
  if (estimate.has_anderson_rubin_set) {
    Json set = Json::array();
    for (const auto& [low, high] : estimate.anderson_rubin_set) set.push_back({number(low), number(high)});
    diagnostics["anderson_rubin_set"] = set;
  }
  out["diagnostics"] = diagnostics;
  out["definitions"] = definitions;
  out["warnings"] = estimate.warnings;
  out["notes"] = estimate.notes;
  out["refused"] = estimate.refused;
  return out;
}

}  // namespace

Json estimates_json(const RunResult& result) {
  Json out;
  out["models"] = Json::array();
  Json verdicts = Json::object();
  for (const ModelFits& model : result.models) {
    for (const Fit& fit : model.fits) out["models"].push_back(estimate_json(fit.estimate));
    if (!model.verdicts.empty()) verdicts[model.name()] = model.verdicts;
  }
  out["verdicts"] = verdicts;
  return out;
}

Json run_json(const RunResult& result) {
  Json out = estimates_json(result);
  out["file"] = result.file.string();
  out["scenarios"] = Json::array();
  for (const ScenarioSummary& scenario : result.scenarios) {
    Json one;
    one["name"] = scenario.name;
    one["lever"] = scenario.lever;
    one["cost_p50"] = number(scenario.cost_p50);
    one["outcomes"] = Json::array();
    for (const auto& line : scenario.lines)
      one["outcomes"].push_back({{"outcome", line.outcome},
                                 {"grouping", line.grouping},
                                 {"group", line.group},
                                 {"unit", line.unit},
                                 {"p5", number(line.p5)},
                                 {"p25", number(line.p25)},
                                 {"p50", number(line.p50)},
                                 {"p75", number(line.p75)},
                                 {"p95", number(line.p95)},
                                 {"p_better", number(line.better)},
                                 {"median_mc_error", number(line.mc_error)}});
    one["path"] = scenario.report.path;
    one["checked_error"] = number(scenario.report.checked_error);
    one["provenance"] = scenario.provenance;
    one["notes"] = scenario.notes;
    one["warnings"] = scenario.warnings;
    if (!result.file.empty()) one["sets"] = sets_json(weak_sets(RunReader(result.file), scenario.name));
    out["scenarios"].push_back(one);
  }
  out["stages"] = Json::array();
  for (const StageTime& stage : result.stages)
    out["stages"].push_back({{"stage", stage.stage},
                             {"seconds", stage.seconds},
                             {"core_seconds", stage.core_seconds},
                             {"peak_memory_mb", stage.peak_memory_mb}});
  return out;
}

Json estimates_json(const std::vector<StoredEstimate>& estimates) {
  Json out;
  out["models"] = Json::array();
  for (const StoredEstimate& stored : estimates) out["models"].push_back(estimate_json(stored.estimate));
  return out;
}

Json table_json(const TextTable& table) {
  const auto cell = [](const std::string& text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) ? Json(value)
                                                                                            : Json(text);
  };
  Json out;
  out["title"] = table.title;
  out["rows"] = Json::array();
  for (const auto& row : table.rows) {
    Json one = Json::object();
    for (std::size_t k = 0; k < row.size() && k < table.header.size(); ++k)
      one[table.header[k]] = cell(row[k]);
    out["rows"].push_back(one);
  }
  out["notes"] = table.notes;
  return out;
}

Json inspect_json(const RunReader& reader) {
  const RunRecord run = reader.run();
  Json out;
  out["run"] = {{"name", run.name},
                {"format_version", reader.format_version()},
                {"spillway_version", run.spillway_version},
                {"git_commit", run.git_commit},
                {"seed", run.seed},
                {"instruction_set", run.instruction_set},
                {"threads", run.threads},
                {"host", run.host},
                {"started", run.started},
                {"finished", run.finished}};
  out["inputs"] = Json::array();
  for (const InputFile& input : run.inputs)
    out["inputs"].push_back({{"path", input.path},
                             {"role", input.role},
                             {"sha256", input.sha256},
                             {"publisher", input.publisher},
                             {"licence", input.licence},
                             {"vintage", input.vintage}});
  out["scenarios"] = Json::object();
  for (const auto& scenario : reader.scenarios())
    out["scenarios"][scenario] = {{"area_outcomes", reader.area_outcomes(scenario)},
                                  {"aggregate_outcomes", reader.aggregate_outcomes(scenario)}};
  out["datasets"] = Json::array();
  for (const StoredObject& object : reader.objects())
    if (!object.group && !object.position)
      out["datasets"].push_back({{"path", object.path},
                                 {"type", object.type},
                                 {"shape", object.shape},
                                 {"dimensions", object.dimensions},
                                 {"unit", object.unit},
                                 {"long_name", object.long_name},
                                 {"bytes", object.bytes}});
  return out;
}

Json inspect_json(const DataPack& pack) {
  Json out = {{"pack", pack.name},
              {"geography", pack.geography},
              {"description", pack.description},
              {"period_years", pack.period_years}};
  out["areas"] = pack.areas.rows;
  out["periods"] = pack.panel.periods;
  out["links"] = pack.edges.size();
  out["area_columns"] = Json::array();
  for (const Column& column : pack.areas.columns)
    out["area_columns"].push_back({{"name", column.name},
                                   {"kind", column.kind == ColumnKind::text ? "text" : "number"},
                                   {"unit", column.unit},
                                   {"description", column.description}});
  out["panel_columns"] = Json::array();
  for (const PanelVariable& variable : pack.panel.variables)
    out["panel_columns"].push_back(
        {{"name", variable.name}, {"unit", variable.unit}, {"description", variable.description}});
  out["files"] = Json::array();
  for (const InputFile& input : pack.inputs)
    out["files"].push_back({{"path", input.path},
                            {"role", input.role},
                            {"sha256", input.sha256},
                            {"publisher", input.publisher}});
  return out;
}

Json faults_json(const InputError& error) {
  Json out;
  out["faults"] = Json::array();
  for (const Fault& fault : error.faults())
    out["faults"].push_back({{"file", fault.file},
                             {"line", fault.line},
                             {"column", fault.column},
                             {"value", fault.value},
                             {"what", fault.what}});
  return out;
}

}  // namespace spillway::studies
