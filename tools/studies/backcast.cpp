#include "tools/studies/backcast.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "engine/base/stop.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/json_number.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

Json score_json(const ForecastScore& one) {
  return {{"observed", number(one.observed)}, {"mean", number(one.mean)},     {"p5", number(one.p5)},
          {"p25", number(one.p25)},           {"p50", number(one.p50)},       {"p75", number(one.p75)},
          {"p95", number(one.p95)},           {"error", number(one.error())}, {"pit", number(one.pit)},
          {"crps", number(one.crps)}};
}

Json by_area_json(const BackcastGroup::ByArea& one) {
  return {{"within_90", one.within_90},
          {"within_50", one.within_50},
          {"absolute_error", one.absolute_error},
          {"crps", one.crps},
          {"pit_tenths", one.pit}};
}

Json path_json(const Eigen::MatrixXd& path) {
  Json rows = Json::array();
  for (Eigen::Index h = 0; h < path.rows(); ++h)
    rows.push_back({{"p5", path(h, 0)}, {"p50", path(h, 1)}, {"p95", path(h, 2)}});
  return rows;
}

bool has_programme(const Backcast& result) { return !result.places.empty(); }
bool has_effect(const Backcast& result) { return !result.with.empty(); }

TextTable group_table(const Backcast& result) {
  TextTable table;
  table.title = fmt::format("sum of '{}' ({}), {} to {}: mean over areas, what happened against the forecast",
                            result.outcome, result.unit, result.start, result.end);
  table.header = {"areas", "number", "forecast", "happened", "P5", "P50", "P95", "error", "PIT", "CRPS"};
  const auto add = [&](const BackcastGroup& group, const std::string& what, const ForecastScore& one) {
    table.rows.push_back({group.name, std::to_string(group.areas), what, short_number(one.observed),
                          short_number(one.p5), short_number(one.p50), short_number(one.p95),
                          short_number(one.error()), fmt::format("{:.3f}", one.pit), short_number(one.crps)});
  };
  for (const BackcastGroup& group : result.groups) {
    add(group, has_programme(result) ? "without programme" : "nothing done", group.nothing);
    if (group.with) add(group, "with programme", *group.with);
  }
  table.notes = {
      "error: happened less the forecast's mean; PIT: share of draws below what happened; CRPS: smaller is "
      "better, in the outcome's unit"};
  return table;
}

TextTable area_table(const Backcast& result) {
  TextTable table;
  table.title = "the same by area: how often the bands hold what happened";
  table.header = {"areas",          "forecast", "within 90 %",  "within 50 %",
                  "absolute error", "CRPS",     "PIT by tenths"};
  const auto add = [&](const BackcastGroup& group, const std::string& what,
                       const BackcastGroup::ByArea& one) {
    table.rows.push_back({group.name, what, fmt::format("{:.3f}", one.within_90),
                          fmt::format("{:.3f}", one.within_50), short_number(one.absolute_error),
                          short_number(one.crps), fmt::format("{}", fmt::join(one.pit, " "))});
  };
  for (const BackcastGroup& group : result.groups) {
    add(group, has_programme(result) ? "without programme" : "nothing done", group.by_area);
    if (group.with) add(group, "with programme", group.by_area_with);
  }
  return table;
}

std::string signed_number(double value) { return (value >= 0.0 ? "+" : "") + short_number(value); }

