// A specification curve as tables, JSON, CSV and HDF5.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "engine/base/text.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/json_number.hpp"
#include "tools/studies/specification_curve.hpp"

namespace spillway::studies {

namespace {

bool stands(const Specification& one) {
  return one.standing == Standing::accepted || one.standing == Standing::caution;
}

std::size_t headline_index(const SpecificationCurve& curve, const std::string& headline) {
  return static_cast<std::size_t>(std::find(curve.headlines.begin(), curve.headlines.end(), headline) -
                                  curve.headlines.begin());
}

/// Range of medians over specifications of some kind.
struct Spread {
  long count = 0, with_value = 0, above = 0, below = 0;  ///< above, below: 90 % interval on one side of zero
  std::vector<double> medians;

  void add(const Specification& one, std::size_t k) {
    ++count;
    const HeadlineValue& value = one.value[k];
    if (std::isnan(value.p50)) return;
    ++with_value;
    above += value.p5 > 0.0;
    below += value.p95 < 0.0;
    medians.push_back(value.p50);
  }
  std::string text() const {
    if (medians.empty()) return "none";
    std::vector<double> sorted = medians;
    std::sort(sorted.begin(), sorted.end());
    const double middle = 0.5 * (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]);
    return fmt::format("{} [{}, {}]", short_number(middle), short_number(sorted.front()),
                       short_number(sorted.back()));
  }
};

std::vector<std::string> cells_of(const SpecificationCurve& curve, std::size_t place, std::size_t rank,
                                  std::size_t k) {
  const Specification& one = curve.specifications[place];
  std::vector<std::string> row = {
      fmt::format("{}{}", rank + 1, one.is == Specification::Is::configured ? " *" : "")};
  const HeadlineValue& value = one.value[k];
  for (const double x : {value.p50, value.p5, value.p95}) row.push_back(std::isnan(x) ? "" : short_number(x));
  row.push_back(to_string(one.standing));
  row.insert(row.end(), one.choice.begin(), one.choice.end());
  return row;
}

/// Ranks to show: all, or evenly spaced ones with both ends and the configured one.
std::vector<std::size_t> shown_ranks(const SpecificationCurve& curve, const std::vector<std::size_t>& order,
                                     int rows) {
  std::vector<std::size_t> ranks;
  const std::size_t most = static_cast<std::size_t>(std::max(2, rows));
  for (std::size_t r = 0; r < order.size(); ++r) {
    const bool configured = curve.specifications[order[r]].is == Specification::Is::configured;
    const bool spaced = order.size() <= most || r == 0 || r + 1 == order.size() ||
                        r * (most - 1) / (order.size() - 1) != (r - 1) * (most - 1) / (order.size() - 1);
    if (configured || spaced) ranks.push_back(r);
  }
  return ranks;
}

/// @param headlines  columns, those that this scenario lacks left empty
std::string csv_of(const SpecificationCurve& curve, const std::vector<std::string>& headlines) {
  std::string text;
  for (const std::size_t place : curve.order()) {
    const Specification& one = curve.specifications[place];
    text += csv_cell(curve.scenario);
    for (const std::string& choice : one.choice) text += "," + csv_cell(choice);
    text +=
        fmt::format(",{},{},{},{}", one.is == Specification::Is::configured ? 1 : 0, to_string(one.standing),
                    csv_cell(fmt::format("{}", fmt::join(one.reasons, "; "))), one.draws);
    const auto add = [&](double x) { text += std::isfinite(x) ? fmt::format(",{}", x) : ","; };
    add(one.rho);
    add(one.phi);
    add(one.beta);
    for (const std::string& name : headlines) {
      const std::size_t k = headline_index(curve, name);
      const double none = std::numeric_limits<double>::quiet_NaN();
      const HeadlineValue value = k < one.value.size() ? one.value[k] : HeadlineValue{none, none, none, none};
      for (const double x : {value.p5, value.p50, value.p95, value.better}) add(x);
    }
    text += "\n";
  }
  return text;
}

std::string csv_head(const std::vector<std::string>& axes, const std::vector<std::string>& headlines) {
  std::string head =
      fmt::format("scenario,{},configured,decision,reasons,draws,rho_target,phi,beta", fmt::join(axes, ","));
  for (const std::string& name : headlines)
    for (const char* of : {"p5", "p50", "p95", "better"})
      head += "," + csv_cell(fmt::format("{}_{}", name, of));
  return head + "\n";
}

}  // namespace

