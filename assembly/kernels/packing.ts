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

/** Rows of B that are read side by side: their loads do not wait for each other. Steps of 784-2048-2048-10 in batches of 256 spent 2.4 % of two threads' time here with 2, 1.6 % with 8 and with 16. */
const ROWS_AT_ONCE: usize = 8;

/**
 * Copies `panels` panels of two vectors, side by side in B's rows, one behind the other to `to`. Some rows of all panels at a time: rows of a wide B lie pages apart, so each
 * should be read to where the block ends, and two of a panel's are a cache line.
 */
export function packPanels(to: usize, b: usize, bDepth: usize, panels: usize, depth: usize): void {
  const panelBytes = depth * PANEL_ROW;
  for (let row: usize = 0; row < depth; row += ROWS_AT_ONCE) {
    const bytes = min(depth - row, ROWS_AT_ONCE) * PANEL_ROW;
    for (let panel = to, first = b, last = to + panels * panelBytes; panel < last; panel += panelBytes, first += PANEL_ROW) {
      for (let p = panel, from = first, end = panel + bytes; p < end; p += PANEL_ROW, from += bDepth) {
        store<v128>(p, load<v128>(from));
        store<v128>(p, load<v128>(from, sizeof<v128>()), sizeof<v128>());
      }
    }
    to += bytes;
    b += ROWS_AT_ONCE * bDepth;
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
