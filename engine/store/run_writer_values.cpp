// Where each value of a run stands in its file; the places are described in FORMAT.md.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <xtensor/xadapt.hpp>
#include <xtensor/xtensor.hpp>

#include "engine/store/run_store.hpp"

namespace spillway {

namespace {

/// A name as one step of a path.
const std::string& step(const std::string& name, const char* what) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    throw InputError(
        fmt::format("the {} name '{}' cannot be stored (it would not be one step of a path); use letters, "
                    "digits, '_', '-', ':' or '+'",
                    what, name));
  return name;
}

/// A column-major matrix (Eigen) with its rows first in the file: one copy, turned by xtensor.
template <class Matrix>
xt::xtensor<typename Matrix::Scalar, 2> rows_first(const Matrix& matrix) {
  const std::array<std::size_t, 2> shape = {static_cast<std::size_t>(matrix.rows()),
                                            static_cast<std::size_t>(matrix.cols())};
  return xt::adapt<xt::layout_type::column_major>(matrix.data(), static_cast<std::size_t>(matrix.size()),
                                                  xt::no_ownership(), shape);
}

long count(const std::vector<std::string>& texts) { return static_cast<long>(texts.size()); }

template <class Vector>
std::vector<std::int32_t> as_int32(const Vector& values) {
  return {values.begin(), values.end()};
}

std::string or_unitless(const std::string& unit) { return unit.empty() ? "1" : unit; }

const char* describe(AreaOutcome outcome) {
  switch (outcome) {
    case AreaOutcome::uplift:
      return "deviation of the outcome from the counterfactual, last period";
    case AreaOutcome::cumulative_uplift:
      return "sum of the deviations over the horizon: the effect on the level";
    case AreaOutcome::gva_per_head_uplift:
      return "GVA per resident above the counterfactual, last period";
    case AreaOutcome::discounted_gva_uplift:
      return "GVA per resident above the counterfactual, discounted sum";
  }
  return "";
}

}  // namespace

void RunWriter::write_run(const RunRecord& record) {
  write_attribute("/run", "format_version", fmt::format("{}.{}", FormatVersion::major, FormatVersion::minor));
  write_attribute("/run", "spillway_version", record.spillway_version);
  write_attribute("/run", "git_commit", record.git_commit);
  write_attribute("/run", "seed", static_cast<std::int64_t>(record.seed));
  write_attribute("/run", "name", record.name);
  write_attribute("/run", "instruction_set", record.instruction_set);
  write_attribute("/run", "threads", static_cast<std::int64_t>(record.threads));
  write_attribute("/run", "host", record.host);
  write_attribute("/run", "started", record.started);
  for (const auto& [name, value] : record.more) write_attribute("/run", name, value);
  write({"/run/config", {}, "1", "the whole configuration (TOML)"}, {record.config}, {});

  if (!record.inputs.empty()) {
    const long files = static_cast<long>(record.inputs.size());
    std::vector<std::string> pairs;
    std::vector<TableColumn> columns = {{"path", "1", "as the run found it", {}, {}},
                                        {"role", "1", "role in the data pack", {}, {}},
                                        {"sha256", "1", "SHA-256 of the bytes read", {}, {}},
                                        {"publisher", "1", "", {}, {}},
                                        {"licence", "1", "", {}, {}},
                                        {"vintage", "1", "", {}, {}}};
    for (const auto& input : record.inputs) {
      pairs.insert(pairs.end(), {input.path, input.sha256});
      const std::string* fields[] = {&input.path,      &input.role,    &input.sha256,
                                     &input.publisher, &input.licence, &input.vintage};
      for (std::size_t k = 0; k < columns.size(); ++k) columns[k].texts.push_back(*fields[k]);
    }
    write_dimension("/run/input", files);
    write({"/run/field", {"field"}, "1", "what a column of inputs is"}, {"path", "sha256"}, {2});
    write({"/run/inputs", {"input", "field"}, "1", "path and SHA-256 of every file read"}, pairs, {files, 2});
    write_table("/inputs", "file", columns);
  }
  if (!record.truth.empty()) {
    TableColumn name{"parameter", "1", "parameter of the synthetic world", {}, {}};
    TableColumn value{"value", "1", "its true value", {}, {}};
    for (const auto& [parameter, truth] : record.truth) {
      name.texts.push_back(parameter);
      value.numbers.push_back(truth);
    }
    write_table("/run/truth", "parameter", {name, value});
  }
}

