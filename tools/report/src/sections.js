// The page's sections after the map, each a function of the run that returns an element (or null: nothing to show).
import * as Plot from "@observablehq/plot";
import { aggregateTable, fans, ink, intervals, quantileColumns, ridges } from "./charts.js";
import { count, digits, display, money, probability, words } from "./format.js";
import { button, figure, h, replace, save, select, table } from "./dom.js";

const has = (list) => Array.isArray(list) && list.length > 0;

/** The run in one table: who gains what, how sure, at what cost. */
export function glance(run) {
  const rows = run.scenarios.map((s) => {
    const outcome = s.aggregates.some((a) => a.outcome === "cumulative_uplift") ? "cumulative_uplift" : s.aggregates[0]?.outcome;
    const nation = s.aggregate(outcome, "nation"), types = s.aggregate(outcome, "area_type");
    return { s, outcome, nation, types };
  }).filter((r) => r.nation || r.types);
  if (!rows.length) return h("p", {}, "The run has no scenarios: it holds estimates only.");
  const target = rows[0].types?.groups.find((g) => /doubly|target|left_behind/.test(g)) ?? rows[0].types?.groups[0];
  const cellOf = (aggregate, g, r) => {
    if (!aggregate || g < 0) return "\u2013";
    const q = aggregate.q(aggregate.last, g), shown = aggregate.display;
    return [h("strong", {}, shown.text(q[3])), h("span", { class: "range" }, `${shown.text(q[0])} to ${shown.text(q[6])}`), h("span", { class: "range" }, `P(better) ${probability(aggregate.better(aggregate.last, g), r.s.data.draws)}`)];
  };
  const first = rows[0].nation ?? rows[0].types, horizon = first.periods.at(-1);
  return h("div", { class: "glance" }, table({
    caption: `${words(rows[0].outcome)} after ${horizon} periods, against no policy (${first.display.label || "no unit"})`, name: "at a glance", rows,
    columns: [
      { label: "Policy", head: true, value: (r) => r.s.name, show: (r) => [r.s.title, h("span", { class: "range" }, words(r.s.data.attributes.lever ?? ""))] },
      { label: "All areas", value: (r) => r.nation?.q(r.nation.last, 0)[3], show: (r) => cellOf(r.nation, 0, r) },
      ...(target ? [{ label: words(target), value: (r) => r.types?.q(r.types.last, r.types.group(target))[3], show: (r) => cellOf(r.types, r.types?.group(target) ?? -1, r) }] : []),
      { label: "Public cost", value: (r) => r.s.data.cost?.total[3], show: (r) => (r.s.data.cost ? [h("strong", {}, money(r.s.data.cost.total[3])), h("span", { class: "range" }, r.s.data.cost.total[0] === r.s.data.cost.total[6] ? (r.s.data.cost.total[3] === 0 ? "no new money: it is moved" : "the same in every draw") : `${money(r.s.data.cost.total[0])} to ${money(r.s.data.cost.total[6])}`)] : "\u2013") },
    ],
    note: `Bold: the median of ${count(rows[0].s.data.draws)} draws. Below it: 9 draws in 10 lie in this range. P(better): share of draws in which the group is better off. Cost: whole horizon, undiscounted, base-year prices. ${/^log/.test(first.unit) ? "Percentages of growth are 100 × log points." : ""}`,
  }));
}

