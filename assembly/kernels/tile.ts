import { add, mul, splat } from "./lanes";

// The tile for operands that lie anywhere: small products, whose operands would be copied for too little work. See product.ts for the parameters.

/** Rows of a tile, here and in strip.ts: with 2 vectors of columns 8 accumulators, which leave V8 enough of its 15 registers for a step's operands. */
export const TILE_ROWS: usize = 4;

/** All rows of two `V` of columns, which lie `bNext` and `cNext` bytes apart. */
export function tiles<T, V>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bNext: usize,
  c: usize, cRow: usize, cNext: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize
): void {
  for (let row: usize = 0; row < rows; row += TILE_ROWS) {
    tile<T, V>(
      a + row * aRow, aRow, aDepth, b, bDepth, bNext, c + row * cRow, cRow, cNext,
      start ? start + row * startRow : 0, startRow, min(rows - row, TILE_ROWS), depth
    );
  }
}

/** C (rows ≤ 4, 2 V). Rows that are not there alias the last one, which is then computed and stored more than once. */
function tile<T, V>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bNext: usize,
  c: usize, cRow: usize, cNext: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize
): void {
  let a0 = a;
  let a1 = a0 + (rows > 1 ? aRow : 0);
  let a2 = a1 + (rows > 2 ? aRow : 0);
  let a3 = a2 + (rows > 3 ? aRow : 0);
  const zero = splat<T, V>(0 as T);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  if (start) {
    const s1 = start + (rows > 1 ? startRow : 0);
    const s2 = s1 + (rows > 2 ? startRow : 0);
    const s3 = s2 + (rows > 3 ? startRow : 0);
    c00 = load<V>(start), c01 = load<V>(start + cNext);
    c10 = load<V>(s1), c11 = load<V>(s1 + cNext);
    c20 = load<V>(s2), c21 = load<V>(s2 + cNext);
    c30 = load<V>(s3), c31 = load<V>(s3 + cNext);
  }
  const end = b + depth * bDepth;
  for (; b != end; b += bDepth) {
    const b0 = load<V>(b);
    const b1 = load<V>(b + bNext);
    const x0 = splat<T, V>(load<T>(a0));
    c00 = add<T, V>(c00, mul<T, V>(x0, b0));
    c01 = add<T, V>(c01, mul<T, V>(x0, b1));
    const x1 = splat<T, V>(load<T>(a1));
    c10 = add<T, V>(c10, mul<T, V>(x1, b0));
    c11 = add<T, V>(c11, mul<T, V>(x1, b1));
    const x2 = splat<T, V>(load<T>(a2));
    c20 = add<T, V>(c20, mul<T, V>(x2, b0));
    c21 = add<T, V>(c21, mul<T, V>(x2, b1));
    const x3 = splat<T, V>(load<T>(a3));
    c30 = add<T, V>(c30, mul<T, V>(x3, b0));
    c31 = add<T, V>(c31, mul<T, V>(x3, b1));
    a0 += aDepth;
    a1 += aDepth;
    a2 += aDepth;
    a3 += aDepth;
  }
  const r1 = c + (rows > 1 ? cRow : 0);
  const r2 = r1 + (rows > 2 ? cRow : 0);
  const r3 = r2 + (rows > 3 ? cRow : 0);
  store<V>(c, c00), store<V>(c + cNext, c01);
  store<V>(r1, c10), store<V>(r1 + cNext, c11);
  store<V>(r2, c20), store<V>(r2 + cNext, c21);
  store<V>(r3, c30), store<V>(r3 + cNext, c31);
}