std::string curve_text(const SpecificationCurve& curve, int rows) {
  const std::string& headline = curve.sorted_by;
  const auto order = curve.order();
  const std::size_t k = headline_index(curve, headline);
  std::string text;
  TextTable table;
  const bool fall_is_good = !headline.starts_with("npsv") && curve.better < 0.0;
  table.title =
      fmt::format("scenario {}: specification curve of {} ({}{})", curve.scenario, headline, curve.units[k],
                  fall_is_good ? "; below zero is good, so the first ranks are the worst" : "");
  table.header = {"rank", "median", "P5", "P95", "decision table"};
  table.header.insert(table.header.end(), curve.axes.begin(), curve.axes.end());
  const auto ranks = shown_ranks(curve, order, rows);
  for (const std::size_t r : ranks) table.rows.push_back(cells_of(curve, order[r], r, k));
  text += format_table(table, TableFormat::terminal);
  if (ranks.size() < order.size())
    text += fmt::format(
        "{} of {} rows, evenly spaced by rank; all of them: --csv, --json or --output (--rows {} shows them "
        "here)\n",
        ranks.size(), order.size(), order.size());
  text += "* as configured\n\n";

  TextTable by;
  by.title =
      "by choice: median of the medians [lowest, highest], all specifications and those that stand (accepted "
      "or with a caution)";
  by.header = {"axis", "choice", "rows", "medians", "stand", "medians of these"};
  for (std::size_t axis = 0; axis < curve.axes.size(); ++axis) {
    std::vector<std::string> levels;
    std::map<std::string, std::pair<Spread, Spread>> spreads;
    for (const std::size_t place : order) {
      const Specification& one = curve.specifications[place];
      if (!spreads.count(one.choice[axis])) levels.push_back(one.choice[axis]);
      auto& [all, standing] = spreads[one.choice[axis]];
      all.add(one, k);
      if (stands(one)) standing.add(one, k);
    }
    if (levels.size() < 2) continue;
    std::sort(levels.begin(), levels.end());
    for (const std::string& level : levels)
      by.rows.push_back({curve.axes[axis], level, std::to_string(spreads[level].first.count),
                         spreads[level].first.text(), std::to_string(spreads[level].second.count),
                         spreads[level].second.text()});
  }
  text += format_table(by, TableFormat::terminal) + "\n";

  Spread all, standing;
  std::map<Standing, long> count;
  std::map<std::string, long> reasons;
  std::string configured = "the configured specification is not among them";
  for (std::size_t r = 0; r < order.size(); ++r) {
    const Specification& one = curve.specifications[order[r]];
    all.add(one, k);
    if (stands(one)) standing.add(one, k);
    ++count[one.standing];
    if (one.standing != Standing::accepted)
      for (const std::string& reason : one.reasons) ++reasons[reason];
    if (one.is == Specification::Is::configured && !std::isnan(one.value[k].p50))
      configured = fmt::format("as configured {} [{}, {}] (rank {} of {}, {})",
                               short_number(one.value[k].p50), short_number(one.value[k].p5),
                               short_number(one.value[k].p95), r + 1, order.size(), to_string(one.standing));
  }
  text += fmt::format(
      "{} specifications of {} panel fits and {} infrastructure fits: {} accepted, {} with a caution, {} "
      "shown but deciding nothing, {} refused, "
      "{} without draws or that the lever cannot use\n",
      all.count, curve.panel_fits, curve.infrastructure_fits, count[Standing::accepted],
      count[Standing::caution], count[Standing::shown], count[Standing::refused],
      count[Standing::impossible]);
  text += configured + "\n";
  if (!headline.starts_with("npsv"))
    text += curve.better > 0.0 ? "above zero is good\n" : "below zero is good\n";
  text += fmt::format("medians of all: {}; 90 % interval above zero in {}, below in {} of {}\n", all.text(),
                      all.above, all.below, all.with_value);
  text += fmt::format("medians of those that stand: {}; 90 % interval above zero in {}, below in {} of {}\n",
                      standing.text(), standing.above, standing.below, standing.with_value);
  for (const auto& [test, among] :
       {std::pair{&curve.tests, Among::all}, {&curve.tests_of_standing, Among::standing}})
    if (k < test->size() && (*test)[k].tested > 0) text += sentence((*test)[k], headline, among) + "\n";
  if (standing.with_value > 0 && standing.above + standing.below == 0)
    text += "no specification that stands tells the sign: the data do not support a claim either way\n";
  else if (standing.above > 0 && standing.below > 0)
    text +=
        "specifications that stand contradict each other in sign: the answer depends on the choices, not on "
        "the data alone\n";
  for (const auto& [reason, times] : reasons) text += fmt::format("why ({} rows): {}\n", times, reason);
  for (const std::string& note : curve.notes) text += "note: " + note + "\n";
  return text + "\n";
}

