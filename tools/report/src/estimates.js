// Estimates as economists print them: a column an estimator, brackets, diagnostics with their definitions.
import { count, digits, words } from "./format.js";
import { intervals } from "./charts.js";
import { button, csv, fitted, h, save, term } from "./dom.js";

const stars = (e, k) => {
  // From the interval alone: whatever method made it decides.
  const low = e.low[k], high = e.high[k];
  return Number.isFinite(low ?? NaN) && Number.isFinite(high ?? NaN) && (low > 0 || high < 0) ? "*" : "";
};
const names = { rho: "rho (lag of the same period)", previous: "own lag", "(Intercept)": "intercept" };
const coefficient = (name) => (name.startsWith("lag:") ? `neighbours' lag, ${words(name.slice(4)).toLowerCase()}` : name === "lag" ? "neighbours' lag" : name.startsWith("W ") ? `neighbours' ${words(name.slice(2)).toLowerCase()}` : names[name] ?? words(name));
const column = (e) => ({ as_published: "As published", corrected_score: "Corrected score", half_panel_jackknife: "Half-panel jackknife", double_filter_iv: "Double-filter IV", within: "Within", "2sls": "2SLS" })[e.estimator] ?? words(e.estimator);

function setText(set) {
  if (!set) return "";
  if (!set.length) return "empty";
  return set.map(([low, high]) => `[${low === null ? "\u2212\u221e" : digits(low, 3)}, ${high === null ? "\u221e" : digits(high, 3)}]`).join(" \u222a ");
}

/** One table: columns are estimates of one model (and cell). */
function regression(title, estimates, headline) {
  const coefficients = [...new Set(estimates.flatMap((e) => e.names))];
  const diagnostics = new Map();
  for (const e of estimates) for (const d of e.diagnostics) if (!diagnostics.has(d.name)) diagnostics.set(d.name, d.definition);
  // A p-value stands under its statistic, not in a row of its own as well.
  for (const name of [...diagnostics.keys()]) if (/_p$/.test(name) && estimates.some((e) => e.diagnostics.some((d) => d.p !== null && name.startsWith(d.name.replace(/_(wald|z)$/, ""))))) diagnostics.delete(name);
  const core = /^(first_stage_f|effective_f|kleibergen_paap_f|hansen_j|endogeneity_c|equal_rho_wald|serial_correlation_z|r1_z|q2|stationary_root|replicates_failed|r2_within|partial_r2)$/, folded = [];
  const rows = [], sheet = [];
  const at = (e, name) => e.names.indexOf(name);
  for (const name of coefficients) {
    rows.push(h("tr", { class: "coefficient" }, h("th", { scope: "row", title: name }, coefficient(name)), estimates.map((e) => {
      const k = at(e, name);
      if (k < 0) return h("td", { class: "number" }, "");
      const interval = Number.isFinite(e.low[k] ?? NaN) ? `[${digits(e.low[k])}, ${digits(e.high[k])}]` : "";
      return h("td", { class: "number" }, h("span", { class: "estimate" }, digits(e.estimate[k]), h("sup", {}, stars(e, k))), h("span", { class: "range" }, e.error.length ? `(${digits(e.error[k])})` : ""), h("span", { class: "range" }, interval));
    })));
    for (const [label, of] of [["estimate", "estimate"], ["standard error", "error"], ["low", "low"], ["high", "high"]]) sheet.push([name, label, ...estimates.map((e) => { const k = at(e, name); return k < 0 ? "" : e[of][k] ?? ""; })]);
  }
  const plain = (label, of, definition) => {
    rows.push(h("tr", {}, h("th", { scope: "row" }, term(label, definition)), estimates.map((e) => h("td", { class: "number" }, of(e)))));
    sheet.push([label, "", ...estimates.map((e) => of(e))]);
  };
  plain("Observations", (e) => count(e.observations));
  plain("Areas", (e) => count(e.areas));
  plain("Clusters", (e) => (e.clusters ? count(e.clusters) : "\u2013"));
  plain("Interval", (e) => `${words(e.method)}, ${Math.round(e.level * 100)}%`, "How the interval in square brackets was made. It need not be the estimate plus or minus so many standard errors.");
  if (estimates.some((e) => e.andersonRubin)) plain("Anderson\u2013Rubin set", (e) => setText(e.andersonRubin), "Values of the effect that the Anderson-Rubin test does not reject: valid however weak the instruments are. It may be unbounded.");
  for (const [name, definition] of diagnostics) {
    const row = h("tr", { class: "diagnostic" }, h("th", { scope: "row" }, term(words(name), definition || null)), estimates.map((e) => {
      const d = e.diagnostics.find((x) => x.name === name);
      if (!d || d.value === null) return h("td", { class: "number" }, "");
      return h("td", { class: "number" }, digits(d.value, 3), d.p !== null ? h("span", { class: "range" }, `p ${d.p < 0.001 ? "< 0.001" : `= ${digits(d.p, 2)}`}`) : null);
    }));
    if (!core.test(name)) folded.push(row);
    rows.push(row);
    sheet.push([name, "value", ...estimates.map((e) => e.diagnostics.find((x) => x.name === name)?.value ?? "")]);
    sheet.push([name, "p", ...estimates.map((e) => e.diagnostics.find((x) => x.name === name)?.p ?? "")]);
  }
  const few = folded.length <= 3;
  for (const row of folded) row.hidden = !few;
  const more = few ? null : button(`Show ${folded.length} more diagnostics`, () => { for (const row of folded) row.hidden = false; more.remove(); });
  return h("div", { class: "table" }, fitted(h("table", { class: "regression" },
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Coefficient"), estimates.map((e) => h("th", { scope: "col", class: `number${e.estimator === headline ? " headline" : ""}` }, column(e), e.estimator === headline ? h("span", { class: "tag" }, "headline") : null, e.refused ? h("span", { class: "tag warn" }, "refused") : null)))),
    h("tbody", {}, rows))),
    h("p", { class: "note" }, "Estimate, (standard error), [interval]. * the interval excludes zero. Unit: ", estimates[0].unit || "none", " per unit of the regressor."),
    h("div", { class: "tools" }, more, button("Download CSV", () => save(`estimates-${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.csv`, "text/csv;charset=utf-8", csv(["row", "what", ...estimates.map((e) => e.estimator)], sheet)), { "aria-label": `Download CSV: ${title}` })),
    h("details", {}, h("summary", {}, "What was fitted, how, and the diagnostics' definitions"), h("ul", {}, estimates.map((e) => h("li", {}, h("strong", {}, `${column(e)}: `), e.echo))),
      h("dl", { class: "attributes" }, [...diagnostics].filter(([, d]) => d).map(([name, d]) => [h("dt", {}, words(name)), h("dd", {}, d)]))),
    [...new Set(estimates.flatMap((e) => e.warnings.map((w) => `${column(e)}: ${w}`)))].map((w) => h("p", { class: "caution" }, w)),
    [...new Set(estimates.flatMap((e) => e.notes))].length ? h("details", {}, h("summary", {}, "Notes"), h("ul", {}, [...new Set(estimates.flatMap((e) => e.notes))].map((n) => h("li", {}, n)))) : null);
}

