// The first screen: one sentence, who gains and who loses, three numbers, and the size of the policy.
import { groupRow, intervals } from "./charts.js";
import { count, digits, display, fewestForBand, money, outcomeLabel, probability, said as saidOf, verdictColours, verdicts, words } from "./format.js";
import { configuration, parameterOf } from "./configuration.js";
import { button, freshId, h, replace, select } from "./dom.js";

/** The type of area that a policy is meant for: what its lever was told, else the type that it moves most. */
export function targetOf(run, scenario, aggregate) {
  if (!aggregate) return -1;
  const told = run.data.assumptions.scenarios.find((s) => s.scenario === scenario.name)?.parameters.find((p) => p.name === "target" || p.name === "target_type")?.value;
  if (aggregate.groups.includes(told)) return aggregate.group(told);
  const size = (g) => Math.abs(aggregate.q(aggregate.last, g)[3]);
  return aggregate.groups.reduce((best, _, g) => (size(g) > size(best) ? g : best), 0);
}

const lowered = (text) => (/^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);

/** "5 years" whatever a period is, or "5 periods" where nobody says how long one is. */
export function span(run, periods) {
  const many = run.periodYears ? +(periods * run.periodYears).toFixed(2) : periods;
  return `${many} ${run.periodYears ? "year" : "period"}${many === 1 ? "" : "s"}`;
}

/** The end of a period as a year of the horizon: "year 5", "year 8.4 (period 2)", or the period where its years are not known. */
export const atEnd = (run, period) => (run.periodYears === 1 ? `year ${period}` : run.periodYears ? `year ${+(period * run.periodYears).toFixed(2)} (period ${period})` : `period ${period}`);

/** All that the first screen says of a policy, as numbers: the words are made from these alone. */
export function findings(run, state) {
  const s = state.policy, of = (grouping) => s.aggregate(state.outcome, grouping);
  const types = of("area_type"), nation = of("nation"), t = targetOf(run, s, types), own = of("target");
  const entry = (aggregate, g, name) => {
    const q = aggregate.q(aggregate.last, g), better = aggregate.better(aggregate.last, g);
    const text = (v) => saidOf(v, aggregate.unit);
    return { name, q, better, text, said: run.said(s, aggregate, g), pounds: (v) => run.inPounds(s, aggregate, g, v), aggregate, g, unit: aggregate.unit };
  };
  return { s, nation: nation ? entry(nation, 0, "All areas together") : null, target: own ? { ...entry(own, own.group("target"), "The areas that it acts on"), own: true } : t >= 0 ? entry(types, t, run.groupName("area_type", types.groups[t])) : null, cost: s.cost(), periods: s.year ?? (types ?? nation)?.periods.at(-1) };
}

/** The finding in words. */
export function sentence(run, state) {
  const { s, nation, target, cost, periods } = findings(run, state);
  const first = target ?? nation;
  if (!first) return `What ${s.title} would do, by area and group.`;
  const gva = s.data.attributes.outcome_is_gva_growth === 1, what = gva ? "GVA" : "the " + lowered(words(s.data.attributes.outcome ?? "outcome"));
  const years = run.periodYears, each = years && years !== 1 ? [`a period of ${digits(years)} years`, "period"] : ["a year", "year"];
  const over = state.outcome === "uplift" ? ` ${each[0]}, in ${s.year === null ? `the last ${each[1]}` : `${each[1]} ${s.year}`}` : state.outcome === "gva_per_head_uplift" ? " a head in the last year" : ` over ${span(run, periods)}`;
  const size = (v, f) => `${f.text(Math.abs(v))}${f.pounds(v) ? ` (about ${f.pounds(Math.abs(v))})` : ""}`;
  const range = (f) => `${f.text(f.q[0])} to ${f.text(f.q[6])}`;
  const verb = (v) => (v < 0 ? "lower" : "raise");
  const where = target ? `in ${lowered(first.name)}${target.own ? "" : " areas"}` : "in all areas together";
  const name = s.title + (s.factor === 1 ? "" : ` at ${digits(s.factor, 3)} times its size`);
  const parts = [], draws = s.data.draws;
  if (draws < fewestForBand) return `${draws === 1 ? "One draw is" : `${draws} draws are`} too few for a range or a verdict, which need ${fewestForBand}; the middle of what ${name} would do to ${what} ${where}: ${first.text(first.q[3])}${over}.`;
  if (first.said === "untold") parts.push(`What ${name} would do to ${what} ${where} this model does not tell: ${first.text(first.q[3])}${over} (${range(first)}), of which areas' unequal sizes make part.`);
  else if (first.said === "none") parts.push(`${name} would do nothing ${where}.`);
  else if (first.said === "") parts.push(`What ${name} would do to ${what} ${where} is not told apart from zero: the median is ${first.text(first.q[3])}${over}, and 9 draws in 10 lie between ${first.text(first.q[0])} and ${first.text(first.q[6])}.`);
  else parts.push(`${name} would ${verb(first.q[3])} ${what} ${where} by ${size(first.q[3], first)}${over}; 9 draws in 10 say ${range(first)}.`);
  if (target && nation) {
    if (nation.said === "none") parts.push("All areas together would neither gain nor lose.");
    else if (nation.said === "untold") parts.push(`For all areas together this model does not tell: ${nation.text(nation.q[3])} (${range(nation)}), of which areas' unequal sizes make part.`);
    else if (nation.said === "") parts.push(`For all areas together it is not told apart from zero (${range(nation)}).`);
    else if (nation.text(nation.q[3]) === "about 0%") parts.push(`All areas together would hardly ${nation.said === "better" ? "gain" : "lose"} (less than 0.0001%).`);
    else parts.push(`All areas together would ${nation.said === "better" ? "gain" : "lose"}: ${nation.text(nation.q[3])} (${range(nation)}).`);
  }
  if (cost) parts.push(cost[3] === 0 ? "It moves money and costs no new money." : `It costs the public ${money(cost[3])} over ${span(run, periods)}.`);
  return parts.join(" ");
}

