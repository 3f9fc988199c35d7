// docs/guide/presets.md, made from what the code knows, so that the two cannot part.
#include <fmt/format.h>

#include "engine/policy/deflator_years.hpp"
#include "scenarios/funds.hpp"

namespace spillway::scenarios {

namespace {
const char* const opening =
    R"(<!-- Made by the test unit/lever_document from the presets themselves: edit scenarios/funds.cpp, then run it with
     SPILLWAY_WRITE_DOCS=1. -->
# Presets

Every amount that a lever knows by name. None is a default: a scenario names one, or says its own amount. Marks of sources: [S]
read in the source named; [K] general knowledge, unverified; [D] derived. Amounts are as their source has them, and `price_year` says
whose pounds they are: `cash`, nominal pounds of the years in which the money is spent. A scenario that names a preset and sets no `price_year` gets
its amount in pounds of the price base year where the deflators reach all those years; where they do not (`[appraisal.deflators]` adds later ones) it counts as pounds of the
base year as it stands, and says so. "Valid until" is the year of the last pound: a policy that starts then or later is warned.

## Funds

`fund = "NAME"` of ukspf_ring_fence, community_wealth_fund and neighbourhood_renewal ([levers.md](levers.md) says how); `spillway funds`
prints them.

| preset | fund | amount, GBP m | price_year | years | valid until | extent | capital | source |
|---|---|---|---|---|---|---|---|---|
)";

std::string amount_of(const Fund& fund) {
  if (fund.amount > 0.0) return fmt::format("{:g}", fund.amount / 1e6);
  if (fund.places > 0.0)
    return fmt::format("{:g} ({:g} places of {:g})", fund.places * fund.per_place / 1e6, fund.places,
                       fund.per_place / 1e6);
  return "none sourced: must be given";
}

/// Whose prices, and whether the default series of deflators reaches them.
std::string price_year_of(const std::string& word, const std::vector<int>& years) {
  const Deflators& series = deflator_series().front();
  const std::vector<int> lacking = missing_years(series, years);
  return fmt::format("`{}`{}{}", word, word == "cash" ? " of " + years_in_words(years) : "",
                     lacking.empty() ? "" : "; no deflator yet for " + years_in_words(lacking));
}
}  // namespace

std::string presets_document() {
  std::string text = opening;
  for (const Fund& fund : funds())
    text += fmt::format(
        "| `{}` | {} | {} | {} | {:g} | {} | {} | {} | {} |\n", fund.name, fund.title, amount_of(fund),
        price_year_of(fund.price_year, years_of_money(fund, fund.years)), fund.years, fund.valid_until,
        fund.extent,
        fund.capital_share < 0.0 ? "not known" : fmt::format("{:.0f} %", 100.0 * fund.capital_share),
        fund.source);
  text +=
      "\n## Programmes of help into work\n\n`programme = \"NAME\"` of employment_support.\n\n"
      "| preset | programme | people | GBP each | GBP m in all | price_year | runs | source "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const HelpProgramme& one : help_programmes())
    text += fmt::format("| `{}` | {} | {:.0f} | {:.0f} | {:.1f} | {} | {} | {} |\n", one.name, one.title,
                        one.places, one.cost_per_place, one.places * one.cost_per_place / 1e6,
                        one.price_year == 0
                            ? "nominal, of a year that is not published: counts as pounds of the base year"
                            : price_year_of(std::to_string(one.price_year), {one.price_year}),
                        one.runs, one.source);
  text += "\n## Where a scenario says nothing\n\n| lever | money | source |\n|---|---|---|\n";
  for (const char* lever : {"ukspf_ring_fence", "community_wealth_fund", "neighbourhood_renewal"}) {
    const MoneyUnlessSaid& money = unless_said(lever);
    text += fmt::format("| {} | {} over {:g} years | {} |\n", lever,
                        money.amount > 0.0 ? fmt::format("GBP {:g}m", money.amount / 1e6)
                                           : fmt::format("{:g} places", money.places),
                        money.years, money.source);
  }
  return text;
}

}  // namespace spillway::scenarios
