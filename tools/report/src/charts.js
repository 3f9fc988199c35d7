// Figures of aggregates: fans over periods, densities, contrasts and gaps.
import * as Plot from "@observablehq/plot";
import { outcomeLabel, probability, said, verdictColours, verdicts } from "./format.js";
import { figure, h, table, tipped } from "./dom.js";

export const ink = { blue: "#2c5f8a", light: "#bcd3e6", mid: "#7fa9cc", dark: "#12263a", grey: "#6b7785", warm: "#b35806" };
const axisStyle = { fontSize: "12px", color: "#1a2430", background: "transparent", overflow: "visible" };

const short = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 1)}\u2026` : text);

/** An axis's label in so many pixels: without what stands in brackets where that is too long, cut where that is too. */
const labelIn = (label, pixels) => {
  const letters = Math.floor(pixels / 6.2), plain = (label ?? "").replace(/ \([^)]*\)/g, "");
  return (label ?? "").length <= letters ? label : short(plain, letters);
};

/** rows: {label, fan: [{period, q[7]}]}; q at 5, 10, 25, 50, 75, 90, 95 %. Small multiples on one scale. */
export function fans({ title, note, rows, unit, factor, name, alternative, periodLabel, text = (v) => String(v) }) {
  const scaled = rows.map((row) => ({ ...row, fan: row.fan.map((f) => ({ period: f.period, q: Array.from(f.q, (v) => v * factor) })) }));
  const low = Math.min(0, ...scaled.flatMap((r) => r.fan.map((f) => f.q[0]))), high = Math.max(0, ...scaled.flatMap((r) => r.fan.map((f) => f.q[6])));
  return figure({
    title, note, name, alternative, wide: true, unit,
    draw(width) {
      const columns = Math.min(scaled.length, width < 460 ? 1 : width < 760 ? 2 : scaled.length % 3 === 0 || scaled.length > 4 ? 3 : scaled.length);
      const each = Math.floor((width - 20 * (columns - 1)) / columns);
      return h("div", { class: "multiples", style: `grid-template-columns:repeat(${columns},minmax(0,1fr))` }, scaled.map((row) => {
        const single = row.fan.length === 1;
        const svg = Plot.plot({
          width: each, height: Math.max(170, Math.min(250, each * 0.62)), marginLeft: 52, marginRight: 10, marginTop: 28, marginBottom: 36, style: axisStyle,
          x: single ? { ticks: [row.fan[0].period], label: periodLabel, domain: [row.fan[0].period - 1, row.fan[0].period + 1] } : { label: periodLabel, ticks: Math.min(6, row.fan.length), tickFormat: (d) => (Number.isInteger(d) ? String(d) : "") },
          y: { domain: [low, high], nice: true, grid: true, label: labelIn(unit, each - 4), ticks: 5, labelArrow: "none" },
          marks: [
            ...(single
              ? [Plot.link(row.fan, { x: "period", y1: (d) => d.q[0], y2: (d) => d.q[6], stroke: ink.mid, strokeWidth: 3 }), Plot.link(row.fan, { x: "period", y1: (d) => d.q[2], y2: (d) => d.q[4], stroke: ink.blue, strokeWidth: 9 })]
              : [Plot.areaY(row.fan, { x: "period", y1: (d) => d.q[0], y2: (d) => d.q[6], fill: ink.light }), Plot.areaY(row.fan, { x: "period", y1: (d) => d.q[2], y2: (d) => d.q[4], fill: ink.mid })]),
            Plot.ruleY([0], { stroke: ink.grey }),
            single ? Plot.dot(row.fan, { x: "period", y: (d) => d.q[3], fill: "#fff", stroke: ink.dark, strokeWidth: 2 }) : Plot.lineY(row.fan, { x: "period", y: (d) => d.q[3], stroke: ink.dark, strokeWidth: 2 }),
            Plot.rect(row.fan, { x1: (d) => d.period - 0.5, x2: (d) => d.period + 0.5, y1: low, y2: high, fill: "transparent", clip: true, title: (d) => tipped(`${row.label}\n${periodLabel} ${d.period}\nMedian ${text(d.q[3] / factor)}\n9 draws in 10: ${text(d.q[0] / factor)} to ${text(d.q[6] / factor)}`) }),
          ],
        });
        return h("div", {}, h("p", { class: "panel-title" }, row.label), svg);
      }));
    },
  });
}

function density(sample, points) {
  const n = sample.length, mean = sample.reduce((s, v) => s + v, 0) / n;
  const sd = Math.sqrt(sample.reduce((s, v) => s + (v - mean) ** 2, 0) / Math.max(1, n - 1));
  const iqr = (sample[Math.floor(0.75 * n)] - sample[Math.floor(0.25 * n)]) / 1.34;
  const width = 0.9 * Math.min(sd || Infinity, iqr || Infinity) * n ** -0.2;
  if (!Number.isFinite(width) || width === 0) return points.map(() => 0);
  return points.map((x) => sample.reduce((s, v) => s + Math.exp(-0.5 * ((x - v) / width) ** 2), 0) / (n * width * 2.5066));
}

/** rows: {label, sample (sorted), median}; one ridge each. */
export function ridges({ title, note, rows: all, unit, factor, name, alternative, text = (v) => String(v) }) {
  // Draws that are all one number have no density: they are said, not drawn.
  const still = all.filter((r) => r.sample[0] === r.sample[r.sample.length - 1]), rows = all.filter((r) => !still.includes(r));
  if (still.length) note = [note, `The same in every draw, and not drawn: ${still.map((r) => r.label).join(", ")}.`].filter(Boolean).join(" ");
  if (!rows.length) return null;
  const scaled = rows.map((r) => ({ label: r.label, sample: Array.from(r.sample, (v) => v * factor) }));
  const low = Math.min(0, ...scaled.map((r) => r.sample[1])), high = Math.max(0, ...scaled.map((r) => r.sample.at(-2)));
  const points = Array.from({ length: 161 }, (_, k) => low + ((high - low) * k) / 160);
  const shapes = scaled.map((r) => density(r.sample, points));
  return figure({
    title, note, name, alternative, unit,
    draw(width) {
      // On a narrow page the labels stand above their ridges, whole.
      const narrow = width < 420, step = narrow ? 58 : 34, left = narrow ? 8 : Math.min(190, Math.max(100, width * 0.3)), tall = narrow ? 0.62 * step : 1.5 * step;
      const data = scaled.flatMap((r, k) => {
        const peak = Math.max(...shapes[k]) || 1;
        return points.map((x, p) => ({ k, x, base: -k * step, top: -k * step + (tall * shapes[k][p]) / peak, label: r.label }));
      });
      return Plot.plot({
        width, height: step * scaled.length + (narrow ? 70 : 84), marginLeft: left, marginTop: 28, marginBottom: 40, style: axisStyle,
        x: { label: labelIn(unit, width - 8), ticks: width < 420 ? 4 : 7, domain: [low, high], labelArrow: "none" },
        y: { axis: null, domain: [-step * (scaled.length - 1) - 4, tall] },
        marks: [
          Plot.gridX({ strokeOpacity: 0.12, ticks: width < 420 ? 4 : 7 }),
          Plot.ruleX([0], { stroke: ink.grey, strokeDasharray: "3,3" }),
          Plot.areaY(data, { x: "x", y1: "base", y2: "top", z: "k", fill: ink.light, fillOpacity: 0.85 }),
          Plot.lineY(data, { x: "x", y: "top", z: "k", stroke: ink.blue, strokeWidth: 1.3 }),
          Plot.rect(scaled.map((r, k) => ({ ...r, k })), { x1: low, x2: high, y1: (r) => -r.k * step, y2: (r) => -r.k * step + tall, fill: "transparent", title: (r) => tipped(`${r.label}\nMedian ${text((r.sample[49] + r.sample[50]) / 2 / factor)}\n98 draws in 100: ${text(r.sample[1] / factor)} to ${text(r.sample.at(-2) / factor)}`) }),
          Plot.dot(scaled.map((r, k) => ({ x: (r.sample[49] + r.sample[50]) / 2, y: -k * step, label: r.label })), { x: "x", y: "y", r: 3, fill: ink.dark }),
          narrow ? Plot.text(scaled.map((r, k) => ({ y: -k * step + tall + 4, label: short(r.label, Math.floor((width - 20) / 6.6)) })), { x: low, y: "y", text: "label", textAnchor: "start", dy: -4 })
            : Plot.text(scaled.map((r, k) => ({ y: -k * step + 3, label: short(r.label, Math.floor((left - 12) / 6.8)) })), { x: low, y: "y", text: "label", textAnchor: "end", dx: -8, dy: -3 }),
        ],
      });
    },
  });
}

/**
 * rows: {label, q[7], tip?, key?, colour?, value?}: a dot with its 90 % and 50 % intervals each; `value` is written at the
 * right, `key` is what a click picks, `picked` the key that is. rows may be a function, asked at every drawing.
 */
export function intervals({ title, note, rows: given, unit, factor, name, alternative, zero = true, pick, picked = () => "", text, legend, tight = false }) {
  return figure({
    title, note, name, alternative, unit, pick, legend,
    draw(width) {
      const rows = typeof given === "function" ? given() : given;
      const narrow = width < 520, longest = Math.max(...rows.map((r) => r.label.length)), values = rows.some((r) => r.value);
      const left = narrow ? 10 : Math.min(longest * 6.7 + 14, width * 0.42), right = values ? (narrow ? 14 : 150) : 14, step = narrow ? 40 : tight ? 24 : 27;
      const say = text ?? ((v) => String(Number((v * factor).toPrecision(3))));
      const data = rows.map((r, k) => ({ ...r, key: String(k), picks: r.key ?? "", q: Array.from(r.q, (v) => v * factor), tip: tipped(r.tip ?? `${r.label}\nMedian ${say(r.q[3])}\n9 draws in 10: ${say(r.q[0])} to ${say(r.q[6])}`, r.key) }));
      const low = Math.min(0, ...data.map((d) => d.q[0])), high = Math.max(0, ...data.map((d) => d.q[6]));
      const thin = (d) => d.colour ?? ink.mid, thick = (d) => d.colour ?? ink.blue;
      return Plot.plot({
        width, height: data.length * step + 58, marginLeft: left, marginRight: right, marginTop: 10, marginBottom: 40, style: axisStyle,
        x: { label: labelIn(unit, width - 8), grid: true, nice: true, ticks: Math.max(3, Math.min(7, Math.floor((width - left - right) / 75))), labelArrow: "none" },
        y: { axis: null, domain: data.map((d) => d.key), padding: 0.2 },
        marks: [
          Plot.barX(data.filter((d) => d.picks && d.picks === picked()), { y: "key", x1: zero ? low : (d) => d.q[0], x2: zero ? high : (d) => d.q[6], fill: "#e3edf6", insetTop: -2, insetBottom: -2 }),
          zero ? Plot.ruleX([0], { stroke: ink.grey, strokeDasharray: "3,3" }) : null,
          Plot.link(data, { y: "key", x1: (d) => d.q[0], x2: (d) => d.q[6], stroke: thin, strokeOpacity: (d) => (d.colour ? 0.55 : 1), strokeWidth: 2.5, dy: narrow ? 7 : 0 }),
          Plot.link(data, { y: "key", x1: (d) => d.q[2], x2: (d) => d.q[4], stroke: thick, strokeWidth: 7, dy: narrow ? 7 : 0 }),
          Plot.dot(data, { y: "key", x: (d) => d.q[3], r: 4, fill: "#fff", stroke: (d) => d.colour ?? ink.dark, strokeWidth: 2, dy: narrow ? 7 : 0 }),
          narrow
            ? Plot.text(data, { y: "key", frameAnchor: "left", text: (d) => short(d.value ? `${d.label}: ${d.value}` : d.label, Math.floor((width - 24) / 6.4)), fontWeight: (d) => (d.strong ? 700 : 400), dy: -10, title: "tip" })
            : Plot.text(data, { y: "key", frameAnchor: "left", text: (d) => short(d.label, Math.floor((left - 10) / 6.3)), textAnchor: "end", dx: -8, title: "tip", fontWeight: (d) => (d.strong ? 700 : 400) }),
          values && !narrow ? Plot.text(data, { y: "key", frameAnchor: "right", textAnchor: "start", dx: 10, text: "value", fill: (d) => d.colour ?? ink.dark, fontWeight: (d) => (d.strong ? 700 : 400) }) : null,
          // The whole row answers the pointer.
          Plot.barX(data, { y: "key", x1: zero ? low : (d) => d.q[0], x2: zero ? high : (d) => d.q[6], fill: "transparent", insetTop: -2, insetBottom: -2, title: "tip" }),
        ],
      });
    },
  });
}

/** Columns of quantiles that many tables share. */
export const quantileColumns = (levels, shown, unit, of = (r) => r.q) =>
  levels.map((level, k) => ({ label: level === 0.5 ? "Median" : `${Math.round(level * 100)}%`, csvUnit: unit, number: true, value: (r) => of(r)[k], show: (r) => shown.text(of(r)[k]) }));

/** Rows of one aggregate as a table. */
export function aggregateTable(run, aggregate, scenario, caption, periods = null) {
  const rows = [];
  aggregate.groups.forEach((group, g) => aggregate.periods.forEach((period, p) => {
    if (periods && !periods.includes(p)) return;
    rows.push({ group, name: run.groupName(aggregate.grouping, group), period, q: aggregate.q(p, g), mean: aggregate.mean(p, g), better: aggregate.better(p, g), error: aggregate.error(p, g) });
  }));
  const shown = aggregate.display, unit = outcomeLabel(aggregate.outcome, shown);
  return table({
    caption, name: `${scenario.name} ${aggregate.outcome} ${aggregate.grouping}`, rows,
    columns: [
      { label: "Group", head: true, value: (r) => r.name }, { label: "Code", value: (r) => r.group }, { label: run.periodLabel, number: true, value: (r) => r.period },
      ...quantileColumns(aggregate.levels, shown, aggregate.unit),
      { label: "Mean", csvUnit: aggregate.unit, number: true, value: (r) => r.mean, show: (r) => shown.text(r.mean) },
      { label: "P(better)", number: true, value: (r) => r.better, show: (r) => probability(r.better, scenario.data.draws) },
      ...(rows.some((r) => r.error !== null) ? [{ label: "Monte Carlo error of the median", csvUnit: aggregate.unit, number: true, value: (r) => r.error, show: (r) => (r.error === null ? "" : shown.text(r.error)) }] : []),
    ],
    note: `Unit: ${unit || "none"}. The CSV holds ${aggregate.unit}. The Monte Carlo error (last period) is the run's own, as in its file and on the terminal.`,
  });
}

/** A row of a chart of groups: coloured by what its draws say. */
export function groupRow(run, scenario, aggregate, g, extra = {}) {
  const q = aggregate.q(aggregate.last, g), better = aggregate.better(aggregate.last, g), group = aggregate.groups[g];
  const clear = run.said(scenario, aggregate, g), shown = aggregate.display, label = aggregate.grouping === "nation" ? "All areas" : run.groupName(aggregate.grouping, group);
  const pounds = run.inPounds(scenario, aggregate, g, q[3]);
  return { label, q, colour: verdictColours[clear], value: said(q[3], aggregate.unit), key: `${aggregate.grouping}/${group}`,
    tip: `${aggregate.grouping === "nation" ? label : run.groupLabel(aggregate.grouping, group)}\nMedian ${shown.text(q[3])}${pounds ? ` (${pounds})` : ""}\n9 draws in 10: ${shown.text(q[0])} to ${shown.text(q[6])}\nP(better) ${probability(better, scenario.data.draws)}: ${verdicts[clear]}`, ...extra };
}
