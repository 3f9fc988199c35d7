// spillway export: a result for people who work in spreadsheets and maps.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "engine/base/files.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/data/read_bytes.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/cli/reading_commands.hpp"
#include "tools/export/geopackage.hpp"
#include "tools/export/spreadsheet.hpp"

namespace spillway::cli {

namespace {

struct ExportFlags {
  std::string run, pack;
  std::vector<std::string> outputs;
  bool unsealed = false;
};

/// What a file's name asks for. @throws InputError  none of the formats
std::string format_of(const std::string& file) {
  std::string extension = std::filesystem::path(file).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static const std::set<std::string> known = {".xlsx", ".ods", ".gpkg"};
  if (!known.contains(extension))
    throw InputError(
        fmt::format("--output '{}' names no format that is written (its name must end in .xlsx, .ods or "
                    ".gpkg; for text tables: spillway table RUN WHAT --format csv)",
                    file));
  return extension;
}

/// Shapes of the run's areas. @throws InputError  there are none, and what to do
AreaShapes shapes_of(const ExportFlags& flags, const RunReader& reader) {
  std::filesystem::path folder = flags.pack.empty() ? pack_of(flags.run) : std::filesystem::path(flags.pack);
  if (folder == "synthetic") folder.clear();
  const std::string remedy =
      "a GeoPackage needs the shapes of the areas: give a pack with a file of role boundaries (--pack "
      "FOLDER)";
  std::error_code error;
  if (folder.empty() || !std::filesystem::exists(folder / "pack.toml", error))
    throw InputError(
        folder.empty() ? fmt::format("the run's areas are made in memory and have no boundaries; {}", remedy)
                       : fmt::format("no pack in '{}'; {}", folder.string(), remedy));
  const std::filesystem::path file = read_pack(folder).file_with_role("boundaries");
  if (file.empty()) throw InputError(fmt::format("pack '{}' has no boundaries; {}", folder.string(), remedy));
  const auto codes = reader.area_texts("area_code");
  AreaShapes shapes = area_shapes(read_bytes(file), file.string(), codes);
  if (shapes.drawn == 0)
    throw InputError(fmt::format("'{}' holds the shape of no area of the run", file.string()));
  return shapes;
}

void export_command(ExportFlags flags) {
  if (flags.outputs.empty())
    flags.outputs = {std::filesystem::path(flags.run).replace_extension(".xlsx").string()};
  NamedFiles files;
  files.reads_result(flags.run);
  files.reads_pack(flags.pack.empty() ? pack_of(flags.run) : std::filesystem::path(flags.pack));
  bool book_wanted = false, shapes_wanted = false;
  for (const std::string& output : flags.outputs) {
    (format_of(output) == ".gpkg" ? shapes_wanted : book_wanted) = true;
    files.writes("--output", output);
  }
  files.check();
  if (!flags.pack.empty()) read_file(std::filesystem::path(flags.pack) / "pack.toml", "pack's manifest");
  for (const std::string& output : flags.outputs) check_target(output, Target::renamed);
  const RunReader reader(flags.run, seal_needed(flags.unsealed));
  Book book;
  AreaShapes shapes;
  if (book_wanted) book = book_of(reader);
  if (shapes_wanted) shapes = shapes_of(flags, reader);
  for (const std::string& output : flags.outputs) {
    const std::string format = format_of(output);
    if (format == ".xlsx") write_xlsx(book, output);
    if (format == ".ods") write_ods(book, output);
    if (format == ".gpkg") write_geopackage(reader, shapes, output);
    if (format == ".gpkg") {
      print("{}: {} areas, {} of them with a shape\n", output, shapes.areas.size(), shapes.drawn);
      if (!shapes.as_written.empty())
        cli::print(
            "note: the borders of {} {} cross themselves, and no mending leaves the ground as it is (within "
            "0.1 "
            "%): as the pack has them, for a look by eye: {}\n",
            shapes.as_written.size(), shapes.as_written.size() == 1 ? "area" : "areas",
            fmt::join(shapes.as_written.begin(),
                      shapes.as_written.begin() + std::min<std::ptrdiff_t>(5, std::ssize(shapes.as_written)),
                      ", "));
    } else
      print("{}: {} sheets\n", output, book.sheets.size());
  }
}

}  // namespace

void add_export(CLI::App& app) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command =
      app.add_subcommand("export", "A result as a spreadsheet (.xlsx, .ods) or a map layer (.gpkg)");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option(
      "--output", flags->outputs,
      "File to write, .xlsx, .ods or .gpkg (repeatable); by default the result's name with .xlsx");
  command->add_option(
      "--pack", flags->pack,
      "Folder of the run's data pack, for the boundaries of a GeoPackage; by default where the run found it");
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Examples:\n"
      "  spillway export results/england.h5\n"
      "  spillway export results/england-lsoa.h5 --output england.ods --output england.gpkg");
  command->callback([flags] { export_command(*flags); });
}

}  // namespace spillway::cli
