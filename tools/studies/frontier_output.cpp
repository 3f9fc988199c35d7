// A frontier's results as tables, JSON, CSV and HDF5.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "engine/base/text.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/frontier_analysis.hpp"
#include "tools/studies/result_tables.hpp"

namespace spillway::studies {

namespace {

/// Quantiles at 5, 10, 50, 90 and 95 %, and the share of draws above zero.
struct BandOfDraws {
  double p5 = 0, p10 = 0, p50 = 0, p90 = 0, p95 = 0, above_zero = 0;
};

BandOfDraws band_of(Eigen::VectorXd draws) {
  const auto end = std::remove_if(draws.begin(), draws.end(), [](double one) { return std::isnan(one); });
  draws.conservativeResize(end - draws.begin());
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (draws.size() == 0) return {none, none, none, none, none, none};
  BandOfDraws band;
  band.above_zero = static_cast<double>((draws.array() > 0.0).count()) / static_cast<double>(draws.size());
  std::sort(draws.begin(), draws.end());
  const auto at = [&](double p) {
    const double place = p * static_cast<double>(draws.size() - 1);
    const auto low = static_cast<Eigen::Index>(place);
    return draws[low] +
           (place - static_cast<double>(low)) * (draws[std::min(low + 1, draws.size() - 1)] - draws[low]);
  };
  band.p5 = at(0.05);
  band.p10 = at(0.10);
  band.p50 = at(0.50);
  band.p90 = at(0.90);
  band.p95 = at(0.95);
  return band;
}

/// The headlines of a policy that are tabulated: name, unit, draws.
struct Headline {
  std::string name, unit, meaning;
  std::function<Eigen::VectorXd(const scenarios::PolicyValue&)> draws;
};

/// `what` over public cost in present value; NaN in draws that cost nothing.
Eigen::VectorXd per_pound(const Eigen::VectorXd& what, const Eigen::VectorXd& cost) {
  return (cost.array() > 0.0).select(what.cwiseQuotient(cost), std::numeric_limits<double>::quiet_NaN());
}
Eigen::VectorXd npsv_per_pound(const scenarios::PolicyValue& value) {
  return per_pound(value.npsv_national, value.cost);
}
Eigen::VectorXd gap_per_100m(const scenarios::PolicyValue& value) {
  return 1e8 * per_pound(value.gap, value.cost);
}
bool costs(const FrontierAnalysis& analysis) {
  return std::any_of(analysis.points.begin(), analysis.points.end(),
                     [](const auto& point) { return point.value.cost.maxCoeff() > 0.0; });
}

std::vector<Headline> headlines(const FrontierAnalysis& analysis) {
  const std::string rate =
      (analysis.outcome_unit.empty() ? "1" : analysis.outcome_unit) + ", summed over the horizon";
  std::vector<Headline> all = {
      {"npsv_local", "GBP", "net present social value, target areas", &scenarios::PolicyValue::npsv_local},
      {"npsv_national", "GBP", "net present social value, additional to the nation",
       &scenarios::PolicyValue::npsv_national},
      {"npsv_weighted", "GBP", "net present social value, national with distributional weights",
       &scenarios::PolicyValue::npsv_weighted},
      {"gva", "GBP", "present value of GVA gained in all areas, before additionality to the nation",
       &scenarios::PolicyValue::gva},
      {"public_cost", "GBP", "present value of public cost", &scenarios::PolicyValue::cost},
      {"gap_closed", rate, "gap of the target type to all other areas closed: above zero it narrows",
       &scenarios::PolicyValue::gap},
      {"target_uplift", rate, "mean uplift of the target type, below zero where the outcome falls",
       &scenarios::PolicyValue::target},
      {"nation_uplift", rate, "mean uplift of all areas, below zero where the outcome falls",
       &scenarios::PolicyValue::nation}};
  if (!analysis.points.empty() && analysis.points.front().value.npsv_weighted.size() == 0)
    all.erase(all.begin() + 2);
  if (costs(analysis)) {
    all.push_back({"npsv_per_pound", "GBP per GBP of public cost",
                   "national net present social value over public cost, both in present value",
                   npsv_per_pound});
    all.push_back({"gap_closed_per_100m", rate + ", per GBP 100m of public cost",
                   "gap closed over public cost in present value", gap_per_100m});
  }
  return all;
}

std::string million(const BandOfDraws& band) {
  return fmt::format("{:.1f} [{:.1f}, {:.1f}]", band.p50 / 1e6, band.p10 / 1e6, band.p90 / 1e6);
}
std::string plain(const BandOfDraws& band, double scale = 1.0) {
  return fmt::format("{} [{}, {}]", short_number(scale * band.p50), short_number(scale * band.p10),
                     short_number(scale * band.p90));
}

/// What the gap and the nation's outcome are counted in, as tables show it.
std::string outcome_in_words(const FrontierAnalysis& analysis) {
  return unit_in_words((analysis.outcome_unit.empty() ? "1" : analysis.outcome_unit) +
                       ", summed over the horizon");
}

TextTable frontier_table(const FrontierAnalysis& analysis) {
  TextTable table;
  table.title = fmt::format("scenario {} ({}): frontier over {}, {} points x {} draws, median [P10, P90]",
                            analysis.scenario, analysis.lever, analysis.parameter, analysis.points.size(),
                            analysis.draws);
  table.header = {analysis.parameter,     "moved, GBP m", "PV cost, GBP m", "NPSV local, GBP m",
                  "NPSV national, GBP m", "gap closed",   "of the gap",     "P(gap closes)"};
  const bool weighted = analysis.points.front().value.npsv_weighted.size() > 0;
  if (weighted) table.header.insert(table.header.begin() + 5, "NPSV weighted, GBP m");
  const bool per_pound = costs(analysis);
  if (per_pound) {
    table.header.push_back("NPSV national per GBP");
    table.header.push_back("gap closed per GBP 100m");
  }
  const double scale = shown_as(analysis.outcome_unit);
  table.notes = {fmt::format("gap closed: {}", outcome_in_words(analysis))};
  for (const auto& point : analysis.points) {
    const BandOfDraws gap = band_of(point.value.gap);
    std::vector<std::string> row = {
        analysis.parameter == "share" ? fmt::format("{:.0f} %", 100.0 * point.at) : short_number(point.at),
        fmt::format("{:.1f}", point.moved / 1e6), fmt::format("{:.1f}", band_of(point.value.cost).p50 / 1e6),
        million(band_of(point.value.npsv_local)), million(band_of(point.value.npsv_national))};
    if (weighted) row.push_back(million(band_of(point.value.npsv_weighted)));
    row.push_back(plain(gap, scale));
    row.push_back(analysis.counterfactual_gap > 0.0
                      ? fmt::format("{:.2f} %", 100.0 * gap.p50 / analysis.counterfactual_gap)
                      : "no gap opens");
    row.push_back(fmt::format("{:.3f}", gap.above_zero));
    if (per_pound) {
      const BandOfDraws npsv = band_of(npsv_per_pound(point.value)),
                        closed = band_of(gap_per_100m(point.value));
      row.push_back(std::isnan(npsv.p50) ? "costs nothing" : plain(npsv));
      row.push_back(std::isnan(closed.p50) ? "costs nothing" : plain(closed, scale));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string text_at(const DataPack& pack, const std::string& column, std::size_t row) {
  const Column* found = pack.areas.find(column);
  return found && found->kind == ColumnKind::text ? found->text(row) : "";
}

std::vector<std::string> area_row(const FrontierAnalysis& analysis, const DataPack& pack,
                                  const std::vector<std::int32_t>& type,
                                  const std::vector<std::string>& type_names, int place, Eigen::Index i) {
  const auto row = static_cast<std::size_t>(i);
  const auto& m = analysis.marginal;
  const double scale = shown_as(analysis.worth.unit);
  const auto cell = [&](int level) {
    return short_number(scale * static_cast<double>(m.quantile(level, i)));
  };
  std::string name = text_at(pack, "area_name", row);
  if (name.empty()) name = text_at(pack, "lsoa_name", row);
  std::string authority = text_at(pack, "lad_name", row);
  if (authority.empty()) authority = text_at(pack, "lad_code", row);
  return {std::to_string(place),
          text_at(pack, "area_code", row),
          name.empty() ? authority : name,
          type_names[static_cast<std::size_t>(type[row])],
          cell(0),
          cell(2),
          cell(4),
          fmt::format("{:.3f}", m.probability_positive[i])};
}

/// Aggregates before areas: residents-weighted means of the areas' medians, by type and by region.
TextTable group_table(const FrontierAnalysis& analysis, const DataPack& pack,
                      const std::vector<std::int32_t>& type, const std::vector<std::string>& type_names) {
  TextTable table;
  table.title = fmt::format("worth of one more pound, by group: {} ({})", analysis.worth.words,
                            unit_in_words(analysis.worth.unit));
  const double scale = shown_as(analysis.worth.unit);
  table.header = {"group", "areas", "mean of medians, by residents", "lowest median", "highest median"};
  const auto& population = pack.areas.numbers("population");
  struct Sum {
    long areas = 0;
    double residents = 0.0, worth = 0.0, low = 1e300, high = -1e300;
  };
  std::vector<std::pair<std::string, Sum>> sums;
  const auto add = [&](const std::string& name, std::size_t i) {
    auto found = std::find_if(sums.begin(), sums.end(), [&](const auto& one) { return one.first == name; });
    if (found == sums.end()) {
      sums.push_back({name, {}});
      found = sums.end() - 1;
    }
    const double value = static_cast<double>(analysis.marginal.quantile(2, static_cast<Eigen::Index>(i)));
    Sum& sum = found->second;
    ++sum.areas;
    sum.residents += population[i];
    sum.worth += population[i] * value;
    sum.low = std::min(sum.low, value);
    sum.high = std::max(sum.high, value);
  };
  for (const auto& name : type_names) {
    for (std::size_t i = 0; i < type.size(); ++i)
      if (type_names[static_cast<std::size_t>(type[i])] == name) add(name, i);
  }
  std::string region = "region_name";
  if (!pack.areas.find(region)) region = "region_code";
  if (pack.areas.find(region))
    for (std::size_t i = 0; i < type.size(); ++i) add(text_at(pack, region, i), i);
  for (const auto& [name, sum] : sums)
    table.rows.push_back({name, std::to_string(sum.areas), short_number(scale * sum.worth / sum.residents),
                          short_number(scale * sum.low), short_number(scale * sum.high)});
  return table;
}

TextTable budget_table(const FrontierAnalysis& analysis) {
  TextTable table;
  table.title = fmt::format(
      "a budget of GBP {:.1f}m (median draw) by four ways to share it, as new money: median [P10, P90]",
      analysis.budget / 1e6);
  if (analysis.budgets.size() == 3)
    table.title = fmt::format(
        "a budget of GBP {:.1f}m (median draw) by three ways to share it, as new money: median [P10, P90]",
        analysis.budget / 1e6);
  table.header = {"rule",
                  "areas",
                  "residents",
                  "most GBP a head",
                  "GVA gained, GBP m",
                  "NPSV local, GBP m",
                  "NPSV national, GBP m",
                  "nation's outcome",
                  "gap closed"};
  for (const BudgetOutcome& one : analysis.budgets)
    table.rows.push_back({one.rule.name, std::to_string(one.areas), fmt::format("{:.0f}", one.residents),
                          fmt::format("{:.2f}", one.highest),
                          analysis.pounds ? million(band_of(one.value.gva)) : "not counted",
                          million(band_of(one.value.npsv_local)), million(band_of(one.value.npsv_national)),
                          plain(band_of(one.value.nation), shown_as(analysis.outcome_unit)),
                          plain(band_of(one.value.gap), shown_as(analysis.outcome_unit))});
  table.notes = {fmt::format("nation's outcome, gap closed: {}", outcome_in_words(analysis))};
  for (const BudgetOutcome& one : analysis.budgets)
    table.notes.push_back(fmt::format("{}: {}", one.rule.name, one.rule.words));
  return table;
}

std::vector<Eigen::Index> by_worth(const FrontierAnalysis& analysis) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(analysis.marginal.quantile.cols()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return analysis.marginal.quantile(2, a) > analysis.marginal.quantile(2, b);
  });
  return order;
}

constexpr const char* single_areas =
    "Single areas are shown to check the model, not to rank places: the Office for National Statistics "
    "advises against comparing single LSOAs, a small area's own "
    "GVA and population drive its figure, and intervals of neighbours in this list overlap. Read types and "
    "regions first.";

std::vector<TableColumn> frontier_columns(const FrontierAnalysis& analysis) {
  std::vector<TableColumn> columns = {{analysis.parameter,
                                       analysis.parameter_unit.empty() ? "1" : analysis.parameter_unit,
                                       "the parameter",
                                       {},
                                       {}},
                                      {"moved", "GBP", "mean that areas gain over the horizon", {}, {}}};
  for (const auto& point : analysis.points) {
    columns[0].numbers.push_back(point.at);
    columns[1].numbers.push_back(point.moved);
  }
  for (const Headline& headline : headlines(analysis)) {
    const std::size_t first = columns.size();
    for (const char* level : {"p5", "p10", "p50", "p90", "p95"})
      columns.push_back(
          {headline.name + "_" + level, headline.unit, headline.meaning + ", quantile", {}, {}});
    columns.push_back(
        {headline.name + "_above_zero", "1", headline.meaning + ", share of draws above zero", {}, {}});
    for (const auto& point : analysis.points) {
      const BandOfDraws band = band_of(headline.draws(point.value));
      const double values[] = {band.p5, band.p10, band.p50, band.p90, band.p95, band.above_zero};
      for (std::size_t k = 0; k < 6; ++k) columns[first + k].numbers.push_back(values[k]);
    }
  }
  return columns;
}

std::vector<TableColumn> budget_columns(const FrontierAnalysis& analysis) {
  std::vector<TableColumn> columns = {
      {"rule", "1", "how the budget is shared", {}, {}},
      {"words", "1", "the rule in words", {}, {}},
      {"areas", "1", "areas that get anything", {}, {}},
      {"residents", "1", "residents of those areas", {}, {}},
      {"most_per_head", "GBP per resident", "the most that an area gets", {}, {}}};
  for (const BudgetOutcome& one : analysis.budgets) {
    columns[0].texts.push_back(one.rule.name);
    columns[1].texts.push_back(one.rule.words);
    columns[2].numbers.push_back(static_cast<double>(one.areas));
    columns[3].numbers.push_back(one.residents);
    columns[4].numbers.push_back(one.highest);
  }
  for (const Headline& headline : headlines(analysis)) {
    const std::size_t first = columns.size();
    for (const char* level : {"p5", "p10", "p50", "p90", "p95"})
      columns.push_back(
          {headline.name + "_" + level, headline.unit, headline.meaning + ", quantile", {}, {}});
    for (const BudgetOutcome& one : analysis.budgets) {
      const BandOfDraws band = band_of(headline.draws(one.value));
      const double values[] = {band.p5, band.p10, band.p50, band.p90, band.p95};
      for (std::size_t k = 0; k < 5; ++k) columns[first + k].numbers.push_back(values[k]);
    }
  }
  return columns;
}

std::vector<TableColumn> marginal_columns(const FrontierAnalysis& analysis, const DataPack& pack) {
  std::vector<TableColumn> columns = {{"area", "1", "code of the area", {}, {}}};
  for (std::size_t i = 0; i < pack.areas.rows; ++i) columns[0].texts.push_back(text_at(pack, "area_code", i));
  const auto add = [&](const std::string& name, const std::string& unit, const std::string& meaning,
                       const auto& values) {
    TableColumn column{name, unit, meaning, {}, {}};
    for (const float value : values) column.numbers.push_back(static_cast<double>(value));
    columns.push_back(std::move(column));
  };
  for (std::size_t k = 0; k < analysis.marginal.levels.size(); ++k)
    add(fmt::format("p{:.0f}", 100.0 * analysis.marginal.levels[k]), analysis.worth.unit,
        "worth of one more pound here, quantile",
        analysis.marginal.quantile.row(static_cast<Eigen::Index>(k)));
  add("mean", analysis.worth.unit, "mean over draws", analysis.marginal.mean);
  add("sd", analysis.worth.unit, "standard deviation over draws", analysis.marginal.sd);
  add("probability_positive", "1", "share of draws above zero", analysis.marginal.probability_positive);
  for (const BudgetOutcome& one : analysis.budgets) {
    TableColumn column{"budget_" + one.rule.name,
                       "GBP",
                       "what this area gets of the median budget: " + one.rule.words,
                       {},
                       {}};
    for (const double share : one.rule.share) column.numbers.push_back(share * analysis.budget);
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string csv_of(const std::vector<TableColumn>& columns) {
  std::string text;
  std::size_t rows = 0;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    text += (c ? "," : "") + csv_cell(columns[c].name);
    rows = std::max({rows, columns[c].numbers.size(), columns[c].texts.size()});
  }
  text += "\n";
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c) text += ",";
      if (columns[c].texts.empty()) {
        text += std::isfinite(columns[c].numbers[r]) ? fmt::format("{}", columns[c].numbers[r]) : "";
        continue;
      }
      text += csv_cell(columns[c].texts[r]);
    }
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json json_of(const std::vector<TableColumn>& columns) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const TableColumn& column : columns) {
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    if (!column.texts.empty())
      values = column.texts;
    else
      for (const double value : column.numbers)
        values.push_back(std::isfinite(value) ? nlohmann::ordered_json(value)
                                              : nlohmann::ordered_json(nullptr));
    json[column.name] = {{"unit", column.unit}, {"values", values}};
  }
  return json;
}

}  // namespace