/** How many areas gain, lose and are not told apart: from their own outermost quantiles. */
export function gainers(s, outcomeName) {
  const outcome = s.outcome(outcomeName);
  if (!outcome) return null;
  const low = outcome.quantile(0), high = outcome.quantile(outcome.levels.length - 1), counts = { up: 0, down: 0, open: 0, interval: outcome.intervalName() };
  // As in the first words of a run (engine/outcome/sides.hpp): far below the largest effect a sign says nothing.
  const middle = outcome.quantile(outcome.levels.indexOf(0.5) >= 0 ? outcome.levels.indexOf(0.5) : outcome.levels.length >> 1);
  const least = 1e-5 * middle.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  for (let k = 0; k < low.length; ++k) {
    if (!(Math.abs(middle[k]) > least) || s.data.draws < fewestForBand) ++counts.open;
    else if (s.better * low[k] > 0 && s.better * high[k] > 0) ++counts.up;
    else if (s.better * low[k] < 0 && s.better * high[k] < 0) ++counts.down;
    else ++counts.open;
  }
  return counts;
}

export const outcomeOptions = (s) => s.outcomeNames().map((name) => ({ value: name, label: words(name) }));

export function finding(run, state) {
  if (!state.policy) return h("p", {}, "The run has no scenarios: it holds estimates only.");
  const chooser = h("div", { class: "controls" }), said = h("p", { class: "said", role: "status" }), three = h("div", { class: "three" }), tally = h("p", { class: "tally" }), against = h("div");
  const rows = () => {
    const s = state.policy, list = [];
    for (const grouping of ["nation", "area_type", "region"]) {
      const aggregate = s.aggregate(state.outcome, grouping);
      if (!aggregate || aggregate.groups.length > 12) continue;
      const own = aggregate.groups.map((_, g) => groupRow(run, s, aggregate, g, { strong: grouping !== "region" }));
      list.push(...(grouping === "nation" ? own : own.sort((a, b) => s.better * (b.q[3] - a.q[3]))));
    }
    return list;
  };
  const about = () => {
    const aggregate = findings(run, state).target?.aggregate ?? findings(run, state).nation?.aggregate;
    return { aggregate, unit: aggregate ? outcomeLabel(state.outcome, aggregate.display) : "", title: `Who gains and who loses: ${state.policy.title}`, note: `${words(state.outcome)}${aggregate && state.outcome === "cumulative_uplift" ? ` (${span(run, aggregate.periods[aggregate.last])})` : ""}. Dot: median. Thick line: middle half of draws. Thin line: 9 draws in 10. A click on a row picks it on the map.` };
  };
  // Its unit changes with the outcome: the picture is made anew then, and only redrawn when a size moves.
  const holder = h("div");
  let picture = null, shownUnit = null;
  const legend = ["better", "worse", ""].map((key) => ({ colour: verdictColours[key], text: verdicts[key] }));
  const draw = () => {
    const now = about(), shown = now.aggregate?.display ?? display("");
    if (!rows().length) {
      picture = null;
      return replace(holder, h("p", { class: "note" }, "The run keeps neither all areas together nor types or regions of this outcome: the map and the groups below have what it keeps."));
    }
    if (picture && shownUnit === now.unit) return picture.redraw({ title: now.title, note: now.note });
    shownUnit = now.unit;
    picture = intervals({ title: now.title, note: now.note, rows, unit: now.unit, factor: shown.factor, name: `who gains ${run.data.run.name}`, tight: true, legend,
      pick: (key) => state.set({ group: key === "nation/" || key.startsWith("nation/") || key === state.group ? "" : key }), picked: () => state.group });
    replace(holder, picture, h("ul", { class: "key" }, legend.map((l) => h("li", {}, h("span", { class: "swatch", style: `background:${l.colour}` }), l.text))));
  };
  const controls = () => {
    const active = document.activeElement?.dataset?.control;
    replace(chooser,
      run.scenarios.length > 1 ? select("Policy", run.scenarios.map((s) => ({ value: s.name, label: s.title })), state.scenario, (v) => state.set({ scenario: v }), { "data-control": "finding-scenario" }).field : null,
      select("Outcome", outcomeOptions(state.policy), state.outcome, (v) => state.set({ outcome: v }), { "data-control": "finding-outcome" }).field);
    if (active) chooser.querySelector(`[data-control=${active}]`)?.focus();
  };
  const number = (label, f, fallback) => h("div", { class: "number-card" }, h("p", { class: "what" }, label), f
    ? [h("p", { class: "figure" }, f.text(f.q[3])), f.pounds(f.q[3]) ? h("p", { class: "more" }, f.pounds(f.q[3])) : null,
      // Percent and pounds say what they are; points of an index do not.
      /^[%\u00a3]/.test(display(f.unit).label) || !display(f.unit).label ? null : h("p", { class: "more" }, display(f.unit).label),
      f.said === "none" || state.policy.data.draws < fewestForBand ? null : h("p", { class: "more" }, `${f.text(f.q[0])} to ${f.text(f.q[6])} in 9 draws of 10`),
      h("p", { class: `verdict ${f.said}` }, f.said === "none" ? verdicts.none : f.said === "untold" ? verdicts.untold : `${verdicts[f.said]}: P(better) ${probability(f.better, state.policy.data.draws)}`)]
    : h("p", { class: "more" }, fallback));
  const write = () => {
    const { s, nation, target, cost } = findings(run, state);
    said.textContent = sentence(run, state);
    replace(three, number(target ? (target.own ? target.name : `${target.name} areas`) : "Types of area", target, "The run keeps no types."), number("All areas", nation, "The run keeps no total."),
      h("div", { class: "number-card" }, h("p", { class: "what" }, "Public cost"), cost ? [h("p", { class: "figure" }, money(cost[3])), h("p", { class: "more" }, cost[0] === cost[6] ? (cost[3] === 0 ? "no new money: it is moved" : "the same in every draw") : `${money(cost[0])} to ${money(cost[6])} in 9 draws of 10`), h("p", { class: "more" }, `${s.year === null ? "whole horizon" : `up to ${atEnd(run, s.year)}`}, undiscounted${run.data.assumptions?.price_base_year ? `, ${run.data.assumptions.price_base_year} prices` : ""}`)] : h("p", { class: "more" }, "The run keeps no cost.")));
    const n = gainers(s, state.outcome);
    tally.textContent = n ? `${s.year === null ? "Of" : "At the end of the horizon, of"} ${count(run.count)} areas, ${count(n.up)} would gain and ${count(n.down)} lose with the whole of their ${n.interval} on one side of zero; ${count(n.open)} are not told apart from zero or not touched.` : "";
    const warnings = [s.data.attributes.warnings ?? []].flat().filter(Boolean);
    // A warning of several lines: a sentence, then its list.
    const lines = (warning) => { const [first, ...rest] = warning.split("\n").map((line) => line.trim()).filter(Boolean); return rest.length ? [first, h("ul", {}, rest.map((line) => h("li", {}, words(line.split(",")[0]) + line.slice(line.split(",")[0].length))))] : first; };
    replace(against, warnings.length ? h("div", { class: "caution" }, h("strong", {}, "Against it stands: "), warnings.length === 1 ? lines(warnings[0]) : h("ul", {}, warnings.map((w) => h("li", {}, lines(w))))) : null);
  };
  const slider = h("div", {}, whatIf(run, state), horizon(run, state));
  controls();
  write();
  draw();
  state.listen((changed) => {
    write();
    draw();
    if (!changed.every((c) => c === "size")) controls();
    else if (![...chooser.querySelectorAll("[data-control=finding-outcome] option")].every((o, k) => o.value === state.policy.outcomeNames()[k])) controls();
  });
  return h("div", { class: "finding" }, chooser, said, h("div", { class: "finding-layout" }, h("div", {}, holder, tally), h("div", {}, three, slider, against)), glossary(run));
}

