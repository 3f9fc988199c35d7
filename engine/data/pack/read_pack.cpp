#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>

#include "engine/base/files.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/data/pack/links.hpp"
#include "engine/data/pack/manifest.hpp"
#include "engine/data/pack/population.hpp"

namespace spillway {

namespace {

constexpr double largest_period = 2e9;

/// One file of the pack as it is read: first its bytes and checksum, then its table.
struct Part {
  InputFile input;
  long manifest_line = 0;
  std::filesystem::path path;
  std::string shown;  // how messages name it
  std::string bytes;
  CsvTable csv;
  std::vector<Fault> faults;
};

bool is_table(const std::string& role) {
  return role == "areas" || role == "panel" || role == "edges" || role == "flows";
}

/// Whether `inside` lies in `folder`, links resolved.
bool lies_in(const std::filesystem::path& inside, const std::filesystem::path& folder) {
  const auto relative =
      std::filesystem::weakly_canonical(inside).lexically_relative(std::filesystem::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

/// The files of the manifest that are where they must be; the others are faults of the manifest.
std::vector<Part> located(const Manifest& manifest, const std::filesystem::path& folder,
                          const std::string& manifest_name, std::vector<Fault>& faults) {
  std::vector<Part> parts;
  for (const auto& file : manifest.files) {
    if (file.input.path.empty()) continue;
    if (const std::string what = fault_of_path(folder, file.input.path); !what.empty()) {
      faults.push_back({manifest_name, file.line, "path", file.input.path, what});
      continue;
    }
    Part part;
    part.input = file.input;
    part.manifest_line = file.line;
    part.path = folder / file.input.path;
    part.shown = part.path.string();
    parts.push_back(std::move(part));
  }
  return parts;
}

CsvExpectations expectations_of(const Part& part, const Manifest& manifest, Parallelism parallelism) {
  CsvExpectations expected;
  expected.parallelism = parallelism;
  const std::string& role = part.input.role;
  for (const auto& [name, column] : manifest.columns) {
    if (column.kind == "number" || (column.kind.empty() && !column.unit.empty()))
      expected.kinds[name] = ColumnKind::number;
    if (column.kind == "text") expected.kinds[name] = ColumnKind::text;
    if (column.missing) expected.missing_in[name] = *column.missing;
  }
  if (manifest.missing) expected.missing = *manifest.missing;
  if (role == "areas") {
    expected.required = {"area_code"};
    for (const auto* name : {"easting", "northing", "population"}) expected.kinds[name] = ColumnKind::number;
  } else if (role == "panel") {
    expected.required = {"area_code", "period"};
    for (auto& [name, kind] : expected.kinds) kind = ColumnKind::number;
    expected.kinds["period"] = ColumnKind::number;
    expected.others_are_numbers = true;
  } else {
    expected.required = {"from", "to"};
    expected.kinds["from"] = expected.kinds["to"] = ColumnKind::text;
    expected.kinds["weight"] = ColumnKind::number;
  }
  if (role == "areas" || role == "panel") expected.kinds["area_code"] = ColumnKind::text;
  // Codes are kept as they stand: a code that is no code is a fault with its value, not a missing value.
  for (const auto* name : {"area_code", "from", "to"}) expected.missing_in[name] = {};
  return expected;
}

/// Bytes and checksum of each file, then each table; files side by side.
void load(std::vector<Part>& parts, const Manifest& manifest, const std::string& manifest_name,
          std::vector<Fault>& faults, Parallelism parallelism) {
  const auto count = static_cast<std::ptrdiff_t>(parts.size());
  std::vector<std::string> digests(parts.size());
  for_each_block(count, 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    Part& part = parts[static_cast<std::size_t>(k)];
    part.bytes = read_bytes(part.path);
    digests[static_cast<std::size_t>(k)] = sha256(part.bytes);
    if (!is_table(part.input.role)) part.bytes = {};
  });
  for (std::size_t k = 0; k < parts.size(); ++k) {
    std::string given = parts[k].input.sha256;
    for (char& c : given)
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!given.empty() && given != digests[k])
      faults.push_back(
          {manifest_name, parts[k].manifest_line, "sha256", given,
           fmt::format("checksum mismatch: '{}' has {}; expected the file that the manifest describes "
                       "(copy it again, or write its new checksum)",
                       parts[k].input.path, digests[k])});
    parts[k].input.sha256 = digests[k];
  }
  for_each_block(count, 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    Part& part = parts[static_cast<std::size_t>(k)];
    if (is_table(part.input.role))
      part.csv = parse_csv(std::move(part.bytes), part.shown, part.faults,
                           expectations_of(part, manifest, parallelism));
  });
}

/// @param none  cells that are no code
void check_area_codes(const Part& part, const std::vector<std::string>& none, std::vector<Fault>& faults) {
  const Column& codes = part.csv.table.at("area_code");
  if (part.csv.table.rows == 0)
    faults.push_back({part.shown, 0, "area_code", "", "the file has no rows; expected one row an area"});
  std::vector<std::int64_t> first_line(codes.levels.size(), 0);
  for (std::size_t r = 0; r < codes.level.size(); ++r) {
    const std::string& code = codes.text(r);
    auto& first = first_line[static_cast<std::size_t>(codes.level[r])];
    if (code.empty() || std::find(none.begin(), none.end(), code) != none.end())
      faults.push_back({part.shown, part.csv.line[r], "area_code", code,
                        "the code is missing; expected a code for every area"});
    else if (first > 0)
      faults.push_back({part.shown, part.csv.line[r], "area_code", code,
                        fmt::format("the code is used already in line {}; expected each area once", first)});
    if (first == 0) first = part.csv.line[r];
  }
}

/// Outcomes are weighed by residents and money is shared out among them.
void check_population(const Part& part, const Manifest& manifest, const std::string& manifest_name,
                      std::vector<Fault>& of_areas, std::vector<Fault>& of_manifest) {
  const Column *population = part.csv.table.find("population"), *codes = part.csv.table.find("area_code");
  if (population == nullptr || population->kind != ColumnKind::number) return;
  Column stated = *population;
  if (const auto described = manifest.columns.find("population"); described != manifest.columns.end()) {
    stated.unit = described->second.unit;
    if (std::string what = fault_of_population_unit(stated.unit); !what.empty()) {
      of_manifest.push_back(
          {manifest_name, described->second.line, "population", stated.unit, std::move(what)});
      stated.unit = "residents";  // one fault of the unit is enough; negative numbers are told beside it
    }
  }
  if (codes == nullptr || codes->kind != ColumnKind::text) return;
  for (Fault& fault : population_faults(stated, *codes, part.shown, part.csv.line))
    of_areas.push_back(std::move(fault));
}

/// Sorted distinct periods of the rows; rows whose period is not a whole number are faults.
std::vector<int> periods_of(const Part& part, std::vector<Fault>& faults) {
  const auto& values = part.csv.table.numbers("period");
  std::set<int> periods;
  double previous = std::nan("");
  for (std::size_t r = 0; r < values.size(); ++r) {
    if (values[r] == previous) continue;
    if (std::isnan(values[r]))
      faults.push_back({part.shown, part.csv.line[r], "period", "",
                        "the period is missing; expected a whole number, such as a year"});
    else if (values[r] != std::floor(values[r]) || std::abs(values[r]) > largest_period)
      faults.push_back({part.shown, part.csv.line[r], "period", fmt::format("{}", values[r]),
                        "not a period; expected a whole number, such as a year"});
    else
      periods.insert(static_cast<int>(values[r]));
    previous = values[r];
  }
  return {periods.begin(), periods.end()};
}

void check_steps(const Part& part, const std::vector<int>& periods, double period_years,
                 std::vector<Fault>& faults) {
  if (period_years == 0.0 || periods.size() < 3) return;
  int step = periods[1] - periods[0];
  for (std::size_t k = 2; k < periods.size(); ++k) step = std::min(step, periods[k] - periods[k - 1]);
  for (std::size_t k = 1; k < periods.size(); ++k)
    if (periods[k] - periods[k - 1] != step)
      faults.push_back({part.shown, 0, "period", std::to_string(periods[k]),
                        fmt::format("follows {}, though other periods are {} apart; expected even steps, or "
                                    "period_years = \"uneven\" in the manifest",
                                    periods[k - 1], step)});
}

/// The panel file as areas x periods. `areas_whole`: the areas were read without faults, so unknown codes
/// count.
void fill_panel(const Part& part, const AreaIndex& areas, bool areas_whole, const Manifest& manifest,
                DataPack& pack, std::vector<Fault>& faults, Parallelism parallelism) {
  const Table& table = part.csv.table;
  const Column& codes = table.at("area_code");
  const auto& period = table.numbers("period");
  pack.panel.periods = periods_of(part, faults);
  const auto& periods = pack.panel.periods;
  check_steps(part, periods, pack.period_years, faults);
  const auto area_of_level = areas.rows(codes.levels);
  const bool unknown = areas_whole && std::count(area_of_level.begin(), area_of_level.end(), -1) > 0;
  const NearCodes near(unknown ? areas.codes().levels : std::vector<std::string>{});
  const std::size_t n = areas.codes().level.size(), width = periods.size();

  // Row of the file for each area and period, 1-based; 0: none.
  std::vector<std::int32_t> row_at(n * width, 0);
  std::size_t next = 0;  // periods mostly come in order
  for (std::size_t r = 0; r < table.rows; ++r) {
    const std::int32_t area = area_of_level[static_cast<std::size_t>(codes.level[r])];
    if (area < 0) {
      if (!areas_whole) continue;
      const std::string why = near.why(codes.text(r));
      faults.push_back({part.shown, part.csv.line[r], "area_code", codes.text(r),
                        codes.text(r).empty() ? "the code is missing; expected a code of the areas file"
                        : why.empty()         ? "no such area; expected a code of the areas file"
                                              : "no such area" + why});
      continue;
    }
    if (next >= width || periods[next] != period[r]) {
      const auto place = std::lower_bound(periods.begin(), periods.end(), period[r],
                                          [](int label, double value) { return label < value; });
      if (place == periods.end() || *place != period[r]) continue;  // already a fault
      next = static_cast<std::size_t>(place - periods.begin());
    }
    std::int32_t& row = row_at[static_cast<std::size_t>(area) * width + next];
    if (row > 0)
      faults.push_back(
          {part.shown, part.csv.line[r], "period", fmt::format("{}", period[r]),
           fmt::format("area '{}' has this period already in line {}; expected each area and period once",
                       codes.text(r), part.csv.line[static_cast<std::size_t>(row - 1)])});
    else
      row = static_cast<std::int32_t>(r + 1);
    ++next;
  }
  for (std::size_t a = 0; a < n && manifest.gaps == Manifest::Gaps::fault; ++a) {
    std::size_t last = width;  // last period seen of this area
    for (std::size_t t = 0; t < width; ++t) {
      const std::int32_t row = row_at[a * width + t];
      if (row == 0) continue;
      if (last < width && last + 1 != t)
        faults.push_back(
            {part.shown, part.csv.line[static_cast<std::size_t>(row - 1)], "period",
             std::to_string(periods[t]),
             fmt::format("area '{}' has {} and then {}; expected {} between them (where series have gaps, "
                         "write gaps = \"missing\" under [pack]: the rows are missing values)",
                         areas.codes().text(a), periods[last], periods[t], periods[last + 1])});
      last = t;
    }
  }
  for (const auto& column : table.columns) {
    if (column.name == "area_code" || column.name == "period") continue;
    PanelVariable variable;
    variable.name = column.name;
    if (const auto known = manifest.columns.find(column.name); known != manifest.columns.end()) {
      variable.unit = known->second.unit;
      variable.description = known->second.description;
      variable.price_base = known->second.price_base;
    }
    variable.value.resize(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(width));
    pack.panel.variables.push_back(std::move(variable));
  }
  std::vector<const Column*> sources;
  for (const auto& variable : pack.panel.variables) sources.push_back(table.find(variable.name));
  for_each_block(static_cast<std::ptrdiff_t>(n), 4096, parallelism,
                 [&](std::ptrdiff_t first, std::ptrdiff_t last) {
                   for (std::size_t v = 0; v < sources.size(); ++v)
                     for (std::ptrdiff_t a = first; a < last; ++a)
                       for (std::size_t t = 0; t < width; ++t) {
                         const std::int32_t row = row_at[static_cast<std::size_t>(a) * width + t];
                         pack.panel.variables[v].value(a, static_cast<Eigen::Index>(t)) =
                             row > 0 ? sources[v]->number[static_cast<std::size_t>(row - 1)] : std::nan("");
                       }
                 });
}

void describe_columns(const Manifest& manifest, const std::string& manifest_name,
                      const std::vector<Part>& parts, DataPack& pack, std::vector<Fault>& faults) {
  std::vector<std::string> names;
  for (const auto& part : parts)
    for (const auto& column : part.csv.table.columns) names.push_back(column.name);
  for (const auto& [name, described] : manifest.columns) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = nearest_word(name, names);
      faults.push_back(
          {manifest_name, described.line, name, "",
           fmt::format("no file has this column{}; expected [columns.NAME] for a column of the pack",
                       near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near))});
    }
    for (auto& column : pack.areas.columns)
      if (column.name == name) {
        column.unit = described.unit;
        column.description = described.description;
        column.price_base = described.price_base;
      }
  }
}

