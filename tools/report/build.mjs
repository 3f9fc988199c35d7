// Builds dist/report.html: the page with its style and script inside, and a place for the data.
//   node build.mjs           build
//   node build.mjs --check   exit 1 where dist/ was not built from these sources (needs no installed package)
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => readFileSync(join(here, name), "utf8");

/** SHA-256 over the names and bytes of everything that the page is made from. */
function sourceHash() {
  const hash = createHash("sha256");
  for (const name of [...readdirSync(join(here, "src")).sort().map((f) => `src/${f}`), "package.json", "package-lock.json", "build.mjs"]) hash.update(`${name}\0${read(name)}\0`);
  return hash.digest("hex");
}

if (process.argv.includes("--check")) {
  const [sources, page] = read("dist/HASH").trim().split("\n").map((line) => line.split(" ")[1]);
  const faults = [];
  if (sources !== sourceHash()) faults.push("its sources have changed since");
  if (page !== createHash("sha256").update(read("dist/report.html")).digest("hex")) faults.push("it was edited by hand");
  if (faults.length) {
    console.error(`tools/report/dist/report.html is stale: ${faults.join("; ")} (run tools/report/build and commit dist/)`);
    process.exit(1);
  }
  console.log("the committed page is what its sources build");
  process.exit(0);
}

const esbuild = await import("esbuild");
const { outputFiles, metafile } = await esbuild.build({ entryPoints: [join(here, "src/main.js")], bundle: true, minify: true, write: false, format: "iife", target: "es2021", charset: "ascii", legalComments: "eof", metafile: true });
const script = outputFiles[0].text.trim().replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
const { code: style } = await esbuild.transform(read("src/style.css"), { loader: "css", minify: true });

/** The licences of the packages whose code is in the page: each text once, below the packages and copyrights that it is of. */
function licences() {
  const bundled = Object.entries(Object.values(metafile.outputs)[0].inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const names = new Set(bundled.map(([file]) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]).filter(Boolean));
  const texts = new Map();
  for (const name of [...names].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const lines = readFileSync(join(folder, readdirSync(folder).find((file) => /^licen[sc]e/i.test(file))), "utf8").trim().split(/\r?\n/);
    const copyright = lines.filter((line) => /^Copyright /.test(line)).map((line) => line.trim());
    const text = lines.filter((line) => !/^Copyright /.test(line) && !/^(the )?(isc|mit) licen[sc]e/i.test(line)).join("\n").replace(/\s+/g, " ").trim();
    if (!texts.has(text)) texts.set(text, []);
    texts.get(text).push(`${name} ${version} (${license}): ${copyright.join("; ")}`);
  }
  return [...texts].map(([text, packages]) => `${packages.join("\n")}\n\n${text}`).join("\n\n");
}

const scriptHash = `sha256-${createHash("sha256").update(script).digest("base64")}`;
const page = read("src/page.html").replace("@@SCRIPT-HASH@@", () => scriptHash).replace("@@STYLE@@", () => style.trim()).replace("@@SCRIPT@@", () => script).trimEnd() + `\n<!-- This page holds code of others:\n\n${licences().replaceAll("--", "- -")}\n-->\n`;
if (page.split("@@SPILLWAY-DATA@@").length !== 2) throw new Error("the page must have one place for its data");
mkdirSync(join(here, "dist"), { recursive: true });
writeFileSync(join(here, "dist/report.html"), page);
writeFileSync(join(here, "dist/HASH"), `sources ${sourceHash()}\npage ${createHash("sha256").update(page).digest("hex")}\n`);
console.log(`dist/report.html: ${Math.round(page.length / 1024)} KB`);
