#include "tools/studies/reappraise.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "engine/config/further_outcome.hpp"
#include "engine/data/place_list.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/json_number.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/stored_column.hpp"
#include "tools/studies/stored_config.hpp"
#include "tools/studies/words.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

/// Of few draws the ends are null, for they say nothing ("no_band" of the whole says so).
Json spread(const Eigen::VectorXd& draws) {
  const scenarios::Percentiles p = scenarios::percentiles(draws);
  const auto end = [&](double value) {
    return draws.size() < kFewestForBand ? Json(nullptr) : number(value);
  };
  return {{"p10", end(p.p10)}, {"p50", number(p.p50)}, {"p90", end(p.p90)}};
}

Json column_json(const scenarios::AppraisalColumn& column) {
  return {{"benefits", spread(column.benefits)},
          {"other", spread(column.other)},
          {"npsv", spread(column.npsv)},
          {"initial_bcr", spread(column.initial_bcr)},
          {"adjusted_bcr", spread(column.adjusted_bcr)},
          {"probability_bcr_above_1", number(column.bcr_above_one)},
          {"probability_bcr_above_2", number(column.bcr_above_two)},
          {"category", column.name == "local" || column.band.empty() ? Json(nullptr) : Json(column.band)}};
}

Json exchequer_json(const scenarios::Exchequer& view) {
  const auto told = [](bool known, const Eigen::VectorXd& draws) {
    return known ? spread(draws) : Json(nullptr);
  };
  Json years = Json::array();
  for (std::size_t k = 0; k < view.years.size(); ++k) {
    const scenarios::ExchequerYear& year = view.years[k];
    years.push_back({{"year", year.year},
                     {"rdel", spread(year.rdel)},
                     {"cdel", spread(year.cdel)},
                     {"ame_saved", told(view.split, year.ame_saved)},
                     {"receipts", told(view.fiscal, year.receipts)},
                     {"cashable", told(view.cashable_known, year.cashable)},
                     {"net_cost", spread(year.net())},
                     {"within_envelope", view.within.empty() ? Json(nullptr) : number(view.within[k])}});
  }
  return {{"years", years},
          {"present_value_net", spread(view.present_value_net)},
          {"returned_per_pound", told(view.fiscal, view.returned)},
          {"assumed", view.assumed}};
}

/// The paragraph that the run kept; empty where it has none (a file of an earlier version).
std::vector<std::string> kept_conclusion(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/appraisal/" + scenario;
  if (!reader.has(group) || !reader.has_attribute(group, "what_to_conclude")) return {};
  return reader.attribute_as<std::vector<std::string>>(group, "what_to_conclude");
}

/// The row that the run kept; empty where it has none.
std::string kept_plausibility(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/appraisal/" + scenario;
  if (!reader.has(group) || !reader.has_attribute(group, "plausibility")) return "";
  return reader.attribute_as<std::string>(group, "plausibility");
}

/// Names of the groups of a column of codes: of the column "<it>_name" where there is one, else none.
std::map<std::string, std::string> names_of_codes(const RunReader& reader, const std::string& column) {
  std::map<std::string, std::string> names;
  if (!column.ends_with("_code")) return names;
  const std::string beside = column.substr(0, column.size() - 5) + "_name";
  const auto columns = reader.area_columns();
  if (std::find(columns.begin(), columns.end(), beside) == columns.end()) return names;
  const auto codes = reader.area_texts(column), words = reader.area_texts(beside);
  for (std::size_t i = 0; i < codes.size(); ++i) names.emplace(codes[i], words[i]);
  return names;
}