/** The size of the policy: every figure that is in proportion to it moves with the slider. */
function whatIf(run, state) {
  const box = h("div", { class: "what-if" });
  let made = null;
  const build = () => {
    const s = state.policy;
    made = `${s.name}/${s.parameter}`;
    if (!s.sizes.size) {
      replace(box, h("p", { class: "what" }, "What if it were larger or smaller?"), h("p", { class: "more" }, s.data.attributes.unsized ? `This policy has no slider: ${s.data.attributes.unsized}. A run with other parameters answers.` : "The run was written by a version that did not say which parameters its policies are in proportion to: run it again for a slider."));
      return;
    }
    const id = freshId("size"), upTo = s.sizes.get(s.parameter), parameter = parameterOf(run, s), base = parameter?.distribution;
    const out = h("output", { for: id }), copied = h("span", { class: "more", role: "status" });
    const slider = h("input", { type: "range", id, min: 0, max: upTo, step: upTo / 300, value: s.factor, "data-control": "size", oninput: () => later(Number(slider.value)) });
    const exact = base?.kind === "point" ? h("input", { type: "number", class: "exact", step: "any", min: 0, max: base.keys.value * upTo, value: Number((base.keys.value * s.factor).toPrecision(6)), "aria-label": `${words(s.parameter)}, ${parameter.unit}`, onchange: () => { const v = Number(exact.value) / base.keys.value; if (v >= 0 && v <= upTo) state.size(s.name, s.parameter, v); else say(); } }) : null;
    let waiting = null;
    const later = (factor) => {
      // One picture a frame: a slider that is dragged sends more.
      if (waiting === null) requestAnimationFrame(() => { const f = waiting; waiting = null; state.size(s.name, s.parameter, f); });
      waiting = factor;
    };
    const say = () => {
      slider.value = s.factor;
      if (exact && document.activeElement !== exact) exact.value = Number((base.keys.value * s.factor).toPrecision(6));
      const text = base?.kind === "point" ? `${sized(base.keys.value * s.factor, parameter.unit)}` : spread(run, s, parameter);
      out.textContent = s.factor === 1 ? `${text} (as run)` : `${text} (${digits(s.factor, 3)} times what was run)`;
      slider.setAttribute("aria-valuetext", out.textContent);
      copied.textContent = "";
    };
    box.say = say;
    replace(box,
      h("label", { class: "what", for: id }, `What if ${s.sizes.size > 1 ? "the size" : `the ${lowered(words(s.parameter))}`} were another?`),
      s.sizes.size > 1 ? select("Size", [...s.sizes.keys()].map((n) => ({ value: n, label: words(n) })), s.parameter, (v) => { state.size(s.name, v, 1); build(); }, { "data-control": "size-parameter" }).field : null,
      h("div", { class: "slide" }, slider, exact), h("p", { class: "more" }, h("strong", {}, `${words(s.parameter)}: `), out),
      h("div", { class: "tools" }, button("As run", () => state.size(s.name, s.parameter, 1)),
        button("Copy as configuration", async () => {
          const text = configuration(run, s);
          replace(lines, text);
          lines.hidden = false;
          try { await navigator.clipboard.writeText(text); copied.textContent = "copied"; } catch { copied.textContent = "the lines are below: select and copy them"; }
        }), copied),
      lines,
      h("p", { class: "more" }, "Exact: every draw of this policy is in proportion to its size. Map, groups, gaps and cost move with it; pounds over time, contrasts, appraisal and sensitivity stay those of the run."));
    lines.hidden = true;
    say();
  };
  const lines = h("pre", { class: "command", hidden: true });
  build();
  state.listen((changed) => {
    if (made !== `${state.policy.name}/${state.policy.parameter}`) build();
    else if (changed.includes("size")) { lines.hidden = true; box.say?.(); }
  });
  return box;
}

