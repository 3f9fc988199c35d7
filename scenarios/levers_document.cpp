// docs/guide/levers.md, made from what the code knows, so that the two cannot part.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/funds.hpp"
#include "scenarios/lever.hpp"

namespace spillway::scenarios {

namespace {
const char* const opening =
    R"(<!-- Made by the test unit/lever_document from the levers' own pages: edit those, then run it with
     SPILLWAY_WRITE_DOCS=1. -->
# Levers

A lever is a policy: it takes the areas and the parameters of each draw and gives a path of growth shocks, changed links or
a changed rho, and a path of public cost. A scenario compares it with the counterfactual on the same draws:

    y0(h+1) = A y0(h) + c                                   counterfactual growth, A = diag(rho_type) W + phi I
    u(h+1)  = A' u(h) + (A' - A) y0 + d(h+1),  u(0) = 0     what the policy adds: the uplift

`[scenario.parameters]` sets a lever's parameters: a number, a distribution (`{ distribution = "pert", low = 0.05, mode = 0.10,
high = 0.20, source = "..." }`), a word, true or false, or a list. What is not set takes the default below, with its
source. Marks of sources: [S] read in the source named; [K] general knowledge, unverified; [D] derived; "assumption" is
ours, and the first thing to replace. Every draw must lie in the allowed range; a fault names file, line and key.

Parameters of the same name share their random numbers between scenarios, so that contrasts are not noise.
Shares, lags and prices that every spending lever has mean the same in each.

## Whom a policy reaches

Every lever has the same two keys. `target` is one of

| written | areas |
|---|---|
| `target = "doubly_disadvantaged"` | of that type |
| `target = "doubly_disadvantaged:Tees Valley"` | of that type in that place, by name or code: a group as tables of groups crossed write it |
| `target = { column = "in_programme", equals = "yes" }` | where a column of the pack has that value; a list of values: one of them |
| `target = { list = "places.csv" }` | that a file names, from the configuration's folder: a column `area_code`, and where wanted `weight` or `gbp` |

and `where = ["Tees Valley", "E12000001"]` keeps those of them that lie in one of the named places: names or codes of any grouping
of the pack (every column of texts: region, lad, combined_authority, ward and so on). A name that is several places is refused with
all of them; `"region:North East"` says which is meant. A list's weights share the money in place of `allocation`; its pounds are the
programme's money, place by place, in place of a fund's amount. The file's checksum stands with the result's inputs, and its
column with the result's areas. Also in words, for `--set`: `"column:in_programme=yes|part"`, `"list:places.csv"`. Lists side by side are a sweep:
`spillway sweep CONFIG --set 'scenario.NAME.parameters.target=[{list="a.csv"}, {list="b.csv"}]'`.

## What an area gains, and what of it reaches others

A lever gives g_i(h), growth that area i has from its own money (or jobs), net of additionality. Two keys of a scenario say
what becomes of it; docs/methods/method.md, section 5, has the reasons.

| `spread` | what the neighbours get | allowed for |
|---|---|---|
| `propagated` (default) | what A sends them; through the stock, d = b x the stock term with b of the structural form of model B, so that no multiplier is taken twice | every lever |
| `none` | nothing: u = g, with beta of model B as it stands. Always computed beside the default | levers that change neither rho nor W |
| `estimated` | theta times their neighbours' mean stock, as model B with the neighbours' regressor (slx) estimates it, and no further | levers through the stock |

`effect_is = "total"` (default): a figure (gva_per_pound, jobs held, beta of model B as it stands) holds an area's own
persistence and local rounds already, so d(h) = g(h) - phi g(h-1): an area alone follows g exactly. `effect_is = "impact"`,
where a source says that its figure is the first round: d = g. The structural b is an impact by what it is.

**Support.** An estimate speaks of what it has seen. What a policy adds through the stock at its highest (mean of the draws, net
of additionality) is held against the 99th percentile of the regressor over the pack's areas: beyond it the scenario warns, with
both numbers; beyond three times it the scenario is refused, by `spillway check` and `--dry-run` too, unless it says
`extrapolate = "the reason"`, which the outputs repeat.

## Several outcomes of one policy

A scenario propagates one outcome, that of its spillover estimate. `[[scenario.outcome]]` runs the same policy, with the same money,
parameters, replicates and draws, for another outcome under the estimates that drive that one:

```toml
[[scenario]]
name = "wealth_fund"
lever = "community_wealth_fund"
[[scenario.outcome]]
name = "employment"                                  # the result is wealth_fund.employment
spread = "none"                                      # else the scenario's; then spillover must be named too
estimates = { infrastructure = "employment/2sls" }   # nothing is taken over from the scenario or the headlines
```

| key | what it says |
|---|---|
| `name` | of the outcome; the result is `<scenario>.<name>` |
| `estimates` | `spillover` and `infrastructure` of this outcome; with `spread = "none"` model B alone will do |
| `spread`, `effect_is` | where they differ from the scenario's |
| `parameters` | how money becomes this outcome: channel, effect, outcome, gva_per_pound, persistence; everything else is the policy's |
| `convert` | conversion factors of this outcome, with their source; none is taken over |

The money is appraised once, with the scenario; figures and contrasts of a further outcome per pound use that cost. `spillway table RESULT outcomes`
and the page show all outcomes of a policy together, each in its own unit, over the horizon and per GBP 100m of public cost; studies (frontier, sensitivity, specification curve) take a further
outcome where it is named. `--set scenario.NAME.outcome.NAME.spread=none` addresses one.
configs/outcomes.toml runs GVA, inactivity and deprivation of two policies together.

## Conversion factors

Nothing is converted silently. `[scenario.convert]`, with a `source`, may hold:

| key | factor | needed when |
|---|---|---|
| `gva_growth` | units of the propagated outcome per log point of GVA | a flow of GVA meets an outcome that is not GVA growth |
| `gbp_per_head` | units of model B's regressor per GBP per head | the regressor is not in GBP per head |
| `outcome` | units of the propagated outcome per unit of model B's outcome | their units differ |
| `employment_rate` | units of the propagated outcome per unit of employment rate | employment_support meets an outcome that is not an employment rate |

## Funds

`fund = "..."` of ukspf_ring_fence, community_wealth_fund and neighbourhood_renewal names one of these (`spillway funds` prints them).
None is a default. One that ended before the policy starts is warned of, not refused: it stands for its size, or for a
back-cast. Only England's amounts are spread over England; a fund without one asks for `amount`. Without a fund the lever's own
explicit amount stands, below.

Of list, `profile`, `amount` and fund the first that is given says the money; two that disagree are refused. `profile = [400, 700, 1500]` is
GBP m year by year; `start = 2027` a calendar year, from the appraisal's first. `match_public` is public cost, `match_private` none; a
sentence of the result keeps the parts of the money apart.

`price_year` of every lever that spends says whose prices its amounts are in. `"base"`: pounds of the appraisal's
`price_base_year`, the default of levers without presets. `"preset"`, the default of the others: a fund's or programme's own figure is in the prices that it was
published in (docs/guide/presets.md) where the deflators reach all its years; where they do not it counts as pounds of the base year, and a sentence
says which years lack one; amounts of the configuration are of the base year. A year, `price_year =
2023`: pounds of that year. `"cash"`: each year's money in that year's prices; a fund's own amount is cash of the fund's own
years (a financial year counts as the calendar year it starts in), whenever the policy starts; an amount, profile or list of the
configuration is cash of the policy's years, from its `start`; costs that run on (bus services, plans, places filled) are cash of the years in which
they fall. Everything is brought to the price base year by the appraisal's deflators; a year that they lack is refused by name
(`[appraisal.deflators]` adds it, with its source). Money that is spent later than planned keeps its worth. The factors stand in a
sentence of the result and of the terminal.

Model B's beta is net of what happens anyway, so levers through the stock
take no deadweight by default.

| name | fund | amount, GBP m | years | runs | profile, GBP m a year | extent | source |
|---|---|---|---|---|---|---|---|
)";

std::string amount_in_words(const Fund& fund) {
  if (fund.amount > 0.0) return fmt::format("{:g}", fund.amount / 1e6);
  if (fund.places > 0.0) return fmt::format("{:g} places of {:g}", fund.places, fund.per_place / 1e6);
  return "must be given";
}
}  // namespace

std::string levers_document() {
  std::string text = opening;
  for (const Fund& fund : funds())
    text += fmt::format(
        "| `{}` | {} | {} | {:g} | {} to {} | {} | {} | {} |\n", fund.name, fund.title, amount_in_words(fund),
        fund.years, fund.first_year, fund.valid_until,
        fund.profile.empty() ? "not published" : fmt::format("{:g}", fmt::join(fund.profile, ", ")),
        fund.extent, fund.source);
  text += "\n| lever | money where nothing says it |\n|---|---|\n";
  for (const char* lever : {"ukspf_ring_fence", "community_wealth_fund", "neighbourhood_renewal"}) {
    const MoneyUnlessSaid& money = unless_said(lever);
    text += fmt::format("| {} | {} over {:g} years; {} |\n", lever,
                        money.amount > 0.0 ? fmt::format("GBP {:g}m", money.amount / 1e6)
                                           : fmt::format("{:g} places", money.places),
                        money.years, money.source);
  }
  for (const Lever& known : catalogue()) {
    // A page's own headings go one level down in the document.
    std::string page = "\n#" + known.page;
    for (std::size_t at = page.find("\n## Parameters"); at != std::string::npos;
         at = page.find("\n## Parameters", at + 1))
      page.insert(at + 1, "#");
    for (std::size_t at = page.find("\n## What it"); at != std::string::npos;
         at = page.find("\n## What it", at + 1))
      page.insert(at + 1, "#");
    text += page;
  }
  return text;
}

}  // namespace spillway::scenarios