void RunWriter::write_stages(const std::vector<StageCost>& stages, const std::string& finished) {
  write_attribute("/run", "finished", finished);
  if (stages.empty()) return;
  TableColumn name{"stage", "1", "stage of the run", {}, {}}, seconds{"seconds", "s", "wall time", {}, {}},
      memory{"peak_memory", "byte", "peak resident memory of the process at the stage's end", {}, {}},
      core{"core_seconds",
           "s",
           "CPU time of the process while the stage ran; stages that overlap share it",
           {},
           {}};
  for (const auto& stage : stages) {
    name.texts.push_back(stage.stage);
    seconds.numbers.push_back(stage.seconds);
    memory.numbers.push_back(stage.peak_memory);
    core.numbers.push_back(stage.core_seconds);
  }
  write_table("/run/stages", "stage", {name, seconds, memory, core});
}

void RunWriter::write_areas(const DataPack& pack, const std::string& area_type) {
  const long rows = static_cast<long>(pack.areas.rows);
  std::vector<const Column*> columns = {&pack.areas.at("area_code")};
  for (const auto& column : pack.areas.columns)
    if (column.name != "area_code") columns.push_back(&column);
  for (const Column* column : columns) {
    std::string meaning = column->description;
    if (!column->price_base.empty())
      meaning += fmt::format("{}{} prices", meaning.empty() ? "" : ", ", column->price_base);
    const Label label{"/areas/" + step(column->name, "column"),
                      {"area_code"},
                      or_unitless(column->unit),
                      meaning.empty() ? column->name : meaning};
    if (column->kind == ColumnKind::number) {
      write(label, column->number.data(), {rows});
      continue;
    }
    std::vector<std::string> texts;
    texts.reserve(column->level.size());
    for (std::size_t row = 0; row < column->level.size(); ++row) texts.push_back(column->text(row));
    write(label, texts, {rows});
    if (column->name == "area_code") remember_areas(std::move(texts));
  }
  write_world(pack, area_type);
}

void RunWriter::write_world(const DataPack& pack, const std::string& area_type) {
  write_attribute("/areas", "pack", pack.name);
  write_attribute("/areas", "geography", pack.geography);
  write_attribute("/areas", "description", pack.description);
  write_attribute("/areas", "type_column", area_type);
  write_attribute("/areas", "period_years", pack.period_years);
}

void RunWriter::write_weights(const SpatialWeights& weights, const DataPack& pack,
                              const std::string& description) {
  const Column& codes = pack.areas.at("area_code");
  std::vector<std::string> islands;
  for (const int area : weights.islands()) islands.push_back(codes.text(static_cast<std::size_t>(area)));
  write_attribute("/weights", "description", description);
  write_attribute("/weights", "areas", static_cast<std::int64_t>(weights.areas()));
  write_attribute("/weights", "links", static_cast<std::int64_t>(weights.matrix().nonZeros()));
  write_attribute("/weights", "mean_degree", weights.mean_degree());
  write_attribute("/weights", "row_standardised", static_cast<std::int64_t>(weights.row_standardised()));
  write_attribute("/weights", "islands", static_cast<std::int64_t>(islands.size()));
  write_attribute("/weights", "components", static_cast<std::int64_t>(weights.components()));
  if (!islands.empty())
    write({"/weights/island", {"island"}, "1", "code of an area without neighbours"}, islands,
          {count(islands)});
  if (!weights.component().empty()) {
    const auto component = as_int32(weights.component());
    const long areas = static_cast<long>(component.size());
    write_dimension("/weights/area", areas);
    write({"/weights/component",
           {"area"},
           "1",
           "connected component of an area, 0 the largest; areas as in /areas"},
          component.data(), {areas});
  }
}

