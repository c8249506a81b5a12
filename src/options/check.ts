import { describe, nearest, wrongKind, wrongValue } from "../errors.js";
import type { Precision } from "./network.js";

/** An object that has none but the known keys. */
export function record<K extends string>(name: string, value: unknown, keys: readonly K[]): Readonly<Record<K, unknown>> {
  // Maps, sets and the like are objects too, but their entries are no options.
  if (typeof value !== "object" || value === null || Symbol.iterator in value) {
    throw wrongKind(name, "an object", value);
  }
  // Not over a list of its keys, which `think` would make for each row.
  for (const key in value) {
    if ((keys as readonly string[]).includes(key) || !Object.hasOwn(value, key)) continue;
    const near = nearest(key, keys);
    throw new TypeError(`${name}: unknown option "${key}"${near ? `; did you mean "${near}"?` : `; known are ${keys.join(", ")}`}`);
  }
  return value as Record<K, unknown>;
}

/** A whole number from `least` to `most`. */
export function whole(name: string, value: unknown, least: number, most: number): number {
  const expected = `a whole number from ${least} to ${most}`;
  if (typeof value !== "number") throw wrongKind(name, expected, value);
  if (!(Number.isInteger(value) && value >= least && value <= most)) throw wrongValue(name, expected, value);
  return value;
}

/** A finite number above 0; where a precision is given, one that it can hold and tell from 0. */
export function positive(name: string, value: unknown, precision?: Precision): number {
  return within(name, value, "a finite number above 0", (x) => x > 0, precision);
}

/** A finite number from 0 on. */
export function notNegative(name: string, value: unknown, precision?: Precision): number {
  return within(name, value, "a finite number from 0 on", (x) => x >= 0, precision);
}

/** A number from 0 up to, but not including, 1. */
export function share(name: string, value: unknown): number {
  return within(name, value, "a number from 0 up to but not including 1", (x) => x >= 0 && x < 1);
}

/** A finite number for which `holds`, also as the precision rounds it. */
export function within(
  name: string,
  value: unknown,
  expected: string,
  holds: (x: number) => boolean,
  precision: Precision = "float64",
): number {
  if (typeof value !== "number") throw wrongKind(name, "a number", value);
  const isShort = precision === "float32";
  const held = isShort ? Math.fround(value) : value;
  if (Number.isFinite(held) && holds(held)) return value;
  throw wrongValue(name, `${expected}${isShort ? " that float32 can hold" : ""}`, value);
}

export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw wrongKind(name, "true or false", value);
  return value;
}

/** One of the names that are keys of `codes`. */
export function nameOf<K extends string>(name: string, value: unknown, codes: Readonly<Record<K, unknown>>): K {
  const known = Object.keys(codes).join(", ");
  if (typeof value !== "string") throw wrongKind(name, `one of ${known}`, value);
  if (!Object.hasOwn(codes, value)) {
    const near = nearest(value, Object.keys(codes));
    throw wrongValue(name, `one of ${known}, got ${describe(value)}${near ? `; did you mean "${near}"?` : ""}`);
  }
  return value as K;
}

/**
 * A choice that is given as a name, a key of `codes`, or as an object with a name and options of its own: the name, and its options. `keys` lists the
 * options of those names that have any.
 */
export function choice<K extends string>(
  name: string,
  value: unknown,
  codes: Readonly<Record<K, unknown>>,
  keys: Readonly<Partial<Record<K, readonly string[]>>>,
): { name: K; options: Readonly<Record<string, unknown>> } {
  if (typeof value !== "object" || value === null) return { name: nameOf(name, value, codes), options: {} };
  const chosen = nameOf(`${name}.name`, (value as { name?: unknown }).name, codes);
  return { name: chosen, options: record(name, value, ["name", ...(keys[chosen] ?? [])]) };
}

/** What was given, or the default where nothing was; null is not nothing. */
export function or<T>(given: T, fallback: T): T {
  return given === undefined ? fallback : given;
}

/** What the core is told, as options decide it: whole numbers and doubles by their offsets in the header or the layer's entry. */
export interface Fields {
  readonly uints: Readonly<Record<number, number>>;
  readonly doubles: Readonly<Record<number, number>>;
}
