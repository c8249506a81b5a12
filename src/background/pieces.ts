import type { Memory } from "../rows.js";

/**
 * A slice's milliseconds on the calling thread, which is to be free again within 10. The longest pauses while 188 MB of rows are handed over, medians of some 20 runs on two cores that others use as
 * well: 6 to 9 ms with 2.5, 9 to 10 with 4, since what the system, the collector and other tenants take is on top of it.
 */
export const SLICE = 2.5;

/** So many rows at first between two looks at the clock, then as many as take so many milliseconds. */
const FIRST_ROWS = 16;
const STEP = 0.25;

interface Work {
  next: number;
  rowsAtOnce: number;
  readonly rows: number;
  readonly work: (from: number, to: number) => void;
}

/**
 * Does the work over many rows in pieces of some milliseconds, in the order in which it came: what comes first at once, the rest when `rest` is called, between other events. So
 * few rows are done with when whoever has brought them goes on.
 */
export class Pieces implements Memory {
  readonly #memory: Memory;
  readonly #milliseconds: number;
  readonly #works: Work[] = [];
  #end: number;

  constructor(memory: Memory, milliseconds: number) {
    this.#memory = memory;
    this.#milliseconds = milliseconds;
    this.#end = performance.now() + milliseconds;
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  inPieces(rows: number, work: Work["work"]): void {
    this.#works.push({ next: 0, rowsAtOnce: FIRST_ROWS, rows, work });
    this.#go();
  }

  /** Does the rest, and answers whether it came to that: before each piece `pause` lets other events in and says whether to go on. */
  async rest(pause: () => Promise<boolean>): Promise<boolean> {
    while (this.#works.length > 0) {
      if (!(await pause())) return false;
      this.#end = performance.now() + this.#milliseconds;
      this.#go();
    }
    return true;
  }

  #go(): void {
    let now = performance.now();
    for (let first = this.#works[0]; first && now < this.#end; first = this.#works[0]) {
      const { next, rowsAtOnce, rows, work } = first;
      first.next = Math.min(rows, next + rowsAtOnce);
      work(next, first.next);
      if (first.next === rows) this.#works.shift();
      const before = now;
      now = performance.now();
      if (now - before < STEP) first.rowsAtOnce *= 2;
      else if (now - before > 2 * STEP) first.rowsAtOnce = Math.max(1, first.rowsAtOnce >>> 1);
    }
  }
}
