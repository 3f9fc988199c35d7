#include "tools/studies/export_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "engine/base/statistics.hpp"
#include "engine/base/text.hpp"
#include "scenarios/lever.hpp"
#include "tools/studies/group_names.hpp"
#include "tools/studies/group_spread.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/stored_config.hpp"
#include "tools/studies/winners.hpp"
#include "tools/studies/words.hpp"
#include "tools/studies/worth_rows.hpp"

namespace spillway::studies {

namespace {

/// How values of a unit are shown: percent as on the page, pounds as money.
struct Shown {
  CellKind kind = CellKind::number;
  std::string label;
};

Shown shown_of(const std::string& unit) {
  // A rate summed over years is no rate a year.
  const auto rest = [&](std::size_t at) {
    std::string tail = unit.substr(at);
    for (const char* summed : {" a year, summed", " a year summed"})
      if (const auto yearly = tail.find(summed); yearly != std::string::npos) tail.erase(yearly, 7);
    return tail;
  };
  if (is_log(unit)) {
    const std::size_t at = unit.find("log point");
    return {CellKind::percent, "per cent" + rest(at + (unit.substr(at).starts_with("log points") ? 10 : 9))};
  }
  if (is_share(unit)) {
    const std::string whose = " (share of working age)";
    for (const std::string_view word : {"share", "proportion", "employment rate"})
      if (unit.starts_with(word)) {
        const bool rate = word == "employment rate";
        const std::size_t at =
            word.size() + (rate && unit.substr(word.size()).starts_with(whose) ? whose.size() : 0);
        return {CellKind::percent, (rate ? "per cent of working age" : "per cent") + rest(at)};
      }
  }
  if (unit.starts_with("GBP")) return {CellKind::pounds, "pounds" + rest(3)};
  return {CellKind::number, unit.empty() || unit == "1" ? "no unit" : unit};
}

BookCell number_cell(double value) {
  return std::isfinite(value) ? BookCell(value) : BookCell(std::string(not_available));
}

std::string attribute(const std::vector<Attribute>& attributes, const std::string& name,
                      const std::string& otherwise) {
  for (const auto& [key, value] : attributes)
    if (const auto* text = std::get_if<std::string>(&value); key == name && text != nullptr) return *text;
  return otherwise;
}

/// Enough decimals for three digits of a column's largest number and for one of its typical one, at most
/// nine.
void choose_decimals(BookSheet& sheet) {
  for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
    BookColumn& column = sheet.columns[c];
    if (column.kind == CellKind::text || column.kind == CellKind::whole || column.kind == CellKind::mixed)
      continue;
    std::vector<double> sizes;
    for (const auto& row : sheet.rows)
      if (const double* value = std::get_if<double>(&row[c]); value != nullptr && *value != 0.0)
        sizes.push_back(std::abs(*value) * (column.kind == CellKind::percent ? 100.0 : 1.0));
    if (sizes.empty()) continue;
    const double largest = *std::max_element(sizes.begin(), sizes.end());
    const double typical = median_in_place(sizes);
    const auto places = [](double value, int digits) {
      return digits - 1 - static_cast<int>(std::floor(std::log10(value)));
    };
    column.decimals = std::clamp(std::max(places(largest, 3), places(typical, 2)), 0, 9);
  }
}

/// Labels that a table may have: at most 250 bytes, and none twice, whatever their case.
void settle_labels(BookSheet& sheet) {
  std::set<std::string> taken;
  for (BookColumn& column : sheet.columns) {
    const std::string wanted = shortened(column.label, 240);
    column.label = wanted;
    const auto lower = [](std::string text) {
      for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      return text;
    };
    for (int k = 2; !taken.insert(lower(column.label)).second; ++k)
      column.label = fmt::format("{} ({})", wanted, k);
  }
}

/// "Area type by combined authority" where it crosses two.
std::string grouping_words(const std::string& grouping) {
  const auto colon = grouping.find(':');
  if (colon == std::string::npos) return plain_words(grouping);
  std::string second = plain_words(grouping.substr(colon + 1));
  second.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(second.front())));
  return plain_words(grouping.substr(0, colon)) + " by " + second;
}

std::string better_of(const RunReader& reader, const std::string& scenario) {
  return attribute(reader.scenario_attributes(scenario), "better", "higher");
}

