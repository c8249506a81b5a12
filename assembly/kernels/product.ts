import { cut } from "../cuts";
import { lanes } from "./lanes";
import { narrow } from "./narrow";
import { oneRow } from "./one-row";
import { PANEL_ROW, packPanel, packPanels, packStrip } from "./packing";
import { stripTile } from "./strip";
import { TILE_ROWS, tiles } from "./tile";

// C (rows, columns) = start + A (rows, depth) · B (depth, columns), the one product behind forward pass, weight gradient and input gradient.
// Each element of C has one accumulator, to which its terms are added in ascending depth: that order is the law of this library, and no
// choice below (tile, packing, block) changes it. A partial sum that is stored and loaded again stays what it was.
//
// Strides are in bytes. `start` says what the accumulators begin with: 0 for nothing, or the address of a matrix with `startRow` between
// its rows; a row of biases has startRow 0, and C itself continues a sum. Where there are fewer columns than a vector has, B and `start` are read as if
// the vector were full, so what they lie in must go on for so long.

// The constants were measured on one core of a 3.2 GHz Zen 2 (32 KiB first-level, 512 KiB second-level cache) with Node 20, whose multiply-add
// peak is 51 GFLOP/s in f32; docs/performance.md has the figures.

/**
 * Depth of a block: a strip of A takes 8 KiB, a panel of B 4, so that both stay in the first-level cache. 1024×1024, f32, 256 rows: 64 deep 30.4
 * GFLOP/s, 128 deep 31.8, 256 deep 32.1 with a block of twice the bytes.
 */
const BLOCK_DEPTH: usize = 128;

/**
 * Packed panels of B in a block. All its strips go over them while they are in the second-level cache; and a strip, copied once for all of them, costs
 * a third of a panel's work.
 */
const BLOCK_PANELS: usize = 14;

/**
 * As many where C's rows are so long or longer: the weights between two layers of such width are megabytes, beside which 56 KiB more in each network are nothing. Strips take 8.0 % of the time
 * of 784-2048-2048-10 in batches of 256 with 14, and 5.4 with 28 (one thread).
 */
const WIDE_BLOCK_PANELS: usize = 28;
const WIDE_ROW_BYTES: usize = 4096;

function blockPanels(rowBytes: usize): usize {
  return rowBytes < WIDE_ROW_BYTES ? BLOCK_PANELS : WIDE_BLOCK_PANELS;
}

/**
 * Rows of B that are so long or longer are packed, since too many of them share a set of the caches. f32, 32 rows: 784×256 ran at 29.1 GFLOP/s in place
 * and 26.3 packed, 512×512 at 25.0 and 27.1; f64: 9.5 and 12.0.
 */
export const PACKED_FROM_ROW_BYTES: usize = 2048;

/** For fewer panels a strip is not worth its copy. f32, 32×64×20 (3 panels): 20.7 GFLOP/s by strips, 16.6 without; 32×128×16 (2 panels): no gain. */
const BLOCKS_FROM_PANELS: usize = 3;

/** From so many rows on tiles of 4 are worth a strip. f32, 3×64×64: 22.3 GFLOP/s by strips, 17.6 without. */
const BLOCKS_FROM_ROWS: usize = 3;

/** Bytes of a row of B in a block, where those of C have `rowBytes`. */
export function blockBytes(rowBytes: u32): u32 {
  return (blockPanels(rowBytes) * PANEL_ROW) as u32;
}

const PANEL_BYTES: usize = BLOCK_DEPTH * PANEL_ROW;

/** The scratch, in bytes, that products need whose B has at most so many columns: a strip of A and a block of B, or one panel. */
export function panelBytes(columns: u32, elementBytes: u32): u32 {
  if (columns < ((BLOCKS_FROM_PANELS * PANEL_ROW) as u32) / elementBytes) return PANEL_BYTES as u32;
  return (TILE_ROWS * BLOCK_DEPTH * sizeof<v128>() + blockPanels((columns as usize) * elementBytes) * PANEL_BYTES) as u32;
}

export function product<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  if (CUTS) inPieces<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
  else whole<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
}

/** Multiplications of a piece, some 0.4 ms, unless it is a tile's rows already; and the depth of one, a multiple of the block's. */
const PIECE: usize = 2 ** 22;
const PIECE_DEPTH: usize = 512;

/** The product in pieces between which the call may be cut: of as many columns as a block takes where rows are short, of a part of the depth, of some rows. */
function inPieces<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  const most = (BLOCK_PANELS * PANEL_ROW) / sizeof<T>();
  for (let width: usize = 0; columns; columns -= width) {
    // What is left over is never less than a vector.
    width = columns < 2 * most ? columns : most;
    for (let from: usize = 0; from < depth; from += PIECE_DEPTH) {
      const piece = min(PIECE_DEPTH, depth - from);
      const height = max<usize>((PIECE / (piece * width)) & ~(TILE_ROWS - 1), TILE_ROWS);
      for (let row: usize = 0; row < rows; row += height) {
        const count = min(height, rows - row);
        const to = c + row * cRow;
        whole<T>(
          a + row * aRow + from * aDepth, aRow, aDepth, b + from * bDepth, bDepth, bColumn, to, cRow,
          from ? to : start ? start + row * startRow : 0, from ? cRow : startRow, count, piece, width, panel
        );
        cut((count * piece * width) >> 3);
      }
    }
    b += width * bColumn;
    c += width * sizeof<T>();
    if (start) start += width * sizeof<T>();
  }
}

