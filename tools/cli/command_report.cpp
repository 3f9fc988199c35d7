// spillway report: a result as one HTML page that opens anywhere, with nothing to install and no network.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "engine/base/files.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/export/report_data.hpp"
#include "tools/export/report_encode.hpp"
#include "tools/export/report_page.hpp"

namespace spillway::cli {

namespace {

struct ReportFlags {
  std::string run, output, compare, pack;
  std::vector<std::string> with;
  bool unsealed = false;
};

std::string page_of(const nlohmann::json& data) {
  const std::string_view page = report_page();
  const std::size_t at = page.find(report_data_mark);
  if (at == std::string_view::npos)
    throw std::logic_error("the embedded report page has no place for its data");
  std::string text(page.substr(0, at));
  text += packed_json(data);
  text += page.substr(at + report_data_mark.size());
  return text;
}

/// Two runs stand side by side where their areas are the same places: what one calls South West the other
/// must not call East Midlands.
/// @throws InputError  they share less than half of their areas, or an area's name, group or place differs
void check_same_world(const RunReader& first, const RunReader& second) {
  const auto codes = first.area_texts("area_code"), others = second.area_texts("area_code");
  std::map<std::string, std::size_t> row;
  for (std::size_t k = 0; k < others.size(); ++k) row[others[k]] = k;
  const auto shared =
      std::count_if(codes.begin(), codes.end(), [&](const std::string& code) { return row.contains(code); });
  const std::string refusal = fmt::format("--compare: '{}' and '{}' are runs of different worlds",
                                          first.path().string(), second.path().string());
  if (2 * shared < static_cast<std::ptrdiff_t>(std::max(codes.size(), others.size())))
    throw InputError(fmt::format(
        "{}: of {} and {} areas they share {} (compare runs of one pack, or of one synthetic world)", refusal,
        codes.size(), others.size(), shared));
  const auto has = [](const RunReader& run, const char* column) {
    const auto columns = run.area_columns();
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  };
  for (const char* column :
       {"area_name", "region_name", "region_code", "lad_name", "combined_authority_name"}) {
    if (!has(first, column) || !has(second, column)) continue;
    const auto a = first.area_texts(column), b = second.area_texts(column);
    for (std::size_t k = 0; k < codes.size(); ++k)
      if (const auto found = row.find(codes[k]); found != row.end() && a[k] != b[found->second])
        throw InputError(
            fmt::format("{}: {} of area '{}' is '{}' in the first and '{}' in the second (compare runs of "
                        "one pack, or of "
                        "one synthetic world)",
                        refusal, column, codes[k], a[k], b[found->second]));
  }
  for (const char* column : {"easting", "northing"}) {
    if (!has(first, column) || !has(second, column)) continue;
    const auto a = first.area_numbers(column), b = second.area_numbers(column);
    for (std::size_t k = 0; k < codes.size(); ++k)
      if (const auto found = row.find(codes[k]);
          found != row.end() && std::fabs(a[k] - b[found->second]) > 1000.0)
        throw InputError(
            fmt::format("{}: {} of area '{}' is {:.0f} m in the first and {:.0f} m in the second (compare "
                        "runs of one pack, "
                        "or of one synthetic world: set the seed of the draws, not of the world)",
                        refusal, column, codes[k], a[k], b[found->second]));
  }
}

void write_report(const ReportFlags& flags) {
  const std::string output = flags.output.empty()
                                 ? std::filesystem::path(flags.run).replace_extension(".html").string()
                                 : flags.output;
  for (const char* other : {".pdf", ".docx", ".xlsx", ".ods", ".csv", ".png", ".svg", ".json", ".gpkg"})
    if (output.ends_with(other))
      throw InputError(fmt::format(
          "--output '{}': the page is HTML (name it .html; a browser prints it as PDF and saves its charts; "
          "spreadsheets and maps: spillway export)",
          output));
  NamedFiles files;
  files.reads_result(flags.run);
  files.reads_result(flags.compare);
  for (const std::string& with : flags.with) files.reads_result(with);
  files.reads_pack(flags.pack.empty() ? pack_of(flags.run) : std::filesystem::path(flags.pack));
  files.writes(flags.output.empty() ? "the default --output" : "--output", output);
  files.check();
  if (!flags.pack.empty()) read_file(std::filesystem::path(flags.pack) / "pack.toml", "pack's manifest");
  if (!flags.compare.empty() && same_file(flags.run, flags.compare))
    throw InputError(fmt::format("--compare '{}' is the result itself; name another result of the same areas",
                                 flags.compare));
  if (!flags.compare.empty())
    check_same_world(RunReader(flags.run, seal_needed(flags.unsealed)),
                     RunReader(flags.compare, seal_needed(flags.unsealed)));
  std::vector<std::string> warnings;
  nlohmann::json data = {{"format", 1}, {"runs", nlohmann::json::array()}};
  for (const std::string& file : {flags.run, flags.compare}) {
    if (file.empty()) continue;
    const RunReader reader(file, seal_needed(flags.unsealed));
    ReportOptions options;
    options.unsealed = seal_needed(flags.unsealed);
    options.pack = flags.pack;
    if (file == flags.run) options.with.assign(flags.with.begin(), flags.with.end());
    std::vector<std::string> said;
    data["runs"].push_back(report_data(reader, options, said));
    for (const auto& warning : said) warnings.push_back(file + ": " + warning);
  }
  const std::string page = page_of(data);
  write_text(output, page);
  for (const auto& warning : warnings) say("{} {}\n", style().warning, warning);
  if (output == "-") return;
  print("report: {} ({:.1f} MB, one file: opens in any browser without a network)\n", output,
        static_cast<double>(page.size()) / 1e6);
  std::error_code error;
  if (const auto whole = std::filesystem::absolute(output, error); !error)
    print("open:   file://{}\n", whole.string());
}

}  // namespace

void add_report(CLI::App& app) {
  auto flags = std::make_shared<ReportFlags>();
  CLI::App* command =
      app.add_subcommand("report", "A result as one HTML page: map, distributions, tables, assumptions");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option("--output", flags->output,
                      "Page to write; by default the result's name with .html; '-' for standard output");
  command->add_option("--compare", flags->compare, "A second result, shown beside the first");
  command->add_option(
      "--pack", flags->pack,
      "Folder of the run's data pack, for boundaries and links; by default where the run found it");
  command->add_option(
      "--with", flags->with,
      "Results of sensitivity, frontier or speccurve (their --output) to show on the page too (repeatable)");
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Examples:\n"
      "  spillway report results/england.h5\n"
      "  spillway report results/england.h5 --compare results/england-2022.h5 --output both.html\n"
      "  spillway report results/england.h5 --with sensitivity.h5");
  command->callback([flags] { write_report(*flags); });
}

}  // namespace spillway::cli