export function distributions(run) {
  if (!run.scenarios.some((s) => has(s.aggregates))) return null;
  const groupings = [...new Set(run.scenarios.flatMap((s) => s.aggregates.map((a) => a.grouping)))];
  const state = { scenario: run.scenarios[0].name, outcome: run.scenarios[0].aggregates[0].outcome, grouping: groupings.includes("area_type") ? "area_type" : groupings[0], group: null };
  const controls = h("div", { class: "controls" }), body = h("div");
  function build(focus) {
    const scenario = run.scenario(state.scenario), outcomes = [...new Set(scenario.aggregates.map((a) => a.outcome))];
    if (!outcomes.includes(state.outcome)) state.outcome = outcomes[0];
    const aggregate = scenario.aggregate(state.outcome, state.grouping) ?? scenario.aggregates.find((a) => a.outcome === state.outcome);
    state.grouping = aggregate.grouping;
    const many = aggregate.groups.length > 12;
    if (many && !aggregate.groups.includes(state.group)) state.group = aggregate.groups[0];
    const change = (key) => (value) => { state[key] = value; build(`spread-${key}`); };
    const named = aggregate.groups.map((g) => ({ value: g, label: run.groupName(aggregate.grouping, g) })).sort((a, b) => a.label.localeCompare(b.label));
    replace(controls,
      select("Policy", run.scenarios.filter((s) => has(s.aggregates)).map((s) => ({ value: s.name, label: s.title })), state.scenario, change("scenario"), { "data-control": "spread-scenario" }).field,
      select("Outcome", outcomes.map((o) => ({ value: o, label: words(o) })), state.outcome, change("outcome"), { "data-control": "spread-outcome" }).field,
      select("By", groupings.map((g) => ({ value: g, label: words(g) })), state.grouping, change("grouping"), { "data-control": "spread-grouping" }).field,
      many ? select(words(aggregate.grouping), named, state.group, change("group"), { "data-control": "spread-group" }).field : null);
    if (focus) controls.querySelector(`[data-control=${focus}]`)?.focus();
    const shown = aggregate.display;
    const picked = (many ? [state.group] : aggregate.groups).map((group) => ({ group, g: aggregate.group(group), label: run.groupName(aggregate.grouping, group) }));
    const fanRows = picked.map(({ g, label }) => ({ label, fan: aggregate.periods.map((period, p) => ({ period, q: aggregate.q(p, g) })) }));
    const title = `${words(aggregate.outcome)}, ${scenario.title}`;
    const parts = [fans({ title: `${title}: ${aggregate.periods.length > 1 ? "over the horizon" : "last period"}`, note: "Line: median. Dark band: middle half of draws. Light band: 9 draws in 10.", rows: fanRows, periodLabel: run.periodLabel, unit: shown.label, factor: shown.factor, name: `fan ${state.scenario} ${aggregate.outcome} ${aggregate.grouping}` })];
    if (aggregate.sample(0) && aggregate.groups.length > 1)
      parts.push(ridges({ title: `${title}: how draws spread in the last period`, note: "Each ridge is one group's draws, as high at its peak as every other; the dot is the median.", rows: aggregate.groups.map((group, g) => ({ label: run.groupName(aggregate.grouping, group), sample: aggregate.sample(g) })), unit: shown.label, factor: shown.factor, name: `ridges ${state.scenario} ${aggregate.outcome} ${aggregate.grouping}` }));
    else if (many) {
      const middle = aggregate.groups.map((group, g) => ({ label: run.groupName(aggregate.grouping, group), q: aggregate.q(aggregate.last, g) })).sort((a, b) => b.q[3] - a.q[3]);
      const ends = middle.length > 20 ? [...middle.slice(0, 10), ...middle.slice(-10)] : middle;
      parts.push(intervals({ title: `${title}: the ten highest and the ten lowest medians of ${middle.length}`, note: "Intervals overlap: the order within each ten is not established.", rows: ends, unit: shown.label, factor: shown.factor, name: `ends ${state.scenario} ${aggregate.outcome} ${aggregate.grouping}` }));
    }
    parts.push(h("details", { class: "alternative" }, h("summary", {}, "As a table"), aggregateTable(run, aggregate, scenario, `${title} by ${words(aggregate.grouping).toLowerCase()}`)));
    replace(body, parts);
  }
  build();
  return h("div", {}, controls, body);
}

export function contrasts(run) {
  const all = run.data.contrasts;
  if (!has(all)) return null;
  const outcomes = [...new Set(all.map((c) => c.outcome))], state = { outcome: outcomes.includes("cumulative_uplift") ? "cumulative_uplift" : outcomes[0] };
  const body = h("div");
  const title = (name) => run.scenario(name)?.title ?? name;
  const build = () => {
    const rows = all.filter((c) => c.outcome === state.outcome), shown = display(rows[0].unit);
    const label = (c) => `${title(c.first)} less ${title(c.second)}: ${c.grouping === "nation" ? "all areas" : run.groupName(c.grouping, c.group)}`;
    const few = rows.filter((c) => c.grouping !== "region");
    replace(body,
      intervals({ title: `${words(state.outcome)}: differences between policies`, note: `Both policies on the same draw: what is uncertain in common cancels. ${run.scenarios[0].better < 0 ? "Lower is better: left" : "Right"} of zero, the first named does better.`, rows: few.map((c) => ({ label: label(c), q: c.q })), unit: shown.label, factor: shown.factor, name: `contrasts ${state.outcome}` }),
      h("details", { class: "alternative" }, h("summary", {}, "As a table, regions too"), table({
        caption: `${words(state.outcome)}: paired differences, last period`, name: `contrasts ${state.outcome}`, rows,
        columns: [{ label: "First", head: true, value: (c) => title(c.first) }, { label: "Second", value: (c) => title(c.second) }, { label: "Group", value: (c) => run.groupName(c.grouping, c.group) },
          ...quantileColumns([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], shown, rows[0].unit),
          { label: "P(first is better)", number: true, value: (c) => c.better, show: (c) => probability(c.better, run.scenario(c.first)?.data.draws) }],
      })));
  };
  build();
  return h("div", {}, h("div", { class: "controls" }, select("Outcome", outcomes.map((o) => ({ value: o, label: words(o) })), state.outcome, (v) => { state.outcome = v; build(); }).field), body);
}

