// The page's first sentence in words alone, on a stub of a run. Argument: tools/report's folder.
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";

const nothing = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => "" : nothing), apply: () => nothing, set: () => true });
Object.assign(globalThis, { document: nothing, window: nothing, addEventListener: () => {} });
const { atEnd, sentence } = await import(pathToFileURL(`${process.argv[2]}/src/finding.js`).href);

const around = (middle) => [0.5, 0.6, 0.8, 1, 1.2, 1.4, 1.5].map((k) => k * middle);
const aggregate = (grouping, groups, middles) => ({ outcome: "any", grouping, groups, periods: [5], last: 0, unit: "log points", group: (name) => groups.indexOf(name), q: (_, g) => around(middles[g]), better: () => 1 });
const by = { area_type: aggregate("area_type", ["other", "doubly_disadvantaged"], [0.001, 0.0001]), nation: aggregate("nation", ["nation"], [0.0005]), target: aggregate("target", ["target", "elsewhere"], [0.02, 0.0001]) };
const run = (years) => ({ periodYears: years, data: { pack: { period_years: years }, assumptions: { scenarios: [] } }, groupName: (_, group) => group, said: () => "better", inPounds: () => "" });
const state = (outcome) => ({ outcome, policy: { title: "Fund", name: "fund", factor: 1, year: null, data: { attributes: { outcome_is_gva_growth: 1 }, draws: 99 }, cost: () => null, aggregate: (_, grouping) => by[grouping] } });

assert.match(sentence(run(1), state("cumulative_uplift")), /^Fund would raise GVA in the areas that it acts on by 2\.0% over 5 years/);
assert.match(sentence(run(4.2), state("cumulative_uplift")), / over 21 years/);
assert.match(sentence(run(null), state("cumulative_uplift")), / over 5 periods/);
assert.match(sentence(run(1), state("uplift")), / a year, in the last year;/);
assert.match(sentence(run(4.2), state("uplift")), / a period of 4\.20 years, in the last period;/);
delete by.target;
assert.match(sentence(run(1), state("cumulative_uplift")), /^Fund would raise GVA in other areas by 0\.10% over 5 years/);
console.log("finding: said of whom the policy acts on, and of the period that there is");
// The end of a period in years of the horizon, also where a pack's periods are uneven and the configuration says how long they are.
assert.deepEqual([1, 4.2, null].map((years) => atEnd(run(years), 2)), ["year 2", "year 8.4 (period 2)", "period 2"]);
