#include "tools/studies/certain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/stop.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/picked.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/reuse.hpp"

namespace spillway::studies {

namespace {

std::string outcome_of(const RunReader& reader, const std::string& scenario, const std::string& wanted) {
  const auto outcomes = reader.aggregate_outcomes(scenario);
  const auto has = [&](const std::string& name) {
    return std::find(outcomes.begin(), outcomes.end(), name) != outcomes.end();
  };
  if (wanted.empty() && has("cumulative_uplift")) return "cumulative_uplift";
  if (wanted.empty() && !outcomes.empty()) return outcomes.front();
  if (!has(wanted))
    throw InputError(fmt::format("scenario '{}' has no outcome '{}' (it has: {})", scenario, wanted,
                                 fmt::join(outcomes, ", ")));
  return wanted;
}

CertainScenario league_of(Session& session, const RunReader& reader, const std::string& scenario,
                          const CertainOptions& options) {
  CertainScenario one;
  one.scenario = scenario;
  one.outcome = outcome_of(reader, scenario, options.outcome);
  one.better = lower_is_better(reader, scenario) ? -1.0 : 1.0;
  const auto groupings = reader.groupings(scenario, one.outcome);
  if (std::find(groupings.begin(), groupings.end(), options.grouping) == groupings.end())
    throw InputError(fmt::format("scenario '{}' has no grouping '{}' (it has: {})", scenario,
                                 options.grouping, fmt::join(groupings, ", ")));
  const StoredAggregate series = reader.aggregate(scenario, one.outcome, options.grouping);
  one.unit = series.unit;
  one.groups = series.groups;
  one.league = infer_groups(last_period(series), one.better, options.level, session.workers());
  return one;
}

/// Scenarios whose draws are pairs and whose figure is the same: of every outcome of the nation, and NPSV.
std::vector<PolicyLeague> policies(Session& session, const RunReader& reader, double level,
                                   std::vector<std::string>& notes) {
  const auto names = reader.scenarios();
  if (names.size() < 2) return {};
  struct Figure {
    std::string figure, name, unit, moved;  ///< moved: the outcome that the policies move
    double better;
    std::vector<std::string> scenarios;
    std::vector<Eigen::VectorXd> draws;
  };
  std::vector<Figure> figures;
  const auto replicates = reader.replicate_of_draw(names.front());
  const auto appraised = reader.appraisals();
  const auto moved_by = [&](const std::string& scenario) {
    const std::string group = "/scenarios/" + scenario;
    return reader.has_attribute(group, "outcome") ? reader.attribute_as<std::string>(group, "outcome") : "";
  };
  const auto add = [&](const std::string& name, const std::string& unit, double better,
                       const std::string& scenario, Eigen::VectorXd draws) {
    const std::string moved = unit == "GBP" ? "" : moved_by(scenario);
    auto found = std::find_if(figures.begin(), figures.end(), [&](const Figure& one) {
      return one.figure == name && one.unit == unit && one.moved == moved && one.better == better &&
             one.draws.front().size() == draws.size();
    });
    if (found == figures.end()) {
      const bool taken =
          std::any_of(figures.begin(), figures.end(), [&](const Figure& one) { return one.name == name; });
      found = figures.insert(figures.end(),
                             Figure{name, taken ? name + ":" + moved : name, unit, moved, better, {}, {}});
    }
    found->scenarios.push_back(scenario);
    found->draws.push_back(std::move(draws));
  };
  for (const std::string& scenario : names) {
    if (reader.replicate_of_draw(scenario) != replicates) {
      notes.push_back(fmt::format(
          "scenario '{}' uses other replicates than '{}', so it is left out where policies are compared",
          scenario, names.front()));
      continue;
    }
    const double better = lower_is_better(reader, scenario) ? -1.0 : 1.0;
    for (const std::string& outcome : reader.aggregate_outcomes(scenario)) {
      const auto groupings = reader.groupings(scenario, outcome);
      if (std::find(groupings.begin(), groupings.end(), "nation") == groupings.end()) continue;
      const StoredAggregate nation = reader.aggregate(scenario, outcome, "nation");
      add(outcome, nation.unit, better, scenario, last_period(nation).col(0));
    }
    if (std::find(appraised.begin(), appraised.end(), scenario) != appraised.end()) {
      const auto npsv = reader.appraisal(scenario).npsv;
      add("npsv", "GBP", 1.0, scenario,
          Eigen::Map<const Eigen::VectorXd>(npsv.data(), static_cast<Eigen::Index>(npsv.size())));
    }
  }
  std::vector<PolicyLeague> leagues;
  for (const Figure& figure : figures) {
    if (figure.scenarios.size() < 2) continue;
    Eigen::MatrixXd draws(figure.draws.front().size(), static_cast<Eigen::Index>(figure.draws.size()));
    for (std::size_t k = 0; k < figure.draws.size(); ++k)
      draws.col(static_cast<Eigen::Index>(k)) = figure.draws[k];
    if (!draws.allFinite()) continue;
    leagues.push_back({figure.name, figure.unit, figure.better, figure.scenarios,
                       infer_groups(draws, figure.better, level, session.workers())});
  }
  return leagues;
}

/// Data, fits and joint draws of the run: from its file where that was made by this program from these data,
/// else made again. The same bits either way.
RunResult estimates_of(Session& session, const RunReader& reader) {
  const RunConfig& config = session.config();
  std::optional<EarlierRun> kept;
  try {
    kept.emplace(earlier_run(reader.path(), config, session.options().build));
  } catch (const InputError&) {  // another version, processor or configuration; no draws in it
    return session.estimates();
  }
  RunResult run;
  session.stage("data", [&] { run.inputs = make_inputs(config, load_pack(config)); });
  try {
    kept->require_data(run.inputs.pack.inputs);
  } catch (const InputError&) {
    return session.estimates();
  }
  kept->take_estimates(config, run.models, run.draws);
  return run;
}

/// Areas' draws are not in the file: the run's scenarios are made again (same bits).
void certain_areas(Session& session, const RunReader& reader, const CertainOptions& options,
                   Certain& result) {
  const RunConfig& config = session.config();
  session.plan({{"areas", 0.0, 0.0, ""}});
  RunResult run = estimates_of(session, reader);
  session.stage("areas", [&] {
    const StopScope stop(session.hooks().interrupted, "interrupted within the areas");
    for (CertainScenario& one : result.scenarios) {
      stop_if_asked();
      const ScenarioConfig& scenario = *chosen_scenarios(config, one.scenario, "to look at").front();
      const LeverContext context = lever_context(scenario, config, run.inputs, run.models, run.draws);
      OutcomePlan plan = outcome_plan(config, context, session.hooks().discount);
      std::erase_if(plan.outcomes, [&](AreaOutcome outcome) { return to_string(outcome) != one.outcome; });
      if (plan.outcomes.empty())
        throw InputError(
            fmt::format("the configuration of scenario '{}' has no outcome '{}'", one.scenario, one.outcome));
      const Policy policy = session.hooks().prepare(scenario, config, context);
      const AreaDraws draws(policy.dynamics, plan, session.workers());
      one.path = draws.path();
      one.map = infer_map(draws, one.better, options.level, session.workers());
    }
  });
  result.inputs = std::move(run.inputs);
}

std::string level_text(double level) { return fmt::format("{:g} %", 100.0 * level); }
std::string ranks_text(const RankSet& set, Eigen::Index i) {
  return set.low[i] == set.high[i] ? fmt::format("{}", set.low[i])
                                   : fmt::format("{}-{}", set.low[i], set.high[i]);
}
long count_of(const std::vector<std::uint8_t>& which) {
  return std::count(which.begin(), which.end(), std::uint8_t{1});
}
/// How many could be first.
long contenders(const RankSet& set) { return (set.low.array() == 1).count(); }

/// Indices from best to worst by mean.
std::vector<Eigen::Index> by_mean(const Bands& bands, double better) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(bands.mean.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return better * bands.mean[a] > better * bands.mean[b];
  });
  return order;
}

