#include "tools/studies/convert.hpp"

#include <fmt/format.h>

#include <set>

#include "engine/base/files.hpp"
#include "engine/data/contiguity.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/population.hpp"
#include "engine/data/vintage/carry_boundaries.hpp"

namespace spillway::studies {

namespace {

/// A table of the new areas, its codes under `area_code`.
Table new_areas(const std::string& file, const std::string& to) {
  std::vector<Fault> faults;
  CsvExpectations expected;
  std::string capitals = to + "cd";
  for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string& name : {std::string("area_code"), to + "cd", capitals})
    expected.kinds[name] = ColumnKind::text;
  CsvTable csv = read_csv(file, faults, expected);
  if (!faults.empty()) throw InputError(std::move(faults));
  for (Column& column : csv.table.columns) {
    if (lower_case(column.name) == to + "cd") column.name = "area_code";
  }
  const Column* codes = csv.table.find("area_code");
  if (!codes || codes->kind != ColumnKind::text)
    throw InputError(fmt::format("'{}' has no column of codes 'area_code' or '{}cd'", file, to));
  return std::move(csv.table);
}

/// Boundaries of the new areas: those given, or those that follow from the pack's own, in a file for the pack
/// to copy.
/// @param notes  what the new ones hold and lack
InputFile new_boundaries(const ConvertOptions& options, const DataPack& pack, const AreaLookup& lookup,
                         const std::filesystem::path& scratch, std::vector<std::string>& notes) {
  if (!options.boundaries.empty())
    return {std::filesystem::absolute(options.boundaries).string(),
            "boundaries",
            sha256(read_bytes(options.boundaries)),
            "",
            "",
            lookup.to};
  const std::filesystem::path own = pack.file_with_role("boundaries");
  if (own.empty()) return {};
  std::set<std::string> codes;
  for (std::size_t i = 0; i < pack.areas.rows; ++i) codes.insert(pack.areas.at("area_code").text(i));
  CarriedBoundaries converted;
  try {
    converted = carry_boundaries(read_bytes(own), own.string(), codes, lookup);
  } catch (const InputError& error) {
    notes.push_back(fmt::format("{} could not be carried: {}", own.filename().string(), error.what()));
    return {};
  }
  if (converted.text.empty()) return {};
  const std::filesystem::path made = scratch / ("boundaries_" + lookup.to + converted.suffix);
  write_file(made, converted.text);
  notes.push_back(fmt::format("boundaries: {}; give the new areas' own: --boundaries", in_words(converted)));
  InputFile file;
  for (const InputFile& input : pack.inputs)
    if (input.role == "boundaries") file = input;
  file.path = made.string();
  file.sha256 = sha256(converted.text);
  file.vintage = lookup.to;
  return file;
}

/// Contiguity of the new areas: the pairs given, or what touches in the boundaries given.
void new_links(const ConvertOptions& options, const DataPack& pack, const AreaLookup& lookup,
               VintageOptions& vintage, std::vector<std::string>& notes) {
  if (!options.adjacency.empty()) {
    vintage.new_links = read_adjacency(options.adjacency, lookup.to);
    vintage.new_links_from = options.adjacency;
  }
  if (options.boundaries.empty()) return;
  const auto& own = pack.areas.at("area_code");
  std::set<std::string> old, codes;
  for (std::size_t i = 0; i < pack.areas.rows; ++i) old.insert(own.text(i));
  for (const auto& [from, to] : lookup.pairs)
    if (old.contains(from)) codes.insert(to);
  std::string lacking;
  CodePairs pairs = contiguity_of(read_bytes(options.boundaries), options.boundaries,
                                  {codes.begin(), codes.end()}, lacking);
  if (pack.edges.empty() || vintage.new_links) return;  // read all the same: a file of other areas is refused
  if (!lacking.empty()) {
    notes.push_back(lacking + "; links are carried instead: give a file of all areas, or --adjacency");
    return;
  }
  vintage.new_links = std::move(pairs);
  vintage.new_links_from = options.boundaries;
}

}  // namespace

