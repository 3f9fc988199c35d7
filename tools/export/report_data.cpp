#include "tools/export/report_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "engine/base/error.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/run/inputs.hpp"
#include "tools/export/area_shapes.hpp"
#include "tools/export/report_encode.hpp"
#include "tools/studies/profiles.hpp"
#include "tools/studies/stored_column.hpp"
#include "tools/studies/stored_config.hpp"
#include "tools/studies/worth_rows.hpp"

namespace spillway {

using nlohmann::json;

json to_json(const AttributeValue& value) {
  return std::visit([](const auto& v) { return json(v); }, value);
}

json to_json(const std::vector<Attribute>& attributes) {
  json object = json::object();
  for (const auto& [name, value] : attributes) object[name] = to_json(value);
  return object;
}

namespace {

/// A text among attributes; `fallback` where there is none, or no text.
std::string text_or(const json& attributes, const char* name, const std::string& fallback) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->is_string() ? found->get<std::string>() : fallback;
}

json vector_json(const Eigen::VectorXd& values) {
  return std::vector<double>(values.data(), values.data() + values.size());
}

json estimate_json(const StoredEstimate& stored) {
  const Estimate& e = stored.estimate;
  json diagnostics = json::array();
  for (const Diagnostic& d : e.diagnostics)
    diagnostics.push_back({{"name", d.name},
                           {"value", d.value},
                           {"p", d.p ? json(*d.p) : json()},
                           {"definition", d.definition}});
  json set;
  if (e.has_anderson_rubin_set) {
    set = json::array();
    for (const auto& [low, high] : e.anderson_rubin_set) set.push_back({low, high});
  }
  std::vector<double> errors;
  for (Eigen::Index k = 0; k < e.covariance.rows(); ++k) errors.push_back(e.standard_error(k));
  return {{"model", e.model},
          {"kind", e.kind},
          {"estimator", e.estimator},
          {"outcome", e.outcome},
          {"unit", e.outcome_unit},
          {"cell", e.cell},
          {"grid", stored.in_grid},
          {"names", e.names},
          {"estimate", vector_json(e.coefficients)},
          {"error", errors},
          {"low", vector_json(e.low)},
          {"high", vector_json(e.high)},
          {"method", e.interval_method},
          {"level", e.level},
          {"observations", e.observations},
          {"areas", e.areas},
          {"clusters", e.clusters},
          {"echo", e.echo},
          {"refused", e.refused},
          {"diagnostics", diagnostics},
          {"andersonRubin", set},
          {"warnings", e.warnings},
          {"notes", e.notes}};
}

/// Spread of every parameter over the successful replicates, and the correlations between them.
json draws_json(const RunReader& reader) {
  if (!reader.has("/draws/value")) return nullptr;
  const DrawSet draws = reader.draws();
  std::vector<Eigen::Index> fine;
  for (std::size_t r = 0; r < draws.status.size(); ++r)
    if (draws.status[r] == 0) fine.push_back(static_cast<Eigen::Index>(r));
  json parameters = json::array();
  const auto count = static_cast<Eigen::Index>(fine.size());
  Eigen::MatrixXd centred(draws.value.rows(), count);
  for (Eigen::Index p = 0; p < draws.value.rows(); ++p) {
    std::vector<float> values;
    for (Eigen::Index k = 0; k < count; ++k) {
      centred(p, k) = draws.value(p, fine[static_cast<std::size_t>(k)]);
      values.push_back(static_cast<float>(centred(p, k)));
    }
    const double mean = count ? centred.row(p).mean() : 0.0;
    centred.row(p).array() -= mean;
    parameters.push_back(
        {{"name", draws.parameter[static_cast<std::size_t>(p)]},
         {"mean", mean},
         {"sd", count > 1 ? centred.row(p).norm() / std::sqrt(static_cast<double>(count - 1)) : 0.0},
         {"q", quantiles_of(values, {0.025, 0.25, 0.5, 0.75, 0.975})}});
  }
  json correlation = json::array();
  for (Eigen::Index p = 0; p < centred.rows(); ++p) {
    std::vector<double> row;
    for (Eigen::Index q = 0; q < centred.rows(); ++q)
      row.push_back(std::round(1e4 * centred.row(p).dot(centred.row(q)) /
                               (centred.row(p).norm() * centred.row(q).norm())) /
                    1e4);
    correlation.push_back(row);
  }
  return {{"replicates", draws.status.size()},
          {"failed", draws.status.size() - fine.size()},
          {"parameters", parameters},
          {"correlation", correlation}};
}

json table_json(const RunReader& reader, const std::string& group) {
  json columns = json::array();
  for (const TableColumn& column : reader.table(group)) {
    json entry = {{"name", column.name}, {"unit", column.unit}, {"meaning", column.long_name}};
    if (column.numbers.empty())
      entry["values"] = column.texts;
    else
      entry["values"] = column.numbers;
    columns.push_back(entry);
  }
  return columns;
}

/// Every group under `root` that holds datasets of one axis, as tables of at most 5,000 rows.
json tables_under(const RunReader& reader, const std::string& root) {
  json tables = json::array();
  if (!reader.has(root)) return tables;
  std::map<std::string, std::set<std::vector<long>>> shapes;
  std::vector<std::string> groups;
  for (const StoredObject& object : reader.objects()) {
    if (object.path != root && object.path.rfind(root + "/", 0) != 0) continue;
    if (object.group)
      groups.push_back(object.path);
    else
      shapes[object.path.substr(0, object.path.rfind('/'))].insert(object.shape);
  }
  for (const std::string& group : groups) {
    const auto& found = shapes[group];
    const auto attributes = reader.attributes(group);
    const bool table = found.size() == 1 && found.begin()->size() == 1 && found.begin()->front() <= 5000;
    if (!table && attributes.empty()) continue;
    tables.push_back({{"path", group},
                      {"attributes", to_json(attributes)},
                      {"columns", table ? table_json(reader, group) : json::array()}});
  }
  return tables;
}

/// What other commands than `run` keep of a configuration, wherever it stands in the file.
json analyses_json(const RunReader& reader) {
  json all = json::array();
  for (const char* root : {"/sensitivity", "/specification_curve"})
    for (json& table : tables_under(reader, root)) all.push_back(std::move(table));
  return all;
}

/// What one more pound is worth in each area, for the map: scenario -> {name, unit, meaning, p5, p50, p95}.
json worth_json(const RunReader& reader, const std::vector<std::string>& codes) {
  json all = json::object();
  if (!reader.has("/marginal_value")) return all;
  for (const std::string& scenario : reader.children("/marginal_value")) {
    const std::string group = "/marginal_value/" + scenario;
    if (!reader.has(group + "/area") || !reader.has(group + "/p50")) continue;
    std::map<std::string, std::size_t> row;
    const auto areas = reader.texts(group + "/area");
    for (std::size_t k = 0; k < areas.size(); ++k) row[areas[k]] = k;
    const json attributes = to_json(reader.attributes(group));
    json entry = {{"name", text_or(attributes, "worth", "worth")},
                  {"meaning", text_or(attributes, "meaning", "")}};
    for (const StoredObject& object : reader.objects())
      if (object.path == group + "/p50") entry["unit"] = object.unit;
    for (const char* level : {"p5", "p50", "p95"}) {
      if (!reader.has(group + "/" + level)) continue;
      const auto stored = reader.numbers(group + "/" + level, {static_cast<long>(areas.size())}).value;
      std::vector<double> values;
      for (const std::string& code : codes)
        values.push_back(row.contains(code) ? stored[row[code]] : std::nan(""));
      entry[level] = encode_half(values);
    }
    all[scenario] = entry;
  }
  return all;
}

json appraisals_json(const RunReader& reader) {
  json all = json::array();
  for (const std::string& scenario : reader.appraisals()) {
    const StoredAppraisal a = reader.appraisal(scenario);
    json entry = {{"scenario", scenario}, {"attributes", to_json(a.attributes)}};
    entry["attributes"][studies::what_comes_back] = studies::comes_back(reader, a);
    const auto spread = [&](const char* name, const char* unit, const std::vector<double>& values) {
      if (values.empty()) return;
      std::vector<float> draws(values.begin(), values.end());
      const auto finite =
          std::count_if(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
      const auto above = [&](double limit) {
        const auto n = std::count_if(values.begin(), values.end(), [&](double v) { return v > limit; });
        return finite ? static_cast<double>(n) / static_cast<double>(finite) : std::nan("");
      };
      // 200 even quantiles draw the density as well as the draws would.
      std::vector<double> levels;
      for (int k = 0; k < 200; ++k) levels.push_back((k + 0.5) / 200.0);
      entry[name] = {{"unit", unit},
                     {"q", quantiles_of(draws, {0.05, 0.1, 0.5, 0.9, 0.95})},
                     {"sample", quantiles_of(draws, levels)},
                     {"missing", static_cast<long>(values.size()) - finite},
                     {"above0", above(0.0)},
                     {"above1", above(1.0)},
                     {"above2", above(2.0)}};
    };
    spread("benefits", "GBP", a.present_value_benefits);
    spread("costs", "GBP", a.present_value_costs);
    spread("npsv", "GBP", a.npsv);
    spread("bcr", "1", a.bcr);
    const std::string group = "/appraisal/" + scenario;
    entry["tables"] = json::array();
    for (const json& table : tables_under(reader, group))
      if (table["path"] != group) entry["tables"].push_back(table);
    all.push_back(entry);
  }
  return all;
}

/// Files of the pack that the page can use where they still are what the run read.
class PackFiles {
 public:
  PackFiles(const RunReader& reader, const ReportOptions& options, const std::string& pack_of_run)
      : inputs_(reader.run().inputs),
        folder_(options.pack.empty() ? std::filesystem::path(pack_of_run) : options.pack) {}

  /// The bytes of the file of this role, or nothing, with the reason among the warnings.
  std::string bytes(const std::string& role, std::vector<std::string>& warnings) const {
    for (const InputFile& input : inputs_) {
      if (input.role != role) continue;
      for (const std::filesystem::path& file : {folder_ / input.path, std::filesystem::path(input.path)}) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error)) continue;
        std::string found = read_bytes(file);
        // Without a checksum nothing says that it is a file of the run: a result names any file it likes.
        if (sha256(found) == input.sha256) return found;
        warnings.push_back(
            fmt::format("{} has changed since the run read it (SHA-256 differs): its {} are not shown",
                        file.filename().string(), role));
        return {};
      }
      warnings.push_back(
          fmt::format("the run's {} ({}) are not where the run found them; give --pack FOLDER to show them",
                      role, input.path));
    }
    return {};
  }

 private:
  std::vector<InputFile> inputs_;
  std::filesystem::path folder_;
};