/// Where no GVA is counted a place gains in the outcome itself: residents times uplift, which adds up.
void add_outcomes(const RunReader& reader, const std::string& scenario, const std::string& grouping,
                  std::vector<PlaceRow>& rows) {
  const std::string kept = "/scenarios/" + scenario + "/aggregate/uplift/";
  const auto summed = [](const StoredAggregate& of, std::size_t group) {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(of.draws);
    for (long d = 0; d < of.draws; ++d)
      for (std::size_t h = 0; h < of.periods.size(); ++h) sum[d] += static_cast<double>(of.at(d, h, group));
    return sum;
  };
  const StoredAggregate stored = reader.aggregate(scenario, "uplift", grouping);
  double people = 0.0;
  Eigen::VectorXd known = Eigen::VectorXd::Zero(stored.draws);
  PlaceRow* rest = nullptr;
  for (PlaceRow& row : rows) {
    people += row.population;
    const auto found = std::find(stored.groups.begin(), stored.groups.end(), row.code);
    if (found == stored.groups.end()) {
      rest = &row;
      continue;
    }
    row.outcome = row.population * summed(stored, static_cast<std::size_t>(found - stored.groups.begin()));
    known += row.outcome;
  }
  if (rest == nullptr) return;
  if (!reader.has(kept + "nation"))
    throw InputError(fmt::format(
        "'{}' by {}: some areas are in no group, and the nation's uplift is not kept (add \"nation\" to "
        "outcomes.groupings and run again)",
        scenario, grouping));
  rest->outcome = people * summed(reader.aggregate(scenario, "uplift", "nation"), 0) - known;
}

/// The sum of two where there is any.
void add_to(Eigen::VectorXd& sum, const Eigen::VectorXd& more) {
  if (sum.size() == 0)
    sum = more;
  else if (more.size() > 0)
    sum += more;
}

/// Every place of a grouping, what it gets and what it gains; areas in none as one place.
std::vector<PlaceRow> places_by(const RunReader& reader, const std::string& scenario,
                                const std::string& grouping, scenarios::AppraisalSettings settings) {
  if (!reader.has("/scenarios/" + scenario + "/aggregate/uplift/" + grouping)) {
    const std::vector<std::string> kept = stored_config(reader).groupings;
    const std::string near = nearest_word(grouping, kept);
    throw InputError(
        fmt::format("'{}' keeps no uplift by '{}'{} (its groupings are {}; name it in "
                    "outcomes.groupings and run again)",
                    reader.path().string(), grouping,
                    near.empty() ? "" : fmt::format("; did you mean '{}'?", near), fmt::join(kept, ", ")));
  }
  settings.switching = scenarios::Switch::off;
  settings.distributional_weights = scenarios::Switch::off;
  const scenarios::AppraisalInputs inputs = stored_inputs(reader, scenario, grouping);
  const scenarios::AppraisalResult result = scenarios::appraise(inputs, settings);
  const std::string column =
      grouping_column(grouping, reader.attribute_as<std::string>("/areas", "type_column"));
  const auto group_of = reader.area_texts(column);
  const auto population = reader.area_numbers("population");
  const auto names = names_of_codes(reader, column);
  std::vector<PlaceRow> rows;
  std::map<std::string, std::size_t> at;
  for (const scenarios::AppraisalGroup& group : inputs.groups) {
    PlaceRow row;
    row.code = group.name;
    const auto named = names.find(group.name);
    row.name = named == names.end() || named->second.empty() ? group.name : named->second;
    row.population = group.population;
    row.gva = Eigen::VectorXd::Zero(inputs.cost.rows());
    for (const scenarios::PlaceGain& place : result.places)
      if (place.name == group.name) row.gva = place.gva;
    at.emplace(row.code, rows.size());
    rows.push_back(std::move(row));
  }
  const std::string moved = "/scenarios/" + scenario + "/transfer/gbp_per_head";
  if (reader.has(moved)) {
    const std::vector<double> a_head = reader.numbers(moved, {static_cast<long>(population.size())}).value;
    for (std::size_t i = 0; i < population.size(); ++i)
      rows[at.at(group_of[i].empty() ? scenarios::elsewhere_name : group_of[i])].received +=
          a_head[i] * population[i];
  }
  if (result.places.empty()) add_outcomes(reader, scenario, grouping, rows);
  return rows;
}

/// The texts of the areas of a result as columns of codes: what a list may name.
Table codes_of(const RunReader& reader) {
  Table areas;
  for (const TableColumn& stored : reader.table("/areas")) {
    if (stored.texts.empty()) continue;
    areas.rows = stored.texts.size();
    areas.columns.push_back(column_of(stored));
  }
  return areas;
}

