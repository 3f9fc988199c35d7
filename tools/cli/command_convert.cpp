// spillway convert: a data pack on another vintage of areas.
#include "engine/data/pack/scratch_folder.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/studies/convert.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

void add_convert(CLI::App& app) {
  struct Flags : ConvertOptions {
    std::string output, json;
  };
  auto flags = std::make_shared<Flags>();
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
  command->callback([flags] {
    NamedFiles files;
    files.reads_pack(flags->pack);
    for (const std::string& file : {flags->lookup, flags->areas, flags->boundaries, flags->adjacency})
      files.reads(file);
    files.writes("--json", flags->json);
    files.check();
    const ScratchFolder scratch;
    const Conversion made = studies::convert(*flags, scratch.path());
    write_pack(made.pack, flags->output);
    if (!flags->json.empty()) write_text(flags->json, json_text(conversion_json(made)));
    if (flags->json != "-") print("{}written to {}\n", conversion_text(made), flags->output);
  });
}

}  // namespace spillway::cli
