#include "tools/studies/frontier_analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <span>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"
#include "engine/base/stop.hpp"
#include "engine/config/further_outcome.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/conclude.hpp"

namespace spillway::studies {

namespace {

const scenarios::ParameterSpec* find_spec(const scenarios::Lever& lever, const std::string& name) {
  const auto found = std::find_if(lever.parameters.begin(), lever.parameters.end(),
                                  [&](const auto& one) { return one.name == name; });
  return found == lever.parameters.end() ? nullptr : &*found;
}

std::string parameter_of(const scenarios::Lever& lever, const FrontierOptions& options) {
  if (!options.parameter.empty()) return options.parameter;
  for (const char* name : {"share", "factor", "budget"})
    if (find_spec(lever, name)) return name;
  return "";
}

scenarios::Worth worth_of(const std::string& wanted, const LeverContext& context,
                          const scenarios::AppraisalSettings& settings, double better,
                          const Eigen::VectorXd& rate_weight, const std::string& target) {
  if (wanted == "gva") return scenarios::worth_of_gva(context, settings);
  if (wanted == "outcome") return scenarios::worth_of_outcome(context, better);
  if (wanted == "gap") return scenarios::worth_of_gap(context, better, rate_weight, target);
  throw InputError(fmt::format("--worth is '{}' (gva, outcome or gap)", wanted));
}

/// Why the scenario's lever lacks what a frontier needs; empty: it has it.
std::string no_frontier(const ScenarioConfig& scenario, const FrontierOptions& options) {
  const scenarios::Lever& lever = scenarios::lever(scenario.lever);
  if (is_further(scenario) && options.scenario.empty())
    return fmt::format("a further outcome of '{}' (name it with --scenario)", policy_of(scenario.name));
  if (lever.name == "package") {
    if (scenarios::acts_through(scenario).dynamics)
      return "a lever of the package changes rho or W (frontiers are for money alone; use `spillway sweep`)";
    if (parameter_of(lever, options) == "budget" && !scenario.parameters.contains("budget"))
      return "the package has no budget (set budget, in GBP, or name a parameter with --parameter)";
    return "";
  }
  if (lever.name != "ukspf_ring_fence" && lever.name != "community_wealth_fund" &&
      lever.name != "neighbourhood_renewal")
    return fmt::format(
        "lever '{}' spends no fund in areas (frontiers are for ukspf_ring_fence, community_wealth_fund, "
        "neighbourhood_renewal and packages with a budget)",
        lever.name);
  if (parameter_of(lever, options).empty())
    return fmt::format("lever '{}' has neither 'share' nor 'factor' (name a parameter with --parameter)",
                       lever.name);
  return "";
}

/// The vectors of a point's value, one number a draw each; the weighted one may be empty.
constexpr Eigen::VectorXd scenarios::PolicyValue::*vectors_of_value[] = {
    &scenarios::PolicyValue::npsv_local, &scenarios::PolicyValue::npsv_national,
    &scenarios::PolicyValue::cost,       &scenarios::PolicyValue::gva,
    &scenarios::PolicyValue::target,     &scenarios::PolicyValue::gap,
    &scenarios::PolicyValue::nation,     &scenarios::PolicyValue::npsv_weighted};

std::vector<double> numbers_of(const scenarios::FrontierPoint& point) {
  std::vector<double> numbers = {point.at, point.moved};
  for (const auto member : vectors_of_value)
    numbers.insert(numbers.end(), (point.value.*member).begin(), (point.value.*member).end());
  return numbers;
}

/// @throws StoreError  not the numbers of a point of that many draws
scenarios::FrontierPoint point_of(const std::vector<double>& numbers, long draws) {
  const std::size_t whole = std::size(vectors_of_value), length = static_cast<std::size_t>(draws);
  if (numbers.size() != 2 + (whole - 1) * length && numbers.size() != 2 + whole * length)
    throw StoreError(fmt::format(
        "a frontier's point of the checkpoint holds {} numbers (run without --resume to start afresh)",
        numbers.size()));
  scenarios::FrontierPoint point;
  point.at = numbers[0];
  point.moved = numbers[1];
  std::size_t at = 2;
  for (const auto member : vectors_of_value)
    if (at < numbers.size()) {
      point.value.*member = Eigen::Map<const Eigen::VectorXd>(numbers.data() + at, draws);
      at += length;
    }
  return point;
}

/// Points stand behind a run's own units in its checkpoint, a million for each scenario. Ranks take them in
/// turn and tell each other.
scenarios::PointUnits kept_points(const Session& session, const ScenarioConfig& scenario, long draws,
                                  Checkpoint* kept) {
  const auto first =
      2'000'000'000 + 1'000'000 * static_cast<std::uint64_t>(&scenario - session.config().scenarios.data());
  return [&session, &scenario, draws, kept, first](
             std::size_t count, const std::function<scenarios::FrontierPoint(std::size_t)>& compute) {
    const RunHooks& hooks = session.hooks();
    Ranks& ranks = *hooks.ranks;
    const auto point = [&](std::size_t k) {
      if (kept && kept->has(first + k)) return kept->load_numbers(first + k);
      const std::vector<double> numbers = numbers_of(compute(k));
      if (kept) kept->save_numbers(first + k, numbers);
      return numbers;
    };
    std::vector<scenarios::FrontierPoint> points;
    while (points.size() < count) {
      if (ranks.most(hooks.interrupted && hooks.interrupted() ? 1 : 0) > 0)
        throw Interrupted(
            fmt::format("interrupted in the frontier of scenario '{}': {} of {} points are done",
                        scenario.name, points.size(), count));
      const std::size_t mine = points.size() + static_cast<std::size_t>(ranks.rank());
      const std::vector<double> numbers = mine < count ? point(mine) : std::vector<double>();
      for (const auto& bytes : ranks.all_gather(std::as_bytes(std::span(numbers)))) {
        if (points.size() == count) break;
        std::vector<double> of_point(bytes.size() / sizeof(double));
        std::memcpy(of_point.data(), bytes.data(), bytes.size());
        points.push_back(point_of(of_point, draws));
      }
      if (hooks.advance)
        hooks.advance({"frontier " + scenario.name, static_cast<double>(points.size()),
                       static_cast<double>(count), "points"});
    }
    return points;
  };
}

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

void conclude(FrontierAnalysis& analysis, const ScenarioConfig& scenario, const LeverContext& context,
              const scenarios::AppraisalSettings& settings, Parameters drawn, const std::string& target) {
  Evidence evidence;
  evidence.target = target;
  evidence.target_uplift = analysis.points.back().value.target;
  evidence.nation_uplift = analysis.points.back().value.nation;
  evidence.pounds = analysis.pounds;
  // The policy of the last point, whose pounds are reconciled as a run's are.
  const auto column = std::find(drawn.names.begin(), drawn.names.end(), analysis.parameter);
  drawn.value.col(column - drawn.names.begin()).setConstant(analysis.points.back().at);
  OutcomePlan plan;
  plan.head_weight = context.population;
  if (context.outcome_is_gva_growth && context.gva.size() > 0)
    plan.gva_per_head = context.gva.cwiseQuotient(context.population);
  if (const auto pounds = reconcile_pounds(scenarios::lever(scenario.lever).build(context, drawn), plan,
                                           evidence.nation_uplift))
    evidence.nation_told = pounds->told();
  const auto additional = settings.values.find("gva_additional_share");
  evidence.additional_share = additional == settings.values.end() ? 0.0 : additional->second.mean();
  analysis.conclude = what_to_conclude(scenario, context, evidence);
  analysis.conclude.insert(
      analysis.conclude.begin(),
      fmt::format("Of the scenario at {} = {:g}:", analysis.parameter, analysis.points.back().at));
}

}  // namespace

FrontierAnalysis analyse_frontier(const ScenarioConfig& scenario, const RunConfig& config,
                                  const LeverContext& context, const FrontierOptions& options,
                                  Parallelism parallelism, const scenarios::PointUnits& units) {
  if (const std::string why = no_frontier(scenario, options); !why.empty())
    throw InputError(fmt::format("scenario '{}': {}", scenario.name, why));
  if (options.points < 2)
    throw InputError(fmt::format("--points is {} (a frontier has 2 or more)", options.points));
  if (options.area_draws < 1)
    throw InputError(fmt::format("--area-draws is {} (needs 1 or more)", options.area_draws));
  for (const auto& [flag, pounds] : {std::pair{"--budget", options.budget},
                                     {"--cap", options.limits.cap},
                                     {"--floor", options.limits.floor}})
    if (!std::isfinite(pounds) || pounds < 0.0)
      throw InputError(fmt::format("{} is {:g} (needs a number of pounds, 0 or more)", flag, pounds));
  const scenarios::Lever& lever = scenarios::lever(scenario.lever);
  const Parameters drawn = scenarios::sample_parameters(scenario, lever, config, context.draws);
  const scenarios::AppraisalSettings settings = scenarios::appraisal_settings(config, context.draws);
  OutcomePlan plan;
  plan.groupings = {{"area_type", context.type, context.type_names}};
  Grouping own = grouping_of_target(scenario, lever.build(context, drawn));
  std::vector<std::int32_t> chosen;
  for (std::size_t i = 0; i < own.of_area.size(); ++i)
    if (own.of_area[i] == 0) chosen.push_back(static_cast<std::int32_t>(i));
  if (chosen.size() == own.of_area.size()) own = {};  // it acts on every area: the gap is between types
  if (!own.groups.empty()) plan.groupings.push_back(own);
  const PolicyAreas areas = policy_areas(scenario, plan);
  const bool gva = context.outcome_is_gva_growth && context.gva.size() > 0;
  const Eigen::VectorXd rate_weight = gva ? context.gva : context.population;

  FrontierAnalysis analysis;
  analysis.scenario = scenario.name;
  analysis.lever = lever.name;
  analysis.parameter = parameter_of(lever, options);
  analysis.target = areas.group;
  analysis.outcome_unit = context.outcome_unit;
  analysis.draws = context.draws;
  analysis.pounds = gva && settings.gva == scenarios::Switch::on;
  if (const auto* spec = find_spec(lever, analysis.parameter)) analysis.parameter_unit = spec->unit;

  Clock clock;
  scenarios::PolicyValuer valuer(context, settings, context.better, rate_weight, analysis.target, own);
  const bool usual = options.from == 0.0 && options.to == 0.0, package = lever.name == "package";
  const double set = package ? scenarios::constant(drawn, "budget") : 0.0;
  const bool by_budget = package && analysis.parameter == "budget";
  const double from = usual && by_budget ? set / 2.0 : options.from, to = !usual      ? options.to
                                                                          : by_budget ? 2.0 * set
                                                                          : analysis.parameter == "factor"
                                                                              ? 2.0
                                                                              : 1.0;
  if (!(to > from))
    throw InputError(
        fmt::format("a frontier from {:g} to {:g} (the end must lie above the start)", from, to));
  std::vector<double> values;
  for (int k = 0; k < options.points; ++k) values.push_back(from + (to - from) * k / (options.points - 1));
  analysis.points =
      scenarios::frontier(valuer, context, lever, drawn, analysis.parameter, values, parallelism, units);
  analysis.counterfactual_gap = valuer.counterfactual_gap();
  analysis.seconds_frontier = clock.seconds();

  analysis.notes = {
      fmt::format(
          "Every point is built and propagated for itself on the same draws of estimates and of every other "
          "parameter: nothing is taken to be "
          "linear in {}. (Growth is linear in money; GVA is convex in growth; a minimum share has a kink.)",
          analysis.parameter),
      fmt::format("NPSV local: what {} gain, wherever the money goes, less all public cost.", areas.words),
      fmt::format(
          "Gap closed: mean uplift of {} less that of all other areas, summed over the horizon, above "
          "zero where the gap narrows; without the policy it {} by "
          "{:.4g} {} over the horizon.",
          areas.words, analysis.counterfactual_gap > 0.0 ? "widens" : "narrows",
          std::abs(analysis.counterfactual_gap), context.outcome_unit)};
  if (package) {
    analysis.notes.push_back(
        "A package is not asked what a pound is worth in each area: its levers spend each in its own way. "
        "Ask a "
        "scenario of one of them.");
    conclude(analysis, scenario, context, settings, drawn, areas.words);
    return analysis;
  }

  Clock of_marginal;
  const scenarios::PoundOfBudget pound = scenarios::pound_of_budget(context, lever.name, drawn);
  const std::string worth = options.worth.empty() ? (analysis.pounds ? "gva" : "outcome") : options.worth;
  if (worth == "gap" && !own.groups.empty())
    throw InputError(
        fmt::format("--worth gap is of a whole type of area, and scenario '{}' acts on no whole "
                    "type (use --worth gva or outcome)",
                    scenario.name));
  // Pounds through neighbours rank no places: there a pound becomes what the neighbours' GVA is to an area's
  // own.
  const bool direct_alone = worth == "gva" && (!context.rho.isZero(0.0) || context.theta.size() > 0);
  const LeverContext ranked = direct_alone ? without_spread(context) : context;
  analysis.worth = worth_of(worth, ranked, settings, context.better, rate_weight, analysis.target);
  if (direct_alone) analysis.worth.words += ", of areas' own alone: pounds through neighbours are left out";
  analysis.marginal = scenarios::marginal_values(
      ranked, direct_alone ? scenarios::pound_of_budget(ranked, lever.name, drawn) : pound, analysis.worth,
      options.area_draws, {0.05, 0.25, 0.5, 0.75, 0.95}, parallelism);
  analysis.seconds_marginal = of_marginal.seconds();

  Clock of_budgets;
  const Eigen::VectorXd budget =
      options.budget > 0.0 ? Eigen::VectorXd(Eigen::VectorXd::Constant(context.draws, options.budget))
                           : pound.amount;
  std::vector<double> amounts(budget.begin(), budget.end());
  analysis.budget = median_in_place(amounts);
  const auto need = [&](const char* name) {
    const auto found = drawn.texts.find(name);
    return found == drawn.texts.end() ? std::string() : found->second;
  };
  const std::string need_column =
      !need("need_column").empty() ? need("need_column") : need("allocation_column");
  const Eigen::VectorXd by_area = analysis.marginal.quantile.row(2).cast<double>().transpose();
  for (auto& rule : scenarios::budget_rules(context, by_area, analysis.budget, options.limits, need_column,
                                            analysis.target, chosen)) {
    BudgetOutcome outcome;
    for (Eigen::Index i = 0; i < rule.share.size(); ++i) {
      if (!(rule.share[i] > 0.0)) continue;
      ++outcome.areas;
      outcome.residents += context.population[i];
      outcome.highest = std::max(outcome.highest, rule.share[i] * analysis.budget / context.population[i]);
    }
    outcome.value = valuer.value(scenarios::budget_policy(context, pound, rule, budget), parallelism);
    outcome.rule = std::move(rule);
    analysis.budgets.push_back(std::move(outcome));
  }
  analysis.seconds_budgets = of_budgets.seconds();

  const std::vector<std::string> of_areas = {
      fmt::format("Worth of a pound: {} ({}), at the margin of no policy, net of this scenario's "
                  "additionality; quantiles over the first {} draws.",
                  analysis.worth.words, analysis.worth.unit, analysis.marginal.draws),
      direct_alone
          ? "Areas are not ranked by pounds that reach others, under equal weights or weights by size: "
            "growth spreads as a rate, so there a pound becomes the ratio of the neighbours' GVA to the "
            "area's own, which is no policy's doing. The ranking and the budget made from it count direct "
            "pounds; --worth outcome and --worth gap count what spreads."
          : "Every pound that the worth counts is an area's own, or no pound at all.",
      "Areas are ranked by the median of their own draws; budgets are new money here, whatever the scenario "
      "is."};
  analysis.notes.insert(analysis.notes.end(), of_areas.begin(), of_areas.end());
  const auto& positive = analysis.marginal.probability_positive;
  const auto unsure = static_cast<double>((positive.array() > 0.05F && positive.array() < 0.95F).count()) /
                      static_cast<double>(positive.size());
  if (unsure > 0.0)
    analysis.notes.push_back(
        fmt::format("In {:.0f} % of areas the draws do not say whether a pound helps (P(above 0) between "
                    "0.05 and 0.95): there the order, and a "
                    "budget made from it, say where an effect would be largest and not that there is one.",
                    100.0 * unsure));
  conclude(analysis, scenario, context, settings, drawn, areas.words);
  return analysis;
}

std::vector<const ScenarioConfig*> frontier_scenarios(const RunConfig& config, const FrontierOptions& options,
                                                      std::vector<std::string>& left_out) {
  std::vector<const ScenarioConfig*> chosen;
  std::vector<std::string> names;
  for (const ScenarioConfig& scenario : config.scenarios) {
    names.push_back(scenario.name);
    if (!options.scenario.empty() && options.scenario != scenario.name) continue;
    const std::string why = no_frontier(scenario, options);
    if (why.empty())
      chosen.push_back(&scenario);
    else if (options.scenario.empty())
      left_out.push_back(fmt::format("{}: {}", scenario.name, why));
    else
      throw InputError(fmt::format("scenario '{}': {}", scenario.name, why));
  }
  if (!chosen.empty()) return chosen;
  if (!options.scenario.empty()) throw no_scenario(config.file.string(), options.scenario, names);
  throw InputError(fmt::format(
      "'{}' has no scenario with a frontier ({})", config.file.string(),
      left_out.empty() ? "it has no [[scenario]]" : fmt::format("{}", fmt::join(left_out, "; "))));
}

Frontiers frontiers(Session& session, const FrontierOptions& options) {
  const RunConfig& config = session.config();
  Frontiers all;
  const auto chosen = frontier_scenarios(config, options, all.left_out);
  session.units_belong_to({{"parameter", options.parameter},
                           {"from", fmt::format("{}", options.from)},
                           {"to", fmt::format("{}", options.to)},
                           {"points", std::to_string(options.points)}});
  std::vector<PlannedStage> ahead;
  for (const ScenarioConfig* scenario : chosen)
    ahead.push_back({"frontier " + scenario->name, 0.0, static_cast<double>(options.points), "points"});
  session.plan(ahead);
  RunResult result = session.estimates();
  for (const ScenarioConfig* scenario : chosen)
    session.stage("frontier " + scenario->name, [&] {
      // Several ranks must stop at the same place: between points, where they ask each other.
      const StopScope stop(session.hooks().ranks->size() == 1 ? session.hooks().interrupted : nullptr,
                           fmt::format("interrupted in the frontier of scenario '{}'", scenario->name));
      const LeverContext context =
          lever_context(*scenario, config, result.inputs, result.models, result.draws);
      all.scenarios.push_back(
          analyse_frontier(*scenario, config, context, options, session.workers(),
                           kept_points(session, *scenario, context.draws, result.kept.get())));
    });
  session.keep(result.inputs.pack, [&](RunWriter& writer) {
    writer.write_areas(result.inputs.pack, config.area_type);
    for (const FrontierAnalysis& analysis : all.scenarios)
      write_frontier(writer, analysis, result.inputs.pack);
  });
  all.inputs = std::move(result.inputs);
  return all;
}

}  // namespace spillway::studies
