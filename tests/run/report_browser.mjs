// Opens report pages in headless Chromium and uses them as a reader does. Arguments: tools/report's folder, the browser,
// a page of one run whose first area carries a hostile name, and a page of two runs.
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";
import assert from "node:assert/strict";

const [tools, browserPath, onePage, twoPage, profile] = process.argv.slice(2);
const require = createRequire(`${tools}/package.json`);
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const context = await chromium.launchPersistentContext(profile, {
  executablePath: browserPath, headless: true, acceptDownloads: true, viewport: { width: 1440, height: 900 },
  reducedMotion: "reduce",  // a page that glides moves away from under a click
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
context.setDefaultTimeout(30000);

const complaints = [], requests = [];
function listen(page) {
  page.on("console", (message) => { 
    // getImageData is this test's own way to look at the map.
    if (["error", "warning"].includes(message.type()) && !/willReadFrequently/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(`a dialog opened: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => requests.push(request.url()));
}
async function open(file, width, hash = "") {
  const page = await context.newPage();
  listen(page);
  await page.setViewportSize({ width, height: 900 });
  const began = Date.now();
  await page.goto(pathToFileURL(file).href + hash);
  await page.waitForFunction(() => document.documentElement.dataset.ready);
  return { page, milliseconds: Date.now() - began };
}
const done = (name) => console.log(`ok  ${name}`);

/** Colours on the map: how many pixels of each, the background left out. */
const colours = (page) => page.evaluate(() => {
  const canvas = document.querySelector("canvas.map"), counts = {};
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let k = 0; k < data.length; k += 4) if (data[k + 3] === 255) {
    const key = `${data[k]},${data[k + 1]},${data[k + 2]}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 20));
});
/** Once f() holds, however busy the machine is. */
async function eventually(f, otherwise) {
  for (const end = Date.now() + 30000; !(await f());) {
    assert.ok(Date.now() < end, otherwise);
    await new Promise((go) => setTimeout(go, 100));
  }
}
/** Once the map stands: two looks in turn are the same. */
async function atRest(page) {
  let was = "";
  await eventually(async () => {
    const now = await page.evaluate(() => document.querySelector("canvas.map").toDataURL()), same = now === was;
    was = now;
    return same;
  }, "the map does not come to rest");
}
/** Screen place of an area's centre, from the page's own data, once the area has been found and brought into view. */
async function choose(page, text) {
  await page.getByRole("combobox", { name: "Find an area" }).fill(text);
  await page.locator(".search [role=option]").first().waitFor();
  await page.keyboard.press("Enter");
}

/** The code five further: S01000001 -> S01000006. */
const next = (text) => text.replace(/\d+$/, (digits) => String(Number(digits) + 5).padStart(digits.length, "0"));

const { page, milliseconds } = await open(onePage, 1440);
console.log(`    opened in ${milliseconds} ms, of which the page's own ${await page.evaluate(() => document.documentElement.dataset.ready)} ms`);
await page.waitForFunction(() => document.querySelector("canvas.map").width > 0);

// The first screen is a finding: a sentence from the numbers beside it, a picture, three numbers.
const said = await page.locator(".said").innerText(), cards = await page.locator(".number-card").allInnerTexts(), figures = await page.locator(".number-card .figure").allInnerTexts();
assert.match(said, /would (raise|lower) GVA in doubly disadvantaged areas by .*% \(about £.* a head a year\) over 5 years|not told apart from zero/);
assert.equal(cards.length, 3);
assert.match(cards[0], /^Doubly disadvantaged areas/);
for (const shown of figures.slice(0, 2)) assert.ok(said.includes(shown.replace(/^\u2212/, "")) || /not told apart/.test(said), `the sentence has no ${shown}: ${said}`);
const inView = await page.evaluate(() => [".said", ".finding figure svg", ".number-card:nth-child(3)"].every((one) => document.querySelector(one).getBoundingClientRect().top < innerHeight));
assert.ok(inView, "sentence, picture and numbers are not on the first screen");
done("the first screen is a sentence, a picture of who gains and who loses, and three numbers");

// What is off the screen follows when the browser is idle.
const outcomesAre = (name) => page.waitForFunction((one) => { const all = [...document.querySelectorAll("[data-control$=-outcome]")]; return all.length >= 3 && all.every((each) => each.value === one); }, name);
await outcomesAre("cumulative_uplift");
await page.locator("[data-control=map-outcome]").selectOption("uplift");
await outcomesAre("uplift");
assert.match(await page.locator(".said").innerText(), /a year, in the last year|not told apart/);
await page.locator(".legend .unit").filter({ hasText: "a year, in the last year" }).waitFor();
await page.locator("[data-control=finding-outcome]").selectOption("cumulative_uplift");
await outcomesAre("cumulative_uplift");
done("one outcome at a time on the whole page, the whole effect first");

assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => /auto|scroll/.test(getComputedStyle(e).overflow)).map((e) => e.className)), [], "something scrolls within the page");
done("nothing scrolls within the page");