using Links = std::vector<std::pair<std::int32_t, std::int32_t>>;

/// Links of the areas as rows of the file, each once.
json links_json(Links pairs, const char* from) {
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::vector<std::uint8_t> packed;
  std::int32_t before = 0;
  for (const auto& [a, b] : pairs) {
    append_varint(packed, static_cast<std::uint64_t>(a - before));
    append_varint(packed, static_cast<std::uint64_t>(b - a));
    before = a;
  }
  return {{"count", pairs.size()}, {"varint", base64(packed.data(), packed.size())}, {"from", from}};
}

/// The links that W has, as the run kept them; files of older versions keep none.
json links_of_run(const RunReader& reader, std::size_t areas) {
  if (!reader.has("/weights/neighbours")) return nullptr;
  const NumberBlock stored = reader.numbers("/weights/neighbours", {RunReader::any_length, 2});
  Links pairs;
  for (std::size_t k = 0; k + 1 < stored.value.size(); k += 2) {
    const auto is_area = [&](double row) { return row >= 0.0 && row < static_cast<double>(areas); };
    if (!is_area(stored.value[k]) || !is_area(stored.value[k + 1]))
      throw InputError(fmt::format("'/weights/neighbours' of '{}' links area {} to {}, and it has {} areas",
                                   reader.path().string(), stored.value[k], stored.value[k + 1], areas));
    const auto a = static_cast<std::int32_t>(stored.value[k]),
               b = static_cast<std::int32_t>(stored.value[k + 1]);
    pairs.emplace_back(std::minmax(a, b));
  }
  return links_json(std::move(pairs), "run");
}