void RunWriter::write_estimate(const Estimate& estimate, Place place) {
  std::string group = "/estimates/" + step(estimate.model, "model");
  if (place == Place::grid) group += "/cells/" + step(estimate.cell, "cell's");
  group += "/" + step(estimate.estimator, "estimator");
  const long size = count(estimate.names);
  const std::string unit = or_unitless(estimate.outcome_unit);
  write({group + "/coefficient", {"coefficient"}, "1", "name of the coefficient"}, estimate.names, {size});
  const std::string per = fmt::format("{} per unit of the regressor", unit);
  write({group + "/estimate", {"coefficient"}, per, "point estimate"}, estimate.coefficients.data(), {size});
  std::vector<double> standard_error;
  for (Eigen::Index k = 0; k < estimate.covariance.rows(); ++k)
    standard_error.push_back(estimate.standard_error(k));
  if (!standard_error.empty()) {
    write({group + "/standard_error", {"coefficient"}, per, "square root of the covariance's diagonal"},
          standard_error.data(), {size});
    write({group + "/coefficient_column", {"coefficient_column"}, "1", "name of the covariance's column"},
          estimate.names, {size});
    // Symmetric to the last bit or not, row r and column c are those of the matrix.
    write({group + "/covariance",
           {"coefficient", "coefficient_column"},
           "product of the units of two estimates",
           "covariance of the estimates"},
          rows_first(estimate.covariance).data(), {size, size});
  }
  if (estimate.low.size() == size && estimate.high.size() == size) {
    write({group + "/low", {"coefficient"}, per, "lower end of the interval"}, estimate.low.data(), {size});
    write({group + "/high", {"coefficient"}, per, "upper end of the interval"}, estimate.high.data(), {size});
  }
  const auto put = [&](const char* name, const AttributeValue& value) {
    write_attribute(group, name, value);
  };
  put("model", estimate.model);
  put("kind", estimate.kind);
  put("estimator", estimate.estimator);
  put("outcome", estimate.outcome);
  put("outcome_unit", estimate.outcome_unit);
  put("cell", estimate.cell);
  put("interval_method", estimate.interval_method);
  put("level", estimate.level);
  put("observations", static_cast<std::int64_t>(estimate.observations));
  put("areas", static_cast<std::int64_t>(estimate.areas));
  put("clusters", static_cast<std::int64_t>(estimate.clusters));
  put("echo", estimate.echo);
  put("refused", static_cast<std::int64_t>(estimate.refused));
  std::vector<std::string> names;
  for (const auto& diagnostic : estimate.diagnostics) names.push_back(diagnostic.name);
  if (!names.empty()) put("diagnostics", names);
  for (const auto& diagnostic : estimate.diagnostics) {
    put(diagnostic.name.c_str(), diagnostic.value);
    if (diagnostic.p) put((diagnostic.name + "_p").c_str(), *diagnostic.p);
    if (!diagnostic.definition.empty()) put((diagnostic.name + "_definition").c_str(), diagnostic.definition);
  }
  if (!estimate.warnings.empty()) put("warnings", estimate.warnings);
  if (!estimate.notes.empty()) put("notes", estimate.notes);
  if (estimate.has_anderson_rubin_set) {
    std::vector<double> ends;
    for (const auto& [low, high] : estimate.anderson_rubin_set) ends.insert(ends.end(), {low, high});
    put("anderson_rubin_intervals", static_cast<std::int64_t>(estimate.anderson_rubin_set.size()));
    if (!ends.empty()) {
      write({group + "/end", {"end"}, "1", "end of an interval"}, {"low", "high"}, {2});
      write_dimension(group + "/interval", static_cast<long>(ends.size() / 2));
      write({group + "/anderson_rubin_set",
             {"interval", "end"},
             per,
             "confidence set by inversion of the Anderson-Rubin test; ends may be infinite"},
            ends.data(), {static_cast<long>(ends.size() / 2), 2});
    }
  }
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  if (found != nullptr && found->conditional_likelihood_set) {
    std::vector<double> ends;
    for (const auto& [low, high] : *found->conditional_likelihood_set) ends.insert(ends.end(), {low, high});
    const long intervals = static_cast<long>(ends.size() / 2);
    put("clr_intervals", static_cast<std::int64_t>(intervals));
    if (intervals > 0) {
      if (estimate.anderson_rubin_set.empty())
        write({group + "/end", {"end"}, "1", "end of an interval"}, {"low", "high"}, {2});
      write_dimension(group + "/clr_interval", intervals);
      write({group + "/clr_set",
             {"clr_interval", "end"},
             per,
             "confidence set by inversion of Moreira's conditional likelihood ratio test; ends may be "
             "infinite"},
            ends.data(), {intervals, 2});
    }
  }
}

