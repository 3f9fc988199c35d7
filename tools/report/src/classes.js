// Classes of a map: breaks that are round numbers, and colours that colour-blind people tell apart.

// ColorBrewer BrBG and YlGnBu (Brewer, Harrower & Woodruff): safe for the common kinds of colour blindness.
export const diverging = ["#8c510a", "#bf812d", "#dfc27d", "#f6e8c3", "#e3e1dc", "#c7eae5", "#80cdc1", "#35978f", "#01665e"];
export const sequential = ["#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"];
export const missing = "#d9d9de";

/** A colour most of the way to light grey: what is not told apart from zero keeps its hue, and steps back. */
export function paled(colour) {
  const part = (at) => Math.round(0.24 * parseInt(colour.slice(at, at + 2), 16) + 0.76 * 0xee).toString(16).padStart(2, "0");
  return `#${part(1)}${part(3)}${part(5)}`;
}

function round(value) {
  if (!(value > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const mantissa = value / power;
  const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
  return Number((steps.reduce((best, s) => (Math.abs(s - mantissa) < Math.abs(best - mantissa) ? s : best)) * power).toPrecision(3));
}

function quantilesOf(values, shares) {
  const sorted = Float64Array.from(values).sort();
  return shares.map((s) => sorted[Math.min(sorted.length - 1, Math.floor(s * sorted.length))]);
}

/** Limits that grow by half at least: classes that differ to the eye and to the mind. */
function increasing(values) {
  const kept = [];
  for (const v of values) if (v > 0 && v >= 1.5 * (kept.at(-1) ?? 0)) kept.push(v);
  return kept;
}

/** {breaks, colours, of(value) -> class}: symmetric about zero; `better` < 0 turns the colours round. */
export function divergingClasses(values, better = 1) {
  const sizes = [];
  for (const v of values) if (Number.isFinite(v) && v !== 0) sizes.push(Math.abs(v));
  // Nothing is told apart below a thousandth of the largest limit.
  const cuts = sizes.length ? quantilesOf(sizes, [0.03, 0.4, 0.75, 0.95]) : [1];
  const limits = increasing(cuts.map((v) => round(Math.max(v, cuts.at(-1) / 1000))));
  const breaks = [...limits.map((v) => -v).reverse(), ...limits];
  const side = limits.length, spread = [[4], [2, 4], [2, 3, 4], [1, 2, 3, 4]][side - 1].map((k) => (side === 1 ? 3 : k));
  const colours = [...spread.map((k) => diverging[4 - k]).reverse(), diverging[4], ...spread.map((k) => diverging[4 + k])];
  return classes(breaks, better < 0 ? colours.reverse() : colours);
}

export function sequentialClasses(values) {
  const finite = [...values].filter((v) => Number.isFinite(v));
  if (!finite.length) return classes([], [sequential[2]]);
  const cuts = quantilesOf(finite, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6]);
  const low = Math.min(...quantilesOf(finite, [0])), breaks = [];
  for (const cut of cuts) {
    const rounded = cut < 0 ? -round(-cut) : round(cut);
    if (rounded > (breaks.at(-1) ?? low)) breaks.push(rounded);
  }
  return classes(breaks, sequential.slice(0, breaks.length + 1));
}

export const probabilityClasses = () =>
  classes([0.05, 0.25, 0.45, 0.55, 0.75, 0.95], [diverging[0], diverging[1], diverging[2], diverging[4], diverging[6], diverging[7], diverging[8]]);

function classes(breaks, colours) {
  return {
    breaks,
    colours,
    of(value) {
      if (!Number.isFinite(value)) return -1;
      let k = 0;
      while (k < breaks.length && value >= breaks[k]) ++k;
      return k;
    },
  };
}