/** The worst-off type first: its gain over the other is what readers look for. */
const turned = (g) => (/^doubly/.test(g.second) ? { ...g, first: g.second, second: g.first, rows: g.rows.map((r) => ({ ...r, q: r.q.map((v) => -v).reverse() })) } : g);

export function gaps(run) {
  const list = run.scenarios.flatMap((s) => s.data.gaps.map((g) => ({ ...turned(g), s })));
  if (!list.length) return null;
  const outcomes = [...new Set(list.map((g) => g.outcome))], pairs = [...new Set(list.map((g) => `${g.first}\u0000${g.second}`))];
  const worst = pairs.find((p) => /^doubly.*\u0000other$/.test(p)) ?? pairs[0];
  const state = { outcome: outcomes[0], pair: worst }, controls = h("div", { class: "controls" }), body = h("div");
  const pairName = (p) => p.split("\u0000").map(words).join(" less ").replace(/less (.)/, (m, c) => `less ${c.toLowerCase()}`);
  const build = () => {
    const rows = list.filter((g) => g.outcome === state.outcome && `${g.first}\u0000${g.second}` === state.pair), shown = display(rows[0].unit);
    replace(body, fans({ title: `Change in the gap, ${pairName(state.pair)}: ${words(state.outcome).toLowerCase()}`, note: rows[0].s.better < 0 ? "Lower is better: below zero, the first type gains more than the second, draw by draw." : "Above zero: the first type gains more than the second, draw by draw.", rows: rows.map((g) => ({ label: g.s.title, fan: g.rows })), periodLabel: run.periodLabel, unit: shown.label, factor: shown.factor, name: `gap ${state.outcome}`,
      alternative: table({ caption: `Change in the gap, ${pairName(state.pair)}`, name: `gap ${state.outcome}`, rows: rows.flatMap((g) => g.rows.map((r) => ({ ...r, s: g.s }))),
        columns: [{ label: "Policy", head: true, value: (r) => r.s.title }, { label: "Periods ahead", number: true, value: (r) => r.period }, ...quantileColumns([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], shown, rows[0].unit)] }) }));
  };
  replace(controls, select("Outcome", outcomes.map((o) => ({ value: o, label: words(o) })), state.outcome, (v) => { state.outcome = v; build(); }).field,
    select("Between", pairs.map((p) => ({ value: p, label: pairName(p) })), state.pair, (v) => { state.pair = v; build(); }).field);
  build();
  return h("div", {}, controls, body);
}

/** Generic table of the store: {path, attributes, columns}. */
export function genericTable(stored, title) {
  const names = Object.entries(stored.attributes ?? {}).filter(([, value]) => value !== "" && !(Array.isArray(value) && !value.length));
  const length = Math.max(0, ...stored.columns.map((c) => c.values.length));
  const rows = Array.from({ length }, (_, k) => k);
  return h("div", {}, length ? table({
    caption: title ?? words(stored.path.split("/").pop()), name: stored.path, rows,
    columns: stored.columns.map((c, k) => ({ label: words(c.name), help: c.meaning && c.meaning !== c.name ? c.meaning : null, unit: c.unit && c.unit !== "1" ? c.unit : null, csv: c.name, csvUnit: c.unit, head: k === 0 && typeof c.values[0] === "string", number: typeof c.values[0] === "number", value: (r) => c.values[r], show: (r) => (typeof c.values[r] === "number" ? digits(c.values[r], 4) : c.values[r]) })),
  }) : null, names.length ? h("dl", { class: "attributes" }, names.map(([name, value]) => [h("dt", {}, words(name)), h("dd", {}, Array.isArray(value) ? h("ul", {}, value.map((v) => h("li", {}, String(v)))) : typeof value === "number" && !Number.isInteger(value) ? digits(value, 5) : String(value))])) : null);
}


