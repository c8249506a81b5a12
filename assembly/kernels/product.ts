import { add, lanes, mul, splat, storeFour } from "./lanes";

// C (rows, columns) = start + A (rows, depth) · B (depth, columns), the one product behind forward pass, weight gradient and input gradient.
// Each element of C has one accumulator, to which its terms are added in ascending depth: that order is the law of this library, and no
// choice below (tile, packing, block) changes it. A partial sum that is stored and loaded again stays what it was.
//
// Strides are in bytes. `start` says what the accumulators begin with: 0 for nothing, or the address of a matrix with `startRow` between
// its rows; a row of biases has startRow 0, and C itself continues a sum.

/** Rows of a tile: with 2 vectors of columns it needs 8 accumulators and 3 operands, which the 16 registers of x86-64 hold. */
const TILE_ROWS: usize = 4;

/** Depth of a packed panel: 512 × 2 vectors are 16 KiB, half of a first-level cache. */
const PANEL_DEPTH: usize = 512;

/** Bytes of a packed panel. */
export const PANEL_BYTES: u32 = 16384;

/**
 * From this size on B is packed, since its rows lie too far apart to stay in the cache. One core of a 2.7 GHz Zen 4, f32: 32×784×128 (401 kB) ran
 * at 39 GFLOP/s in place and 37 packed, 1024×1024 (4 MB) at 25 in place and 36 packed.
 */
const PACKED_FROM_BYTES: usize = 786432;

/** Fewer rows than this do not pay for packing. */
const PACKED_FROM_ROWS: usize = 8;

export function product<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  let column: usize = 0;
  if (ASC_FEATURE_SIMD) {
    const width = lanes<T, v128>() * 2;
    const whole = columns - columns % width;
    const contiguous = bColumn == sizeof<T>();
    if (rows >= PACKED_FROM_ROWS && (!contiguous || depth * columns * sizeof<T>() >= PACKED_FROM_BYTES)) {
      for (; column < whole; column += width) {
        packedColumns<T>(
          a, aRow, aDepth, b + column * bColumn, bDepth, bColumn, c + column * sizeof<T>(), cRow,
          start ? start + column * sizeof<T>() : 0, startRow, rows, depth, panel
        );
      }
    } else if (contiguous) {
      for (; column < whole; column += width) {
        tiles<T, v128>(
          a, aRow, aDepth, b + column * bColumn, bDepth, sizeof<v128>(), c + column * sizeof<T>(), cRow,
          start ? start + column * sizeof<T>() : 0, startRow, rows, depth
        );
      }
    }
  }
  for (; column + 2 <= columns; column += 2) {
    tiles<T, T>(
      a, aRow, aDepth, b + column * bColumn, bDepth, bColumn, c + column * sizeof<T>(), cRow,
      start ? start + column * sizeof<T>() : 0, startRow, rows, depth
    );
  }
  if (column < columns) {
    oneColumn<T>(
      a, aRow, aDepth, b + column * bColumn, bDepth, c + column * sizeof<T>(), cRow,
      start ? start + column * sizeof<T>() : 0, startRow, rows, depth
    );
  }
}

/** Two vectors of columns, B copied into `panel` a piece of the depth at a time, so that all tiles read it from the nearest cache. */
function packedColumns<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, panel: usize
): void {
  const panelRow = 2 * sizeof<v128>();
  for (let from: usize = 0; from < depth; from += PANEL_DEPTH) {
    const piece = min(PANEL_DEPTH, depth - from);
    pack<T>(panel, b + from * bDepth, bDepth, bColumn, piece);
    if (from == 0) tiles<T, v128>(a, aRow, aDepth, panel, panelRow, sizeof<v128>(), c, cRow, start, startRow, rows, piece);
    else tiles<T, v128>(a + from * aDepth, aRow, aDepth, panel, panelRow, sizeof<v128>(), c, cRow, c, cRow, rows, piece);
  }
}

/** Copies (depth, 2 vectors) of B into rows that follow each other. */
function pack<T>(panel: usize, b: usize, bDepth: usize, bColumn: usize, depth: usize): void {
  const end = panel + depth * 2 * sizeof<v128>();
  if (bColumn == sizeof<T>()) {
    for (; panel < end; panel += 2 * sizeof<v128>(), b += bDepth) {
      store<v128>(panel, load<v128>(b));
      store<v128>(panel, load<v128>(b, sizeof<v128>()), sizeof<v128>());
    }
    return;
  }
  // B is a transpose in place: read along its columns, where neighbours lie.
  const width = lanes<T, v128>() * 2;
  for (let column: usize = 0; column < width; column++) {
    let from = b + column * bColumn;
    for (let to = panel + column * sizeof<T>(); to < end; to += 2 * sizeof<v128>(), from += bDepth) {
      store<T>(to, load<T>(from));
    }
  }
}

/** All rows of two `V` of columns. */
function tiles<T, V>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bNext: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize
): void {
  for (let row: usize = 0; row < rows; row += TILE_ROWS) {
    tile<T, V>(
      a + row * aRow, aRow, aDepth, b, bDepth, bNext, c + row * cRow, cRow,
      start ? start + row * startRow : 0, startRow, min(rows - row, TILE_ROWS), depth
    );
  }
}

/** C (rows ≤ 4, 2 V). Rows that are not there alias the last one, which is then computed and stored more than once. */
function tile<T, V>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bNext: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize
): void {
  let a0 = a;
  let a1 = a0 + (rows > 1 ? aRow : 0);
  let a2 = a1 + (rows > 2 ? aRow : 0);
  let a3 = a2 + (rows > 3 ? aRow : 0);
  const next: usize = isVector<V>() ? sizeof<V>() : bNext;
  const zero = splat<T, V>(0 as T);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  if (start) {
    const s1 = start + (rows > 1 ? startRow : 0);
    const s2 = s1 + (rows > 2 ? startRow : 0);
    const s3 = s2 + (rows > 3 ? startRow : 0);
    c00 = load<V>(start), c01 = load<V>(start, sizeof<V>());
    c10 = load<V>(s1), c11 = load<V>(s1, sizeof<V>());
    c20 = load<V>(s2), c21 = load<V>(s2, sizeof<V>());
    c30 = load<V>(s3), c31 = load<V>(s3, sizeof<V>());
  }
  const end = b + depth * bDepth;
  for (; b != end; b += bDepth) {
    const b0 = load<V>(b);
    const b1 = isVector<V>() ? load<V>(b, sizeof<V>()) : load<V>(b + next);
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
  store<V>(c, c00), store<V>(c, c01, sizeof<V>());
  store<V>(r1, c10), store<V>(r1, c11, sizeof<V>());
  store<V>(r2, c20), store<V>(r2, c21, sizeof<V>());
  store<V>(r3, c30), store<V>(r3, c31, sizeof<V>());
}

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
    if (ASC_FEATURE_SIMD && step3 && cRow == sizeof<T>()) {
      storeFour<T>(to, sum0, sum1, sum2, sum3);
      continue;
    }
    store<T>(to, sum0);
    to += step1 * cRow;
    store<T>(to, sum1);
    to += step2 * cRow;
    store<T>(to, sum2);
    to += step3 * cRow;
    store<T>(to, sum3);
  }
}
