// The page's sections after the map, each a function of the run that returns an element (or null: nothing to show).
import * as Plot from "@observablehq/plot";
import { aggregateTable, fans, groupRow, ink, intervals, quantileColumns, ridges } from "./charts.js";
import { axis, count, digits, display, money, outcomeLabel, partNames, probability, verdicts, words } from "./format.js";
import { button, figure, h, replace, save, select, table, tipped, whenSeen } from "./dom.js";
import { outcomeOptions, span, targetOf } from "./finding.js";

const has = (list) => Array.isArray(list) && list.length > 0;

/** A section that follows what the reader chooses: built now, and again at each change that `of` names. */
export function following(state, of, build) {
  const element = h("div");
  const again = whenSeen(element, () => {
    const active = document.activeElement?.dataset?.control;
    build(element);
    if (active) element.querySelector(`[data-control=${active}]`)?.focus();
  });
  build(element);
  state.listen((changed) => { if (changed.some((c) => of.includes(c))) again(); });
  return element;
}

/** Folded, and made when it is first unfolded. */
const folded = (summary, make) => {
  const details = h("details", { class: "alternative", ontoggle: () => { if (details.open && details.childElementCount === 1) details.append(make()); } }, h("summary", {}, summary));
  return details;
};

/** All policies in one table: who gains what, how sure, at what cost. */
export function policies(run, state) {
  if (!run.scenarios.length) return null;
  return following(state, ["outcome", "size"], (element) => replace(element, glance(run, state), together(run), sources(run)));
}

/** A policy's further outcomes belong to it: its own name, and theirs. */
const policyOf = (s) => s.data.attributes.outcome_of ?? s.name;
const outcomeOf = (s) => words(s.data.attributes.outcome_name ?? s.data.attributes.outcome ?? "");

/** Every outcome of every policy on the same draws, each in its own unit; null where each policy has one. */
function together(run) {
  if (!run.scenarios.some((s) => s.data.attributes.outcome_of)) return null;
  const policies = [...new Set(run.scenarios.map(policyOf))];
  const rows = policies.flatMap((policy) => run.scenarios.filter((s) => policyOf(s) === policy)).map((s) => {
    const outcome = ["cumulative_uplift", ...s.outcomeNames()].find((o) => s.outcomeNames().includes(o));
    return { s, outcome, nation: s.aggregate(outcome, "nation"), types: s.aggregate(outcome, "area_type") };
  }).filter((r) => r.nation || r.types);
  const first = rows.find((r) => r.types), target = first && first.types.groups[targetOf(run, first.s, first.types)];
  const cell = (aggregate, g, r) => {
    if (!aggregate || g < 0) return "\u2013";
    const q = aggregate.q(aggregate.last, g), shown = aggregate.display, said = run.said(r.s, aggregate, g);
    return [h("strong", {}, shown.text(q[3])), said === "none" ? null : [h("span", { class: "range" }, `${shown.text(q[0])} to ${shown.text(q[6])}`), h("span", { class: "range" }, `P(better) ${probability(aggregate.better(aggregate.last, g), r.s.data.draws)}`)], h("span", { class: `verdict ${said}` }, verdicts[said])];
  };
  return table({
    caption: "Several outcomes of each policy, on the same draws", name: "outcomes together", rows,
    columns: [
      { label: "Policy", head: true, value: (r) => words(policyOf(r.s)) },
      { label: "Outcome", value: (r) => outcomeOf(r.s) },
      { label: "Unit", value: (r) => outcomeLabel(r.outcome, (r.nation ?? r.types).display) || "no unit" },
      { label: "All areas", value: (r) => r.nation?.q(r.nation.last, 0)[3], show: (r) => cell(r.nation, 0, r) },
      ...(target ? [{ label: `${words(target)} areas`, value: (r) => r.types?.q(r.types.last, r.types.group(target))[3], show: (r) => cell(r.types, r.types?.group(target) ?? -1, r) }] : []),
    ],
    note: "Money and draws are those of the policy; each outcome has the estimates that drive it, and better is what is better for it.",
  });
}

function glance(run, state) {
  const rows = run.scenarios.filter((s) => !s.data.attributes.outcome_of).map((s) => {
    const outcome = s.outcomeNames().includes(state.outcome) ? state.outcome : s.outcomeNames()[0];
    return { s, outcome, nation: s.aggregate(outcome, "nation"), types: s.aggregate(outcome, "area_type") };
  }).filter((r) => r.nation || r.types);
  if (!rows.length) return null;
  const types = rows.find((r) => r.types), target = types?.types.groups[targetOf(run, types.s, types.types)];
  const cellOf = (aggregate, g, r) => {
    if (!aggregate || g < 0) return "\u2013";
    const q = aggregate.q(aggregate.last, g), shown = aggregate.display, better = aggregate.better(aggregate.last, g), said = run.said(r.s, aggregate, g), pounds = run.inPounds(r.s, aggregate, g, q[3]);
    return [h("strong", {}, shown.text(q[3])), pounds ? h("span", { class: "range" }, pounds) : null,
      said === "none" ? null : [h("span", { class: "range" }, `${shown.text(q[0])} to ${shown.text(q[6])}`), h("span", { class: "range" }, `P(better) ${probability(better, r.s.data.draws)}`)],
      h("span", { class: `verdict ${said}` }, verdicts[said])];
  };
  const first = rows[0].nation ?? rows[0].types;
  return h("div", { class: "glance" }, table({
    caption: `${words(rows[0].outcome)}, against no policy (${outcomeLabel(rows[0].outcome, first.display) || "no unit"})`, name: "at a glance", rows,
    columns: [
      { label: "Policy", head: true, value: (r) => r.s.name, show: (r) => [r.s.title, h("span", { class: "range" }, words(r.s.data.attributes.lever ?? "")), r.s.factor === 1 ? null : h("span", { class: "range" }, `at ${digits(r.s.factor)} times its size`)] },
      { label: "All areas", value: (r) => r.nation?.q(r.nation.last, 0)[3], show: (r) => cellOf(r.nation, 0, r) },
      ...(target ? [{ label: `${words(target)} areas`, value: (r) => r.types?.q(r.types.last, r.types.group(target))[3], show: (r) => cellOf(r.types, r.types?.group(target) ?? -1, r) }] : []),
      { label: "Public cost", value: (r) => r.s.cost()?.[3], show: (r) => { const c = r.s.cost(); return c ? [h("strong", {}, money(c[3])), h("span", { class: "range" }, c[0] === c[6] ? (c[3] === 0 ? "no new money: it is moved" : "the same in every draw") : `${money(c[0])} to ${money(c[6])}`)] : "\u2013"; } },
    ],
    note: run.scenarios.some((s) => s.better < 0) ? "Here a lower figure is better." : null,
  }));
}

function sources(run) {
  const splits = run.scenarios.flatMap((s) => s.split().map((one) => ({ s, one, shown: (s.aggregate("cumulative_uplift", one.grouping) ?? s.aggregates[0]).display })));
  return splits.length === 0 ? null : h("details", {}, h("summary", {}, "Where the effect comes from: own money, neighbours, others"), table({
    caption: "Where the whole effect over the horizon comes from", name: "where uplift comes from", rows: splits,
    columns: [
      { label: "Policy", head: true, value: (r) => r.s.name, show: (r) => r.s.title },
      { label: "Areas", value: (r) => r.one.group, show: (r) => (r.one.grouping === "nation" ? "All areas" : run.groupName(r.one.grouping, r.one.group)) },
      ...Object.entries(partNames).map(([part, label]) => {
        const of = (r) => r.one.parts.find((p) => p.part === part)?.q;
        return { label, value: (r) => of(r)?.[1], show: (r) => { const q = of(r); return q ? [h("strong", {}, r.shown.text(q[1])), q[0] === q[2] ? null : h("span", { class: "range" }, `${r.shown.text(q[0])} to ${r.shown.text(q[2])}`)] : "\u2013"; } };
      }),
    ],
    note: "Own shocks: what areas would have if nothing reached them from elsewhere. Funded neighbours: the response to what funded areas gain, its echo included, less their own. Others: the part of those who pay or are displaced. If nothing spreads: the same money with spread = none, that is, model B as it stands and nothing sent on.",
  }));
}

