// The map with its controls, legend, search and the panel of one area.
import * as Plot from "@observablehq/plot";
import { AreaMap } from "./map.js";
import { geometryOf } from "./geometry.js";
import { divergingClasses, missing, paled, probabilityClasses, sequentialClasses } from "./classes.js";
import { count, digits, display, outcomeLabel, partNames, percentile, probability, words } from "./format.js";
import { asPicture, button, csv, freshId, fitted, h, replace, save, savePng, select, sheetSvg, svgElement, table, whenSeen } from "./dom.js";
import { outcomeOptions } from "./finding.js";

const caution = "A single neighbourhood's figure is uncertain and is not for ranking or for allocating money. Read types, regions and authorities first; use one area's figure only to understand it.";

/** A class's limit: a round number without its trailing zeros. */
const brief = (v, layer) => layer.plain(v).replace(/(\.\d*?)0+(?=$|%|bn|m)/, "$1").replace(/\.(?=$|%|bn|m)/, "");

/** Values to colour: {title, unit, values, classes, text(v)}. state: {scenario, outcome, show}. */
function layerOf(run, state, other) {
  if (state.show.startsWith("column:")) {
    const column = run.columns.find((c) => c.name === state.show.slice(7)), shown = display(column.unit);
    return { title: words(column.name), meaning: column.meaning, unit: shown.label, factor: shown.factor, values: column.array(), classes: sequentialClasses(column.array()), text: shown.text, plain: shown.plain };
  }
  const scenario = run.scenario(state.scenario);
  if (state.show === "transfer") {
    const values = scenario.transfer(), shown = display("GBP per resident");
    return { title: `Money gained or lost, ${scenario.title}`, unit: "£ per resident over the horizon", factor: 1, values, classes: divergingClasses(values), text: shown.text, plain: shown.plain };
  }
  if (state.show === "worth") {
    const worth = run.worth(scenario.name), shown = display(worth.unit), low = worth.p5, high = worth.p95;
    return { title: `Worth of one more pound, median: ${words(worth.name)}, ${scenario.title}`, meaning: worth.meaning, unit: shown.label, factor: shown.factor, values: worth.p50, classes: divergingClasses(worth.p50), text: shown.text, plain: shown.plain,
      interval: "90% interval", open: low && high ? (area) => low[area] < 0 && high[area] > 0 : null };
  }
  const outcome = scenario.outcome(state.outcome), shown = outcome.display;
  const base = { unit: outcomeLabel(outcome.name, shown), factor: shown.factor, text: shown.text, plain: shown.plain };
  const title = `${words(outcome.name)}, ${scenario.title}${scenario.factor === 1 ? "" : ` at ${digits(scenario.factor)} times its size`}`;
  if (state.show === "better") {
    const values = outcome.better();
    return { title: `P(better): ${title}`, unit: "share of draws in which the area is better off", factor: 100, values, classes: probabilityClasses(), text: (v) => probability(v, scenario.data.draws), plain: (v) => `${digits(100 * v, 2)}%` };
  }
  if (state.show === "width" || state.show === "sd") {
    const values = state.show === "width" ? outcome.width() : outcome.sd();
    return { ...base, title: `${state.show === "width" ? `Width of the ${outcome.intervalName()}` : "Standard deviation"}: ${title}`, values, classes: sequentialClasses(values) };
  }
  if (state.show === "difference") {
    const twin = other.scenario(state.scenario)?.outcome(state.outcome), index = new Map(other.code.map((c, k) => [c, k]));
    const mine = outcome.centre(), theirs = twin.centre();
    const values = Float32Array.from(mine, (v, k) => (index.has(run.code[k]) ? theirs[index.get(run.code[k])] - v : NaN));
    return { ...base, title: `Second run less first, medians: ${title}`, values, classes: divergingClasses(values, scenario.better) };
  }
  const values = state.show === "mean" ? outcome.mean() : outcome.quantile(Number(state.show.slice(1)));
  const what = state.show === "mean" ? "Mean" : outcome.levels[Number(state.show.slice(1))] === 0.5 ? "Median" : `${percentile(outcome.levels[Number(state.show.slice(1))])} quantile`;
  const low = outcome.quantile(0), high = outcome.quantile(outcome.levels.length - 1);
  return { ...base, title: `${what}: ${title}`, values, classes: divergingClasses(values, scenario.better), interval: outcome.intervalName(), open: (area) => low[area] < 0 && high[area] > 0 };
}