// A chart's tip goes with the pointer, and with Escape; a click on a row picks its group on the map.
const row = page.locator(".finding [data-tip]").nth(1);
await row.scrollIntoViewIfNeeded();
await row.hover({ force: true });
await page.locator(".chart-tip").waitFor({ state: "visible" });
assert.match(await page.locator(".chart-tip").innerText(), /Median .*\n9 draws in 10: .*\nP\(better\)/);
await page.keyboard.press("Escape");
assert.equal(await page.locator(".chart-tip").isVisible(), false, "a tip stays after Escape");
const region = page.locator('.finding [data-key^="region/"]').last();
await region.dispatchEvent("click");
await page.locator("#map .note").filter({ hasText: "Outlined:" }).waitFor({ state: "visible" });
await page.waitForFunction(() => document.querySelector("[data-control=spread-grouping]").value === "region");
assert.match(page.url(), /group=region%2F/);
await page.locator("#map .note button").click();
await page.mouse.move(5, 5);
assert.equal(await page.locator(".chart-tip").isVisible(), false, "a tip stays behind the pointer");
done("charts answer the pointer, tips go, a group picked in a chart is picked on the map");

const painted = await colours(page);
assert.ok(Object.keys(painted).length >= 3, `the map has ${Object.keys(painted).length} colours: ${JSON.stringify(painted)}`);
assert.ok(Object.values(painted).reduce((a, b) => a + b, 0) > 20000, "the map covers hardly a pixel");
done("the map paints its classes");

assert.match(await page.locator("#map").innerText(), /Shapes: boundaries of the data pack, simplified for display; 1 area without one is a cell drawn round the centroid/);
done("the pack's boundaries are drawn, and the area without one as a cell");

const packed = await page.evaluate(() => document.getElementById("data").textContent);
const hostile = JSON.parse(inflateSync(Buffer.from(packed, "base64"))).runs[0].areas.name.filter((n) => n.includes("<")).length;
assert.ok(hostile >= 2, "the fixture has no hostile names");
await choose(page, "<script>");
const panel = page.getByRole("region", { name: "One area" });
await page.locator(".area-panel h3").filter({ hasText: "<script>" }).waitFor();
assert.equal(await page.evaluate(() => document.querySelectorAll("#app script, #app img").length), 0, "a name became an element");
assert.equal(await page.evaluate(() => window.hostile), undefined, "a name was run");
done("an area called <script> stays a name, and is found by it");