export function distributions(run, state) {
  const groupings = [...new Set(run.scenarios.flatMap((s) => s.aggregates.map((a) => a.grouping)))];
  if (!groupings.length) return null;
  const own = { grouping: groupings.includes("area_type") ? "area_type" : groupings[0] };
  // A group that was picked elsewhere is shown here.
  const follow = () => { const at = state.group.indexOf("/"); if (at > 0 && groupings.includes(state.group.slice(0, at))) own.grouping = state.group.slice(0, at); };
  follow();
  return following(state, ["scenario", "outcome", "size", "group"], (element) => {
    follow();
    const scenario = state.policy, aggregate = scenario.aggregate(state.outcome, own.grouping) ?? scenario.aggregates.find((a) => a.outcome === state.outcome);
    if (!aggregate) return replace(element, h("p", {}, "The run keeps no groups of this outcome."));
    const many = aggregate.groups.length > 12, picked = state.group.startsWith(`${aggregate.grouping}/`) ? state.group.slice(aggregate.grouping.length + 1) : null;
    const shownGroup = many ? (aggregate.groups.includes(picked) ? picked : aggregate.groups[0]) : null;
    const named = aggregate.groups.map((g) => ({ value: g, label: run.groupLabel(aggregate.grouping, g) })).sort((a, b) => a.label.localeCompare(b.label));
    const shown = aggregate.display, unit = outcomeLabel(aggregate.outcome, shown), title = `${words(aggregate.outcome)}, ${scenario.title}`;
    const controls = h("div", { class: "controls" },
      select("Policy", run.scenarios.filter((s) => has(s.aggregates)).map((s) => ({ value: s.name, label: s.title })), state.scenario, (v) => state.set({ scenario: v }), { "data-control": "spread-scenario" }).field,
      select("Outcome", outcomeOptions(scenario), state.outcome, (v) => state.set({ outcome: v }), { "data-control": "spread-outcome" }).field,
      select("By", groupings.map((g) => ({ value: g, label: words(g) })), aggregate.grouping, (v) => { own.grouping = v; state.set({ group: "" }); }, { "data-control": "spread-grouping" }).field,
      many ? select(words(aggregate.grouping), named, shownGroup, (v) => state.set({ group: `${aggregate.grouping}/${v}` }), { "data-control": "spread-group" }).field : null);
    const fanRows = (many ? [shownGroup] : aggregate.groups).map((group) => ({ label: run.groupName(aggregate.grouping, group), fan: aggregate.periods.map((period, p) => ({ period, q: aggregate.q(p, aggregate.group(group)) })) }));
    const parts = [];
    // One period is one interval a group: the first screen has it; a fan needs several.
    if (aggregate.periods.length > 1) parts.push(fans({ title: `${title}: year by year`, note: "Line: median. Dark band: middle half of draws. Light band: 9 draws in 10.", rows: fanRows, periodLabel: run.periodLabel, unit: shown.label, factor: shown.factor, text: shown.text, name: `fan ${scenario.name} ${aggregate.outcome} ${aggregate.grouping}` }));
    const all = aggregate.groups.map((_, g) => groupRow(run, scenario, aggregate, g)).sort((a, b) => b.q[3] - a.q[3]);
    const ends = many ? (all.length > 20 ? [...all.slice(0, 10), ...all.slice(-10)] : all) : all;
    if (many && picked && !ends.some((r) => r.key === state.group)) ends.splice(10, 0, ...all.filter((r) => r.key === state.group));
    if (all.length > 1 || aggregate.periods.length === 1) parts.push(intervals({ title: `${title}: ${many && all.length > 20 ? `the ten highest and the ten lowest medians of ${all.length}` : "every group"}`, note: `Dot: median. Thick line: middle half of draws. Thin line: 9 draws in 10.${many ? " Intervals overlap: the order is not established." : ""} A click picks a group on the map.`, rows: ends, unit, factor: shown.factor, name: `groups ${scenario.name} ${aggregate.outcome} ${aggregate.grouping}`,
      pick: (key) => state.set({ group: key === state.group || key.startsWith("nation/") ? "" : key }), picked: () => state.group }));
    if (aggregate.sample(0) && aggregate.groups.length > 1 && scenario.factor > 0)
      parts.push(folded("How the draws spread", () => ridges({ title: `${title}: how draws spread in the last period`, note: "Each ridge is one group's draws, as high at its peak as every other; the dot is the median.", rows: aggregate.groups.map((group, g) => ({ label: run.groupName(aggregate.grouping, group), sample: aggregate.sample(g) })), unit, factor: shown.factor, text: shown.text, name: `ridges ${scenario.name} ${aggregate.outcome} ${aggregate.grouping}` }) ?? h("p", {}, "Every draw is the same.")));
    parts.push(folded("As a table", () => aggregateTable(run, aggregate, scenario, `${title} by ${words(aggregate.grouping).toLowerCase()}`)));
    replace(element, controls, parts);
  });
}

/** Said where figures are of the sizes that were run, while a slider is elsewhere. */
export const sizeBanner = (run) => {
  const moved = run.scenarios.filter((s) => s.factor !== 1 || s.year !== null);
  return moved.length ? h("p", { class: "caution" }, h("strong", {}, "At the sizes and the horizon that were run. "), `These figures do not follow the slider of ${moved.map((s) => s.title).join(", ")}: they need a run.`) : null;
};
export const asRun = (run, state, make) => {
  const content = make();
  return content && h("div", {}, following(state, ["size"], (element) => replace(element, sizeBanner(run))), content);
};

export function contrasts(run, state) {
  const all = run.data.contrasts;
  if (!has(all)) return null;
  const outcomes = [...new Set(all.map((c) => c.outcome))], title = (name) => run.scenario(name)?.title ?? name;
  return following(state, ["outcome", "size"], (body) => {
    const outcome = outcomes.includes(state.outcome) ? state.outcome : outcomes[0], rows = all.filter((c) => c.outcome === outcome), shown = display(rows[0].unit);
    const label = (c) => `${title(c.first)} less ${title(c.second)}: ${c.grouping === "nation" ? "all areas" : run.groupName(c.grouping, c.group)}`;
    const few = rows.filter((c) => c.grouping !== "region");
    replace(body, sizeBanner(run),
      intervals({ title: `${words(outcome)}: differences between policies`, note: `Both policies on the same draw: what is uncertain in common cancels. ${run.scenarios[0].better < 0 ? "Lower is better: left" : "Right"} of zero, the first named does better.`, rows: few.map((c) => ({ label: label(c), q: c.q })), unit: outcomeLabel(outcome, shown), factor: shown.factor, name: `contrasts ${outcome}` }),
      folded("As a table, regions too", () => table({
        caption: `${words(outcome)}: paired differences, last period`, name: `contrasts ${outcome}`, rows,
        columns: [{ label: "First", head: true, value: (c) => title(c.first) }, { label: "Second", value: (c) => title(c.second) }, { label: "Group", value: (c) => run.groupName(c.grouping, c.group) },
          ...quantileColumns([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], shown, rows[0].unit),
          { label: "P(first is better)", number: true, value: (c) => c.better, show: (c) => probability(c.better, run.scenario(c.first)?.data.draws) }],
      })));
  });
}

/** The worst-off type first: its gain over the other is what readers look for. */
const turned = (g) => (/^doubly/.test(g.second) ? { ...g, first: g.second, second: g.first, rows: g.rows.map((r) => ({ ...r, q: r.q.map((v) => -v).reverse() })) } : g);