Conversion convert(const ConvertOptions& options, const std::filesystem::path& scratch) {
  const DataPack pack = read_pack(options.pack);
  const std::string from = pack.geography;
  const std::string to = !options.to.empty() ? options.to
                         : from == "lsoa11"  ? "lsoa21"
                         : from == "lsoa21"  ? "lsoa11"
                                             : "";
  if (to.empty())
    throw InputError(
        fmt::format("pack '{}' has geography '{}': say which one it is to have (--to)", pack.name, from));
  if (to == from) throw InputError(fmt::format("pack '{}' is on {} areas already", pack.name, from));
  std::filesystem::path file = options.lookup;
  if (file.empty()) file = pack.file_with_role("lookup");
  if (file.empty())
    throw InputError(
        fmt::format("pack '{}' holds no file of role 'lookup': give ONS's table of {} to {} codes (--lookup)",
                    pack.name, from, to));
  const AreaLookup lookup = read_lookup(file, from, to);
  VintageOptions vintage;
  vintage.weight = options.weight;
  for (const auto& [names, carry] :
       {std::pair{&options.sum, Carry::sum}, std::pair{&options.mean, Carry::mean},
        std::pair{&options.majority, Carry::majority}})
    for (const std::string& name : *names) vintage.carry[name] = carry;
  if (!options.areas.empty()) vintage.new_areas = new_areas(options.areas, to);
  Conversion made{from, {}, {}};
  std::vector<std::string> of_boundaries;
  new_links(options, pack, lookup, vintage, of_boundaries);
  vintage.boundaries = new_boundaries(options, pack, lookup, scratch, of_boundaries);
  made.pack = convert_vintage(pack, lookup, vintage, manifest_carry(options.pack), made.report);
  if (vintage.new_areas) {
    std::set<std::string> there;
    const Column &codes = made.pack.areas.at("area_code"), &given = vintage.new_areas->at("area_code");
    for (std::size_t i = 0; i < made.pack.areas.rows; ++i) there.insert(codes.text(i));
    std::size_t row = 0;
    while (row < vintage.new_areas->rows && !there.contains(given.text(row))) ++row;
    if (row == vintage.new_areas->rows)
      throw InputError(fmt::format("'{}' holds no {} area of the result (its codes are such as '{}')",
                                   options.areas, to, codes.text(0)));
  }
  made.report.notes.insert(made.report.notes.end(), of_boundaries.begin(), of_boundaries.end());
  if (std::string people = doubtful_population_line(pack.areas); !people.empty())
    made.report.notes.push_back(std::move(people));
  return made;
}

std::string conversion_text(const Conversion& conversion) {
  const auto& [from, pack, report] = conversion;
  std::string text = fmt::format("{} {} areas became {} {} areas\n", report.old_areas, from, report.new_areas,
                                 pack.geography);
  TextTable changes;
  changes.header = {"change", from, pack.geography};
  const auto row = [&](const std::string& name, long a, long b) {
    changes.rows.push_back({name, std::to_string(a), std::to_string(b)});
  };
  row("unchanged", report.unchanged, report.unchanged);
  row("split", report.split_old, report.split_new);
  row("merged", report.merged_old, report.merged_new);
  row("irregular", report.irregular_old, report.irregular_new);
  text += format_table(changes, TableFormat::terminal) + "\n";
  TextTable columns;
  columns.header = {"column", "carried by", "because of", "total before", "total after"};
  for (const CarriedColumn& how : report.columns)
    columns.rows.push_back({(how.panel ? "panel." : "areas.") + how.name, to_string(how.carry), how.why,
                            how.carry == Carry::sum ? fmt::format("{:.9g}", how.before) : "",
                            how.carry == Carry::sum ? fmt::format("{:.9g}", how.after) : ""});
  text += format_table(columns, TableFormat::terminal);
  text += fmt::format("links: {} before, {} after, {} of them guesses\n", report.links_before,
                      report.links_after, report.links_guessed);
  for (const std::string& note : report.notes) text += "note: " + note + "\n";
  return text;
}

nlohmann::ordered_json conversion_json(const Conversion& conversion) {
  const auto& [from, pack, report] = conversion;
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (const CarriedColumn& how : report.columns) {
    nlohmann::ordered_json one = {{"name", how.name},
                                  {"table", how.panel ? "panel" : "areas"},
                                  {"carry", to_string(how.carry)},
                                  {"because", how.why}};
    if (how.carry == Carry::sum) {
      one["total_before"] = how.before;
      one["total_after"] = how.after;
    }
    columns.push_back(std::move(one));
  }
  return {{"from", from},
          {"to", pack.geography},
          {"areas_before", report.old_areas},
          {"areas_after", report.new_areas},
          {"unchanged", report.unchanged},
          {"split", {report.split_old, report.split_new}},
          {"merged", {report.merged_old, report.merged_new}},
          {"irregular", {report.irregular_old, report.irregular_new}},
          {"links_before", report.links_before},
          {"links_after", report.links_after},
          {"links_guessed", report.links_guessed},
          {"columns", columns},
          {"notes", report.notes}};
}

}  // namespace spillway::studies