export function mapSection(run, other, shared) {
  const geometry = geometryOf(run);
  if (!geometry) return h("p", {}, "The run's areas have neither boundaries nor centroids (columns easting and northing): there is no map.");
  // The policy and the outcome are the page's; what is shown of them is the map's own.
  const state = { show: "", pale: true, get scenario() { return shared.scenario; }, get outcome() { return shared.policy?.outcome(shared.outcome)?.name; } };
  let layer = null;

  const title = h("h3", { id: "map-layer" });
  const legend = h("div", { class: "legend" });
  const summary = h("p", { class: "visually-hidden", id: "map-summary" });
  const tooltip = h("div", { class: "tooltip", hidden: true, "aria-hidden": "true" });
  const panel = h("section", { class: "area-panel", "aria-label": "One area", "aria-live": "polite" });
  const asTable = h("div");

  const map = new AreaMap(geometry, run.groups, {
    hover(area, event) {
      if (event?.pointerType && event.pointerType !== "mouse" && event.buttons === 0) area = -1;
      tooltip.hidden = area < 0;
      if (area < 0) return;
      const lines = [h("strong", {}, run.name[area]), run.name[area] === run.code[area] ? null : h("span", { class: "code" }, run.code[area]),
        h("span", {}, [run.membership("lad", area), run.membership("region", area)].filter(Boolean).join(", ")),
        h("span", { class: "value" }, layer.text(layer.values[area])), interval(area)];
      replace(tooltip, lines);
      const box = map.element.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      tooltip.style.left = `${Math.max(4, Math.min(box.width - tooltip.offsetWidth - 4, x + 14))}px`;
      tooltip.style.top = `${Math.max(4, y + 18 + tooltip.offsetHeight > box.height ? y - tooltip.offsetHeight - 10 : y + 18)}px`;
    },
    pick,
  });
  map.element.append(tooltip);
  // The tip goes with the pointer, with Escape, and when the page moves under it.
  for (const gone of ["scroll", "blur", "pointerup"]) addEventListener(gone, (event) => { if (gone !== "pointerup" || event.pointerType !== "mouse") tooltip.hidden = true; }, { passive: true, capture: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") tooltip.hidden = true; });

  function interval(area) {
    const outcome = run.scenario(state.scenario)?.outcome(state.outcome);
    if (!outcome || !/^q|mean/.test(state.show)) return null;
    return h("span", {}, `${outcome.intervalName()}: ${outcome.display.text(outcome.quantile(0)[area])} to ${outcome.display.text(outcome.quantile(outcome.levels.length - 1)[area])}`);
  }

  function paint() {
    layer = layerOf(run, state, other);
    const begin = performance.now();
    const stepsBack = state.pale && layer.open ? layer.open : null, counts = map.colour(layer.values, layer.classes, stepsBack);
    map.element.dataset.milliseconds = String(Math.round(performance.now() - begin));
    replace(title, layer.title);
    const { breaks, colours } = layer.classes, show = (v) => brief(v, layer);
    replace(legend,
      h("p", { class: "unit" }, layer.unit || "no unit"),
      h("ul", {}, colours.map((colour, k) => counts.counts[k] || colours.length < 8 ? h("li", {},
        h("span", { class: "swatch", style: `background:${colour}` }),
        h("span", {}, k === 0 ? (breaks.length ? `below ${show(breaks[0])}` : "all areas") : k === breaks.length ? `${show(breaks[k - 1])} and above` : `${show(breaks[k - 1])} to ${show(breaks[k])}`),
        h("span", { class: "count" }, count(counts.counts[k]))) : null),
        counts.missing ? h("li", {}, h("span", { class: "swatch missing" }), h("span", {}, "no value"), h("span", { class: "count" }, count(counts.missing))) : null),
      layer.open ? h("p", { class: "check" }, h("input", { type: "checkbox", id: "map-pale", checked: state.pale, onchange: (event) => { state.pale = event.target.checked; paint(); document.getElementById("map-pale").focus(); } }),
        h("label", { for: "map-pale" }, `Pale: the ${layer.interval} includes zero`), h("span", { class: "count" }, stepsBack ? count(counts.pale) : "")) : null,
      h("p", { class: "note" }, `Right: number of areas. Classes are fixed from the values; ${/^q|mean|difference|transfer|worth/.test(state.show) ? "the scale is centred on zero, green is better" : state.show === "better" ? "one half is neutral" : "darker is more"}.`));
    summary.textContent = `${layer.title}. ${stepsBack ? `${counts.pale} areas are pale: their interval includes zero. ` : ""}${colours.map((_, k) => `${counts.counts[k]} areas in class ${k + 1}`).join(", ")}. The table of groups below holds the same outcome.`;
    stale = true;
    if (tableDetails.open) fillTable();
    if (map.picked >= 0) showArea(map.picked);
  }

  let stale = true;
  function fillTable() {
    if (stale) replace(asTable, groupTable());
    stale = false;
  }

  /** The map's own figures by group: what may be read from it. */
  function groupTable() {
    const rows = [];
    for (const grouping of ["area_type", "region", "combined_authority"]) {
      const group = run.groups[grouping];
      if (!group) continue;
      group.codes.forEach((code, g) => {
        const inside = [];
        for (let a = 0; a < run.count; ++a) if (group.of[a] === g && Number.isFinite(layer.values[a])) inside.push(layer.values[a]);
        inside.sort((a, b) => a - b);
        const at = (p) => (inside.length ? inside[Math.min(inside.length - 1, Math.floor(p * inside.length))] : NaN);
        rows.push({ grouping: words(grouping), name: words(group.names[g]), n: inside.length, low: at(0.1), middle: at(0.5), high: at(0.9) });
      });
    }
    return table({
      caption: `${layer.title}: the areas of each group`, name: `map ${state.scenario} ${state.outcome} ${state.show} groups`, limit: 40, rows,
      note: "Middle and spread of the areas' own figures, unweighted; the distributions below are of the group as a whole.",
      columns: [
        { label: "Group", head: true, value: (r) => r.name }, { label: "Kind", value: (r) => r.grouping },
        { label: "Areas", number: true, value: (r) => r.n, show: (r) => count(r.n) },
        ...[["10% of areas below", "low"], ["Middle area", "middle"], ["10% of areas above", "high"]].map(([label, key]) => ({ label, number: true, value: (r) => r[key], show: (r) => layer.text(r[key]) })),
      ],
    });
  }

  function pick(area, move) {
    map.pick(area);
    if (move) map.show([area], 14);
    showArea(area);
  }

  function neighboursOf(area) {
    const links = run.links();
    if (links) return { areas: links[area], how: run.data.links.from === "run" ? "linked to it in the run's weights" : "linked to it in the pack's edges" };
    const { x, y } = geometry, near = new Set(), queue = [area];
    for (let depth = 0; depth < 2; ++depth) for (const a of [...queue]) for (const j of geometry.delaunay.neighbors(a)) if (j !== area && !near.has(j)) { near.add(j); queue.push(j); }
    const far = (a) => (x[a] - x[area]) ** 2 + (y[a] - y[area]) ** 2;
    return { areas: [...near].sort((a, b) => far(a) - far(b)).slice(0, 6), how: "the six nearest centroids: the run's weights link too many areas to list, or were written by an older version" };
  }

  function showArea(area) {
    const scenario = run.scenario(state.scenario), outcome = scenario?.outcome(state.outcome);
    const facts = [["Code", run.code[area]], ["Type", run.membership("area_type", area)], ["Local authority", run.membership("lad", area)], ["Region", run.membership("region", area)], ["Combined authority", run.membership("combined_authority", area) || "none"]]
      .filter(([, value]) => value);
    const parts = [h("div", { class: "panel-head" }, h("h3", {}, run.name[area]), button("Close", close, { "aria-label": "Close the area's panel" })),
      h("dl", {}, facts.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)])), h("p", { class: "caution" }, h("strong", {}, "Not for ranking. "), caution)];
    if (outcome) {
      parts.push(h("h4", {}, `${words(outcome.name)}, all policies`), distribution(area));
      const sources = scenario.sourcesOf(area), whole = scenario.outcome("cumulative_uplift");
      if (sources.length && whole)
        parts.push(h("h4", {}, `Where it comes from, ${scenario.title}`), h("dl", { class: "sources" }, [...sources, { part: "total", mean: sources.reduce((sum, one) => sum + one.mean, 0) }].map((one) => [h("dt", {}, partNames[one.part]), h("dd", {}, whole.display.text(one.mean))])),
          h("p", { class: "note" }, "Means over the draws of the whole effect over the horizon."));
      parts.push(h("h4", {}, `Against its region and type, ${scenario.title}`), comparison(area, outcome));
    }
    const { areas, how } = neighboursOf(area);
    parts.push(h("h4", {}, "Neighbours"), areas.length
      ? h("ul", { class: "neighbours" }, areas.map((a) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => pick(a) }, run.name[a]), ` ${run.membership("area_type", a)}: `, h("span", { class: "value" }, layer.text(layer.values[a])))))
      : h("p", {}, "None: an island."), h("p", { class: "note" }, `Neighbours are ${how}. Values are the map's.`));
    if (run.known.length) parts.push(h("details", {}, h("summary", {}, "What the pack knows of it"), h("dl", {}, run.known.map((c) => [h("dt", { title: c.meaning }, words(c.name)), h("dd", {}, `${display(c.unit).text(c.array()[area])} ${/%|£/.test(display(c.unit).label) ? "" : display(c.unit).label}`)]))));
    replace(panel, parts);
    panel.classList.add("open");
  }

  function close() {
    map.pick(-1);
    panel.classList.remove("open");
    replace(panel, h("p", { class: "hint" }, "Pick an area on the map, or find it by name, code or authority, to see its distribution, its neighbours and how it compares with its region."));
  }

  /** One row a scenario: the interval, the inner half and the middle. */
  function distribution(area) {
    const rows = run.scenarios.map((s) => ({ s, o: s.outcome(state.outcome) })).filter((r) => r.o)
      .map(({ s, o }) => ({ name: s.title, q: o.levels.map((_, l) => o.quantile(l)[area] * o.display.factor), better: o.better()[area], draws: s.data.draws, o }));
    const o = rows[0].o, inner = [0.25, 0.75].map((p) => o.levels.indexOf(p));
    const drawing = Plot.plot({
      width: 340, height: 44 + 40 * rows.length, marginLeft: 10, marginRight: 26, marginTop: 6,
      x: { label: o.display.label, nice: true, ticks: 4 }, y: { axis: null, domain: rows.map((r) => r.name), padding: 0.3 },
      marks: [
        Plot.ruleX([0], { stroke: "#6b7785", strokeDasharray: "3,3" }),
        Plot.link(rows, { y: "name", x1: (r) => r.q[0], x2: (r) => r.q.at(-1), stroke: "#2c5f8a", strokeWidth: 2 }),
        inner.every((l) => l >= 0) ? Plot.link(rows, { y: "name", x1: (r) => r.q[inner[0]], x2: (r) => r.q[inner[1]], stroke: "#2c5f8a", strokeWidth: 8 }) : null,
        Plot.dot(rows, { y: "name", x: (r) => r.q[o.middle], r: 4, fill: "#fff", stroke: "#12263a", strokeWidth: 2 }),
        Plot.text(rows, { y: "name", frameAnchor: "left", text: "name", dy: -15, fontWeight: 600 }),
      ],
    });
    asPicture(drawing, rows.map((r) => `${r.name}: middle ${r.q[o.middle]}, from ${r.q[0]} to ${r.q.at(-1)}`).join(". "));
    return h("div", {}, drawing, fitted(h("table", { class: "plain" }, h("thead", {}, h("tr", {}, ["Policy", "Median", o.intervalName(), "P(better)"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, rows.map((r) => h("tr", {}, h("th", { scope: "row" }, r.name), h("td", {}, o.display.text(r.q[o.middle] / o.display.factor)),
        h("td", {}, `${o.display.text(r.q[0] / o.display.factor)} to ${o.display.text(r.q.at(-1) / o.display.factor)}`), h("td", {}, r.q[0] === 0 && r.q.at(-1) === 0 ? "no effect" : probability(r.better, r.draws))))))));
  }

  function comparison(area, outcome) {
    const centre = outcome.centre(), rows = [];
    for (const grouping of ["region", "area_type"]) {
      const group = run.groups[grouping];
      if (!group || group.of[area] < 0) continue;
      const inside = [];
      for (let a = 0; a < run.count; ++a) if (group.of[a] === group.of[area]) inside.push(centre[a]);
      inside.sort((a, b) => a - b);
      const own = centre[area], below = inside.reduce((sum, v) => sum + (v < own ? 1 : v === own ? 0.5 : 0), 0) / inside.length;
      rows.push(h("li", {}, `Its median, ${outcome.display.text(centre[area])}, stands against ${outcome.display.text(inside[Math.floor(inside.length / 2)])} in the middle area of `, h("strong", {}, words(group.names[group.of[area]])),
        ` (half of its ${count(inside.length)} areas lie between ${outcome.display.text(inside[Math.floor(inside.length / 4)])} and ${outcome.display.text(inside[Math.floor((3 * inside.length) / 4)])}): ${below < 0.25 ? "in the lowest quarter" : below > 0.75 ? "in the highest quarter" : "in the middle half"}.`));
    }
    return h("ul", {}, rows);
  }

  // Controls.
  const controls = h("div", { class: "controls" });
  function showOptions() {
    const scenario = run.scenario(state.scenario), outcome = scenario?.outcome(state.outcome);
    const options = [];
    if (outcome) {
      options.push({ label: "Outcome", options: [
        ...outcome.levels.map((level, l) => ({ value: `q${l}`, label: level === 0.5 ? "Median" : `${percentile(level)} quantile` })),
        ...(outcome.mean ? [{ value: "mean", label: "Mean" }] : []), { value: "better", label: "P(better)" },
        { value: "width", label: `Width of the ${outcome.intervalName()}` }, ...(outcome.sd ? [{ value: "sd", label: "Standard deviation" }] : []),
        ...(run.worth(scenario.name) ? [{ value: "worth", label: "Worth of one more pound" }] : []), ...(scenario.data.transfer ? [{ value: "transfer", label: "Money gained or lost" }] : []),
        ...(other?.scenario(state.scenario)?.outcome(state.outcome) ? [{ value: "difference", label: "Second run less first (medians)" }] : []),
      ] });
    }
    if (run.known.length) options.push({ label: "What is known of the areas", options: run.known.map((c) => ({ value: `column:${c.name}`, label: words(c.name) })) });
    const known = options.flatMap((o) => o.options.map((x) => x.value));
    if (!known.includes(state.show)) state.show = outcome ? `q${outcome.middle}` : known[0];
    return options;
  }
  function buildControls(focus) {
    const fields = [];
    if (run.scenarios.length) {
      fields.push(select("Policy", run.scenarios.map((s) => ({ value: s.name, label: s.title })), state.scenario, (v) => shared.set({ scenario: v }), { "data-control": "map-scenario" }));
      fields.push(select("Outcome", outcomeOptions(shared.policy), shared.outcome, (v) => shared.set({ outcome: v }), { "data-control": "map-outcome" }));
    }
    fields.push(select("Show", showOptions(), state.show, (v) => { state.show = v; paint(); }, { "data-control": "map-show" }));
    replace(controls, fields.map((f) => f.field), search);
    if (focus) controls.querySelector(`[data-control=${focus}]`)?.focus();
  }

  const search = searchBox(run, (hit) => {
    if (hit.area !== undefined) pick(hit.area, true);
    else shared.set({ group: `${hit.grouping}/${hit.code}` });
  });

  /** The group that was picked anywhere on the page: its border, and in view. */
  function markGroup(move) {
    const at = shared.group.indexOf("/"), group = run.groups[shared.group.slice(0, at)], g = group?.index.get(shared.group.slice(at + 1));
    const areas = [];
    if (g !== undefined) for (let a = 0; a < run.count; ++a) if (group.of[a] === g) areas.push(a);
    map.outline(areas);
    if (move) { if (areas.length) map.show(areas); else map.reset(); }
    chosen.hidden = !areas.length;
    if (areas.length) replace(chosen, `Outlined: ${run.groupLabel(shared.group.slice(0, at), shared.group.slice(at + 1))}, ${count(areas.length)} areas. `, button("Clear", () => shared.set({ group: "" })));
  }
  const paintSeen = whenSeen(map.element, paint);
  const chosen = h("p", { class: "note", role: "status", hidden: true });
  shared.listen((changed) => {
    if (changed.includes("group")) markGroup(true);
    if (changed.includes("scenario") || changed.includes("outcome")) {
      const active = document.activeElement?.dataset?.control;
      buildControls(active?.startsWith("map-") ? active : null);
    } else if (changed.includes("size") && ![...controls.querySelectorAll("[data-control=map-outcome] option")].every((o, k) => o.value === shared.policy.outcomeNames()[k])) buildControls();
    if (changed.some((c) => ["scenario", "outcome", "size"].includes(c))) paintSeen();
  });
  buildControls();
  close();
  const downloads = h("div", { class: "tools" },
    button("Download CSV of this map", () => save(`${run.data.run.name}-map.csv`, "text/csv;charset=utf-8",
      csv(["area_code", "area_name", "area_type", "lad", "region", `${layer.title} [${layer.unit}${layer.factor === 1 ? "" : `; divided by ${layer.factor}`}]`],
        run.code.map((code, a) => [code, run.name[a], run.membership("area_type", a), run.membership("lad", a), run.membership("region", a), layer.values[a]])))),
    button("Download PNG of this map", () => savePng(`${run.data.run.name}-map.png`, pngSheet())),
    button("Download SVG of this map", () => save(`${run.data.run.name}-map.svg`, "image/svg+xml", mapSvg(geometry, layer, paleNow(), about()))));
  const paleNow = () => (state.pale && layer.open ? layer.open : null);
  /** What a file of the map says beside it. */
  function about() {
    const { breaks, colours } = layer.classes, show = (v) => brief(v, layer);
    return { title: layer.title, unit: layer.unit || "none", note: `${paleNow() ? `Pale: the ${layer.interval} includes zero. ` : ""}Shapes: ${geometry.source}. Single areas are not for ranking.`,
      legend: [...colours.map((colour, k) => ({ colour, text: k === 0 ? (breaks.length ? `below ${show(breaks[0])}` : "all areas") : k === breaks.length ? `${show(breaks[k - 1])} and above` : `${show(breaks[k - 1])} to ${show(breaks[k])}` })), { colour: missing, text: "no value" }] };
  }
  /** The map as it stands on the screen. */
  const pngSheet = () => sheetSvg({ ...about(), width: map.width + 20, body(outer, top) { outer.append(svgElement("image", { x: 10, y: top, width: map.width, height: map.height, href: map.canvas.toDataURL("image/png") })); return map.height; } });
  const tableDetails = h("details", { class: "alternative", ontoggle: () => { if (tableDetails.open) fillTable(); } }, h("summary", {}, "The map as a table of groups"), asTable);
  paint();
  if (shared.group) markGroup(false);
  return h("div", {}, h("p", { class: "caution" }, h("strong", {}, "Read groups, not single areas. "), caution), controls,
    h("div", { class: "map-layout" }, h("div", { class: "map-main" }, title, map.element, summary, chosen, h("p", { class: "note" }, `Shapes: ${geometry.source}.`), downloads), h("div", { class: "map-side" }, legend, panel)),
    tableDetails);
}

/** The map as SVG: one path a class, with title, unit, legend and source. */
function mapSvg(geometry, layer, pale, about) {
  const { bounds } = geometry, width = 800, scale = width / (bounds.right - bounds.left), height = (bounds.bottom - bounds.top) * scale;
  const colours = [...layer.classes.colours, ...layer.classes.colours.map(paled), missing], text = colours.map(() => []);
  const { points, pointStart, ringStart } = geometry;
  layer.values.forEach((value, area) => {
    const k = layer.classes.of(value), into = text[k < 0 ? text.length - 1 : k + (pale?.(area) ? layer.classes.colours.length : 0)];
    for (let ring = ringStart[area]; ring < ringStart[area + 1]; ++ring) {
      let d = "";
      for (let p = pointStart[ring]; p < pointStart[ring + 1]; ++p) d += `${p === pointStart[ring] ? "M" : "L"}${((points[2 * p] - bounds.left) * scale).toFixed(1)} ${((points[2 * p + 1] - bounds.top) * scale).toFixed(1)}`;
      into.push(d + "Z");
    }
  });
  return sheetSvg({ ...about, width: width + 20, body(outer, top) {
    const drawing = svgElement("g", { transform: `translate(10 ${top})` });
    text.forEach((parts, k) => { if (parts.length) drawing.append(svgElement("path", { d: parts.join(""), fill: colours[k], stroke: colours[k], "stroke-width": 0.2 })); });
    outer.append(drawing);
    return height;
  } });
}

/** A combobox over names, codes and authorities (ARIA 1.2 pattern: list with aria-activedescendant). */
function searchBox(run, choose) {
  const id = freshId("search"), listId = freshId("results");
  const list = h("ul", { id: listId, role: "listbox", "aria-label": "Areas found", hidden: true });
  const input = h("input", { id, type: "search", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list", placeholder: "Name, code or authority" });
  const status = h("span", { class: "visually-hidden", role: "status" });
  let hits = [], active = -1;
  const lowered = run.name.map((n) => n.toLowerCase());
  const wider = ["lad", "combined_authority", "region"].flatMap((grouping) => (run.groups[grouping]?.codes ?? []).map((code, g) => ({ grouping, g, code, name: words(run.groups[grouping].names[g]) })));
  function find() {
    const text = input.value.trim().toLowerCase();
    hits = [];
    if (text) {
      for (const w of wider) if (w.name.toLowerCase().includes(text) || w.code.toLowerCase() === text) hits.push({ label: w.name, detail: words(w.grouping), ...w });
      hits = hits.slice(0, 5);
      const begins = [], contains = [];
      for (let a = 0; a < run.count && begins.length < 12; ++a) {
        const code = run.code[a].toLowerCase();
        if (code.startsWith(text) || lowered[a].startsWith(text)) begins.push(a);
        else if (contains.length < 12 && lowered[a].includes(text)) contains.push(a);
      }
      for (const a of [...begins, ...contains].slice(0, 12 - hits.length)) hits.push({ label: run.name[a], detail: `${run.code[a]} ${run.membership("lad", a)}`, area: a });
    }
    active = hits.length ? 0 : -1;
    show();
    status.textContent = text ? `${hits.length} found` : "";
  }
  function show() {
    const open = hits.length > 0;
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    replace(list, hits.map((hit, k) => h("li", { id: `${listId}-${k}`, role: "option", "aria-selected": String(k === active), onpointerdown: (event) => { event.preventDefault(); take(k); } }, h("span", {}, hit.label), h("span", { class: "detail" }, hit.detail))));
    if (open) input.setAttribute("aria-activedescendant", `${listId}-${active}`);
    else input.removeAttribute("aria-activedescendant");
  }
  function take(k) {
    const hit = hits[k];
    if (!hit) return;
    if (hit.area === undefined) {
      const of = run.groups[hit.grouping].of;
      hit.areas = [];
      for (let a = 0; a < run.count; ++a) if (of[a] === hit.g) hit.areas.push(a);
    }
    input.value = hit.label;
    hits = [];
    show();
    choose(hit);
  }
  input.addEventListener("input", find);
  input.addEventListener("blur", () => { hits = []; show(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") active = (active + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % Math.max(1, hits.length);
    else if (event.key === "Enter") return take(active);
    else if (event.key === "Escape") hits = [];
    else return;
    event.preventDefault();
    show();
  });
  return h("div", { class: "field search" }, h("label", { for: id }, "Find an area"), input, list, status);
}