export function gaps(run, state) {
  const listed = () => run.scenarios.flatMap((s) => s.gaps().map((g) => ({ ...turned(g), s })));
  const begin = listed();
  if (!begin.length) return null;
  const pairs = [...new Set(begin.map((g) => `${g.first}\u0000${g.second}`))], own = { pair: pairs.find((p) => /^doubly.*\u0000other$/.test(p)) ?? pairs[0] };
  const pairName = (p) => p.split("\u0000").map(words).join(" less ").replace(/less (.)/, (m, c) => `less ${c.toLowerCase()}`);
  return following(state, ["outcome", "size"], function build(element) {
    const list = listed(), outcomes = [...new Set(list.map((g) => g.outcome))], outcome = outcomes.includes(state.outcome) ? state.outcome : outcomes[0];
    const rows = list.filter((g) => g.outcome === outcome && `${g.first}\u0000${g.second}` === own.pair);
    if (!rows.length) return replace(element);
    const shown = display(rows[0].unit), title = `Change in the gap, ${pairName(own.pair)}: ${words(outcome).toLowerCase()}`, unit = outcomeLabel(outcome, shown);
    const note = rows[0].s.better < 0 ? "Lower is better: below zero, the first type gains more than the second, draw by draw." : "Above zero: the first type gains more than the second, draw by draw.";
    const alternative = table({ caption: `Change in the gap, ${pairName(own.pair)}`, name: `gap ${outcome}`, rows: rows.flatMap((g) => g.rows.map((r) => ({ ...r, s: g.s }))),
      columns: [{ label: "Policy", head: true, value: (r) => r.s.title }, { label: run.periodLabel, number: true, value: (r) => r.period }, ...quantileColumns([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], shown, rows[0].unit)] });
    replace(element,
      pairs.length > 1 ? h("div", { class: "controls" }, select("Between", pairs.map((p) => ({ value: p, label: pairName(p) })), own.pair, (v) => { own.pair = v; build(element); element.querySelector("[data-control=gap-pair]").focus(); }, { "data-control": "gap-pair" }).field) : null,
      rows[0].rows.length > 1
        ? fans({ title, note, rows: rows.map((g) => ({ label: g.s.title, fan: g.rows })), periodLabel: run.periodLabel, unit: shown.label, factor: shown.factor, text: shown.text, name: `gap ${outcome}`, alternative })
        : intervals({ title, note, rows: rows.map((g) => ({ label: g.s.title, q: g.rows[0].q, value: shown.text(g.rows[0].q[3]) })), unit, factor: shown.factor, text: (v) => shown.text(v / shown.factor), name: `gap ${outcome}`, alternative }));
  });
}

/** Generic table of the store: {path, attributes, columns}. */
export function genericTable(stored, title) {
  const names = Object.entries(stored.attributes ?? {}).filter(([, value]) => value !== "" && !(Array.isArray(value) && !value.length));
  const length = Math.max(0, ...stored.columns.map((c) => c.values.length));
  const rows = Array.from({ length }, (_, k) => k);
  return h("div", {}, length ? table({
    caption: title ?? words(stored.path.split("/").pop()), name: stored.path, rows,
    columns: stored.columns.map((c, k) => ({ label: words(c.name), help: c.meaning && c.meaning !== c.name ? c.meaning : null, unit: c.unit && c.unit !== "1" ? c.unit : null, csv: c.name, csvUnit: c.unit, head: k === 0 && typeof c.values[0] === "string", number: typeof c.values[0] === "number", value: (r) => c.values[r], show: (r) => (typeof c.values[r] !== "number" || c.name === "year" ? c.values[r] : digits(c.values[r], 4)) })),
  }) : null, names.length ? h("dl", { class: "attributes" }, names.map(([name, value]) => [h("dt", {}, words(name)), h("dd", {}, Array.isArray(value) ? h("ul", {}, value.map((v) => h("li", {}, String(v)))) : typeof value === "number" && !Number.isInteger(value) ? digits(value, 5) : String(value))])) : null);
}


/** Rows A to L of the appraisal summary, stored as "A Title | local: x | national: y | note". */
function summaryRows(lines) {
  const rows = (lines ?? []).map((line) => /^([A-L]) (.*?) \| local: ?(.*?) \| national: ?(.*?) \| ?(.*)$/s.exec(line));
  return rows.length && rows.every(Boolean) ? rows.map(([, letter, title, local, national, note]) => ({ letter, title, local, national, note })) : null;
}

export function appraisal(run, state) {
  const all = run.data.appraisal;
  if (!has(all)) return null;
  return asRun(run, state, () => {
    const body = h("div"), controls = h("div", { class: "controls" });
    const build = () => replace(body, appraised(run, chosen(run, state), state));
    build();
    state.listen((changed) => { if (changed.includes("appraisal")) { choose(); build(); } });
    const choose = () => {
      const { choices } = run.data;
      if (!choices) return;
      const active = document.activeElement?.dataset?.control;
      replace(controls,
        select("Rulebook", choices.rulebooks.map((r) => ({ value: r, label: r === choices.rulebook ? `${words(r)} (as run)` : words(r) })), state.rulebook ?? choices.rulebook, (v) => state.appraise({ rulebook: v === choices.rulebook ? null : v }), { "data-control": "rulebook" }).field,
        select("Share of local gains additional to the nation", [{ value: "", label: choices.share === null ? "as run (drawn)" : `${digits(100 * choices.share, 3)}% (as run)` }, ...choices.shares.map((v, k) => ({ value: String(k), label: `${digits(100 * v, 3)}%` }))], state.share === null ? "" : String(state.share), (v) => state.appraise({ share: v === "" ? null : Number(v) }), { "data-control": "additional" }).field);
      if (active) controls.querySelector(`[data-control=${active}]`)?.focus();
    };
    choose();
    return h("div", {}, controls, body);
  });
}

/** The appraisals under the chosen edition and share, each draw appraised anew; as run where nothing was chosen. */
function chosen(run, state) {
  const { choices } = run.data;
  if (!choices || (state.rulebook === null && state.share === null)) return run.data.appraisal;
  return run.data.appraisal.map((a) => {
    const other = choices.policies[a.scenario]?.[state.rulebook ?? choices.rulebook]?.[state.share === null ? 0 : state.share + 1];
    return other ? { ...other, scenario: a.scenario, attributes: {}, tables: [], whatIf: true } : a;
  });
}

/** The lines of a configuration that appraise so. */
function appraisalLines(run, state) {
  const share = state.share === null ? "" : `[appraisal.benefits]\ngva_additional_share = { value = ${run.data.choices.shares[state.share]}, source = "what-if of the report: give the source" }\n`;
  return `# Of ${run.data.run.name}.toml\n${state.rulebook ? `[appraisal]\nrulebook = ${JSON.stringify(state.rulebook)}\n` : ""}${share}`;
}

