#include "tools/export/dossier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "engine/base/files.hpp"
#include "engine/base/partial_folder.hpp"
#include "engine/base/statistics.hpp"
#include "engine/base/text.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/data/csv.hpp"
#include "tools/export/report_data.hpp"
#include "tools/studies/group_spread.hpp"
#include "tools/studies/worth_rows.hpp"

namespace spillway {

using nlohmann::json;
using studies::TextTable;

namespace {

constexpr std::size_t most_rows_in_text = 120;  ///< longer tables stand in their CSV file alone

/// A number with all its digits, as it stands in the result.
std::string exact(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "not available"; }

/// The year a source, date or vintage ends with: "assumption, 2026-11" -> 2026; 0: none is named.
int year_of(const std::string& text) {
  static const std::regex year("(19|20)[0-9][0-9]");
  int last = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), year), end; at != end; ++at)
    last = std::max(last, std::stoi(at->str()));
  return last;
}

std::string sunset_of(const std::string& date, const std::string& source, const DossierOptions& options) {
  const int year = year_of(date.empty() ? source : date);
  return year > 0 ? fmt::format("end of {}", year + options.sunset_years) : "no date: review before use";
}

std::string or_none(const std::string& text, const char* otherwise) {
  return text.empty() ? otherwise : text;
}

TextTable assumptions(const RunReader& reader, const json& all, const DossierOptions& options) {
  TextTable table{
      "Assumptions: every parameter of every policy",
      {"policy", "parameter", "value", "unit", "meaning", "set by", "source", "date", "sunset", "dataset"},
      {},
      {fmt::format("Sunset: {} years after the date, or the year that the source names; after it an "
                   "assumption is reviewed before it is used.",
                   options.sunset_years)},
      {}};
  for (const json& scenario : all["scenarios"]) {
    const std::string name = scenario["scenario"];
    const auto stored = reader.scenario_parameters(name).names;
    for (const json& row : scenario["parameters"]) {
      const std::string parameter = row["name"], source = row["source"], date = row["date"];
      const bool sampled = std::find(stored.begin(), stored.end(), parameter) != stored.end();
      const std::string value = row["value"];
      // What nobody set has no date of its own to go by.
      table.rows.push_back(
          {name, parameter, or_none(value, "not set"), row["unit"], row["description"], row["from"],
           or_none(source, "choice of the modeller"), date,
           source.empty() && date.empty() ? "with the decision" : sunset_of(date, source, options),
           sampled ? fmt::format("/scenarios/{}/parameters/value[parameter={}]", name, parameter)
                   : "/run/config"});
    }
  }
  return table;
}

TextTable data_log(const RunReader& reader, const DossierOptions& options) {
  TextTable table{"Data: every file that the run read",
                  {"file", "role", "publisher", "licence", "vintage", "sunset", "sha256", "dataset"},
                  {},
                  {},
                  {}};
  for (const InputFile& input : reader.run().inputs)
    table.rows.push_back({input.path, or_none(input.role, "not stated"),
                          or_none(input.publisher, "not stated"), or_none(input.licence, "not stated"),
                          or_none(input.vintage, "not stated"), sunset_of(input.vintage, "", options),
                          or_none(input.sha256, "none"), "/inputs"});
  if (table.rows.empty())
    table.notes.push_back("The run read no file: its areas are the synthetic England, made from a seed.");
  return table;
}

TextTable decisions(const json& all) {
  TextTable table{"Decisions: choices of the analyst", {"decision", "choice", "dataset"}, {}, {}, {}};
  for (const json& one : all["decisions"])
    table.rows.push_back({one["decision"], one["value"], "/run/config"});
  for (const std::string override_line : all["overrides"])
    table.rows.push_back({"Set on the command line", override_line, "/run/config"});
  for (const json& one : all["uncertainties"])
    table.rows.push_back({fmt::format("Uncertainty: {}", one["source"].get<std::string>()),
                          fmt::format("{}: {}", one["on"].get<bool>() ? "in the intervals" : "left out",
                                      one["text"].get<std::string>()),
                          "/run/config"});
  return table;
}

