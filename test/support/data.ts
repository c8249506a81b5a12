import type { ActivationName } from "feedforward";

/** A small seeded generator for test data (Mulberry32), numbers in [0, 1). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A table (rows, width) of numbers from −1 to 1 that float32 holds exactly, so that both precisions see the same data. */
export function randomTable(seed: number, rows: number, width: number): number[][] {
  const random = randomSource(seed);
  return Array.from({ length: rows }, () => Array.from({ length: width }, () => Math.fround(2 * random() - 1)));
}

/** The same, of targets that outputs of this activation can reach: not below 0 where they never are. */
export function reachableTable(seed: number, rows: number, width: number, activation: ActivationName): number[][] {
  const table = randomTable(seed, rows, width);
  if (!NOT_NEGATIVE.has(activation)) return table;
  return table.map((row) => row.map(Math.abs));
}

const NOT_NEGATIVE: ReadonlySet<ActivationName> = new Set(["sigmoid", "relu", "softplus"]);
