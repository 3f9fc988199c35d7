// Shapes of areas on a plane with y downwards: real boundaries, or cells round the centroids.
import { Delaunay } from "d3-delaunay";
import { Varints } from "./decode.js";

/**
 * {source, x, y (centre of each area), ringStart [area + 1], pointStart [ring + 1], points [x, y, ...], bounds,
 *  delaunay, edges(of) -> Path2D of borders between areas of different groups}
 */
export function geometryOf(run) {
  if (run.data.shapes) return fromShapes(run, run.data.shapes);
  if (run.easting && run.northing) return fromCentroids(run);
  return null;
}

function finish(geometry) {
  const { x, y, points } = geometry;
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (let k = 0; k < points.length; k += 2) {
    left = Math.min(left, points[k]); right = Math.max(right, points[k]);
    top = Math.min(top, points[k + 1]); bottom = Math.max(bottom, points[k + 1]);
  }
  geometry.bounds = { left, right, top, bottom };
  const sites = new Float64Array(2 * x.length);
  for (let k = 0; k < x.length; ++k) {
    sites[2 * k] = Number.isFinite(x[k]) ? x[k] : left;
    sites[2 * k + 1] = Number.isFinite(y[k]) ? y[k] : top;
  }
  geometry.delaunay = new Delaunay(sites);
  return geometry;
}

/** Cells round the centres of a triangulation: {voronoi, radius [area], cell(area) -> [x, y, ...]}. */
function cellsOf(delaunay, x, y) {
  const n = x.length;
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (let k = 0; k < n; ++k) {
    if (!Number.isFinite(x[k] + y[k])) continue;
    left = Math.min(left, x[k]); right = Math.max(right, x[k]); top = Math.min(top, y[k]); bottom = Math.max(bottom, y[k]);
  }
  const pad = 0.02 * Math.max(right - left, bottom - top) || 1;
  const voronoi = delaunay.voronoi([left - pad, top - pad, right + pad, bottom + pad]);
  const radius = new Float64Array(n);
  for (let k = 0; k < n; ++k) {
    const lengths = [];
    for (const j of delaunay.neighbors(k)) lengths.push(Math.hypot(x[j] - x[k], y[j] - y[k]));
    lengths.sort((a, b) => a - b);
    // Cells on the coast would run into the sea: none reaches much further than most of its neighbours.
    radius[k] = lengths.length ? Math.min(0.85 * lengths[Math.floor(0.62 * (lengths.length - 1))], 1.8 * lengths[Math.min(1, lengths.length - 1)]) : pad / 4;
  }
  const widest = Float64Array.from(radius).sort()[Math.floor(0.985 * (n - 1))];
  for (let k = 0; k < n; ++k) radius[k] = Math.min(radius[k], widest); // islands stand far from everything
  const cell = (k) => {
    const ring = [], polygon = voronoi.cellPolygon(k) ?? [];
    for (let p = 0; p + 1 < polygon.length; ++p) {
      const dx = polygon[p][0] - x[k], dy = polygon[p][1] - y[k], far = Math.hypot(dx, dy);
      const pull = far > radius[k] ? radius[k] / far : 1;
      ring.push(x[k] + dx * pull, y[k] + dy * pull);
    }
    return ring;
  };
  return { voronoi, radius, cell };
}

function fromCentroids(run) {
  const n = run.count, x = Float64Array.from(run.easting), y = Float64Array.from(run.northing, (v) => -v);
  const sites = new Float64Array(2 * n);
  for (let k = 0; k < n; ++k) { sites[2 * k] = x[k]; sites[2 * k + 1] = y[k]; }
  const delaunay = new Delaunay(sites), { voronoi, radius, cell } = cellsOf(delaunay, x, y);
  const points = [], ringStart = new Int32Array(n + 1), pointStart = [0];
  for (let k = 0; k < n; ++k) {
    const ring = cell(k);
    if (ring.length) {
      points.push(...ring);
      pointStart.push(points.length / 2);
    }
    ringStart[k + 1] = pointStart.length - 1;
  }
  const edges = (of) => {
    const path = new Path2D(), { halfedges, triangles } = delaunay, { circumcenters: c } = voronoi;
    for (let e = 0; e < halfedges.length; ++e) {
      const opposite = halfedges[e];
      if (opposite < e) continue;
      const a = triangles[e], b = triangles[opposite];
      if (of[a] === of[b]) continue;
      const t = Math.floor(e / 3) * 2, s = Math.floor(opposite / 3) * 2;
      const reach = 1.35 * Math.max(radius[a], radius[b]);
      if (Math.hypot(c[t] - x[a], c[t + 1] - y[a]) > reach || Math.hypot(c[s] - x[a], c[s + 1] - y[a]) > reach) continue;
      path.moveTo(c[t], c[t + 1]);
      path.lineTo(c[s], c[s + 1]);
    }
    return path;
  };
  return finish({ source: "cells drawn round each area's centroid; they are not real boundaries", x, y, points: Float64Array.from(points), ringStart, pointStart: Int32Array.from(pointStart), edges });
}

