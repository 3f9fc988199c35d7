// Packed arrays of the report's JSON back to numbers; the other side of tools/export/report_encode.cpp.

import { strFromU8, unzlibSync } from "fflate";

/** The page's data: JSON, zlib, base64. The library unpacks in every browser; DecompressionStream lacks in those before 2023. */
export const pageData = (text) => JSON.parse(strFromU8(unzlibSync(bytes(text.trim()))));

export function bytes(base64) {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let k = 0; k < text.length; ++k) out[k] = text.charCodeAt(k);
  return out;
}

// IEEE 754 binary16: all 65,536 values once.
let halves = null;
function halfTable() {
  if (halves) return halves;
  halves = new Float32Array(65536);
  for (let bits = 0; bits < 65536; ++bits) {
    const exponent = (bits >> 10) & 31, fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1;
    halves[bits] =
      exponent === 0 ? sign * fraction * 2 ** -24
      : exponent === 31 ? (fraction ? NaN : sign * Infinity)
      : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halves;
}

/** Three planes of bytes: sign, six bits of exponent, seventeen of mantissa. */
function fine({ f24, scale }) {
  const plane = bytes(f24), n = plane.length / 3, out = new Float32Array(n);
  for (let k = 0; k < n; ++k) {
    const code = (plane[k] << 16) | (plane[n + k] << 8) | plane[2 * n + k], exponent = (code >> 17) & 63;
    out[k] = code === 0xffffff ? NaN : exponent === 0 ? 0 : (code & 0x800000 ? -1 : 1) * (1 + (code & 0x1ffff) / 131072) * 2 ** (exponent - 63) * scale;
  }
  return out;
}

/** Numbers of any packing as a Float32Array; null stays null. */
export function numbers(packed) {
  if (!packed) return null;
  if (packed.f24 !== undefined) return fine(packed);
  if (packed.f32 !== undefined) return new Float32Array(bytes(packed.f32).buffer);
  const short = new Uint16Array(bytes(packed.half ?? packed.u16).buffer);
  const out = new Float32Array(short.length);
  if (packed.half !== undefined) {
    const table = halfTable();
    for (let k = 0; k < out.length; ++k) out[k] = table[short[k]] * packed.scale;
  } else {
    for (let k = 0; k < out.length; ++k) out[k] = short[k] === 65535 ? NaN : packed.low + packed.step * short[k];
  }
  return out;
}

/** Places in a list: -1 is none. */
export function places(packed) {
  const short = new Uint16Array(bytes(packed.u16).buffer);
  return Int32Array.from(short, (v) => (v === 65535 ? -1 : v));
}

/** Texts from what each adds to the one before: the length of the common beginning as a digit of base 36, then the rest. */
export function texts(coded) {
  let before = "";
  return coded.map((text) => (before = before.slice(0, parseInt(text[0], 36)) + text.slice(1)));
}

/** Reads LEB128 numbers one after another. */
export class Varints {
  constructor(base64) {
    this.bytes = bytes(base64);
    this.at = 0;
  }
  next() {
    let value = 0, factor = 1, byte;
    do {
      byte = this.bytes[this.at++];
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return value;
  }
  signed() {
    const value = this.next();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
}
