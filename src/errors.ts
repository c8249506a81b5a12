import type { History } from "./training.js";

/**
 * Training that cannot go on, since a number is no longer finite. The network's weights are those of the last completed step, so it can be
 * trained on with other options.
 */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  /** The step that failed, counted from 1 since the network was made. */
  declare readonly iteration: number;
  /** The epoch it belongs to, counted from 1 since the network was made. */
  declare readonly epoch: number;
  /** The loss of the failed step: NaN or infinite, or finite when it was the gradient that overflowed. */
  declare readonly loss: number;
  /** How the run went until then. */
  declare readonly history: History;

  constructor(message: string, at: { iteration: number; epoch: number; loss: number; history: History }) {
    super(message);
    Object.assign(this, at);
    // A thousand losses are not what one wants to see behind a message.
    Object.defineProperty(this, "history", { enumerable: false });
  }
}

/** The error for something of the wrong kind: "name: expected what, got that", the last where something is given that came. */
export function wrongKind(name: string, expected: string, ...got: readonly unknown[]): TypeError {
  return new TypeError(sentence(name, expected, got));
}

/** The same for something of the right kind, but out of range. */
export function wrongValue(name: string, expected: string, ...got: readonly unknown[]): RangeError {
  return new RangeError(sentence(name, expected, got));
}

function sentence(name: string, expected: string, got: readonly unknown[]): string {
  return `${name}: expected ${expected}${got.length > 0 ? `, got ${describe(got[0])}` : ""}`;
}

/** What came, as an error message shows it. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "symbol" || typeof value === "function") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${count(value.length, "element")}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  if (ArrayBuffer.isView(value) && "length" in value) return `a ${name} of ${count(value.length as number, "element")}`;
  return typeof name === "string" && name !== "Object" && name !== "" ? `an object (${name})` : "an object";
}

/** "1 row", "2 rows". */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** The one of `known` that is at most two typing errors from `word`, or nothing. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, distance: distance(word.toLowerCase(), name.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.name : undefined;
}

/** Levenshtein's distance: the least number of letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
