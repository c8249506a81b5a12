import { add, mul, splat } from "./lanes";

/**
 * C (rows ≤ 4, 2 vectors) = start + A · B, with A (4, depth) a strip and B (depth, 2 vectors) rows that are `bDepth` apart; in C and start the vectors are
 * `next` apart.
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
    b0 = load<v128>(b), b1 = load<v128>(b, 16);
    x = load<v128>(a, 0), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, 16), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 32), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 48), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    b0 = load<v128>(b), b1 = load<v128>(b, 16);
    x = load<v128>(a, 64), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, 80), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 96), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 112), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    b0 = load<v128>(b), b1 = load<v128>(b, 16);
    x = load<v128>(a, 128), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, 144), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 160), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 176), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    b0 = load<v128>(b), b1 = load<v128>(b, 16);
    x = load<v128>(a, 192), c00 = add<T, v128>(c00, mul<T, v128>(x, b0)), c01 = add<T, v128>(c01, mul<T, v128>(x, b1));
    x = load<v128>(a, 208), c10 = add<T, v128>(c10, mul<T, v128>(x, b0)), c11 = add<T, v128>(c11, mul<T, v128>(x, b1));
    x = load<v128>(a, 224), c20 = add<T, v128>(c20, mul<T, v128>(x, b0)), c21 = add<T, v128>(c21, mul<T, v128>(x, b1));
    x = load<v128>(a, 240), c30 = add<T, v128>(c30, mul<T, v128>(x, b0)), c31 = add<T, v128>(c31, mul<T, v128>(x, b1));
    b += bDepth;
    if (b == end) break;
    a += 256;
  }
  const r1 = c + (rows > 1 ? cRow : 0);
  const r2 = r1 + (rows > 2 ? cRow : 0);
  const r3 = r2 + (rows > 3 ? cRow : 0);
  store<v128>(c, c00), store<v128>(c + next, c01);
  store<v128>(r1, c10), store<v128>(r1 + next, c11);
  store<v128>(r2, c20), store<v128>(r2 + next, c21);
  store<v128>(r3, c30), store<v128>(r3 + next, c31);
}