const std::vector<std::pair<double, const char*>>& levels() {
  static const std::vector<std::pair<double, const char*>> all = {{0.5, "Median"},
                                                                  {0.05, "5th percentile"},
                                                                  {0.25, "25th percentile"},
                                                                  {0.75, "75th percentile"},
                                                                  {0.95, "95th percentile"}};
  return all;
}

/// Groups of one outcome and unit, every policy and grouping in one table: the last period. Policies of
/// several outcomes have several units, and a table each: a column is shown in one unit.
void add_groups(Book& book, const RunReader& reader, const GroupNames& places) {
  std::vector<double> wanted;
  for (const auto& [level, label] : levels()) wanted.push_back(level);
  struct OneUnit {
    std::string outcome, unit;
    std::vector<std::vector<BookCell>> rows;
  };
  std::vector<OneUnit> tables;
  for (const std::string& scenario : reader.scenarios())
    for (const std::string& outcome : reader.aggregate_outcomes(scenario))
      for (const std::string& grouping : reader.groupings(scenario, outcome)) {
        const GroupSpread spread = group_spread(reader, scenario, outcome, grouping, wanted);
        auto table = std::find_if(tables.begin(), tables.end(), [&](const OneUnit& one) {
          return one.outcome == outcome && one.unit == spread.unit;
        });
        if (table == tables.end()) table = tables.insert(tables.end(), {outcome, spread.unit, {}});
        for (std::size_t g = 0; g < spread.groups.size(); ++g) {
          std::vector<BookCell> row = {plain_words(scenario), grouping_words(grouping),
                                       places.named(grouping, spread.groups[g]), spread.groups[g]};
          for (const double value : spread.quantile[g]) row.push_back(number_cell(value));
          row.push_back(number_cell(spread.better[g]));
          row.push_back(shown_of(spread.unit).label);
          table->rows.push_back(std::move(row));
        }
      }
  // All of an outcome together, in the order in which outcomes appear.
  std::map<std::string, std::pair<std::size_t, std::size_t>> seen;  // outcome: its place, its tables so far
  for (const OneUnit& one : tables) seen.try_emplace(one.outcome, seen.size(), 0);
  std::stable_sort(tables.begin(), tables.end(), [&](const OneUnit& a, const OneUnit& b) {
    return seen.at(a.outcome).first < seen.at(b.outcome).first;
  });
  for (OneUnit& one : tables) {
    const std::size_t number = ++seen.at(one.outcome).second;
    const std::string &outcome = one.outcome, counted = number > 1 ? fmt::format(" {}", number) : "";
    BookSheet sheet;
    sheet.rows = std::move(one.rows);
    const Shown shown = shown_of(one.unit);
    sheet.name = plain_words(outcome) + counted;
    sheet.title =
        fmt::format("{} of each policy against no policy, by group, {}", plain_words(outcome), shown.label);
    sheet.table = number > 1 ? fmt::format("{}_{}", outcome, number) : outcome;
    sheet.lines = {
        "Last period of the horizon. Quantiles are of the run's draws. Chance of better: the share of draws "
        "in which the outcome moves the way that counts as better (note 1)."};
    sheet.columns = {{"Policy"}, {"Grouping"}, {"Group"}, {"Group code"}};
    for (const auto& [level, label] : levels())
      sheet.columns.push_back({fmt::format("{} ({})", label, shown.label), shown.kind});
    sheet.columns.push_back({"Chance of better (per cent)", CellKind::percent});
    sheet.columns.push_back({"Unit"});
    book.sheets.push_back(std::move(sheet));
  }
}

