// Scenarios of a run for the page: areas' quantiles, fans of aggregates, paired contrasts and gaps between
// types.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tools/export/report_data.hpp"
#include "tools/export/report_encode.hpp"
#include "tools/studies/weak_sets.hpp"

namespace spillway {

using nlohmann::json;

namespace {

const std::vector<double> fan_levels = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};

std::vector<double> as_doubles(const Eigen::VectorXf& values) {
  return {values.data(), values.data() + values.size()};
}

/// P(better): of draws in which the outcome moves the way that counts as better.
double share_better(const std::vector<float>& draws, double better) {
  const auto n = std::count_if(draws.begin(), draws.end(),
                               [&](float v) { return better * static_cast<double>(v) > 0.0; });
  return draws.empty() ? std::nan("") : static_cast<double>(n) / static_cast<double>(draws.size());
}

/// Quantiles at fan_levels, mean and P(better).
struct Spread {
  std::vector<double> q;
  double mean = 0.0, better = 0.0;
};

Spread spread_of(std::vector<float>& draws, double better) {
  Spread spread;
  spread.better = share_better(draws, better);
  double sum = 0.0;
  for (const float v : draws) sum += v;
  spread.mean = draws.empty() ? std::nan("") : sum / static_cast<double>(draws.size());
  spread.q = quantiles_of(draws, fan_levels);
  return spread;
}

/// Outcomes that are sums of the uplift: k times as large where every shock is. Pounds are not (they grow on
/// a level that grows).
bool proportional(const std::string& outcome) {
  return outcome == to_string(AreaOutcome::uplift) || outcome == to_string(AreaOutcome::cumulative_uplift);
}

/// How much of an area's outcome the page carries: everything, or the middle and the outermost quantiles.
enum class Detail { full, lean };
/// How many digits of its quantiles: those that a colour or a label needs, or those that stand up to a run
/// where the reader may scale them.
enum class Digits { few, many };

json area_json(const StoredAreaSummary& stored, Detail detail, Digits digits) {
  const auto encode = digits == Digits::many ? encode_fine : encode_half;
  const AreaSummary& s = stored.summary;
  const auto levels = static_cast<Eigen::Index>(stored.levels.size());
  // The middle level, and the others' distances from it: widths keep their digits.
  Eigen::Index middle = 0;
  for (Eigen::Index l = 0; l < levels; ++l)
    if (std::fabs(stored.levels[static_cast<std::size_t>(l)] - 0.5) <
        std::fabs(stored.levels[static_cast<std::size_t>(middle)] - 0.5))
      middle = l;
  const Eigen::VectorXf centre = levels > 0 ? Eigen::VectorXf(s.quantile.row(middle).transpose()) : s.mean;
  json offsets = json::array(), kept = json::array();
  std::size_t place = 0;
  for (Eigen::Index l = 0; l < levels; ++l) {
    if (detail == Detail::lean && l != middle && l != 0 && l != levels - 1) continue;
    if (l == middle) place = kept.size();
    kept.push_back(stored.levels[static_cast<std::size_t>(l)]);
    offsets.push_back(l == middle ? json() : encode(as_doubles(s.quantile.row(l).transpose() - centre)));
  }
  const bool full = detail == Detail::full;
  return {{"name", to_string(s.outcome)},
          {"unit", stored.unit},
          {"levels", kept},
          {"middle", place},
          {"centre", encode(as_doubles(centre))},
          {"offsets", offsets},
          {"mean", full ? encode_half(as_doubles(s.mean - centre)) : json()},
          {"sd", full ? encode_half(as_doubles(s.sd)) : json()},
          {"proportional", proportional(to_string(s.outcome))},
          {"better", encode_steps(as_doubles(s.probability_better), 0.0, 1.0)}};
}

std::vector<float> draws_of(const StoredAggregate& series, std::size_t period, std::size_t group) {
  std::vector<float> draws;
  draws.reserve(static_cast<std::size_t>(series.draws));
  for (long d = 0; d < series.draws; ++d) draws.push_back(series.at(d, period, group));
  return draws;
}

/// The Monte Carlo standard error of each group's median in the last period, as the run kept it; null in
/// files of older versions, and where the run kept no median.
json median_error(const RunReader& reader, const std::string& group, std::size_t groups) {
  if (!reader.has(group + "/monte_carlo_error") || !reader.has(group + "/level")) return nullptr;
  const std::vector<double> levels = reader.numbers(group + "/level").value;
  const auto median = std::find(levels.begin(), levels.end(), 0.5);
  if (median == levels.end()) return nullptr;
  const auto error = reader
                         .numbers(group + "/monte_carlo_error",
                                  {static_cast<long>(levels.size()), static_cast<long>(groups)})
                         .value;
  const auto row = error.begin() + (median - levels.begin()) * static_cast<std::ptrdiff_t>(groups);
  return std::vector<double>(row, row + static_cast<std::ptrdiff_t>(groups));
}

json aggregate_json(const StoredAggregate& series, double better, Parallelism parallelism) {
  const std::size_t groups = series.groups.size(), periods = series.periods.size(),
                    levels = fan_levels.size();
  std::vector<double> q(periods * groups * levels), mean(periods * groups), probability(periods * groups);
  const bool few = groups <= few_groups;  // they get densities
  constexpr std::size_t sample = 100;
  std::vector<double> samples(few ? groups * sample : 0), even;
  for (std::size_t k = 0; k < sample; ++k) even.push_back((static_cast<double>(k) + 0.5) / sample);
  for_each_block(static_cast<std::ptrdiff_t>(periods * groups), 16, parallelism,
                 [&](std::ptrdiff_t first, std::ptrdiff_t last) {
                   for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k) {
                     std::vector<float> draws = draws_of(series, k / groups, k % groups);
                     const Spread spread = spread_of(draws, better);
                     std::copy(spread.q.begin(), spread.q.end(),
                               q.begin() + static_cast<std::ptrdiff_t>(k * levels));
                     mean[k] = spread.mean;
                     probability[k] = spread.better;
                     if (few && k / groups == periods - 1) {
                       const auto values = quantiles_of(draws, even);
                       std::copy(values.begin(), values.end(),
                                 samples.begin() + static_cast<std::ptrdiff_t>(k % groups * sample));
                     }
                   }
                 });
  json entry = {
      {"outcome", series.outcome}, {"grouping", series.grouping}, {"unit", series.unit},
      {"groups", series.groups},   {"periods", series.periods},   {"levels", fan_levels},
      {"q", encode_float(q)},      {"mean", encode_float(mean)},  {"better", encode_float(probability)}};
  entry["sample"] = few ? encode_float(samples) : json();
  return entry;
}

