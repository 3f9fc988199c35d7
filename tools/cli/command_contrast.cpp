// spillway contrast: two scenarios of one run against each other, draw by draw, in groups and in every area.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/draw/sensitivity_indices.hpp"
#include "engine/store/run_store.hpp"
#include "scenarios/contrast.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/policy.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {

struct Flags {
  std::string run, first, second, output, json, data;
  bool areas = false, quiet = false, unsealed = false;
  long area_draws = 1000;
  int threads = 0;
};

/// A less B in one group, or of one amount of money.
struct GroupContrast {
  std::string outcome, grouping, group, unit;
  double p5 = 0, p50 = 0, p95 = 0, first_better = 0, second_better = 0;
};

/// How often one is better in every type of area at once.
struct Dominance {
  std::string outcome;
  double first = 0, second = 0;
};

struct Contrast {
  std::string first, second;
  long draws = 0;
  std::vector<GroupContrast> groups;
  std::vector<Dominance> dominance;
  std::vector<scenarios::AreaContrast> areas;
  std::vector<double> levels;
  std::string area_unit;
};

bool lower_is_better(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/scenarios/" + scenario;
  return reader.has_attribute(group, "better") &&
         reader.attribute_as<std::string>(group, "better") == "lower";
}

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

void check_names(const RunReader& reader, const Flags& flags) {
  const auto names = reader.scenarios();
  for (const auto& name : {flags.first, flags.second})
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = nearest_word(name, names);
      throw InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", flags.run, name,
                                   near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                   fmt::join(names, ", ")));
    }
  if (reader.replicate_of_draw(flags.first) != reader.replicate_of_draw(flags.second))
    throw InputError(
        fmt::format("scenarios '{}' and '{}' use other replicates of the estimates, so their draws are no "
                    "pairs (run both on the same estimates)",
                    flags.first, flags.second));
  if (lower_is_better(reader, flags.first) != lower_is_better(reader, flags.second))
    throw InputError(
        fmt::format("of the outcome of '{}' more is better, of that of '{}' less (they move different "
                    "outcomes and have no contrast)",
                    flags.first, flags.second));
}

