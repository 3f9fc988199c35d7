// Two runs side by side: outcomes, estimates, and what was set differently.
import { digits, display, words } from "./format.js";
import { h, table } from "./dom.js";

export function comparison(a, b) {
  const outcomes = [];
  for (const s of a.scenarios) for (const x of s.aggregates) {
    const twin = b.scenario(s.name)?.aggregate(x.outcome, x.grouping);
    if (!twin || !["nation", "area_type", "region"].includes(x.grouping)) continue;
    x.groups.forEach((group, g) => {
      // By name: another run may number its groups otherwise.
      const name = a.groupName(x.grouping, group), other = twin.groups.findIndex((g2) => b.groupName(x.grouping, g2) === name);
      if (other < 0) return;
      const p = x.q(x.last, g), q = twin.q(twin.last, other);
      outcomes.push({ policy: s.title, outcome: x.outcome, group: x.grouping === "nation" ? "All areas" : a.groupName(x.grouping, group), unit: x.unit, p, q, sameUnit: x.unit === twin.unit });
    });
  }
  const estimates = a.data.estimates.filter((e) => !e.grid).flatMap((e) => {
    const twin = b.data.estimates.find((f) => !f.grid && f.model === e.model && f.estimator === e.estimator);
    return twin ? e.names.filter((n) => twin.names.includes(n)).map((n) => ({ model: e.model, estimator: e.estimator, name: n, first: e.estimate[e.names.indexOf(n)], second: twin.estimate[twin.names.indexOf(n)] })) : [];
  });
  const lines = (run) => new Set(run.data.run.config.split("\n").map((l) => l.trim()).filter(Boolean));
  const first = lines(a), second = lines(b), gone = [...first].filter((l) => !second.has(l)), fresh = [...second].filter((l) => !first.has(l));
  const files = (run) => new Map(run.data.run.inputs.map((i) => [i.path, i.sha256]));
  const changed = [...new Set([...files(a).keys(), ...files(b).keys()])].filter((path) => files(a).get(path) !== files(b).get(path));
  const range = (q, unit) => `${display(unit).text(q[3])} (${display(unit).text(q[0])} to ${display(unit).text(q[6])})`;
  return h("div", {},
    h("p", {}, `First: ${a.data.run.name} (${a.data.run.file}, seed ${a.data.run.seed}, version ${a.data.run.version} ${a.data.run.commit}). Second: ${b.data.run.name} (${b.data.run.file}, seed ${b.data.run.seed}, version ${b.data.run.version} ${b.data.run.commit}). The runs' draws are not paired, so no interval of a difference is given. The map can show the difference of medians.`),
    outcomes.length ? table({ caption: "Outcomes of both runs, last period: median (9 draws in 10)", name: "compare outcomes", rows: outcomes, columns: [
      { label: "Policy", head: true, value: (r) => r.policy }, { label: "Outcome", value: (r) => words(r.outcome) }, { label: "Group", value: (r) => r.group },
      { label: "First run", csvUnit: "median", number: true, value: (r) => r.p[3], show: (r) => range(r.p, r.unit) }, { label: "Second run", csvUnit: "median", number: true, value: (r) => r.q[3], show: (r) => range(r.q, r.unit) },
      { label: "Second less first", csvUnit: "medians", number: true, value: (r) => (r.sameUnit ? r.q[3] - r.p[3] : null), show: (r) => (r.sameUnit ? display(r.unit).text(r.q[3] - r.p[3]) : "other unit") }] }) : h("p", {}, "The runs share no scenario and outcome."),
    estimates.length ? table({ caption: "Estimates of both runs", name: "compare estimates", rows: estimates, columns: [{ label: "Model", head: true, value: (r) => words(r.model) }, { label: "Estimator", value: (r) => words(r.estimator) }, { label: "Coefficient", value: (r) => r.name },
      ...["first", "second"].map((key) => ({ label: words(key), number: true, value: (r) => r[key], show: (r) => digits(r[key]) })), { label: "Difference", number: true, value: (r) => r.second - r.first, show: (r) => digits(r.second - r.first) }] }) : null,
    h("h3", {}, "What was set differently"),
    gone.length + fresh.length ? h("div", { class: "diff" }, h("div", {}, h("h4", {}, "Only in the first"), h("pre", {}, gone.join("\n") || "nothing")), h("div", {}, h("h4", {}, "Only in the second"), h("pre", {}, fresh.join("\n") || "nothing"))) : h("p", {}, "Nothing: the configurations are the same."),
    changed.length ? h("p", {}, `Files that differ: ${changed.join(", ")}.`) : h("p", {}, "Both read the same files."));
}
