import { lanes, splat, transpose } from "./lanes";

// Copies of pieces of the operands in the order in which tiles read them, one address after the other.

/** Bytes between the rows of a packed panel, which hold two vectors. */
export const PANEL_ROW: usize = 2 * sizeof<v128>();

/** Copies B (depth, columns), one vector of columns at least and at most two: each row as its first and its last vector. */
export function packPanel<T>(panel: usize, b: usize, bDepth: usize, bColumn: usize, columns: usize, depth: usize): void {
  const end = panel + depth * PANEL_ROW;
  const width = lanes<T, v128>();
  const second = b + (columns - width) * bColumn;
  if (bColumn == sizeof<T>()) {
    const next = second - b;
    for (; panel < end; panel += PANEL_ROW, b += bDepth) {
      store<v128>(panel, load<v128>(b));
      store<v128>(panel, load<v128>(b + next), sizeof<v128>());
    }
    return;
  }
  packTransposed<T>(panel, end, b, bDepth, bColumn);
  packTransposed<T>(panel + sizeof<v128>(), end, second, bDepth, bColumn);
}

/**
 * Copies `panels` panels of two vectors, side by side in B's rows, one behind the other to `to`. Two rows of all panels at a time: rows of a wide B lie pages apart, so each
 * should be read to where the block ends, and two of a panel's are a cache line.
 */
export function packPanels(to: usize, b: usize, bDepth: usize, panels: usize, depth: usize): void {
  const panelBytes = depth * PANEL_ROW;
  for (const end = to + panelBytes; to < end; to += 2 * PANEL_ROW, b += 2 * bDepth) {
    // The last row of an odd depth is its own second one.
    const isPair: usize = to + PANEL_ROW < end ? 1 : 0;
    const nextTo = isPair * PANEL_ROW;
    const nextRow = isPair * bDepth;
    for (let panel = to, from = b, last = to + panels * panelBytes; panel < last; panel += panelBytes, from += PANEL_ROW) {
      store<v128>(panel, load<v128>(from));
      store<v128>(panel, load<v128>(from, sizeof<v128>()), sizeof<v128>());
      store<v128>(panel + nextTo, load<v128>(from + nextRow));
      store<v128>(panel + nextTo, load<v128>(from + nextRow, sizeof<v128>()), sizeof<v128>());
    }
  }
}

/** One vector of columns of a B that is a transpose in place, its columns being what lies together. */
function packTransposed<T>(to: usize, end: usize, b: usize, bDepth: usize, bColumn: usize): void {
  const width = lanes<T, v128>();
  for (; to + (width - 1) * PANEL_ROW < end; to += width * PANEL_ROW, b += sizeof<v128>()) transpose<T>(b, bColumn, to, PANEL_ROW);
  for (; to < end; to += PANEL_ROW, b += bDepth) {
    for (let column: usize = 0; column < width; column++) store<T>(to + column * sizeof<T>(), load<T>(b + column * bColumn));
  }
}

/** Copies A (rows ≤ 4, depth), each element filling a vector, the 4 of one depth together. Rows that are not there repeat the last one. */
export function packStrip<T>(strip: usize, a: usize, aRow: usize, aDepth: usize, rows: usize, depth: usize): void {
  let a1 = a + (rows > 1 ? aRow : 0);
  let a2 = a1 + (rows > 2 ? aRow : 0);
  let a3 = a2 + (rows > 3 ? aRow : 0);
  for (const end = strip + depth * 4 * sizeof<v128>(); strip < end; strip += 4 * sizeof<v128>()) {
    store<v128>(strip, splat<T, v128>(load<T>(a)));
    store<v128>(strip, splat<T, v128>(load<T>(a1)), sizeof<v128>());
    store<v128>(strip, splat<T, v128>(load<T>(a2)), 2 * sizeof<v128>());
    store<v128>(strip, splat<T, v128>(load<T>(a3)), 3 * sizeof<v128>());
    a += aDepth, a1 += aDepth, a2 += aDepth, a3 += aDepth;
  }
}
