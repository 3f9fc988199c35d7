// Elements, tables and figures. Text from data only ever becomes text nodes, so no name can turn into markup.

/** h("p", {class: "x", onclick: f}, "text", child) */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

/** f, at once where the element is on the screen, else when the browser is idle: once for however many calls. */
export function whenSeen(element, f) {
  const idle = window.requestIdleCallback ?? ((g) => setTimeout(g, 50));
  let waiting = false;
  return () => {
    const box = element.getBoundingClientRect();
    if (element.isConnected && box.bottom > 0 && box.top < innerHeight && element.checkVisibility?.() !== false) {
      waiting = false;
      f();
    } else if (!waiting) {
      waiting = true;
      idle(() => { if (waiting) { waiting = false; f(); } }, { timeout: 1000 });
    }
  };
}

let lastId = 0;
export const freshId = (stem) => `${stem}-${++lastId}`;

export const save = (name, type, text) => saveBlob(name, new Blob([text], { type }));

function saveBlob(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** A cell of a CSV file. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
function cell(value) {
  if (value === null || value === undefined || (typeof value === "number" && Number.isNaN(value))) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
export const csv = (header, rows) => [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

const fileName = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

export const button = (label, onclick, attributes = {}) => h("button", { type: "button", class: "small", onclick, ...attributes }, label);

/** Tables that are wider than the page stand as a list, row by row: nothing scrolls within the page. */
function fits(wrap) {
  let width = 0;
  new ResizeObserver(() => {
    const now = wrap.clientWidth;
    if (!now || now === width) return;
    width = now;
    wrap.classList.remove("stacked");
    wrap.classList.toggle("stacked", wrap.firstChild.scrollWidth > now + 1);
  }).observe(wrap);
  return wrap;
}

/** A table that is made elsewhere, with cells that know their column. */
export function fitted(element) {
  const labels = [...element.querySelectorAll("thead th")].map((th) => th.firstChild?.textContent ?? "");
  for (const row of element.querySelectorAll("tbody tr")) [...row.children].forEach((cell, k) => { if (cell.tagName === "TD") cell.dataset.label ??= labels[k] ?? ""; });
  return fits(h("div", { class: "fit" }, element));
}

/**
 * A table with its CSV.
 * columns: {label, value(row) for the CSV, show(row) for the page, unit, number, head, help}
 */
export function table({ caption, columns, rows, name, note, limit = 60 }) {
  const render = (count) =>
    rows.slice(0, count).map((row) =>
      h("tr", {}, columns.map((column) => {
        const content = column.show ? column.show(row) : column.value(row);
        return h(column.head ? "th" : "td", { scope: column.head ? "row" : null, class: column.number ? "number" : null, "data-label": typeof column.label === "string" ? column.label : null }, content ?? "");
      })));
  const body = h("tbody", {}, render(limit));
  const head = h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col", class: c.number ? "number" : null }, c.help ? term(c.label, c.help) : c.label, c.unit ? h("span", { class: "unit" }, ` ${c.unit}`) : null))));
  const more = rows.length > limit
    ? button(`Show all ${rows.length.toLocaleString("en-GB")} rows`, () => { replace(body, render(rows.length)); more.remove(); })
    : null;
  return h("div", { class: "table" },
    fits(h("div", { class: "fit" }, h("table", {}, h("caption", {}, caption), head, body))),
    note ? h("p", { class: "note" }, note) : null,
    h("div", { class: "tools" }, more,
      button("Download CSV", () => save(`${fileName(name ?? caption)}.csv`, "text/csv;charset=utf-8",
        csv(columns.map((c) => (c.csv ?? (typeof c.label === "string" ? c.label : "")) + (c.csvUnit ? ` [${c.csvUnit}]` : "")), rows.map((row) => columns.map((c) => c.value(row))))),
        { "aria-label": `Download CSV: ${caption}` })));
}

/** A word with its definition: while the pointer or the keyboard is on it, until Escape, and to screen readers. */
export function term(label, definition) {
  if (!definition) return label;
  const id = freshId("term"), tip = h("span", { role: "tooltip", id }, definition);
  const put = () => {
    // On the screen, wherever the word stands.
    const box = word.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${box.bottom + 2 + tip.offsetHeight > innerHeight ? box.top - tip.offsetHeight - 2 : box.bottom + 2}px`;
    tip.classList.remove("gone");
  };
  const word = h("button", { type: "button", "aria-describedby": id, onpointerenter: put, onfocus: put, onkeydown: (event) => { if (event.key === "Escape") tip.classList.add("gone"); } }, label);
  tips.push({ tip, word, put });
  return h("span", { class: "term" }, word, tip);
}
const tips = [];

/** One tip for all charts: it follows the pointer and goes with it. */
const tip = h("div", { class: "tooltip chart-tip", hidden: true, "aria-hidden": "true" });
const hideTip = () => { tip.hidden = true; for (const t of tips) t.tip.classList.add("gone"); };
addEventListener("scroll", () => {
  tip.hidden = true;
  // Focus scrolls a word into view: its definition goes there with it.
  for (const t of tips) {
    if (t.word === document.activeElement && t.word.matches(":focus-visible") && !t.tip.classList.contains("gone")) t.put();
    else t.tip.classList.add("gone");
  }
}, { passive: true, capture: true });
addEventListener("blur", hideTip);
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
export function showTip(text, event) {
  if (!tip.isConnected) document.body.append(tip);
  replace(tip, text.split("\n").map((line, k) => h(k ? "span" : "strong", {}, line)));
  tip.hidden = false;
  const wide = document.documentElement.clientWidth;
  tip.style.left = `${Math.max(6, Math.min(wide - tip.offsetWidth - 6, event.clientX + 14))}px`;
  tip.style.top = `${event.clientY + 18 + tip.offsetHeight > innerHeight ? Math.max(4, event.clientY - tip.offsetHeight - 10) : event.clientY + 18}px`;
}

/** One picture to screen readers, with one label: those that Plot puts on its groups are not for them. */
export function asPicture(drawing, label) {
  for (const part of drawing.querySelectorAll("[aria-label], [aria-description]")) {
    part.removeAttribute("aria-label");
    part.removeAttribute("aria-description");
  }
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", label);
  return drawing;
}

/** Text of a mark's tip, and the key of what a click on it picks. */
export const tipped = (text, key = "") => `${text}\u0001${key}`;

function liveMarks(plot, pick) {
  for (const title of plot.querySelectorAll("svg title")) {
    const [text, key] = title.textContent.split("\u0001"), mark = title.parentElement;
    mark.dataset.tip = text;
    if (key) mark.dataset.key = key;
    title.remove();
  }
  const under = (event) => event.target.closest?.("[data-tip]");
  plot.onpointermove = (event) => { const mark = under(event); if (mark) showTip(mark.dataset.tip, event); else hideTip(); };
  plot.onpointerleave = plot.onpointercancel = hideTip;
  plot.onpointerup = (event) => { if (event.pointerType !== "mouse") hideTip(); };
  if (pick) plot.onclick = (event) => { const key = event.target.closest?.("[data-key]")?.dataset.key; if (key) pick(key); };
}

/** A picture with its caption, its files and its table. Draws itself anew when its width changes, or on redraw(). */
export function figure({ title, note, draw, name, alternative, wide, pick, unit, legend }) {
  const plot = h("div", { class: pick ? "plot picks" : "plot" });
  const said = h("span", { class: "note" }, note ?? "");
  const heading = h("span", {}, title);
  const file = () => fileName(name ?? heading.textContent);
  const sheet = () => sheetOf(plot, { title: heading.textContent, note: said.textContent, unit, legend });
  const element = h("figure", { class: wide ? "wide" : null },
    h("figcaption", {}, heading, said), plot,
    h("div", { class: "tools" },
      button("Download SVG", () => save(`${file()}.svg`, "image/svg+xml", sheet()), { "aria-label": `Download SVG: ${title}` }),
      button("PNG", () => savePng(`${file()}.png`, sheet()), { "aria-label": `Download PNG: ${title}` })),
    alternative ? h("details", { class: "alternative" }, h("summary", {}, "As a table"), alternative) : null);
  let width = 0;
  const paint = (now) => {
    width = now;
    replace(plot, asPicture(draw(now), `${heading.textContent}${said.textContent ? ". " + said.textContent : ""}`));
    liveMarks(plot, pick);
  };
  new ResizeObserver(() => {
    const now = Math.floor(plot.clientWidth);
    if (now && now !== width) paint(now);
  }).observe(plot);
  element.redraw = (changes = {}) => {
    if (changes.title !== undefined) heading.textContent = changes.title;
    if (changes.note !== undefined) said.textContent = changes.note;
    if (plot.clientWidth) paint(Math.floor(plot.clientWidth));
  };
  return element;
}

let source = "";
/** What every file says of where it comes from. */
export const setSource = (text) => { source = text; };

/** Lines of at most so many letters. */
function wrapped(text, letters) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    if (lines.at(-1) && lines.at(-1).length + word.length + 1 > letters) lines.push(word);
    else lines[lines.length - 1] += (lines.at(-1) ? " " : "") + word;
  }
  return lines.filter(Boolean);
}

const svgNamespace = "http://www.w3.org/2000/svg";
export function svgElement(tag, attributes, text) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * A drawing as one SVG that stands alone: title, note and unit above, legend and source below.
 * legend: [{colour, text}]; body(outer, top) puts the drawing in and says how tall it is.
 */
export function sheetSvg({ title, note, unit, legend = [], width, body }) {
  const outer = svgElement("svg", { xmlns: svgNamespace, "font-family": "system-ui, 'DejaVu Sans', sans-serif", "font-size": 12, color: "#1a2430", fill: "#1a2430" });
  const back = svgElement("rect", { x: 0, y: 0, fill: "#fff" });
  outer.append(back, svgElement("title", {}, title));
  let y = 10;
  const write = (text, size, attributes = {}) => {
    for (const line of wrapped(text, Math.floor((width - 20) / (size * 0.54)))) outer.append(svgElement("text", { x: 10, y: (y += size * 1.35), "font-size": size, ...attributes }, line));
  };
  write(title, 16, { "font-weight": 600 });
  if (note) write(note, 12, { fill: "#4a5663" });
  if (unit) write(`Unit: ${unit}`, 12, { fill: "#4a5663" });
  y += 14;
  y += body(outer, y) + 6;
  legend.forEach(({ colour, text }) => {
    outer.append(svgElement("rect", { x: 10, y: y + 4, width: 22, height: 13, fill: colour, stroke: "#888", "stroke-width": 0.5 }));
    outer.append(svgElement("text", { x: 40, y: y + 15 }, text));
    y += 18;
  });
  if (source) write(source, 11, { fill: "#4a5663" });
  y += 12;
  outer.setAttribute("width", width);
  outer.setAttribute("height", Math.ceil(y));
  outer.setAttribute("viewBox", `0 0 ${width} ${Math.ceil(y)}`);
  back.setAttribute("width", width);
  back.setAttribute("height", Math.ceil(y));
  return new XMLSerializer().serializeToString(outer);
}

function sheetOf(plot, about) {
  const box = plot.getBoundingClientRect();
  return sheetSvg({
    ...about, width: Math.ceil(box.width) + 20,
    body(outer, top) {
      for (const svg of [...plot.querySelectorAll("svg")].filter((one) => !one.parentElement.closest("svg"))) {
        const at = svg.getBoundingClientRect(), copy = svg.cloneNode(true);
        copy.setAttribute("x", at.left - box.left + 10);
        copy.setAttribute("y", at.top - box.top + top);
        for (const mark of copy.querySelectorAll("[data-tip]")) { mark.removeAttribute("data-tip"); mark.removeAttribute("data-key"); }
        outer.append(copy);
      }
      for (const heading of plot.querySelectorAll(".panel-title")) {
        const at = heading.getBoundingClientRect();
        outer.append(svgElement("text", { x: at.left - box.left + 10, y: at.bottom - box.top - 4 + top, "font-weight": 600 }, heading.textContent));
      }
      return box.height;
    },
  });
}

/** An SVG as a picture of twice its size. */
export function savePng(name, svg) {
  const image = new Image();
  image.onload = () => {
    const canvas = h("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => saveBlob(name, blob), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

export function select(label, options, value, onchange, attributes = {}) {
  const id = freshId("select");
  const element = h("select", { id, onchange: () => onchange(element.value), ...attributes },
    options.map((o) => o.options
      ? h("optgroup", { label: o.label }, o.options.map((inner) => h("option", { value: inner.value }, inner.label)))
      : h("option", { value: o.value }, o.label)));
  element.value = value;
  return { field: h("div", { class: "field" }, h("label", { for: id }, label), element), element };
}