function appraised(run, all, state) {
  const spread = [["benefits", "Present value of benefits"], ["costs", "Present value of costs"], ["npsv", "Net present social value"], ["bcr", "Benefit-cost ratio"]];
  const rows = all.flatMap((a) => spread.filter(([key]) => a[key]).map(([key, label]) => ({ a, key, label, d: a[key] })));
  const show = (r, k) => (r.key === "bcr" ? digits(r.d.q[k]) : money(r.d.q[k]));
  const npsv = all.filter((a) => a.npsv);
  const title = (a) => run.scenario(a.scenario)?.title ?? words(a.scenario);
  // Without a benefit in pounds a ratio of zero says nothing of the policy.
  const unvalued = all.filter((a) => a.benefits && (a.benefits.sample ?? a.benefits.q).every((v) => v === 0));
  return h("div", {},
    all.some((a) => a.whatIf) ? h("div", {}, h("p", { class: "caution" }, h("strong", {}, "Not as run. "), "Every draw is appraised anew under the rulebook and share above; the summary tables of the run are left out."), h("pre", { class: "command" }, appraisalLines(run, state))) : null,
    unvalued.length ? h("p", { class: "caution" }, h("strong", {}, "National benefits are zero by rule "), `for ${unvalued.map(title).join(", ")}: either nothing turns the outcome into pounds, or what the areas gain is not counted as additional to the nation. Each summary below says which, and has the local column. A ratio of zero is then no finding that the policy is worth nothing.`) : null,
    h("p", {}, "Distribution by place comes first (the map and the types above); the ratio is one line among several. The figures here are the nation's: what one place gains and another loses is not a gain. The summary of each policy has the local column too, and the price base."),
    table({ caption: "Where the money stands", name: "appraisal", rows,
      columns: [{ label: "Policy", head: true, value: (r) => title(r.a) }, { label: "Measure", value: (r) => r.label },
        ...["5%", "P10", "Median", "P90", "95%"].map((label, k) => ({ label, number: true, value: (r) => r.d.q[k], show: (r) => show(r, k) })),
        { label: "P(above 0)", number: true, value: (r) => (r.key === "npsv" ? r.d.above0 : null), show: (r) => (r.key === "npsv" ? probability(r.d.above0) : "") },
        { label: "P(above 1)", number: true, value: (r) => (r.key === "bcr" ? r.d.above1 : null), show: (r) => (r.key === "bcr" ? probability(r.d.above1) : "") },
        { label: "P(above 2)", number: true, value: (r) => (r.key === "bcr" ? r.d.above2 : null), show: (r) => (r.key === "bcr" ? probability(r.d.above2) : "") }] }),
    npsv.length && npsv.every((a) => a.npsv.sample) ? ridges({ title: "Net present social value: how draws spread", note: "Each ridge as high as every other; the dot is the median.", rows: npsv.map((a) => ({ label: title(a), sample: a.npsv.sample.filter((_, k) => k % 2 === 0) })), unit: "£m", factor: 1e-6, text: money, name: "npsv" }) : null,
    all.some((a) => a.bcr?.sample && a.bcr.q[4] > a.bcr.q[0] && !unvalued.includes(a)) ? ridges({ title: "Benefit-cost ratio: how draws spread", rows: all.filter((a) => a.bcr).map((a) => ({ label: title(a), sample: a.bcr.sample.filter((_, k) => k % 2 === 0) })), unit: "benefits per £ of cost", factor: 1, text: digits, name: "bcr" }) : null,
    all.filter((a) => !a.whatIf).map((a) => { const rows = summaryRows(a.attributes.summary_table), { summary_table, ...rest } = a.attributes; return h("details", { class: "block" }, h("summary", {}, `Appraisal summary, ${title(a)}`),
      a.attributes.plausibility?.startsWith("implausibly") ? h("p", { class: "caution" }, h("strong", {}, a.attributes.plausibility)) : null,
      rows ? table({ caption: `Appraisal summary table, ${title(a)}: median (P10 to P90)`, name: `appraisal summary ${a.scenario}`, rows, note: "Local: the target areas. National: additional to the nation. The figures above are national.",
        columns: [{ label: "Row", value: (x) => x.letter }, { label: "What", head: true, value: (x) => x.title }, { label: "Local", value: (x) => x.local.replaceAll("-", "\u2212") }, { label: "National", value: (x) => x.national.replaceAll("-", "\u2212") }, { label: "Note", value: (x) => x.note }] }) : null,
      pounds(a, title(a)),
      a.tables.filter((t) => !/\/worth(_of\/|$)/.test(t.path)).map((t) => [genericTable(t, `${words(t.path.split("/").pop())}, ${title(a)}`),
        t.path.endsWith("/exchequer") && a.attributes.what_comes_back ? h("p", {}, h("strong", {}, "What comes back: "), a.attributes.what_comes_back) : null]),
      has(Object.keys(a.attributes)) ? h("details", {}, h("summary", {}, "Rulebook, bases, and what must be said"), genericTable({ path: "", columns: [], attributes: rows ? rest : a.attributes })) : null); }));
}

/** What a pound of public cost brings of every outcome and what comes to a head: a policy, of a package each of its levers alone too. */
function pounds(a, title) {
  const stored = a.tables.find((t) => t.path.endsWith("/worth")), further = a.tables.filter((t) => t.path.includes("/worth_of/"));
  if (!stored) return null;
  const named = (from, name) => from.columns.find((c) => c.name === name), parts = named(stored, "part").values;
  const cell = (label, figure, text, from = stored) => {
    const level = (name) => named(from, `${figure}_${name}`)?.values, p50 = level("p50");
    if (!p50) return [];
    return [{ label, help: named(from, `${figure}_p50`).unit, value: (k) => p50[k], show: (k) => (Number.isFinite(p50[k]) ? [h("strong", {}, text(p50[k])), h("span", { class: "range" }, `${text(level("p5")[k])} to ${text(level("p95")[k])}`)] : "costs nothing") }];
  };
  const plain = (number) => digits(number, 3), units = [];
  /** Uplift of target and of all areas for £100m, each outcome in its own unit. */
  const uplift = (from, name) => {
    const unit = named(from, "target_uplift_per_100m_p50")?.unit;
    if (!unit) return [];
    const shown = display(unit);
    units.push(`${name ? `${name}: ` : ""}${shown.label}`);
    return [["Target", "target"], ["All", "nation"]].flatMap(([whose, which]) => cell(name ? `${name}: ${whose.toLowerCase()} areas, per £100m` : `${whose} areas, per £100m`, `${which}_uplift_per_100m`, shown.text, from));
  };
  const columns = [...cell("Public cost", "cost", money), ...cell("NPSV per £", "npsv_per_pound", plain), ...cell("GVA of target areas per £", "target_gva_per_pound", plain), ...uplift(stored, ""), ...further.flatMap((t) => uplift(t, words(t.path.split("/").pop()))), ...cell("Cost per head, £", "cost_per_head", plain), ...cell("GVA per head, £", "target_gva_per_head", plain)];
  return table({ caption: `Per pound and per head, ${title}`, name: `worth ${a.scenario}`, rows: parts.map((_, k) => k),
    columns: [{ label: "Whose money", head: true, value: (k) => parts[k], show: (k) => (k === 0 ? "The whole policy" : words(parts[k])) }, ...columns],
    note: `Median, 5% to 95% of draws; cost in present value; heads are residents of the target areas. Per £100m: ${units.join("; ")}; below zero the outcome falls.` });
}

const methods = {
  shapley: ["Shapley effects", "Share of the variance owed to each input, dependence between inputs included; shares sum to one. Line: 95% interval."],
  sobol: ["Sobol\u2019 indices", "Bar: share of the variance that the input takes part in (total). Dot: share that it explains alone (first). Line: 95% interval of the total."],
  morris: ["Morris screening", "Mean absolute effect of moving the input through its whole range. Line: 95% interval."],
  tornado: ["Tornado", "Each bar: the result as one input goes from its 5% to its 95% quantile, all else at its median. Dark end: the input is high. Line down: every input at its median."],
  one_at_a_time: ["One at a time", "Each bar: the result as one input goes from its 5% to its 95% quantile, all else at its median."],
};

