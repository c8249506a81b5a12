import { lanes } from "./lanes";
import { oneColumn, oneRow } from "./matrix-vector";
import { PANEL_ROW, packPanel, packStrip } from "./packing";
import { stripTile } from "./strip";
import { TILE_ROWS, tiles } from "./tile";

// C (rows, columns) = start + A (rows, depth) · B (depth, columns), the one product behind forward pass, weight gradient and input gradient.
// Each element of C has one accumulator, to which its terms are added in ascending depth: that order is the law of this library, and no
// choice below (tile, packing, block) changes it. A partial sum that is stored and loaded again stays what it was.
//
// Strides are in bytes. `start` says what the accumulators begin with: 0 for nothing, or the address of a matrix with `startRow` between
// its rows; a row of biases has startRow 0, and C itself continues a sum.

/** Depth of a block: a strip of A takes 8 KiB then, a panel of B 4. */
const BLOCK_DEPTH: usize = 128;

/** Panels of B in a block. */
const BLOCK_PANELS: usize = 14;

/** A strip of A and a block of B. */
export const PANEL_BYTES: u32 = 65536;

const PACKED_FROM_BYTES: usize = 786432;

const BLOCKS_FROM_ROWS: usize = 3;
const BLOCKS_FROM_PANELS: usize = 3;

export function product<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  if (ASC_FEATURE_SIMD) {
    const pair = lanes<T, v128>() * 2;
    if (columns > pair && columns % pair == 1) {
      // One column more than whole panels is one column, no panel.
      columns--;
      const last = columns * sizeof<T>();
      oneColumn<T>(a, aRow, aDepth, b + columns * bColumn, bDepth, c + last, cRow, start ? start + last : 0, startRow, rows, depth);
    }
    if (rows == 1 && columns >= pair && depth >= 4 && bColumn == sizeof<T>() && start != c) {
      const ragged = columns % pair;
      if (ragged) {
        // The last two vectors overlap the others, which makes the same of their elements.
        const last = (columns - pair) * sizeof<T>();
        tiles<T, v128>(
          a, aRow, aDepth, b + last, bDepth, sizeof<v128>(), c + last, cRow, sizeof<v128>(), start ? start + last : 0, startRow, rows, depth
        );
      }
      columns -= ragged;
      const whole = depth & ~3;
      oneRow<T>(a, aDepth, b, bDepth, c, start, whole, columns * sizeof<T>());
      if (whole == depth) return;
      a += whole * aDepth;
      b += whole * bDepth;
      start = c;
      depth -= whole;
    }
    if (rows >= BLOCKS_FROM_ROWS && columns >= BLOCKS_FROM_PANELS * pair) {
      return blocks<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
    }
    if (columns >= lanes<T, v128>()) {
      return panels<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
    }
  }
  let column: usize = 0;
  // Two vectors of f64 are never more than this.
  if (!ASC_FEATURE_SIMD || lanes<T, v128>() > 2) {
    for (; column + 2 <= columns; column += 2) {
      tiles<T, T>(
        a, aRow, aDepth, b + column * bColumn, bDepth, bColumn, c + column * sizeof<T>(), cRow, sizeof<T>(),
        start ? start + column * sizeof<T>() : 0, startRow, rows, depth
      );
    }
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
