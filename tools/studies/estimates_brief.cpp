#include "tools/studies/estimates_brief.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/estimate/confidence_set.hpp"
#include "engine/estimate/words.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

namespace {

std::string number_or_none(double value) {
  return std::isfinite(value) ? fmt::format("{:.3g}", value) : "none";
}

/// "-0.0258 [-0.119, 0.0534]", "0.00405 [0.00131, no bound]"; empty where there is no such coefficient.
std::string with_interval(const Estimate& estimate, const std::string& name) {
  const Eigen::Index k = estimate.find(name);
  if (k < 0) return {};
  const std::string interval = interval_words(estimate, k);
  return number_or_none(estimate.coefficients[k]) + " " + (interval.empty() ? "(no interval)" : interval);
}

std::string title(const ModelFits& model) {
  const Estimate& first = model.fits.front().estimate;
  return fmt::format("{}: {}{}", model.name(), first.outcome,
                     first.outcome_unit.empty() ? "" : fmt::format(" ({})", first.outcome_unit));
}

/// The headline, else the first estimator that the configuration names for it, refused as it is.
const Estimate* leading(const ModelFits& model) {
  if (const Fit* fit = model.headline()) return &fit->estimate;
  if (const auto& one = common(model.config).headline)
    if (const Fit* fit = model.find(name_of(*one))) return &fit->estimate;
  return model.fits.empty() ? nullptr : &model.fits.front().estimate;
}

std::string p_of(const std::optional<Test>& test) { return test ? number_or_none(test->p) : "none"; }

/// The tests that decide, with the p of each.
std::string tests_line(const Estimate& estimate) {
  std::vector<std::string> parts;
  if (const auto* found = std::get_if<PanelFindings>(&estimate.findings)) {
    if (found->equal_rho) parts.push_back("equal rho p " + number_or_none(found->equal_rho->test.p));
    if (found->r1) parts.push_back("r1 p " + p_of(found->r1));
    if (found->q2) parts.push_back("Q2 p " + p_of(found->q2));
    if (found->equal_shocks) parts.push_back("equal period effects p " + p_of(found->equal_shocks));
    if (found->shared)
      parts.push_back("shocks shared by clusters p " + number_or_none(found->shared->clusters.test.p));
    for (const auto& rival : found->rivals)
      parts.push_back(fmt::format("W beside {} p {}", rival.name, number_or_none(rival.rival.p)));
  }
  for (const Diagnostic& one : estimate.diagnostics)
    if (one.name == "morans_i")
      parts.push_back(
          fmt::format("Moran's I {} (p {})", number_or_none(one.value), number_or_none(one.p.value_or(NAN))));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string warnings_of(const std::vector<const Estimate*>& estimates, const Style& style) {
  std::string text;
  std::set<std::string> seen;
  for (const Estimate* estimate : estimates)
    for (const auto& warning : estimate->warnings)
      if (seen.insert(warning).second) text += fmt::format("{} {}\n", style.warning, warning);
  return text;
}

std::string panel_block(const ModelFits& model, const Style& style) {
  const Estimate* headline = leading(model);
  if (headline == nullptr) return {};
  std::vector<const Estimate*> shown = {headline};
  if (const Fit* published = model.find("as_published"); published && &published->estimate != headline)
    shown.push_back(&published->estimate);
  TextTable table;
  table.title = title(model);
  table.header = {""};
  for (const Estimate* one : shown)
    table.header.push_back(one->estimator + (one->refused ? " (refused)" : ""));
  const auto row = [&](const std::string& name, const auto& cell) {
    std::vector<std::string> cells = {name};
    for (const Estimate* one : shown) cells.push_back(cell(*one));
    table.rows.push_back(std::move(cells));
  };
  for (const std::string& name : headline->names)
    row(field_name(name), [&](const Estimate& one) { return with_interval(one, name); });
  row("interval", [](const Estimate& one) { return one.interval_method; });
  const auto* found = std::get_if<PanelFindings>(&headline->findings);
  std::string size = fmt::format("N {}", headline->areas);
  if (const double most = headline->diagnostic("periods_an_area:max"); std::isfinite(most))
    size += fmt::format(", T {:.0f} to {:.0f} (mean {:.2f})", headline->diagnostic("periods_an_area:min"),
                        most, headline->diagnostic("periods_an_area:mean"));
  else if (found)
    size += fmt::format(", T {}", found->periods);
  size += fmt::format(", {} observations, {} clusters", headline->observations, headline->clusters);
  if (model.panel && model.panel->weights.areas() > 0)
    size += fmt::format(", W of mean degree {:.2f}", model.panel->weights.mean_degree());
  table.notes = {size};
  if (const double rows = headline->diagnostic("rows_left_out"); std::isfinite(rows))
    table.notes.push_back(
        fmt::format("{:.0f} rows left out for missing values, {:.0f} areas with all of theirs", rows,
                    headline->diagnostic("areas_left_out")));
  if (const std::string tests = tests_line(*headline); !tests.empty()) table.notes.push_back(tests);
  return format_table(table, TableFormat::terminal) + warnings_of({headline}, style);
}

/// "drug_crime_rate+turnout": the cell without its proxy, which stands in a column of its own.
std::pair<std::string, std::string> parts_of(const std::string& cell) {
  const auto colon = cell.find(':');
  return colon == std::string::npos ? std::pair{cell, std::string()}
                                    : std::pair{cell.substr(0, colon), cell.substr(colon + 1)};
}

std::string iv_block(const ModelFits& model, const Style& style) {
  const auto& headline = common(model.config).headline;
  const std::string wanted = headline ? name_of(*headline) : "2sls";
  TextTable table;
  table.title = title(model);
  table.header = {"regressor", "instruments", wanted, "ols", "effective F", "AR p"};
  std::vector<const Estimate*> leading;
  for (const Fit& fit : model.fits) {
    const Estimate& one = fit.estimate;
    if (one.estimator != wanted) continue;
    leading.push_back(&one);
    const auto [proxy, instruments] = parts_of(one.cell);
    const std::string name = one.names.empty() ? "" : one.names.front();
    std::string ols;
    for (const Fit& other : model.fits)
      if (other.estimate.estimator == "ols" && other.estimate.cell == one.cell && &other.estimate != &one)
        ols = with_interval(other.estimate, name);
    const auto* found = std::get_if<IvFindings>(&one.findings);
    table.rows.push_back(
        {proxy.empty() ? name : proxy, instruments, name.empty() ? "(failed)" : with_interval(one, name), ols,
         found && found->effective_f
             ? number_or_none(*found->effective_f) + (found->weak() ? " (weak)" : "")
             : (found && found->weak() && !instruments.empty() ? std::string("(weak)") : std::string()),
         found && found->anderson_rubin ? number_or_none(found->anderson_rubin->p) : ""});
  }
  if (leading.empty()) return {};
  table.notes = {fmt::format("N {}, {} clusters; interval {}", leading.front()->areas,
                             leading.front()->clusters, leading.front()->interval_method)};
  std::string text = format_table(table, TableFormat::terminal);
  const Fit* fit = model.headline();
  text += warnings_of({fit ? &fit->estimate : leading.front()}, style);
  for (const auto& verdict : model.verdicts) text += "verdict: " + verdict + "\n";
  return text;
}

}  // namespace

std::string interval_words(const Estimate& estimate, Eigen::Index k) {
  if (k >= estimate.low.size() || std::isnan(estimate.low[k]) || std::isnan(estimate.high[k])) return {};
  if (std::isinf(estimate.low[k]) && std::isinf(estimate.high[k])) return "(no bound)";
  const auto end = [](double value) {
    return std::isinf(value) ? std::string("no bound") : fmt::format("{:.3g}", value);
  };
  return fmt::format("[{}, {}]", end(estimate.low[k]), end(estimate.high[k]));
}

std::string estimates_brief(const RunResult& result, const Style& style) {
  std::string text;
  // The pack's own description, which comes first, is long.
  for (std::size_t k = 1; k < result.inputs.description.size(); ++k)
    text += result.inputs.description[k] + "\n";
  long notes = 0, estimates = 0, other = 0;
  for (const ModelFits& model : result.models) {
    if (model.fits.empty()) continue;
    text +=
        "\n" + (kind_of(model.config) == ModelKind::iv ? iv_block(model, style) : panel_block(model, style));
    const Estimate* shown = leading(model);
    for (const Fit& fit : model.fits) {
      ++estimates;
      notes += static_cast<long>(fit.estimate.notes.size());
      if (&fit.estimate != shown) other += static_cast<long>(fit.estimate.warnings.size());
    }
  }
  return text +
         fmt::format(
             "\n{} estimates in all, {} notes on them and {} warnings of estimates beside the headlines: "
             "--all; what each statistic is: --explain\n",
             estimates, notes, other);
}

}  // namespace spillway::studies