TextTable roles() {
  TextTable table{"Roles and sign-off",
                  {"role", "answers for", "name", "organisation", "date", "signed"},
                  {},
                  {"To be filled in, in roles.csv. Roles of the Aqua Book (HM Treasury, 2025 edition)."},
                  {}};
  for (const auto& [role, what] :
       {std::pair<const char*, const char*>{"commissioner",
                                            "the question is the right one, and the use fits the answer"},
        {"analyst", "the analysis was done as this dossier says, and its limits are told"},
        {"assurer", "verification and validation were done by somebody else than the analyst, in proportion"},
        {"approver", "the analysis is fit for its use, its uncertainty and risks accepted"}})
    table.rows.push_back({role, what, "", "", "", ""});
  return table;
}

std::string text_attribute(const std::vector<Attribute>& attributes, const std::string& name) {
  for (const auto& [key, value] : attributes)
    if (key == name) {
      if (const auto* text = std::get_if<std::string>(&value)) return *text;
      if (const auto* number = std::get_if<double>(&value)) return exact(*number);
      if (const auto* count = std::get_if<std::int64_t>(&value)) return std::to_string(*count);
    }
  return "";
}

TextTable verification(const RunReader& reader) {
  TextTable table{
      "Verification record: does the result do what it says?",
      {"check", "found", "dataset"},
      {},
      {"Verification asks whether the analysis meets its specification. Validation, whether it meets "
       "the need, is for the people who sign: nothing here can tell it."},
      {}};
  const auto add = [&](const std::string& check, const std::string& found, const std::string& where) {
    table.rows.push_back({check, found, where});
  };
  const RunRecord run = reader.run();
  const auto damages = reader.verify();
  add("Every dataset is what was written (CRC-32C of each)",
      damages.empty() ? "yes"
                      : fmt::format("no: {} damaged, first '{}'", damages.size(), damages.front().object),
      "/manifest");
  add("Program", fmt::format("spillway {} ({})", run.spillway_version, or_none(run.git_commit, "no commit")),
      "/run");
  add("Seed, threads, instruction set",
      fmt::format("{}, {}, {} (the numbers do not depend on threads)", run.seed, run.threads,
                  run.instruction_set),
      "/run");
  add("Started, finished (UTC)", fmt::format("{}, {}", run.started, or_none(run.finished, "not said")),
      "/run");
  if (reader.has("/draws"))
    add("Bootstrap replicates that failed",
        fmt::format("{} of {}", text_attribute(reader.attributes("/draws"), "failed"),
                    text_attribute(reader.attributes("/draws"), "replicates")),
        "/draws/status");
  for (const StoredEstimate& stored : reader.estimates()) {
    if (stored.in_grid) continue;
    const Estimate& one = stored.estimate;
    add(fmt::format("Decision table on {}/{}", one.model, one.estimator),
        one.refused ? "refused as a headline"
        : one.warnings.empty()
            ? "no warning"
            : fmt::format("{} warnings: {}", one.warnings.size(), fmt::join(one.warnings, "; ")),
        stored.group);
  }
  for (const std::string& scenario : reader.scenarios()) {
    const auto about = reader.scenario_attributes(scenario);
    add(fmt::format("Propagation of {}", scenario),
        fmt::format(
            "{}; largest error of {} draws checked exactly: {} of an area's size; {} areas computed anew",
            text_attribute(about, "path"), text_attribute(about, "checked_draws"),
            text_attribute(about, "checked_error"), text_attribute(about, "fallbacks")),
        "/scenarios/" + scenario);
    for (const auto& [key, value] : about)
      if (const auto* texts = std::get_if<std::vector<std::string>>(&value);
          texts && (key == "warnings" || key == "extrapolated"))
        for (const std::string& text : *texts)
          add(fmt::format("Warning of {}", scenario), text, fmt::format("/scenarios/{}@{}", scenario, key));
  }
  return table;
}