/// The whole effect by the end of every year, draw by draw: sums of the yearly rates that the run kept, of
/// which the last is the outcome that it kept itself. As it is where the rates of all years are not there.
StoredAggregate year_by_year(const RunReader& reader, const std::string& scenario, StoredAggregate whole) {
  if (whole.outcome != to_string(AreaOutcome::cumulative_uplift) || whole.groups.size() > few_groups)
    return whole;
  const std::string rate = to_string(AreaOutcome::uplift);
  if (!reader.has_draws(scenario, rate, whole.grouping)) return whole;
  const StoredAggregate yearly = reader.aggregate(scenario, rate, whole.grouping);
  const std::size_t groups = whole.groups.size(), periods = yearly.periods.size();
  if (yearly.groups != whole.groups || yearly.draws != whole.draws || periods < 2 ||
      yearly.periods.back() != whole.periods.back())
    return whole;
  StoredAggregate sums = yearly;
  sums.outcome = whole.outcome;
  sums.unit = whole.unit;
  for (long d = 0; d < sums.draws; ++d)
    for (std::size_t g = 0; g < groups; ++g) {
      double sum = 0.0;
      for (std::size_t p = 0; p < periods; ++p) {
        sum += static_cast<double>(yearly.at(d, p, g));
        sums.value[(static_cast<std::size_t>(d) * periods + p) * groups + g] =
            p + 1 == periods ? whole.at(d, 0, g) : static_cast<float>(sum);
      }
    }
  return sums;
}

