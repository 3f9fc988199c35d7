// Numbers, units and names as people read them.

const minus = (text) => text.replace(/-/g, "\u2212");

/** Three significant digits without an exponent where that is short. */
export function digits(value, significant = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "\u2013";
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : "\u2212\u221e";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(1).split("e");
    const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[Number(c)])).join("");
    return `${minus(mantissa)}\u00d710${raised}`;
  }
  const decimals = Math.max(0, Math.min(9, significant - 1 - Math.floor(Math.log10(size) + 1e-12)));
  return minus(value.toLocaleString("en-GB", { minimumFractionDigits: size >= 1e4 ? 0 : decimals, maximumFractionDigits: decimals }));
}

export function money(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "\u2013";
  const size = Math.abs(value), sign = value < 0 ? "\u2212" : "";
  if (size >= 1e9) return `${sign}£${digits(size / 1e9)}bn`;
  if (size >= 1e6) return `${sign}£${digits(size / 1e6)}m`;
  if (size >= 1e3) return `${sign}£${Math.round(size).toLocaleString("en-GB")}`;
  return `${sign}£${digits(size)}`;
}

/** How values of a unit are shown: multiplied by `factor`, named `label`; text(v) writes one with its mark. */
export function display(unit) {
  if (/\blog points?/.test(unit ?? "")) {
    const rest = unit.replace(/^.*?\blog points?/, "").replace(/^ a year(?=,? summed)/, "");
    // 100 x log points is close to percent as long as it is small.
    const label = `%${rest}`;
    return { factor: 100, label, text: (v) => (!Number.isFinite(v) ? digits(v) : v !== 0 && Math.abs(v) < 1e-9 ? "about 0%" : `${digits(v * 100)}%`), plain: (v) => digits(v * 100) };
  }
  if (/^GBP/.test(unit ?? "")) {
    const label = unit.replace(/^GBP ?/, "£ ").replace("£ ,", "£,");
    return { factor: 1, label: label.trim(), text: money, plain: money };
  }
  if (/^(share|employment rate|proportion)/.test(unit ?? "") && !/%|per ?cent/.test(unit)) {  // one in per cent is so already
    return { factor: 100, label: unit.replace(/ a year(?=,? summed)/, "").replace(/^(share|proportion)/, "%").replace(/^employment rate( \(share of working age\))?/, "% of working age"), text: (v) => (Number.isFinite(v) ? `${digits(v * 100)}%` : digits(v)), plain: (v) => digits(v * 100) };
  }
  const label = !unit || unit === "1" ? "" : unit;
  return { factor: 1, label, text: (v) => digits(v), plain: (v) => digits(v) };
}

/** For an axis: money of millions in millions, so that its marks can be read. */
export function axis(unit, values) {
  const shown = display(unit), largest = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
  return /^£/.test(shown.label) && largest >= 1e6 ? { ...shown, factor: 1e-6, label: shown.label.replace("£", "£m") } : shown;
}

/** P as a share of 100, never more certain than the draws allow. */
export function probability(p, draws = 0) {
  if (p === null || p === undefined || Number.isNaN(p)) return "\u2013";
  if (draws && p * draws < 1) return `<${digits(100 / draws, 1)}%`;
  if (draws && (1 - p) * draws < 1) return `>${digits(100 - 100 / draws, 4)}%`;
  return `${digits(100 * p, p > 0.995 || p < 0.095 ? 2 : 2)}%`;
}

const known = {
  uplift: "Growth in the last year",
  cumulative_uplift: "Whole effect over the horizon",
  gva_per_head_uplift: "GVA a head in the last year",
  discounted_gva_uplift: "Discounted GVA a head over the horizon",
  nation: "England",
  lad: "Local authority",
  region: "Region",
  combined_authority: "Combined authority",
  area_type: "Area type",
};

const statistics = {
  first_stage_f: "First-stage F", cragg_donald_f: "Cragg\u2013Donald F", kleibergen_paap_f: "Kleibergen\u2013Paap F", kleibergen_paap_lm: "Kleibergen\u2013Paap LM",
  effective_f: "Effective F", hansen_j: "Hansen J", endogeneity_c: "Endogeneity C", durbin_wu_hausman: "Durbin\u2013Wu\u2013Hausman", anderson_rubin: "Anderson\u2013Rubin",
  r1_z: "Serial correlation r1, z", r2_z: "Serial correlation r2, z", m2_z: "Arellano\u2013Bond m2, z", w1_z: "W1, z", q2: "Q2", morans_i: "Moran\u2019s I", pesaran_cd: "Pesaran CD", equal_shocks_wald: "Equal shocks, Wald",
  equal_rho_wald: "Equal lags, Wald", serial_correlation_z: "Serial correlation, z", partial_r2: "Partial R\u00b2", r2: "R\u00b2", r2_within: "Within R\u00b2", wre_equal_tail: "WRE, equal tails", percentile_t: "Percentile-t", student_t: "Student t",
};
Object.assign(known, statistics);

const upper = new Set(["rdel", "cdel", "ame", "gva", "imd", "cni", "lad", "lsoa", "ukspf", "npsv", "bcr", "iv", "ols", "gmm", "liml", "2sls", "qml", "gs2sls", "hiv", "gp", "fsm", "slx"]);

/** A name of the configuration as words: ring_fence_10 -> Ring fence 10. Names with spaces or capitals stay as they are. */
export function words(name) {
  if (known[name]) return known[name];
  if (!/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name)) return name;
  const parts = name.split("_").map((part) => (upper.has(part) ? part.toUpperCase() : part));
  const text = parts.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const count = (n) => Math.round(n).toLocaleString("en-GB");
export const percentile = (level) => `${Math.round(level * 1000) / 10}%`;

/** The unit of an outcome, with what it is of: a rate is of the last year, a sum of the whole horizon. */
export const outcomeLabel = (outcome, shown) => (outcome === "uplift" && shown.label ? `${shown.label}, in the last year` : shown.label.replace(", summed over the horizon", " over the horizon"));

/** Two digits that people can say, for the first screen; tables have three. */
export function said(value, unit) {
  const shown = display(unit);
  if (shown.factor === 1 && !/^£/.test(shown.label) && value !== 0 && Math.abs(value) < 1e-4) return "about 0";
  if (shown.factor !== 100 || !Number.isFinite(value) || value === 0) return shown.text(value);
  return Math.abs(value) < 1e-6 ? "about 0%" : `${digits(value * 100, 2)}%`;
}

/** Draws from which a band of 90 % can be read (engine/base/few_draws.hpp); of fewer, nothing is told from them. */
export const fewestForBand = 39;

/** Whether draws say a direction: "better", "worse", or "" where it is not told apart from zero: 95 of 100 on a side, as everywhere. */
export const direction = (better, q, draws) => (q[0] === 0 && q[6] === 0 ? "none" : draws < fewestForBand ? "" : better >= 0.95 - 1e-6 ? "better" : better <= 0.05 + 1e-6 ? "worse" : "");
export const verdicts = { better: "clearly better", worse: "clearly worse", "": "not told apart from zero", none: "no effect", untold: "not told by this model: areas' unequal sizes make part of it" };
export const verdictColours = { better: "#01665e", worse: "#8c510a", "": "#6b7785", none: "#6b7785", untold: "#6b7785" };

/** Where an effect comes from. */
export const partNames = { own: "Own shocks", from_funded: "From funded neighbours", from_others: "From others", total: "Together", none: "If nothing spreads" };