/// The same from the pack's edges.
json links_of_pack(const std::string& bytes, const std::vector<std::string>& codes) {
  if (bytes.empty()) return nullptr;
  std::vector<Fault> faults;
  const CsvTable csv =
      parse_csv(bytes, "edges", faults,
                {{{"from", ColumnKind::text}, {"to", ColumnKind::text}}, {"from", "to"}, false, {0}});
  if (!faults.empty()) return nullptr;
  std::map<std::string, std::int32_t> row;
  for (std::size_t k = 0; k < codes.size(); ++k) row[codes[k]] = static_cast<std::int32_t>(k);
  const auto place = [&](const Column& column) {
    std::vector<std::int32_t> of_level;
    for (const auto& level : column.levels) of_level.push_back(row.contains(level) ? row[level] : -1);
    std::vector<std::int32_t> of_row;
    for (const auto level : column.level) of_row.push_back(of_level[static_cast<std::size_t>(level)]);
    return of_row;
  };
  const auto from = place(csv.table.at("from")), to = place(csv.table.at("to"));
  Links pairs;
  for (std::size_t k = 0; k < from.size(); ++k)
    if (from[k] >= 0 && to[k] >= 0) pairs.emplace_back(std::minmax(from[k], to[k]));
  return links_json(std::move(pairs), "pack");
}

