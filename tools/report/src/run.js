// One run of the page's data, unpacked where asked and remembered.
import { numbers, places, texts, Varints } from "./decode.js";
import { count, direction, display, percentile, words } from "./format.js";

const once = (make) => {
  let value;
  return () => (value ??= make());
};

export class Run {
  constructor(data) {
    this.data = data;
    this.count = data.areas.count;
    this.code = texts(data.areas.code);
    this.name = data.areas.name ? texts(data.areas.name) : this.code;
    this.groups = {};
    for (const [key, group] of Object.entries(data.areas.groups))
      if (group) this.groups[key] = { codes: group.codes, names: group.names, of: places(group.of), index: new Map(group.codes.map((code, k) => [code, k])) };
    this.easting = numbers(data.areas.easting);
    this.northing = numbers(data.areas.northing);
    this.columns = data.areas.columns.map((c) => ({ ...c, array: once(() => numbers(c.values)) }));
    this.known = this.columns.filter((c) => c.values); // those with a value for every area
    this.scenarios = data.scenarios.map((s) => new Scenario(s));
    /** Years a period, of the pack or, where its periods are uneven, of the configuration; null: nobody says. */
    this.periodYears = data.pack.period_years || data.assumptions?.period_years || null;
    this.periodLabel = this.periodYears === 1 ? "Years ahead" : "Periods ahead";
    this.headlines = data.assumptions.headlines ?? {};
  }

  scenario(name) {
    return this.scenarios.find((s) => s.name === name);
  }

  /** Name of a group of a grouping: the area's own column of names where there is one. */
  groupName(grouping, group) {
    const known = this.groups[grouping];
    const at = known?.index.get(group);
    return words(at === undefined ? group : known.names[at]);
  }

  /** The name, and the code beside it where it says anything else. */
  groupLabel(grouping, group) {
    const name = this.groupName(grouping, group);
    return this.groups[grouping] && name !== words(group) ? `${name} (${group})` : name;
  }

  /** GVA a head of a group at the end of a scenario's horizon without it, GBP of the price base year a year: what one percent of it is in pounds. NaN where the run does not say. */
  poundsAHead(scenario, grouping, group) {
    const known = scenario.data.poundsAHead?.[grouping];
    return known?.[grouping === "nation" ? 0 : this.groups[grouping]?.index.get(group)] ?? NaN;
  }

  /** What the draws say of a group: better, worse, "" (not told apart from zero), none, or untold where the model does not tell the nation. */
  said(scenario, aggregate, g) {
    const clear = direction(aggregate.better(aggregate.last, g), aggregate.q(aggregate.last, g), scenario.data.draws);
    return aggregate.grouping === "nation" && scenario.data.poundsTold === false && clear !== "none" ? "untold" : clear;
  }

  /**
   * A percentage of GVA in pounds a head a year, to first order (the group's GVA a head at the end times the effect), as text;
   * "" where the outcome is no growth of GVA over the horizon, or the model does not tell the nation's pounds.
   */
  inPounds(scenario, aggregate, g, value) {
    if (aggregate.outcome !== "cumulative_uplift") return "";
    if (aggregate.grouping === "nation" && scenario.data.poundsTold === false) return "";
    const pounds = value * this.poundsAHead(scenario, aggregate.grouping, aggregate.groups[g]);
    if (!Number.isFinite(pounds)) return "";
    const size = Math.abs(pounds);
    return `${pounds < 0 ? "\u2212" : ""}£${size >= 10 ? count(size) : size.toFixed(2)} a head a year`;
  }

  /** What an area belongs to, as words; "" for none. */
  membership(grouping, area) {
    const known = this.groups[grouping];
    return known && known.of[area] >= 0 ? words(known.names[known.of[area]]) : "";
  }

  /** What one more pound is worth in each area under a policy (`spillway frontier`), or null. */
  worth(scenario) {
    const data = this.data.worth?.[scenario];
    if (!data?.p50) return null;
    this.worth_ ??= {};
    return (this.worth_[scenario] ??= { ...data, p5: numbers(data.p5), p50: numbers(data.p50), p95: numbers(data.p95) });
  }

