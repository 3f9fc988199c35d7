// Which area lies under each sample of a picture: 33,000 polygons in one pass, without seams, and recoloured by lookup.

/**
 * Fills `ids` (Int32Array, width x height, -1 where no area lies) by even-odd scan lines through the samples' centres.
 * place: {scale, x, y}: sample = point * scale + (x, y).
 */
export function rasterise(geometry, place, ids, width, height) {
  ids.fill(-1);
  const { points, pointStart, ringStart } = geometry, { scale, x: dx, y: dy } = place;
  let crossings = new Float64Array(256);
  for (let area = 0; area + 1 < ringStart.length; ++area) {
    const first = pointStart[ringStart[area]], last = pointStart[ringStart[area + 1]];
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
    for (let p = first; p < last; ++p) {
      const x = points[2 * p], y = points[2 * p + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    if (!(right * scale + dx >= 0 && left * scale + dx <= width && bottom * scale + dy >= 0 && top * scale + dy <= height)) continue;
    const rowEnd = Math.min(height - 1, Math.floor(bottom * scale + dy - 0.5));
    for (let row = Math.max(0, Math.ceil(top * scale + dy - 0.5)); row <= rowEnd; ++row) {
      const y = (row + 0.5 - dy) / scale;
      let count = 0;
      for (let ring = ringStart[area]; ring < ringStart[area + 1]; ++ring) {
        const begin = pointStart[ring], end = pointStart[ring + 1];
        let before = end - 1;
        for (let p = begin; p < end; before = p++) {
          const ay = points[2 * before + 1], by = points[2 * p + 1];
          if (ay > y === by > y) continue;
          if (count === crossings.length) {
            const longer = new Float64Array(2 * count);
            longer.set(crossings);
            crossings = longer;
          }
          const ax = points[2 * before];
          const x = ax + ((y - ay) / (by - ay)) * (points[2 * p] - ax);
          let at = count++;
          for (; at > 0 && crossings[at - 1] > x; --at) crossings[at] = crossings[at - 1];
          crossings[at] = x;
        }
      }
      for (let k = 0; k + 1 < count; k += 2) {
        const from = Math.max(0, Math.ceil(crossings[k] * scale + dx - 0.5));
        const to = Math.min(width, Math.ceil(crossings[k + 1] * scale + dx - 0.5));
        if (to > from) ids.fill(area, row * width + from, row * width + to);
      }
    }
  }
}

/** Colours (0xAABBGGRR by area) of `ids` into `pixels` (Uint32Array): each the mean of factor x factor samples. */
export function shade(ids, width, height, factor, colourOf, pixels) {
  if (factor === 1) {
    for (let k = 0; k < pixels.length; ++k) pixels[k] = ids[k] < 0 ? 0 : colourOf[ids[k]];
    return;
  }
  const wide = width / factor, tall = height / factor, samples = factor * factor;
  for (let row = 0; row < tall; ++row)
    for (let column = 0; column < wide; ++column) {
      let red = 0, green = 0, blue = 0, found = 0, before = -2, same = true, colour = 0;
      for (let s = 0; s < samples; ++s) {
        const id = ids[(row * factor + ((s / factor) | 0)) * width + column * factor + (s % factor)];
        if (s > 0 && id !== before) same = false;
        before = id;
        if (id < 0) continue;
        colour = colourOf[id];
        red += colour & 255; green += (colour >> 8) & 255; blue += (colour >> 16) & 255;
        ++found;
      }
      pixels[row * wide + column] = found === 0 ? 0
        : same ? colour
        : (Math.round((255 * found) / samples) << 24 | Math.round(blue / found) << 16 | Math.round(green / found) << 8 | Math.round(red / found)) >>> 0;
    }
}
