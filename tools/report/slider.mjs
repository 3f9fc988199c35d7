// How long a move of the page's sliders takes: browser, page, empty profile. 30 moves of the size, 10 of the year, in a shuffled order.
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, file, profile] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(profile, {
  executablePath, headless: true, viewport: { width: 1440, height: 900 },
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
context.setDefaultTimeout(120000);
const page = await context.newPage();
const began = Date.now();
await page.goto(pathToFileURL(file).href);
await page.waitForFunction(() => document.documentElement.dataset.ready);
console.log(`opened in ${Date.now() - began} ms`);
const timed = (control, moves) => page.locator(`[data-control=${control}]`).first().evaluate(async (first, { control, moves }) => {
  const times = [];
  for (let k = 0; k < moves; ++k) {
    const slider = document.querySelector(`[data-control=${control}]`), steps = Math.round((slider.max - slider.min) / slider.step);
    const start = performance.now();
    slider.value = Number(slider.min) + ((k * 7 + 3) % (steps + 1)) * slider.step;
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}, { control, moves });
for (const [control, moves] of [["size", 30], ["year", 10]]) {
  if (!(await page.locator(`[data-control=${control}]`).count())) continue;
  const times = await timed(control, moves);
  console.log(`a move of the ${control}: ${Math.round(times[times.length >> 1])} ms in the middle, ${Math.round(times.at(-1))} ms at most, of ${moves}`);
}
await context.close();