void add_estimates(const RunReader& reader, TextTable& table) {
  for (const StoredEstimate& stored : reader.estimates()) {
    if (stored.in_grid) continue;
    const Estimate& one = stored.estimate;
    for (std::size_t k = 0; k < one.names.size(); ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      const auto add = [&](const char* what, double value) {
        table.rows.push_back({fmt::format("{}/{}: {}, {}", one.model, one.estimator, one.names[k], what),
                              exact(value), or_none(one.outcome_unit, "1") + " per unit of the regressor",
                              fmt::format("{}/{}[coefficient={}]", stored.group, what, one.names[k]),
                              "as stored"});
      };
      add("estimate", one.coefficients(at));
      if (at < one.covariance.rows()) add("standard_error", one.standard_error(at));
      if (at < one.low.size() && at < one.high.size()) add("low", one.low(at)), add("high", one.high(at));
    }
  }
}

void add_outcomes(const RunReader& reader, TextTable& table) {
  static const std::vector<double> levels = {0.05, 0.5, 0.95};
  for (const std::string& scenario : reader.scenarios())
    for (const std::string& outcome : reader.aggregate_outcomes(scenario))
      for (const std::string& grouping : reader.groupings(scenario, outcome)) {
        const bool draws = reader.has_draws(scenario, outcome, grouping);
        const auto spread = studies::group_spread(reader, scenario, outcome, grouping, levels);
        const std::string group = fmt::format("/scenarios/{}/aggregate/{}/{}", scenario, outcome, grouping);
        for (std::size_t g = 0; g < spread.groups.size(); ++g) {
          const auto add = [&](const std::string& what, double value, const std::string& unit,
                               const std::string& dataset, const std::string& how) {
            table.rows.push_back(
                {fmt::format("{}: {}, {} {}, {}", scenario, outcome, grouping, spread.groups[g], what),
                 exact(value), unit, fmt::format("{}[group={}]", dataset, spread.groups[g]), how});
          };
          for (std::size_t l = 0; l < levels.size(); ++l)
            add(fmt::format("P{:g}", 100.0 * levels[l]), spread.quantile[g][l], or_none(spread.unit, "1"),
                group + (draws ? "/value" : "/quantile"),
                draws ? fmt::format("quantile {} over draws (type 7), last period", levels[l])
                      : fmt::format("as stored, level {}", levels[l]));
          add("P(better)", spread.better[g], "share of draws",
              draws ? group + "/value" : studies::better_dataset(reader, group),
              draws ? "share of draws on the better side of 0, last period" : "as stored");
        }
      }
}

void add_draws(TextTable& table, const std::string& figure, std::vector<double> draws,
               const std::string& unit, const std::string& dataset) {
  if (draws.empty()) return;  // the result has no such dataset
  std::erase_if(draws, [](double value) { return !std::isfinite(value); });
  std::sort(draws.begin(), draws.end());
  for (const double level : {0.1, 0.5, 0.9})
    table.rows.push_back({fmt::format("{}, P{:g}", figure, 100.0 * level),
                          exact(sorted_quantile(draws, level)), unit, dataset,
                          fmt::format("quantile {} over the finite draws (type 7)", level)});
}

/// Every figure of a table of the file, each with its row: the Exchequer's view of a year, what a pound
/// brings.
void add_cells(const RunReader& reader, TextTable& table, const std::string& figure, const std::string& group,
               const std::string& row_column) {
  if (!reader.has(group)) return;
  const std::vector<TableColumn> columns = reader.table(group);
  const auto rows = std::find_if(columns.begin(), columns.end(),
                                 [&](const TableColumn& one) { return one.name == row_column; });
  if (rows == columns.end()) return;
  for (const TableColumn& column : columns)
    for (std::size_t k = 0; k < column.numbers.size() && &column != &*rows; ++k) {
      const std::string row = rows->texts.empty() ? fmt::format("{:g}", rows->numbers[k]) : rows->texts[k];
      table.rows.push_back({fmt::format("{}, {} {}: {}", figure, row_column, row, column.name),
                            exact(column.numbers[k]), or_none(column.unit, "1"),
                            fmt::format("{}/{}[{}={}]", group, column.name, row_column, row), "as stored"});
    }
}