void RunWriter::write_draws(const DrawSet& draws) {
  const long parameters = count(draws.parameter), replicates = static_cast<long>(draws.status.size());
  write({"/draws/parameter", {"parameter"}, "1", "model/estimator/coefficient"}, draws.parameter,
        {parameters});
  write_dimension("/draws/replicate", replicates);
  // parameters x replicates by columns is [replicate, parameter] by rows: no copy.
  write({"/draws/value",
         {"replicate", "parameter"},
         "unit of the parameter",
         "joint bootstrap estimates; NaN where a replicate failed"},
        draws.value.data(), {replicates, parameters});
  write({"/draws/status", {"replicate"}, "1", "0 fine, 1 singular, 2 did not converge, 3 explosive"},
        draws.status.data(), {replicates});
  write_attribute("/draws", "replicates", static_cast<std::int64_t>(replicates));
  write_attribute(
      "/draws", "failed",
      static_cast<std::int64_t>(replicates - std::count(draws.status.begin(), draws.status.end(), 0)));
}

void RunWriter::write_scenario(const std::string& name, const std::vector<int>& replicate_of_draw,
                               const std::vector<Attribute>& attributes) {
  const std::string group = "/scenarios/" + step(name, "scenario");
  const auto replicate = as_int32(replicate_of_draw);
  const long draws = static_cast<long>(replicate.size());
  write_dimension(group + "/draw", draws);
  write({group + "/replicate", {"draw"}, "1", "replicate of /draws that this draw uses"}, replicate.data(),
        {draws});
  for (const auto& [key, value] : attributes) write_attribute(group, key, value);
}

void RunWriter::write_scenario_parameters(const std::string& name, const StoredParameters& parameters) {
  const std::string group = "/scenarios/" + step(name, "scenario") + "/parameters";
  const long size = count(parameters.names), draws = static_cast<long>(parameters.value.rows());
  if (size == 0) return;
  write({group + "/parameter", {"parameter"}, "1", "name of the lever's parameter"}, parameters.names,
        {size});
  if (!parameters.units.empty())
    write({group + "/unit", {"parameter"}, "1", "unit of the parameter"}, parameters.units, {size});
  write({group + "/value", {"draw", "parameter"}, "unit of the parameter", "sampled parameters of the lever"},
        rows_first(parameters.value).data(), {draws, size});
}

void RunWriter::write_area_summary(const std::string& scenario, const AreaSummary& summary,
                                   const std::vector<double>& levels, const std::string& unit,
                                   const std::vector<int>& kept) {
  const std::string outcome = to_string(summary.outcome);
  const std::string group = "/scenarios/" + step(scenario, "scenario") + "/area/" + outcome;
  const std::string what = describe(summary.outcome);
  const long areas = static_cast<long>(summary.mean.size());
  const std::vector<std::string>& codes = area_codes(areas);
  write({group + "/level", {"level"}, "1", "level of the quantile"}, levels.data(),
        {static_cast<long>(levels.size())});
  write({group + "/area", {"area"}, "1", "code of the area, as in /areas/area_code"}, codes, {areas});
  write({group + "/quantile", {"level", "area"}, unit, "quantile over draws (type 7): " + what},
        rows_first(summary.quantile).data(), {static_cast<long>(levels.size()), areas});
  write({group + "/mean", {"area"}, unit, "mean over draws: " + what}, summary.mean.data(), {areas});
  write({group + "/sd", {"area"}, unit, "standard deviation over draws: " + what}, summary.sd.data(),
        {areas});
  write({group + "/probability_better",
         {"area"},
         "1",
         "share of draws on the better side of the counterfactual (below it, where lower is better)"},
        summary.probability_better.data(), {areas});
  write({group + "/probability_positive", {"area"}, "1", "share of draws above the counterfactual"},
        summary.probability_positive.data(), {areas});
  if (!kept.empty()) {
    std::vector<std::string> names;
    for (const int area : kept) names.push_back(codes.at(static_cast<std::size_t>(area)));
    write({group + "/kept_area", {"kept_area"}, "1", "code of an area whose draws are kept"}, names,
          {count(names)});
    write({group + "/draws", {"draw", "kept_area"}, unit, "every draw: " + what},
          rows_first(summary.draws).data(), {static_cast<long>(summary.draws.rows()), count(names)});
  }
}