/// Of which place each group of a grouping is, "" for none; or, in `cut`, the place that a group is only a
/// part of.
std::map<std::string, std::string> places_of_groups(const std::vector<std::string>& group_of,
                                                    const Column& place, std::string& cut) {
  std::map<std::string, std::string> of;
  for (std::size_t i = 0; i < group_of.size(); ++i) {
    const auto [at, fresh] = of.emplace(group_of[i], place.text(i));
    if (!fresh && at->second != place.text(i)) {
      cut = fmt::format("'{}' holds a part of '{}' and not all of it",
                        at->second.empty() ? place.text(i) : at->second, group_of[i]);
      return {};
    }
  }
  return of;
}

/// The rows of a list's places: sums, draw by draw, of the groups that make them up, where the run kept such.
std::vector<PlaceRow> places_of_list(const RunReader& reader, const std::string& scenario,
                                     const std::string& file, const scenarios::AppraisalSettings& settings,
                                     std::string& note) {
  const PlaceGroups list = read_place_groups(file, file, codes_of(reader));
  const std::string type_column = reader.attribute_as<std::string>("/areas", "type_column");
  std::string last_cut;
  for (const std::string& grouping : reader.groupings(scenario, "uplift")) {
    if (grouping == "nation") continue;
    const auto group_of = reader.area_texts(grouping_column(grouping, type_column));
    std::string cut;
    const auto place_of = places_of_groups(group_of, list.place, cut);
    if (place_of.empty()) {
      last_cut += fmt::format("{}by {}: {}", last_cut.empty() ? "" : "; ", grouping, cut);
      continue;
    }
    std::vector<PlaceRow> rows;
    for (const PlaceRow& group : places_by(reader, scenario, grouping, settings)) {
      const auto of = place_of.find(group.code == scenarios::elsewhere_name ? "" : group.code);
      const std::string name =
          of == place_of.end() || of->second.empty() ? scenarios::elsewhere_name : of->second;
      auto row =
          std::find_if(rows.begin(), rows.end(), [&](const PlaceRow& one) { return one.code == name; });
      if (row == rows.end()) {
        rows.push_back({name, name, 0.0, 0.0, Eigen::VectorXd::Zero(group.gva.size())});
        row = rows.end() - 1;
      }
      row->population += group.population;
      row->received += group.received;
      row->gva += group.gva;
      add_to(row->outcome, group.outcome);
    }
    std::stable_partition(rows.begin(), rows.end(),
                          [](const PlaceRow& row) { return row.code != scenarios::elsewhere_name; });
    note = fmt::format("places put together from whole groups of '{}', draw by draw", grouping);
    return rows;
  }
  throw InputError(
      fmt::format("the places of '{}' are no unions of the groups that '{}' kept ({}): a result keeps draws "
                  "by group, not by "
                  "area; name \"list:FILE\" in outcomes.groupings and run again",
                  file, reader.path().string(), last_cut));
}

/// Who gains where: by a grouping that the run kept, or a list of places.
std::vector<PlaceRow> rows_by(const RunReader& reader, const std::string& scenario, const std::string& by,
                              const scenarios::AppraisalSettings& settings, std::string& note) {
  const bool list = by.starts_with("list:");
  const std::string file = list ? by.substr(5) : by, kept = "/scenarios/" + scenario + "/aggregate/uplift/";
  if (list && reader.has(kept + column_of_list(file)))
    return places_by(reader, scenario, column_of_list(file), settings);
  if (!list && reader.has(kept + by)) return places_by(reader, scenario, by, settings);
  std::error_code none;
  if (list || std::filesystem::is_regular_file(file, none))
    return places_of_list(reader, scenario, file, settings, note);
  return places_by(reader, scenario, by, settings);  // says what there is
}

PlaceRow nation_of(const std::vector<PlaceRow>& rows) {
  PlaceRow nation{"nation", "nation", 0.0, 0.0, Eigen::VectorXd::Zero(rows.front().gva.size())};
  for (const PlaceRow& row : rows) {
    nation.population += row.population;
    nation.received += row.received;
    nation.gva += row.gva;
    add_to(nation.outcome, row.outcome);
  }
  return nation;
}