  /** Pairs of linked areas from the pack's edges, or null. */
  links() {
    if (this.links_ !== undefined) return this.links_;
    if (!this.data.links) return (this.links_ = null);
    const reader = new Varints(this.data.links.varint), of = Array.from({ length: this.count }, () => []);
    let a = 0;
    for (let k = 0; k < this.data.links.count; ++k) {
      a += reader.next();
      const b = a + reader.next();
      of[a].push(b);
      of[b].push(a);
    }
    return (this.links_ = of);
  }
}

/**
 * A policy. `factor` is its size over the size that was run: where the engine found that all of the policy is in proportion
 * to a parameter, every draw is, and every quantile with it. P(better) stays; at nought there is no effect.
 */
export class Scenario {
  constructor(data) {
    this.data = data;
    this.name = data.name;
    const [reason] = [data.attributes.extrapolated ?? []].flat();
    const { outcome_of: policy, outcome_name: outcome } = data.attributes, called = policy === undefined ? words(data.name) : `${words(policy)}: ${words(outcome)}`;
    this.title = reason === undefined ? called : `${called} (extrapolated: ${reason})`;
    this.better = data.attributes.better === "lower" ? -1 : 1;
    const names = [data.attributes.sizes ?? []].flat(), upTo = [data.attributes.sizes_up_to ?? []].flat();
    this.sizes = new Map(names.map((name, k) => [name, upTo[k]]));
    this.parameter = names[0] ?? null;
    this.factor = 1;
    /** The year whose end is looked at; null: the last one, as run. Groups have every year, areas the last alone. */
    this.year = null;
    this.outcomes = data.areas.map((o) => new AreaOutcome(o, this));
    this.aggregates = data.aggregates.map((a) => new Aggregate(a, this));
    this.transfer_ = once(() => numbers(data.transfer));
    this.areaSplit_ = once(() => (data.areaSplit ?? []).map((one) => ({ part: one.part, mean: numbers(one.mean) })));
  }
  resize(parameter, factor) {
    this.parameter = parameter;
    this.factor = factor;
  }
  /** Years that groups have a whole effect for; one where the run kept the last alone. */
  years() {
    return this.aggregates.find((a) => a.outcome === "cumulative_uplift" && a.periods.length > 1)?.periods ?? [];
  }
  /** Names of the outcomes that can be shown at the policy's size and year. */
  outcomeNames() {
    const there = (o) => this.factor === 1 || o.proportional;
    return [...new Set([...this.aggregates.filter((a) => there(a) && a.reaches()).map((a) => a.outcome), ...(this.year === null ? this.outcomes.filter(there).map((o) => o.name) : [])])];
  }
  outcome(name) {
    const found = this.outcomes.find((o) => o.name === name);
    return found && (this.factor === 1 || found.proportional) ? found : undefined;
  }
  aggregate(outcome, grouping) {
    return this.aggregates.find((a) => a.outcome === outcome && a.grouping === grouping && (this.factor === 1 || a.proportional) && a.reaches());
  }
  transfer() {
    return scaled(this.transfer_(), this.factor);
  }
  /** Public cost over the horizon at 5, 10, 25, 50, 75, 90 and 95 %, or null. */
  cost() {
    const { cost } = this.data;
    return (this.year === null ? cost?.total : cost?.byPeriod?.[this.year - 1])?.map((v) => v * this.factor) ?? null;
  }
  gaps() {
    return this.data.gaps.filter((g) => this.factor === 1 || this.aggregate(g.outcome, "area_type"))
      .map((g) => ({ ...g, rows: g.rows.filter((r) => this.year === null || r.period <= this.year).map((r) => ({ ...r, q: r.q.map((v) => v * this.factor) })) }));
  }
  /** Where an area's whole effect comes from: the mean of each part over the draws; empty: the run did not keep it. */
  sourcesOf(area) {
    return this.areaSplit_().map((one) => ({ part: one.part, mean: one.mean[area] * this.factor }));
  }
  split() {
    return (this.year === null ? this.data.split ?? [] : []).map((one) => ({ ...one, parts: one.parts.map((p) => ({ ...p, q: p.q.map((v) => v * this.factor) })) }));
  }
}

