// spillway convert: a data pack on another vintage of areas.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/files.hpp"
#include "engine/data/contiguity.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/scratch_folder.hpp"
#include "engine/data/vintage/carry_boundaries.hpp"
#include "engine/data/vintage/vintage.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/export/area_shapes.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

namespace {

struct ConvertFlags {
  std::string pack, lookup, to, output, areas, boundaries, adjacency, weight = "population", json;
  std::vector<std::string> sum, mean, majority;
};

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

std::string report_text(const DataPack& pack, const VintageReport& report, const std::string& from) {
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

nlohmann::ordered_json report_json(const DataPack& pack, const VintageReport& report,
                                   const std::string& from) {
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

/// Boundaries of the new areas: those given, or those that follow from the pack's own, in a file for the pack
/// to copy.
/// @param notes  what the new ones hold and lack
InputFile new_boundaries(const ConvertFlags& flags, const DataPack& pack, const AreaLookup& lookup,
                         const ScratchFolder& scratch, std::vector<std::string>& notes) {
  if (!flags.boundaries.empty())
    return {std::filesystem::absolute(flags.boundaries).string(),
            "boundaries",
            sha256(read_bytes(flags.boundaries)),
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
  const std::filesystem::path made = scratch.path() / ("boundaries_" + lookup.to + converted.suffix);
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
void new_links(const ConvertFlags& flags, const DataPack& pack, const AreaLookup& lookup,
               VintageOptions& options, std::vector<std::string>& notes) {
  if (pack.edges.empty() && flags.adjacency.empty()) return;
  if (!flags.adjacency.empty()) {
    options.new_links = read_adjacency(flags.adjacency, lookup.to);
    options.new_links_from = flags.adjacency;
  } else if (!flags.boundaries.empty()) {
    const auto& own = pack.areas.at("area_code");
    std::set<std::string> old, codes;
    for (std::size_t i = 0; i < pack.areas.rows; ++i) old.insert(own.text(i));
    for (const auto& [from, to] : lookup.pairs)
      if (old.contains(from)) codes.insert(to);
    std::string lacking;
    CodePairs pairs =
        contiguity_of(read_bytes(flags.boundaries), flags.boundaries, {codes.begin(), codes.end()}, lacking);
    if (!lacking.empty()) {
      notes.push_back(lacking + "; links are carried instead: give a file of all areas, or --adjacency");
      return;
    }
    options.new_links = std::move(pairs);
    options.new_links_from = flags.boundaries;
  }
}

void convert_command(const ConvertFlags& flags) {
  NamedFiles files;
  files.reads_pack(flags.pack);
  for (const std::string& file : {flags.lookup, flags.areas, flags.boundaries}) files.reads(file);
  files.writes("--json", flags.json);
  files.check();
  const DataPack pack = read_pack(flags.pack);
  const std::string from = pack.geography;
  const std::string to = !flags.to.empty()  ? flags.to
                         : from == "lsoa11" ? "lsoa21"
                         : from == "lsoa21" ? "lsoa11"
                                            : "";
  if (to.empty())
    throw InputError(
        fmt::format("pack '{}' has geography '{}': say which one it is to have (--to)", pack.name, from));
  if (to == from) throw InputError(fmt::format("pack '{}' is on {} areas already", pack.name, from));
  std::filesystem::path file = flags.lookup;
  if (file.empty()) file = pack.file_with_role("lookup");
  if (file.empty())
    throw InputError(
        fmt::format("pack '{}' holds no file of role 'lookup': give ONS's table of {} to {} codes (--lookup)",
                    pack.name, from, to));
  const AreaLookup lookup = read_lookup(file, from, to);
  VintageOptions options;
  options.weight = flags.weight;
  for (const auto& [names, carry] : {std::pair{&flags.sum, Carry::sum}, std::pair{&flags.mean, Carry::mean},
                                     std::pair{&flags.majority, Carry::majority}})
    for (const std::string& name : *names) options.carry[name] = carry;
  if (!flags.areas.empty()) options.new_areas = new_areas(flags.areas, to);
  VintageReport report;
  const ScratchFolder scratch;
  std::vector<std::string> of_boundaries;
  new_links(flags, pack, lookup, options, of_boundaries);
  options.boundaries = new_boundaries(flags, pack, lookup, scratch, of_boundaries);
  const DataPack converted = convert_vintage(pack, lookup, options, manifest_carry(flags.pack), report);
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < converted.areas.rows; ++i)
    codes.push_back(converted.areas.at("area_code").text(i));
  if (options.new_areas) {
    const std::set<std::string> there(codes.begin(), codes.end());
    const Column& given = options.new_areas->at("area_code");
    std::size_t row = 0;
    while (row < options.new_areas->rows && !there.contains(given.text(row))) ++row;
    if (row == options.new_areas->rows)
      throw InputError(fmt::format("'{}' holds no {} area of the result (its codes are such as '{}')",
                                   flags.areas, to, codes.front()));
  }
  if (!flags.boundaries.empty()) {
    if (report_shapes(read_bytes(flags.boundaries), flags.boundaries, codes).is_null())
      throw InputError(
          fmt::format("'{}' holds the shape of no {} area of the result (needs a property with their codes)",
                      flags.boundaries, to));
  }
  report.notes.insert(report.notes.end(), of_boundaries.begin(), of_boundaries.end());
  write_pack(converted, flags.output);
  if (!flags.json.empty()) write_text(flags.json, json_text(report_json(converted, report, from)));
  if (flags.json != "-") print("{}written to {}\n", report_text(converted, report, from), flags.output);
}

}  // namespace

void add_convert(CLI::App& app) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command = app.add_subcommand(
      "convert", "A data pack on another vintage of areas (2011 to 2021 LSOAs and back) by ONS's lookup");
  command
      ->add_option("PACK", flags->pack,
                   "Folder of the pack; its manifest may say how columns go: carry = \"sum\" | \"mean\" | "
                   "\"majority\"")
      ->required();
  command->add_option(
      "--lookup", flags->lookup,
      "CSV with the codes of both vintages (LSOA11CD, LSOA21CD); default the pack's own file of role lookup");
  command->add_option("--to", flags->to,
                      "Geography of the result; default the other one of lsoa11 and lsoa21");
  command->add_option(
      "--areas", flags->areas,
      "CSV of the new areas: area_code and any of population (divides split areas), easting, northing, and "
      "texts of the pack such as area_type");
  command->add_option(
      "--boundaries", flags->boundaries,
      "GeoJSON or TopoJSON of the new areas; default what follows from the pack's own: whole areas alone");
  command->add_option(
      "--adjacency", flags->adjacency,
      "CSV of pairs of new areas that touch (from, to, or two columns of codes); default what "
      "touches in --boundaries, else what follows from the pack's own links");
  command->add_option("--weight", flags->weight, "Column that weights means over merged areas")
      ->capture_default_str();
  command->add_option("--sum", flags->sum, "Columns that are totals: divided among parts and added")
      ->delimiter(',');
  command->add_option("--mean", flags->mean, "Columns that are rates: weighted means")->delimiter(',');
  command->add_option("--majority", flags->majority, "Columns whose most common value counts")
      ->delimiter(',');
  command->add_option("--output", flags->output, "New or empty folder")->required();
  command->add_option("--json", flags->json,
                      "Also write the report to FILE as JSON; '-' writes to standard output");
  command->footer(
      "Example: spillway convert packs/england-lsoa --lookup LSOA11_LSOA21.csv --output "
      "packs/england-lsoa21");
  command->callback([flags] { convert_command(*flags); });
}

}  // namespace spillway::cli
