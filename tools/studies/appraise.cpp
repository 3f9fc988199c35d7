#include "tools/studies/appraise.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "engine/run/aim.hpp"
#include "tools/studies/conclude.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/plausibility.hpp"
#include "tools/studies/stored_config.hpp"
#include "tools/studies/worth_rows.hpp"

namespace spillway::studies {

namespace {

std::vector<double> listed(const Eigen::VectorXd& values) {
  return {values.data(), values.data() + values.size()};
}

/// The group whose column is "local": doubly disadvantaged areas where the types know them, else the smallest
/// type.
std::string local_group(const std::vector<std::string>& groups, const std::vector<double>& size) {
  if (std::find(groups.begin(), groups.end(), "doubly_disadvantaged") != groups.end())
    return "doubly_disadvantaged";
  return groups[static_cast<std::size_t>(std::min_element(size.begin(), size.end()) - size.begin())];
}

/// The Exchequer's view as a table of the file: medians of draws, and the range of net cost.
std::vector<TableColumn> exchequer_columns(const scenarios::Exchequer& view, int price_base_year) {
  const std::string unit = fmt::format("GBP, {} prices", price_base_year);
  std::vector<TableColumn> columns;
  const auto add = [&](const char* name, const std::string& of, const std::string& meaning,
                       const auto& value) {
    TableColumn made{name, of, meaning, {}, {}};
    for (std::size_t k = 0; k < view.years.size(); ++k) made.numbers.push_back(value(k));
    columns.push_back(std::move(made));
  };
  const auto middle = [](const Eigen::VectorXd& draws) { return scenarios::percentiles(draws).p50; };
  // Whoever reads one column alone reads whose figure it is.
  const std::string assumed = view.assumed.empty() ? "" : "; " + view.assumed;
  add("year", "1", "calendar year", [&](std::size_t k) { return static_cast<double>(view.years[k].year); });
  add("rdel", unit, "revenue that departments spend, median of draws",
      [&](std::size_t k) { return middle(view.years[k].rdel); });
  add("cdel", unit, "capital that departments spend, median of draws",
      [&](std::size_t k) { return middle(view.years[k].cdel); });
  if (view.split)
    add("ame_saved", unit, "benefits no longer paid, median of draws" + assumed,
        [&](std::size_t k) { return middle(view.years[k].ame_saved); });
  if (view.fiscal)
    add("receipts", unit,
        "taxes gained, with benefits saved where they are not told apart, median of draws" + assumed,
        [&](std::size_t k) { return middle(view.years[k].receipts); });
  if (view.cashable_known)
    add("cashable", unit, "of what comes back, what can be taken out of a budget, median of draws" + assumed,
        [&](std::size_t k) { return middle(view.years[k].cashable); });
  add("net_cost", unit, "what is spent less what comes back, median of draws" + assumed,
      [&](std::size_t k) { return middle(view.years[k].net()); });
  add("net_cost_p10", unit, "10 % quantile of draws" + assumed,
      [&](std::size_t k) { return scenarios::percentiles(view.years[k].net()).p10; });
  add("net_cost_p90", unit, "90 % quantile of draws" + assumed,
      [&](std::size_t k) { return scenarios::percentiles(view.years[k].net()).p90; });
  if (!view.within.empty())
    add("within_envelope", "1", "share of draws in which spending is within the envelope",
        [&](std::size_t k) { return view.within[k]; });
  return columns;
}

/// An aggregate's draws, each times its factor; no factors: as they are.
std::vector<float> times(const StoredAggregate& stored, const Eigen::VectorXd& factor) {
  std::vector<float> value = stored.value;
  if (factor.size() == 0) return value;
  const std::size_t of_a_draw = stored.periods.size() * stored.groups.size();
  for (std::size_t k = 0; k < value.size(); ++k)
    value[k] =
        static_cast<float>(factor[static_cast<Eigen::Index>(k / of_a_draw)] * static_cast<double>(value[k]));
  return value;
}

std::string money(double pounds) { return fmt::format("GBP {}m", short_number(pounds / 1e6)); }

}  // namespace

Eigen::VectorXd cumulative(const ScenarioOutcome& outcome, const OutcomePlan& plan,
                           const std::string& grouping, const std::string& group) {
  for (const AggregateSeries& series : outcome.aggregates) {
    const Grouping& groups = plan.groupings[static_cast<std::size_t>(series.grouping)];
    const auto place = std::find(groups.groups.begin(), groups.groups.end(), group);
    if (series.outcome != AreaOutcome::uplift || groups.name != grouping || place == groups.groups.end())
      continue;
    return summed_over_periods(series, place - groups.groups.begin(), series.periods);
  }
  return {};
}

bool can_be_appraised(const Policy& policy, const OutcomePlan& plan) {
  return policy.cost.size() > 0 &&
         std::any_of(plan.groupings.begin(), plan.groupings.end(),
                     [](const Grouping& g) { return g.name == "area_type"; }) &&
         std::find(plan.outcomes.begin(), plan.outcomes.end(), AreaOutcome::uplift) != plan.outcomes.end();
}

scenarios::PoundWorth worth_of_policy(const std::string& part, const ScenarioConfig& scenario,
                                      const RunConfig& config, const LeverContext& context,
                                      const Policy& policy, const ScenarioOutcome& outcome,
                                      const OutcomePlan& plan) {
  scenarios::AppraisalSettings settings = scenarios::appraisal_settings(config, context.draws);
  settings.switching = scenarios::Switch::off;
  const scenarios::AppraisalInputs inputs = scenario_inputs(part, scenario, context, policy, outcome, plan);
  const PolicyAreas areas = policy_areas(scenario, plan);
  scenarios::PoundWorth worth = scenarios::pound_worth(part, inputs, scenarios::appraise(inputs, settings),
                                                       cumulative(outcome, plan, areas.grouping, areas.group),
                                                       cumulative(outcome, plan, "nation", "nation"));
  if (is_further(scenario))
    for (auto* money : {&worth.npsv, &worth.target_gva, &worth.cost_a_head, &worth.gva_a_head})
      money->reset();
  return worth;
}

std::vector<TableColumn> worth_columns(const std::vector<scenarios::PoundWorth>& rows,
                                       const ScenarioConfig& scenario, const std::string& outcome_unit,
                                       const std::string& areas, int price_base_year) {
  using scenarios::PoundWorth;
  std::vector<TableColumn> columns(1);
  columns[0] = {"part",
                "1",
                "whose money: the policy's, then each lever of a package alone with its part of it",
                {},
                {}};
  for (const PoundWorth& row : rows) columns[0].texts.push_back(row.part);
  const std::string pounds = fmt::format("GBP, {} prices", price_base_year);
  const std::string uplift =
      fmt::format("{} summed over the horizon, per GBP 100m of public cost in {} prices",
                  outcome_unit.empty() ? "1" : outcome_unit, price_base_year);
  const auto add = [&](const char* name, const std::string& unit, const std::string& meaning,
                       const auto& draws_of) {
    constexpr std::pair<const char*, double> levels[] = {{"p5", .05}, {"p50", .5}, {"p95", .95}};
    std::vector<TableColumn> made;
    for (const auto& [level, p] : levels)
      made.push_back({fmt::format("{}_{}", name, level),
                      unit,
                      fmt::format("{}, {:g} % quantile of draws", meaning, 100.0 * p),
                      {},
                      {}});
    bool known = false;
    for (const PoundWorth& row : rows) {
      const std::optional<Eigen::VectorXd> figure = draws_of(row);
      known = known || figure.has_value();
      std::vector<double> draws = figure ? listed(*figure) : std::vector<double>{};
      std::sort(draws.begin(), draws.end());
      for (std::size_t k = 0; k < made.size(); ++k)
        made[k].numbers.push_back(draws.empty() ? std::nan("") : sorted_quantile(draws, levels[k].second));
    }
    if (known) columns.insert(columns.end(), made.begin(), made.end());
  };
  if (!is_further(scenario))
    add("cost", pounds, "public cost in present value",
        [](const PoundWorth& row) { return std::optional<Eigen::VectorXd>(row.cost); });
  add("npsv_per_pound", "GBP per GBP of public cost", "national net present social value",
      [](const PoundWorth& row) { return row.npsv; });
  add("target_gva_per_pound", "GBP per GBP of public cost",
      fmt::format("GVA that {} gain, in present value", areas),
      [](const PoundWorth& row) { return row.target_gva; });
  add("target_uplift_per_100m", uplift,
      fmt::format("uplift of {}, below zero where the outcome falls", areas),
      [](const PoundWorth& row) { return row.target_uplift; });
  add("nation_uplift_per_100m", uplift, "uplift of all areas, below zero where the outcome falls",
      [](const PoundWorth& row) { return row.nation_uplift; });
  add("cost_per_head", fmt::format("{}, per resident of {}", pounds, areas), "public cost in present value",
      [](const PoundWorth& row) { return row.cost_a_head; });
  add("target_gva_per_head", fmt::format("{}, per resident of {}", pounds, areas),
      "GVA that they gain, in present value", [](const PoundWorth& row) { return row.gva_a_head; });
  return columns;
}

std::string target_group(const Grouping& types) {
  std::vector<double> size(types.groups.size(), 0.0);
  for (const auto group : types.of_area)
    if (group >= 0) size[static_cast<std::size_t>(group)] += 1.0;
  return local_group(types.groups, size);
}

PolicyAreas policy_areas(const ScenarioConfig& scenario, const OutcomePlan& plan) {
  const Grouping* types = nullptr;
  for (const Grouping& grouping : plan.groupings) {
    if (grouping.name == target_grouping) return {target_grouping, inside_target, areas_words(inside_target)};
    if (grouping.name == "area_type") types = &grouping;
  }
  const std::string type = aim_of(scenario).type;
  const bool known = std::find(types->groups.begin(), types->groups.end(), type) != types->groups.end();
  const std::string group = known ? type : target_group(*types);
  return {"area_type", group, areas_words(group)};
}

OutcomePlan scenario_plan(const ScenarioConfig& scenario, const RunConfig& config,
                          const LeverContext& context, const Policy& policy,
                          const std::function<std::vector<double>(double)>& discount) {
  OutcomePlan plan = outcome_plan(config, context, discount);
  if (Grouping own = grouping_of_target(scenario, policy); !own.groups.empty())
    plan.groupings.push_back(std::move(own));
  return plan;
}

scenarios::AppraisalInputs scenario_inputs(const std::string& part, const ScenarioConfig& scenario,
                                           const LeverContext& context, const Policy& policy,
                                           const ScenarioOutcome& outcome, const OutcomePlan& plan) {
  if (std::none_of(plan.groupings.begin(), plan.groupings.end(),
                   [](const Grouping& g) { return g.name == "area_type"; }))
    throw InputError(fmt::format(
        "scenario '{}': an appraisal needs the grouping 'area_type' (add it to outcomes.groupings)", part));
  const PolicyAreas areas = policy_areas(scenario, plan);
  scenarios::AppraisalSource source;
  source.scenario = part;
  source.target = areas.group;
  source.target_grouping = areas.grouping;
  source.population = context.population;
  source.gva = context.gva;
  source.cost = policy.cost;
  source.later_cost = policy.later_cost;
  source.income = context.income;
  source.period_years = context.period_years;
  source.outcome_is_gva_growth = context.outcome_is_gva_growth;
  return scenarios::appraisal_inputs(source, outcome, plan);
}

Appraisal appraise_scenario(const ScenarioConfig& scenario, const RunConfig& config,
                            const LeverContext& context, const Policy& policy, const ScenarioOutcome& outcome,
                            const OutcomePlan& plan) {
  const auto types = std::find_if(plan.groupings.begin(), plan.groupings.end(),
                                  [](const Grouping& g) { return g.name == "area_type"; });
  const bool uplift =
      std::find(plan.outcomes.begin(), plan.outcomes.end(), AreaOutcome::uplift) != plan.outcomes.end();
  Appraisal result;
  result.stored.scenario = scenario.name;
  Evidence evidence;
  std::vector<std::string> conclude;
  if (types != plan.groupings.end() && uplift) {
    const PolicyAreas areas = policy_areas(scenario, plan);
    evidence.target = areas.words;
    evidence.target_uplift = cumulative(outcome, plan, areas.grouping, areas.group);
    evidence.nation_uplift = cumulative(outcome, plan, "nation", "nation");
    if (evidence.nation_uplift.size() == 0) evidence.nation_uplift = evidence.target_uplift;
  }
  const auto pounds = reconcile_pounds(policy, plan, cumulative(outcome, plan, "nation", "nation"));
  if (pounds) {
    evidence.nation_told = pounds->told();
    for (auto& line : pounds->lines()) result.lines.push_back(std::move(line));
  }
  if (!can_be_appraised(policy, plan)) {
    result.lines.push_back(
        "appraisal: none (it needs the outcome 'uplift', the grouping 'area_type' and a lever with costs)");
    if (evidence.target_uplift.size() > 0)
      for (auto& sentence : what_to_conclude(scenario, context, evidence))
        result.lines.push_back(std::move(sentence));
    return result;
  }
  const scenarios::AppraisalInputs inputs =
      scenario_inputs(scenario.name, scenario, context, policy, outcome, plan);
  const scenarios::AppraisalSettings settings = scenarios::appraisal_settings(config, context.draws);
  const scenarios::AppraisalResult appraised = scenarios::appraise(inputs, settings);

  const double moved = policy.transfer.size() == context.population.size()
                           ? policy.transfer.cwiseMax(0.0).dot(context.population)
                           : 0.0;
  const Plausibility plausible = plausibility(inputs, moved);
  result.lines.insert(
      plausible.verdict == Plausibility::Verdict::large || plausible.verdict == Plausibility::Verdict::small
          ? result.lines.begin()
          : result.lines.end(),
      plausible.line);
  result.doubt = plausible.doubt;

  result.stored.present_value_benefits = listed(appraised.present_value_benefits());
  result.stored.present_value_costs = listed(appraised.present_value_costs);
  result.stored.npsv = listed(appraised.npsv());
  if (appraised.bcr().array().isFinite().any()) result.stored.bcr = listed(appraised.bcr());
  result.stored.exchequer = exchequer_columns(appraised.exchequer, settings.price_base_year);
  const std::vector<scenarios::PoundWorth> worth = {scenarios::pound_worth(
      "policy", inputs, appraised, evidence.target_uplift, cumulative(outcome, plan, "nation", "nation"))};
  result.stored.worth =
      worth_columns(worth, scenario, context.outcome_unit, evidence.target, settings.price_base_year);
  std::vector<std::string> table;
  for (const auto& row : scenarios::appraisal_summary(appraised))
    table.push_back(fmt::format("{} {} | local: {} | national: {}{}", row.letter, row.title, row.local,
                                row.national, row.note.empty() ? "" : " | " + row.note));
  evidence.pounds = inputs.no_gva.empty() && settings.gva == scenarios::Switch::on;
  const auto additional = settings.values.find("gva_additional_share");
  evidence.additional_share = additional == settings.values.end() ? 0.0 : additional->second.mean();
  conclude = what_to_conclude(scenario, context, evidence);
  result.stored.attributes = {{"rulebook", settings.rulebook},
                              {"price_base_year", static_cast<std::int64_t>(settings.price_base_year)},
                              {"discount_base_year", static_cast<std::int64_t>(settings.discount_base_year)},
                              {"reference_option", settings.reference_option},
                              {"bcr_reason", appraised.bcr_reason},
                              {"summary_table", table},
                              {"plausibility", plausible.line},
                              {what_comes_back, appraised.exchequer.assumed},
                              {"notes", appraised.notes},
                              {"what_to_conclude", conclude}};
  const auto costs = scenarios::percentiles(appraised.present_value_costs);
  const auto local = scenarios::percentiles(appraised.local.npsv),
             national = scenarios::percentiles(appraised.npsv());
  result.lines.push_back(
      fmt::format("appraisal ({}, {} prices, discounted to {}): costs {} in present value; NPSV local {} "
                  "[{}, {}], national {} [{}, {}] "
                  "(P50 [P10, P90])",
                  settings.rulebook, settings.price_base_year, settings.discount_base_year, money(costs.p50),
                  money(local.p50), money(local.p10), money(local.p90), money(national.p50),
                  money(national.p10), money(national.p90)));
  result.lines.push_back(
      appraised.bcr_reason.empty()
          ? fmt::format("BCR national P50 {}, P(BCR > 1) {:.3f}; the whole table: spillway appraise",
                        short_number(scenarios::percentiles(appraised.bcr()).p50),
                        appraised.national.bcr_above_one)
          : "BCR: none, " + appraised.bcr_reason);
  result.lines.insert(result.lines.end(), conclude.begin(), conclude.end());
  return result;
}

std::string nation_not_told(const RunReader& reader, const std::vector<std::string>& scenarios) {
  std::vector<std::string> names;
  for (const std::string& scenario : scenarios) {
    const std::string pounds = "/scenarios/" + scenario + "/pounds";
    if (reader.has(pounds) && reader.has_attribute(pounds, "told") &&
        reader.attribute_as<std::int64_t>(pounds, "told") == 0)
      names.push_back(scenario);
  }
  if (names.empty()) return "";
  return fmt::format(
      "the nation's uplift under {} is not told by this model (areas' unequal sizes, or a transfer, make "
      "part "
      "of it): no gain, order, lead or net present value of the nation rests on it",
      fmt::join(names, ", "));
}

scenarios::AppraisalInputs stored_inputs(const RunReader& reader, const std::string& scenario,
                                         const std::string& grouping, const Eigen::VectorXd& factor) {
  const std::string group = "/scenarios/" + scenario;
  const std::vector<double> population = reader.area_numbers("population");  // says what a slim result lacks
  if (!reader.has(group + "/cost") || !reader.has(group + "/counterfactual/growth"))
    throw InputError(
        fmt::format("scenario '{}' of '{}' has no costs to appraise", scenario, reader.path().string()));
  const StoredAggregate stored = reader.aggregate(scenario, "uplift", grouping);
  OutcomePlan plan;
  plan.outcomes = {AreaOutcome::uplift};
  Grouping types;
  types.name = grouping;
  types.groups = stored.groups;
  const auto column = grouping_column(grouping, reader.attribute_as<std::string>("/areas", "type_column"));
  for (const auto& type : reader.area_texts(column)) {
    const auto found = std::find(stored.groups.begin(), stored.groups.end(), type);
    if (found == stored.groups.end() && type.empty()) {
      types.of_area.push_back(-1);
      continue;
    }
    if (found == stored.groups.end())
      throw InputError(
          fmt::format("'/areas/{}' of '{}' holds the type '{}', which scenario '{}' has no outcomes of",
                      column, reader.path().string(), type, scenario));
    types.of_area.push_back(static_cast<std::int32_t>(found - stored.groups.begin()));
  }
  const auto vector_of = [](const std::vector<double>& values) {
    return Eigen::VectorXd(
        Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size())));
  };
  scenarios::AppraisalSource source;
  source.scenario = scenario;
  source.grouping = grouping;
  source.population = vector_of(population);
  const auto columns = reader.area_columns();
  if (reader.has_attribute(group, "outcome_is_gva_growth"))
    source.outcome_is_gva_growth = reader.attribute_as<std::int64_t>(group, "outcome_is_gva_growth") != 0;
  if (std::find(columns.begin(), columns.end(), "gva") != columns.end())
    source.gva = vector_of(reader.area_numbers("gva"));
  const NumberBlock cost =
      reader.numbers(group + "/cost", {stored.draws, static_cast<long>(stored.periods.size())});
  source.cost = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      cost.value.data(), cost.shape[0], cost.shape[1]);
  if (reader.has(group + "/later_cost")) {
    const NumberBlock later = reader.numbers(group + "/later_cost", {stored.draws, RunReader::any_length});
    source.later_cost =
        Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
            later.value.data(), later.shape[0], later.shape[1]);
  }
  const RunConfig config = stored_config(reader);
  // Where a policy acts is by area; files of earlier versions do not say it, and types stand in.
  const std::string own = group + "/" + target_grouping;
  std::optional<Grouping> acts;
  if (grouping == "area_type" && reader.has(own) &&
      reader.has(fmt::format("{}/aggregate/uplift/{}", group, target_grouping))) {
    acts = Grouping{target_grouping, {}, reader.aggregate(scenario, "uplift", target_grouping).groups};
    for (const double here : reader.numbers(own + "/acts_on", {static_cast<long>(population.size())}).value)
      acts->of_area.push_back(here > 0.0 ? 0 : 1);
  }
  if (!config.income_column.empty()) source.income = vector_of(reader.area_numbers(config.income_column));
  // A pack of uneven periods (0) has its years a period from the configuration, as in the run.
  source.period_years = reader.attribute_as<double>("/areas", "period_years");
  if (source.period_years <= 0.0) source.period_years = config.period_years;
  if (source.period_years <= 0.0)
    throw InputError(
        fmt::format("'{}' does not say how many years a period has (the pack's periods are uneven and "
                    "outcomes.period_years is not set)",
                    reader.path().string()));
  plan.growth = vector_of(
      reader.numbers(group + "/counterfactual/growth", {static_cast<long>(source.population.size())}).value);
  // Files of earlier versions took the pack's pounds as they are.
  if (source.gva.size() > 0 && reader.has_attribute(group, "gva_factor"))
    source.gva = GvaBase{reader.attribute_as<double>(group, "gva_factor"),
                         reader.attribute_as<double>(group, "gva_periods")}
                     .applied(source.gva, plan.growth);
  plan.head_weight = source.population;
  plan.rate_weight = source.outcome_is_gva_growth && source.gva.size() > 0 ? source.gva : source.population;
  if (source.gva.size() > 0) plan.gva_per_head = source.gva.cwiseQuotient(source.population);
  ScenarioOutcome outcome;
  AggregateSeries series;
  series.outcome = AreaOutcome::uplift;
  series.periods = static_cast<int>(stored.periods.size());
  series.groups = static_cast<long>(stored.groups.size());
  series.value = times(stored, factor);
  outcome.aggregates.push_back(std::move(series));
  const auto add_series = [&](const std::string& name, Grouping groups) {
    const StoredAggregate more = reader.aggregate(scenario, "uplift", name);
    AggregateSeries all;
    all.outcome = AreaOutcome::uplift;
    all.grouping = static_cast<int>(plan.groupings.size());
    all.periods = static_cast<int>(more.periods.size());
    all.groups = static_cast<long>(more.groups.size());
    all.value = times(more, factor);
    outcome.aggregates.push_back(std::move(all));
    plan.groupings.push_back(std::move(groups));
  };
  const bool some_in_none = std::find(types.of_area.begin(), types.of_area.end(), -1) != types.of_area.end();
  plan.groupings.push_back(std::move(types));
  if (some_in_none && reader.has(group + "/aggregate/uplift/nation"))
    add_series("nation", {"nation", {}, {"nation"}});
  if (acts) add_series(target_grouping, std::move(*acts));
  source.target.clear();
  if (grouping == "area_type") {
    const auto policy = std::find_if(config.scenarios.begin(), config.scenarios.end(),
                                     [&](const ScenarioConfig& one) { return one.name == scenario; });
    const PolicyAreas areas =
        policy_areas(policy == config.scenarios.end() ? ScenarioConfig() : *policy, plan);
    source.target = areas.group;
    source.target_grouping = areas.grouping;
  }
  return scenarios::appraisal_inputs(source, outcome, plan);
}

}  // namespace spillway::studies