std::string verdict(const Bands& bands, Eigen::Index i) {
  const auto at = static_cast<std::size_t>(i);
  return bands.gains[at] != 0 ? "gains" : bands.loses[at] != 0 ? "loses" : "not told";
}

/// What bands are, behind "hold at once".
std::string bands_text(const Bands& bands, long draws, double level) {
  if (bands.tail > 0.0)
    return fmt::format("{:.3g} % of draws cut off at each end of every row", 100.0 * bands.tail);
  const double most = static_cast<double>(draws) / static_cast<double>(draws + 1);
  return fmt::format(
      "mean -+ {:.3f} standard errors: too few draws for quantiles{}", bands.critical,
      level > most ? fmt::format(", and {} keep no level above {:.3g} %", draws, 100.0 * most) : "");
}

TextTable league_table(const std::string& title, const std::string& what,
                       const std::vector<std::string>& names, const GroupInference& league, double better,
                       double level, const std::string& unit, std::size_t most) {
  TextTable table;
  table.title = title;
  table.header = {what, "mean", "low", "high", "at once", "ranks, by itself", "ranks, all at once"};
  const auto order = by_mean(league.bands, better);
  const double scale = shown_as(unit);
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (order.size() > 2 * most && k == most) {
      table.rows.push_back({fmt::format("... {} more", order.size() - 2 * most), "", "", "", "", "", ""});
      k = order.size() - most;
    }
    const Eigen::Index i = order[k];
    table.rows.push_back({names[static_cast<std::size_t>(i)], short_number(scale * league.bands.mean[i]),
                          short_number(scale * league.bands.low[i]),
                          short_number(scale * league.bands.high[i]), verdict(league.bands, i),
                          ranks_text(league.each, i), ranks_text(league.all, i)});
  }
  table.notes = {
      fmt::format("{} draws; low to high hold for all rows at once at {} ({})", league.draws,
                  level_text(level), bands_text(league.bands, league.draws, level)),
      fmt::format(
          "at once: {} gain for sure, {} lose for sure, {} not told", count_of(league.bands.gains),
          count_of(league.bands.loses),
          static_cast<long>(names.size()) - count_of(league.bands.gains) - count_of(league.bands.loses)),
      fmt::format("first place: {} of {} are not ruled out", contenders(league.all), names.size())};
  for (auto& words :
       winner_words(names[static_cast<std::size_t>(league.winner.winner)], league.winner, level, unit))
    table.notes.push_back(std::move(words));
  return table;
}

