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

let lastId = 0;
export const freshId = (stem) => `${stem}-${++lastId}`;

export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
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

/**
 * A table that scrolls by itself, with its CSV.
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
  const id = freshId("table");
  const more = rows.length > limit
    ? button(`Show all ${rows.length.toLocaleString("en-GB")} rows`, () => { replace(body, render(rows.length)); more.remove(); })
    : null;
  return h("div", { class: "table" },
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": id },
      h("table", {}, h("caption", { id }, caption), head, body)),
    note ? h("p", { class: "note" }, note) : null,
    h("div", { class: "tools" }, more,
      button("Download CSV", () => save(`${fileName(name ?? caption)}.csv`, "text/csv;charset=utf-8",
        csv(columns.map((c) => (c.csv ?? (typeof c.label === "string" ? c.label : "")) + (c.csvUnit ? ` [${c.csvUnit}]` : "")), rows.map((row) => columns.map((c) => c.value(row))))),
        { "aria-label": `Download CSV: ${caption}` })));
}

/** A word with its definition, on hover, on focus and to screen readers. */
export function term(label, definition) {
  if (!definition) return label;
  const id = freshId("term");
  return h("span", { class: "term" }, h("button", { type: "button", "aria-describedby": id }, label), h("span", { role: "tooltip", id }, definition));
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

/** A picture with its caption, its SVG and its table. Draws itself anew when its width changes. */
export function figure({ title, note, draw, name, alternative, wide }) {
  const plot = h("div", { class: "plot" });
  const element = h("figure", { class: wide ? "wide" : null },
    h("figcaption", {}, title, note ? h("span", { class: "note" }, note) : null), plot,
    h("div", { class: "tools" }, button("Download SVG", () => saveSvg(plot, `${fileName(name ?? title)}.svg`), { "aria-label": `Download SVG: ${title}` })),
    alternative ? h("details", { class: "alternative" }, h("summary", {}, "As a table"), alternative) : null);
  let width = 0;
  const paint = () => {
    const now = Math.floor(plot.clientWidth);
    if (!now || now === width) return;
    width = now;
    const drawing = draw(now);
    replace(plot, asPicture(drawing, `${title}${note ? ". " + note : ""}`));
  };
  new ResizeObserver(paint).observe(plot);
  return element;
}

function saveSvg(plot, name) {
  const svgs = [...plot.querySelectorAll("svg")].filter((svg) => !svg.parentElement.closest("svg"));
  const box = plot.getBoundingClientRect();
  const outer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  outer.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  outer.setAttribute("width", box.width);
  outer.setAttribute("height", box.height);
  outer.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  outer.setAttribute("font-family", "system-ui, sans-serif");
  outer.setAttribute("font-size", "12");
  outer.setAttribute("color", "#1a2430");
  for (const svg of svgs) {
    const at = svg.getBoundingClientRect(), copy = svg.cloneNode(true);
    copy.setAttribute("x", at.left - box.left);
    copy.setAttribute("y", at.top - box.top);
    outer.append(copy);
  }
  for (const heading of plot.querySelectorAll(".panel-title")) {
    const at = heading.getBoundingClientRect();
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("x", at.left - box.left);
    text.setAttribute("y", at.bottom - box.top - 4);
    text.setAttribute("font-weight", "600");
    text.textContent = heading.textContent;
    outer.append(text);
  }
  save(name, "image/svg+xml", new XMLSerializer().serializeToString(outer));
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