void add_appraisal(Book& book, const RunReader& reader) {
  BookSheet sheet;
  for (const std::string& scenario : reader.appraisals()) {
    const StoredAppraisal appraisal = reader.appraisal(scenario);
    std::vector<BookCell> row = {plain_words(scenario),
                                 attribute(appraisal.attributes, "rulebook", "not stated")};
    const auto add = [&](std::vector<double> draws, double unit, std::initializer_list<double> at) {
      std::erase_if(draws, [](double value) { return std::isnan(value); });
      std::sort(draws.begin(), draws.end());
      for (const double level : at) row.push_back(number_cell(sorted_quantile(draws, level) / unit));
    };
    add(appraisal.present_value_benefits, 1e6, {0.5, 0.1, 0.9});
    add(appraisal.present_value_costs, 1e6, {0.5, 0.1, 0.9});
    add(appraisal.npsv, 1e6, {0.5, 0.1, 0.9});
    add(appraisal.bcr, 1.0, {0.5, 0.1, 0.9});
    sheet.rows.push_back(std::move(row));
  }
  if (sheet.rows.empty()) return;
  sheet.name = "Appraisal";
  sheet.title = "Appraisal of each policy: present values in millions of pounds, and benefit-cost ratios";
  sheet.table = "appraisal";
  sheet.lines = {
      fmt::format("Pounds of the price base year of the rulebook. A ratio is {} where it does not exist or "
                  "would be no verdict (note 3).",
                  not_available)};
  sheet.columns = {{"Policy"}, {"Rulebook"}};
  for (const char* what : {"Present value of benefits", "Present value of costs", "Net present social value"})
    for (const char* level : {"median", "10th percentile", "90th percentile"})
      sheet.columns.push_back({fmt::format("{}, {} (millions of pounds)", what, level), CellKind::pounds});
  for (const char* level : {"median", "10th percentile", "90th percentile"})
    sheet.columns.push_back({fmt::format("Benefit-cost ratio, {}", level), CellKind::number});
  book.sheets.push_back(std::move(sheet));
}

void add_worth(Book& book, const RunReader& reader) {
  BookSheet sheet;
  for (const WorthRow& row : worth_rows(reader)) {
    const double scale = shown_as(row.unit);
    sheet.rows.push_back({plain_words(row.policy), plain_words(row.part),
                          row.outcome.empty() ? "Money" : plain_words(row.outcome), plain_words(row.figure),
                          number_cell(scale * row.p50), number_cell(scale * row.p5),
                          number_cell(scale * row.p95), unit_in_words(row.unit)});
  }
  if (sheet.rows.empty()) return;
  sheet.name = "Per pound and per head";
  sheet.title = "What a pound of public cost brings, and what comes to a head of the target areas";
  sheet.table = "worth";
  sheet.lines = {
      fmt::format("Cost in present value. A figure a pound is {} where the policy costs nothing. "
                  "Uplift below zero: the outcome falls.",
                  not_available)};
  sheet.columns = {{"Policy"}, {"Whose money"}, {"Outcome"}, {"Figure"}};
  for (const char* level : {"Median", "5th percentile", "95th percentile"})
    sheet.columns.push_back({level, CellKind::mixed});
  sheet.columns.push_back({"Unit"});
  book.sheets.push_back(std::move(sheet));
}

void add_exchequer(Book& book, const RunReader& reader) {
  const ExchequerTable years = exchequer_rows(reader);
  if (years.rows.empty()) return;
  BookSheet sheet;
  sheet.name = "Exchequer by year";
  sheet.title = "What departments spend and what comes back, by year";
  sheet.table = "exchequer";
  sheet.lines = {
      fmt::format("Pounds, {}, undiscounted, without optimism bias, medians of draws. No part of it is a "
                  "benefit to society.",
                  years.prices)};
  for (const std::string& words : years.assumed) sheet.lines.push_back("What comes back: " + words + ".");
  sheet.columns = {{"Policy"}, {"Year"}};
  for (const std::size_t k : years.told) {
    const ExchequerFigure& figure = exchequer_figures()[k];
    std::string words = figure.words;
    words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
    sheet.columns.push_back({words + (figure.share ? " (share of draws, per cent)"
                                                   : fmt::format(" (millions of pounds, {})", years.prices)),
                             figure.share ? CellKind::percent : CellKind::pounds});
  }
  for (const ExchequerRow& one : years.rows) {
    std::vector<BookCell> row = {plain_words(one.policy), fmt::format("{}", one.year)};
    for (const std::size_t k : years.told)
      row.push_back(number_cell(one.value[k] / (exchequer_figures()[k].share ? 1.0 : 1e6)));
    sheet.rows.push_back(std::move(row));
  }
  book.sheets.push_back(std::move(sheet));
}

/// The lever of each scenario; none where the configuration in the file cannot be read.
std::map<std::string, std::string> levers_of(const RunReader& reader) {
  std::map<std::string, std::string> levers;
  try {
    for (const ScenarioConfig& one : stored_config(reader).scenarios) levers[one.name] = one.lever;
  } catch (const InputError&) {  // a file of another version
  }
  return levers;
}

