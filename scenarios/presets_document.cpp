// docs/guide/presets.md, made from what the code knows, so that the two cannot part.
#include <fmt/format.h>

#include "scenarios/funds.hpp"

namespace spillway::scenarios {

namespace {
const char* const opening =
    R"(<!-- Made by the test unit/lever_document from the presets themselves: edit scenarios/funds.cpp, then run it with
     SPILLWAY_WRITE_DOCS=1. -->
# Presets

Every amount that a lever knows by name. None is a default: a scenario names one, or says its own amount. Marks of sources: [S]
read in the source named; [K] general knowledge, unverified; [D] derived. Amounts are as their source has them: nominal pounds of
the years in which the money is spent; `price_year = "cash"` brings them to
the price base year, where the deflators reach (`[appraisal.deflators]` adds later years). "Valid until" is the year of the last pound: a policy that starts then or later is warned.

## Funds

`fund = "NAME"` of ukspf_ring_fence, community_wealth_fund and neighbourhood_renewal ([levers.md](levers.md) says how); `spillway funds`
prints them.

| preset | fund | amount, GBP m | prices | years | valid until | extent | capital | source |
|---|---|---|---|---|---|---|---|---|
)";

std::string amount_of(const Fund& fund) {
  if (fund.amount > 0.0) return fmt::format("{:g}", fund.amount / 1e6);
  if (fund.places > 0.0)
    return fmt::format("{:g} ({:g} places of {:g})", fund.places * fund.per_place / 1e6, fund.places,
                       fund.per_place / 1e6);
  return "none sourced: must be given";
}
}  // namespace

std::string presets_document() {
  std::string text = opening;
  for (const Fund& fund : funds())
    text += fmt::format(
        "| `{}` | {} | {} | nominal, {} to {} | {:g} | {} | {} | {} | {} |\n", fund.name, fund.title,
        amount_of(fund), fund.first_year, fund.valid_until, fund.years, fund.valid_until, fund.extent,
        fund.capital_share < 0.0 ? "not known" : fmt::format("{:.0f} %", 100.0 * fund.capital_share),
        fund.source);
  text +=
      "\n## Programmes of help into work\n\n`programme = \"NAME\"` of employment_support.\n\n"
      "| preset | programme | people | GBP each | GBP m in all | prices | runs | source "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const HelpProgramme& one : help_programmes())
    text += fmt::format("| `{}` | {} | {:.0f} | {:.0f} | {:.1f} | nominal | {} | {} |\n", one.name, one.title,
                        one.places, one.cost_per_place, one.places * one.cost_per_place / 1e6, one.runs,
                        one.source);
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