/// What was compared with what, and what a forecast's error is made of.
std::vector<std::string> sentences(const RunConfig& config, const Backcast& result) {
  const BackcastConfig options = backcast_options(config);
  const PlaceboSpread &error = result.placebo_error, &found = result.placebo_matched;
  const std::string like =
      options.like.empty() ? "any areas" : fmt::format("areas of the same '{}'", options.like);
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "compared: what happened from {} to {} with what model '{}/{}' expected from data up to {}{}; and with "
      "{}, "
      "{} a place, nearest in past growth{}{}{}",
      result.start, result.end, result.model, result.estimator, result.last_seen,
      has_effect(result)
          ? fmt::format(", without the programme and with it (effect as given{})",
                        options.effect.source.empty() ? "" : ", source: " + options.effect.source)
      : has_programme(result)
          ? ", as if there had been no programme (no backcast.effect, no forecast with it)"
          : "",
      like, options.matches, options.match_on.empty() ? "" : " and ", fmt::join(options.match_on, ", "),
      has_programme(result) ? "; none of them had money or borders on a place that had" : ""));
  lines.push_back(fmt::format(
      "forecast errors are mostly not the programme's: {} placebo programmes ({}, nothing done) miss their "
      "own "
      "forecast by {} (sd {}), and its 90 % bands hold {:.0f} % of them (mean CRPS {}). What all areas "
      "share, "
      "common shocks above all, is one draw: the PITs of areas and placebos are not independent",
      result.placebos.size(), has_programme(result) ? "as many places, as lumpy" : "of random places",
      signed_number(error.mean), short_number(error.sd), 100.0 * result.placebo_within_90,
      short_number(result.placebo_crps)));
  if (has_programme(result)) {
    const BackcastGroup& places = result.groups.front();
    if (places.added)
      lines.push_back(fmt::format(
          "the programme was expected to add {} [{}, {}]: {:.1f} times the sd of a placebo's forecast error",
          signed_number(places.added->p50), short_number(places.added->p5), short_number(places.added->p95),
          std::abs(places.added->p50) / error.sd));
    lines.push_back(fmt::format(
        "matched comparison: the places beat their forecast by {} more than like areas beat theirs, 90 % "
        "interval "
        "{} to {} (less what placebos find); {:.1f} % of placebos find as much (p = {:.3f}){}",
        signed_number(result.difference.mean), short_number(result.low), short_number(result.high),
        100.0 * (result.p * (static_cast<double>(result.placebos.size()) + 1.0) - 1.0) /
            static_cast<double>(result.placebos.size()),
        result.p,
        places.added
            ? fmt::format(
                  "; the expected effect is {} it",
                  result.low <= places.added->p50 && places.added->p50 <= result.high ? "inside" : "outside")
            : ""));
    if (result.difference.places < static_cast<long>(result.places.size()))
      lines.push_back(fmt::format("{} places found no like area and are not in it",
                                  static_cast<long>(result.places.size()) - result.difference.places));
  } else {
    lines.push_back(
        "this is a placebo study: no programme stands behind any of these figures; what is found here is "
        "what the "
        "method finds where nothing was done");
  }
  lines.push_back(fmt::format(
      "where nothing was done the matched comparison finds {} on average, {} to {} in nine cases of ten; an "
      "effect "
      "below {} (2.8 sd) would hardly be told from that. A t test of matched pairs, which takes places for "
      "independent, would call {:.0f} % of these nothings an effect at 5 %",
      signed_number(found.mean), short_number(found.p5), short_number(found.p95),
      short_number(2.8 * found.sd), 100.0 * result.pairs_reject));
  if (result.without_room > 0)
    lines.push_back(
        fmt::format("{} placebo programmes found no room or no match and are left out", result.without_room));
  if (result.failed_replicates > 0)
    lines.push_back(fmt::format("{} of {} replicates failed; {} draws are used", result.failed_replicates,
                                config.replicates, result.draws));
  for (const std::string& note : result.notes) lines.push_back(note);
  return lines;
}

}  // namespace

BackcastConfig backcast_options(const RunConfig& config) {
  const StoredText stored = split_stored(config.text);
  std::optional<BackcastConfig> options = backcast_config(config, stored.text, stored.overrides);
  if (!options)
    throw InputError(fmt::format("{}: no [backcast] (write one; configs/backcast.toml is an example)",
                                 config.file.string()));
  return std::move(*options);
}

std::string backcast_plan(const RunConfig& config) {
  const BackcastConfig options = backcast_options(config);
  return describe_backcast(backcast_setting(config, options, load_pack(config)));
}

std::string backcast_text(const RunConfig& config, const Backcast& result, const Style& style) {
  std::string text = format_table(group_table(result), TableFormat::terminal) + "\n" +
                     format_table(area_table(result), TableFormat::terminal) + "\n";
  bool first = true;
  for (const std::string& line : sentences(config, result)) {
    text += fmt::format("{}\n", first ? style.bold(line) : line);
    first = false;
  }
  return text;
}

