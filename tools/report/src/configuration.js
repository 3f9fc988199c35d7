// The size of a policy as lines of its configuration.
import { digits } from "./format.js";

/** The parameter that sets the size, as the run's configuration has it; undefined where that could not be read. */
export const parameterOf = (run, s) => run.data.assumptions.scenarios.find((x) => x.scenario === s.name)?.parameters.find((p) => p.name === s.parameter);

/** The lines of a configuration that run the policy at this size. */
export function configuration(run, s) {
  const parameter = parameterOf(run, s), base = parameter?.distribution, number = (v) => String(Number((v * s.factor).toPrecision(12)));
  const quoted = (text) => JSON.stringify(text);
  const key = /^[\w-]+$/.test(s.parameter) ? s.parameter : quoted(s.parameter);
  const drawn = s.data.parameters.find((p) => p.name === s.parameter);
  let value;
  if (!base || (base.kind === "point" && base.keys.value === undefined)) value = number(drawn?.q[3] ?? 1);
  else if (base.kind === "point") value = number(base.keys.value);
  else {
    const keys = Object.entries(base.keys).map(([k, v]) => `${k} = ${base.scaled.includes(k) ? number(v) : v}`);
    if (base.values.length) keys.push(`values = [${base.values.map(number).join(", ")}]`);
    if (base.probabilities.length) keys.push(`probabilities = [${base.probabilities.join(", ")}]`);
    value = `{ distribution = ${quoted(base.kind)}, ${keys.join(", ")}${base.source ? `, source = ${quoted(`${base.source}${s.factor === 1 ? "" : `; times ${digits(s.factor, 6)} (what-if of the report)`}`)}` : ""} }`;
  }
  return `# Of scenario ${quoted(s.name)} in ${run.data.run.name}.toml: ${digits(s.factor, 6)} times its size.\n[scenario.parameters]\n${key} = ${value}\n`;
}
