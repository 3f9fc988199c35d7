// The appraisal summary table, and two rulebooks side by side.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/few_draws.hpp"
#include "engine/policy/target_grouping.hpp"
#include "scenarios/appraisal.hpp"

namespace spillway::scenarios {

namespace {

/// GBP m; a nought has no sign.
std::string million(double pounds, int decimals = 1) {
  const std::string text = fmt::format("{:.{}f}", pounds / 1e6, decimals);
  return text.find_first_not_of("-0.") == std::string::npos && text.front() == '-' ? text.substr(1) : text;
}

/// "P50 (P10 to P90)" in GBP m, with decimals enough for a small programme.
std::string money(const Eigen::VectorXd& draws) {
  const Percentiles p = percentiles(draws);
  const double most = std::max({std::abs(p.p10), std::abs(p.p50), std::abs(p.p90)});
  const int decimals = most >= 1e6 || most == 0.0 ? 1 : most >= 1e5 ? 2 : 3;
  return fmt::format("{} ({} to {})", million(p.p50, decimals), million(p.p10, decimals),
                     million(p.p90, decimals));
}

std::string ratio(const Eigen::VectorXd& draws) {
  const Percentiles p = percentiles(draws);
  return std::isfinite(p.p50) ? fmt::format("{:.2f} ({:.2f} to {:.2f})", p.p50, p.p10, p.p90) : "none";
}

std::string names_of(const std::vector<BenefitLine>& lines, Firmness firmness) {
  std::vector<std::string> parts;
  for (const BenefitLine& line : lines)
    if (line.firmness == firmness) parts.push_back(fmt::format("{} [{}]", line.name, line.source));
  return parts.empty() ? "no line is on" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string band(const AppraisalColumn& column, const std::string& department) {
  if (column.band.empty()) return "none";
  std::vector<std::string> parts;
  for (std::size_t b = column.band_share.size(); b-- > 0;)
    if (column.band_share[b] > 0.0)
      parts.push_back(
          fmt::format("{} {:.0f}%", value_for_money_of(department).bands[b], 100.0 * column.band_share[b]));
  return fmt::format("{} ({})", column.band, fmt::join(parts, ", "));
}

std::string switching(const AppraisalResult& result) {
  if (result.switching.empty())
    return result.places.empty() ? "no ratio, so nothing to switch"
                                 : "no ratio, so nothing to switch: see the gains by place";
  std::vector<std::string> parts;
  for (const SwitchingValue& found : result.switching)
    parts.push_back(found.value ? fmt::format("{}: {:.3g} for {}", found.what, *found.value, found.threshold)
                                : fmt::format("{}: none from {:g} to {:g} for {}", found.what, found.low,
                                              found.high, found.threshold));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string financial_note(const AppraisalResult& result) {
  std::string note = "undiscounted, without optimism bias, the whole programme";
  if (result.later_costs.maxCoeff() > 0.0)
    note += fmt::format("; of it after the scenario's horizon {}", money(result.later_costs));
  if (result.costs_left_out.maxCoeff() > 0.0)
    note += fmt::format("; of it after the years appraised, not in B, {}", money(result.costs_left_out));
  return note;
}

}  // namespace

std::vector<SummaryRow> appraisal_summary(const AppraisalResult& result) {
  const AppraisalColumn &local = result.local, &national = result.national;
  const std::string odds = std::isfinite(national.bcr_above_one)
                               ? fmt::format("national: P(BCR > 1) {:.0f}%, P(BCR > 2) {:.0f}%",
                                             100.0 * national.bcr_above_one, 100.0 * national.bcr_above_two)
                               : result.bcr_reason;
  const auto net = [](const AppraisalColumn& column) {
    return fmt::format("{}; with C {}", money(column.npsv - column.other), money(column.npsv));
  };
  std::string npsv_note = "A - B, and A - B + C";
  if (result.weighted)
    npsv_note += fmt::format("; distributionally weighted {}", money(result.weighted->npsv));
  const bool unvalued =
      national.benefits.isZero(0.0) && national.other.isZero(0.0) && !local.benefits.isZero(0.0);
  std::vector<std::string> not_monetised = result.not_monetised;
  if (not_monetised.empty()) not_monetised.push_back("none was named for this scenario");
  return {
      {'A', "Present value of benefits, GBP m", money(local.benefits), money(national.benefits),
       names_of(result.lines, Firmness::initial)},
      {'B', "Present value of costs, GBP m", money(result.present_value_costs),
       money(result.present_value_costs),
       result.settings.optimism_bias_class.empty()
           ? "no optimism bias"
           : fmt::format("with optimism bias, {}, on the {:g}% that is capital",
                         result.settings.optimism_bias_class, 100.0 * result.settings.capital_share)},
      {'C', "Present value of other quantified impacts, GBP m", money(local.other), money(national.other),
       names_of(result.lines, Firmness::adjusted)},
      {'D', "Net present social value, GBP m", net(local), net(national), npsv_note},
      {'E', "'Initial' benefit-cost ratio", ratio(local.initial_bcr), ratio(national.initial_bcr),
       result.bcr_reason.empty() ? "A / B" : result.bcr_reason},
      {'F', "'Adjusted' benefit-cost ratio", ratio(local.adjusted_bcr), ratio(national.adjusted_bcr), odds},
      {'G', "Significant non-monetised impacts", "", "", fmt::format("{}", fmt::join(not_monetised, "; "))},
      {'H', "Value-for-money category", "none", band(national, result.settings.department),
       value_for_money_of(result.settings.department).source +
           "; of the median adjusted national ratio, with the share of draws in each; none of the local "
           "ratio, "
           "which leaves "
           "out what other places lose" +
           std::string(unvalued ? "; national benefits are zero by the rule in L, not by an estimate" : "")},
      {'I', "Switching values and rationale", "", "", switching(result)},
      {'J', "Departmental financial cost, GBP m", money(result.financial_costs),
       money(result.financial_costs), financial_note(result)},
      {'K', "Risks", "", "",
       "those drawn: see the scenario's parameters; delivery and additionality are drawn, not added on top"},
      {'L', "Other issues", "", "", fmt::format("{}", fmt::join(result.notes, " "))},
  };
}

std::string exchequer_table(const AppraisalResult& result) {
  const Exchequer& view = result.exchequer;
  std::string text = fmt::format(
      "\nThe Exchequer's view, GBP m of {} by year: undiscounted, without optimism bias, medians of the "
      "draws. "
      "Transfers are no\nbenefit to society: none of this is in rows A to F.\n",
      result.settings.price_base_year);
  text += fmt::format("     {:>4} {:>10} {:>10} {:>12} {:>10} {:>10} {:>10}{}\n", "year", "RDEL", "CDEL",
                      view.split ? "AME saved*" : "AME saved", view.fiscal ? "receipts*" : "receipts",
                      view.cashable_known ? "cashable*" : "cashable", view.fiscal ? "net cost*" : "net cost",
                      view.within.empty() ? "" : "  within envelope");
  const auto middle = [](const Eigen::VectorXd& draws) { return million(percentiles(draws).p50); };
  for (std::size_t k = 0; k < view.years.size(); ++k) {
    const ExchequerYear& year = view.years[k];
    const std::string unknown = "-";
    text += fmt::format("     {:>4} {:>10} {:>10} {:>12} {:>10} {:>10} {:>10}", year.year, middle(year.rdel),
                        middle(year.cdel), view.split ? middle(year.ame_saved) : unknown,
                        view.fiscal ? middle(year.receipts) : unknown,
                        view.cashable_known ? middle(year.cashable) : unknown, middle(year.net()));
    text += view.within.empty() ? "\n" : fmt::format("  {:.0f}% of draws\n", 100.0 * view.within[k]);
  }
  text += fmt::format("     net cost to the Exchequer in present value, GBP m: {}\n",
                      money(view.present_value_net));
  if (view.fiscal) {
    text += fmt::format("     comes back of each GBP spent, in present value: {}*\n", ratio(view.returned));
    text += fmt::format("     * {}\n", view.assumed);
  }
  std::vector<std::string> unsaid;
  if (!view.fiscal)
    unsaid.push_back("what comes back is not told (give fiscal_per_pound with its source)");
  else if (!view.split)
    unsaid.push_back("receipts hold benefits saved (AME) too (give ame_share with its source)");
  if (view.fiscal && !view.cashable_known)
    unsaid.push_back("what is cashable is not told (give cashable_share with its source)");
  if (result.settings.capital_share == 0.0)
    unsaid.push_back("all cost counts as revenue (set capital_share)");
  if (!unsaid.empty()) text += fmt::format("     {}\n", fmt::join(unsaid, "; "));
  return text;
}

namespace {
/// "999 draws", and of few that the ends beside the median say nothing.
std::string draws_words(long draws) {
  const std::string words = fmt::format("{} draw{}", draws, draws == 1 ? "" : "s");
  return draws >= kFewestForBand
             ? words
             : fmt::format("{}: too few for a band, which needs {}", words, kFewestForBand);
}
}  // namespace

std::string appraisal_table(const AppraisalResult& result) {
  const std::vector<SummaryRow> rows = appraisal_summary(result);
  std::string text = fmt::format(
      "Appraisal summary table: {}\nMedian (P10 to P90) of {}. Pounds of {}; present values discounted "
      "to {}. Local: what {} gain. Row "
      "layout: MHCLG Appraisal Guide [K, unverified against its 4th edition]; the rest as "
      "docs/guide/appraisal.md "
      "says.\n\n",
      result.scenario, draws_words(result.present_value_costs.size()), result.settings.price_base_year,
      result.settings.discount_base_year, areas_words(result.target.name));
  std::size_t title = 0, local = 5;
  for (const SummaryRow& row : rows) {
    title = std::max(title, row.title.size());
    local = std::max(local, row.local.size());
  }
  text += fmt::format("   {:<{}}  {:<{}}  {}\n", "", title, "local", local, "national");
  for (const SummaryRow& row : rows) {
    std::string line =
        fmt::format("{}  {:<{}}  {:<{}}  {}", row.letter, row.title, title, row.local, local, row.national);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
    if (!row.note.empty()) text += fmt::format("     {}\n", row.note);
  }
  text += exchequer_table(result);
  if (result.places.empty()) return text;
  text += "\nGVA gained by place, GBP m in present value, before costs (below zero: it loses)\n";
  std::size_t name = 0;
  for (const PlaceGain& place : result.places) name = std::max(name, place.name.size());
  for (const PlaceGain& place : result.places)
    text += fmt::format("     {:<{}}  {}, {:.2f} GBP a head\n", place.name, name, money(place.gva),
                        percentiles(place.gva).p50 / place.population);
  return text;
}

std::string appraisal_difference(const AppraisalInputs& inputs, const AppraisalSettings& settings,
                                 const std::string& first, const std::string& second) {
  const Rulebook &a = rulebook(first), &b = rulebook(second);
  std::string text = fmt::format("{} against {}\n\nRules that differ, or that one edition has not sourced:\n",
                                 a.name, b.name);
  const auto shown = [](const RuleCell& cell) {
    return cell.value ? fmt::format("{:g} [{}]", *cell.value, cell.source)
                      : fmt::format("(empty: {})", cell.source);
  };
  const std::vector<RuleDifference> differences = compare_rulebooks(a, b);
  for (const RuleDifference& rule : differences)
    text += fmt::format("  {} ({}, {}): {} -> {}\n", rule.key, rule.description, rule.unit, shown(rule.first),
                        shown(rule.second));
  if (differences.empty()) text += "  none\n";
  AppraisalSettings under = settings;
  under.rulebook = a.name;
  const AppraisalResult before = appraise(inputs, under);
  under.rulebook = b.name;
  const AppraisalResult after = appraise(inputs, under);
  text += fmt::format("\n{}, national, median (P10 to P90):\n", inputs.scenario);
  const auto line = [&](const char* name, const std::string& left, const std::string& right) {
    text += fmt::format("  {}: {} -> {}{}\n", name, left, right, left == right ? " (the same)" : "");
  };
  line("present value of benefits, GBP m", money(before.present_value_benefits()),
       money(after.present_value_benefits()));
  line("present value of costs, GBP m", money(before.present_value_costs), money(after.present_value_costs));
  line("net present social value, GBP m", money(before.npsv()), money(after.npsv()));
  line("adjusted benefit-cost ratio", ratio(before.bcr()), ratio(after.bcr()));
  line("value-for-money category", band(before.national, settings.department),
       band(after.national, settings.department));
  return text;
}

}  // namespace spillway::scenarios