/** Rows A to L of the appraisal summary, stored as "A Title | local: x | national: y | note". */
function summaryRows(lines) {
  const rows = (lines ?? []).map((line) => /^([A-L]) (.*?) \| local: ?(.*?) \| national: ?(.*?) \| ?(.*)$/s.exec(line));
  return rows.length && rows.every(Boolean) ? rows.map(([, letter, title, local, national, note]) => ({ letter, title, local, national, note })) : null;
}

export function appraisal(run) {
  const all = run.data.appraisal;
  if (!has(all)) return null;
  const spread = [["benefits", "Present value of benefits"], ["costs", "Present value of costs"], ["npsv", "Net present social value"], ["bcr", "Benefit-cost ratio"]];
  const rows = all.flatMap((a) => spread.filter(([key]) => a[key]).map(([key, label]) => ({ a, key, label, d: a[key] })));
  const show = (r, k) => (r.key === "bcr" ? digits(r.d.q[k]) : money(r.d.q[k]));
  const npsv = all.filter((a) => a.npsv);
  const title = (a) => run.scenario(a.scenario)?.title ?? words(a.scenario);
  return h("div", {},
    h("p", {}, "Distribution by place comes first (the map and the types above); the ratio is one line among several. The figures here are the nation's: what one place gains and another loses is not a gain. The summary of each policy has the local column too, and the price base."),
    table({ caption: "Where the money stands", name: "appraisal", rows,
      columns: [{ label: "Policy", head: true, value: (r) => title(r.a) }, { label: "Measure", value: (r) => r.label },
        ...["5%", "P10", "Median", "P90", "95%"].map((label, k) => ({ label, number: true, value: (r) => r.d.q[k], show: (r) => show(r, k) })),
        { label: "P(above 0)", number: true, value: (r) => (r.key === "npsv" ? r.d.above0 : null), show: (r) => (r.key === "npsv" ? probability(r.d.above0) : "") },
        { label: "P(above 1)", number: true, value: (r) => (r.key === "bcr" ? r.d.above1 : null), show: (r) => (r.key === "bcr" ? probability(r.d.above1) : "") },
        { label: "P(above 2)", number: true, value: (r) => (r.key === "bcr" ? r.d.above2 : null), show: (r) => (r.key === "bcr" ? probability(r.d.above2) : "") }] }),
    npsv.length ? ridges({ title: "Net present social value: how draws spread", note: "Each ridge as high as every other; the dot is the median.", rows: npsv.map((a) => ({ label: title(a), sample: a.npsv.sample.filter((_, k) => k % 2 === 0) })), unit: "£m", factor: 1e-6, name: "npsv" }) : null,
    all.some((a) => a.bcr && a.bcr.q[4] > a.bcr.q[0]) ? ridges({ title: "Benefit-cost ratio: how draws spread", rows: all.filter((a) => a.bcr).map((a) => ({ label: title(a), sample: a.bcr.sample.filter((_, k) => k % 2 === 0) })), unit: "benefits per £ of cost", factor: 1, name: "bcr" }) : null,
    all.map((a) => { const rows = summaryRows(a.attributes.summary_table), { summary_table, ...rest } = a.attributes; return h("div", { class: "block" }, h("h3", {}, `Appraisal summary, ${title(a)}`),
      rows ? table({ caption: `Appraisal summary table, ${title(a)}: median (P10 to P90)`, name: `appraisal summary ${a.scenario}`, rows, note: "Local: the target areas. National: additional to the nation. The figures above are national.",
        columns: [{ label: "Row", value: (x) => x.letter }, { label: "What", head: true, value: (x) => x.title }, { label: "Local", value: (x) => x.local.replaceAll("-", "\u2212") }, { label: "National", value: (x) => x.national.replaceAll("-", "\u2212") }, { label: "Note", value: (x) => x.note }] }) : null,
      a.tables.map((t) => genericTable(t, `${words(t.path.split("/").pop())}, ${title(a)}`)),
      has(Object.keys(a.attributes)) ? h("details", { open: true }, h("summary", {}, "Rulebook, bases, and what must be said"), genericTable({ path: "", columns: [], attributes: rows ? rest : a.attributes })) : null); }));
}