std::string places_text(const Reappraisal& appraisal) {
  std::vector<PlaceRow> rows = appraisal.places;
  rows.push_back(nation_of(appraisal.places));
  std::size_t width = 5;
  for (const PlaceRow& row : rows) width = std::max(width, row.name.size());
  const long draws = std::max(rows.front().outcome.size(), rows.front().gva.size());
  const bool band = draws >= kFewestForBand;
  const auto noted = [&](const std::string& text) {
    return text + (band ? "" : "     -: " + no_band_words(draws) + "\n") +
           (appraisal.by_note.empty() ? "" : "     " + appraisal.by_note + "\n") + "\n";
  };
  if (rows.front().outcome.size() > 0) {
    std::string text = fmt::format(
        "By {}: money received over the horizon, GBP m of {} (mean of draws), and the outcome, {} summed "
        "over the "
        "horizon, of the mean resident; the last row is all of them. No GVA is counted.\n     {:<{}} {:>11} "
        "{:>11} "
        "{:>10} {:>10} {:>10} {:>9}\n",
        appraisal.by, appraisal.result.settings.price_base_year, unit_shown(appraisal.outcome_unit), "place",
        width, "residents", "received", "P10", "P50", "P90", "P(better)");
    for (const PlaceRow& row : rows) {
      const Eigen::VectorXd each = shown_as(appraisal.outcome_unit) / row.population * row.outcome;
      const scenarios::Percentiles of = scenarios::percentiles(each);
      const auto end = [&](double value) { return band ? fmt::format("{:.3g}", value) : "-"; };
      text += fmt::format("     {:<{}} {:>11.0f} {:>11.2f} {:>10} {:>10.3g} {:>10} {:>9.3f}\n", row.name,
                          width, row.population, row.received / 1e6, end(of.p10), of.p50, end(of.p90),
                          (appraisal.better * each.array() > 0.0).cast<double>().mean());
    }
    return noted(text);
  }
  std::string text = fmt::format(
      "By {}, GBP m of {}: money received over the horizon (mean of draws), GVA gained in present value "
      "before "
      "costs; the last row is their sum\n     {:<{}} {:>11} {:>11} {:>10} {:>10} {:>10} {:>11} {:>8}\n",
      appraisal.by, appraisal.result.settings.price_base_year, "place", width, "residents", "received",
      "GVA P10", "P50", "P90", "GBP a head", "P(gain)");
  for (const PlaceRow& row : rows) {
    const scenarios::Percentiles gva = scenarios::percentiles(row.gva);
    const auto millions = [](double pounds) { return short_number(pounds / 1e6); };
    const auto end = [&](double pounds) { return band ? millions(pounds) : "-"; };
    text +=
        fmt::format("     {:<{}} {:>11.0f} {:>11} {:>10} {:>10} {:>10} {:>11} {:>8.3f}\n", row.name, width,
                    row.population, millions(row.received), end(gva.p10), millions(gva.p50), end(gva.p90),
                    short_number(gva.p50 / row.population), (row.gva.array() > 0.0).cast<double>().mean());
  }
  return noted(text);
}

Json places_json(const Reappraisal& appraisal) {
  std::vector<PlaceRow> all = appraisal.places;
  all.push_back(nation_of(appraisal.places));
  Json rows = Json::array();
  for (const PlaceRow& row : all) {
    const bool counted = row.outcome.size() == 0;
    const Eigen::VectorXd gains = counted ? row.gva : Eigen::VectorXd(appraisal.better * row.outcome);
    Json one = {{"code", row.code},
                {"name", row.name},
                {"population", row.population},
                {"received", row.received},
                {"gva", counted ? spread(row.gva) : Json(nullptr)},
                {"mean_gva", counted ? number(row.gva.mean()) : Json(nullptr)},
                {"probability_gain", (gains.array() > 0.0).cast<double>().mean()}};
    if (!counted) {
      const Eigen::VectorXd each = row.outcome / row.population;
      one["outcome"] = spread(each);
      one["mean_outcome"] = number(each.mean());
      one["unit"] = appraisal.outcome_unit + " summed over the horizon";
    }
    rows.push_back(std::move(one));
  }
  return rows;
}

}  // namespace