/// What the lever says of a parameter, or of the list that it is a number of ("profile_3").
std::string unit_of_parameter(const std::map<std::string, std::string>& levers, const std::string& scenario,
                              const std::string& name) {
  const auto lever = levers.find(scenario);
  if (lever == levers.end()) return "no unit";
  const auto& all = scenarios::catalogue();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == lever->second; });
  if (found == all.end()) return "no unit";
  for (const scenarios::ParameterSpec& spec : found->parameters)
    if (spec.name == name ||
        (name.starts_with(spec.name + "_") && std::holds_alternative<std::vector<double>>(spec.fallback)))
      return spec.unit.empty() ? "no unit" : spec.unit;
  return "no unit";
}

void add_parameters(Book& book, const RunReader& reader) {
  const std::map<std::string, std::string> levers = levers_of(reader);
  BookSheet sheet;
  for (const std::string& scenario : reader.scenarios()) {
    const StoredParameters parameters = reader.scenario_parameters(scenario);
    for (std::size_t k = 0; k < parameters.names.size(); ++k) {
      std::vector<double> draws;
      for (Eigen::Index d = 0; d < parameters.value.rows(); ++d)
        if (const double value = parameters.value(d, static_cast<Eigen::Index>(k)); !std::isnan(value))
          draws.push_back(value);
      std::sort(draws.begin(), draws.end());
      std::vector<BookCell> row = {plain_words(scenario), plain_words(parameters.names[k]),
                                   parameters.names[k],
                                   parameters.units.size() > k && !parameters.units[k].empty()
                                       ? parameters.units[k]
                                       : unit_of_parameter(levers, scenario, parameters.names[k])};
      for (const double level : {0.5, 0.05, 0.95}) row.push_back(number_cell(sorted_quantile(draws, level)));
      row.push_back(draws.empty()                   ? std::string(not_available)
                    : draws.front() == draws.back() ? std::string("fixed")
                                                    : std::string("drawn"));
      sheet.rows.push_back(std::move(row));
    }
  }
  if (sheet.rows.empty()) return;
  sheet.name = "Parameters";
  sheet.title = "Parameters of each policy, as its draws had them";
  sheet.table = "parameters";
  sheet.lines = {"Each row has its own unit. A fixed parameter is the same in every draw."};
  sheet.columns = {{"Policy"},
                   {"Parameter"},
                   {"Key in the configuration"},
                   {"Unit"},
                   {"Median", CellKind::mixed},
                   {"5th percentile", CellKind::mixed},
                   {"95th percentile", CellKind::mixed},
                   {"Fixed or drawn"}};
  book.sheets.push_back(std::move(sheet));
}

void add_winners(Book& book, const RunReader& reader, const GroupNames& places) {
  if (reader.kept() != Kept::full) return;
  BookSheet sheet;
  bool people = false;
  for (const WinnersRow& one : winners_of(reader, people)) {
    std::vector<BookCell> row = {plain_words(one.scenario), plain_words(one.outcome),
                                 one.grouping.empty() ? "All areas" : grouping_words(one.grouping),
                                 places.named(one.grouping, one.group)};
    for (const double count : one.areas) row.emplace_back(count);
    for (const double count : one.residents)
      row.push_back(people ? BookCell(count) : BookCell(std::string(not_available)));
    sheet.rows.push_back(std::move(row));
  }
  if (sheet.rows.empty()) return;
  sheet.name = "Winners and losers";
  sheet.title = "How many areas and residents each policy makes better or worse off";
  sheet.table = "winners";
  sheet.lines = {
      "Better: the outcome moves the way that counts as better in 95 per cent of draws or more. Worse: in 5 "
      "per cent or fewer. Not told apart: the rest, and areas that nothing reaches or whose mean effect is "
      "below "
      "a hundred-thousandth of the largest (note 2)."};
  sheet.columns = {{"Policy"}, {"Outcome"}, {"Grouping"}, {"Group"}};
  for (const char* what : {"Areas", "Residents"})
    for (const char* side : {"better", "worse", "not told apart"})
      sheet.columns.push_back({fmt::format("{}, {}", what, side), CellKind::whole});
  book.sheets.push_back(std::move(sheet));
}