/** Bars of one table of /sensitivity: inputs down, their measure across. */
function sensitivityPicture(stored, method, title) {
  const text = stored.columns.find((c) => typeof c.values[0] === "string"), of = (...names) => names.map((n) => stored.columns.find((c) => c.name === n)).find(Boolean);
  const swing = /tornado|one_at_a_time/.test(method), low = swing ? of("at_low", "at_5_percent") : null, high = swing ? of("at_high", "at_95_percent") : null;
  const main = swing ? high : of("shapley", "total", "mu_star");
  if (!text || !main || (swing && !low)) return null;
  const middle = swing ? of("at_median", "at_50_percent")?.values[0] : 0, first = of("first"), from = of(`${main.name}_low`), to = of(`${main.name}_high`);
  const shown = axis(main.unit, swing ? [...low.values, ...high.values] : main.values), scale = (v) => v * shown.factor;
  const input = (name) => words(name.replace(/^(\w+):/, (m, kind) => `${kind} `));
  const every = text.values.map((label, k) => ({ label: input(label), k, value: scale(main.values[k]), low: swing ? scale(low.values[k]) : from ? scale(from.values[k]) : NaN, high: swing ? scale(high.values[k]) : to ? scale(to.values[k]) : NaN, first: first ? scale(first.values[k]) : NaN }))
    ;
  const still = swing ? every.filter((r) => Math.abs(r.high - r.low) < 1e-9 * Math.max(...every.map((e) => Math.abs(e.high - e.low)))) : [];
  const rows = every.filter((r) => !still.includes(r)).sort((a, b) => (swing ? Math.abs(b.high - b.low) - Math.abs(a.high - a.low) : b.value - a.value));
  if (!rows.length) return null;
  const top = rows.slice(0, 20), left = Math.max(...top.map((r) => r.label.length)) * 6.6 + 14;
  return figure({ title, note: `${methods[method]?.[1] ?? main.meaning}${rows.length > top.length ? ` The ${top.length} largest of ${rows.length}.` : ""}${still.length ? ` Without effect: ${still.map((r) => r.label).join(", ")}.` : ""}`, name: stored.path,
    draw: (width) => {
      const narrow = width < 520, step = narrow ? 40 : 26;
      return Plot.plot({ width, height: top.length * step + 58, marginLeft: narrow ? 10 : Math.min(left, width * 0.42), marginRight: 16, marginTop: 10, marginBottom: 40, style: { fontSize: "12px", color: ink.dark, background: "transparent", overflow: "visible" },
        x: { label: shown.label || (swing ? "result" : "share of the variance"), grid: true, ticks: narrow ? 4 : 7, labelArrow: "none", nice: true }, y: { axis: null, domain: top.map((r) => r.k), padding: narrow ? 0.62 : 0.3 },
        marks: [
          ...(swing
            ? [Plot.barX(top, { y: "k", x1: (r) => Math.min(middle * shown.factor, r.low), x2: (r) => Math.max(middle * shown.factor, r.low), fill: ink.light, dy: narrow ? 6 : 0 }), Plot.barX(top, { y: "k", x1: (r) => Math.min(middle * shown.factor, r.high), x2: (r) => Math.max(middle * shown.factor, r.high), fill: ink.blue, dy: narrow ? 6 : 0 })]
            : [Plot.barX(top, { y: "k", x: "value", fill: ink.mid, dy: narrow ? 6 : 0 }), Plot.link(top.filter((r) => Number.isFinite(r.low)), { y: "k", x1: "low", x2: "high", stroke: ink.dark, strokeWidth: 1.5, dy: narrow ? 6 : 0 }), Plot.dot(top.filter((r) => Number.isFinite(r.first)), { y: "k", x: "first", r: 3.5, fill: "#fff", stroke: ink.dark, strokeWidth: 1.5, dy: narrow ? 6 : 0 })]),
          Plot.ruleX([scale(middle ?? 0)], { stroke: ink.grey }),
          Plot.barX(top, { y: "k", x1: Math.min(swing ? middle * shown.factor : 0, ...top.flatMap((r) => [r.low, r.high, r.value].filter(Number.isFinite))), x2: Math.max(...top.flatMap((r) => [r.low, r.high, r.value].filter(Number.isFinite))), fill: "transparent", title: (r) => tipped(swing ? `${r.label}\nlow ${shown.text(r.low / shown.factor)}, high ${shown.text(r.high / shown.factor)}` : `${r.label}\n${digits(r.value)}${Number.isFinite(r.low) ? ` (${digits(r.low)} to ${digits(r.high)})` : ""}`) }),
          narrow ? Plot.text(top, { y: "k", frameAnchor: "left", text: "label", dy: -10 }) : Plot.text(top, { y: "k", frameAnchor: "left", textAnchor: "end", dx: -8, text: "label" }),
        ] });
    } });
}

/** Points along one parameter, with their intervals: columns <name>_p5, _p50, _p95 over the first column of numbers. */
function curvePicture(stored, base, x, title, note) {
  const of = (suffix) => stored.columns.find((c) => c.name === `${base}_${suffix}`), low = of("p5") ?? of("p10"), middle = of("p50"), high = of("p95") ?? of("p90");
  if (!middle || x.values.length < 2) return null;
  const shown = axis(middle.unit, middle.values), across = axis(x.unit, x.values);
  const rows = x.values.map((v, k) => ({ x: v * across.factor, low: (low ?? middle).values[k] * shown.factor, y: middle.values[k] * shown.factor, high: (high ?? middle).values[k] * shown.factor })).filter((r) => Number.isFinite(r.y ?? NaN)).sort((p, q) => p.x - q.x);
  if (rows.length < 2 || rows.every((r) => r.low === 0 && r.high === 0)) return null;
  return figure({ title, note, name: `${stored.path} ${base}`,
    draw: (width) => Plot.plot({ width, height: 300, marginLeft: 70, marginBottom: 42, style: { fontSize: "12px", color: ink.dark, background: "transparent", overflow: "visible" }, grid: true,
      x: { label: `${words(x.name)}${across.label ? `, ${across.label}` : ""}`, labelArrow: "none", ticks: width < 420 ? 4 : 8 }, y: { label: shown.label || words(base), labelArrow: "none", nice: true, },
      marks: [Plot.ruleY([0], { stroke: ink.grey }), Plot.areaY(rows, { x: "x", y1: "low", y2: "high", fill: ink.light, fillOpacity: 0.8 }), Plot.lineY(rows, { x: "x", y: "y", stroke: ink.dark, strokeWidth: 2 }), Plot.dot(rows, { x: "x", y: "y", r: 3, fill: "#fff", stroke: ink.dark }),
        Plot.dot(rows, { x: "x", y: "y", r: 14, fill: "transparent", title: (r) => tipped(`${words(x.name)} ${across.plain ? across.text(r.x / across.factor) : r.x}\nMedian ${shown.text(r.y / shown.factor)}\n9 draws in 10: ${shown.text(r.low / shown.factor)} to ${shown.text(r.high / shown.factor)}`) })] }) });
}

/** Curves of one shape (their bands too, each over its own range) tell one story: the first is shown, its likes are folded. */
function curves(stored, bases, x, picture) {
  const shape = (base) => {
    const all = ["p5", "p50", "p95"].map((p) => stored.columns.find((c) => c.name === `${base}_${p}`)?.values).filter(Boolean), flat = all.flat().filter(Number.isFinite);
    const low = Math.min(...flat), high = Math.max(...flat);
    return high > low ? flat.map((v) => (v - low) / (high - low)) : null;
  };
  const kept = [];
  for (const base of bases) {
    const drawing = picture(base);
    if (!drawing) continue;
    const own = shape(base), like = own && kept.find((k) => k.shape?.length === own.length && k.shape.every((v, i) => Math.abs(v - own[i]) < 0.02));
    if (like) like.likes.push({ base, drawing });
    else kept.push({ base, shape: own, drawing, likes: [] });
  }
  return kept.length ? [h("div", { class: "pair" }, kept.map((k) => h("div", {}, k.drawing, k.likes.length ? h("details", { class: "likes" }, h("summary", {}, `The same shape: ${k.likes.map((l) => words(l.base)).join(", ")}`), k.likes.map((l) => l.drawing)) : null)))] : [];
}