std::vector<Reappraisal> reappraise(const RunReader& reader, const ReappraisalOptions& options) {
  RunConfig config = stored_config(reader);
  if (!options.rulebook.empty()) config.rulebook = options.rulebook;
  auto names = reader.scenarios();
  if (!options.scenario.empty()) {
    if (std::find(names.begin(), names.end(), options.scenario) == names.end())
      throw no_scenario(reader.path().string(), options.scenario, names);
    names = {options.scenario};
  }
  std::vector<Reappraisal> all;
  for (const auto& name : names) {
    if (const std::string of = policy_of(name); !of.empty()) {
      if (options.scenario.empty()) continue;
      throw InputError(fmt::format(
          "'{}' is a further outcome of scenario '{}', whose money it is; appraise that one", name, of));
    }
    const scenarios::AppraisalInputs inputs = stored_inputs(reader, name);
    const auto settings = scenarios::appraisal_settings(config, static_cast<long>(inputs.cost.rows()));
    Reappraisal one;
    one.result = scenarios::appraise(inputs, settings);
    one.conclude = kept_conclusion(reader, name);
    one.by = options.by;
    one.plausibility = kept_plausibility(reader, name);
    if (options.rulebook.empty() || options.rulebook == stored_config(reader).rulebook)
      one.sets = weak_sets(reader, name);
    if (!options.by.empty()) {
      one.places = rows_by(reader, name, options.by, settings, one.by_note);
      one.outcome_unit = reader.aggregate(name, "uplift", "area_type").unit;
      one.better = lower_is_better(reader, name) ? -1.0 : 1.0;
    }
    if (!options.diff.empty())
      one.difference = scenarios::appraisal_difference(inputs, settings, settings.rulebook, options.diff);
    all.push_back(std::move(one));
  }
  return all;
}

std::string appraisal_text(const Reappraisal& appraisal) {
  std::string text =
      (appraisal.plausibility.empty() ? "" : appraisal.plausibility + "\n") +
      (appraisal.difference.empty() ? scenarios::appraisal_table(appraisal.result) : appraisal.difference) +
      "\n";
  if (!appraisal.places.empty()) text += places_text(appraisal);
  if (appraisal.sets) text += sets_text(*appraisal.sets);
  for (const auto& sentence : appraisal.conclude) text += sentence + "\n";
  return appraisal.conclude.empty() ? text : text + "\n";
}

nlohmann::ordered_json appraisal_json(const Reappraisal& appraisal) {
  const scenarios::AppraisalResult& result = appraisal.result;
  Json rows = Json::array(), switching = Json::array();
  for (const auto& row : scenarios::appraisal_summary(result))
    rows.push_back({{"row", std::string(1, row.letter)},
                    {"title", row.title},
                    {"local", row.local},
                    {"national", row.national},
                    {"note", row.note}});
  for (const auto& one : result.switching)
    switching.push_back({{"what", one.what},
                         {"threshold", one.threshold},
                         {"value", one.value ? Json(*one.value) : Json(nullptr)}});
  Json json = {{"scenario", result.scenario},
               {"rulebook", result.settings.rulebook},
               {"price_base_year", result.settings.price_base_year},
               {"discount_base_year", result.settings.discount_base_year},
               {"appraisal_years", result.settings.appraisal_years},
               {"draws", result.present_value_costs.size()},
               {"no_band", result.present_value_costs.size() < kFewestForBand
                               ? Json(no_band_words(result.present_value_costs.size()))
                               : Json(nullptr)},
               {"present_value_costs", spread(result.present_value_costs)},
               {"financial_costs", spread(result.financial_costs)},
               {"later_costs", spread(result.later_costs)},
               {"costs_left_out", spread(result.costs_left_out)},
               {"local_areas", result.target.name},
               {"local", column_json(result.local)},
               {"national", column_json(result.national)}};
  Json places = Json::array();
  for (const auto& place : result.places)
    places.push_back({{"name", place.name}, {"population", place.population}, {"gva", spread(place.gva)}});
  json["places"] = places;
  if (!appraisal.places.empty()) {
    json["by"] = appraisal.by;
    if (!appraisal.by_note.empty()) json["by_note"] = appraisal.by_note;
    json["by_place"] = places_json(appraisal);
  }
  json["exchequer"] = exchequer_json(result.exchequer);
  json["department"] = result.settings.department;
  if (result.weighted) json["weighted"] = column_json(*result.weighted);
  json["bcr_reason"] = result.bcr_reason;
  json["switching"] = switching;
  json["table"] = rows;
  json["notes"] = result.notes;
  json["plausibility"] = appraisal.plausibility;
  json["what_to_conclude"] = appraisal.conclude;
  if (appraisal.sets) json["sets"] = sets_json(*appraisal.sets);
  return json;
}

}  // namespace spillway::studies
