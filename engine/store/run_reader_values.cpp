// The values of a run, read back from the places that run_writer_values.cpp gave them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <xtensor/xadapt.hpp>
#include <xtensor/xtensor.hpp>

#include "engine/store/hdf5_values.hpp"
#include "engine/store/run_reader_state.hpp"

namespace spillway {

namespace {

/// Attributes of one object, looked up by name.
class Lookup {
 public:
  Lookup(std::vector<Attribute> attributes, std::string where)
      : attributes_(std::move(attributes)), where_(std::move(where)) {}

  template <class T>
  T at(const std::string& name) const {
    const AttributeValue* value = find(name);
    if (value != nullptr)
      if (const T* held = std::get_if<T>(value)) return *held;
    throw StoreError(
        fmt::format("'{}' has no attribute '{}' of the type that format {} gives it; the file is damaged or "
                    "was changed by another program",
                    where_, name, FormatVersion::major));
  }
  template <class T>
  T or_default(const std::string& name, T fallback) const {
    const AttributeValue* value = find(name);
    if (value != nullptr)
      if (const T* held = std::get_if<T>(value)) return *held;
    return fallback;
  }
  bool has(const std::string& name) const { return find(name) != nullptr; }

 private:
  const AttributeValue* find(const std::string& name) const {
    for (const auto& [key, value] : attributes_)
      if (key == name) return &value;
    return nullptr;
  }
  std::vector<Attribute> attributes_;
  std::string where_;
};

Eigen::VectorXd vector_of(const NumberBlock& block) {
  return Eigen::Map<const Eigen::VectorXd>(block.value.data(), static_cast<Eigen::Index>(block.value.size()));
}

/// Rows of the file become rows of an Eigen matrix: turned by xtensor.
template <class Scalar>
Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> matrix_of(const NumberBlock& block) {
  const std::array<std::size_t, 2> shape = {static_cast<std::size_t>(block.shape[0]),
                                            static_cast<std::size_t>(block.shape[1])};
  Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> matrix(block.shape[0], block.shape[1]);
  auto turned =
      xt::adapt<xt::layout_type::column_major>(matrix.data(), block.value.size(), xt::no_ownership(), shape);
  turned = xt::cast<Scalar>(xt::adapt(block.value, shape));
  return matrix;
}

AreaOutcome outcome_named(const std::string& name) {
  for (const auto outcome : {AreaOutcome::uplift, AreaOutcome::cumulative_uplift,
                             AreaOutcome::gva_per_head_uplift, AreaOutcome::discounted_gva_uplift})
    if (to_string(outcome) == name) return outcome;
  throw StoreError(
      fmt::format("the file holds an outcome '{}' that format {} does not know", name, FormatVersion::major));
}

/// Whole numbers in [least, most]. @throws StoreError  one is not
std::vector<int> as_int(const NumberBlock& block, double least, double most, const std::string& named) {
  std::vector<int> values;
  for (const double value : block.value) {
    if (!(value >= least && value <= most && value == std::floor(value)))
      throw StoreError(
          fmt::format("could not read {}: it holds {}, no whole number from {} to {}; the file is damaged "
                      "or was changed by another program",
                      named, value, least, most));
    values.push_back(static_cast<int>(value));
  }
  return values;
}

constexpr long any = RunReader::any_length;
constexpr double most_int = std::numeric_limits<int>::max();

long count(const std::vector<std::string>& texts) { return static_cast<long>(texts.size()); }

std::string or_nothing(const std::string& unit) { return unit == "1" ? "" : unit; }

Estimate read_estimate(const RunReader& reader, const std::string& group) {
  const Lookup about(reader.attributes(group), group);
  Estimate e;
  e.model = about.at<std::string>("model");
  e.kind = about.at<std::string>("kind");
  e.estimator = about.at<std::string>("estimator");
  e.outcome = about.at<std::string>("outcome");
  e.outcome_unit = about.at<std::string>("outcome_unit");
  e.cell = about.at<std::string>("cell");
  e.interval_method = about.at<std::string>("interval_method");
  e.level = about.at<double>("level");
  e.observations = static_cast<long>(about.at<std::int64_t>("observations"));
  e.areas = static_cast<long>(about.at<std::int64_t>("areas"));
  e.clusters = static_cast<long>(about.at<std::int64_t>("clusters"));
  e.echo = about.at<std::string>("echo");
  e.refused = about.at<std::int64_t>("refused") != 0;
  e.warnings = about.or_default<std::vector<std::string>>("warnings", {});
  e.notes = about.or_default<std::vector<std::string>>("notes", {});
  for (const auto& name : about.or_default<std::vector<std::string>>("diagnostics", {})) {
    Diagnostic diagnostic;
    diagnostic.name = name;
    diagnostic.value = about.at<double>(name);
    if (about.has(name + "_p")) diagnostic.p = about.at<double>(name + "_p");
    diagnostic.definition = about.or_default<std::string>(name + "_definition", "");
    e.diagnostics.push_back(std::move(diagnostic));
  }
  e.names = reader.texts(group + "/coefficient", any);
  const long size = count(e.names);
  e.coefficients = vector_of(reader.numbers(group + "/estimate", {size}));
  if (reader.has(group + "/covariance"))
    e.covariance = matrix_of<double>(reader.numbers(group + "/covariance", {size, size}));
  if (reader.has(group + "/low")) {
    e.low = vector_of(reader.numbers(group + "/low", {size}));
    e.high = vector_of(reader.numbers(group + "/high", {size}));
  }
  e.has_anderson_rubin_set = about.has("anderson_rubin_intervals");
  if (reader.has(group + "/anderson_rubin_set")) {
    const auto ends = reader.numbers(group + "/anderson_rubin_set", {any, 2}).value;
    for (std::size_t k = 0; k + 1 < ends.size(); k += 2)
      e.anderson_rubin_set.emplace_back(ends[k], ends[k + 1]);
  }
  return e;
}

}  // namespace

RunRecord RunReader::run() const {
  const Lookup about(attributes("/run"), "/run");
  RunRecord record;
  record.name = about.at<std::string>("name");
  record.seed = static_cast<std::uint64_t>(about.at<std::int64_t>("seed"));
  record.spillway_version = about.at<std::string>("spillway_version");
  record.git_commit = about.at<std::string>("git_commit");
  record.instruction_set = about.at<std::string>("instruction_set");
  record.threads = static_cast<int>(about.at<std::int64_t>("threads"));
  record.host = about.at<std::string>("host");
  record.started = about.at<std::string>("started");
  record.finished = about.or_default<std::string>("finished", "");
  const auto config = texts("/run/config");
  if (config.size() != 1) state_->refuse("/run/config", "it is not one text");
  record.config = config.front();
  if (has("/inputs")) {
    const auto columns = table("/inputs");
    for (const auto& column : columns)
      record.inputs.resize(std::max(record.inputs.size(), column.texts.size()));
    for (const auto& column : columns)
      for (std::size_t k = 0; k < column.texts.size(); ++k) {
        InputFile& input = record.inputs[k];
        std::string* field = column.name == "path"        ? &input.path
                             : column.name == "role"      ? &input.role
                             : column.name == "sha256"    ? &input.sha256
                             : column.name == "publisher" ? &input.publisher
                             : column.name == "licence"   ? &input.licence
                             : column.name == "vintage"   ? &input.vintage
                                                          : nullptr;
        if (field != nullptr) *field = column.texts[k];
      }
  }
  if (has("/run/truth")) {
    const auto names = texts("/run/truth/parameter", any);
    const auto values = numbers("/run/truth/value", {count(names)}).value;
    for (std::size_t k = 0; k < names.size(); ++k) record.truth.emplace_back(names[k], values[k]);
  }
  if (has("/run/stages")) {
    const auto names = texts("/run/stages/stage", any);
    const std::vector<long> shape = {count(names)};
    const auto seconds = numbers("/run/stages/seconds", shape).value,
               memory = numbers("/run/stages/peak_memory", shape).value;
    const std::vector<double> core = has("/run/stages/core_seconds")
                                         ? numbers("/run/stages/core_seconds", shape).value
                                         : std::vector<double>(names.size());
    for (std::size_t k = 0; k < names.size(); ++k)
      record.stages.push_back({names[k], seconds[k], memory[k], core[k]});
  }
  return record;
}

Kept kept_of(const std::string& keep) {
  return keep == "summary" ? Kept::summary : keep == "groups" ? Kept::groups : Kept::full;
}

Kept RunReader::kept() const {
  return has_attribute("/run", "keep") ? kept_of(attribute_as<std::string>("/run", "keep")) : Kept::full;
}

void RunReader::need_kept(Kept least, const std::string& what) const {
  const Kept held = kept();
  if (held <= least) return;
  throw InputError(fmt::format(
      "'{}' holds no {}: its run kept store.keep = \"{}\" (run its configuration again with --set "
      "store.keep={})",
      path().string(), what, held == Kept::groups ? "groups" : "summary",
      least == Kept::full ? "full" : "groups"));
}

std::vector<std::string> RunReader::area_columns() const {
  need_kept(Kept::groups, "areas");
  return children("/areas");
}

long RunReader::areas() const {
  need_kept(Kept::groups, "areas");
  const Hdf5Handle codes = state_->dataset("/areas/area_code");
  const auto dims = extent(codes.get(), "/areas/area_code");
  if (dims.size() != 1) state_->refuse("/areas/area_code", "it is not one code an area");
  return static_cast<long>(dims[0]);
}

std::vector<std::string> RunReader::area_texts(const std::string& column) const {
  return texts("/areas/" + column, areas());
}

std::vector<double> RunReader::area_numbers(const std::string& column) const {
  return numbers("/areas/" + column, {areas()}).value;
}

std::vector<StoredEstimate> RunReader::estimates() const {
  std::vector<StoredEstimate> all;
  if (!has("/estimates")) return all;
  for (const auto& model : children("/estimates")) {
    const std::string group = "/estimates/" + model;
    for (const auto& estimator : children(group))
      if (estimator != "cells")
        all.push_back({group + "/" + estimator, false, read_estimate(*this, group + "/" + estimator)});
    if (!has(group + "/cells")) continue;
    for (const auto& cell : children(group + "/cells")) {
      const std::string cell_group = group + "/cells/" + cell;
      for (const auto& estimator : children(cell_group))
        all.push_back(
            {cell_group + "/" + estimator, true, read_estimate(*this, cell_group + "/" + estimator)});
    }
  }
  return all;
}

Estimate RunReader::estimate(const std::string& name) const {
  if (has("/estimates/" + name + "/coefficient")) return read_estimate(*this, "/estimates/" + name);
  std::vector<std::string> known;
  std::string list;
  for (const auto& stored : estimates()) {
    if (stored.in_grid) continue;
    known.push_back(stored.estimate.model + "/" + stored.estimate.estimator);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  const std::string nearest = nearest_word(name, known);
  throw InputError(fmt::format("'{}' holds no estimate '{}'{}; it holds: {}", path().string(), name,
                               nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest),
                               list.empty() ? "none" : list));
}

DrawSet RunReader::draws() const {
  need_kept(Kept::groups, "replicates of the estimates");
  DrawSet draws;
  draws.parameter = texts("/draws/parameter", any);
  const NumberBlock block = numbers("/draws/value", {any, count(draws.parameter)});
  // [replicate, parameter] by rows is parameters x replicates by columns.
  draws.value = Eigen::Map<const Eigen::MatrixXd>(block.value.data(), block.shape[1], block.shape[0]);
  for (const int status :
       as_int(numbers("/draws/status", {block.shape[0]}), 0, 255, state_->named("/draws/status")))
    draws.status.push_back(static_cast<std::uint8_t>(status));
  return draws;
}

std::vector<std::string> RunReader::scenarios() const {
  return has("/scenarios") ? children("/scenarios") : std::vector<std::string>{};
}

std::vector<Attribute> RunReader::scenario_attributes(const std::string& scenario) const {
  return attributes("/scenarios/" + scenario);
}

std::vector<int> RunReader::replicate_of_draw(const std::string& scenario) const {
  const std::string path = "/scenarios/" + scenario + "/replicate";
  double last = most_int;  // without draws of its own the scenario's replicates are those of another file
  if (has("/draws/status")) {
    const auto dims = extent(state_->dataset("/draws/status").get(), "/draws/status");
    if (dims.size() == 1 && dims[0] > 0) last = static_cast<double>(dims[0]) - 1.0;
  }
  return as_int(numbers(path, {any}), 0, last, state_->named(path));
}

StoredParameters RunReader::scenario_parameters(const std::string& scenario) const {
  const std::string group = "/scenarios/" + scenario + "/parameters";
  StoredParameters parameters;
  if (!has(group)) return parameters;
  parameters.names = texts(group + "/parameter", any);
  const long size = count(parameters.names);
  if (has(group + "/unit")) parameters.units = texts(group + "/unit", size);
  parameters.value = matrix_of<double>(numbers(group + "/value", {any, size}));
  return parameters;
}

std::vector<std::string> RunReader::area_outcomes(const std::string& scenario) const {
  const std::string group = "/scenarios/" + scenario + "/area";
  return has(group) ? children(group) : std::vector<std::string>{};
}

StoredAreaSummary RunReader::area_summary(const std::string& scenario, const std::string& outcome) const {
  need_kept(Kept::full, fmt::format("{} by area", outcome));
  const std::string group = "/scenarios/" + scenario + "/area/" + outcome;
  StoredAreaSummary stored;
  stored.summary.outcome = outcome_named(outcome);
  stored.levels = numbers(group + "/level", {any}).value;
  for (const double level : stored.levels)
    if (!(level >= 0.0 && level <= 1.0))
      state_->refuse(group + "/level", fmt::format("it holds {}, which is no level of a quantile", level));
  const long size = has("/areas/area_code") ? areas() : any, levels = static_cast<long>(stored.levels.size());
  stored.unit = or_nothing(attribute_as<std::string>(group + "/mean", "units"));
  stored.summary.mean = vector_of(numbers(group + "/mean", {size})).cast<float>();
  const std::vector<long> shape = {static_cast<long>(stored.summary.mean.size())};
  stored.summary.quantile = matrix_of<float>(numbers(group + "/quantile", {levels, shape[0]}));
  stored.summary.sd = vector_of(numbers(group + "/sd", shape)).cast<float>();
  // A result of before format 1.3 has the better side's share under the other name.
  const std::string better = group + "/probability_better", positive = group + "/probability_positive";
  stored.summary.probability_better =
      vector_of(numbers(has(better) ? better : positive, shape)).cast<float>();
  stored.summary.probability_positive = vector_of(numbers(positive, shape)).cast<float>();
  if (has(group + "/kept_area")) {
    stored.kept_areas = texts(group + "/kept_area", any);
    stored.summary.draws = matrix_of<float>(numbers(group + "/draws", {any, count(stored.kept_areas)}));
  }
  return stored;
}

std::vector<std::string> RunReader::aggregate_outcomes(const std::string& scenario) const {
  const std::string group = "/scenarios/" + scenario + "/aggregate";
  return has(group) ? children(group) : std::vector<std::string>{};
}

std::vector<std::string> RunReader::groupings(const std::string& scenario, const std::string& outcome) const {
  const std::string group = "/scenarios/" + scenario + "/aggregate/" + outcome;
  return has(group) ? children(group) : std::vector<std::string>{};
}

bool RunReader::has_draws(const std::string& scenario, const std::string& outcome,
                          const std::string& grouping) const {
  return has(fmt::format("/scenarios/{}/aggregate/{}/{}/value", scenario, outcome, grouping));
}

StoredAggregate RunReader::aggregate(const std::string& scenario, const std::string& outcome,
                                     const std::string& grouping, long first, long count) const {
  const std::string group = fmt::format("/scenarios/{}/aggregate/{}/{}", scenario, outcome, grouping);
  const std::string action = fmt::format("read '{}/value' in '{}'", group, path().string());
  if (!has(group + "/value"))
    need_kept(Kept::groups, fmt::format("draws of {} by {} (scenario '{}'), but their quantiles", outcome,
                                        grouping, scenario));
  StoredAggregate stored;
  stored.outcome = outcome;
  stored.grouping = grouping;
  stored.groups = texts(group + "/group", any);
  stored.periods =
      as_int(numbers(group + "/period", {any}), -most_int, most_int, state_->named(group + "/period"));
  if (stored.groups.empty()) state_->refuse(group + "/group", "it names no group");
  if (stored.periods.empty()) state_->refuse(group + "/period", "it holds no period");
  stored.unit = or_nothing(attribute_as<std::string>(group + "/value", "units"));
  const Hdf5Handle dataset = state_->dataset(group + "/value");
  const std::vector<hsize_t> dims = extent(dataset.get(), group + "/value");
  if (dims.size() != 3 || dims[1] != stored.periods.size() || dims[2] != stored.groups.size())
    state_->refuse(group + "/value",
                   fmt::format("its shape is [{}] where [any, {}, {}] belongs (draws, periods, groups)",
                               fmt::join(dims, ", "), stored.periods.size(), stored.groups.size()));
  const long all = static_cast<long>(dims[0]);
  if (const std::string draws = "/scenarios/" + scenario + "/replicate"; has(draws)) {
    const auto replicates = extent(state_->dataset(draws).get(), draws);
    if (replicates.size() != 1 || replicates[0] != dims[0])
      state_->refuse(group + "/value", fmt::format("it has {} draws where '{}' has {}", all, draws,
                                                   replicates.empty() ? 0 : replicates[0]));
  }
  if (first < 0 || first > all || (count >= 0 && first + count > all))
    throw InputError(
        fmt::format("draws {} to {} of '{}' were asked for; it has {}", first, first + count, group, all));
  stored.first_draw = first;
  stored.draws = count < 0 ? all - first : count;
  const hsize_t start[3] = {static_cast<hsize_t>(first), 0, 0};
  const hsize_t size[3] = {static_cast<hsize_t>(stored.draws), dims[1], dims[2]};
  stored.value.resize(size[0] * size[1] * size[2]);
  if (stored.value.empty()) return stored;
  const Hdf5Handle from(H5Dget_space(dataset.get()), H5Sclose, action);
  const Hdf5Handle to(H5Screate_simple(3, size, nullptr), H5Sclose, action);
  check_hdf5(H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, start, nullptr, size, nullptr), action);
  check_hdf5(H5Dread(dataset.get(), H5T_NATIVE_FLOAT, to.get(), from.get(), H5P_DEFAULT, stored.value.data()),
             action);
  return stored;
}

std::vector<std::string> RunReader::appraisals() const {
  return has("/appraisal") ? children("/appraisal") : std::vector<std::string>{};
}

StoredAppraisal RunReader::appraisal(const std::string& scenario) const {
  const std::string group = "/appraisal/" + scenario;
  StoredAppraisal stored;
  stored.scenario = scenario;
  long draws = any;
  const auto get = [&](const char* name) {
    if (!has(group + "/" + name)) return std::vector<double>{};
    auto values = numbers(group + "/" + name, {draws}).value;
    draws = static_cast<long>(values.size());
    return values;
  };
  stored.present_value_benefits = get("present_value_benefits");
  stored.present_value_costs = get("present_value_costs");
  stored.npsv = get("npsv");
  stored.bcr = get("bcr");
  if (has(group + "/exchequer")) stored.exchequer = table(group + "/exchequer");
  if (has(group + "/worth")) stored.worth = table(group + "/worth");
  stored.attributes = attributes(group);
  return stored;
}

}  // namespace spillway