void require(std::vector<Fault>& faults) {
  if (!faults.empty()) throw InputError(std::move(faults));
}

}  // namespace

std::string fault_of_path(const std::filesystem::path& folder, const std::string& path) {
  const std::filesystem::path relative(path);
  const bool climbs =
      std::any_of(relative.begin(), relative.end(), [](const auto& step) { return step == ".."; });
  std::error_code error;
  if (relative.is_absolute() || climbs)
    return "the path leads out of the pack; expected a file inside the pack's folder";
  if (!std::filesystem::exists(folder / relative, error))
    return "the file does not exist; expected it inside the pack's folder";
  if (!std::filesystem::is_regular_file(folder / relative, error))
    return "not a file; expected a file inside the pack's folder";
  if (!lies_in(folder / relative, folder))
    return "the path leads out of the pack through a link; expected a file inside the pack's folder";
  return {};
}

const PanelVariable* Panel::find(const std::string& name) const {
  for (const auto& variable : variables)
    if (variable.name == name) return &variable;
  return nullptr;
}

const PanelVariable& Panel::at(const std::string& name) const {
  if (const PanelVariable* variable = find(name)) return *variable;
  std::vector<std::string> names;
  for (const auto& variable : variables) names.push_back(variable.name);
  const std::string near = nearest_word(name, names);
  std::string list;
  for (const auto& known : names) list += (list.empty() ? "" : ", ") + known;
  throw InputError(fmt::format("no panel variable '{}'{}; there are: {}", name,
                               near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                               list.empty() ? "none, the pack has no panel" : list));
}