/** Every specification that the configuration allows, by its estimate, over the choices that make it. */
function specificationCurve(stored, policy) {
  const axes = [stored.attributes.axes ?? []].flat(), headlines = [stored.attributes.headlines ?? []].flat(), of = (name) => stored.columns.find((c) => c.name === name);
  const base = headlines.find((name) => name === stored.attributes.sorted_by) ?? headlines[0], middle = of(`${base}_p50`);
  if (!middle) return null;
  const shown = axis(middle.unit, middle.values), decision = of("decision")?.values ?? [], configured = of("configured")?.values ?? [];
  const all = middle.values.map((v, k) => ({ k, y: v, low: of(`${base}_p5`)?.values[k], high: of(`${base}_p95`)?.values[k], decision: decision[k] ?? "", own: configured[k] === 1 })).filter((r) => Number.isFinite(r.y ?? NaN));
  if (all.length < 2) return null;
  const scale = (v) => v * shown.factor, rows = all.map((r, place) => ({ ...r, place, y: scale(r.y), low: scale(r.low), high: scale(r.high) }));
  const accepted = (r) => /accepted|caution/.test(r.decision), used = axes.map((axis) => ({ axis, choices: [...new Set(of(axis)?.values ?? [])] })).filter((a) => a.choices.length > 1);
  const lines = used.flatMap(({ axis: of_, choices }) => choices.map((choice) => ({ axis: of_, choice, key: `${words(of_)}: ${words(String(choice))}` }))).filter((l) => rows.some((r) => of(l.axis).values[r.k] === l.choice));
  const inside = rows.filter(accepted), wholly = (list) => `${count(list.filter((r) => r.low > 0).length)} above zero and ${count(list.filter((r) => r.high < 0).length)} below it with their whole range`;
  // The widest ranges would flatten the rest: the scale follows nine in ten of them.
  const ends = rows.flatMap((r) => [r.low, r.high]).filter(Number.isFinite).sort((p, q) => p - q), at = (p) => ends[Math.min(ends.length - 1, Math.floor(p * ends.length))] ?? 0;
  const domain = [Math.min(0, at(0.05), ...rows.filter((r) => r.own).map((r) => r.low)), Math.max(0, at(0.95), ...rows.filter((r) => r.own).map((r) => r.high))], cut = rows.some((r) => r.low < domain[0] || r.high > domain[1]);
  return figure({ title: `Specification curve, ${policy}: ${words(base)}`, wide: true, name: `${stored.path} curve`,
    note: `${count(rows.length)} specifications by their median; line: 9 draws in 10. Of all, ${wholly(rows)}; of the ${count(inside.length)} that the decision table accepts, ${wholly(inside)}. The rest are not told apart from zero.${cut ? " The widest ranges run off the scale." : ""} Blue: the decision table accepts it (with or without caution); grey: it is shown for comparison or refused. Orange: what this configuration runs.`,
    draw(width) {
      const left = Math.min(width * 0.42, Math.max(60, ...lines.map((l) => l.key.length * 6.2 + 12)));
      const top = Plot.plot({ width, height: 260, marginLeft: left, marginRight: 12, marginBottom: 12, style: { fontSize: "12px", color: ink.dark, background: "transparent", overflow: "visible" }, x: { axis: null, domain: [-1, rows.length] }, y: { label: shown.label || words(base), grid: true, labelArrow: "none", domain, clamp: true },
        marks: [Plot.ruleY([0], { stroke: ink.grey }), Plot.link(rows.filter((r) => Number.isFinite(r.low)), { x: "place", y1: "low", y2: "high", stroke: (r) => (r.own ? ink.warm : accepted(r) ? ink.mid : "#c9ced4") }), Plot.dot(rows, { x: "place", y: "y", r: (r) => (r.own ? 4.5 : 2), fill: (r) => (r.own ? ink.warm : accepted(r) ? ink.blue : "#8a939d") }),
          Plot.rect(rows, { x1: (r) => r.place - 0.5, x2: (r) => r.place + 0.5, y1: domain[0], y2: domain[1], fill: "transparent", title: (r) => tipped(`${r.decision ? words(r.decision) : "Specification"}${r.own ? ", as configured" : ""}\nMedian ${shown.text(r.y / shown.factor)}\n9 draws in 10: ${shown.text(r.low / shown.factor)} to ${shown.text(r.high / shown.factor)}\n${axes.map((a) => of(a)?.values[r.k]).filter(Boolean).map((v) => words(String(v))).join(", ")}`) })] });
      const below = lines.length ? Plot.plot({ width, height: lines.length * 16 + 16, marginLeft: left, marginRight: 12, marginTop: 4, marginBottom: 6, style: { fontSize: "12px", color: ink.dark, background: "transparent", overflow: "visible" }, x: { axis: null, domain: [-1, rows.length] }, y: { axis: null, domain: lines.map((l) => l.key) },
        marks: [Plot.dot(lines.flatMap((l) => rows.filter((r) => of(l.axis).values[r.k] === l.choice).map((r) => ({ x: r.place, y: l.key, own: r.own, ok: accepted(r) }))), { x: "x", y: "y", symbol: "square", r: 1.8, fill: (r) => (r.own ? ink.warm : r.ok ? ink.blue : "#8a939d") }), Plot.text(lines, { y: "key", frameAnchor: "left", textAnchor: "end", dx: -8, text: "key" })] }) : null;
      return h("div", {}, top, below);
    } });
}

/** What sensitivity, frontier and speccurve kept: /sensitivity/<scenario>/<method>/<output> and the like. */
export function sensitivity(run, state) {
  const all = run.data.analyses ?? [];
  return has(all) ? asRun(run, state, () => analyses(run, all)) : null;
}

function analyses(run, all) {
  const nameOf = (scenario) => run.scenario(scenario)?.title ?? words(scenario);
  return h("div", {}, all.map((stored) => {
    const [kind, scenario, method, output] = stored.path.slice(1).split("/");
    const policy = scenario ? nameOf(scenario) : "", from = stored.file ? ` (${stored.file})` : "";
    if (!stored.columns.length && !Object.keys(stored.attributes ?? {}).length) return null;
    const single = stored.columns.find((c) => typeof c.values[0] === "number" && !/_(p\d+|better|above_zero|low|high)$/.test(c.name)), bases = [...new Set(stored.columns.map((c) => /^(.*)_p50$/.exec(c.name)?.[1]).filter(Boolean))];
    if (kind === "sensitivity" && method === "frontier") {
      // A frontier: the parameter, and what the policy is worth at each of its values.
      const x = stored.columns.find((c) => c.name === stored.attributes.parameter) ?? single, title = `Frontier, ${policy}`, draws = stored.attributes.draws;
      return h("div", { class: "block" }, h("h3", {}, `${policy}: what each value of ${words(String(stored.attributes.parameter ?? x?.name)).toLowerCase()} buys${from}`),
        has(stored.attributes.what_to_conclude) ? h("ul", {}, [stored.attributes.what_to_conclude].flat().map((t) => h("li", {}, t))) : null,
        ...(x ? curves(stored, bases, x, (base) => curvePicture(stored, base, x, `${title}: ${words(base)}`, `Line: median. Band: 9 draws in 10${draws ? ` of ${count(draws)}` : ""}, the same draws at every point.`)) : []),
        h("details", { class: "alternative" }, h("summary", {}, "As a table, with what must be said"), genericTable(stored, title)));
    }
    if (kind === "sensitivity" && method === "budgets") {
      const label = stored.columns.find((c) => typeof c.values[0] === "string"), shown = ["npsv_national", "npsv_weighted", "npsv_local", "gap_closed", "target_uplift"].filter((b) => bases.includes(b)).slice(0, 2);
      return h("div", { class: "block" }, h("h3", {}, `${policy}: one budget, shared by each rule${from}`), label ? shown.map((base) => {
        const of = (p) => stored.columns.find((c) => c.name === `${base}_${p}`)?.values, d = axis(stored.columns.find((c) => c.name === `${base}_p50`).unit, of("p50")), middle = of("p50");
        const q = (k) => [of("p5")?.[k] ?? middle[k], of("p5")?.[k] ?? middle[k], of("p25")?.[k] ?? middle[k], middle[k], of("p75")?.[k] ?? middle[k], of("p95")?.[k] ?? middle[k], of("p95")?.[k] ?? middle[k]];
        return intervals({ title: `${words(base)} by rule`, note: "Dot: median. Thick line: middle half of draws. Thin line: 9 draws in 10.", rows: label.values.map((name, k) => ({ label: words(name), q: q(k) })), unit: d.label, factor: d.factor, name: `${stored.path} ${base}` });
      }) : null, h("details", { class: "alternative" }, h("summary", {}, "As a table"), genericTable(stored, `Budgets, ${policy}`)));
    }
    if (kind === "sensitivity" && output === "design" && !stored.columns.length) return null;
    if (kind === "sensitivity" && output) {
      const title = `${methods[method]?.[0] ?? words(method)}: ${words(output.replace(/^uplift_/, "whole_effect_"))}, ${policy}`;
      return h("div", { class: "block" }, sensitivityPicture(stored, method, title), h("details", { class: "alternative" }, h("summary", {}, "As a table"), genericTable(stored, title)));
    }
    if (kind === "sensitivity") return h("div", { class: "block" }, method ? h("h3", {}, `${policy}: ${methods[method]?.[0] ?? words(method)}${from}`) : null, h("details", {}, h("summary", {}, "The design, and what must be said"), genericTable(stored, stored.path)));
    if (kind === "specification_curve") return h("div", { class: "block" }, h("h3", {}, `${policy}: every specification${from}`), specificationCurve(stored, policy), h("details", { class: "alternative" }, h("summary", {}, "As a table"), genericTable(stored, `Specifications, ${policy}`)));
    return h("div", { class: "block" }, h("h3", {}, `${words(kind)} ${policy}${from}`), genericTable(stored, stored.path));
  }));
}

