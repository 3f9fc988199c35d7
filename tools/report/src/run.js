// One run of the page's data, unpacked where asked and remembered.
import { numbers, places, texts, Varints } from "./decode.js";
import { display, percentile, words } from "./format.js";

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
    this.periodLabel = data.pack.period_years === 1 ? "Years ahead" : "Periods ahead";
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

export class Scenario {
  constructor(data) {
    this.data = data;
    this.name = data.name;
    const [reason] = [data.attributes.extrapolated ?? []].flat();
    this.title = reason === undefined ? words(data.name) : `${words(data.name)} (extrapolated: ${reason})`;
    this.better = data.attributes.better === "lower" ? -1 : 1;
    this.outcomes = data.areas.map((o) => new AreaOutcome(o));
    this.aggregates = data.aggregates.map((a) => new Aggregate(a));
    this.transfer = once(() => numbers(data.transfer));
  }
  outcome(name) {
    return this.outcomes.find((o) => o.name === name);
  }
  aggregate(outcome, grouping) {
    return this.aggregates.find((a) => a.outcome === outcome && a.grouping === grouping);
  }
}

class AreaOutcome {
  constructor(data) {
    this.name = data.name;
    this.unit = data.unit;
    this.levels = data.levels;
    this.middle = data.middle;
    this.display = display(data.unit);
    this.centre = once(() => numbers(data.centre));
    this.better = once(() => numbers(data.better));
    // Absent where the run is too large to show all.
    this.sd = data.sd ? once(() => numbers(data.sd)) : null;
    this.mean = data.mean ? once(() => add(this.centre(), numbers(data.mean))) : null;
    this.quantile_ = data.offsets.map((offset) => once(() => (offset ? add(this.centre(), numbers(offset)) : this.centre())));
    this.width = once(() => subtract(this.quantile(this.levels.length - 1), this.quantile(0)));
  }
  quantile(level) {
    return this.quantile_[level]();
  }
  intervalName() {
    return `${percentile(this.levels.at(-1) - this.levels[0])} interval`;
  }
}

class Aggregate {
  constructor(data) {
    Object.assign(this, { outcome: data.outcome, grouping: data.grouping, unit: data.unit, groups: data.groups, periods: data.periods, levels: data.levels });
    this.display = display(data.unit);
    const q = once(() => numbers(data.q)), better = once(() => numbers(data.better)), mean = once(() => numbers(data.mean)), error = once(() => numbers(data.error)), sample = once(() => numbers(data.sample));
    const at = (period, group) => period * this.groups.length + group;
    /** Quantiles of a group in a period (by place, not by label). */
    this.q = (period, group) => q().subarray(at(period, group) * this.levels.length, (at(period, group) + 1) * this.levels.length);
    this.mean = (period, group) => mean()[at(period, group)];
    this.better = (period, group) => better()[at(period, group)];
    this.error = (period, group) => error()[at(period, group)];
    /** 100 even quantiles of the last period, or null. */
    this.sample = (group) => (data.sample ? sample().subarray(group * 100, group * 100 + 100) : null);
    this.last = this.periods.length - 1;
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
