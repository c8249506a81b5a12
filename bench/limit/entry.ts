// What the section "limit" times: the core's own product, alone, and what the machine could do at best. Compiled by ./compile.ts with the
// core's options; no part of the package.

import { product } from "../../assembly/kernels/product";
import { add, mul } from "../../assembly/kernels/lanes";

/** `times` the product, whose parameters are those of assembly/kernels/product.ts. */
export function productF32(
  times: u32,
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  for (; times; times--) product<f32>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
}

export function productF64(
  times: u32,
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  for (; times; times--) product<f64>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
}

/** `times` 12 vectors · x + y in registers, the number of chains being what hides the latency of a multiplication and an addition. */
export function probeF32(times: u32, at: usize): void {
  probe<f32>(times, at);
}

export function probeF64(times: u32, at: usize): void {
  probe<f64>(times, at);
}

function probe<T>(times: u32, at: usize): void {
  const x = load<v128>(at);
  const y = load<v128>(at, 16);
  let c0 = load<v128>(at, 32);
  let c1 = load<v128>(at, 48);
  let c2 = load<v128>(at, 64);
  let c3 = load<v128>(at, 80);
  let c4 = load<v128>(at, 96);
  let c5 = load<v128>(at, 112);
  let c6 = load<v128>(at, 128);
  let c7 = load<v128>(at, 144);
  let c8 = load<v128>(at, 160);
  let c9 = load<v128>(at, 176);
  let c10 = load<v128>(at, 192);
  let c11 = load<v128>(at, 208);
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
  store<v128>(at, c0, 32);
  store<v128>(at, c1, 48);
  store<v128>(at, c2, 64);
  store<v128>(at, c3, 80);
  store<v128>(at, c4, 96);
  store<v128>(at, c5, 112);
  store<v128>(at, c6, 128);
  store<v128>(at, c7, 144);
  store<v128>(at, c8, 160);
  store<v128>(at, c9, 176);
  store<v128>(at, c10, 192);
  store<v128>(at, c11, 208);
}