void add_money(const RunReader& reader, TextTable& table) {
  for (const std::string& scenario : reader.appraisals()) {
    const StoredAppraisal one = reader.appraisal(scenario);
    const std::string group = "/appraisal/" + scenario + "/";
    add_draws(table, scenario + ": present value of benefits", one.present_value_benefits, "GBP",
              group + "present_value_benefits");
    add_draws(table, scenario + ": present value of costs", one.present_value_costs, "GBP",
              group + "present_value_costs");
    add_draws(table, scenario + ": net present social value", one.npsv, "GBP", group + "npsv");
    add_draws(table, scenario + ": benefit-cost ratio", one.bcr, "1", group + "bcr");
    add_cells(reader, table, scenario + ": Exchequer", group + "exchequer", "year");
    if (const std::string words = studies::comes_back(reader, one); !words.empty())
      table.notes.push_back(fmt::format("{}: what comes back: {}", scenario, words));
    add_cells(reader, table, scenario + ": a pound and a head", group + "worth", "part");
    for (const std::string& further : reader.scenarios())
      if (policy_of(further) == scenario)
        add_cells(reader, table, further + ": a pound", worth_place(further), "part");
  }
  for (const std::string& scenario : reader.scenarios()) {
    const StoredParameters drawn = reader.scenario_parameters(scenario);
    for (std::size_t k = 0; k < drawn.names.size(); ++k) {
      const auto column = drawn.value.col(static_cast<Eigen::Index>(k));
      add_draws(table, fmt::format("{}: parameter {}", scenario, drawn.names[k]),
                {column.begin(), column.end()}, drawn.units.size() > k ? or_none(drawn.units[k], "1") : "1",
                fmt::format("/scenarios/{}/parameters/value[parameter={}]", scenario, drawn.names[k]));
    }
  }
}

TextTable numbers(const RunReader& reader) {
  TextTable table{"Numbers: each with its place in the result",
                  {"figure", "value", "unit", "dataset", "how it is made from it"},
                  {},
                  {"`spillway dossier RUN --verify FOLDER` makes each of them again."},
                  {}};
  add_estimates(reader, table);
  add_outcomes(reader, table);
  add_money(reader, table);
  return table;
}

std::string page_of(const Dossier& dossier) {
  std::string text = fmt::format("# {}\n\n{}\n", dossier.title, dossier.introduction);
  for (const DossierTable& one : dossier.tables) {
    text += fmt::format("\n## {}\n\nAs a table: [{}]({})\n\n", one.table.title, one.file, one.file);
    TextTable table = one.table;
    table.title.clear();
    if (table.rows.size() > most_rows_in_text) {
      text += fmt::format("{} rows, in the file.\n", table.rows.size());
      for (const std::string& note : table.notes) text += "\n" + note + "\n";
    } else {
      text += format_table(table, studies::TableFormat::markdown);
    }
  }
  return text;
}

/// Cells as texts, by row, the header first; nothing where it is no table.
std::vector<std::vector<std::string>> cells_of(const std::string& text, const std::string& file,
                                               const std::vector<std::string>& header) {
  std::vector<Fault> faults;
  CsvExpectations expected;
  for (const std::string& name : header) expected.kinds[name] = ColumnKind::text;
  expected.missing.clear();
  const CsvTable csv = parse_csv(text, file, faults, expected);
  if (!faults.empty()) throw InputError(faults);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t r = 0; r < csv.table.rows; ++r) {
    rows.emplace_back();
    for (const std::string& name : header) {
      const Column* column = csv.table.find(name);
      rows.back().push_back(column == nullptr || column->kind != ColumnKind::text ? "" : column->text(r));
    }
  }
  return rows;
}

std::string csv_of(const DossierTable& one) {
  TextTable table = one.table;
  table.title.clear();
  table.notes.clear();
  return format_table(table, studies::TableFormat::csv);
}

}  // namespace

