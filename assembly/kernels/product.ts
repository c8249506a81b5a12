import { add, lanes, mul, splat, storeFour } from "./lanes";
import { PANEL_ROW, packPanel, packStrip } from "./packing";
import { stripTile } from "./strip";

// C (rows, columns) = start + A (rows, depth) · B (depth, columns), the one product behind forward pass, weight gradient and input gradient.
// Each element of C has one accumulator, to which its terms are added in ascending depth: that order is the law of this library, and no
// choice below (tile, packing, block) changes it. A partial sum that is stored and loaded again stays what it was.
//
// Strides are in bytes. `start` says what the accumulators begin with: 0 for nothing, or the address of a matrix with `startRow` between
// its rows; a row of biases has startRow 0, and C itself continues a sum.

/** Rows of a tile. */
export const TILE_ROWS: usize = 4;

/** Depth of a block: a strip of A takes 8 KiB then, a panel of B 4. */
const BLOCK_DEPTH: usize = 128;

/** Panels of B in a block. */
const BLOCK_PANELS: usize = 14;

/** A strip of A and a block of B. */
export const PANEL_BYTES: u32 = 65536;

/** From this size on B is packed */
const PACKED_FROM_BYTES: usize = 786432;

/** Fewer rows than this do not pay for packing a panel of B. */
const PACKED_FROM_ROWS: usize = 8;

/** Fewer rows, columns */
const BLOCKS_FROM_ROWS: usize = 8;
const BLOCKS_FROM_PANELS: usize = 6;

export function product<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  if (ASC_FEATURE_SIMD) {
    const width = lanes<T, v128>();
    if (columns >= width) {
      if (rows >= BLOCKS_FROM_ROWS && columns >= BLOCKS_FROM_PANELS * 2 * width) {
        return blocks<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
      }
      if (bColumn == sizeof<T>() || rows >= PACKED_FROM_ROWS) {
        return panels<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
      }
    }
  }
  let column: usize = 0;
  for (; column + 2 <= columns; column += 2) {
    tiles<T, T>(
      a, aRow, aDepth, b + column * bColumn, bDepth, bColumn, c + column * sizeof<T>(), cRow, sizeof<T>(),
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

/**
 * How many of the `left` columns the next panel holds: two vectors of them. The last two panels may hold fewer, their two vectors overlap then; no
 * panel overlaps another, whose sums it would continue a second time. `left` is at least a vector.
 */
function panelColumns<T>(left: usize): usize {
  const width = lanes<T, v128>();
  if (left >= 3 * width) return 2 * width;
  return left > 2 * width ? left - width : left;
}

/** Panel by panel. */
function panels<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  while (columns) {
    const taken = panelColumns<T>(columns);
    const next = taken * sizeof<T>() - sizeof<v128>();
    if (bColumn == sizeof<T>()) tiles<T, v128>(a, aRow, aDepth, b, bDepth, next, c, cRow, next, start, startRow, rows, depth);
    else {
      for (let from: usize = 0; from < depth; from += BLOCK_DEPTH) {
        const piece = min(BLOCK_DEPTH, depth - from);
        packPanel<T>(panel, b + from * bDepth, bDepth, bColumn, taken, piece);
        const first = from == 0;
        tiles<T, v128>(
          a + from * aDepth, aRow, aDepth, panel, PANEL_ROW, sizeof<v128>(), c, cRow, next,
          first ? start : c, first ? startRow : cRow, rows, piece
        );
      }
    }
    columns -= taken;
    b += taken * bColumn;
    c += taken * sizeof<T>();
    if (start) start += taken * sizeof<T>();
  }
}

/** Block by block. */
function blocks<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  const inPlace = bColumn == sizeof<T>() && depth * columns * sizeof<T>() < PACKED_FROM_BYTES;
  for (let from: usize = 0; from < depth; from += BLOCK_DEPTH) {
    const piece = min(BLOCK_DEPTH, depth - from);
    blocksOfColumns<T>(a + from * aDepth, aRow, aDepth, b + from * bDepth, bDepth, bColumn, inPlace, c, cRow, start, startRow, rows, piece, columns, panel);
    start = c;
    startRow = cRow;
  }
}

function blocksOfColumns<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize, inPlace: bool,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  strip: usize
): void {
  const whole = lanes<T, v128>() * 2;
  const slots = strip + TILE_ROWS * BLOCK_DEPTH * sizeof<v128>();
  const slotBytes = depth * PANEL_ROW;
  const slotsEnd = slots + BLOCK_PANELS * slotBytes;
  for (let column: usize = 0; column < columns; ) {
    let end = column;
    for (let slot = slots; end < columns && slot < slotsEnd; ) {
      const taken = panelColumns<T>(columns - end);
      if (!inPlace || taken != whole) {
        packPanel<T>(slot, b + end * bColumn, bDepth, bColumn, taken, depth);
        slot += slotBytes;
      }
      end += taken;
    }
    for (let row: usize = 0; row < rows; row += TILE_ROWS) {
      const height = min(rows - row, TILE_ROWS);
      packStrip<T>(strip, a + row * aRow, aRow, aDepth, height, depth);
      let slot = slots;
      for (let at = column; at < end; ) {
        const taken = panelColumns<T>(columns - at);
        const to = c + row * cRow + at * sizeof<T>();
        const from = start ? start + row * startRow + at * sizeof<T>() : 0;
        if (inPlace && taken == whole) stripTile<T>(strip, b + at * sizeof<T>(), bDepth, to, cRow, sizeof<v128>(), from, startRow, height, depth);
        else {
          stripTile<T>(strip, slot, PANEL_ROW, to, cRow, taken * sizeof<T>() - sizeof<v128>(), from, startRow, height, depth);
          slot += slotBytes;
        }
        at += taken;
      }
    }
    column = end;
  }
}

/** All rows of two `V` of columns, which lie `bNext` and `cNext` bytes apart. */
function tiles<T, V>(
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