/** What the report opens with, as `spillway profiles` has it: measures by type, by region and type, by year; what is missing. */
function measures(run) {
  const data = run.data.profiles;
  if (!data || !(has(data.measures) || has(data.missing))) return null;
  const types = data.types.map((t) => t.type), state = { measure: data.measures[0]?.name }, body = h("div");
  const unitOf = (m) => `${m.unit}${m.price_base ? (m.price_base === "current" ? ", current prices" : `, prices of ${m.price_base}`) : ""}`;
  const said = (value) => (value === null || value === undefined ? "\u2013" : digits(value, 4));
  const meansOf = (values, key, type) => new Map(values.filter((v) => v.type === type).map((v) => [v[key], v.mean]));
  const across = (m, values, key, label) => {
    const of = ["", ...types].map((type) => meansOf(values, key, type)), rows = [...new Set(values.map((v) => v[key]))];
    return table({ caption: `${m.title} by ${label} and type (${unitOf(m)}${key === "region" && m.period ? `; ${m.period}` : ""})`, name: `${m.name} by ${label}`, rows,
      columns: [{ label: words(label), head: true, value: (row) => row, show: (row) => words(String(row)) }, ...["All areas", ...types.map(words)].map((name, k) => ({ label: name, number: true, csvUnit: m.unit, value: (row) => of[k].get(row), show: (row) => said(of[k].get(row)) }))],
      note: `Column ${m.column}; ${m.weighted_by ? `means by ${m.weighted_by}` : "areas count alike"}.` });
  };
  const build = () => {
    const m = data.measures.find((one) => one.name === state.measure);
    replace(body, m && has(m.by_region) ? across(m, m.by_region, "region", "region") : null, m && has(m.by_period) ? across(m, m.by_period, "period", "year") : null,
      m && !has(m.by_region) && !has(m.by_period) ? h("p", {}, "The data have no regions and one year of this measure: the table above is all.") : null);
  };
  build();
  const byType = has(data.measures) ? table({ caption: "Measures by type of area", name: "measures by type", rows: data.measures,
    columns: [{ label: "Measure", head: true, value: (m) => m.title }, ...["", ...types].map((type) => ({ label: type ? words(type) : "All areas", number: true, value: (m) => m.by_type.find((v) => v.type === type)?.mean, show: (m) => said(m.by_type.find((v) => v.type === type)?.mean) })),
      { label: "Unit", value: unitOf }, { label: "Period", value: (m) => m.period }] }) : null;
  return h("details", { class: "block measures" }, h("summary", {}, "Measures of the report: by type, region and year, and what is missing"), byType,
    has(data.measures) ? h("div", { class: "controls" }, select("Measure", data.measures.map((m) => ({ value: m.name, label: m.title })), state.measure, (v) => { state.measure = v; build(); }).field) : null, body,
    has(data.missing) ? table({ caption: "Not in these data", name: "missing measures", rows: data.missing, columns: [{ label: "Measure", head: true, value: (m) => m.title }, { label: "Columns looked for", value: (m) => m.columns.join(", ") }, { label: "The public table that would fill it", value: (m) => m.table }] }) : null);
}

export function profiles(run) {
  const columns = run.columns.filter((c) => c.byType || c.byRegion);
  if (!columns.length) return measures(run);
  // What sets the types apart comes first: the distance of their middles, over how far the areas of a type spread. Of a
  // column that comes in several years, the last.
  const apart = (c) => {
    const rows = (c.byType ?? []).filter((r) => r.n > 0), middle = rows.map((r) => r.q[2]), spread = rows.reduce((sum, r) => sum + r.q[3] - r.q[1], 0) / rows.length;
    return rows.length > 1 && spread > 0 ? (Math.max(...middle) - Math.min(...middle)) / spread : 0;
  };
  const stem = (c) => c.name.replace(/_?(19|20)\d\d/g, "").replace(/^log_/, "");
  const byType = [...new Map(columns.filter((c) => c.byType && !/population/.test(c.name)).map((c) => [stem(c), c])).values()].filter((c) => apart(c) > 0).sort((a, b) => apart(b) - apart(a)).slice(0, 12);
  const telling = columns.find((c) => c.name === "gva_per_head") ?? byType[0] ?? columns[0];
  const state = { column: telling.name }, body = h("div");
  const rowsOf = (column, key, grouping) => (column[key] && run.groups[grouping] ? column[key].map((r, g) => ({ ...r, name: words(run.groups[grouping].names[g]), grouping })) : []);
  const build = () => {
    const column = columns.find((c) => c.name === state.column), shown = display(column.unit);
    const rows = [...rowsOf(column, "byType", "area_type"), ...rowsOf(column, "byRegion", "region")].filter((r) => r.n > 0);
    replace(body, intervals({ title: words(column.name), note: `${column.meaning && column.meaning !== column.name ? column.meaning + ". " : ""}Areas of each type and region, unweighted: dot the middle area, thick line the middle half, thin line the middle 8 in 10.`, zero: false,
      rows: rows.map((r) => ({ label: r.name, q: [r.q[0], r.q[0], r.q[1], r.q[2], r.q[3], r.q[4], r.q[4]] })), unit: shown.label, factor: shown.factor, name: `profile ${column.name}`,
      alternative: table({ caption: `${words(column.name)} by type and region`, name: `profile ${column.name}`, rows,
        columns: [{ label: "Group", head: true, value: (r) => r.name }, { label: "Areas", number: true, value: (r) => r.n, show: (r) => count(r.n) }, { label: "Mean", csvUnit: column.unit, number: true, value: (r) => r.mean, show: (r) => shown.text(r.mean) },
          ...[0.1, 0.25, 0.5, 0.75, 0.9].map((level, k) => ({ label: level === 0.5 ? "Median" : `${level * 100}%`, csvUnit: column.unit, number: true, value: (r) => r.q[k], show: (r) => shown.text(r.q[k]) }))] }) }));
  };
  build();
  const types = run.groups.area_type?.names ?? [];
  const multiples = byType.length > 1 && types.length > 1 && types.length < 9 ? figure({ title: "Types of area side by side", note: "Columns of the data pack, those that set the types apart most first, each on its own scale: dot the middle area of the type, thick line the middle half, thin line the middle 8 in 10.", wide: true, name: "profiles by type",
    draw(width) {
      const across = width < 460 ? 1 : width < 760 ? 2 : 3, each = Math.floor((width - 24 * (across - 1)) / across), left = Math.min(each * 0.42, Math.max(...types.map((t) => words(t).length)) * 6.4 + 12);
      return h("div", { class: "multiples", style: `grid-template-columns:repeat(${across},minmax(0,1fr))` }, byType.map((c) => {
        const shown = display(c.unit), rows = c.byType.map((r, g) => ({ name: words(types[g]), q: r.q.map((v) => v * shown.factor), n: r.n })).filter((r) => r.n > 0);
        const svg = Plot.plot({ width: each, height: rows.length * 24 + 52, marginLeft: left, marginRight: 14, marginTop: 8, marginBottom: 36, style: { fontSize: "12px", color: ink.dark, background: "transparent", overflow: "visible" },
          x: { label: shown.label || "no unit", grid: true, nice: true, ticks: 4, labelArrow: "none", tickFormat: rows.some((r) => r.q[4] >= 1e6) ? (v) => (v ? `${v / 1e6}m` : "0") : undefined }, y: { axis: null, domain: rows.map((r) => r.name) },
          marks: [Plot.link(rows, { y: "name", x1: (r) => r.q[0], x2: (r) => r.q[4], stroke: ink.mid, strokeWidth: 2 }), Plot.link(rows, { y: "name", x1: (r) => r.q[1], x2: (r) => r.q[3], stroke: ink.blue, strokeWidth: 6 }), Plot.dot(rows, { y: "name", x: (r) => r.q[2], r: 3.5, fill: "#fff", stroke: ink.dark, strokeWidth: 1.8 }), Plot.barX(rows, { y: "name", x1: Math.min(...rows.map((r) => r.q[0])), x2: Math.max(...rows.map((r) => r.q[4])), fill: "transparent", title: (r) => tipped(`${r.name}: ${words(c.name)}\nMiddle area ${shown.text(r.q[2] / shown.factor)}\nMiddle half: ${shown.text(r.q[1] / shown.factor)} to ${shown.text(r.q[3] / shown.factor)}`) }),
            Plot.text(rows, { y: "name", frameAnchor: "left", textAnchor: "end", dx: -6, text: "name" })] });
        return h("div", {}, h("p", { class: "panel-title" }, words(c.name)), svg);
      }));
    } }) : null;
  return h("div", {}, measures(run), multiples, h("h3", {}, "One column, by type and region"), h("div", { class: "controls" }, select("Column", columns.map((c) => ({ value: c.name, label: words(c.name) })), state.column, (v) => { state.column = v; build(); }).field), body,
    h("details", { class: "alternative" }, h("summary", {}, "Every column by type, as one table"), table({ caption: "Means by type", name: "profiles by type", rows: columns.filter((c) => c.byType),
      columns: [{ label: "Column", head: true, value: (c) => words(c.name) }, { label: "Unit", value: (c) => c.unit }, ...(run.groups.area_type?.names ?? []).map((name, g) => ({ label: words(name), number: true, value: (c) => c.byType[g].mean, show: (c) => display(c.unit).text(c.byType[g].mean) }))] })));
}