/** The year whose end is looked at: groups, gaps and cost have every year, exactly; areas the last alone. */
function horizon(run, state) {
  const box = h("div", { class: "what-if" }), lines = h("pre", { class: "command", hidden: true });
  const build = () => {
    const s = state.policy, years = s.years(), id = freshId("year");
    if (years.length < 2) return replace(box);
    const at = s.year ?? years.at(-1), out = h("output", { for: id }, at === years.at(-1) ? `${atEnd(run, at)}, as run` : atEnd(run, at));
    const slider = h("input", { type: "range", id, min: 0, max: years.length - 1, step: 1, value: years.indexOf(at), "data-control": "year", "aria-valuetext": out.textContent, oninput: () => state.year(years[Number(slider.value)]) });
    const active = document.activeElement?.dataset?.control === "year";
    replace(box, h("label", { class: "what", for: id }, "What if it were judged earlier?"), h("div", { class: "slide" }, slider), h("p", { class: "more" }, "At the end of ", out),
      h("div", { class: "tools" }, button("As run", () => state.year(null)), button("Copy year as configuration", async () => {
        const text = `# Of ${run.data.run.name}.toml\n[outcomes]\nhorizon = ${at}\n`;
        replace(lines, text);
        lines.hidden = false;
        try { await navigator.clipboard.writeText(text); } catch { /* the lines are below: select and copy them */ }
      })), lines,
      s.year === null ? null : h("p", { class: "more" }, `Groups and cost stand at the end of ${atEnd(run, at)}. The map and the areas stay at ${atEnd(run, years.at(-1))}: the run kept single areas at its end alone.`));
    lines.hidden = true;
    if (active) slider.focus();
  };
  build();
  state.listen((changed) => { if (changed.includes("size") || changed.includes("scenario")) build(); });
  return box;
}