function fromShapes(run, shapes) {
  const n = run.count, packed = new Varints(shapes.arcs), arcs = [];
  let px = 0, py = 0;
  for (let k = 0; k < shapes.arcCount; ++k) {
    const arc = new Float64Array(2 * packed.next());
    for (let p = 0; p < arc.length; p += 2) {
      px += packed.signed();
      py += packed.signed();
      // In degrees, x is squeezed so that both axes have one scale.
      arc[p] = (shapes.x + px * shapes.stepX) * shapes.squeeze;
      arc[p + 1] = -(shapes.y + py * shapes.stepY);
    }
    arcs.push(arc);
  }
  const areas = new Varints(shapes.areas), points = [], ringStart = new Int32Array(n + 1), pointStart = [0];
  const x = new Float64Array(n).fill(NaN), y = new Float64Array(n).fill(NaN);
  const sides = Array.from({ length: arcs.length }, () => []);
  let arcAt = 0;
  for (let k = 0; k < n; ++k) {
    let largest = 0;
    for (let polygons = areas.next(); polygons > 0; --polygons)
      for (let rings = areas.next(), outer = true; rings > 0; --rings, outer = false) {
        const begin = points.length;
        for (let parts = areas.next(); parts > 0; --parts) {
          arcAt += areas.signed();
          const backwards = arcAt < 0, index = backwards ? ~arcAt : arcAt, arc = arcs[index];
          sides[index].push(k);
          for (let p = 0; p < arc.length; p += 2) {
            const at = backwards ? arc.length - 2 - p : p;
            if (p === 0 && points.length > begin) continue;
            points.push(arc[at], arc[at + 1]);
          }
        }
        pointStart.push(points.length / 2);
        if (outer) {
          const [area, cx, cy] = centre(points, begin);
          if (area >= largest) { largest = area; x[k] = cx; y[k] = cy; }
        }
      }
    ringStart[k + 1] = pointStart.length - 1;
  }
  const edges = (of) => {
    const path = new Path2D();
    arcs.forEach((arc, k) => {
      const [a, shape] = sides[k], b = shape ?? (a === undefined ? undefined : geometry.across?.(a, arc));
      if (a === undefined || (b !== undefined && of[a] === of[b])) return;
      path.moveTo(arc[0], arc[1]);
      for (let p = 2; p < arc.length; p += 2) path.lineTo(arc[p], arc[p + 1]);
    });
    return path;
  };
  let geometry = { source: "boundaries of the data pack, simplified for display", real: true, x, y, points: Float64Array.from(points), ringStart, pointStart: Int32Array.from(pointStart), edges };
  if (!shapes.degrees) geometry = withCells(run, geometry);
  return finish(geometry);
}