assert.match(await panel.innerText(), /Not for ranking/);
assert.match(await panel.innerText(), /linked to it in the run's weights/);
assert.match(await panel.innerText(), /Against its region and type/);
done("a found area shows its caution, neighbours and region");

const code = await page.locator(".area-panel dd").first().innerText().then(next);
await choose(page, code);
await page.locator(".area-panel dd").filter({ hasText: code }).first().waitFor();
done("search finds a code");

// The picked area is in the middle of the map now: a click there picks it again, a hover names it.
await atRest(page);
const frame = await page.locator(".map-frame").boundingBox();
await page.getByRole("button", { name: "Close the area's panel" }).click();
await page.locator(".map-frame").scrollIntoViewIfNeeded();
const box = await page.locator(".map-frame").boundingBox();
await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
await page.locator(".map-frame .tooltip").filter({ hasText: code }).waitFor({ state: "visible" });
done("hover names the area under the pointer");
await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
await page.locator(".area-panel dd").filter({ hasText: code }).first().waitFor();
assert.ok(frame.width > 300);
done("a click picks the area under the pointer");

await page.getByRole("button", { name: "Show all areas" }).click();
await atRest(page);
const before = await page.evaluate(() => document.querySelector("canvas.map").toDataURL());
const control = page.locator("[data-control=map-scenario]");
const options = await control.locator("option").allInnerTexts();
assert.ok(options.length >= 2);
await control.selectOption({ index: options.length - 1 });
await page.waitForFunction((was) => document.querySelector("canvas.map").toDataURL() !== was, before);
assert.match(await page.locator("#map-layer").innerText(), new RegExp(options.at(-1)));
console.log(`    recoloured in ${await page.locator(".map-frame").getAttribute("data-milliseconds")} ms`);
done("another policy recolours the map");
for (const shown of ["better", "width"]) {
  await page.locator("[data-control=map-show]").selectOption(shown);
  assert.ok(Object.keys(await colours(page)).length >= 2, `${shown} paints one colour only`);
}
done("probability and width of the interval are maps too");

await control.selectOption({ index: options.findIndex((name) => /wealth/i.test(name)) }); // intervals with zero in them
await page.locator("[data-control=map-show]").selectOption({ index: 0 });
const shaded = await page.evaluate(() => document.querySelector("canvas.map").toDataURL());
await page.getByRole("checkbox", { name: /^Pale: the .* interval includes zero$/ }).uncheck();
await page.waitForFunction((was) => document.querySelector("canvas.map").toDataURL() !== was, shaded);
await page.getByRole("checkbox", { name: /^Pale/ }).check();
done("areas whose interval includes zero step back, and come forward again");

const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV: Whole effect" }).first().click()]);
const text = readFileSync(await download.path(), "utf8");
assert.match(download.suggestedFilename(), /\.csv$/);
assert.match(text.split("\r\n")[0], /^Policy,/);
assert.equal(text.trim().split("\r\n").length, options.length + 1, "one line a policy");
const [mapFile] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV of this map" }).click()]);
const mapText = readFileSync(await mapFile.path(), "utf8");
assert.ok(mapText.includes("'=HYPERLINK"), "a name that a spreadsheet would run stays as it is in the CSV");
done("tables and the map download as CSV, formulas disarmed");

const [picture] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /^Download SVG: / }).first().click()]);
const drawn = readFileSync(await picture.path(), "utf8");
assert.match(drawn, /^<svg[^>]*>[\s\S]*<(path|line)/);
for (const there of [/Who gains and who loses/, /Unit: % over the horizon/, /clearly better/, /Source: Spillway .*seed/]) assert.ok(there.test(drawn), `the figure's file has no ${there}`);
const [png] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /^Download PNG: / }).first().click()]);
assert.equal(readFileSync(await png.path()).subarray(1, 4).toString(), "PNG");
for (const kind of ["SVG", "PNG"]) {
  const [sheet] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `Download ${kind} of this map` }).click()]);
  const bytes = readFileSync(await sheet.path());
  if (kind === "PNG") assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  else for (const there of [/5% quantile: Whole effect/, /Unit: % over the horizon/, /and above</, /Source: Spillway/]) assert.ok(there.test(bytes), `the map's file has no ${there}`);
}
done("figures and the map download as SVG and PNG, with title, unit, legend and source");