/// How many areas gain or lose for sure, by type.
TextTable map_table(const CertainScenario& one, const Inputs& inputs, double level) {
  const MapInference& map = *one.map;
  TextTable table;
  table.title =
      fmt::format("{}, {} in every area ({} draws; {})", one.scenario, one.outcome, map.draws, one.path);
  table.header = {"type", "areas", "gain for sure", "lose for sure", "not told", "ranks left, median"};
  const auto add = [&](const std::string& name, const auto& belongs) {
    long areas = 0, gain = 0, lose = 0;
    std::vector<double> width;
    for (std::size_t i = 0; i < inputs.types.of_row.size(); ++i) {
      if (!belongs(inputs.types.of_row[i])) continue;
      const auto row = static_cast<Eigen::Index>(i);
      ++areas;
      gain += map.bands.gains[i];
      lose += map.bands.loses[i];
      width.push_back(map.ranks.high[row] - map.ranks.low[row] + 1);
    }
    std::sort(width.begin(), width.end());
    table.rows.push_back({name, std::to_string(areas), std::to_string(gain), std::to_string(lose),
                          std::to_string(areas - gain - lose),
                          width.empty() ? "" : fmt::format("{:.0f}", width[width.size() / 2])});
  };
  for (std::size_t t = 0; t < inputs.types.names.size(); ++t)
    add(inputs.types.names[t], [&](std::int32_t type) { return type == static_cast<std::int32_t>(t); });
  add("all", [](std::int32_t) { return true; });
  table.notes = {
      fmt::format("for sure: in all areas at once at {} ({})", level_text(level),
                  bands_text(map.bands, map.draws, level)),
      fmt::format("first place: {} of {} areas are not ruled out; ranks of all areas at once, by the range "
                  "statistic",
                  contenders(map.ranks), map.ranks.low.size()),
      "single areas are not for ranking: the Office for National Statistics advises against comparing single "
      "LSOAs"};
  const std::string code =
      inputs.pack.areas.at("area_code").text(static_cast<std::size_t>(map.winner.winner));
  for (auto& words : winner_words(code, map.winner, level, one.unit)) table.notes.push_back(std::move(words));
  return table;
}

nlohmann::ordered_json json_of(const RankSet& set) {
  return {{"low", std::vector<int>(set.low.begin(), set.low.end())},
          {"high", std::vector<int>(set.high.begin(), set.high.end())}};
}
nlohmann::ordered_json json_of(const GroupInference& league, const std::vector<std::string>& names) {
  return {{"names", names},
          {"draws", league.draws},
          {"bands", bands_json(league.bands)},
          {"ranks_by_itself", json_of(league.each)},
          {"ranks_all_at_once", json_of(league.all)},
          {"critical_ranks", league.critical_all},
          {"winner", winner_json(league.winner, names[static_cast<std::size_t>(league.winner.winner)])}};
}