/// The policy's effect on the gap between two groups, draw by draw: first less second, every period.
json gaps_json(const StoredAggregate& series, double better) {
  json gaps = json::array();
  for (std::size_t a = 0; a < series.groups.size(); ++a)
    for (std::size_t b = a + 1; b < series.groups.size(); ++b) {
      json rows = json::array();
      for (std::size_t p = 0; p < series.periods.size(); ++p) {
        std::vector<float> difference;
        for (long d = 0; d < series.draws; ++d) difference.push_back(series.at(d, p, a) - series.at(d, p, b));
        const Spread spread = spread_of(difference, better);
        rows.push_back({{"period", series.periods[p]}, {"q", spread.q}, {"better", spread.better}});
      }
      gaps.push_back({{"outcome", series.outcome},
                      {"unit", series.unit},
                      {"first", series.groups[a]},
                      {"second", series.groups[b]},
                      {"rows", rows}});
    }
  return gaps;
}

/// Public cost: each period's quantiles, and the whole horizon's.
json cost_json(const RunReader& reader, const std::string& group) {
  if (!reader.has(group + "/cost")) return nullptr;
  const NumberBlock cost = reader.numbers(group + "/cost");
  if (cost.shape.size() != 2) return nullptr;
  const auto draws = static_cast<std::size_t>(cost.shape[0]),
             periods = static_cast<std::size_t>(cost.shape[1]);
  json rows = json::array(), so_far = json::array();
  std::vector<float> total(draws, 0.0f);
  for (std::size_t p = 0; p < periods; ++p) {
    std::vector<float> values;
    for (std::size_t d = 0; d < draws; ++d) {
      values.push_back(static_cast<float>(cost.value[d * periods + p]));
      total[d] += values.back();
    }
    rows.push_back(quantiles_of(values, fan_levels));
    std::vector<float> sum = total;
    so_far.push_back(quantiles_of(sum, fan_levels));
  }
  return {{"periods", rows},
          {"byPeriod", so_far},
          {"total", quantiles_of(total, fan_levels)},
          {"levels", fan_levels},
          {"unit", "GBP"}};
}

/// Where the cumulative uplift of nation and area types comes from: quantiles of each part.
json split_json(const RunReader& reader, const std::string& group) {
  json all = json::array();
  for (const char* grouping : {"nation", "area_type"}) {
    const std::string path = group + "/split/" + grouping + "/value";
    if (!reader.has(path)) continue;
    const auto parts = reader.attribute_as<std::vector<std::string>>(path, "parts"),
               groups = reader.attribute_as<std::vector<std::string>>(path, "groups");
    const NumberBlock block = reader.numbers(
        path, {static_cast<long>(parts.size()), RunReader::any_length, static_cast<long>(groups.size())});
    const auto draws = static_cast<std::size_t>(block.shape[1]);
    for (std::size_t g = 0; draws > 0 && g < groups.size(); ++g) {
      json of = json::array();
      for (std::size_t p = 0; p < parts.size(); ++p) {
        std::vector<float> values;
        for (std::size_t d = 0; d < draws; ++d)
          values.push_back(static_cast<float>(block.value[(p * draws + d) * groups.size() + g]));
        of.push_back({{"part", parts[p]}, {"q", quantiles_of(values, {0.05, 0.5, 0.95})}});
      }
      all.push_back({{"grouping", grouping}, {"group", groups[g]}, {"parts", of}});
    }
  }
  return all;
}

