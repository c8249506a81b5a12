import { add, mul, splat } from "./lanes";

// The tile for A in strips (see packing.ts): a step loads a vector for each number of A where it would load a number and spread it. That is one instruction
// in V8, which makes two of `f32x4.splat(load<f32>(p))`, and of a load_splat too unless it is at the pointer itself; and in Cranelift, whose load_splat is slow.
//
// GFLOP/s in f32 with both operands in the first-level cache, for 1, 2, 4 and 8 steps between two stack checks; 3.2 GHz Zen 2, V8 11.3, peak 51:
//
//   4 × 2 vectors, strip            30.7  33.1  34.1  34.7     Cranelift 34.1  36.2  37.3  37.6
//   5 × 2, 6 × 2, strip             32.1  31.2  28.1    –;     26.9  28.8  27.9    –
//   3 × 3, 2 × 4, strip             32.1  32.0  25.6    –;     30.4  32.9  33.4    –
//   4 × 2, A in place, splat(load)  25.5  26.6  26.8  26.8     Cranelift 27.1  27.1  27.2  27.2
//   4 × 2, A in place, load_splat   28.9  31.8  32.4  33.0     Cranelift 22.6  22.6  22.8  22.7
//
// With 8 accumulators the 6 loads of a step, which V8 moves in front of it, and a product fill its 15 registers; with more it spills. Steps that are not
// in blocks of their own it mixes, and spills too. That processor brings 4 instructions a cycle to its floating-point unit, loads included: 22 a step,
// 16 of which compute, are at most 73 % of the peak.

/** Bytes of a vector, and of the 4 of a step. */
const V: usize = sizeof<v128>();
const STEP: usize = 4 * V;

/**
 * C (rows ≤ 4, 2 vectors) = start + A · B, with A (4, depth) a strip and B (depth, 2 vectors) in rows `bDepth` apart. In C and start the second vector is
 * `next` behind the first. Rows that are not there alias the last one.
 */
export function stripTile<T>(
  a: usize,
  b: usize, bDepth: usize,
  c: usize, cRow: usize, next: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize
): void {
  const zero = splat<T, v128>(0 as T);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  if (start) {
    const s1 = start + (rows > 1 ? startRow : 0);
    const s2 = s1 + (rows > 2 ? startRow : 0);
    const s3 = s2 + (rows > 3 ? startRow : 0);
    c00 = load<v128>(start), c01 = load<v128>(start + next);
    c10 = load<v128>(s1), c11 = load<v128>(s1 + next);
    c20 = load<v128>(s2), c21 = load<v128>(s2 + next);
    c30 = load<v128>(s3), c31 = load<v128>(s3 + next);
  }
  const end = b + depth * bDepth;
  let b0: v128, b1: v128, x: v128;
  while (true) {
    b0 = load<v128>(b), b1 = load<v128>(b, V);
    x = load<v128>(a), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, V), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 2 * V), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 3 * V), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    b0 = load<v128>(b), b1 = load<v128>(b, V);
    x = load<v128>(a, STEP), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, STEP + V), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, STEP + 2 * V), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, STEP + 3 * V), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    b0 = load<v128>(b), b1 = load<v128>(b, V);
    x = load<v128>(a, 2 * STEP), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, 2 * STEP + V), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 2 * STEP + 2 * V), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 2 * STEP + 3 * V), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    b0 = load<v128>(b), b1 = load<v128>(b, V);
    x = load<v128>(a, 3 * STEP), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, 3 * STEP + V), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 3 * STEP + 2 * V), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 3 * STEP + 3 * V), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    a += 4 * STEP;
  }
  const r1 = c + (rows > 1 ? cRow : 0);
  const r2 = r1 + (rows > 2 ? cRow : 0);
  const r3 = r2 + (rows > 3 ? cRow : 0);
  store<v128>(c, c00), store<v128>(c + next, c01);
  store<v128>(r1, c10), store<v128>(r1 + next, c11);
  store<v128>(r2, c20), store<v128>(r2 + next, c21);
  store<v128>(r3, c30), store<v128>(r3 + next, c31);
}