using Columns = std::vector<TableColumn>;

void add_column(Columns& columns, const std::string& name, const std::string& unit,
                const std::string& meaning, const auto& values) {
  TableColumn column{name, unit, meaning, {}, {}};
  for (const auto value : values) column.numbers.push_back(static_cast<double>(value));
  columns.push_back(std::move(column));
}
void add_bands(Columns& columns, const Bands& bands, const std::string& unit) {
  add_column(columns, "mean", unit, "mean of draws", bands.mean);
  add_column(columns, "standard_error", unit, "standard deviation of draws", bands.standard_error);
  add_column(columns, "low", unit, "lower end of a band that holds for all rows at once", bands.low);
  add_column(columns, "high", unit, "upper end", bands.high);
  add_column(columns, "gains", "1", "1: better than zero for sure, all rows at once", bands.gains);
  add_column(columns, "loses", "1", "1: worse than zero for sure, all rows at once", bands.loses);
}
void write_winner(RunWriter& writer, const std::string& table, const WinnerInference& winner,
                  const std::string& name) {
  writer.write_attribute(table, "winner", name);
  writer.write_attribute(table, "winner_estimate", winner.estimate);
  writer.write_attribute(table, "winner_hybrid_median", winner.hybrid_median);
  for (const auto& [kind, interval] : {std::pair<const char*, Interval>{"naive", winner.naive},
                                       {"hybrid", winner.hybrid},
                                       {"projection", winner.projection},
                                       {"conditional", winner.conditional}})
    writer.write_attribute(table, fmt::format("winner_{}", kind),
                           std::vector<double>{interval.low, interval.high});
}
void write_league(RunWriter& writer, const std::string& table, const std::vector<std::string>& names,
                  const GroupInference& league, const std::string& unit) {
  Columns columns = {{"name", "1", "what is compared", {}, names}};
  add_bands(columns, league.bands, unit);
  add_column(columns, "rank_low", "1", "best rank that is not refuted, for this row by itself",
             league.each.low);
  add_column(columns, "rank_high", "1", "worst rank", league.each.high);
  add_column(columns, "rank_low_all", "1", "best rank that is not refuted, for all rows at once",
             league.all.low);
  add_column(columns, "rank_high_all", "1", "worst rank", league.all.high);
  writer.write_table(table, "row", columns);
  writer.write_attribute(table, "draws", static_cast<std::int64_t>(league.draws));
  write_winner(writer, table, league.winner, names[static_cast<std::size_t>(league.winner.winner)]);
}

}  // namespace

Certain certain(Session& session, const RunReader& reader, const CertainOptions& options) {
  std::vector<std::string> names = reader.scenarios();
  if (names.empty()) throw InputError(fmt::format("'{}' has no scenario to look at", reader.path().string()));
  if (!options.scenario.empty()) {
    if (std::find(names.begin(), names.end(), options.scenario) == names.end())
      throw no_scenario(reader.path().string(), options.scenario, names);
    names = {options.scenario};
  }
  session.open();
  Certain result;
  result.level = options.level;
  result.grouping = options.grouping;
  session.stage("leagues", [&] {
    const StopScope stop(session.hooks().interrupted, "interrupted within the leagues");
    for (const std::string& name : names)
      result.scenarios.push_back(league_of(session, reader, name, options));
    result.policies = policies(session, reader, options.level, result.notes);
    if (std::string why = result.policies.empty() ? "" : nation_not_told(reader, reader.scenarios());
        !why.empty())
      result.notes.push_back(std::move(why));
    if (reader.kept() == Kept::summary)
      result.notes.push_back(
          "what knowing more is worth is not told: the run kept no replicates (store.keep = \"summary\")");
    else
      result.knowledge = worth_of_knowledge(reader, result.notes);
  });
  if (options.areas) certain_areas(session, reader, options, result);
  const RunRecord run = reader.run();
  session.keep(run.inputs, run.truth, [&](RunWriter& writer) { write_certain(writer, result); });
  return result;
}