/// The areas of the run as a pack of areas alone, without years.
DataPack areas_kept(const RunReader& reader) {
  DataPack pack;
  const json attributes = to_json(reader.attributes("/areas"));
  pack.name = text_or(attributes, "pack", "");
  pack.geography = text_or(attributes, "geography", "");
  for (const TableColumn& stored : reader.table("/areas")) {
    pack.areas.rows = std::max(stored.numbers.size(), stored.texts.size());
    pack.areas.columns.push_back(studies::column_of(stored));
  }
  return pack;
}

/// The run's pack where it still is what the run read; else nothing, with the reason where there is one to
/// tell.
std::optional<DataPack> pack_as_read(const RunReader& reader, const ReportOptions& options,
                                     std::string& why) {
  RunConfig config = studies::stored_config(reader);
  if (!options.pack.empty()) config.pack = options.pack.string();
  if (config.pack == "synthetic") return load_pack(config);
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::filesystem::path(config.pack) / "pack.toml", error)) {
    why = "is not where the run found it";
    return {};
  }
  DataPack pack = read_pack(config.pack, options.parallelism);
  for (const InputFile& now : pack.inputs)
    for (const InputFile& then : reader.run().inputs)
      if (now.path == then.path && now.role == then.role && now.sha256 != then.sha256) {
        why = "has changed since the run read it";
        return {};
      }
  return pack;
}

/// What `spillway profiles` says of the run's data: by year where the pack is at hand.
json profiles_of(const RunReader& reader, const ReportOptions& options, const std::string& type_column,
                 std::vector<std::string>& warnings) {
  std::string why;
  std::optional<DataPack> pack;
  try {
    pack = pack_as_read(reader, options, why);
  } catch (const std::exception& error) {
    why = fmt::format("could not be read ({})", error.what());
  }
  if (!pack && !why.empty())
    warnings.push_back(
        fmt::format("the run's pack {}: measures are of its last year alone (--pack FOLDER)", why));
  studies::ProfileOptions asked;
  asked.type = type_column;
  try {
    return studies::profiles_json(studies::profiles(pack ? *pack : areas_kept(reader), asked));
  } catch (const InputError& error) {
    warnings.push_back(fmt::format("the measures of the report are not shown: {}", error.what()));
    return nullptr;
  }
}

json run_json(const RunReader& reader) {
  const RunRecord run = reader.run();
  json inputs = json::array(), truth = json::array(), stages = json::array();
  for (const InputFile& i : run.inputs)
    inputs.push_back({{"path", i.path},
                      {"role", i.role},
                      {"sha256", i.sha256},
                      {"publisher", i.publisher},
                      {"licence", i.licence},
                      {"vintage", i.vintage}});
  for (const auto& [name, value] : run.truth) truth.push_back({{"name", name}, {"value", value}});
  for (const StageCost& s : run.stages)
    stages.push_back({{"stage", s.stage}, {"seconds", s.seconds}, {"memory", s.peak_memory}});
  return {{"name", run.name},
          {"seed", run.seed},
          {"version", run.spillway_version},
          {"commit", run.git_commit},
          {"format", reader.format_version()},
          {"instructionSet", run.instruction_set},
          {"threads", run.threads},
          {"started", run.started},
          {"finished", run.finished},
          {"config", run.config},
          {"file", reader.path().filename().string()},
          {"inputs", inputs},
          {"truth", truth},
          {"stages", stages}};
}

}  // namespace

