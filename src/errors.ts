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

/** The one of `known` that begins and ends most like `word`, if three fifths of it do, or nothing. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const likeness = (name: string) => {
    const [a, b] = [word.toLowerCase(), name.toLowerCase()];
    let [first, last] = [0, 0];
    while (a[first] && a[first] === b[first]) first++;
    while (a.at(-1 - last) && a.at(-1 - last) === b.at(-1 - last)) last++;
    return (first + last) / Math.max(a.length, b.length);
  };
  const best = known.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
  return likeness(best) < 0.6 ? undefined : best;
}