export function sensitivity(run) {
  if (!has(run.data.sensitivity)) return null;
  return h("div", {}, run.data.sensitivity.map((stored) => {
    const text = stored.columns.find((c) => typeof c.values[0] === "string");
    const numeric = stored.columns.filter((c) => typeof c.values[0] === "number");
    const find = (...patterns) => patterns.map((p) => numeric.find((c) => p.test(c.name))).find(Boolean);
    const low = find(/low(er)?$|_low|^p10|^at_low/), high = find(/high(er)?$|upper|_high|^p90|^at_high/), main = find(/total/, /shapley/, /first/, /effect|mu_star|share|index|value/) ?? numeric[0];
    let picture = null;
    if (text && main && text.values.length <= 40) {
      const tornado = low && high && /tornado|one_at_a_time|oat/.test(stored.path);
      const rows = text.values.map((label, k) => ({ label: words(label), value: main.values[k], low: low?.values[k], high: high?.values[k] })).sort((a, b) => (tornado ? Math.abs(b.high - b.low) - Math.abs(a.high - a.low) : b.value - a.value));
      picture = figure({ title: words(stored.path.replace("/sensitivity/", "").replaceAll("/", "_")), note: tornado ? "Each bar: the result when one parameter goes from its low to its high value, all else at its middle." : main.meaning, name: stored.path,
        draw: (width) => Plot.plot({ width, height: rows.length * 26 + 60, marginLeft: Math.min(240, width * 0.38), marginBottom: 40, style: { fontSize: "12px", background: "transparent" },
          x: { label: main.unit && main.unit !== "1" ? main.unit : words(main.name), grid: true, ticks: width < 420 ? 4 : 7 }, y: { domain: rows.map((r) => r.label), label: null },
          marks: [tornado ? Plot.barX(rows, { y: "label", x1: "low", x2: "high", fill: ink.mid }) : Plot.barX(rows, { y: "label", x: "value", fill: ink.mid }), !tornado && low && high ? Plot.link(rows, { y: "label", x1: "low", x2: "high", stroke: ink.dark, strokeWidth: 1.5 }) : null, Plot.ruleX([0], { stroke: ink.grey })] }) });
    }
    const cost = numeric.find((c) => /cost/.test(c.name)), gain = numeric.find((c) => /gain|benefit|uplift|gap|npsv/.test(c.name));
    if (cost && gain && /frontier/.test(stored.path))
      picture = figure({ title: words(stored.path.replace("/sensitivity/", "")), note: "Each point is one option; no option on the line is beaten on both axes.", name: stored.path,
        draw: (width) => Plot.plot({ width, height: 320, grid: true, x: { label: `${words(cost.name)} ${cost.unit}` }, y: { label: `${words(gain.name)} ${gain.unit}` }, marks: [Plot.line(cost.values.map((x, k) => ({ x, y: gain.values[k] })).sort((a, b) => a.x - b.x), { x: "x", y: "y", stroke: ink.mid }), Plot.dot(cost.values.map((x, k) => ({ x, y: gain.values[k] })), { x: "x", y: "y", fill: ink.blue })] }) });
    return h("div", { class: "block" }, picture, genericTable(stored));
  }));
}

export function profiles(run) {
  const columns = run.columns.filter((c) => c.byType || c.byRegion);
  if (!columns.length) return null;
  const state = { column: (columns.find((c) => c.name === "gva_per_head") ?? columns[0]).name }, body = h("div");
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
  return h("div", {}, h("div", { class: "controls" }, select("Column", columns.map((c) => ({ value: c.name, label: words(c.name) })), state.column, (v) => { state.column = v; build(); }).field), body,
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
    h("pre", { class: "command", tabindex: "0", "aria-label": "Command" }, command),
    h("div", { class: "tools" }, button(`Download ${r.name}.toml`, () => save(`${r.name}.toml`, "application/toml", a.text))),
    h("details", {}, h("summary", {}, "The whole configuration"), h("pre", { tabindex: "0", "aria-label": "Configuration" }, r.config)),
    r.stages.length ? h("details", {}, h("summary", {}, "What each stage cost"), table({ caption: "Stages", name: "stages", rows: r.stages, columns: [{ label: "Stage", head: true, value: (s) => s.stage }, { label: "Seconds", number: true, value: (s) => s.seconds, show: (s) => digits(s.seconds) }, { label: "Peak memory, MB", number: true, value: (s) => s.memory / 1048576, show: (s) => digits(s.memory / 1048576) }] })) : null,
    has(run.data.warnings) ? h("div", { class: "caution" }, h("strong", {}, "Of this page. "), run.data.warnings.join(". ")) : null);
}
