// Takes the pictures of gallery: browser, page, folder to write, empty profile.
import { pathToFileURL } from "node:url";
import { statSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, file, folder, profile] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(profile, {
  executablePath, headless: true, viewport: { width: 1180, height: 900 },
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await context.newPage();
await page.goto(pathToFileURL(file).href);
await page.waitForFunction(() => document.documentElement.dataset.ready);
await page.addStyleTag({ content: "nav{position:static!important}.tools,.hint{display:none!important}" });
// POLICY: place of the policy shown, 0 the first.
await page.locator("[data-control=map-scenario]").selectOption({ index: Number(process.env.POLICY ?? 0) });
for (const folded of await page.locator("details.folded").all()) await folded.evaluate((one) => { one.open = true; });
await page.waitForTimeout(600);
const shots = { map: "#map .map-layout", finding: "header", types: "#spread figure >> nth=0", estimates: "#estimates .table >> nth=0", gap: "#gap figure >> nth=0" };
for (const [name, selector] of Object.entries(shots)) {
  const target = page.locator(selector);
  if (!(await target.count())) continue;
  const path = join(folder, `${name}.png`);
  await target.screenshot({ path });
  const size = statSync(path).size;
  console.log(`docs/images/${name}.png  ${Math.round(size / 1024)} KB`);
  if (size > 300 * 1024) throw new Error(`${name}.png is larger than 300 KB`);
}
await context.close();