class AreaOutcome {
  constructor(data, scenario) {
    this.name = data.name;
    this.unit = data.unit;
    this.levels = data.levels;
    this.middle = data.middle;
    this.proportional = data.proportional ?? false;
    this.display = display(data.unit);
    const centre = once(() => numbers(data.centre)), nothing = once(() => new Float32Array(centre().length)), better = once(() => numbers(data.better));
    const sized = (make) => {
      let at = 1, kept = null;
      const base = once(make);
      return () => {
        if (scenario.factor === 1) return base();
        if (at !== scenario.factor || !kept) kept = scaled(base(), (at = scenario.factor));
        return kept;
      };
    };
    this.centre = sized(centre);
    this.better = () => (scenario.factor === 0 ? nothing() : better());
    // Absent where the run is too large to show all.
    this.sd = data.sd ? sized(() => numbers(data.sd)) : null;
    this.mean = data.mean ? sized(() => add(centre(), numbers(data.mean))) : null;
    this.quantile_ = data.offsets.map((offset) => (offset ? sized(() => add(centre(), numbers(offset))) : this.centre));
    this.width = () => subtract(this.quantile(this.levels.length - 1), this.quantile(0));
  }
  quantile(level) {
    return this.quantile_[level]();
  }
  intervalName() {
    return `${percentile(this.levels.at(-1) - this.levels[0])} interval`;
  }
}

class Aggregate {
  constructor(data, scenario) {
    Object.assign(this, { outcome: data.outcome, grouping: data.grouping, unit: data.unit, groups: data.groups, periods: data.periods, levels: data.levels, proportional: data.proportional ?? false });
    this.display = display(data.unit);
    const q = once(() => numbers(data.q)), better = once(() => numbers(data.better)), mean = once(() => numbers(data.mean)), sample = once(() => numbers(data.sample));
    const at = (period, group) => period * this.groups.length + group;
    /** Quantiles of a group in a period (by place, not by label). */
    this.q = (period, group) => scaled(q().subarray(at(period, group) * this.levels.length, (at(period, group) + 1) * this.levels.length), scenario.factor);
    this.mean = (period, group) => scenario.factor * mean()[at(period, group)];
    this.better = (period, group) => (scenario.factor === 0 ? 0 : better()[at(period, group)]);
    /** Monte Carlo error of the median as the file has it: of the last period, else null. */
    this.error = (period, group) => (period === this.periods.length - 1 && data.error ? scenario.factor * data.error[group] : null);
    /** 100 even quantiles of the last period, or null. */
    this.sample = (group) => (data.sample && this.last === this.periods.length - 1 ? scaled(sample().subarray(group * 100, group * 100 + 100), scenario.factor) : null);
    this.scenario = scenario;
  }
  /** Place of the period that is looked at: the last, or the year that was chosen. */
  get last() {
    const at = this.scenario.year === null ? -1 : this.periods.indexOf(this.scenario.year);
    return at < 0 ? this.periods.length - 1 : at;
  }
  /** Whether it has the year that is looked at. */
  reaches() {
    return this.scenario.year === null || this.periods.includes(this.scenario.year);
  }
  level(p) {
    return this.levels.findIndex((l) => Math.abs(l - p) < 1e-9);
  }
  group(name) {
    return this.groups.indexOf(name);
  }
}

const add = (a, b) => Float32Array.from(a, (v, k) => v + b[k]);
const subtract = (a, b) => Float32Array.from(a, (v, k) => v - b[k]);
const scaled = (values, factor) => (factor === 1 || !values ? values : values.map((v) => v * factor));