json parameters_json(const StoredParameters& parameters) {
  json rows = json::array();
  for (std::size_t k = 0; k < parameters.names.size(); ++k) {
    std::vector<float> values;
    for (Eigen::Index d = 0; d < parameters.value.rows(); ++d)
      values.push_back(static_cast<float>(parameters.value(d, static_cast<Eigen::Index>(k))));
    rows.push_back({{"name", parameters.names[k]},
                    {"unit", k < parameters.units.size() ? parameters.units[k] : ""},
                    {"q", quantiles_of(values, fan_levels)}});
  }
  return rows;
}

/// Mean money gained or lost, GBP a resident, for every area of the run; null where the scenario moves none.
json transfer_json(const RunReader& reader, const std::string& group) {
  if (!reader.has(group + "/transfer/gbp_per_head")) return nullptr;
  const auto areas = reader.texts(group + "/transfer/area");
  const auto gained =
      reader.numbers(group + "/transfer/gbp_per_head", {static_cast<long>(areas.size())}).value;
  std::map<std::string, double> of_area;
  for (std::size_t k = 0; k < areas.size(); ++k) of_area[areas[k]] = gained[k];
  std::vector<double> values;
  for (const std::string& code : reader.area_texts("area_code"))
    values.push_back(of_area.contains(code) ? of_area[code] : 0.0);
  return encode_half(values);
}

/// Means of the three parts of every area's cumulative uplift; null where the run did not keep them.
json area_split_json(const RunReader& reader, const std::string& group) {
  if (!reader.has(group + "/area_split/mean")) return nullptr;
  const auto parts = reader.texts(group + "/area_split/part");
  const auto areas = reader.area_texts("area_code").size();
  const auto mean =
      reader.numbers(group + "/area_split/mean", {static_cast<long>(parts.size()), static_cast<long>(areas)})
          .value;
  json all = json::array();
  for (std::size_t p = 0; p < parts.size(); ++p)
    all.push_back({{"part", parts[p]},
                   {"mean", encode_half(std::vector<double>(
                                mean.begin() + static_cast<std::ptrdiff_t>(p * areas),
                                mean.begin() + static_cast<std::ptrdiff_t>((p + 1) * areas)))}});
  return all;
}

/// Whether the nation's pounds can be read (PoundReconciliation::told), null where the run did not ask.
json pounds_told(const RunReader& reader, const std::string& group) {
  if (!reader.has(group + "/pounds")) return nullptr;
  return reader.attribute_as<std::int64_t>(group + "/pounds", "told") != 0;
}

std::string text_of(const json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

}  // namespace