std::vector<double> quantiles_of(std::vector<float>& draws, const std::vector<double>& levels) {
  std::vector<double> result(levels.size(), std::nan(""));
  const auto end = std::remove_if(draws.begin(), draws.end(), [](float v) { return !std::isfinite(v); });
  const auto count = static_cast<std::size_t>(end - draws.begin());
  if (count == 0) return result;
  const auto place = [&](double level) { return level * static_cast<double>(count - 1); };
  std::set<std::size_t> needed;
  for (const double level : levels) {
    needed.insert(static_cast<std::size_t>(place(level)));
    needed.insert(std::min(static_cast<std::size_t>(place(level)) + 1, count - 1));
  }
  // Each selection leaves the larger draws to its right, where the next one looks.
  auto from = draws.begin();
  for (const std::size_t k : needed) {
    std::nth_element(from, draws.begin() + static_cast<std::ptrdiff_t>(k), end);
    from = draws.begin() + static_cast<std::ptrdiff_t>(k) + 1;
  }
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const double at = place(levels[l]);
    const auto low = static_cast<std::size_t>(at);
    const double a = draws[low], b = draws[std::min(low + 1, count - 1)];
    result[l] = a + (at - static_cast<double>(low)) * (b - a);
  }
  return result;
}

json report_data(const RunReader& reader, const ReportOptions& options, std::vector<std::string>& warnings) {
  json data = {{"run", run_json(reader)}};
  const json area_attributes = to_json(reader.attributes("/areas"));
  const std::string type_column = text_or(area_attributes, "type_column", "area_type");
  data["pack"] = area_attributes;
  data["areas"] = report_areas(reader, type_column);
  data["weights"] = reader.has("/weights") ? to_json(reader.attributes("/weights")) : json();
  data["assumptions"] = report_assumptions(reader, warnings);
  const PackFiles files(reader, options, data["assumptions"].value("pack", std::string()));
  const std::vector<std::string> codes = reader.area_texts("area_code");
  data["links"] = links_of_run(reader, codes.size());
  if (data["links"].is_null()) data["links"] = links_of_pack(files.bytes("edges", warnings), codes);
  data["shapes"] = nullptr;
  if (const std::string text = files.bytes("boundaries", warnings); !text.empty()) {
    data["shapes"] = report_shapes(text, "the pack's boundaries", codes);
    if (data["shapes"].is_null())
      warnings.push_back("no area of the run is in the pack's boundaries: cells are drawn round centroids");
  }
  data["scenarios"] = report_scenarios(reader, options.parallelism, warnings);
  for (json& scenario : data["scenarios"])
    scenario["poundsAHead"] = report_pounds(reader, scenario["name"].get<std::string>(), type_column);
  data["contrasts"] = report_contrasts(reader);
  data["estimates"] = json::array();
  for (const StoredEstimate& stored : reader.estimates()) data["estimates"].push_back(estimate_json(stored));
  data["draws"] = draws_json(reader);
  data["appraisal"] = appraisals_json(reader);
  data["choices"] = report_choices(reader);
  data["analyses"] = analyses_json(reader);
  data["worth"] = worth_json(reader, codes);
  for (const auto& file : options.with) {
    const RunReader other(file, options.unsealed);
    json found = analyses_json(other);
    if (found.empty())
      throw InputError(fmt::format(
          "'{}' holds no analysis (--with takes what sensitivity, frontier or speccurve wrote with --output)",
          file.string()));
    if (other.run().config != reader.run().config || other.run().seed != reader.run().seed)
      warnings.push_back(fmt::format("{} comes from another configuration or seed than {}",
                                     file.filename().string(), reader.path().filename().string()));
    data["worth"].update(worth_json(other, codes));
    for (json& table : found) {
      table["file"] = file.filename().string();
      data["analyses"].push_back(std::move(table));
    }
  }
  data["profiles"] = profiles_of(reader, options, type_column, warnings);
  data["warnings"] = warnings;
  return data;
}

}  // namespace spillway
