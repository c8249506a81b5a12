// A module of its own for `npm run bench`, which compiles it with the core's options (scripts/build.mjs): the core's product alone, and what
// the machine can do at best. No part of the package.

import { add, mul } from "./kernels/lanes";
import { panelBytes, product } from "./kernels/product";

export { panelBytes };

/** The first address that is free. */
export function heapBase(): usize {
  return (__heap_base + 63) & ~63;
}

/** The product, `times` over. */
export function productF32(
  times: u32,
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  bColumn: usize,
  c: usize,
  cRow: usize,
  start: usize,
  startRow: usize,
  rows: usize,
  depth: usize,
  columns: usize,
  panel: usize,
): void {
  for (; times; times--) product<f32>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
}

export function productF64(
  times: u32,
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  bColumn: usize,
  c: usize,
  cRow: usize,
  start: usize,
  startRow: usize,
  rows: usize,
  depth: usize,
  columns: usize,
  panel: usize,
): void {
  for (; times; times--) product<f64>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
}

/**
 * c = c · x + y, `times` over, for 12 vectors in registers: as many chains as a processor needs that begins two multiplications and two additions a cycle
 * and waits three cycles for each. `at`: x, y and the 12, which are written back.
 */
export function probeF32(times: u32, at: usize): void {
  probe<f32>(times, at);
}

export function probeF64(times: u32, at: usize): void {
  probe<f64>(times, at);
}

function probe<T>(times: u32, at: usize): void {
  const x = load<v128>(at);
  const y = load<v128>(at, sizeof<v128>());
  let c0 = load<v128>(at, 2 * sizeof<v128>());
  let c1 = load<v128>(at, 3 * sizeof<v128>());
  let c2 = load<v128>(at, 4 * sizeof<v128>());
  let c3 = load<v128>(at, 5 * sizeof<v128>());
  let c4 = load<v128>(at, 6 * sizeof<v128>());
  let c5 = load<v128>(at, 7 * sizeof<v128>());
  let c6 = load<v128>(at, 8 * sizeof<v128>());
  let c7 = load<v128>(at, 9 * sizeof<v128>());
  let c8 = load<v128>(at, 10 * sizeof<v128>());
  let c9 = load<v128>(at, 11 * sizeof<v128>());
  let c10 = load<v128>(at, 12 * sizeof<v128>());
  let c11 = load<v128>(at, 13 * sizeof<v128>());
  for (; times; times--) {
    c0 = add<T, v128>(mul<T, v128>(c0, x), y);
    c1 = add<T, v128>(mul<T, v128>(c1, x), y);
    c2 = add<T, v128>(mul<T, v128>(c2, x), y);
    c3 = add<T, v128>(mul<T, v128>(c3, x), y);
    c4 = add<T, v128>(mul<T, v128>(c4, x), y);
    c5 = add<T, v128>(mul<T, v128>(c5, x), y);
    c6 = add<T, v128>(mul<T, v128>(c6, x), y);
    c7 = add<T, v128>(mul<T, v128>(c7, x), y);
    c8 = add<T, v128>(mul<T, v128>(c8, x), y);
    c9 = add<T, v128>(mul<T, v128>(c9, x), y);
    c10 = add<T, v128>(mul<T, v128>(c10, x), y);
    c11 = add<T, v128>(mul<T, v128>(c11, x), y);
  }
  store<v128>(at, c0, 2 * sizeof<v128>());
  store<v128>(at, c1, 3 * sizeof<v128>());
  store<v128>(at, c2, 4 * sizeof<v128>());
  store<v128>(at, c3, 5 * sizeof<v128>());
  store<v128>(at, c4, 6 * sizeof<v128>());
  store<v128>(at, c5, 7 * sizeof<v128>());
  store<v128>(at, c6, 8 * sizeof<v128>());
  store<v128>(at, c7, 9 * sizeof<v128>());
  store<v128>(at, c8, 10 * sizeof<v128>());
  store<v128>(at, c9, 11 * sizeof<v128>());
  store<v128>(at, c10, 12 * sizeof<v128>());
  store<v128>(at, c11, 13 * sizeof<v128>());
}