json report_scenarios(const RunReader& reader, Parallelism parallelism, std::vector<std::string>& warnings) {
  json all = json::array();
  // Two bytes a number, four thirds of it in base64, of which the page's compression takes a third: beyond 10
  // MB of them the page shows less of each area.
  double numbers = 0.0;
  for (const std::string& name : reader.scenarios())
    for (const std::string& outcome : reader.area_outcomes(name))
      numbers += static_cast<double>(
          reader.numbers("/scenarios/" + name + "/area/" + outcome + "/level").value.size() + 3);
  const double size = numbers * static_cast<double>(reader.area_texts("area_code").size()) * 2.0 * 4.0 / 3.0;
  const Detail detail = size > 10e6 ? Detail::lean : Detail::full;
  if (detail == Detail::lean)
    warnings.push_back(
        "the run holds more outcomes of areas than a page of 10 MB: it shows their median, outermost "
        "quantiles and P(better), the file has the rest");
  for (const std::string& name : reader.scenarios()) {
    const std::string group = "/scenarios/" + name;
    json entry = {{"name", name}, {"attributes", to_json(reader.scenario_attributes(name))}};
    if (const std::string sets = studies::sets_text(studies::weak_sets(reader, name)); !sets.empty()) {
      json& said = entry["attributes"]["warnings"];
      if (!said.is_array()) said = json::array();
      said.push_back(sets);
    }
    const double better = text_of(entry["attributes"], "better") == "lower" ? -1.0 : 1.0;
    entry["draws"] = reader.replicate_of_draw(name).size();
    entry["parameters"] =
        reader.has(group + "/parameters") ? parameters_json(reader.scenario_parameters(name)) : json::array();
    entry["cost"] = cost_json(reader, group);
    entry["transfer"] = transfer_json(reader, group);
    entry["split"] = split_json(reader, group);
    entry["areaSplit"] = area_split_json(reader, group);
    entry["poundsTold"] = pounds_told(reader, group);
    const Digits digits = entry["attributes"].contains("sizes") ? Digits::many : Digits::few;
    entry["areas"] = json::array();
    for (const std::string& outcome : reader.area_outcomes(name))
      entry["areas"].push_back(area_json(reader.area_summary(name, outcome), detail, digits));
    entry["aggregates"] = json::array();
    entry["gaps"] = json::array();
    for (const std::string& outcome : reader.aggregate_outcomes(name))
      for (const std::string& grouping : reader.groupings(name, outcome)) {
        const StoredAggregate series = year_by_year(reader, name, reader.aggregate(name, outcome, grouping));
        entry["aggregates"].push_back(aggregate_json(series, better, parallelism));
        entry["aggregates"].back()["error"] = median_error(
            reader, fmt::format("{}/aggregate/{}/{}", group, outcome, grouping), series.groups.size());
        entry["aggregates"].back()["proportional"] = proportional(outcome);
        if (grouping == "area_type" && series.groups.size() <= 8)
          for (const json& gap : gaps_json(series, better)) entry["gaps"].push_back(gap);
      }
    all.push_back(entry);
  }
  return all;
}

json report_contrasts(const RunReader& reader) {
  json all = json::array();
  const auto scenarios = reader.scenarios();
  for (std::size_t a = 0; a < scenarios.size(); ++a)
    for (std::size_t b = a + 1; b < scenarios.size(); ++b) {
      // Draw d of both stands on the same replicate, or nothing is common and no difference is paired.
      const auto first = reader.replicate_of_draw(scenarios[a]),
                 second = reader.replicate_of_draw(scenarios[b]);
      if (first != second) continue;
      const json attributes = to_json(reader.scenario_attributes(scenarios[a])),
                 others = to_json(reader.scenario_attributes(scenarios[b]));
      if (text_of(attributes, "outcome") != text_of(others, "outcome")) continue;
      const double better = text_of(attributes, "better") == "lower" ? -1.0 : 1.0;
      const auto outcomes = reader.aggregate_outcomes(scenarios[b]);
      for (const std::string& outcome : reader.aggregate_outcomes(scenarios[a])) {
        if (std::find(outcomes.begin(), outcomes.end(), outcome) == outcomes.end()) continue;
        for (const char* grouping : {"nation", "area_type", "region"}) {
          const auto of_a = reader.groupings(scenarios[a], outcome),
                     of_b = reader.groupings(scenarios[b], outcome);
          if (std::find(of_a.begin(), of_a.end(), grouping) == of_a.end() ||
              std::find(of_b.begin(), of_b.end(), grouping) == of_b.end())
            continue;
          const StoredAggregate x = reader.aggregate(scenarios[a], outcome, grouping),
                                y = reader.aggregate(scenarios[b], outcome, grouping);
          if (x.groups != y.groups || x.draws != y.draws) continue;
          for (std::size_t g = 0; g < x.groups.size(); ++g) {
            std::vector<float> difference;
            for (long d = 0; d < x.draws; ++d)
              difference.push_back(x.at(d, x.periods.size() - 1, g) - y.at(d, y.periods.size() - 1, g));
            const Spread spread = spread_of(difference, better);
            all.push_back({{"first", scenarios[a]},
                           {"second", scenarios[b]},
                           {"outcome", outcome},
                           {"unit", x.unit},
                           {"grouping", grouping},
                           {"group", x.groups[g]},
                           {"q", spread.q},
                           {"better", spread.better}});
          }
        }
      }
    }
  return all;
}

}  // namespace spillway
