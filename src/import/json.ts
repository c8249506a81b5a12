import { count, describe, wrongKind } from "../errors.js";
import type { Elements, Precision } from "../index.js";
import { ImportError, unexpected } from "./errors.js";
import { notFinite, room } from "./network.js";

/** An object of JSON. Asked for its own keys alone, so that `__proto__` and the like are names as others. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What a JSON text or the object that was made of it is. */
export function readJson(given: unknown): JsonObject {
  if (typeof given !== "string") {
    if (isObject(given)) return given;
    throw wrongKind("json", "a JSON text or the object that is made of it", given);
  }
  const value = parse(given);
  if (isObject(value)) return value;
  throw unexpected("syntax", "json", "an object", value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ImportError("syntax", `json: expected JSON: ${(cause as Error).message}`, { cause });
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value by its key, or undefined where the object itself has none. */
export function at(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function arrayAt(object: JsonObject, key: string, name = key): readonly unknown[] {
  const value = at(object, key);
  if (Array.isArray(value)) return value;
  throw unexpected("syntax", name, "an array", value);
}

/** A list of finite numbers, as many as expected. */
export function numbers(name: string, value: unknown, length: number, precision: Precision): Elements {
  checkLength(name, value, length);
  checkNumbers(name, value, precision);
  const values = room(precision, length);
  values.set(value);
  return values;
}

/** How many rows and columns a matrix has: an array of arrays of equal length, neither of them empty. */
export function sizeOf(name: string, value: unknown): [rows: number, columns: number] {
  if (!Array.isArray(value)) throw unexpected("syntax", name, "an array of rows", value);
  const first: unknown = value[0];
  if (!Array.isArray(first) || first.length === 0) throw unexpected("syntax", `${name}[0]`, "a row of numbers", first);
  // All rows, before room is made for as many numbers as rows times the first one's. By their numbers, since forEach would pass over those that are not there.
  for (let i = 0; i < value.length; i++) checkLength(`${name}[${i}]`, value[i], first.length);
  return [value.length, first.length];
}

/** The numbers of a matrix that `sizeOf` has seen, row by row, or with `transposed` column by column. */
export function matrix(
  name: string,
  value: unknown,
  [rows, columns]: readonly [number, number],
  precision: Precision,
  transposed = false,
): Elements {
  const all = value as readonly (readonly unknown[])[];
  // An array may claim to be as long as it likes: what is in it comes before room for it.
  all.forEach((row, i) => {
    checkNumbers(`${name}[${i}]`, row, precision);
  });
  const values = room(precision, rows * columns);
  (all as readonly (readonly number[])[]).forEach((row, i) => {
    if (!transposed) values.set(row, i * columns);
    else for (let j = 0; j < columns; j++) values[i + j * rows] = row[j] as number;
  });
  return values;
}

function checkLength(name: string, value: unknown, length: number): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected("syntax", name, count(length, "number"), value);
  if (value.length !== length) throw new ImportError("mismatch", `${name}: expected ${count(length, "number")}, got ${value.length}`);
}

function checkNumbers(name: string, values: readonly unknown[], precision: Precision): asserts values is readonly number[] {
  const isShort = precision === "float32";
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (typeof x !== "number") throw unexpected("syntax", `${name}[${i}]`, "a number", x);
    const held = isShort ? Math.fround(x) : x;
    if (!Number.isFinite(held)) throw notFinite(`${name}[${i}]`, held, precision);
  }
}

/** One of the names that are keys of `known`; others, which cannot be here, are refused by name. */
export function nameAt<V>(object: JsonObject, key: string, known: Readonly<Record<string, V>>, name = key): V {
  const value = at(object, key);
  if (typeof value !== "string") throw unexpected("syntax", name, `one of ${Object.keys(known).join(", ")}`, value);
  if (!Object.hasOwn(known, value)) throw unexpected("unsupported", name, `one of ${Object.keys(known).join(", ")}`, value);
  return known[value] as V;
}

/** Names as messages list them. */
export function quoted(names: readonly string[]): string[] {
  return names.map(describe);
}