std::string frontier_text(const FrontierAnalysis& analysis, const DataPack& pack,
                          const std::vector<std::int32_t>& type, const std::vector<std::string>& type_names) {
  std::string text = format_table(frontier_table(analysis), TableFormat::terminal) + "\n";
  const auto order = by_worth(analysis);
  if (!order.empty())
    text += format_table(group_table(analysis, pack, type, type_names), TableFormat::terminal) + "\n";
  const std::size_t shown = std::min<std::size_t>(20, order.size() / 2);
  for (const bool top : {true, false}) {
    if (order.empty()) break;
    TextTable table;
    table.title = fmt::format("the {} {} areas by the median worth of a pound ({})", top ? "top" : "bottom",
                              shown, unit_in_words(analysis.worth.unit));
    table.header = {"place", "area", "name", "type", "P5", "P50", "P95", "P(above 0)"};
    for (std::size_t k = 0; k < shown; ++k) {
      const std::size_t place = top ? k : order.size() - shown + k;
      table.rows.push_back(
          area_row(analysis, pack, type, type_names, static_cast<int>(place) + 1, order[place]));
    }
    text += format_table(table, TableFormat::terminal);
  }
  if (!order.empty())
    text += std::string(single_areas) + "\n\n" + format_table(budget_table(analysis), TableFormat::terminal) +
            "\n";
  for (const auto& note : analysis.notes) text += "note: " + note + "\n";
  for (const auto& sentence : analysis.conclude) text += sentence + "\n";
  return text + fmt::format("frontier {:.2f} s, worth by area {:.2f} s, budgets {:.2f} s\n\n",
                            analysis.seconds_frontier, analysis.seconds_marginal, analysis.seconds_budgets);
}

