#include "tools/studies/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/base/progress.hpp"
#include "engine/base/statistics.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/estimate/simulated_coverage.hpp"
#include "engine/run/aim.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/estimates_brief.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/weak_sets.hpp"
#include "tools/studies/words.hpp"

namespace spillway::studies {

namespace {

std::string data_lines(const RunResult& result) {
  std::string text;
  for (const auto& line : result.inputs.description) text += line + "\n";
  return text;
}

/// Warnings of the data, each once: units that cannot be right spoil every figure below them.
std::string doubts_of_data(const RunResult& result) {
  std::vector<std::string> all = result.inputs.description;
  for (const ScenarioSummary& scenario : result.scenarios)
    all.insert(all.end(), scenario.provenance.begin(), scenario.provenance.end());
  std::string text;
  std::set<std::string> seen;
  for (const std::string& line : all)
    if (line.starts_with("warning: ") && seen.insert(line).second) text += line + "\n";
  return text;
}

/// Warnings of several estimates, each once.
std::string warning_lines(const std::vector<const Estimate*>& estimates, const Style& style) {
  std::string text;
  std::set<std::string> seen;
  for (const Estimate* estimate : estimates)
    for (const auto& warning : estimate->warnings)
      if (seen.insert(warning).second)
        text += fmt::format("{} {}{}: {}\n", style.warning, estimate->estimator,
                            estimate->cell.empty() ? "" : " " + estimate->cell, warning);
  return text;
}

std::string notes_lines(const std::vector<const Estimate*>& estimates) {
  std::string text;
  std::set<std::string> seen;
  for (const Estimate* estimate : estimates)
    for (const auto& note : estimate->notes)
      if (seen.insert(note).second) text += "  " + note + "\n";
  return text;
}

std::vector<const Estimate*> of_cell(const ModelFits& model, const std::string& cell) {
  std::vector<const Estimate*> estimates;
  for (const Fit& fit : model.fits)
    if (fit.estimate.cell == cell) estimates.push_back(&fit.estimate);
  return estimates;
}

std::vector<std::string> cells_of(const ModelFits& model) {
  std::vector<std::string> cells;
  for (const Fit& fit : model.fits)
    if (std::find(cells.begin(), cells.end(), fit.estimate.cell) == cells.end())
      cells.push_back(fit.estimate.cell);
  return cells;
}

std::string failures(const DrawSet& draws, int wanted) {
  if (draws.status.empty()) return "";
  const auto good = static_cast<long>(draws.status.size()) - draws.failed();
  return fmt::format("draws: {} replicates, {} failed (statuses are in /draws/status){}\n",
                     draws.status.size(), draws.failed(),
                     good < wanted ? fmt::format("; scenarios use the {} that succeeded", good) : "");
}

/// With its sign, as tables show its unit.
std::string as_shown(double value, const std::string& unit) {
  return value == 0.0 ? "0" : fmt::format("{:+.3g}", shown_as(unit) * value);
}

/// Of an outcome of `unit` a period: what its sum over the horizon is in, "jobs" of "jobs a year".
std::string unit_of_sum(std::string unit) {
  for (const std::string_view rate : {" a year", " a period"})
    if (unit.ends_with(rate)) unit.erase(unit.size() - rate.size());
  return unit;
}

/// "0.355 [0.322, 0.388]", with the level of the interval.
std::string with_interval(const Estimate& estimate, Eigen::Index k) {
  const std::string interval = interval_words(estimate, k);
  return fmt::format("{:.3g} {}", estimate.coefficients[k],
                     interval.empty() ? "(no interval is offered)" : interval);
}

/// What an interval says of the sign, no more.
std::string sign_words(const Estimate& estimate, Eigen::Index k) {
  if (estimate.refused) return "refused by the decision table: see the warnings";
  if (interval_words(estimate, k).empty()) return "its sign is not established";
  if (estimate.low[k] > 0.0) return "positive";
  if (estimate.high[k] < 0.0) return "negative";
  return "not told apart from zero";
}

/// The estimates that drive a scenario, as the run used them.
struct Drivers {
  const Estimate *spillover = nullptr, *infrastructure = nullptr;
  bool lower = false;                  ///< less of the outcome is better
  const Estimate* strength = nullptr;  ///< the estimate whose instruments speak for `infrastructure`
};

const Fit* fit_of(const RunResult& result, const std::string& reference, const ModelFits** of = nullptr) {
  const auto slash = reference.find('/');
  for (const ModelFits& model : result.models)
    if (slash != std::string::npos && model.name() == reference.substr(0, slash)) {
      if (of) *of = &model;
      return model.find(reference.substr(slash + 1));
    }
  return nullptr;
}

Drivers drivers_of(const ScenarioConfig& scenario, const RunResult& result) {
  Drivers drivers;
  const auto a = scenario.estimates.find("spillover"), b = scenario.estimates.find("infrastructure");
  if (a != scenario.estimates.end() && !scenario.estimate_runs.contains("spillover")) {
    const ModelFits* of = nullptr;
    const Fit* fit = fit_of(result, a->second, &of);
    drivers.lower = of && common(of->config).better == Better::lower;
    if (fit && scenario.spread == "propagated") drivers.spillover = &fit->estimate;
  }
  if (b == scenario.estimates.end() || scenario.estimate_runs.contains("infrastructure") ||
      !scenarios::acts_through(scenario).stock)
    return drivers;
  const ModelFits* model = nullptr;
  const Fit* plain = fit_of(result, b->second, &model);
  if (!plain) return drivers;
  if (a == scenario.estimates.end()) drivers.lower = common(model->config).better == Better::lower;
  drivers.infrastructure = drivers.strength = &plain->estimate;
  const Fit* used = nullptr;
  if (scenario.spread == "estimated") used = model->find("slx");
  if (scenario.spread == "propagated" && a != scenario.estimates.end())
    if (const StructuralOf* form =
            structural_of(*model, plain->estimate.estimator == "ols" ? "ols" : "2sls", a->second))
      used = model->find(form->name);
  if (used) {
    drivers.infrastructure = &used->estimate;
    // Of two endogenous regressors the effective F is not defined: the plain cell's stands for it.
    const auto* found = std::get_if<IvFindings>(&used->estimate.findings);
    if (found && found->effective_f) drivers.strength = &used->estimate;
  }
  return drivers;
}

/// "weak instruments: effective F 11.8, and 23.1 is needed"; empty where they are strong, or there are none.
std::string weakness(const Estimate& estimate) {
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  if (!found || !found->weak()) return "";
  if (found->effective_f && found->effective_f_critical)
    return fmt::format("weak instruments (effective F {}, and {} is needed)", said(*found->effective_f),
                       said(*found->effective_f_critical));
  return found->kleibergen_paap_f ? fmt::format("weak instruments (Kleibergen-Paap F {}, and 10 is needed)",
                                                said(*found->kleibergen_paap_f))
                                  : "instruments of unknown strength";
}

/// "draws of grants_per_head lie 8 % below its estimate in the middle, ..." where that is more than a
/// twentieth of it and three Monte Carlo errors: replicates of instrumental variables lean. Else empty.
std::string lean(const Estimate& estimate, const DrawSet& draws) {
  const std::string& name = estimate.names.front();
  const Eigen::Index row = draws.find(estimate.model + "/" + estimate.estimator + "/" + name);
  if (row < 0 || estimate.coefficients[0] == 0.0) return "";
  std::vector<double> ratios;
  for (std::size_t r = 0; r < draws.status.size(); ++r)
    if (draws.status[r] == 0)
      ratios.push_back(draws.value(row, static_cast<Eigen::Index>(r)) / estimate.coefficients[0]);
  if (ratios.size() < static_cast<std::size_t>(kFewestForBand)) return "";
  // Of the order statistics about the median, those sqrt(n) / 2 ranks off are a standard error away.
  const auto n = static_cast<double>(ratios.size());
  const double off = quantile_in_place(ratios, 0.5) - 1.0,
               error = 0.5 * (quantile_in_place(ratios, 0.5 + 0.5 / std::sqrt(n)) -
                              quantile_in_place(ratios, 0.5 - 0.5 / std::sqrt(n)));
  if (!(std::abs(off) > std::max(0.05, 3.0 * error))) return "";
  return fmt::format(
      "draws of {} lie {:.0f} % {} its estimate in the middle, and so does the middle of this band", name,
      100.0 * std::abs(off), off < 0.0 ? "below" : "above");
}

/// Of a policy whose estimates are the spillover's alone, where draws resample clusters in pairs.
std::string narrow(const Estimate& spillover) {
  const auto* found = std::get_if<PanelFindings>(&spillover.findings);
  if (!found || found->cells > 0) return "";
  return fmt::format("the spillover's part of this band holds in {} to {} of 100 simulated worlds, not in 90",
                     simulated::band_of_pairs.low, simulated::band_of_pairs.high);
}

/// The lag that matters for areas of `type`, or -1.
Eigen::Index lag_of(const Estimate& estimate, const std::string& type) {
  const Eigen::Index own = estimate.find("lag:" + type);
  return own >= 0 ? own : estimate.find("lag");
}

/// The type of area that a scenario is for: its lever's target, else the one that the appraisal takes.
std::string target_of(const ScenarioConfig& scenario, const RunResult& result) {
  OutcomePlan plan;
  plan.groupings = {{"area_type", result.inputs.types.of_row, result.inputs.types.names}};
  return policy_areas(scenario, plan).group;
}

/// The first outcome of a group: the cumulative effect, else what the run has.
const ScenarioSummary::Line* first_line(const ScenarioSummary& scenario, const std::string& grouping,
                                        const std::string& group) {
  const ScenarioSummary::Line* found = nullptr;
  for (const auto& line : scenario.lines)
    if (line.grouping == grouping && line.group == group && (!found || line.outcome == "cumulative_uplift"))
      found = &line;
  return found;
}

/// Of what an uplift is a rate: of a year, or of a period of several.
std::string rate_words(double years) {
  return std::abs(years - 1.0) < 1e-9 ? "a year, in the last year"
                                      : fmt::format("a period of {:g} years, in the last period", years);
}

/// "+1.2 % [+0.3, +5.3] by the end of year 10, GBP +210 [+55, +930] a head a year; better in 97 of 100
/// draws". Of few draws no band is given, and the draws are counted as they are.
std::string effect_words(const ScenarioSummary::Line& line, const RunConfig& config, double years,
                         bool told) {
  const int draws = config.draws;
  const double gva = line.gva;
  const bool logs = is_log(line.unit), share = is_share(line.unit);
  const auto with_band = [&](const auto& words) {
    return draws < kFewestForBand
               ? words(line.p50)
               : fmt::format("{} [{}, {}]", words(line.p50), words(line.p5), words(line.p95));
  };
  const auto of = [&](double u) { return signed_words(logs || share ? 100.0 * u : u); };
  const bool summed = line.outcome == "cumulative_uplift";
  std::string text = of(line.p50) + " " +
                     (logs || share ? unit_shown(line.unit)
                      : summed      ? unit_of_sum(line.unit)
                                    : line.unit);
  if (draws >= kFewestForBand) text += fmt::format(" [{}, {}]", of(line.p5), of(line.p95));
  text += " " + (summed                     ? fmt::format("by the end of year {:g}", years)
                 : line.outcome == "uplift" ? rate_words(years / config.horizon)
                                            : line.outcome);
  if (gva > 0.0 && summed)
    text += fmt::format(", GBP {} a head a year",
                        with_band([&](double u) { return signed_words(gva * std::expm1(u)); }));
  if (draws < kFewestForBand) text += "; " + no_band_words(draws);
  if (!told) return text + "; not told by this model (areas' unequal sizes make part of it)";
  if (line.p5 == 0.0 && line.p95 == 0.0) return text;
  const int of_draws = draws < kFewestForBand ? draws : 100;
  return text + fmt::format("; better in {:.0f} of {} draws", of_draws * line.better, of_draws);
}

/// ": by a set that holds however weak they are (94 %, CLR): +0.2 % to no bound" of the areas that a policy
/// is for; empty: there is none, or no file to read it from.
std::string set_words(const ScenarioConfig& scenario, const ScenarioSummary& summary, const RunResult& result,
                      const std::string& target) {
  if (result.file.empty()) return "";
  const WeakSets sets = weak_sets(RunReader(result.file), scenario.name, Ratios::left_out);
  const std::string words = summary.acts_on.empty() ? set_sentence(sets, "area_type", target)
                                                    : set_sentence(sets, target_grouping, inside_target);
  return words.empty() ? "" : ": " + words;
}

/// The lever's summary, of the areas that this scenario is for.
std::string what_it_does(const ScenarioConfig& scenario) {
  std::string words = scenarios::lever(scenario.lever).summary;
  const std::string usual = "doubly disadvantaged areas";
  const Aim aim = aim_of(scenario);
  const auto at = words.find(usual);
  if (at == std::string::npos || (!aim.narrow && aim.type == "doubly_disadvantaged")) return words;
  return words.replace(at, usual.size(),
                       aim.narrow ? "the areas named below" : lower_case(plain_words(aim.type)) + " areas");
}

/// What stands against a scenario, shortest first to be read.
std::vector<std::string> against(const ScenarioConfig& scenario, const ScenarioSummary& summary,
                                 const RunResult& result, const std::string& target) {
  std::vector<std::string> say;
  if (summary.extrapolated)
    say.push_back("far beyond what its estimate has seen, allowed because: " + scenario.extrapolate);
  else if (summary.outside_support)
    say.push_back("outside support: more a head than 99 % of areas had");
  const Drivers drivers = drivers_of(scenario, result);
  if (drivers.infrastructure) {
    if (const std::string weak = weakness(*drivers.strength); !weak.empty())
      say.push_back(weak + set_words(scenario, summary, result, target));
    if (const std::string sign = sign_words(*drivers.infrastructure, 0);
        sign != (drivers.lower ? "negative" : "positive"))
      say.push_back(fmt::format("the effect of {}: {}", drivers.infrastructure->names.front(), sign));
    if (std::string leans = lean(*drivers.infrastructure, result.draws); !leans.empty())
      say.push_back(std::move(leans));
  }
  if (drivers.spillover) {
    const Eigen::Index lag = lag_of(*drivers.spillover, target);
    if (const std::string sign = lag < 0 ? "" : sign_words(*drivers.spillover, lag);
        !sign.empty() && sign != "positive")
      say.push_back("spillover into these areas: " + sign);
    if (!drivers.spillover->warnings.empty())
      say.push_back(fmt::format("{} has {} warning{} (--all)", drivers.spillover->estimator,
                                drivers.spillover->warnings.size(),
                                drivers.spillover->warnings.size() == 1 ? "" : "s"));
  }
  if (!result.draws.doubt().empty())
    say.push_back(fmt::format("{} of {} replicates failed, and bands may be too narrow",
                              result.draws.failed(), result.draws.status.size()));
  const scenarios::ActsThrough acts = scenarios::acts_through(scenario);
  if (acts.figure && !acts.stock && !acts.dynamics && drivers.spillover)
    if (std::string short_of = narrow(*drivers.spillover); !short_of.empty())
      say.push_back(std::move(short_of));
  if (acts.figure) say.push_back("how much money brings is a sourced assumption, no estimate of this run");
  if (acts.dynamics)
    say.push_back("it acts on the level of growth, which the data do not tell apart from spillover");
  return say;
}

/// A line for each further outcome of a policy: its target areas, on the same draws.
std::string further_words(const RunConfig& config, const RunResult& result, const std::string& policy,
                          double years) {
  std::string text;
  for (const ScenarioConfig& one : config.scenarios) {
    if (policy_of(one.name) != policy) continue;
    const std::string target = target_of(one, result);
    for (const ScenarioSummary& summary : result.scenarios) {
      if (summary.name != one.name) continue;
      const auto* line = summary.acts_on.empty() ? first_line(summary, "area_type", target)
                                                 : first_line(summary, target_grouping, inside_target);
      if (line == nullptr) continue;
      const std::vector<std::string> say = against(one, summary, result, target);
      text += fmt::format(
          "  {}, {}: {}{}\n", plain_words(further_name(one.name)),
          summary.acts_on.empty() ? lower_case(plain_words(target)) + " areas" : lower_case(summary.acts_on),
          effect_words(*line, config, years, true), say.empty() ? "" : " (" + say.front() + ")");
    }
  }
  return text;
}

/// "leaves 1,350 areas (2.1m residents) better off in 95 of 100 draws, and 12 (19,000) worse off"
std::string sides_words(const ScenarioSummary::Sides& sides) {
  if (sides.areas == 0) return "";
  const auto many = [](long areas, double residents) {
    return fmt::format("{} areas ({} residents)", amount_words(static_cast<double>(areas)),
                       residents >= 1e6 ? said(residents / 1e6) + "m" : amount_words(residents));
  };
  const std::string better = many(sides.better, sides.residents_better),
                    worse = many(sides.worse, sides.residents_worse);
  if (sides.better + sides.worse == 0)
    return "no area is told apart from no effect (95 of 100 draws on one side)";
  if (sides.worse == 0) return fmt::format("gains: {} in 95 of 100 draws; losers: none", better);
  if (sides.better == 0) return fmt::format("losers: {} in 95 of 100 draws; gains: none", worse);
  return fmt::format("gains: {} in 95 of 100 draws; losers: {}", better, worse);
}

/// "costs GBP 97m (median draw, undiscounted)", from what the median draw spends.
std::string cost_words(const ScenarioSummary& summary) {
  return summary.cost_p50 == 0.0
             ? "costs the public nothing"
             : fmt::format("costs GBP {}m (median draw, undiscounted)", said(summary.cost_p50 / 1e6));
}

/// The estimates that drive the scenarios, each once, with its interval; where there are no scenarios, the
/// headlines.
std::string numbers_that_matter(const RunConfig& config, const RunResult& result, const Style& style) {
  std::vector<std::string> lines;
  const auto add = [&](std::string line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  };
  const auto add_spillover = [&](const Estimate& estimate, const std::string& type) {
    const Eigen::Index k = lag_of(estimate, type);
    if (k < 0) return;
    std::string published;
    if (const Fit* fit = fit_of(result, estimate.model + "/as_published"); fit && &fit->estimate != &estimate)
      if (const Eigen::Index p = fit->estimate.find(estimate.names[static_cast<std::size_t>(k)]); p >= 0)
        published = fmt::format("; as published {:.3g}", fit->estimate.coefficients[p]);
    add(fmt::format("spillover ({}/{}): {} = {}, {}{}", estimate.model, estimate.estimator,
                    estimate.names[static_cast<std::size_t>(k)], with_interval(estimate, k),
                    sign_words(estimate, k), published));
  };
  const auto add_effect = [&](const Estimate& estimate, const Estimate& strength) {
    if (estimate.names.empty()) return;
    const auto* found = std::get_if<IvFindings>(&strength.findings);
    add(fmt::format(
        "social infrastructure ({}/{}): {} on {}{} = {}, {}{}", estimate.model, estimate.estimator,
        estimate.names.front(), estimate.outcome,
        estimate.outcome_unit.empty() ? "" : fmt::format(" ({})", estimate.outcome_unit),
        with_interval(estimate, 0), sign_words(estimate, 0),
        found && found->effective_f
            ? fmt::format("; effective F {}{}", said(*found->effective_f),
                          found->effective_f_critical
                              ? fmt::format(" (weak below {})", said(*found->effective_f_critical))
                              : "")
            : ""));
  };
  for (const ScenarioConfig& scenario : config.scenarios) {
    const Drivers drivers = drivers_of(scenario, result);
    if (drivers.spillover) add_spillover(*drivers.spillover, target_of(scenario, result));
    if (drivers.infrastructure) add_effect(*drivers.infrastructure, *drivers.strength);
  }
  if (config.scenarios.empty())
    for (const ModelFits& model : result.models)
      if (const Fit* fit = model.headline()) {
        if (kind_of(model.config) == ModelKind::iv)
          add_effect(fit->estimate, fit->estimate);
        else if (!fit->estimate.names.empty())
          add_spillover(fit->estimate, "doubly_disadvantaged");
      }
  if (lines.empty()) return "";
  constexpr std::size_t most = 4;
  if (lines.size() > most) lines.resize(most);
  return fmt::format("{}\n  {}\n", style.bold("the numbers that matter"), fmt::join(lines, "\n  "));
}

/// Where the cumulative uplift comes from, beside what the same money does if nothing spreads.
std::string split_table(const ScenarioSummary& scenario) {
  if (scenario.split.empty()) return "";
  TextTable table;
  table.title = fmt::format("{}: where the cumulative uplift comes from; median [5 %, 95 %]", scenario.name);
  table.header = {"group"};
  for (const auto& part : scenario.split.front().parts)
    table.header.push_back(part.name == "own"           ? "own shocks"
                           : part.name == "from_funded" ? "funded neighbours"
                           : part.name == "from_others" ? "others"
                           : part.name == "none"        ? "if nothing spreads"
                                                        : part.name);
  for (const auto& line : scenario.split) {
    std::vector<std::string> row = {line.group};
    for (const auto& part : line.parts)
      row.push_back(fmt::format("{} [{}, {}]", as_shown(part.p50, line.unit), as_shown(part.p5, line.unit),
                                as_shown(part.p95, line.unit)));
    table.rows.push_back(std::move(row));
  }
  return format_table(table, TableFormat::terminal);
}

}  // namespace

std::string estimates_summary(const RunResult& result, const Style& style, Definitions definitions) {
  std::string text = data_lines(result);
  for (const ModelFits& model : result.models) {
    for (const auto& cell : cells_of(model)) {
      const auto estimates = of_cell(model, cell);
      if (estimates.empty()) continue;
      TextTable table = estimate_table(
          fmt::format(
              "{}{}: {}{}", model.name(), cell.empty() ? "" : " [" + cell + "]", estimates.front()->outcome,
              estimates.front()->outcome_unit.empty() ? "" : " (" + estimates.front()->outcome_unit + ")"),
          estimates);
      if (definitions == Definitions::left_out) table.notes.resize(1);  // what brackets mean
      text += "\n" + format_table(table, TableFormat::terminal);
      for (const Estimate* estimate : estimates) text += estimate->echo + "\n";
      text += warning_lines(estimates, style) + notes_lines(estimates);
    }
    for (const auto& verdict : model.verdicts) text += "verdict: " + verdict + "\n";
  }
  return text + failures(result.draws, 0);
}

std::string run_summary(const RunConfig& config, const RunResult& result, const Style& style) {
  std::string text = data_lines(result);
  for (const ModelFits& model : result.models) {
    // In brief: the headline beside the published specification; the rest is one command away.
    std::vector<const Estimate*> shown;
    const auto name = [](const std::optional<Estimator>& one) { return one ? name_of(*one) : std::string(); };
    for (const auto& estimator :
         {name(Estimator::as_published), name(Estimator::ols), name(common(model.config).headline),
          name(common(model.config).headline_fallback), std::string("structural"), std::string("slx")})
      if (const Fit* fit = estimator.empty() ? nullptr : model.find(estimator))
        if (std::find(shown.begin(), shown.end(), &fit->estimate) == shown.end())
          shown.push_back(&fit->estimate);
    if (shown.empty()) continue;
    TextTable table = estimate_table(
        fmt::format("{}: {}{}{}", model.name(), shown.front()->outcome,
                    shown.front()->outcome_unit.empty() ? "" : " (" + shown.front()->outcome_unit + ")",
                    shown.front()->cell.empty() ? "" : " [" + shown.front()->cell + "]"),
        shown);
    table.notes.clear();
    text +=
        "\n" + format_table(table, TableFormat::terminal) + warning_lines(shown, style) + notes_lines(shown);
    for (const auto& verdict : model.verdicts) text += "verdict: " + verdict + "\n";
  }
  text += "\n" + failures(result.draws, config.scenarios.empty() ? 0 : config.draws);
  for (const ScenarioSummary& scenario : result.scenarios) {
    const bool logs = !scenario.lines.empty() && is_log(scenario.lines.front().unit);
    TextTable table;
    table.title =
        fmt::format("scenario {} ({}): against no policy, {} periods ahead{}", scenario.name, scenario.lever,
                    config.horizon, logs ? "; rates in percent (100 x log points)" : "");
    if (scenario.extrapolated) table.title += "; EXTRAPOLATED far beyond what its estimate has seen";
    table.header = {"outcome", "group", "5 %", "25 %", "median", "75 %", "95 %", "P(better)", "unit"};
    std::vector<ScenarioSummary::Line> ordered = scenario.lines;
    std::stable_partition(ordered.begin(), ordered.end(),
                          [](const auto& line) { return line.outcome == "cumulative_uplift"; });
    table.notes.push_back("cumulative_uplift: the level by the end of the horizon; uplift: " +
                          rate_words(years_a_period(config, result.inputs.pack)));
    for (const auto& line : ordered) {
      const auto cell = [&](double value) { return as_shown(value, line.unit); };
      table.rows.push_back({line.outcome, line.group, cell(line.p5), cell(line.p25), cell(line.p50),
                            cell(line.p75), cell(line.p95), fmt::format("{:.3f}", line.better),
                            line.outcome == "cumulative_uplift" ? unit_shown(unit_of_sum(line.unit))
                                                                : unit_in_words(line.unit)});
    }
    text += "\n";
    if (!scenario.doubt.empty()) text += style.warning + " " + scenario.doubt + "\n";
    text += format_table(table, TableFormat::terminal);
    text += split_table(scenario);
    if (scenario.cost_p50 != 0.0)
      text += fmt::format("cost, median draw: GBP {:.1f}m over the horizon, undiscounted, in {} prices\n",
                          scenario.cost_p50 / 1e6, config.price_base_year);
    for (const auto& line : scenario.appraisal) text += line + "\n";
    for (const auto& line : scenario.provenance) text += "  " + line + "\n";
    for (const auto& line : scenario.notes) text += "  " + line + "\n";
    for (const auto& line : scenario.warnings) text += style.warning + " " + line + "\n";
  }
  text += "\n" + stage_table(result.stages);
  text += "\n" + numbers_that_matter(config, result, style);
  return text;
}

std::string first_words(const RunConfig& config, const RunResult& result, const Style& style) {
  constexpr std::size_t most_lines = 32;  // four more say where the result is and what to try next
  constexpr std::size_t of_a_scenario = 7;
  std::string text = doubts_of_data(result) + numbers_that_matter(config, result, style);
  auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const double years = config.horizon * years_a_period(config, result.inputs.pack);
  std::size_t shown = 0;
  for (const ScenarioSummary& scenario : result.scenarios) {
    const auto found = std::find_if(config.scenarios.begin(), config.scenarios.end(),
                                    [&](const auto& one) { return one.name == scenario.name; });
    if (found == config.scenarios.end()) continue;
    if (is_further(*found)) {
      ++shown;  // said with the policy whose outcome it is
      continue;
    }
    const std::string also = further_words(config, result, scenario.name, years);
    const auto more = static_cast<std::size_t>(std::count(also.begin(), also.end(), '\n'));
    if (lines + of_a_scenario + more + 1 > most_lines) break;
    const std::string target = target_of(*found, result);
    text += style.bold(scenario.name) +
            fmt::format(": {}{}\n", what_it_does(*found), scenario.extrapolated ? " (EXTRAPOLATED)" : "");
    if (!scenario.doubt.empty()) text += "  " + scenario.doubt + "\n";
    if (!scenario.acts_on.empty()) {
      if (const auto* line = first_line(scenario, target_grouping, inside_target))
        text += fmt::format("  {} ({} areas): {}\n", capitalised(scenario.acts_on), scenario.acts_on_areas,
                            effect_words(*line, config, years, true));
    } else if (const auto* line = first_line(scenario, "area_type", target))
      text += fmt::format("  {} areas: {}\n", plain_words(target), effect_words(*line, config, years, true));
    if (const auto* line = first_line(scenario, "nation", "nation"))
      text +=
          fmt::format("  All areas together: {}\n", effect_words(*line, config, years, scenario.nation_told));
    if (const std::string sides = config.draws < kFewestForBand ? "" : sides_words(scenario.sides);
        !sides.empty())
      text += "  " + sides + "\n";
    text += also;
    const std::vector<std::string> say = against(*found, scenario, result, target);
    text += fmt::format("  {} over {:g} years; GBP in {} prices\n", cost_words(scenario), years,
                        config.price_base_year);
    text += fmt::format("  against it: {}\n", say.empty() ? "nothing that the checks of this program found"
                                                          : fmt::format("{}", fmt::join(say, "; ")));
    lines += of_a_scenario + more;
    ++shown;
  }
  const auto more =
      std::count_if(result.scenarios.begin() + static_cast<std::ptrdiff_t>(shown), result.scenarios.end(),
                    [](const auto& one) { return policy_of(one.name).empty(); });
  if (more > 0) text += fmt::format("and {} {} more: --all\n", more, more == 1 ? "policy" : "policies");
  return text;
}

}  // namespace spillway::studies