/** A size with its unit, as people write it. */
function sized(value, unit) {
  if (unit === "share") return `${digits(100 * value, 3)}%`;
  if (/^GBP/.test(unit)) return money(value) + unit.replace(/^GBP/, "");
  return `${digits(value, 3)}${unit && unit !== "ratio" ? ` ${unit}` : unit === "ratio" ? " times" : ""}`;
}
function spread(run, s, parameter) {
  const drawn = s.data.parameters.find((p) => p.name === s.parameter);
  const unit = parameter?.unit ?? drawn?.unit ?? "";
  return drawn ? (drawn.q[0] === drawn.q[6] ? sized(drawn.q[3] * s.factor, unit) : `drawn, middle ${sized(drawn.q[3] * s.factor, unit)}, 9 in 10 from ${sized(drawn.q[0] * s.factor, unit)} to ${sized(drawn.q[6] * s.factor, unit)}`) : "";
}

/** Every term of the page, once. */
function glossary(run) {
  const s = run.scenarios[0], draws = s?.data.draws ?? 0, type = run.data.areas.typeColumn ?? "area_type";
  const terms = [
    ["Draw", `One possible world: estimates from one resampling of the data and parameters of the policy drawn from their distributions. The run has ${count(draws)}.`],
    ["Median, 9 draws in 10", "Half of the draws lie below the median; the range leaves one draw in twenty on either side."],
    ["P(better)", "Share of draws in which the area or group is better off than without the policy, on the same draw."],
    ["Not told apart from zero", "P(better) lies between 5% and 95%: the run does not say whether the policy helps or harms."],
    ["Whole effect over the horizon", "What the policy adds to growth in each year, added up: how much higher the level is at the end. Percentages are 100 × log points."],
    ["Growth in the last year", "What the policy adds to growth in the last year of the horizon alone: a rate, in % a year. It may have another sign than the whole effect."],
    ["£ a head a year", "The whole effect times the GVA a head that the group would have at the end of the horizon: what a year's GVA is higher by then, to first order, in prices of the base year."],
    ["Doubly disadvantaged and other types", `Areas as the data pack's column ${type} types them.`],
    ["Monte Carlo error", "How far a median may move because the number of draws is finite (Maritz and Jarrett 1978), as the result file has it."],
    ["Public cost", "Over the whole horizon, undiscounted, in prices of the base year."],
  ];
  return h("details", { class: "glossary", id: "words" }, h("summary", {}, "Words on this page"), h("dl", { class: "attributes" }, terms.map(([t, d]) => [h("dt", {}, t), h("dd", {}, d)])));
}