// A slider: every figure moves with it, within 300 ms, and the address keeps it.
await page.locator("[data-control=finding-scenario]").selectOption("ring_fence_10");
const whole = () => page.evaluate(() => [document.querySelector(".number-card .figure").textContent, document.querySelector("canvas.map").toDataURL().length, document.querySelector(".legend li span:nth-child(2)").textContent]);
const asRun = await whole();
await page.evaluate(() => scrollTo(0, 0));
const took = await page.locator("[data-control=size]").evaluate(async (slider) => {
  const times = [];
  for (const to of [0.5, 1.2, 2, 2.5, 1.5]) {
    const began = performance.now();
    slider.value = to;
    slider.dispatchEvent(new Event("input"));
    await new Promise((f) => requestAnimationFrame(() => setTimeout(f, 0)));
    times.push(performance.now() - began);
  }
  return times;
});
console.log(`    a move of the slider: ${took.map((t) => Math.round(t)).join(", ")} ms`);
await page.waitForFunction((was) => document.querySelector(".legend li span:nth-child(2)").textContent !== was, asRun[2]);
const moved = await whole();
assert.ok(Math.abs(parseFloat(moved[0]) / parseFloat(asRun[0]) - 1.5) < 0.05, `${asRun[0]} became ${moved[0]} at 1.5`);
assert.match(page.url(), /size=ring_fence_10\*share\*1\.5/);
assert.match(await page.locator(".said").innerText(), /at 1\.50 times its size/);
await page.getByRole("button", { name: "Copy as configuration" }).click();
assert.match(await page.locator(".what-if pre").first().innerText(), /\[scenario\.parameters\]\nshare = \{ distribution = "pert", .*low = 0\.075/);
const again = await open(onePage, 1440, new URL(page.url()).hash);
assert.deepEqual((await again.page.locator(".number-card .figure").allInnerTexts())[0], moved[0], "the address does not bring the size back");
await again.page.close();
await page.getByRole("button", { name: "As run" }).first().click();
assert.deepEqual((await whole())[0], asRun[0]);
await page.locator("[data-control=finding-scenario]").selectOption("bus_franchising");
assert.match(await page.locator(".what-if").first().innerText(), /no slider: it changes how growth spreads/);
done("sizes move the whole page, the address keeps them, and a policy that is not in proportion says so");

// By the keyboard: a click lands beside a link that still moves.
for (const link of await page.locator("nav a").all()) {
  const folded = page.locator(`${await link.getAttribute("href")} > details`);
  assert.ok(!(await folded.count()) || !(await folded.evaluate((one) => one.open)), "a section is unfolded before anybody asked");
  await link.press("Enter");
  if (await folded.count()) await page.waitForFunction((one) => one.open, await folded.elementHandle());
}
done("the navigation unfolds what it names");

await page.locator(".overlay").focus();
const still = await page.evaluate(() => document.querySelector("canvas.map").toDataURL());
await page.keyboard.press("+");
await page.waitForFunction((was) => document.querySelector("canvas.map").toDataURL() !== was, still);
await page.keyboard.press("Enter");
await page.locator(".area-panel.open").waitFor();
await page.keyboard.press("Escape");
done("the map works from the keyboard");

const first = page.locator(".regression .term button").first();
await page.keyboard.press("Tab");
await first.focus();
await page.waitForFunction((b) => getComputedStyle(document.getElementById(b.getAttribute("aria-describedby"))).visibility === "visible", await first.elementHandle(), { timeout: 10000 });
await page.keyboard.press("Escape");
assert.equal(await first.evaluate((b) => getComputedStyle(document.getElementById(b.getAttribute("aria-describedby"))).visibility), "hidden", "a definition stays after Escape");
done("a diagnostic shows its definition on focus, until Escape");

const folded = page.getByRole("button", { name: /^Show \d+ more diagnostics$/ }).first(), rows = await page.locator("#estimates tbody tr:visible").count();
await folded.click();
assert.ok((await page.locator("#estimates tbody tr:visible").count()) > rows, "no diagnostic came forward");
done("the diagnostics that are folded away come forward");

for (const wanted of ["#sensitivity figure svg", "#profiles .multiples svg", "#spread figure svg", "#contrasts figure svg", "#gap figure svg", "#estimates table", "#profiles figure svg", "#profiles details.measures table", "#log .uncertainties li", "#log pre.command"])
  await page.locator(wanted).first().waitFor({ state: "attached" }).catch(() => assert.fail(`nothing at ${wanted}`));  // drawn once it has a width
done("every section has its figures and tables");
assert.match(await page.locator("#sensitivity .likes summary").first().innerText(), /^The same shape: /);
done("frontiers of one shape are shown once");

await page.addScriptTag({ content: axeSource }).catch(() => page.evaluate(axeSource));
const audit = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
for (const fault of audit.violations) console.log(`    ${fault.impact}: ${fault.id}: ${fault.help}: ${fault.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
assert.equal(audit.violations.length, 0, "the accessibility check found faults");
done(`accessibility: ${audit.passes.length} rules of WCAG 2.1 A and AA pass, none fails`);
const own = complaints.splice(0).filter((text) => !/Content Security Policy/.test(text));
assert.deepEqual(own, [], "the console complained");

await page.emulateMedia({ media: "print" });
assert.equal(await page.locator("nav").isVisible(), false, "the navigation is printed");
const printed = await page.evaluate(() => [...document.querySelectorAll("#estimates tr[hidden]")].filter((row) => !row.closest("details:not([open])")).map((row) => getComputedStyle(row).display));
assert.ok(printed.length > 0 && printed.every((display) => display === "table-row"), `print leaves diagnostics out: ${printed}`);
await page.emulateMedia({ media: "screen" });
done("print shows every diagnostic and no control");

const narrow = await open(onePage, 320);
for (const folded of await narrow.page.locator("details").all()) await folded.evaluate((one) => { one.open = true; });
// Columns of real packs have names that are longer than the screen.
await narrow.page.evaluate(() => { for (const where of ["#log p", "#estimates li"]) document.querySelector(where).append(" employment_deprivation_change_2010_2019_of_the_neighbours_of_neighbours"); });
await eventually(async () => Object.keys(await colours(narrow.page)).length >= 3, "at 320 px the map does not paint");
await eventually(() => narrow.page.evaluate(() => [...document.querySelectorAll("figure .plot")].every((one) => !one.clientWidth || one.firstChild)), "at 320 px a figure is not drawn");
const widths = await narrow.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
assert.ok(widths[0] <= widths[1], `at 320 px the page is ${widths[0]} px wide`);
const beyond = await narrow.page.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility({ visibilityProperty: true }) && !e.closest("svg, .visually-hidden")).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`).slice(0, 5));
assert.deepEqual(beyond, [], "wider than the screen");
done("320 px: everything unfolded, nothing is wider than the screen, the map paints");
await narrow.page.evaluate(axeSource);
const small = await narrow.page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
for (const fault of small.violations) console.log(`    ${fault.impact}: ${fault.id}: ${fault.help}: ${fault.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
assert.equal(small.violations.length, 0, "the accessibility check found faults at 320 px");
done(`accessibility at 320 px: ${small.passes.length} rules pass, none fails`);

const two = await open(twoPage, 1440);
assert.match(await two.page.locator("#compare").innerText(), /Outcomes of both runs/);
assert.match(await two.page.locator("#map").innerText(), /Shapes: cells drawn round each area's centroid/);
await choose(two.page, code);
await two.page.locator(".area-panel.open").waitFor();
assert.match(await two.page.locator(".area-panel").innerText(), /linked to it in the run's weights/);
done("without its pack a run still knows who neighbours whom");
await two.page.locator("[data-control=map-show]").selectOption("difference");
assert.match(await two.page.locator("#map-layer").innerText(), /Second run less first/);
done("two runs stand side by side");

assert.deepEqual(complaints, [], "the console complained");
assert.deepEqual(requests.filter((url) => !/^(file|data|blob):/.test(url)), [], "the page asked a network");
done("no console message, no request");
await context.close();
