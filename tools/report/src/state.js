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
    /** Choices of the appraisal: an edition, and the place of a share among those that were appraised; null: as run. */
    this.rulebook = null;
    this.share = null;
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

  /** Look at the end of this year; null: the last one. */
  year(year) {
    const years = this.run.scenarios.flatMap((s) => s.years());
    const chosen = years.includes(year) && year !== Math.max(...years) ? year : null;
    for (const s of this.run.scenarios) s.year = s.years().includes(chosen) ? chosen : null;
    this.settle();
    this.write();
    this.tell(["size"]);
  }

  /** Appraise under another edition, or count another share of local gains. */
  appraise(changes) {
    Object.assign(this, changes);
    this.write();
    this.tell(["appraisal"]);
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
    const year = Number(given.get("year") ?? NaN), { choices } = this.run.data;
    for (const s of this.run.scenarios) if (s.years().includes(year) && year !== s.years().at(-1)) s.year = year;
    if (choices?.rulebooks.includes(given.get("rulebook")) && given.get("rulebook") !== choices.rulebook) this.rulebook = given.get("rulebook");
    const share = (choices?.shares ?? []).findIndex((v) => given.has("additional") && Math.abs(v - Number(given.get("additional"))) < 1e-9);
    if (share >= 0) this.share = share;
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
    if (this.policy?.year) out.set("year", this.policy.year);
    if (this.rulebook) out.set("rulebook", this.rulebook);
    if (this.share !== null) out.set("additional", this.run.data.choices.shares[this.share]);
    if (this.at) out.set("at", this.at);
    history.replaceState(null, "", `#${out}`);
  }
}

/** What a reader asks first: the whole effect, not the last year's rate. */
export function firstOutcome(scenario) {
  const names = scenario.outcomeNames();
  return names.find((n) => n === "cumulative_uplift") ?? names.find((n) => n !== "uplift") ?? names[0] ?? null;
}