void add_areas(Book& book, const RunReader& reader, const GroupNames& places) {
  if (reader.kept() != Kept::full) return;
  BookSheet sheet;
  const auto there = reader.area_columns();
  const auto codes = reader.area_texts("area_code");
  sheet.rows.resize(codes.size());
  const auto add_texts = [&](const std::string& label, const std::vector<std::string>& texts) {
    sheet.columns.push_back({label});
    for (std::size_t i = 0; i < codes.size(); ++i)
      sheet.rows[i].push_back(texts[i].empty() ? std::string(not_available) : texts[i]);
  };
  add_texts("Area code", codes);
  for (const auto& [column, label] : {std::pair<std::string, const char*>{"area_name", "Area"},
                                      {places.type_column(), "Type of area"},
                                      {"lad_name", "Local authority"},
                                      {"combined_authority_name", "Combined authority"},
                                      {"region_name", "Region"}}) {
    if (std::find(there.begin(), there.end(), column) == there.end()) continue;
    auto texts = reader.area_texts(column);
    if (column == places.type_column())
      for (std::string& text : texts) text = plain_words(text);
    add_texts(label, texts);
  }
  const auto add_numbers = [&](const std::string& label, CellKind kind, const auto& value) {
    sheet.columns.push_back({label, kind});
    for (std::size_t i = 0; i < codes.size(); ++i)
      sheet.rows[i].push_back(number_cell(static_cast<double>(value(i))));
  };
  if (std::find(there.begin(), there.end(), "population") != there.end()) {
    const auto people = reader.area_numbers("population");
    add_numbers("Residents", CellKind::whole, [&](std::size_t i) { return people[i]; });
  }
  const std::size_t described = sheet.columns.size();
  for (const std::string& scenario : reader.scenarios())
    for (const std::string& outcome : reader.area_outcomes(scenario)) {
      const StoredAreaSummary stored = reader.area_summary(scenario, outcome);
      const Shown shown = shown_of(stored.unit);
      const std::string head = fmt::format("{}: {}", plain_words(scenario), plain_words(outcome));
      for (const double wanted : {0.5, 0.05, 0.95})
        for (std::size_t q = 0; q < stored.levels.size(); ++q)
          if (std::abs(stored.levels[q] - wanted) < 1e-9)
            add_numbers(fmt::format("{}, {} ({})", head,
                                    wanted == 0.5  ? "median"
                                    : wanted < 0.5 ? "5th percentile"
                                                   : "95th percentile",
                                    shown.label),
                        shown.kind, [&](std::size_t i) {
                          return stored.summary.quantile(static_cast<Eigen::Index>(q),
                                                         static_cast<Eigen::Index>(i));
                        });
      add_numbers(head + ", chance of better (per cent)", CellKind::percent, [&](std::size_t i) {
        return stored.summary.probability_better[static_cast<Eigen::Index>(i)];
      });
    }
  if (sheet.columns.size() == described) return;
  sheet.name = "Areas";
  sheet.title = "Every area: what each policy would do to it, with intervals";
  sheet.table = "areas";
  sheet.lines = {
      "Single areas are not ranked: areas show where the model sends effects, so read groups first (note "
      "2)."};
  book.sheets.push_back(std::move(sheet));
}

BookSheet notes_of(const RunReader& reader) {
  BookSheet sheet;
  sheet.name = "Notes";
  sheet.title = "Notes";
  sheet.table = "notes";
  sheet.columns = {{"Note"}, {"Text"}};
  std::vector<std::string> texts = {
      "Better is the direction that the driving estimate's configuration states for each policy:",
      "The Office for National Statistics advises against comparing single small areas. An area whose "
      "interval holds zero is not told apart from no effect.",
      "Why a ratio does not exist stands in the appraisal summary table of `spillway appraise`: the policy "
      "has no public cost, or no line of benefits has a price.",
      "Draws hold what the estimates and the drawn parameters do not know; the form of the models, the "
      "weights and the counterfactual are fixed in them.",
      "Percentages of growth are log points times 100, which is close to per cent as long as it is small.",
      fmt::format("{} stands where there is no value. Numbers are shown rounded and kept in full.",
                  not_available)};
  for (const std::string& scenario : reader.scenarios())
    texts.front() += fmt::format(" {} {};", plain_words(scenario),
                                 better_of(reader, scenario) == "lower" ? "lower" : "higher");
  texts.front().back() = '.';
  for (const std::string& scenario : reader.scenarios())
    if (const auto draws = static_cast<long>(reader.replicate_of_draw(scenario).size());
        draws < kFewestForBand) {
      texts.push_back(fmt::format("Percentiles say nothing here: {}.", no_band_words(draws)));
      break;
    }
  if (reader.kept() != Kept::full)
    texts.push_back(
        "The run kept groups and no areas (store.keep), so there are no sheets of areas nor of winners and "
        "losers.");
  for (std::size_t k = 0; k < texts.size(); ++k)
    sheet.rows.push_back({fmt::format("note {}", k + 1), texts[k]});
  return sheet;
}

}  // namespace

