// The map: every area on one canvas, coloured by class; hover, click, keys, zoom.
import { select as d3select } from "d3-selection";
import { zoom as d3zoom, zoomIdentity } from "d3-zoom";
import { areaAt, trace } from "./geometry.js";
import { missing, paled } from "./classes.js";
import { rasterise, shade } from "./raster.js";
import { h } from "./dom.js";

/** "#rrggbb" as 0xAABBGGRR. */
const packed = (colour) => (0xff000000 | parseInt(colour.slice(5, 7), 16) << 16 | parseInt(colour.slice(3, 5), 16) << 8 | parseInt(colour.slice(1, 3), 16)) >>> 0;

export class AreaMap {
  /** callbacks: hover(area, event) with -1 for none; pick(area) */
  constructor(geometry, groups, callbacks) {
    this.geometry = geometry;
    this.callbacks = callbacks;
    // The lower canvas is moved by CSS during gestures; the upper one stays, shows marks and takes every event.
    this.canvas = h("canvas", { class: "map", "aria-hidden": "true" });
    this.overlay = h("canvas", { class: "overlay", tabindex: "0", role: "application", "aria-roledescription": "map", "aria-label": "Map of all areas. Arrow keys move, plus and minus zoom, Enter picks the area in the middle, Escape shows all.", "aria-describedby": "map-summary" });
    this.element = h("div", { class: "map-frame" }, this.canvas, this.overlay, h("div", { class: "zoom-buttons" },
      h("button", { type: "button", "aria-label": "Zoom in", onclick: () => this.zoomBy(1.7) }, "+"),
      h("button", { type: "button", "aria-label": "Zoom out", onclick: () => this.zoomBy(1 / 1.7) }, "\u2212"),
      h("button", { type: "button", "aria-label": "Show all areas", class: "reset", onclick: () => this.reset() }, "All")));
    this.transform = zoomIdentity;
    this.picked = -1;
    this.hovered = -1;
    this.borders = { region: groups.region ? geometry.edges(groups.region.of) : null, lad: null };
    this.groups = groups;
    this.zoom = d3zoom().scaleExtent([1, 160]).on("zoom", (event) => {
      this.transform = event.transform;
      this.moving();
    });
    d3select(this.overlay).call(this.zoom).on("dblclick.zoom", null);
    this.overlay.addEventListener("pointermove", (event) => this.hover(event));
    this.overlay.addEventListener("pointerleave", () => this.setHover(-1));
    this.overlay.addEventListener("click", (event) => {
      const area = this.at(event.offsetX, event.offsetY);
      if (area >= 0) callbacks.pick(area);
    });
    this.overlay.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  resize() {
    const width = this.element.clientWidth, height = this.element.clientHeight;
    if (!width || !height || (width === this.width && height === this.height)) return;
    this.width = width;
    this.height = height;
    const dense = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.canvas, this.overlay]) {
      canvas.width = Math.round(width * dense);
      canvas.height = Math.round(height * dense);
    }
    this.dense = dense;
    const { left, right, top, bottom } = this.geometry.bounds, pad = 10;
    this.scale = Math.min((width - 2 * pad) / (right - left || 1), (height - 2 * pad) / (bottom - top || 1));
    this.offsetX = (width - this.scale * (left + right)) / 2;
    this.offsetY = (height - this.scale * (top + bottom)) / 2;
    this.zoom.extent([[0, 0], [width, height]]).translateExtent([[0, 0], [width, height]]);
    this.draw();
  }

  /** classes: of(value), colours; pale(area): whether to step its colour back. Areas are placed once a view; another colouring only looks each sample up. */
  colour(values, classes, pale = null) {
    const counts = new Array(classes.colours.length).fill(0), palette = [...classes.colours, missing].map(packed), light = classes.colours.map((c) => packed(paled(c)));
    let without = 0, faint = 0;
    this.colourOf = new Uint32Array(values.length);
    for (let area = 0; area < values.length; ++area) {
      const k = classes.of(values[area]);
      if (k < 0) ++without;
      else ++counts[k];
      const steps = k >= 0 && pale !== null && pale(area);
      faint += steps;
      this.colourOf[area] = steps ? light[k] : palette[k < 0 ? palette.length - 1 : k];
    }
    this.shade();
    return { counts, missing: without, pale: faint };
  }

  place(context) {
    const { x, y, k } = this.transform, d = this.dense;
    context.setTransform(d * k * this.scale, 0, 0, d * k * this.scale, d * (x + k * this.offsetX), d * (y + k * this.offsetY));
    return k * this.scale;
  }

  draw() {
    if (!this.width) return;
    // Four samples a pixel smooth the borders; dense screens need none.
    const factor = this.dense > 1 ? 1 : 2, { x, y, k } = this.transform, d = this.dense * factor;
    const wide = this.canvas.width * factor, tall = this.canvas.height * factor;
    if (this.ids?.length !== wide * tall) this.ids = new Int32Array(wide * tall);
    rasterise(this.geometry, { scale: d * k * this.scale, x: d * (x + k * this.offsetX), y: d * (y + k * this.offsetY) }, this.ids, wide, tall);
    this.factor = factor;
    this.drawn = this.transform;
    this.canvas.style.transform = "";
    this.shade();
    this.mark();
  }

  shade() {
    if (!this.ids || !this.colourOf) return;
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(this.canvas.width, this.canvas.height);
    shade(this.ids, this.canvas.width * this.factor, this.canvas.height * this.factor, this.factor, this.colourOf, new Uint32Array(image.data.buffer));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.putImageData(image, 0, 0);
    const moved = this.transform;
    this.transform = this.drawn;
    const scale = this.place(context);
    this.transform = moved;
    context.lineJoin = "round";
    if (this.drawn.k > 4 && this.groups.lad) {
      this.borders.lad ??= this.geometry.edges(this.groups.lad.of);
      context.strokeStyle = "rgba(26,36,48,.35)";
      context.lineWidth = 0.8 / scale;
      context.stroke(this.borders.lad);
    }
    if (this.borders.region) {
      context.strokeStyle = "rgba(26,36,48,.6)";
      context.lineWidth = 0.9 / scale;
      context.stroke(this.borders.region);
    }
  }

  /** While a gesture lasts the last picture is moved; the areas are drawn anew when it rests. */
  moving() {
    const { x, y, k } = this.transform, was = this.drawn ?? zoomIdentity, ratio = k / was.k;
    this.canvas.style.transform = `translate(${x - was.x * ratio}px, ${y - was.y * ratio}px) scale(${ratio})`;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.draw(), 90);
    this.mark();
  }

  /** Border round a set of areas; none: no border. */
  outline(areas) {
    this.outlined = null;
    if (areas.length) {
      const within = new Uint8Array(this.geometry.x.length);
      for (const a of areas) within[a] = 1;
      this.outlined = this.geometry.edges(within);
    }
    this.mark();
  }

  mark() {
    const context = this.overlay.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.overlay.width, this.overlay.height);
    if (!this.width) return;
    const scale = this.place(context);
    if (this.outlined) {
      for (const [style, width] of [["#fff", 4], ["#111820", 2]]) {
        context.strokeStyle = style;
        context.lineWidth = width / scale;
        context.stroke(this.outlined);
      }
    }
    for (const [area, width] of [[this.hovered, 1.6], [this.picked, 2.6]]) {
      if (area < 0) continue;
      const path = new Path2D();
      trace(this.geometry, area, path);
      context.strokeStyle = "#fff";
      context.lineWidth = (width + 2) / scale;
      context.stroke(path);
      context.strokeStyle = "#111820";
      context.lineWidth = width / scale;
      context.stroke(path);
    }
    if (this.picked >= 0) {
      // A ring round the picked area: a single LSOA is a dot on a map of England.
      const d = this.dense, [px, py] = this.toScreen(this.geometry.x[this.picked], this.geometry.y[this.picked]);
      context.setTransform(d, 0, 0, d, 0, 0);
      for (const [style, width] of [["#fff", 4.5], ["#111820", 2]]) {
        context.strokeStyle = style;
        context.lineWidth = width;
        context.beginPath();
        context.arc(px, py, 11, 0, 2 * Math.PI);
        context.stroke();
      }
    }
  }

  toScreen(x, y) {
    return this.transform.apply([x * this.scale + this.offsetX, y * this.scale + this.offsetY]);
  }

  /** Pixels are of the frame, untransformed. */
  at(px, py) {
    const [x, y] = this.transform.invert([px, py]);
    return areaAt(this.geometry, (x - this.offsetX) / this.scale, (y - this.offsetY) / this.scale);
  }

  hover(event) {
    const box = this.element.getBoundingClientRect();
    this.setHover(this.at(event.clientX - box.left, event.clientY - box.top), event);
  }

  setHover(area, event) {
    if (area !== this.hovered) {
      this.hovered = area;
      this.mark();
    }
    this.callbacks.hover(area, event);
  }

  pick(area) {
    this.picked = area;
    this.mark();
  }

  zoomBy(factor) {
    d3select(this.overlay).call(this.zoom.scaleBy, factor);
  }
  reset() {
    d3select(this.overlay).call(this.zoom.transform, zoomIdentity);
  }

  /** Bring areas into view. */
  show(areas, largest = 40) {
    const { x, y } = this.geometry;
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
    for (const a of areas) {
      if (!Number.isFinite(x[a] + y[a])) continue;
      left = Math.min(left, x[a]); right = Math.max(right, x[a]); top = Math.min(top, y[a]); bottom = Math.max(bottom, y[a]);
    }
    if (left === Infinity || !this.width) return;
    const span = Math.max((right - left) * this.scale, (bottom - top) * this.scale, 1);
    const k = Math.max(1, Math.min(largest, (0.7 * Math.min(this.width, this.height)) / span));
    const cx = ((left + right) / 2) * this.scale + this.offsetX, cy = ((top + bottom) / 2) * this.scale + this.offsetY;
    d3select(this.overlay).call(this.zoom.transform, zoomIdentity.translate(this.width / 2 - k * cx, this.height / 2 - k * cy).scale(k));
  }

  key(event) {
    const step = 60, moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key]) d3select(this.overlay).call(this.zoom.translateBy, moves[event.key][0] / this.transform.k, moves[event.key][1] / this.transform.k);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.7);
    else if (event.key === "-") this.zoomBy(1 / 1.7);
    else if (event.key === "Escape") this.reset();
    else if (event.key === "Enter") {
      const area = this.at(this.width / 2, this.height / 2);
      if (area >= 0) this.callbacks.pick(area);
    } else return;
    event.preventDefault();
  }
}