std::string certain_text(const Certain& certain) {
  std::string text;
  for (const PolicyLeague& one : certain.policies)
    text += format_table(
                league_table(fmt::format("policies by {}, {}", one.figure, unit_in_words(one.unit)),
                             "scenario", one.scenarios, one.league, one.better, certain.level, one.unit, 20),
                TableFormat::terminal) +
            "\n";
  if (certain.knowledge)
    text += format_table(knowledge_table(*certain.knowledge), TableFormat::terminal) + "\n";
  for (const CertainScenario& one : certain.scenarios) {
    text += format_table(league_table(fmt::format("{}, {} by {}, {}", one.scenario, one.outcome,
                                                  certain.grouping, unit_in_words(one.unit)),
                                      certain.grouping, one.groups, one.league, one.better, certain.level,
                                      one.unit, 5),
                         TableFormat::terminal) +
            "\n";
    if (one.map)
      text += format_table(map_table(one, *certain.inputs, certain.level), TableFormat::terminal) + "\n";
  }
  for (const std::string& note : certain.notes) text += note + "\n";
  return text;
}

nlohmann::ordered_json certain_json(const Certain& certain) {
  nlohmann::ordered_json policies = nlohmann::ordered_json::array(),
                         scenarios = nlohmann::ordered_json::array();
  for (const PolicyLeague& one : certain.policies) {
    nlohmann::ordered_json entry = {{"figure", one.figure}, {"unit", one.unit}};
    entry.update(json_of(one.league, one.scenarios));
    policies.push_back(std::move(entry));
  }
  for (const CertainScenario& one : certain.scenarios) {
    nlohmann::ordered_json entry = {{"scenario", one.scenario},
                                    {"outcome", one.outcome},
                                    {"unit", one.unit},
                                    {"better", one.better > 0.0 ? "higher" : "lower"},
                                    {"league", json_of(one.league, one.groups)}};
    if (one.map) {
      const Column& code = certain.inputs->pack.areas.at("area_code");
      nlohmann::ordered_json codes = nlohmann::ordered_json::array();
      for (std::size_t i = 0; i < certain.inputs->pack.areas.rows; ++i) codes.push_back(code.text(i));
      entry["areas"] = {{"area_code", codes},
                        {"draws", one.map->draws},
                        {"path", one.path},
                        {"bands", bands_json(one.map->bands)},
                        {"ranks", json_of(one.map->ranks)},
                        {"critical_ranks", one.map->critical_rank},
                        {"winner", winner_json(one.map->winner,
                                               code.text(static_cast<std::size_t>(one.map->winner.winner)))}};
    }
    scenarios.push_back(std::move(entry));
  }
  return {
      {"level", certain.level},
      {"grouping", certain.grouping},
      {"policies", policies},
      {"knowledge", certain.knowledge ? knowledge_json(*certain.knowledge) : nlohmann::ordered_json(nullptr)},
      {"scenarios", scenarios},
      {"notes", certain.notes}};
}

void write_certain(RunWriter& writer, const Certain& certain) {
  writer.write_attribute("/certain", "level", certain.level);
  writer.write_attribute("/certain", "notes", certain.notes);
  for (const PolicyLeague& one : certain.policies)
    write_league(writer, "/certain/policies/" + one.figure, one.scenarios, one.league, one.unit);
  if (certain.knowledge) write_knowledge(writer, *certain.knowledge);
  for (const CertainScenario& one : certain.scenarios) {
    const std::string group = "/certain/scenarios/" + one.scenario + "/" + one.outcome;
    write_league(writer, group + "/" + certain.grouping, one.groups, one.league, one.unit);
    if (!one.map) continue;
    Columns columns = {{"area", "1", "code of the area", {}, {}}};
    const Column& code = certain.inputs->pack.areas.at("area_code");
    for (std::size_t i = 0; i < certain.inputs->pack.areas.rows; ++i)
      columns[0].texts.push_back(code.text(i));
    add_bands(columns, one.map->bands, one.unit);
    add_column(columns, "rank_low", "1", "best rank that is not refuted, for all areas at once",
               one.map->ranks.low);
    add_column(columns, "rank_high", "1", "worst rank", one.map->ranks.high);
    const std::string table = group + "/area";
    writer.write_table(table, "area", columns);
    writer.write_attribute(table, "draws", static_cast<std::int64_t>(one.map->draws));
    writer.write_attribute(table, "path", one.path);
    write_winner(writer, table, one.map->winner, code.text(static_cast<std::size_t>(one.map->winner.winner)));
  }
}

}  // namespace spillway::studies