/** In words: how far the published specification stands from the headline, and why. */
function whyTheyDiffer(model, estimates, headline) {
  const published = estimates.find((e) => e.estimator === "as_published"), corrected = estimates.find((e) => e.estimator === headline);
  if (!published || !corrected || published === corrected) return null;
  const lines = published.names.filter((n) => corrected.names.includes(n)).map((n) => h("li", {}, `${coefficient(n)}: `, h("strong", {}, digits(published.estimate[published.names.indexOf(n)])), " as published, ", h("strong", {}, digits(corrected.estimate[corrected.names.indexOf(n)])), " corrected"));
  const dropped = corrected.names.filter((n) => !published.names.includes(n)).map(coefficient);
  return h("div", { class: "why" }, h("h4", {}, "Why the published and the corrected columns differ"),
    h("p", {}, "Both columns take out each area's own mean. Over a short panel that mean contains the shocks that also drive neighbours' and own past growth, so the within estimate of a lag is pulled away from the truth by an amount of order one over the number of years (Nickell 1981). ",
      dropped.length ? `The published specification also leaves out ${dropped.join(" and ")}; where growth depends on its own past, the neighbours' coefficient absorbs it. ` : "", `${column(corrected)} removes that bias; the published column is kept so that readers can see what changes.`),
    h("ul", {}, lines));
}