nlohmann::ordered_json frontier_json(const FrontierAnalysis& analysis, const DataPack& pack) {
  nlohmann::ordered_json json = {{"scenario", analysis.scenario},
                                 {"lever", analysis.lever},
                                 {"parameter", analysis.parameter},
                                 {"draws", analysis.draws},
                                 {"target", analysis.target},
                                 {"counterfactual_gap", analysis.counterfactual_gap},
                                 {"frontier", json_of(frontier_columns(analysis))}};
  if (analysis.by_area()) {
    json["budget"] = analysis.budget;
    json["budgets"] = json_of(budget_columns(analysis));
    json["worth"] = {{"name", analysis.worth.name},
                     {"unit", analysis.worth.unit},
                     {"meaning", analysis.worth.words},
                     {"draws", analysis.marginal.draws}};
    json["marginal_value"] = json_of(marginal_columns(analysis, pack));
  }
  json["notes"] = analysis.notes;
  if (analysis.by_area()) json["caution"] = single_areas;
  json["what_to_conclude"] = analysis.conclude;
  return json;
}

void write_frontier(RunWriter& writer, const FrontierAnalysis& analysis, const DataPack& pack) {
  const std::string table = "/sensitivity/" + analysis.scenario + "/frontier",
                    budgets = "/sensitivity/" + analysis.scenario + "/budgets",
                    draws = "/frontier/" + analysis.scenario,
                    marginal = "/marginal_value/" + analysis.scenario;
  writer.write_table(table, "point", frontier_columns(analysis));
  writer.write_attribute(table, "lever", analysis.lever);
  writer.write_attribute(table, "parameter", analysis.parameter);
  writer.write_attribute(table, "target", analysis.target);
  writer.write_attribute(table, "draws", static_cast<std::int64_t>(analysis.draws));
  writer.write_attribute(table, "counterfactual_gap", analysis.counterfactual_gap);
  writer.write_attribute(table, "notes", analysis.notes);
  writer.write_attribute(table, "what_to_conclude", analysis.conclude);
  if (analysis.by_area()) {
    writer.write_table(budgets, "rule", budget_columns(analysis));
    writer.write_attribute(budgets, "budget", analysis.budget);
  }

  const long points = static_cast<long>(analysis.points.size());
  std::vector<double> at;
  for (const auto& point : analysis.points) at.push_back(point.at);
  writer.write({draws + "/point",
                {"point"},
                analysis.parameter_unit.empty() ? "1" : analysis.parameter_unit,
                analysis.parameter},
               at.data(), {points});
  for (const Headline& headline : headlines(analysis)) {
    std::vector<double> all;
    for (const auto& point : analysis.points) {
      const Eigen::VectorXd values = headline.draws(point.value);
      all.insert(all.end(), values.begin(), values.end());
    }
    writer.write({draws + "/" + headline.name, {"point", "draw"}, headline.unit, headline.meaning},
                 all.data(), {points, analysis.draws});
  }

  if (!analysis.by_area()) return;
  writer.write_table(marginal, "area", marginal_columns(analysis, pack));
  writer.write_attribute(marginal, "worth", analysis.worth.name);
  writer.write_attribute(marginal, "meaning", analysis.worth.words);
  writer.write_attribute(marginal, "draws", static_cast<std::int64_t>(analysis.marginal.draws));
  writer.write_attribute(marginal, "caution", std::string(single_areas));
}

std::vector<std::pair<std::string, std::string>> frontier_csv(const FrontierAnalysis& analysis,
                                                              const DataPack& pack) {
  if (!analysis.by_area()) return {{analysis.scenario + "-frontier.csv", csv_of(frontier_columns(analysis))}};
  return {{analysis.scenario + "-frontier.csv", csv_of(frontier_columns(analysis))},
          {analysis.scenario + "-budgets.csv", csv_of(budget_columns(analysis))},
          {analysis.scenario + "-marginal-value.csv", csv_of(marginal_columns(analysis, pack))}};
}

}  // namespace spillway::studies