void RunWriter::write_aggregate(const std::string& scenario, const AggregateSeries& series,
                                const Grouping& grouping, int horizon, const std::string& unit) {
  const std::string group = fmt::format("/scenarios/{}/aggregate/{}/{}", step(scenario, "scenario"),
                                        to_string(series.outcome), step(grouping.name, "grouping"));
  const long groups = series.groups, periods = series.periods;
  if (groups == 0) return;
  std::vector<std::int32_t> period(static_cast<std::size_t>(periods));
  std::iota(period.begin(), period.end(), horizon - series.periods + 1);
  write({group + "/group", {"group"}, "1", "name of the group of areas"}, grouping.groups, {groups});
  write({group + "/period", {"period"}, "1", "periods ahead of the last observed one"}, period.data(),
        {periods});
  const long draws = static_cast<long>(series.value.size()) / (groups * periods);
  write({group + "/value",
         {"draw", "period", "group"},
         unit,
         std::string("weighted mean over the group's areas: ") + describe(series.outcome)},
        series.value.data(), {draws, periods, groups});
}

void RunWriter::write_appraisal(const StoredAppraisal& appraisal) {
  const std::string group = "/appraisal/" + step(appraisal.scenario, "scenario");
  const long draws = static_cast<long>(appraisal.npsv.size());
  write_dimension(group + "/draw", draws);
  const auto put = [&](const char* name, const char* unit, const char* what,
                       const std::vector<double>& values) {
    if (!values.empty()) write({group + "/" + name, {"draw"}, unit, what}, values.data(), {draws});
  };
  put("present_value_benefits", "GBP", "present value of benefits", appraisal.present_value_benefits);
  put("present_value_costs", "GBP", "present value of costs to the public purse",
      appraisal.present_value_costs);
  put("npsv", "GBP", "net present social value: benefits less costs", appraisal.npsv);
  put("bcr", "1", "benefit-cost ratio; NaN where costs are not positive", appraisal.bcr);
  write_table(group + "/exchequer", "year", appraisal.exchequer);
  write_table(group + "/worth", "part", appraisal.worth);
  for (const auto& [name, value] : appraisal.attributes) write_attribute(group, name, value);
}

void RunWriter::write_table(const std::string& group, const std::string& dimension,
                            const std::vector<TableColumn>& columns) {
  if (columns.empty()) return;
  const auto length = [](const TableColumn& column) {
    return static_cast<long>(column.numbers.empty() ? column.texts.size() : column.numbers.size());
  };
  const long rows = length(columns.front());
  if (rows == 0) return;
  const bool named =
      std::any_of(columns.begin(), columns.end(), [&](const auto& c) { return c.name == dimension; });
  if (!named) write_dimension(group + "/" + dimension, rows);
  // The coordinate first: the others hang on it.
  for (const bool coordinate : {true, false})
    for (const auto& column : columns) {
      if ((column.name == dimension) != coordinate) continue;
      const Label label{group + "/" + step(column.name, "column"),
                        {dimension},
                        or_unitless(column.unit),
                        column.long_name.empty() ? column.name : column.long_name};
      if (column.numbers.empty())
        write(label, column.texts, {length(column)});
      else
        write(label, column.numbers.data(), {length(column)});
    }
}

}  // namespace spillway