/** Areas without a shape (parts of an area that was divided) as cells round their centroids, between the shapes of the rest. */
function withCells(run, geometry) {
  const { x, y, ringStart } = geometry, n = x.length, bare = [];
  if (!run.easting || !run.northing) return geometry;
  for (let k = 0; k < n; ++k)
    if (ringStart[k] === ringStart[k + 1] && Number.isFinite(run.easting[k] + run.northing[k])) {
      bare.push(k);
      x[k] = run.easting[k];
      y[k] = -run.northing[k];
    }
  if (!bare.length) return geometry;
  const placed = [], at = new Map();
  for (let k = 0; k < n; ++k) if (Number.isFinite(x[k] + y[k])) { at.set(k, placed.length); placed.push(k); }
  const sites = new Float64Array(2 * placed.length);
  placed.forEach((k, p) => { sites[2 * p] = x[k]; sites[2 * p + 1] = y[k]; });
  const delaunay = new Delaunay(sites), { cell } = cellsOf(delaunay, placed.map((k) => x[k]), placed.map((k) => y[k]));
  const points = [], rings = new Int32Array(n + 1), pointStart = [0], add = new Set(bare);
  for (let k = 0; k < n; ++k) {
    for (let ring = ringStart[k]; ring < ringStart[k + 1]; ++ring) {
      for (let p = 2 * geometry.pointStart[ring]; p < 2 * geometry.pointStart[ring + 1]; ++p) points.push(geometry.points[p]);
      pointStart.push(points.length / 2);
    }
    if (add.has(k)) {
      const ring = cell(at.get(k));
      if (ring.length) {
        for (const value of ring) points.push(value);
        pointStart.push(points.length / 2);
      }
    }
    rings[k + 1] = pointStart.length - 1;
  }
  // What lies behind a border that has one shape only: an area without one, or the sea where none is about as near.
  const across = (area, arc) => {
    const middle = 2 * Math.floor(arc.length / 4), px = arc[middle], py = arc[middle + 1];
    let nearest, reach = 1.5 * Math.hypot(px - x[area], py - y[area]);
    for (const p of delaunay.neighbors(at.get(area))) {
      const k = placed[p], far = Math.hypot(px - x[k], py - y[k]);
      if (add.has(k) && far < reach) { nearest = k; reach = far; }
    }
    return nearest;
  };
  const count = bare.length.toLocaleString("en-GB");
  return { ...geometry, across, source: `${geometry.source}; ${count} ${bare.length === 1 ? "area" : "areas"} without one ${bare.length === 1 ? "is a cell" : "are cells"} drawn round the centroid`, points: Float64Array.from(points), ringStart: rings, pointStart: Int32Array.from(pointStart) };
}

function centre(points, begin) {
  let area = 0, cx = 0, cy = 0;
  const x0 = points[begin], y0 = points[begin + 1];
  for (let p = begin, end = points.length; p < end; p += 2) {
    const q = p + 2 < end ? p + 2 : begin;
    const ax = points[p] - x0, ay = points[p + 1] - y0, bx = points[q] - x0, by = points[q + 1] - y0, cross = ax * by - bx * ay;
    area += cross; cx += (ax + bx) * cross; cy += (ay + by) * cross;
  }
  return area ? [Math.abs(area), x0 + cx / (3 * area), y0 + cy / (3 * area)] : [0, x0, y0];
}

export function inside(geometry, area, px, py) {
  const { points, pointStart, ringStart } = geometry;
  let within = false;
  for (let ring = ringStart[area]; ring < ringStart[area + 1]; ++ring) {
    const begin = pointStart[ring], end = pointStart[ring + 1];
    for (let a = begin, b = end - 1; a < end; b = a++) {
      const ax = points[2 * a], ay = points[2 * a + 1], bx = points[2 * b], by = points[2 * b + 1];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
    }
  }
  return within;
}

/** The area at a point, or -1. */
export function areaAt(geometry, px, py) {
  const near = geometry.delaunay.find(px, py);
  if (near < 0) return -1;
  const seen = new Set([near]);
  let ring = [near];
  // A centroid's neighbours' neighbours: enough for long shapes.
  for (let depth = 0; depth < 4; ++depth) {
    for (const area of ring) if (inside(geometry, area, px, py)) return area;
    const next = [];
    for (const area of ring) for (const j of geometry.delaunay.neighbors(area)) if (!seen.has(j)) { seen.add(j); next.push(j); }
    ring = next;
    if (!geometry.real) return -1;
  }
  return -1;
}

export function trace(geometry, area, path) {
  const { points, pointStart, ringStart } = geometry;
  for (let ring = ringStart[area]; ring < ringStart[area + 1]; ++ring) {
    const begin = pointStart[ring], end = pointStart[ring + 1];
    if (end - begin < 3) continue;
    path.moveTo(points[2 * begin], points[2 * begin + 1]);
    for (let p = begin + 1; p < end; ++p) path.lineTo(points[2 * p], points[2 * p + 1]);
    path.closePath();
  }
}