nlohmann::ordered_json backcast_json(const RunConfig& config, const Backcast& result) {
  Json all = {{"name", config.name},
              {"seed", config.seed},
              {"model", result.model},
              {"estimator", result.estimator},
              {"outcome", result.outcome},
              {"unit", result.unit},
              {"last_seen", result.last_seen},
              {"start", result.start},
              {"end", result.end},
              {"draws", result.draws},
              {"failed_replicates", result.failed_replicates},
              {"kept", result.kept}};
  all["groups"] = Json::array();
  for (const BackcastGroup& group : result.groups) {
    Json one = {{"name", group.name}, {"areas", group.areas}, {"nothing", score_json(group.nothing)}};
    if (group.with) one["with"] = score_json(*group.with);
    if (group.added) one["added"] = score_json(*group.added);
    one["by_area"] = by_area_json(group.by_area);
    if (group.with) one["by_area_with"] = by_area_json(group.by_area_with);
    one["observed_path"] = std::vector<double>(group.observed_path.begin(), group.observed_path.end());
    one["path"] = path_json(group.path);
    if (group.with) one["with_path"] = path_json(group.with_path);
    all["groups"].push_back(std::move(one));
  }
  if (has_programme(result))
    all["matched"] = {{"difference", result.difference.mean},
                      {"low", result.low},
                      {"high", result.high},
                      {"p", result.p},
                      {"places", result.difference.places},
                      {"pairs_error", number(result.difference.pairs_error)}};
  const auto spread = [](const PlaceboSpread& one) {
    return Json{{"mean", one.mean}, {"sd", one.sd}, {"p5", one.p5}, {"p95", one.p95}};
  };
  all["placebo"] = {{"programmes", result.placebos.size()},  {"without_room", result.without_room},
                    {"error", spread(result.placebo_error)}, {"matched", spread(result.placebo_matched)},
                    {"within_90", result.placebo_within_90}, {"crps", result.placebo_crps},
                    {"pairs_reject", result.pairs_reject},   {"pit_tenths", result.placebo_pit}};
  all["said"] = sentences(config, result);
  return all;
}

namespace {

TableColumn texts(const std::string& name, const std::string& meaning) {
  return {name, "1", meaning, {}, {}};
}

/// Columns of a score, one row for each call of add().
class ScoreColumns {
 public:
  ScoreColumns(const std::string& of, const std::string& unit)
      : columns_{{"happened" + of, unit, "what happened", {}, {}},
                 {"mean" + of, unit, "mean of the forecast's draws", {}, {}},
                 {"p5" + of, unit, "5 % quantile of the forecast", {}, {}},
                 {"p50" + of, unit, "median", {}, {}},
                 {"p95" + of, unit, "95 % quantile", {}, {}},
                 {"pit" + of, "1", "share of draws below what happened", {}, {}},
                 {"crps" + of, unit, "continuous ranked probability score", {}, {}}} {}
  void add(const ForecastScore& one) {
    std::size_t k = 0;
    for (const double value : {one.observed, one.mean, one.p5, one.p50, one.p95, one.pit, one.crps})
      columns_[k++].numbers.push_back(value);
  }
  void append_to(std::vector<TableColumn>& columns) const {
    columns.insert(columns.end(), columns_.begin(), columns_.end());
  }

 private:
  std::vector<TableColumn> columns_;
};

}  // namespace

