import { add, mul, splat } from "./lanes";
import { TILE_ROWS } from "./tile";

/**
 * The product for no more columns than a `V` has, four rows at a time: four sums that do not wait for each other. See product.ts for the parameters. B and start are read
 * as whole `V`, but no more than the columns of C are written: what follows is the next row, which may be another thread's.
 */
export function narrow<T, V>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize
): void {
  const end = b + depth * bDepth;
  for (let row: usize = 0; row < rows; row += TILE_ROWS) {
    const left = rows - row;
    const step1: usize = left > 1 ? 1 : 0, step2: usize = left > 2 ? 1 : 0, step3: usize = left > 3 ? 1 : 0;
    let a0 = a + row * aRow;
    let a1 = a0 + step1 * aRow;
    let a2 = a1 + step2 * aRow;
    let a3 = a2 + step3 * aRow;
    let sum0 = splat<T, V>(0 as T), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    if (start) {
      let s = start + row * startRow;
      sum0 = load<V>(s);
      s += step1 * startRow;
      sum1 = load<V>(s);
      s += step2 * startRow;
      sum2 = load<V>(s);
      s += step3 * startRow;
      sum3 = load<V>(s);
    }
    for (let at = b; at != end; at += bDepth) {
      const y = load<V>(at);
      sum0 = add<T, V>(sum0, mul<T, V>(splat<T, V>(load<T>(a0)), y));
      sum1 = add<T, V>(sum1, mul<T, V>(splat<T, V>(load<T>(a1)), y));
      sum2 = add<T, V>(sum2, mul<T, V>(splat<T, V>(load<T>(a2)), y));
      sum3 = add<T, V>(sum3, mul<T, V>(splat<T, V>(load<T>(a3)), y));
      a0 += aDepth;
      a1 += aDepth;
      a2 += aDepth;
      a3 += aDepth;
    }
    let to = c + row * cRow;
    storeColumns<T, V>(to, sum0, columns);
    to += step1 * cRow;
    storeColumns<T, V>(to, sum1, columns);
    to += step2 * cRow;
    storeColumns<T, V>(to, sum2, columns);
    to += step3 * cRow;
    storeColumns<T, V>(to, sum3, columns);
  }
}

/** The first `columns` elements of a vector: 2 to 4, or the one of no vector. */
function storeColumns<T, V>(to: usize, sum: V, columns: usize): void {
  if (isVector<V>() && sizeof<T>() == 4) {
    if (columns == 4) store<v128>(to, sum);
    else {
      v128.store64_lane(to, sum, 0);
      if (columns > 2) v128.store32_lane(to, sum, 2, 8);
    }
  } else store<V>(to, sum);
}