function whole<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  if (ASC_FEATURE_SIMD) {
    const pair = lanes<T, v128>() * 2;
    if (columns % pair == 1) {
      // One column more than whole panels is one column, no panel.
      columns--;
      const last = columns * sizeof<T>();
      narrow<T, T>(a, aRow, aDepth, b + columns * bColumn, bDepth, c + last, cRow, start ? start + last : 0, startRow, rows, depth, 1);
      if (!columns) return;
    }
    if (rows == 1 && columns >= pair && depth >= 4 && bColumn == sizeof<T>() && start != c) {
      const ragged = columns % pair;
      if (ragged) {
        // The last two vectors overlap the others, which will make the same of the elements that they share.
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
    return panels<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, depth, columns, panel);
  }
  for (; columns > 1; columns -= 2) {
    tiles<T, T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, sizeof<T>(), start, startRow, rows, depth);
    b += 2 * bColumn;
    c += 2 * sizeof<T>();
    if (start) start += 2 * sizeof<T>();
  }
  if (columns) narrow<T, T>(a, aRow, aDepth, b, bDepth, c, cRow, start, startRow, rows, depth, 1);
}

/**
 * How many of the `left` columns the next panel holds, which has two vectors for them. The last two panels of a row may hold fewer: then their own two
 * vectors overlap. Panels never overlap each other, or a sum that continues C would be continued twice. `left` is at least one vector.
 */
function panelColumns<T>(left: usize): usize {
  const width = lanes<T, v128>();
  if (left >= 3 * width) return 2 * width;
  return left > 2 * width ? left - width : left;
}

/** The product panel by panel with A in place. */
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
    if (bColumn == sizeof<T>()) panelTiles<T>(a, aRow, aDepth, b, bDepth, taken * sizeof<T>() - sizeof<v128>(), c, cRow, start, startRow, rows, depth, taken);
    else {
      for (let from: usize = 0; from < depth; from += BLOCK_DEPTH) {
        const piece = min(BLOCK_DEPTH, depth - from);
        packPanel<T>(panel, b + from * bDepth, bDepth, bColumn, max(taken, lanes<T, v128>()), piece);
        panelTiles<T>(
          a + from * aDepth, aRow, aDepth, panel, PANEL_ROW, sizeof<v128>(), c, cRow,
          from ? c : start, from ? cRow : startRow, rows, piece, taken
        );
      }
    }
    columns -= taken;
    b += taken * bColumn;
    c += taken * sizeof<T>();
    if (start) start += taken * sizeof<T>();
  }
}

/** All rows of a panel, whose two vectors of B lie `bNext` bytes apart; of one with no more columns than a vector has, the first. */
function panelTiles<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bNext: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize
): void {
  if (columns <= lanes<T, v128>()) narrow<T, v128>(a, aRow, aDepth, b, bDepth, c, cRow, start, startRow, rows, depth, columns);
  else tiles<T, v128>(a, aRow, aDepth, b, bDepth, bNext, c, cRow, columns * sizeof<T>() - sizeof<v128>(), start, startRow, rows, depth);
}

/** The product a block of the depth after the other, with copies of A and, where it pays, of B. */
function blocks<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  panel: usize
): void {
  while (depth) {
    const piece = min(BLOCK_DEPTH, depth);
    block<T>(a, aRow, aDepth, b, bDepth, bColumn, c, cRow, start, startRow, rows, piece, columns, panel);
    depth -= piece;
    a += piece * aDepth;
    b += piece * bDepth;
    start = c;
    startRow = cRow;
  }
}

/** What a block of the depth adds to all of C. */
function block<T>(
  a: usize, aRow: usize, aDepth: usize,
  b: usize, bDepth: usize, bColumn: usize,
  c: usize, cRow: usize,
  start: usize, startRow: usize,
  rows: usize, depth: usize, columns: usize,
  strip: usize
): void {
  const pair = lanes<T, v128>() * 2;
  const inPlace = bColumn == sizeof<T>() && bDepth < PACKED_FROM_ROW_BYTES;
  const packed = strip + TILE_ROWS * BLOCK_DEPTH * sizeof<v128>();
  const panelBytes = depth * PANEL_ROW;
  // C's rows are whole where these are some of its columns.
  const most = blockPanels(cRow);
  for (let column: usize = 0; column < columns; ) {
    let end = column;
    let filled = packed;
    if (!inPlace && bColumn == sizeof<T>()) {
      const whole = min(most, (columns - column - lanes<T, v128>()) / pair);
      packPanels(packed, b + column * bColumn, bDepth, whole, depth);
      end += whole * pair;
      filled += whole * panelBytes;
    }
    // Panels whose vectors overlap are packed in any case: the tile knows only B's whose vectors follow each other.
    while (end < columns && filled < packed + most * panelBytes) {
      const taken = panelColumns<T>(columns - end);
      if (!inPlace || taken != pair) {
        packPanel<T>(filled, b + end * bColumn, bDepth, bColumn, taken, depth);
        filled += panelBytes;
      }
      end += taken;
    }
    for (let row: usize = 0; row < rows; row += TILE_ROWS) {
      const height = min(rows - row, TILE_ROWS);
      packStrip<T>(strip, a + row * aRow, aRow, aDepth, height, depth);
      let panel = packed;
      for (let at = column; at < end; ) {
        const taken = panelColumns<T>(columns - at);
        const to = c + row * cRow + at * sizeof<T>();
        const from = start ? start + row * startRow + at * sizeof<T>() : 0;
        // Two calls, so that the compiler cannot inline the tile: V8 replaces no running function by its optimized form, only the next call.
        if (inPlace && taken == pair) {
          stripTile<T>(strip, b + at * sizeof<T>(), bDepth, to, cRow, sizeof<v128>(), from, startRow, height, depth);
        } else {
          stripTile<T>(strip, panel, PANEL_ROW, to, cRow, taken * sizeof<T>() - sizeof<v128>(), from, startRow, height, depth);
          panel += panelBytes;
        }
        at += taken;
      }
    }
    column = end;
  }
}
