// What a page shows at other sizes of its policies, by the page's own code. Arguments: tools/report's folder, the page, and
// positions scenario*parameter*factor, judged at the end of a year with @year. Writes JSON: one entry a position, and the appraisals
// that the page can choose among.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [tools, page, ...positions] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${tools}/src/${name}.js`).href);
const { pageData } = await load("decode"), { Run } = await load("run"), { configuration } = await load("configuration");
const text = readFileSync(page, "utf8"), run = new Run(pageData(/<script type="text\/plain" id="data">([^<]*)</.exec(text)[1]).runs[0]);

const out = { sizes: Object.fromEntries(run.scenarios.map((s) => [s.name, { sizes: Object.fromEntries(s.sizes), unsized: s.data.attributes.unsized ?? "" }])), positions: [] };
for (const position of positions) {
  const [place, year] = position.split("@"), [name, parameter, factor] = place.split("*"), s = run.scenario(name);
  s.resize(parameter, Number(factor));
  s.year = year ? Number(year) : null;
  out.positions.push({
    outcomes: s.outcomeNames(), lines: configuration(run, s), cost: s.cost(),
    areas: Object.fromEntries(s.outcomeNames().filter((o) => s.outcome(o) && s.year === null).map((o) => [o, { levels: s.outcome(o).levels, quantiles: s.outcome(o).levels.map((_, l) => Array.from(s.outcome(o).quantile(l))), better: Array.from(s.outcome(o).better()) }])),
    groups: Object.fromEntries(s.outcomeNames().flatMap((o) => ["area_type", "lad"].filter((g) => s.aggregate(o, g)).map((g) => [`${o}/${g}`, (() => { const a = s.aggregate(o, g); return { levels: a.levels, groups: a.groups, q: a.groups.map((_, k) => Array.from(a.q(a.last, k))), error: a.groups.map((_, k) => a.error(a.last, k)) }; })()]))),
  });
  s.resize(parameter, 1);
  s.year = null;
}
out.choices = run.data.choices;
process.stdout.write(JSON.stringify(out));