std::filesystem::path DataPack::file_with_role(const std::string& role) const {
  for (const auto& input : inputs)
    if (input.role == role) return folder / input.path;
  return {};
}

DataPack read_pack(const std::filesystem::path& folder, Parallelism parallelism) {
  std::vector<Fault> faults;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    throw InputError({Fault{folder.string(), 0, "", "",
                            std::filesystem::exists(folder, error)
                                ? "is a file; expected a data pack, a folder with a pack.toml"
                                : "no such folder; expected a data pack, a folder with a pack.toml"}});
  const auto manifest_path = folder / "pack.toml";
  const std::string manifest_name = manifest_path.string();
  if (!std::filesystem::is_regular_file(manifest_path, error))
    throw InputError({Fault{folder.string(), 0, "", "",
                            "the folder has no pack.toml; expected a data pack (`spillway synth` "
                            "and `spillway pack` make them)"}});
  const Manifest manifest = parse_manifest(read_file(manifest_path, "manifest"), manifest_name, faults);
  std::vector<Part> parts = located(manifest, folder, manifest_name, faults);
  load(parts, manifest, manifest_name, faults, parallelism);

  const auto part_with = [&](const std::string& role) -> Part* {
    for (auto& part : parts)
      if (part.input.role == role) return &part;
    return nullptr;
  };
  const auto has = [](const Part* part, std::initializer_list<const char*> columns) {
    return part != nullptr && std::all_of(columns.begin(), columns.end(), [&](const char* name) {
             return part->csv.table.find(name) != nullptr;
           });
  };

  DataPack pack;
  pack.name = manifest.name;
  pack.geography = manifest.geography;
  pack.description = manifest.description;
  pack.folder = folder;
  pack.period_years = manifest.period_years;
  pack.truth = manifest.truth;
  Part* areas = part_with("areas");
  if (areas != nullptr) {
    const bool rows_whole = areas->faults.empty();
    std::vector<Fault> code_faults;
    if (has(areas, {"area_code"})) {
      const auto described = manifest.columns.find("area_code");
      const auto none = described != manifest.columns.end() && described->second.missing
                            ? *described->second.missing
                            : manifest.missing.value_or(missing_markers());
      if (rows_whole || areas->csv.table.rows > 0) check_area_codes(*areas, none, code_faults);
      const AreaIndex index(areas->csv.table.at("area_code"));
      if (Part* panel = part_with("panel"); has(panel, {"area_code", "period"}))
        fill_panel(*panel, index, rows_whole, manifest, pack, panel->faults, parallelism);
      for (const char* role : {"edges", "flows"}) {
        Part* part = part_with(role);
        if (!has(part, {"from", "to"})) continue;
        std::vector<Fault> unknown;
        auto links = listed_links(part->csv, index, part->shown, unknown);
        if (rows_whole) part->faults.insert(part->faults.end(), unknown.begin(), unknown.end());
        const bool flows = role == std::string("flows");
        (flows ? pack.flows : pack.edges) =
            checked_links(std::move(links), index.codes(), flows ? Listing::directed : Listing::contiguity,
                          part->shown, part->faults);
      }
    }
    areas->faults.insert(areas->faults.end(), code_faults.begin(), code_faults.end());
    check_population(*areas, manifest, manifest_name, areas->faults, faults);
  }
  for (auto& part : parts) {
    std::stable_sort(part.faults.begin(), part.faults.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    faults.insert(faults.end(), part.faults.begin(), part.faults.end());
  }
  if (areas != nullptr && has(areas, {"area_code"})) pack.areas = areas->csv.table;
  describe_columns(manifest, manifest_name, parts, pack, faults);
  require(faults);
  for (auto& part : parts) pack.inputs.push_back(part.input);
  for (const auto& source : manifest.sources) pack.inputs.push_back(source.input);
  return pack;
}

}  // namespace spillway
