// The page of one run (or two): reads the JSON beside it, builds each section.
import { Run } from "./run.js";
import { State } from "./state.js";
import { finding } from "./finding.js";
import { mapSection } from "./map_section.js";
import { estimates, jointDraws } from "./estimates.js";
import { appraisal, contrasts, distributions, following, gaps, policies, profiles, provenance, sensitivity } from "./sections.js";
import { comparison } from "./compare.js";
import { pageData } from "./decode.js";
import { count, words } from "./format.js";
import { h, replace, setSource } from "./dom.js";

const begin = performance.now();
const data = pageData(document.getElementById("data").textContent);
const [run, other] = data.runs.map((r) => new Run(r));
const state = new State(run);
const { run: r, pack } = run.data;
const synthetic = r.inputs.length === 0 || r.truth.length > 0;
const lower = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;
setSource(`Source: Spillway ${r.version}, run ${r.name}, result ${r.file}, seed ${r.seed}${pack.pack ? `; data: ${pack.pack}` : ""}.${synthetic ? " Synthetic data: places, people and growth are invented." : ""}`);

// Findings are open; what they rest on is folded, one sentence each says what is there.
const sections = [
  ["map", "Map", "What each policy does to every area", () => mapSection(run, other, state)],
  ["spread", "Groups", "Types, regions and authorities", () => distributions(run, state)],
  ["policies", "All policies", "All policies side by side", () => policies(run, state)],
  ["gap", "Gap", "The gap between types of area", () => gaps(run, state)],
  ["compare", "Compare", "This run beside another", () => (other ? following(state, ["size"], (element) => replace(element, comparison(run, other))) : null)],
  ["appraisal", "Appraisal", "Appraisal", () => appraisal(run, state), "Costs, benefits, net present social value and the summary table of each policy"],
  ["contrasts", "Contrasts", "One policy against another", () => contrasts(run, state), "Differences between policies on the same draws"],
  ["estimates", "Estimates", "What was estimated", () => { const made = estimates(run); return made && h("div", {}, made, jointDraws(run)); }, "Coefficients, their intervals and every diagnostic; published beside corrected"],
  ["sensitivity", "Sensitivity", "What the result depends on", () => sensitivity(run, state), "Which assumption moves the result, frontiers and specifications"],
  ["profiles", "Profiles", "What the areas are like", () => profiles(run), "Columns of the data by type and region"],
  ["log", "Log", "Assumptions, data and decisions", () => provenance(run), "Every parameter with its source, every file with its checksum, and the command to make it again"],
];

document.title = `${words(r.name)}: Spillway report`;
const top = h("header", {}, h("p", { class: "eyebrow" }, `Spillway report${other ? ": two runs" : ""}: `, h("span", {}, run.scenarios.length ? `${lower(run.scenarios.filter((s) => !s.data.attributes.outcome_of).length, "policy", "policies")}, ${lower(run.count, "area", "areas")}` : `estimates from ${lower(run.count, "area", "areas")}`)), h("h1", {}, words(r.name)),
  synthetic ? h("p", { class: "caution" }, h("strong", {}, "Synthetic data. "), "Places, people and growth are invented to test the method. No figure here is about a real place.") : null,
  finding(run, state));
const nav = h("nav", { "aria-label": "Sections" }, h("ul"));
const main = h("main", { id: "content", tabindex: "-1" });
replace(document.getElementById("app"), h("a", { class: "skip", href: "#content" }, "Skip to the content"), top, nav, main,
  h("footer", {}, h("p", {}, `Spillway ${r.version}, commit ${r.commit || "unknown"}. Result ${r.file}, seed ${r.seed}, finished ${r.finished || "unknown"}. ${pack.pack ? `Data: ${pack.pack}. ` : ""}This page is one file and asks nothing of any network.`)));

/** Go to a section: open it, and keep it in the address beside the choices. */
function go(id) {
  const section = document.getElementById(id), folded = section?.querySelector(":scope > details");
  if (!section) return;
  if (folded) folded.open = true;
  state.at = id;
  state.write();
  section.scrollIntoView();
}

// The map is built at once, sections further down when the browser is idle, all of them before printing.
const waiting = [];
for (const [id, label, title, make, folded] of sections) {
  const body = h("div"), holder = folded ? h("details", { class: "folded" }, h("summary", {}, folded), body) : body;
  const section = h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), holder);
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
  const entry = h("li", {}, h("a", { href: `#${id}`, onclick: (event) => { event.preventDefault(); go(id); } }, label));
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
    if (state.at) go(state.at);
  }
};
later(buildNext, { timeout: 200 });
addEventListener("hashchange", () => { const id = location.hash.slice(1); if (id && !id.includes("=")) go(id); });
window.addEventListener("beforeprint", () => {
  while (waiting.length) waiting.shift()();
  for (const folded of document.querySelectorAll("details.folded, details.block")) folded.open = true;
});
