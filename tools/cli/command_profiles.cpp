// spillway profiles: what a pack's places look like, by type, region and year.
#include <fmt/format.h>

#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/cli/reading_commands.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/profiles.hpp"

namespace spillway::cli {

namespace {

struct ProfilesFlags {
  std::string pack, json, csv, format = "terminal";
  std::vector<std::string> columns;
  ProfileOptions options;
};

void profiles_command(const ProfilesFlags& flags) {
  NamedFiles files;
  files.reads_pack(flags.pack);
  files.writes("--json", flags.json);
  files.writes("--csv", flags.csv);
  files.check();
  if (flags.json == "-" && flags.csv == "-")
    throw InputError("--json and --csv both name standard output ('-'); name a file for one");
  const TableFormat format = table_format(flags.format);
  ProfileOptions options = flags.options;
  for (const std::string& assignment : flags.columns) {
    const std::size_t sign = assignment.find('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == assignment.size())
      throw InputError(
          fmt::format("--column '{}' does not say which column a measure has (expected MEASURE=COLUMN, as "
                      "inactivity=share_inactive)",
                      assignment));
    options.columns.emplace_back(assignment.substr(0, sign), assignment.substr(sign + 1));
  }
  const Profiles found = profiles(read_pack(flags.pack), options);
  if (!flags.json.empty()) write_text(flags.json, json_text(profiles_json(found)));
  if (!flags.csv.empty()) write_text(flags.csv, format_table(profile_rows(found), TableFormat::csv));
  if (flags.json == "-" || flags.csv == "-") return;
  std::string text;
  if (format == TableFormat::csv) {
    text = format_table(profile_rows(found), format);
  } else {
    for (const TextTable& table : profile_tables(found))
      text += (text.empty() ? "" : "\n") + format_table(table, format);
  }
  write_text("-", text);
}

}  // namespace

void add_profiles(CLI::App& app) {
  auto flags = std::make_shared<ProfilesFlags>();
  CLI::App* command = app.add_subcommand(
      "profiles",
      "What a pack's places look like: growth, jobs, benefits and so on by type, region and year");
  command->add_option("PACK", flags->pack, "Folder of the pack")->required();
  command->add_option("--type", flags->options.type,
                      "Column of types; default area_type, where there is one");
  command->add_option("--region", flags->options.region,
                      "Column of regions; default region_name or region_code, where there is one");
  command->add_option(
      "--column", flags->columns,
      "MEASURE=COLUMN, where the pack calls a measure otherwise (repeatable); what is missing is listed with "
      "the names looked for");
  command->add_option("--format", flags->format, "terminal | markdown | latex | csv (one row a value)")
      ->capture_default_str();
  command->add_option("--csv", flags->csv,
                      "Also write one row a value to FILE; '-' writes to standard output");
  command->add_option("--json", flags->json,
                      "Also write the profiles to FILE as JSON; '-' writes to standard output");
  command->footer(
      "Examples:\n"
      "  spillway profiles packs/synthetic\n"
      "  spillway profiles packs/england-lsoa21 --type area_type_2019 --csv profiles.csv");
  command->callback([flags] { profiles_command(*flags); });
}

}  // namespace spillway::cli
