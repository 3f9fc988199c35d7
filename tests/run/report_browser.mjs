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
async function open(file, width) {
  const page = await context.newPage();
  listen(page);
  await page.setViewportSize({ width, height: 900 });
  const began = Date.now();
  await page.goto(pathToFileURL(file).href);
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
await page.waitForTimeout(300);
const frame = await page.locator(".map-frame").boundingBox();
await page.getByRole("button", { name: "Close the area's panel" }).click();
await page.locator(".map-frame").scrollIntoViewIfNeeded();
const box = await page.locator(".map-frame").boundingBox();
await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
await page.locator(".tooltip").waitFor({ state: "visible" });
assert.match(await page.locator(".tooltip").innerText(), new RegExp(code), "the tooltip names another area");
done("hover names the area under the pointer");
await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
await page.locator(".area-panel dd").filter({ hasText: code }).first().waitFor();
assert.ok(frame.width > 300);
done("a click picks the area under the pointer");

await page.getByRole("button", { name: "Show all areas" }).click();
await page.waitForTimeout(300);
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

const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV: Cumulative uplift" }).first().click()]);
const text = readFileSync(await download.path(), "utf8");
assert.match(download.suggestedFilename(), /\.csv$/);
assert.match(text.split("\r\n")[0], /^Policy,/);
assert.equal(text.trim().split("\r\n").length, options.length + 1, "one line a policy");
const [mapFile] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV of this map" }).click()]);
const mapText = readFileSync(await mapFile.path(), "utf8");
assert.ok(mapText.includes("'=HYPERLINK"), "a name that a spreadsheet would run stays as it is in the CSV");
done("tables and the map download as CSV, formulas disarmed");

const [picture] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /^Download SVG: / }).first().click()]);
assert.match(readFileSync(await picture.path(), "utf8"), /^<svg[^>]*>[\s\S]*<path/);
done("a figure downloads as SVG");

await page.locator(".overlay").focus();
const still = await page.evaluate(() => document.querySelector("canvas.map").toDataURL());
await page.keyboard.press("+");
await page.waitForFunction((was) => document.querySelector("canvas.map").toDataURL() !== was, still);
await page.keyboard.press("Enter");
await page.locator(".area-panel.open").waitFor();
await page.keyboard.press("Escape");
done("the map works from the keyboard");

const first = page.locator(".regression .term button").first();
await first.focus();
assert.equal(await first.evaluate((b) => getComputedStyle(document.getElementById(b.getAttribute("aria-describedby"))).visibility), "visible");
done("a diagnostic shows its definition on focus");

const folded = page.getByRole("button", { name: /^Show \d+ more diagnostics$/ }).first(), rows = await page.locator("#estimates tbody tr:visible").count();
await folded.click();
assert.ok((await page.locator("#estimates tbody tr:visible").count()) > rows, "no diagnostic came forward");
done("the diagnostics that are folded away come forward");

for (const wanted of ["#sensitivity figure svg", "#profiles .multiples svg", "#spread figure svg", "#contrasts figure svg", "#gap figure svg", "#estimates table", "#profiles figure svg", "#log .uncertainties li", "#log pre.command"])
  assert.ok((await page.locator(wanted).count()) > 0, `nothing at ${wanted}`);
done("every section has its figures and tables");

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
const widths = await narrow.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
assert.ok(widths[0] <= widths[1], `at 320 px the page is ${widths[0]} px wide`);
assert.ok(Object.keys(await colours(narrow.page)).length >= 3, "at 320 px the map does not paint");
done("320 px: no sideways scrolling, the map paints");
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
