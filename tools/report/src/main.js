// The page of one run (or two): reads the JSON beside it, builds each section.
import { Run } from "./run.js";
import { mapSection } from "./map_section.js";
import { estimates, jointDraws } from "./estimates.js";
import { appraisal, contrasts, distributions, gaps, glance, profiles, provenance, sensitivity } from "./sections.js";
import { comparison } from "./compare.js";
import { pageData } from "./decode.js";
import { count, words } from "./format.js";
import { h, replace } from "./dom.js";

const begin = performance.now();
const data = pageData(document.getElementById("data").textContent);
const [run, other] = data.runs.map((r) => new Run(r));
const lower = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

const sections = [
  ["map", "Map", "What each policy does to every area", () => mapSection(run, other)],
  ["spread", "Groups", "How outcomes spread, by type, region and authority", () => distributions(run)],
  ["contrasts", "Contrasts", "One policy against another", () => contrasts(run)],
  ["gap", "Gap", "The gap between types of area", () => gaps(run)],
  ["estimates", "Estimates", "What was estimated", () => { const made = estimates(run); return made && h("div", {}, made, jointDraws(run)); }],
  ["appraisal", "Appraisal", "Appraisal", () => appraisal(run)],
  ["sensitivity", "Sensitivity", "What the result depends on", () => sensitivity(run)],
  ["profiles", "Profiles", "What the areas are like", () => profiles(run)],
  ["compare", "Compare", "This run beside another", () => (other ? comparison(run, other) : null)],
  ["log", "Log", "Assumptions, data and decisions", () => provenance(run)],
];

const { run: r, pack } = run.data;
document.title = `${r.name}: Spillway report`;
const synthetic = r.inputs.length === 0 || r.truth.length > 0;
const header = h("header", {}, h("p", { class: "eyebrow" }, `Spillway report${other ? ": two runs" : ""}`), h("h1", {}, words(r.name)),
  h("p", { class: "lead" }, `${run.scenarios.length ? `What ${lower(run.scenarios.length, "policy", "policies")} would do to ${lower(run.count, "area", "areas")}` : `Estimates from ${lower(run.count, "area", "areas")}`}, with the uncertainty of the estimates carried through.`),
  synthetic ? h("p", { class: "caution" }, h("strong", {}, "Synthetic data. "), "Places, people and growth are invented to test the method. No figure here is about a real place.") : null,
  glance(run));
const nav = h("nav", { "aria-label": "Sections" }, h("ul"));
const main = h("main", { id: "content", tabindex: "-1" });
replace(document.getElementById("app"), h("a", { class: "skip", href: "#content" }, "Skip to the content"), header, nav, main,
  h("footer", {}, h("p", {}, `Spillway ${r.version}, commit ${r.commit || "unknown"}. Result ${r.file}, seed ${r.seed}, finished ${r.finished || "unknown"}. ${pack.pack ? `Data: ${pack.pack}. ` : ""}This page is one file and asks nothing of any network.`)));

// The map is built at once, sections further down when the browser is idle, all of them before printing.
const waiting = [];
for (const [id, label, title, make] of sections) {
  const body = h("div");
  const section = h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), body);
  const build = () => {
    let content;
    try {
      content = make();
    } catch (error) {
      console.error(error);
      content = h("p", { class: "caution" }, `This section could not be drawn: ${error.message}`);
    }
    if (content) replace(body, content);
    else { section.remove(); entry.remove(); }
  };
  const entry = h("li", {}, h("a", { href: `#${id}` }, label));
  nav.firstChild.append(entry);
  main.append(section);
  if (id === "map") build();
  else waiting.push(build);
}
const later = window.requestIdleCallback ?? ((f) => setTimeout(f, 1));
const buildNext = () => {
  const build = waiting.shift();
  if (build) {
    build();
    later(buildNext, { timeout: 200 });
  } else {
    document.documentElement.dataset.ready = String(Math.round(performance.now() - begin));
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }
};
later(buildNext, { timeout: 200 });
window.addEventListener("beforeprint", () => { while (waiting.length) waiting.shift()(); });
