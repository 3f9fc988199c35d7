#include "tools/studies/contrast.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engine/base/stop.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/draw/sensitivity_indices.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/picked.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/words.hpp"

namespace spillway::studies {

namespace {

/// A's draws less B's: median with the 5 and 95 % quantiles, and how often A is better (ties count for
/// neither).
GroupContrast contrast_of(const std::string& outcome, const std::string& grouping, const std::string& group,
                          const std::string& unit, const Eigen::VectorXd& difference, double sign) {
  const WithInterval wide = percentile_interval(0.0, difference, 0.9),
                     middle = percentile_interval(0.0, difference, 1e-12);
  const auto share = [&](const auto& which) {
    return static_cast<double>(which.count()) / static_cast<double>(difference.size());
  };
  return {outcome,
          grouping,
          group,
          unit,
          wide.low,
          middle.low,
          wide.high,
          share((sign * difference).array() > 0.0),
          share((sign * difference).array() < 0.0)};
}

/// What holds of the better of the two now that it has been picked for being better.
void add_better(Contrast& contrast, const std::string& outcome, const std::string& unit,
                const Eigen::VectorXd& a, const Eigen::VectorXd& b, double sign) {
  if (a.size() < 2 || !a.allFinite() || !b.allFinite()) return;
  Eigen::MatrixXd worth(a.size(), 2), lead(a.size(), 2);
  worth << a, b;
  lead << a - b, b - a;
  BetterOfTwo made{outcome, unit, "", winner_inference(lead, sign, kContrastLevel),
                   winner_inference(worth, sign, kContrastLevel)};
  if (lead.isZero(0.0))
    made.worth = made.lead = {};
  else
    made.better = made.lead.winner == 0 ? contrast.first : contrast.second;
  contrast.better.push_back(std::move(made));
}

/// Where either leads most, picked among all places, and where one is better for sure.
/// @param difference  A less B, draws x places
void add_places(Contrast& contrast, const std::string& outcome, const std::string& grouping,
                const StoredAggregate& of, const Eigen::MatrixXd& difference, double sign) {
  if (difference.rows() < 2 || difference.cols() < 2 || !difference.allFinite()) return;
  PlacesContrast made{outcome, grouping, of.unit, of.groups, {}, {}};
  made.bands = infer_bands(difference, sign, kContrastLevel);
  const auto count = [](const std::vector<std::uint8_t>& which) {
    return static_cast<long>(std::count(which.begin(), which.end(), std::uint8_t{1}));
  };
  const auto leading = [&](const std::string& leader, long sure, const WinnerInference& lead) {
    return LeadingPlace{leader, of.groups[static_cast<std::size_t>(lead.winner)], sure, lead};
  };
  made.leading = {
      leading(contrast.first, count(made.bands.gains), winner_inference(difference, sign, kContrastLevel)),
      leading(contrast.second, count(made.bands.loses), winner_inference(-difference, sign, kContrastLevel))};
  contrast.places.push_back(std::move(made));
}

void check_names(const RunReader& reader, const ContrastOptions& options) {
  const auto names = reader.scenarios();
  for (const auto& name : {options.first, options.second})
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw no_scenario(reader.path().string(), name, names);
  if (options.first == options.second)
    throw InputError(
        fmt::format("'{}' against itself is zero in every draw; name two scenarios of '{}' (it has: {})",
                    options.first, reader.path().string(), fmt::join(names, ", ")));
  if (reader.replicate_of_draw(options.first) != reader.replicate_of_draw(options.second))
    throw InputError(
        fmt::format("scenarios '{}' and '{}' use other replicates of the estimates, so their draws are no "
                    "pairs (run both on the same estimates)",
                    options.first, options.second));
  const auto outcome = [&](const std::string& name) {
    const std::string group = "/scenarios/" + name;
    return reader.has_attribute(group, "outcome") ? reader.attribute_as<std::string>(group, "outcome") : "";
  };
  if (outcome(options.first) != outcome(options.second))
    throw InputError(fmt::format("'{}' moves '{}' and '{}' moves '{}' (different outcomes have no contrast)",
                                 options.first, outcome(options.first), options.second,
                                 outcome(options.second)));
  if (lower_is_better(reader, options.first) != lower_is_better(reader, options.second))
    throw InputError(
        fmt::format("of the outcome of '{}' more is better, of that of '{}' less (they move different "
                    "outcomes and have no contrast)",
                    options.first, options.second));
}

Eigen::VectorXd vector_of(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

bool act_on_the_same(const RunReader& reader, const std::string& first, const std::string& second) {
  std::vector<double> acts[2];
  for (const auto& [name, of] : {std::pair(first, &acts[0]), std::pair(second, &acts[1])}) {
    const std::string at = fmt::format("/scenarios/{}/{}", name, target_grouping);
    if (!reader.has(at)) return false;
    *of = reader.numbers(at + "/acts_on", {RunReader::any_length}).value;
  }
  return acts[0] == acts[1];
}

/// What a pound of public cost in present value brings under A less under B: a large policy of little worth
/// is not the better one for its size. Only draws in which both cost something.
void contrast_per_pound(const RunReader& reader, const Eigen::VectorXd& a_npsv, const Eigen::VectorXd& a_cost,
                        const Eigen::VectorXd& b_npsv, const Eigen::VectorXd& b_cost, double sign,
                        Contrast& contrast) {
  std::vector<Eigen::Index> both;
  for (Eigen::Index d = 0; d < a_cost.size(); ++d)
    if (a_cost(d) > 0.0 && b_cost(d) > 0.0) both.push_back(d);
  const auto draws = static_cast<Eigen::Index>(both.size());
  if (draws < a_cost.size())
    contrast.notes.push_back(fmt::format(
        "per pound: {} of {} draws have a public cost above 0 under both{}", draws, a_cost.size(),
        draws == 0 ? ", so there is no contrast per pound (a budget-neutral policy costs nothing)" : ""));
  if (draws == 0) return;
  const auto per = [&](const Eigen::VectorXd& value, const Eigen::VectorXd& cost) {
    Eigen::VectorXd made(draws);
    for (Eigen::Index k = 0; k < draws; ++k)
      made(k) = value(both[static_cast<std::size_t>(k)]) / cost(both[static_cast<std::size_t>(k)]);
    return made;
  };
  if (a_npsv.size() > 0) {
    const Eigen::VectorXd a = per(a_npsv, a_cost), b = per(b_npsv, b_cost);
    const std::string unit = "GBP per GBP of public cost";
    contrast.groups.push_back(contrast_of("npsv_per_pound", "nation", "national", unit, a - b, 1.0));
    add_better(contrast, "npsv_per_pound", unit, a, b, 1.0);
  }
  for (const char* grouping : {"nation", "area_type"}) {
    const std::string place = std::string("/aggregate/cumulative_uplift/") + grouping;
    if (!reader.has("/scenarios/" + contrast.first + place) ||
        !reader.has("/scenarios/" + contrast.second + place))
      continue;
    const StoredAggregate a = reader.aggregate(contrast.first, "cumulative_uplift", grouping),
                          b = reader.aggregate(contrast.second, "cumulative_uplift", grouping);
    if (a.groups != b.groups || a.draws != a_cost.size() || b.draws != b_cost.size()) continue;
    for (std::size_t g = 0; g < a.groups.size(); ++g) {
      const auto last = [&](const StoredAggregate& of) {
        Eigen::VectorXd made(of.draws);
        for (long d = 0; d < of.draws; ++d) made(d) = static_cast<double>(of.at(d, of.periods.size() - 1, g));
        return made;
      };
      const Eigen::VectorXd of_a = 1e8 * per(last(a), a_cost), of_b = 1e8 * per(last(b), b_cost);
      const std::string outcome = "cumulative_uplift_per_100m",
                        unit = a.unit + " per GBP 100m of public cost";
      contrast.groups.push_back(contrast_of(outcome, grouping, a.groups[g], unit, of_a - of_b, sign));
      if (grouping == std::string("nation")) add_better(contrast, outcome, unit, of_a, of_b, sign);
    }
  }
}

void contrast_groups(const RunReader& reader, Contrast& contrast) {
  const double sign = contrast.sign = lower_is_better(reader, contrast.first) ? -1.0 : 1.0;
  const auto theirs = reader.aggregate_outcomes(contrast.second);
  std::set<std::string> left_out;
  for (const auto& outcome : reader.aggregate_outcomes(contrast.first)) {
    if (std::find(theirs.begin(), theirs.end(), outcome) == theirs.end()) continue;
    const auto other = reader.groupings(contrast.second, outcome);
    for (const std::string& grouping : reader.groupings(contrast.first, outcome)) {
      if (std::find(other.begin(), other.end(), grouping) == other.end()) continue;
      // Each policy's own areas are the same group where they are the same areas, and not where the names
      // are.
      if (grouping == target_grouping && !act_on_the_same(reader, contrast.first, contrast.second)) continue;
      if (!reader.has_draws(contrast.first, outcome, grouping)) {
        left_out.insert(grouping);
        continue;
      }
      const StoredAggregate a = reader.aggregate(contrast.first, outcome, grouping),
                            b = reader.aggregate(contrast.second, outcome, grouping);
      if (a.groups != b.groups || a.draws != b.draws) continue;
      contrast.draws = a.draws;
      Eigen::Array<bool, Eigen::Dynamic, 1> first = Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(a.draws,
                                                                                                    true),
                                            second = first;
      const Eigen::MatrixXd of_a = last_period(a), of_b = last_period(b), differences = of_a - of_b;
      if (grouping == "nation" && a.groups.size() == 1)
        add_better(contrast, outcome, a.unit, of_a.col(0), of_b.col(0), sign);
      add_places(contrast, outcome, grouping, a, differences, sign);
      for (std::size_t g = 0; g < a.groups.size(); ++g) {
        const Eigen::VectorXd difference = differences.col(static_cast<Eigen::Index>(g));
        contrast.groups.push_back(contrast_of(outcome, grouping, a.groups[g], a.unit, difference, sign));
        first = first && (sign * difference).array() > 0.0;
        second = second && (sign * difference).array() < 0.0;
      }
      if (grouping == "area_type")
        contrast.dominance.push_back({outcome,
                                      static_cast<double>(first.count()) / static_cast<double>(a.draws),
                                      static_cast<double>(second.count()) / static_cast<double>(a.draws)});
    }
  }
  if (std::string why = nation_not_told(reader, {contrast.first, contrast.second}); !why.empty())
    contrast.notes.push_back(std::move(why));
  if (!left_out.empty())
    contrast.notes.push_back(fmt::format("no contrast by {}: the run kept no draws of it (store.keep)",
                                         fmt::join(left_out, ", ")));
  const auto appraised = reader.appraisals();
  const auto has = [&](const std::string& name) {
    return std::find(appraised.begin(), appraised.end(), name) != appraised.end();
  };
  // A further outcome costs what its policy does, and has no net present value of its own.
  const std::string of_first = policy_of(contrast.first), of_second = policy_of(contrast.second);
  const bool further = !of_first.empty() || !of_second.empty();
  const std::string first = of_first.empty() ? contrast.first : of_first,
                    second = of_second.empty() ? contrast.second : of_second;
  if (has(first) && has(second)) {
    const StoredAppraisal a = reader.appraisal(first), b = reader.appraisal(second);
    if (a.npsv.size() != b.npsv.size())
      throw InputError(fmt::format("the appraisals of '{}' and '{}' have {} and {} draws, which are no pairs",
                                   contrast.first, contrast.second, a.npsv.size(), b.npsv.size()));
    if (!further) {
      contrast.groups.push_back(
          contrast_of("npsv", "nation", "national", "GBP", vector_of(a.npsv) - vector_of(b.npsv), 1.0));
      add_better(contrast, "npsv", "GBP", vector_of(a.npsv), vector_of(b.npsv), 1.0);
    }
    contrast_per_pound(reader, further ? Eigen::VectorXd() : vector_of(a.npsv),
                       vector_of(a.present_value_costs), further ? Eigen::VectorXd() : vector_of(b.npsv),
                       vector_of(b.present_value_costs), sign, contrast);
  }
}

const ScenarioConfig& scenario_named(const RunConfig& config, const std::string& name) {
  return *std::find_if(config.scenarios.begin(), config.scenarios.end(),
                       [&](const auto& one) { return one.name == name; });
}

/// Areas' draws are not in the file: the run's estimates and scenarios are made again (same bits) and
/// compared.
void contrast_every_area(Session& session, const ContrastOptions& options, Contrast& contrast) {
  const RunConfig& config = session.config();
  session.plan({{"areas", 0.0, 0.0, ""}});
  RunResult result = session.estimates();
  session.stage("areas", [&] {
    const StopScope stop(session.hooks().interrupted, "interrupted within the areas");
    const ScenarioConfig &a = scenario_named(config, contrast.first),
                         &b = scenario_named(config, contrast.second);
    const LeverContext of_a = lever_context(a, config, result.inputs, result.models, result.draws),
                       of_b = lever_context(b, config, result.inputs, result.models, result.draws);
    OutcomePlan plan = outcome_plan(config, of_a, session.hooks().discount);
    std::erase_if(plan.outcomes, [](AreaOutcome outcome) {
      return outcome != AreaOutcome::uplift && outcome != AreaOutcome::cumulative_uplift;
    });
    if (plan.outcomes.empty()) plan.outcomes = {AreaOutcome::cumulative_uplift};
    contrast.levels = plan.quantiles;
    contrast.area_unit = of_a.outcome_unit.empty() ? "1" : of_a.outcome_unit;
    const Policy first = session.hooks().prepare(a, config, of_a),
                 second = session.hooks().prepare(b, config, of_b);
    contrast.areas = scenarios::contrast_areas(first.dynamics, second.dynamics, plan, options.area_draws,
                                               session.workers());
  });
  contrast.inputs = std::move(result.inputs);
}

std::string unit_of(const Contrast& contrast, const scenarios::AreaContrast& area) {
  return area.outcome == AreaOutcome::cumulative_uplift ? contrast.area_unit + ", summed over the horizon"
                                                        : contrast.area_unit;
}

/// A figure as tables show its unit: logs and shares in hundredths.
std::string in_hundredths(double value, const std::string& unit) {
  return short_number(shown_as(unit) * value);
}

TextTable group_table(const Contrast& contrast) {
  TextTable table;
  table.title =
      fmt::format("{} less {}, the same draw of both (last period)", contrast.first, contrast.second);
  table.header = {"outcome", "P5", "P50", "P95", "P(A better)", "P(B better)", "unit"};
  for (const GroupContrast& one : contrast.groups)
    if (one.grouping == "nation" || one.grouping == "area_type")
      table.rows.push_back({one.outcome + " " + one.group, in_hundredths(one.p5, one.unit),
                            in_hundredths(one.p50, one.unit), in_hundredths(one.p95, one.unit),
                            fmt::format("{:.3f}", one.first_better), fmt::format("{:.3f}", one.second_better),
                            unit_in_words(one.unit)});
  table.notes = {fmt::format(
      "A is {}, B is {}; draws share estimates and, where names agree, parameters; ties are neither's",
      contrast.first, contrast.second)};
  if (contrast.draws < kFewestForBand) table.notes.push_back(no_band_words(contrast.draws));
  table.notes.insert(table.notes.end(), contrast.notes.begin(), contrast.notes.end());
  for (const Dominance& one : contrast.dominance)
    table.notes.push_back(
        fmt::format("{}: A is better in every type of area at once in {:.3f} of draws, B in {:.3f}",
                    one.outcome, one.first, one.second));
  return table;
}

/// The better of the two, and where either leads most: figures corrected for having been picked.
std::vector<TextTable> picked_tables(const Contrast& contrast) {
  const auto cells = [](std::vector<std::string> row, const WinnerInference& of, const std::string& unit) {
    const Interval interval = stated(of);
    row.push_back(in_hundredths(of.estimate, unit));
    row.push_back(holds_its_estimate(of) ? in_hundredths(of.hybrid_median, unit) : "-");
    for (const double end : {interval.low, interval.high}) row.push_back(in_hundredths(end, unit));
    row.push_back(unit_in_words(unit));
    return row;
  };
  std::vector<TextTable> tables;
  TextTable two;
  two.title = "after looking: the better of the two, picked because it came out better (last period)";
  two.header = {"outcome", "better", "its", "mean", "corrected", "low", "high", "unit"};
  for (const BetterOfTwo& one : contrast.better) {
    if (one.better.empty()) continue;
    two.rows.push_back(cells({one.outcome, one.better, "lead"}, one.lead, one.unit));
    two.rows.push_back(cells({one.outcome, one.better, "own figure"}, one.worth, one.unit));
  }
  two.notes = {
      fmt::format("corrected: median-unbiased; low to high: hybrid interval, {:g} %, of what was "
                  "picked after looking (Andrews, Kitagawa & McCloskey 2024); -: it leaves the mean out, as "
                  "two that are hardly apart or heavy tails make it, and the projection is joined to it",
                  100.0 * kContrastLevel)};
  if (!two.rows.empty()) tables.push_back(std::move(two));
  TextTable places;
  places.title = "after looking: where either leads the other most (last period)";
  places.header = {
      "outcome", "by",   "leader", "better for sure in", "of", "leads most in", "mean", "corrected",
      "low",     "high", "unit"};
  for (const PlacesContrast& one : contrast.places)
    for (const LeadingPlace& leading : one.leading)
      if (leading.lead.standard_error > 0.0)
        places.rows.push_back(cells({one.outcome, one.grouping, leading.leader, std::to_string(leading.sure),
                                     std::to_string(one.places.size()), leading.place},
                                    leading.lead, one.unit));
  places.notes = {
      fmt::format("for sure: in all places of a grouping at once at {:g} %; {}a lead {} zero: it "
                  "leads nowhere, and is least behind there",
                  100.0 * kContrastLevel, contrast.sign < 0.0 ? "less is better here, and " : "",
                  contrast.sign < 0.0 ? "above" : "below")};
  if (!places.rows.empty()) tables.push_back(std::move(places));
  return tables;
}

/// How many areas lie which way, by type.
TextTable area_table(const Contrast& contrast, const scenarios::AreaContrast& area, const Inputs& inputs) {
  TextTable table;
  table.title = fmt::format("{} less {} in every area: {} ({} draws; {})", contrast.first, contrast.second,
                            to_string(area.outcome), area.draws, area.path);
  table.header = {"type",
                  "areas",
                  "A better in 95 % of draws",
                  "A better in most",
                  "B better in most",
                  "B better in 95 % of draws",
                  "equal",
                  "median of medians, " + unit_in_words(unit_of(contrast, area))};
  const std::size_t middle = static_cast<std::size_t>(
      std::min_element(contrast.levels.begin(), contrast.levels.end(),
                       [](double x, double y) { return std::abs(x - 0.5) < std::abs(y - 0.5); }) -
      contrast.levels.begin());
  for (std::size_t t = 0; t < inputs.types.names.size(); ++t) {
    long counts[6] = {};
    std::vector<double> medians;
    for (std::size_t i = 0; i < inputs.types.of_row.size(); ++i) {
      if (inputs.types.of_row[i] != static_cast<std::int32_t>(t)) continue;
      const auto row = static_cast<Eigen::Index>(i);
      const float a = area.first_better(row), b = area.second_better(row);
      ++counts[0];
      ++counts[a >= 0.95F ? 1 : b >= 0.95F ? 4 : a == 0.0F && b == 0.0F ? 5 : a >= b ? 2 : 3];
      medians.push_back(static_cast<double>(area.quantile(static_cast<Eigen::Index>(middle), row)));
    }
    std::sort(medians.begin(), medians.end());
    std::vector<std::string> row = {inputs.types.names[t]};
    for (const long count : counts) row.push_back(std::to_string(count));
    row.push_back(medians.empty() ? "" : in_hundredths(medians[medians.size() / 2], unit_of(contrast, area)));
    table.rows.push_back(std::move(row));
  }
  table.notes = {
      "single areas are not for ranking: the Office for National Statistics advises against comparing single "
      "LSOAs"};
  return table;
}

/// One row for each figure of the better of the two, and for each leader of a grouping.
void write_picked(RunWriter& writer, const std::string& group, const Contrast& contrast) {
  TableColumn outcome{"outcome", "1", "what is compared", {}, {}},
      of{"of", "1", "lead of the better over the other, its own worth, or its lead in a place", {}, {}},
      leader{"leader", "1", "the better policy", {}, {}},
      grouping{"grouping", "1", "kind of place, of which the best was picked", {}, {}},
      place{"place", "1", "where it leads most", {}, {}}, unit{"unit_of", "1", "unit of the figures", {}, {}},
      estimate{"estimate", "1", "mean of draws", {}, {}},
      median{"hybrid_median", "1", "median-unbiased, given that it was picked", {}, {}},
      low{"hybrid_low", "1", "lower end of the hybrid interval", {}, {}},
      high{"hybrid_high", "1", "upper end", {}, {}},
      sure{"better_for_sure", "1", "places where the leader is better, all at once", {}, {}};
  const auto add = [&](const std::string& what, const std::string& figure, const std::string& who,
                       const std::string& kind, const std::string& where, const std::string& in,
                       const WinnerInference& picked, long count) {
    outcome.texts.push_back(what);
    of.texts.push_back(figure);
    leader.texts.push_back(who);
    grouping.texts.push_back(kind);
    place.texts.push_back(where);
    unit.texts.push_back(in);
    estimate.numbers.push_back(picked.estimate);
    median.numbers.push_back(picked.hybrid_median);
    low.numbers.push_back(picked.hybrid.low);
    high.numbers.push_back(picked.hybrid.high);
    sure.numbers.push_back(static_cast<double>(count));
  };
  for (const BetterOfTwo& one : contrast.better) {
    if (one.better.empty()) continue;
    add(one.outcome, "lead", one.better, "nation", "", one.unit, one.lead, 0);
    add(one.outcome, "worth", one.better, "nation", "", one.unit, one.worth, 0);
  }
  for (const PlacesContrast& one : contrast.places)
    for (const LeadingPlace& by : one.leading)
      add(one.outcome, "lead", by.leader, one.grouping, by.place, one.unit, by.lead, by.sure);
  if (outcome.texts.empty()) return;
  writer.write_table(group + "/after_looking", "row",
                     {outcome, of, leader, grouping, place, unit, estimate, median, low, high, sure});
  writer.write_attribute(group + "/after_looking", "level", kContrastLevel);
}

}  // namespace

nlohmann::ordered_json contrast_json(const Contrast& contrast) {
  nlohmann::ordered_json groups = nlohmann::ordered_json::array(),
                         dominance = nlohmann::ordered_json::object(),
                         areas = nlohmann::ordered_json::object();
  for (const GroupContrast& one : contrast.groups)
    groups.push_back({{"outcome", one.outcome},
                      {"grouping", one.grouping},
                      {"group", one.group},
                      {"unit", one.unit},
                      {"p5", one.p5},
                      {"p50", one.p50},
                      {"p95", one.p95},
                      {"first_better", one.first_better},
                      {"second_better", one.second_better}});
  for (const Dominance& one : contrast.dominance)
    dominance[one.outcome] = {{"first", one.first}, {"second", one.second}};
  nlohmann::ordered_json better = nlohmann::ordered_json::array(), places = nlohmann::ordered_json::array();
  for (const BetterOfTwo& one : contrast.better)
    if (!one.better.empty())
      better.push_back({{"outcome", one.outcome},
                        {"unit", one.unit},
                        {"lead", winner_json(one.lead, one.better)},
                        {"worth", winner_json(one.worth, one.better)}});
  for (const PlacesContrast& one : contrast.places) {
    nlohmann::ordered_json leading = nlohmann::ordered_json::array();
    for (const LeadingPlace& by : one.leading)
      leading.push_back({{"leader", by.leader}, {"lead", winner_json(by.lead, by.place)}});
    places.push_back({{"outcome", one.outcome},
                      {"grouping", one.grouping},
                      {"unit", one.unit},
                      {"names", one.places},
                      {"bands", bands_json(one.bands)},
                      {"leads_most", leading}});
  }
  nlohmann::ordered_json all = {
      {"first", contrast.first},
      {"second", contrast.second},
      {"draws", contrast.draws},
      {"aggregates", groups},
      {"dominance_in_every_type", dominance},
      {"after_looking", {{"level", kContrastLevel}, {"better_of_two", better}, {"places", places}}},
      {"notes", contrast.notes}};
  if (!contrast.inputs) return all;
  nlohmann::ordered_json codes = nlohmann::ordered_json::array();
  const Column& code = contrast.inputs->pack.areas.at("area_code");
  for (std::size_t i = 0; i < contrast.inputs->pack.areas.rows; ++i) codes.push_back(code.text(i));
  for (const auto& area : contrast.areas) {
    nlohmann::ordered_json entry = {{"unit", unit_of(contrast, area)},
                                    {"draws", area.draws},
                                    {"path", area.path},
                                    {"levels", contrast.levels}};
    nlohmann::ordered_json quantiles = nlohmann::ordered_json::array();
    for (Eigen::Index k = 0; k < area.quantile.rows(); ++k) {
      const Eigen::VectorXf row = area.quantile.row(k);
      quantiles.push_back(std::vector<float>(row.begin(), row.end()));
    }
    entry["quantile"] = quantiles;
    entry["mean"] = std::vector<float>(area.mean.begin(), area.mean.end());
    entry["first_better"] = std::vector<float>(area.first_better.begin(), area.first_better.end());
    entry["second_better"] = std::vector<float>(area.second_better.begin(), area.second_better.end());
    areas[to_string(area.outcome)] = entry;
  }
  all["area_code"] = codes;
  all["areas"] = areas;
  return all;
}

void write_contrast(RunWriter& writer, const Contrast& contrast) {
  const std::string group = "/contrast/" + contrast.first + "/" + contrast.second;
  TableColumn outcome{"outcome", "1", "what is compared", {}, {}},
      grouping{"grouping", "1", "kind of group", {}, {}}, name{"group", "1", "group", {}, {}},
      unit{"unit_of", "1", "unit of the quantiles", {}, {}},
      p5{"p5", "1", "5 % quantile of A less B, draw by draw, last period", {}, {}},
      p50{"p50", "1", "median", {}, {}}, p95{"p95", "1", "95 % quantile", {}, {}},
      first{"first_better", "1", "share of draws in which A is better", {}, {}},
      second{"second_better", "1", "share of draws in which B is better", {}, {}};
  for (const GroupContrast& one : contrast.groups) {
    outcome.texts.push_back(one.outcome);
    grouping.texts.push_back(one.grouping);
    name.texts.push_back(one.group);
    unit.texts.push_back(one.unit);
    p5.numbers.push_back(one.p5);
    p50.numbers.push_back(one.p50);
    p95.numbers.push_back(one.p95);
    first.numbers.push_back(one.first_better);
    second.numbers.push_back(one.second_better);
  }
  writer.write_table(group + "/aggregate", "row",
                     {outcome, grouping, name, unit, p5, p50, p95, first, second});
  write_picked(writer, group, contrast);
  for (const Dominance& one : contrast.dominance)
    writer.write_attribute(group, "dominance_" + one.outcome, std::vector<double>{one.first, one.second});
  if (contrast.inputs)
    for (const auto& area : contrast.areas) {
      const std::string table = group + "/area_" + to_string(area.outcome);
      std::vector<TableColumn> columns = {{"area", "1", "code of the area", {}, {}}};
      const Column& code = contrast.inputs->pack.areas.at("area_code");
      for (std::size_t i = 0; i < contrast.inputs->pack.areas.rows; ++i)
        columns[0].texts.push_back(code.text(i));
      const auto add = [&](const std::string& column, const std::string& of, const std::string& meaning,
                           const Eigen::VectorXf& values) {
        TableColumn made{column, of, meaning, {}, {}};
        for (const float value : values) made.numbers.push_back(static_cast<double>(value));
        columns.push_back(std::move(made));
      };
      for (std::size_t k = 0; k < contrast.levels.size(); ++k)
        add(fmt::format("p{:g}", 100.0 * contrast.levels[k]), unit_of(contrast, area),
            "quantile of A less B, draw by draw", area.quantile.row(static_cast<Eigen::Index>(k)));
      add("mean", unit_of(contrast, area), "mean of A less B", area.mean);
      add("sd", unit_of(contrast, area), "standard deviation of A less B", area.sd);
      add("first_better", "1", "share of draws in which A is better", area.first_better);
      add("second_better", "1", "share of draws in which B is better", area.second_better);
      writer.write_table(table, "area", columns);
      writer.write_attribute(table, "draws", static_cast<std::int64_t>(area.draws));
      writer.write_attribute(table, "path", area.path);
    }
}

std::string contrast_text(const Contrast& contrast) {
  std::string text = format_table(group_table(contrast), TableFormat::terminal) + "\n";
  for (const TextTable& table : picked_tables(contrast))
    text += format_table(table, TableFormat::terminal) + "\n";
  for (const auto& area : contrast.areas)
    text += format_table(area_table(contrast, area, *contrast.inputs), TableFormat::terminal) + "\n";
  return text;
}

Contrast contrast(Session& session, const RunReader& reader, const ContrastOptions& options) {
  check_names(reader, options);
  session.open();
  Contrast result;
  result.first = options.first;
  result.second = options.second;
  session.stage("groups", [&] { contrast_groups(reader, result); });
  if (options.areas) contrast_every_area(session, options, result);
  const RunRecord run = reader.run();
  session.keep(run.inputs, run.truth, [&](RunWriter& writer) { write_contrast(writer, result); });
  return result;
}

}  // namespace spillway::studies
