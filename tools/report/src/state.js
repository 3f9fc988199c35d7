// What the reader has chosen: one policy, outcome, group and size for the whole page, kept in its address.

/** {scenario, outcome, group: "grouping/code" or "", at: section, sizes: {scenario: {parameter, factor}}} */
export class State {
  constructor(run) {
    this.run = run;
    this.listeners = [];
    const first = run.scenarios.find((s) => s.aggregates.length) ?? run.scenarios[0];
    this.scenario = first?.name ?? null;
    this.outcome = first ? firstOutcome(first) : null;
    this.group = "";
    this.at = "";
    this.read();
  }

  get policy() {
    return this.run.scenario(this.scenario);
  }

  /** changes: any of scenario, outcome, group. Listeners hear what changed; those that are slow come last. */
  set(changes) {
    Object.assign(this, changes);
    this.settle();
    this.write();
    this.tell(Object.keys(changes));
  }

  /** Scale a policy by one of its sizes; 1 is what was run. */
  size(scenario, parameter, factor) {
    this.run.scenario(scenario).resize(parameter, factor);
    this.settle();
    this.write();
    this.tell(["size"]);
  }

  listen(f) {
    this.listeners.push(f);
  }

  tell(changed) {
    for (const f of this.listeners) f(changed);
  }

  /** The outcome is one that the policy has at its size. */
  settle() {
    const policy = this.policy;
    if (policy && !policy.outcomeNames().includes(this.outcome)) this.outcome = firstOutcome(policy);
  }

  /** Sections are reached by #name, choices by #policy=...&size=...: both in one address. */
  read() {
    if (!location.hash.includes("=")) {
      this.at = location.hash.slice(1);
      return;
    }
    const given = new URLSearchParams(location.hash.slice(1));
    if (this.run.scenario(given.get("policy"))) this.scenario = given.get("policy");
    for (const each of given.getAll("size")) {
      const parts = each.split("*"), value = Number(parts.pop() || NaN), parameter = parts.pop(), policy = this.run.scenario(parts.join("*"));
      if (policy?.sizes.has(parameter) && value >= 0 && value <= policy.sizes.get(parameter)) policy.resize(parameter, value);
    }
    if (given.get("outcome")) this.outcome = given.get("outcome");
    this.group = given.get("group") ?? "";
    this.at = given.get("at") ?? "";
    this.settle();
  }

  write() {
    const out = new URLSearchParams();
    if (this.scenario) out.set("policy", this.scenario);
    if (this.outcome) out.set("outcome", this.outcome);
    if (this.group) out.set("group", this.group);
    for (const s of this.run.scenarios) if (s.factor !== 1) out.append("size", `${s.name}*${s.parameter}*${Number(s.factor.toPrecision(12))}`);
    if (this.at) out.set("at", this.at);
    history.replaceState(null, "", `#${out}`);
  }
}

/** What a reader asks first: the whole effect, not the last year's rate. */
export function firstOutcome(scenario) {
  const names = scenario.outcomeNames();
  return names.find((n) => n === "cumulative_uplift") ?? names.find((n) => n !== "uplift") ?? names[0] ?? null;
}