void write_backcast(RunWriter& writer, const Backcast& result) {
  const std::string &unit = result.unit, group = "/backcast";
  writer.write_attribute(group, "model", result.model + "/" + result.estimator);
  writer.write_attribute(group, "outcome", result.outcome);
  for (const auto& [name, value] :
       {std::pair{"last_seen", result.last_seen}, {"start", result.start}, {"end", result.end}})
    writer.write_attribute(group, name, static_cast<std::int64_t>(value));
  writer.write_attribute(group, "draws", static_cast<std::int64_t>(result.draws));
  writer.write_attribute(group, "failed_replicates", static_cast<std::int64_t>(result.failed_replicates));
  writer.write_attribute(group, "kept", result.kept);
  if (has_programme(result)) {
    writer.write_attribute(group, "matched_difference",
                           std::vector<double>{result.difference.mean, result.low, result.high});
    writer.write_attribute(group, "p", result.p);
  }
  writer.write_attribute(group, "placebos_without_room", static_cast<std::int64_t>(result.without_room));

  std::vector<TableColumn> groups = {
      texts("group", "areas"),
      texts("forecast", "without or with the programme's effect, or what it adds"),
      {"areas", "1", "number of areas", {}, {}}};
  ScoreColumns scores("", unit);
  std::vector<TableColumn> paths = {
      texts("group", "areas"),
      {"period", "1", "label of the period", {}, {}},
      {"happened", unit, "sum so far, mean over areas", {}, {}},
      {"p5", unit, "5 % quantile of the forecast without the programme", {}, {}},
      {"p50", unit, "median", {}, {}},
      {"p95", unit, "95 % quantile", {}, {}}};
  for (const BackcastGroup& one : result.groups) {
    const auto add = [&](const std::string& forecast, const ForecastScore& score) {
      groups[0].texts.push_back(one.name);
      groups[1].texts.push_back(forecast);
      groups[2].numbers.push_back(static_cast<double>(one.areas));
      scores.add(score);
    };
    add("without", one.nothing);
    if (one.with) add("with", *one.with);
    if (one.added) add("added", *one.added);
    for (Eigen::Index h = 0; h < one.path.rows(); ++h) {
      paths[0].texts.push_back(one.name);
      paths[1].numbers.push_back(static_cast<double>(result.periods[static_cast<std::size_t>(h)]));
      paths[2].numbers.push_back(one.observed_path[h]);
      for (Eigen::Index k = 0; k < 3; ++k)
        paths[static_cast<std::size_t>(3 + k)].numbers.push_back(one.path(h, k));
    }
  }
  scores.append_to(groups);
  writer.write_table(group + "/group", "row", groups);
  writer.write_table(group + "/path", "row", paths);

  std::vector<TableColumn> areas = {texts("area", "code of the area"),
                                    {"place", "1", "1 in the programme", {}, {}},
                                    {"gbp", "GBP", "money in the periods ahead", {}, {}}};
  areas[0].texts = result.code;
  for (std::size_t r = 0; r < result.code.size(); ++r) {
    areas[1].numbers.push_back(result.place[r]);
    areas[2].numbers.push_back(result.gbp[static_cast<Eigen::Index>(r)]);
  }
  ScoreColumns nothing("", unit), with("_with", unit);
  for (const ForecastScore& one : result.nothing) nothing.add(one);
  for (const ForecastScore& one : result.with) with.add(one);
  nothing.append_to(areas);
  if (has_effect(result)) with.append_to(areas);
  writer.write_table(group + "/area", "row", areas);

  if (has_programme(result)) {
    std::vector<TableColumn> matches = {texts("place", "code of the place"),
                                        texts("match", "an area that it is compared with"),
                                        {"rank", "1", "1 for the nearest", {}, {}}};
    for (std::size_t p = 0; p < result.places.size(); ++p)
      for (std::size_t k = 0; k < result.matched.with[p].size(); ++k) {
        matches[0].texts.push_back(result.code[static_cast<std::size_t>(result.places[p])]);
        matches[1].texts.push_back(result.code[static_cast<std::size_t>(result.matched.with[p][k])]);
        matches[2].numbers.push_back(static_cast<double>(k + 1));
      }
    if (!matches[0].texts.empty()) writer.write_table(group + "/match", "row", matches);
  }
  std::vector<TableColumn> placebos = {
      {"difference", unit, "matched comparison of a programme that never was", {}, {}},
      {"pairs_error", unit, "its standard error if places were independent", {}, {}}};
  ScoreColumns foretold("", unit);
  for (const Placebo& one : result.placebos) {
    placebos[0].numbers.push_back(one.matched.mean);
    placebos[1].numbers.push_back(one.matched.pairs_error);
    foretold.add(one.forecast);
  }
  foretold.append_to(placebos);
  writer.write_table(group + "/placebo", "row", placebos);
}

Backcast backcast(Session& session) {
  session.open();
  BackcastSetting setting;
  session.stage("data", [&] {
    setting =
        backcast_setting(session.config(), backcast_options(session.config()), load_pack(session.config()));
  });
  const DataPack pack = setting.past.pack;
  const auto stage = [&](const std::string& name, const std::function<void()>& body) {
    session.stage(name, [&] {
      std::optional<StopScope> stop;  // replicates are kept in units and ask between them
      if (name != "draws" && session.hooks().ranks->size() == 1)  // several ranks stop between stages
        stop.emplace(session.hooks().interrupted, "interrupted within stage '" + name + "'");
      body();
    });
  };
  session.plan({{"model", 0.0, 0.0, ""},
                {"draws", 0.0, static_cast<double>(session.config().replicates), "replicates"},
                {"forecast", 0.0, 0.0, ""},
                {"scores", 0.0, 0.0, ""},
                {"placebos", 0.0, 0.0, ""}});
  const UnitWork work = session.units("backcast", pack.inputs);
  Backcast result = spillway::backcast(std::move(setting), stage, work, session.workers());
  session.keep(pack, [&](RunWriter& writer) { write_backcast(writer, result); });
  return result;
}

}  // namespace spillway::studies