nlohmann::ordered_json curve_json(const SpecificationCurve& curve) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const std::size_t place : curve.order()) {
    const Specification& one = curve.specifications[place];
    nlohmann::ordered_json row;
    for (std::size_t axis = 0; axis < curve.axes.size(); ++axis) row[curve.axes[axis]] = one.choice[axis];
    row["configured"] = one.is == Specification::Is::configured;
    row["decision"] = to_string(one.standing);
    row["reasons"] = one.reasons;
    row["draws"] = one.draws;
    row["rho_target"] = number(one.rho);
    row["phi"] = number(one.phi);
    row["beta"] = number(one.beta);
    for (std::size_t k = 0; k < curve.headlines.size(); ++k)
      row[curve.headlines[k]] = {{"p5", number(one.value[k].p5)},
                                 {"p50", number(one.value[k].p50)},
                                 {"p95", number(one.value[k].p95)},
                                 {"better", number(one.value[k].better)}};
    rows.push_back(std::move(row));
  }
  nlohmann::ordered_json tests = nlohmann::ordered_json::object();
  for (std::size_t k = 0; k < curve.tests.size(); ++k)
    for (const auto& [name, test] :
         {std::pair{"all", &curve.tests[k]}, {"standing", &curve.tests_of_standing[k]}})
      if (test->tested > 0)
        tests[curve.headlines[k]][name] = {{"p", test->p},
                                           {"largest_t", test->largest},
                                           {"tested", test->tested},
                                           {"at_5_percent", test->adjusted}};
  return {{"scenario", curve.scenario},
          {"target", curve.target},
          {"sorted_by", curve.sorted_by},
          {"axes", curve.axes},
          {"headlines", curve.headlines},
          {"units", curve.units},
          {"max_t", tests},
          {"specifications", rows},
          {"notes", curve.notes}};
}

std::string curves_csv(const std::vector<SpecificationCurve>& curves) {
  std::vector<std::string> headlines;
  for (const SpecificationCurve& curve : curves)
    for (const std::string& name : curve.headlines)
      if (std::find(headlines.begin(), headlines.end(), name) == headlines.end()) headlines.push_back(name);
  std::string csv = csv_head(curves.front().axes, headlines);
  for (const SpecificationCurve& curve : curves) csv += csv_of(curve, headlines);
  return csv;
}

void write_curve(RunWriter& writer, const SpecificationCurve& curve) {
  const std::string group = "/specification_curve/" + curve.scenario;
  std::vector<TableColumn> columns;
  const auto order = curve.order();
  const auto texts = [&](const std::string& name, const std::string& meaning, auto value) {
    TableColumn column{name, "1", meaning, {}, {}};
    for (const std::size_t place : order) column.texts.push_back(value(curve.specifications[place]));
    columns.push_back(std::move(column));
  };
  const auto numbers = [&](const std::string& name, const std::string& unit, const std::string& meaning,
                           auto value) {
    TableColumn column{name, unit, meaning, {}, {}};
    for (const std::size_t place : order) column.numbers.push_back(value(curve.specifications[place]));
    columns.push_back(std::move(column));
  };
  for (std::size_t axis = 0; axis < curve.axes.size(); ++axis)
    texts(curve.axes[axis], "choice of " + curve.axes[axis],
          [axis](const Specification& one) { return one.choice[axis]; });
  texts("decision", "what the decision table says: accepted, caution, shown, refused, impossible",
        [](const Specification& one) { return to_string(one.standing); });
  texts("reasons", "why, unless accepted",
        [](const Specification& one) { return fmt::format("{}", fmt::join(one.reasons, "; ")); });
  numbers("configured", "1", "1: what the configuration's run does",
          [](const Specification& one) { return one.is == Specification::Is::configured ? 1.0 : 0.0; });
  numbers("draws", "1", "successful draws used",
          [](const Specification& one) { return static_cast<double>(one.draws); });
  numbers("rho_target", "1", "point estimate of rho of " + curve.rho_of,
          [](const Specification& one) { return one.rho; });
  numbers("phi", "1", "point estimate of the own lag", [](const Specification& one) { return one.phi; });
  numbers("beta", "outcome per unit of the proxy", "point estimate of the effect of social infrastructure",
          [](const Specification& one) { return one.beta; });
  for (std::size_t k = 0; k < curve.headlines.size(); ++k) {
    const std::string& name = curve.headlines[k];
    numbers(name + "_p5", curve.units[k], "5 % quantile of the draws",
            [k](const Specification& one) { return one.value[k].p5; });
    numbers(name + "_p50", curve.units[k], "median of the draws",
            [k](const Specification& one) { return one.value[k].p50; });
    numbers(name + "_p95", curve.units[k], "95 % quantile of the draws",
            [k](const Specification& one) { return one.value[k].p95; });
    numbers(name + "_better", "1", "share of draws on the good side of zero",
            [k](const Specification& one) { return one.value[k].better; });
  }
  writer.write_table(group, "specification", columns);
  writer.write_attribute(group, "axes", curve.axes);
  writer.write_attribute(group, "headlines", curve.headlines);
  writer.write_attribute(group, "sorted_by", curve.sorted_by);
  writer.write_attribute(group, "target", curve.target);
  writer.write_attribute(group, "notes", curve.notes);
  for (const auto& [name, tests] :
       {std::pair{"max_t_p", &curve.tests}, {"max_t_p_standing", &curve.tests_of_standing}}) {
    std::vector<std::string> p;
    for (const CurveTest& test : *tests) p.push_back(test.tested > 0 ? fmt::format("{:.6g}", test.p) : "");
    writer.write_attribute(group, name, p);
  }
}

}  // namespace spillway::studies
