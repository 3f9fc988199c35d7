#include "tools/studies/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

namespace {

std::string data_lines(const RunResult& result) {
  std::string text;
  for (const auto& line : result.inputs.description) text += line + "\n";
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

std::string percent_or_number(double value, const std::string& unit) {
  if (value == 0.0) return "0";
  return fmt::format("{:+.3g}", unit.find("log") != std::string::npos ? 100.0 * value : value);
}

/// "0.355 [0.322, 0.388]", with the level of the interval.
std::string with_interval(const Estimate& estimate, Eigen::Index k) {
  const bool offered =
      k < estimate.low.size() && std::isfinite(estimate.low[k]) && std::isfinite(estimate.high[k]);
  return fmt::format("{:.3g}{}", estimate.coefficients[k],
                     offered ? fmt::format(" [{:.3g}, {:.3g}]", estimate.low[k], estimate.high[k])
                             : " (no interval is offered)");
}

/// What an interval says of the sign, no more.
std::string sign_words(const Estimate& estimate, Eigen::Index k) {
  if (estimate.refused) return "refused by the decision table: see the warnings";
  if (k >= estimate.low.size() || !std::isfinite(estimate.low[k]) || !std::isfinite(estimate.high[k]))
    return "its sign is not established";
  if (estimate.low[k] > 0.0) return "positive";
  if (estimate.high[k] < 0.0) return "negative";
  return "not told apart from zero";
}

std::string spillover_number(const ModelFits& model, const Estimate& estimate) {
  Eigen::Index k = estimate.find("lag:doubly_disadvantaged");
  for (Eigen::Index c = 0; k < 0 && c < static_cast<Eigen::Index>(estimate.names.size()); ++c)
    if (estimate.names[static_cast<std::size_t>(c)].rfind("lag", 0) == 0 ||
        estimate.names[static_cast<std::size_t>(c)] == "rho")
      k = c;
  if (k < 0) return "";
  const std::string name = estimate.names[static_cast<std::size_t>(k)];
  std::string published;
  if (const Fit* fit = model.find("as_published"); fit && &fit->estimate != &estimate)
    if (const Eigen::Index p = fit->estimate.find(name); p >= 0)
      published = fmt::format("; as published {:.3g}", fit->estimate.coefficients[p]);
  return fmt::format("spillover: {} = {}, {}{}", name, with_interval(estimate, k), sign_words(estimate, k),
                     published);
}

std::string effect_number(const Estimate& estimate) {
  const std::string proxy = estimate.cell.empty() ? "" : estimate.cell.substr(0, estimate.cell.find(':'));
  const Eigen::Index k = proxy.empty() ? 0 : estimate.find(proxy);
  if (k < 0 || estimate.names.empty()) return "";
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  const std::optional<double> f = found ? found->effective_f : std::nullopt;
  return fmt::format(
      "social infrastructure: {} on {} = {}, {}{}", estimate.names[static_cast<std::size_t>(k)],
      estimate.outcome, with_interval(estimate, k), sign_words(estimate, k),
      f ? fmt::format("; effective F {:.3g}{}", *f, *f < 10.0 ? ", weak instruments" : "") : "");
}

std::string policy_number(const RunResult& result) {
  const ScenarioSummary* best = nullptr;
  const ScenarioSummary::Line* shown = nullptr;
  for (const ScenarioSummary& scenario : result.scenarios) {
    const ScenarioSummary::Line* own = nullptr;
    for (const auto& line : scenario.lines)
      if (line.outcome == scenario.lines.front().outcome || line.outcome == "cumulative_uplift")
        if (!own || line.outcome == "cumulative_uplift")
          if (!own || own->outcome != "cumulative_uplift" || line.group == "doubly_disadvantaged")
            own = &line;
    if (own && (!shown || std::fabs(own->p50) > std::fabs(shown->p50))) best = &scenario, shown = own;
  }
  if (!shown) return "";
  const bool logs = shown->unit.find("log") != std::string::npos;
  const std::string side = shown->p50 == 0.0     ? ""
                           : shown->better > 0.5 ? ", the better way"
                                                 : ", the worse way";
  return fmt::format("policy: {} moves {} of {} areas by {}{} [{}, {}]{}, P(better) {:.3f}{}", best->name,
                     shown->outcome, shown->group, percent_or_number(shown->p50, shown->unit),
                     logs ? " %" : "", percent_or_number(shown->p5, shown->unit),
                     percent_or_number(shown->p95, shown->unit), side, shown->better,
                     result.scenarios.size() > 1
                         ? fmt::format("; of {} policies the one whose median moves most, either way",
                                       result.scenarios.size())
                         : "");
}

/// The spillover, the effect of social infrastructure, and the policy that moves the target areas most; those
/// that the run has.
std::string numbers_that_matter(const RunResult& result, const Style& style) {
  std::vector<std::string> lines;
  bool spillover = false, effect = false;
  for (const ModelFits& model : result.models) {
    const Fit* fit = model.headline();
    const auto& chosen = common(model.config).headline;
    if (!fit && chosen) fit = model.find(name_of(*chosen));
    if (!fit) continue;
    const bool iv = kind_of(model.config) == ModelKind::iv;
    bool& had = iv ? effect : spillover;
    const std::string line = had  ? ""
                             : iv ? effect_number(fit->estimate)
                                  : spillover_number(model, fit->estimate);
    if (line.empty()) continue;
    had = true;
    lines.push_back(line);
  }
  if (const std::string line = policy_number(result); !line.empty()) lines.push_back(line);
  if (lines.empty()) return "";
  return fmt::format(
      "\n{}\n  {}\n",
      style.bold(lines.size() == 3 ? "the three numbers that matter" : "the numbers that matter"),
      fmt::join(lines, "\n  "));
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
      row.push_back(fmt::format("{} [{}, {}]", percent_or_number(part.p50, line.unit),
                                percent_or_number(part.p5, line.unit),
                                percent_or_number(part.p95, line.unit)));
    table.rows.push_back(std::move(row));
  }
  return format_table(table, TableFormat::terminal);
}

}  // namespace