export function provenance(run) {
  const { run: r, assumptions: a, weights } = run.data;
  const q = (text) => (/^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const command = `spillway run ${q(r.name + ".toml")} ${a.overrides.map((o) => `--set ${q(o)} `).join("")}--output ${q(r.file)}`;
  const parameters = a.scenarios.flatMap((s) => s.parameters.map((p) => ({ ...p, scenario: s.scenario, lever: s.lever })));
  const sampled = new Map(run.scenarios.flatMap((s) => s.data.parameters.map((p) => [`${s.name}/${p.name}`, p.q])));
  const statements = run.scenarios.flatMap((s) => ["provenance", "notes", "warnings"].flatMap((kind) => [s.data.attributes[kind] ?? []].flat().map((text) => ({ s, kind, text }))));
  return h("div", {},
    h("h3", {}, "Which uncertainties are in the intervals"),
    a.uncertainties.length ? h("ul", { class: "uncertainties" }, a.uncertainties.map((u) => h("li", { class: u.on ? "on" : "off" }, h("strong", {}, u.on ? "In" : "Left out"), h("span", {}, h("b", {}, `${u.source}. `), `${u.text}.`)))) : h("p", {}, "The configuration could not be read; its text is below."),
    h("h3", {}, "Assumptions: every parameter of every policy"),
    parameters.length ? table({ caption: "Parameters, with source and date", name: "parameters", rows: parameters, limit: 80,
      columns: [{ label: "Policy", head: true, value: (p) => words(p.scenario) }, { label: "Parameter", value: (p) => p.name, show: (p) => h("code", {}, p.name) }, { label: "Value", value: (p) => p.value }, { label: "Unit", value: (p) => p.unit },
        { label: "Drawn: 5% to 95%", value: (p) => { const d = sampled.get(`${p.scenario}/${p.name}`); return d ? `${d[0]} to ${d[6]}` : ""; }, show: (p) => { const d = sampled.get(`${p.scenario}/${p.name}`); return d ? (d[0] === d[6] ? digits(d[0], 4) : `${digits(d[0])} to ${digits(d[6])}`) : ""; } },
        { label: "Set by", value: (p) => p.from }, { label: "Source", value: (p) => p.source }, { label: "Date", value: (p) => p.date }, { label: "Meaning", value: (p) => p.description }] }) : null,
    statements.length ? h("div", {}, h("h3", {}, "What must be said of each policy"), run.scenarios.map((s) => { const own = statements.filter((t) => t.s === s); return own.length ? [h("h4", {}, s.title), h("ul", {}, own.map((t) => h("li", { class: t.kind === "warnings" ? "warn" : null }, t.kind === "warnings" ? h("strong", {}, "Warning: ") : null, t.text)))] : null; })) : null,
    h("h3", {}, "Decisions"),
    a.decisions.length ? table({ caption: "Choices of the analyst, from the configuration", name: "decisions", rows: a.decisions, columns: [{ label: "Decision", head: true, value: (d) => d.decision }, { label: "Choice", value: (d) => d.value }] }) : null,
    h("h3", {}, "Data"),
    run.data.pack.description ? h("p", {}, `Pack "${run.data.pack.pack ?? ""}": ${run.data.pack.description}`) : null,
    weights?.description ? h("p", {}, `Spatial weights: ${weights.description}.`) : null,
    r.inputs.length ? table({ caption: "Every file that was read", name: "inputs", rows: r.inputs, columns: [{ label: "File", head: true, value: (i) => i.path }, { label: "Role", value: (i) => i.role }, { label: "Publisher", value: (i) => i.publisher }, { label: "Licence", value: (i) => i.licence }, { label: "Vintage", value: (i) => i.vintage }, { label: "SHA-256", value: (i) => i.sha256, show: (i) => h("code", { class: "hash" }, i.sha256) }] })
      : h("p", {}, "No file was read: the data are the synthetic England, made in memory from its seed. Its places, people and growth are invented; its true parameters are known."),
    r.truth.length ? h("details", {}, h("summary", {}, "True parameters of the synthetic world"), table({ caption: "True parameters", name: "truth", rows: r.truth, columns: [{ label: "Parameter", head: true, value: (t) => t.name }, { label: "True value", number: true, value: (t) => t.value, show: (t) => digits(t.value, 5) }] })) : null,
    h("h3", {}, "How to make it again"),
    h("dl", { class: "attributes" }, [["Run", r.name], ["Seed", r.seed], ["Spillway", `${r.version} (commit ${r.commit || "unknown"}), result format ${r.format}`], ["Instruction set", `${r.instructionSet}; results may differ in the last digits on another`], ["Started, finished (UTC)", `${r.started}, ${r.finished}`], ["Threads", `${r.threads}; results do not depend on it`]].map(([t, d]) => [h("dt", {}, t), h("dd", {}, String(d))])),
    h("pre", { class: "command" }, command),
    h("div", { class: "tools" }, button(`Download ${r.name}.toml`, () => save(`${r.name}.toml`, "application/toml", a.text))),
    h("details", {}, h("summary", {}, "The whole configuration"), h("pre", {}, r.config)),
    r.stages.length ? h("details", {}, h("summary", {}, "What each stage cost"), table({ caption: "Stages", name: "stages", rows: r.stages, columns: [{ label: "Stage", head: true, value: (s) => s.stage }, { label: "Seconds", number: true, value: (s) => s.seconds, show: (s) => digits(s.seconds) }, { label: "Peak memory, MB", number: true, value: (s) => s.memory / 1048576, show: (s) => digits(s.memory / 1048576) }] })) : null,
    has(run.data.warnings) ? h("div", { class: "caution" }, h("strong", {}, "Of this page. "), run.data.warnings.join(". ")) : null);
}
