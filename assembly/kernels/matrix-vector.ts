import { add, mul, splat, splatFrom } from "./lanes";
import { TILE_ROWS } from "./tile";

// Products with a B of one column or an A of one row, which hold a number of operand B, or A, for one use only: they are as fast as the other
// operand comes from memory. See product.ts for the parameters.

/** The product for a B of one column, four rows at a time: four sums that do not wait for each other. */
export function oneColumn<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize
): void {
  const end = b + depth * bDepth;
  for (let row: usize = 0; row < rows; row += TILE_ROWS) {
    const left = rows - row;
    const step1: usize = left > 1 ? 1 : 0, step2: usize = left > 2 ? 1 : 0, step3: usize = left > 3 ? 1 : 0;
    let a0 = a + row * aRow;
    let a1 = a0 + step1 * aRow;
    let a2 = a1 + step2 * aRow;
    let a3 = a2 + step3 * aRow;
    let sum0: T = 0 as T, sum1: T = 0 as T, sum2: T = 0 as T, sum3: T = 0 as T;
    if (start) {
      let s = start + row * startRow;
      sum0 = load<T>(s);
      s += step1 * startRow;
      sum1 = load<T>(s);
      s += step2 * startRow;
      sum2 = load<T>(s);
      s += step3 * startRow;
      sum3 = load<T>(s);
    }
    for (let at = b; at != end; at += bDepth) {
      const y = load<T>(at);
      sum0 += load<T>(a0) * y;
      sum1 += load<T>(a1) * y;
      sum2 += load<T>(a2) * y;
      sum3 += load<T>(a3) * y;
      a0 += aDepth;
      a1 += aDepth;
      a2 += aDepth;
      a3 += aDepth;
    }
    let to = c + row * cRow;
    store<T>(to, sum0);
    to += step1 * cRow;
    store<T>(to, sum1);
    to += step2 * cRow;
    store<T>(to, sum2);
    to += step3 * cRow;
    store<T>(to, sum3);
  }
}

/**
 * The product for an A of one row, a depth that 4 divides and `bytes` of columns that two vectors divide: four terms at a time, so that B is read once
 * and in the order in which it lies. `start` is 0 or a row.
 */
export function oneRow<T>(a: usize, aDepth: usize, b: usize, bDepth: usize, c: usize, start: usize, depth: usize, bytes: usize): void {
  const stop = b + depth * bDepth;
  const end = c + bytes;
  const zero = splat<T, v128>(0 as T);
  for (; b != stop; start = c) {
    const x0 = splatFrom<T>(a);
    a += aDepth;
    const x1 = splatFrom<T>(a);
    a += aDepth;
    const x2 = splatFrom<T>(a);
    a += aDepth;
    const x3 = splatFrom<T>(a);
    a += aDepth;
    let b0 = b;
    let b1 = b0 + bDepth;
    let b2 = b1 + bDepth;
    let b3 = b2 + bDepth;
    b = b3 + bDepth;
    let from = start;
    for (let to = c; to != end; to += 2 * sizeof<v128>()) {
      let s0 = zero, s1 = zero;
      if (start) s0 = load<v128>(from), s1 = load<v128>(from, sizeof<v128>());
      s0 = add<T, v128>(s0, mul<T, v128>(x0, load<v128>(b0))), s1 = add<T, v128>(s1, mul<T, v128>(x0, load<v128>(b0, sizeof<v128>())));
      s0 = add<T, v128>(s0, mul<T, v128>(x1, load<v128>(b1))), s1 = add<T, v128>(s1, mul<T, v128>(x1, load<v128>(b1, sizeof<v128>())));
      s0 = add<T, v128>(s0, mul<T, v128>(x2, load<v128>(b2))), s1 = add<T, v128>(s1, mul<T, v128>(x2, load<v128>(b2, sizeof<v128>())));
      s0 = add<T, v128>(s0, mul<T, v128>(x3, load<v128>(b3))), s1 = add<T, v128>(s1, mul<T, v128>(x3, load<v128>(b3, sizeof<v128>())));
      store<v128>(to, s0), store<v128>(to, s1, sizeof<v128>());
      from += 2 * sizeof<v128>();
      b0 += 2 * sizeof<v128>();
      b1 += 2 * sizeof<v128>();
      b2 += 2 * sizeof<v128>();
      b3 += 2 * sizeof<v128>();
    }
  }
}