std::string estimates_summary(const RunResult& result, const Style& style) {
  std::string text = data_lines(result);
  for (const ModelFits& model : result.models) {
    for (const auto& cell : cells_of(model)) {
      const auto estimates = of_cell(model, cell);
      if (estimates.empty()) continue;
      text +=
          "\n" + format_table(estimate_table(fmt::format("{}{}: {}{}", model.name(),
                                                         cell.empty() ? "" : " [" + cell + "]",
                                                         estimates.front()->outcome,
                                                         estimates.front()->outcome_unit.empty()
                                                             ? ""
                                                             : " (" + estimates.front()->outcome_unit + ")"),
                                             estimates),
                              TableFormat::terminal);
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
    const bool logs = !scenario.lines.empty() && scenario.lines.front().unit.find("log") != std::string::npos;
    TextTable table;
    table.title =
        fmt::format("scenario {} ({}): against no policy, {} periods ahead{}", scenario.name, scenario.lever,
                    config.horizon, logs ? "; rates in percent (100 x log points)" : "");
    table.header = {"outcome", "group", "5 %", "25 %", "median", "75 %", "95 %", "P(better)", "unit"};
    for (const auto& line : scenario.lines) {
      const auto cell = [&](double value) { return percent_or_number(value, line.unit); };
      table.rows.push_back({line.outcome, line.group, cell(line.p5), cell(line.p25), cell(line.p50),
                            cell(line.p75), cell(line.p95), fmt::format("{:.3f}", line.better),
                            logs ? "%" : line.unit});
    }
    text += "\n" + format_table(table, TableFormat::terminal);
    text += split_table(scenario);
    if (scenario.cost_p50 != 0.0)
      text += fmt::format("cost, median draw: GBP {:.1f}m over the horizon\n", scenario.cost_p50 / 1e6);
    for (const auto& line : scenario.appraisal) text += line + "\n";
    for (const auto& line : scenario.provenance) text += "  " + line + "\n";
    for (const auto& line : scenario.notes) text += "  " + line + "\n";
    for (const auto& line : scenario.warnings) text += style.warning + " " + line + "\n";
  }
  text += "\n" + stage_table(result.stages);
  text += numbers_that_matter(result, style);
  return text;
}

}  // namespace spillway::studies