Dossier dossier_of(const RunReader& reader, const DossierOptions& options) {
  std::vector<std::string> warnings;
  const json all = report_assumptions(reader, warnings);
  const RunRecord run = reader.run();
  Dossier dossier;
  dossier.title = fmt::format("Dossier of the run '{}'", shown_text(run.name));
  dossier.introduction = fmt::format(
      "What HM Treasury's Aqua Book asks to be kept of an analysis, out of the result `{}` alone: who "
      "answers for it, "
      "what was assumed, on which data, what was decided, what was verified, and every number with its "
      "place. Each "
      "table is a CSV file beside this page.\n\nHold it against the result at any time:\n\n    spillway "
      "dossier {} "
      "--verify FOLDER",
      shown_text(reader.path().filename().string()), shown_text(reader.path().filename().string()));
  for (const std::string& warning : warnings) dossier.introduction += "\n\n" + warning;
  dossier.tables = {{"roles.csv", roles(), true},
                    {"decisions.csv", decisions(all)},
                    {"assumptions.csv", assumptions(reader, all, options)},
                    {"data.csv", data_log(reader, options)},
                    {"verification.csv", verification(reader)},
                    {"numbers.csv", numbers(reader)}};
  return dossier;
}

void write_dossier(const Dossier& dossier, const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) &&
      !(std::filesystem::is_directory(folder, error) && std::filesystem::is_empty(folder, error)))
    throw InputError(
        fmt::format("--output '{}' exists and is not an empty folder (a dossier replaces nothing: give "
                    "a new name)",
                    folder.string()));
  PartialFolder partial(folder);
  write_file(partial.path() / "README.md", page_of(dossier));
  for (const DossierTable& one : dossier.tables) write_file(partial.path() / one.file, csv_of(one));
  partial.finish();
}

std::vector<std::string> changed_cells(const Dossier& dossier, const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    throw InputError(fmt::format("--verify '{}': there is no such folder", folder.string()));
  std::vector<std::string> changed;
  for (const DossierTable& one : dossier.tables) {
    const std::filesystem::path file = folder / one.file;
    if (!std::filesystem::exists(file, error)) {
      changed.push_back(fmt::format("{}: is missing", one.file));
      continue;
    }
    std::vector<std::string> header = one.table.header;
    if (one.to_fill_in) header.resize(1);
    try {
      const auto there =
                     cells_of(read_file(file, "dossier's table", std::uintmax_t{1} << 32), one.file, header),
                 here = cells_of(csv_of(one), one.file, header);
      if (there.size() != here.size())
        changed.push_back(
            fmt::format("{}: has {} rows, the result gives {}", one.file, there.size(), here.size()));
      for (std::size_t r = 0; r < std::min(there.size(), here.size()); ++r)
        for (std::size_t c = 0; c < header.size(); ++c)
          if (there[r][c] != here[r][c])
            changed.push_back(fmt::format("{}:{}: column '{}': is '{}', the result gives '{}'{}", one.file,
                                          r + 2, header[c], shown_text(there[r][c]), shown_text(here[r][c]),
                                          c == 0 ? "" : fmt::format(" ({})", shown_text(here[r][0]))));
    } catch (const InputError& fault) {
      changed.push_back(fault.what());
    }
  }
  const std::filesystem::path page = folder / "README.md";
  if (!std::filesystem::exists(page, error)) {
    changed.push_back("README.md: is missing");
  } else {
    const std::string there = read_file(page, "dossier's page", std::uintmax_t{1} << 32),
                      here = page_of(dossier);
    if (there != here) {
      std::size_t at = 0;
      while (at < there.size() && at < here.size() && there[at] == here[at]) ++at;
      const auto line = [&](const std::string& text) {
        const std::size_t first = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
        return shown_text(text.substr(std::min(first, text.size()), text.find('\n', at) - first));
      };
      changed.push_back(
          fmt::format("README.md:{}: is '{}', the result gives '{}'",
                      1 + std::count(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(at), '\n'),
                      line(there), line(here)));
    }
  }
  return changed;
}

}  // namespace spillway