void contrast_groups(const RunReader& reader, Contrast& contrast) {
  const double sign = lower_is_better(reader, contrast.first) ? -1.0 : 1.0;
  const auto theirs = reader.aggregate_outcomes(contrast.second);
  for (const auto& outcome : reader.aggregate_outcomes(contrast.first)) {
    if (std::find(theirs.begin(), theirs.end(), outcome) == theirs.end()) continue;
    const auto other = reader.groupings(contrast.second, outcome);
    for (const std::string& grouping : reader.groupings(contrast.first, outcome)) {
      if (std::find(other.begin(), other.end(), grouping) == other.end()) continue;
      const StoredAggregate a = reader.aggregate(contrast.first, outcome, grouping),
                            b = reader.aggregate(contrast.second, outcome, grouping);
      if (a.groups != b.groups || a.draws != b.draws) continue;
      contrast.draws = a.draws;
      Eigen::Array<bool, Eigen::Dynamic, 1> first = Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(a.draws,
                                                                                                    true),
                                            second = first;
      for (std::size_t g = 0; g < a.groups.size(); ++g) {
        Eigen::VectorXd difference(a.draws);
        for (long d = 0; d < a.draws; ++d)
          difference[d] = static_cast<double>(a.at(d, a.periods.size() - 1, g)) -
                          static_cast<double>(b.at(d, b.periods.size() - 1, g));
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
  const auto appraised = reader.appraisals();
  const auto has = [&](const std::string& name) {
    return std::find(appraised.begin(), appraised.end(), name) != appraised.end();
  };
  if (has(contrast.first) && has(contrast.second)) {
    const auto a = reader.appraisal(contrast.first).npsv, b = reader.appraisal(contrast.second).npsv;
    if (a.size() != b.size())
      throw InputError(fmt::format("the appraisals of '{}' and '{}' have {} and {} draws, which are no pairs",
                                   contrast.first, contrast.second, a.size(), b.size()));
    const Eigen::VectorXd difference =
        Eigen::Map<const Eigen::VectorXd>(a.data(), static_cast<Eigen::Index>(a.size())) -
        Eigen::Map<const Eigen::VectorXd>(b.data(), static_cast<Eigen::Index>(b.size()));
    contrast.groups.push_back(contrast_of("npsv", "nation", "national", "GBP", difference, 1.0));
  }
}

const ScenarioConfig& scenario_named(const RunConfig& config, const std::string& name) {
  return *std::find_if(config.scenarios.begin(), config.scenarios.end(),
                       [&](const auto& one) { return one.name == name; });
}

/// Areas' draws are not in the file: the run's estimates and scenarios are made again (same bits) and
/// compared.
RunResult contrast_every_area(const RunReader& reader, const Flags& flags, Contrast& contrast) {
  std::vector<std::string> overrides;
  if (!flags.data.empty()) overrides.push_back(fmt::format("data.pack=\"{}\"", flags.data));
  RunConfig config = stored_config(reader, overrides);
  config.threads = flags.threads;
  RunHooks hooks = policy_hooks(config);
  hooks.interrupted = stop_requested;
  Progress progress(flags.quiet);
  hooks.progress = [&](const std::string& stage, const std::string& detail) {
    progress.stage(stage, detail);
  };
  RunResult result = run_estimates(config, hooks);
  const ScenarioConfig &a = scenario_named(config, contrast.first),
                       &b = scenario_named(config, contrast.second);
  const LeverContext of_a = lever_context(a, config, result.inputs, result.models, result.draws),
                     of_b = lever_context(b, config, result.inputs, result.models, result.draws);
  OutcomePlan plan = outcome_plan(config, of_a, hooks.discount);
  std::erase_if(plan.outcomes, [](AreaOutcome outcome) {
    return outcome != AreaOutcome::uplift && outcome != AreaOutcome::cumulative_uplift;
  });
  if (plan.outcomes.empty()) plan.outcomes = {AreaOutcome::cumulative_uplift};
  contrast.levels = plan.quantiles;
  contrast.area_unit = of_a.outcome_unit.empty() ? "1" : of_a.outcome_unit;
  progress.stage("areas", "");
  const Policy first = hooks.prepare(a, config, of_a), second = hooks.prepare(b, config, of_b);
  contrast.areas = scenarios::contrast_areas(first.dynamics, second.dynamics, plan, flags.area_draws,
                                             {worker_count({config.threads})});
  progress.stage("areas",
                 fmt::format("{} x {} draws", result.inputs.pack.areas.rows, contrast.areas.front().draws));
  return result;
}

std::string unit_of(const Contrast& contrast, const scenarios::AreaContrast& area) {
  return area.outcome == AreaOutcome::cumulative_uplift ? contrast.area_unit + ", summed over the horizon"
                                                        : contrast.area_unit;
}

TextTable group_table(const Contrast& contrast) {
  TextTable table;
  table.title =
      fmt::format("{} less {}, the same draw of both (last period)", contrast.first, contrast.second);
  table.header = {"outcome", "P5", "P50", "P95", "P(A better)", "P(B better)", "unit"};
  for (const GroupContrast& one : contrast.groups)
    if (one.grouping == "nation" || one.grouping == "area_type")
      table.rows.push_back({one.outcome + " " + one.group, short_number(one.p5), short_number(one.p50),
                            short_number(one.p95), fmt::format("{:.3f}", one.first_better),
                            fmt::format("{:.3f}", one.second_better), one.unit});
  table.notes = {fmt::format(
      "A is {}, B is {}; draws share estimates and, where names agree, parameters; ties are neither's",
      contrast.first, contrast.second)};
  for (const Dominance& one : contrast.dominance)
    table.notes.push_back(
        fmt::format("{}: A is better in every type of area at once in {:.3f} of draws, B in {:.3f}",
                    one.outcome, one.first, one.second));
  return table;
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
                  "median of medians"};
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
    row.push_back(medians.empty() ? "" : short_number(medians[medians.size() / 2]));
    table.rows.push_back(std::move(row));
  }
  table.notes = {
      "single areas are not for ranking: the Office for National Statistics advises against comparing single "
      "LSOAs"};
  return table;
}

nlohmann::ordered_json json_of(const Contrast& contrast, const RunResult* result) {
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
  nlohmann::ordered_json all = {{"first", contrast.first},
                                {"second", contrast.second},
                                {"draws", contrast.draws},
                                {"aggregates", groups},
                                {"dominance_in_every_type", dominance}};
  if (!result) return all;
  nlohmann::ordered_json codes = nlohmann::ordered_json::array();
  const Column& code = result->inputs.pack.areas.at("area_code");
  for (std::size_t i = 0; i < result->inputs.pack.areas.rows; ++i) codes.push_back(code.text(i));
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

/// /contrast/<A>/<B>: aggregates, dominance, and a table of every area an outcome.
void write_contrast(const Flags& flags, const RunReader& reader, const Contrast& contrast,
                    const RunResult* result) {
  RunWriter writer(flags.output);
  RunRecord record = reader.run();
  record.stages.clear();
  writer.write_run(record);
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
  for (const Dominance& one : contrast.dominance)
    writer.write_attribute(group, "dominance_" + one.outcome, std::vector<double>{one.first, one.second});
  if (result)
    for (const auto& area : contrast.areas) {
      const std::string table = group + "/area_" + to_string(area.outcome);
      std::vector<TableColumn> columns = {{"area", "1", "code of the area", {}, {}}};
      const Column& code = result->inputs.pack.areas.at("area_code");
      for (std::size_t i = 0; i < result->inputs.pack.areas.rows; ++i)
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
  writer.commit();
}

void contrast_command(const Flags& flags) {
  if (flags.area_draws < 1)
    throw InputError(fmt::format("--area-draws is {} (needs 1 or more)", flags.area_draws));
  const RunReader reader(flags.run, seal_needed(flags.unsealed));
  check_names(reader, flags);
  Contrast contrast;
  contrast.first = flags.first;
  contrast.second = flags.second;
  contrast_groups(reader, contrast);
  std::optional<RunResult> result;
  if (flags.areas) result = contrast_every_area(reader, flags, contrast);
  std::string text = format_table(group_table(contrast), TableFormat::terminal) + "\n";
  for (const auto& area : contrast.areas)
    text += format_table(area_table(contrast, area, result->inputs), TableFormat::terminal) + "\n";
  if (!flags.output.empty()) write_contrast(flags, reader, contrast, result ? &*result : nullptr);
  if (!flags.json.empty())
    write_text(flags.json, json_of(contrast, result ? &*result : nullptr).dump(1) + "\n");
  if (flags.json != "-") fmt::print("{}", text);
}

}  // namespace

void add_contrast(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "contrast",
      "Two scenarios of one run against each other, draw by draw: which is better, how surely, and where");
  command->add_option("RUN", flags->run, "Result file")->required();
  add_unsealed(*command, flags->unsealed);
  command->add_option("A", flags->first, "A scenario of it")->required();
  command->add_option("B", flags->second, "Another")->required();
  command->add_flag("--areas", flags->areas,
                    "Also every area: the run's estimates are made again from its own configuration (its "
                    "pack must be there)");
  command
      ->add_option("--area-draws", flags->area_draws,
                   "Draws by area where a scenario changes rho or W; contrasts of shocks alone use all")
      ->capture_default_str();
  command->add_option("--data", flags->data, "The run's data pack, where it has moved");
  command->add_option("--threads", flags->threads,
                      "Worker threads; 0: every core. Changes speed, never results");
  command->add_option("--output", flags->output, "Also keep the contrast in FILE (HDF5)");
  command->add_option("--json", flags->json,
                      "Also write the contrast to FILE as JSON; '-' writes to standard output");
  command->add_flag("--quiet", flags->quiet, "No progress on standard error");
  command->footer(
      "Examples:\n"
      "  spillway contrast results/england.h5 ring_fence_10 wealth_fund\n"
      "  spillway contrast results/england.h5 ring_fence_10 bus_franchising --areas --json contrast.json "
      "--output contrast.h5");
  command->callback([flags] { contrast_command(*flags); });
}

}  // namespace spillway::cli