BookColumn column_of_cell(const BookCell& cell, const BookColumn& column) {
  const double* value = std::get_if<double>(&cell);
  if (column.kind != CellKind::mixed || value == nullptr) return column;
  BookColumn shown{column.label, CellKind::number, 0, std::abs(*value) >= 10'000.0};  // a year is 2026
  if (*value != std::round(*value))
    shown.decimals = std::clamp(3 - static_cast<int>(std::floor(std::log10(std::abs(*value)))), 0, 9);
  return shown;
}

std::string shown_cell(const BookCell& cell, const BookColumn& of_column) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  const double value = std::get<double>(cell);
  const BookColumn column = column_of_cell(cell, of_column);
  switch (column.kind) {
    case CellKind::percent:
      return fmt::format("{:.{}f}%", 100.0 * value, column.decimals);
    case CellKind::whole:
      return fmt::format("{:.0f}", value);
    default:
      return fmt::format("{:.{}f}", value, column.decimals);
  }
}

Book book_of(const RunReader& reader) {
  if (reader.scenarios().empty())
    throw InputError(
        fmt::format("'{}' holds no scenario, so there is nothing to export (its estimates: spillway table {} "
                    "estimates --format csv)",
                    reader.path().string(), reader.path().string()));
  const RunRecord run = reader.run();
  const GroupNames places(reader);
  Book tables;
  add_groups(tables, reader, places);
  add_appraisal(tables, reader);
  add_worth(tables, reader);
  add_exchequer(tables, reader);
  add_parameters(tables, reader);
  add_winners(tables, reader, places);
  add_areas(tables, reader, places);
  tables.sheets.insert(tables.sheets.begin(), notes_of(reader));
  for (BookSheet& sheet : tables.sheets) {
    choose_decimals(sheet);
    settle_labels(sheet);
  }

  Book book;
  book.title = fmt::format("Spillway run {}", run.name);
  BookSheet cover;
  cover.name = "Cover";
  cover.title = book.title;
  cover.lines = {
      "What policies would do to each area, with the uncertainty of the estimates that drive them.",
      fmt::format("Made by Spillway {} ({}) on {} UTC, seed {}.", run.spillway_version, run.git_commit,
                  run.finished.substr(0, 10), run.seed)};
  if (reader.kept() != Kept::summary)
    cover.lines.push_back(fmt::format("Areas: {}.", reader.area_texts("area_code").size()));
  std::string policies = "Policies:";
  for (const std::string& scenario : reader.scenarios()) policies += " " + plain_words(scenario) + ";";
  policies.back() = '.';
  cover.lines.push_back(policies);
  cover.lines.push_back("Each worksheet has one table. Contents lists them; Notes explains words and marks.");
  std::set<std::string> said;
  for (const InputFile& input : run.inputs)
    if (!input.publisher.empty() && said.insert(input.publisher + input.licence).second)
      cover.lines.push_back(fmt::format("Data: {}. Licence: {}.", input.publisher,
                                        input.licence.empty() ? "not stated" : input.licence));
  BookSheet contents;
  contents.name = "Contents";
  contents.title = "Contents";
  contents.table = "contents";
  contents.columns = {{"Worksheet"}, {"What it holds"}};
  for (const BookSheet& sheet : tables.sheets) contents.rows.push_back({sheet.name, sheet.title});
  book.sheets = {std::move(cover), std::move(contents)};
  for (BookSheet& sheet : tables.sheets) book.sheets.push_back(std::move(sheet));
  for (BookSheet& sheet : book.sheets)
    if (!sheet.table.empty()) sheet.lines.insert(sheet.lines.begin(), "This worksheet has one table.");
  return book;
}

}  // namespace spillway::studies