export function estimates(run) {
  const all = run.data.estimates;
  if (!all.length) return null;
  const models = [...new Set(all.map((e) => e.model))];
  return h("div", {}, models.map((model) => {
    const own = all.filter((e) => e.model === model && !e.grid), grid = all.filter((e) => e.model === model && e.grid), headline = run.headlines[model];
    own.sort((a, b) => (b.estimator === "as_published") - (a.estimator === "as_published") || (b.estimator === headline) - (a.estimator === headline));
    const cells = [...new Set(grid.map((e) => e.cell))];
    const rows = own.filter((e) => e.kind !== "iv").flatMap((e) => e.names.map((name, k) => ({ label: `${coefficient(name)}, ${column(e)}`, name, k, e }))).filter((r) => r.e.estimator === "as_published" || r.e.estimator === headline).filter((r) => Number.isFinite(r.e.low[r.k] ?? NaN))
      .sort((a, b) => a.name.localeCompare(b.name)).map((r) => { const { low, high, estimate } = r.e, k = r.k; return { label: r.label, q: [low[k], low[k], estimate[k], estimate[k], estimate[k], high[k], high[k]] }; });
    return h("div", { class: "block" }, h("h3", {}, `Model ${words(model)}: ${words(own[0]?.outcome ?? grid[0].outcome)}`),
      own.length ? regression(`${words(model)}${own[0].cell ? `, ${cellName(own[0].cell)}` : ""}`, own, headline) : null,
      whyTheyDiffer(model, own, headline),
      rows.length ? intervals({ title: `${words(model)}: published beside corrected`, note: "Dot: estimate. Line: its interval.", rows, unit: own[0].unit ? `per unit of the lag, ${own[0].unit}` : "coefficient", factor: 1, name: `coefficients ${model}` }) : null,
      cells.length ? h("details", {}, h("summary", {}, `The grid: ${cells.length} pairs of proxy and instruments`), h("div", {}, gridTable(model, grid, cells), cells.map((cell) => regression(`${words(model)}, ${cellName(cell)}`, grid.filter((e) => e.cell === cell), headline)))) : null);
  }));
}

const cellName = (cell) => { const [proxy, instruments] = cell.split(":"); return `${words(proxy)}${instruments ? ` by ${instruments.split("+").map((i) => words(i).toLowerCase()).join(" and ")}` : ""}`; };

/** The effect of each proxy under each set of instruments, one line a cell. */
function gridTable(model, grid, cells) {
  const estimators = [...new Set(grid.map((e) => e.estimator))];
  return fitted(h("table", { class: "regression" }, h("caption", {}, `${words(model)}: effect of the proxy in every cell`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Proxy and instruments"), estimators.map((e) => h("th", { scope: "col", class: "number" }, column({ estimator: e }))), h("th", { scope: "col", class: "number" }, "Effective F"), h("th", { scope: "col", class: "number" }, "Anderson\u2013Rubin set"))),
    h("tbody", {}, cells.map((cell) => {
      const own = grid.filter((e) => e.cell === cell), iv = own.find((e) => e.diagnostics.some((d) => d.name === "effective_f" && d.value !== null)) ?? own[0];
      return h("tr", {}, h("th", { scope: "row" }, cellName(cell)), estimators.map((name) => {
        const e = own.find((x) => x.estimator === name), k = e ? e.names.indexOf(cell.split(":")[0]) : -1;
        return h("td", { class: "number" }, k < 0 ? "" : [h("span", { class: "estimate" }, digits(e.estimate[k])), h("span", { class: "range" }, `(${digits(e.error[k])})`)]);
      }), h("td", { class: "number" }, digits(iv.diagnostics.find((d) => d.name === "effective_f")?.value ?? NaN)), h("td", { class: "number" }, setText(own.find((e) => e.andersonRubin)?.andersonRubin)));
    }))));
}

/** Joint draws: which parameters move together. */
export function jointDraws(run) {
  const draws = run.data.draws;
  if (!draws || !draws.parameters.length) return null;
  const names_ = draws.parameters.map((p) => p.name);
  return h("details", {}, h("summary", {}, `Joint draws: ${count(draws.replicates)} replicates, ${count(draws.failed)} failed, ${names_.length} parameters, with their correlations`),
    fitted(h("table", { class: "regression" }, h("caption", {}, "Correlation of parameters over successful replicates"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Parameter"), h("th", { scope: "col", class: "number" }, "Median"), h("th", { scope: "col", class: "number" }, "s.d."), names_.map((_, k) => h("th", { scope: "col", class: "number" }, String(k + 1))))),
      h("tbody", {}, draws.parameters.map((p, r) => h("tr", {}, h("th", { scope: "row" }, `${r + 1}. ${p.name}`), h("td", { class: "number" }, digits(p.q[2])), h("td", { class: "number" }, digits(p.sd)), draws.correlation[r].map((c) => h("td", { class: "number" }, c === null ? "\u2013" : digits(c, 2)))))))),
    h("div", { class: "tools" }, button("Download CSV", () => save("draws.csv", "text/csv;charset=utf-8", csv(["parameter", "mean", "sd", "2.5%", "25%", "50%", "75%", "97.5%", ...names_.map((n) => `correlation with ${n}`)], draws.parameters.map((p, r) => [p.name, p.mean, p.sd, ...p.q, ...draws.correlation[r]]))))));
}
