import { count, wrongKind, wrongValue } from "./errors.js";
import { whole } from "./options/check.js";
import type { Precision } from "./options/network.js";

/** A typed array of numbers (not of bigints). */
export type NumericArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** One row of numbers. */
export type Row = readonly number[] | NumericArray;

/** Rows one after the other in one typed array. */
export interface FlatRows {
  /** The numbers, row by row: `rows` × width of them. */
  readonly data: NumericArray;
  /** How many rows there are: a whole number, 1 or more. */
  readonly rows: number;
}

/** A table of numbers: an array of rows, or one flat typed array with its row count. */
export type Rows = readonly Row[] | FlatRows;

/** A table that was read and checked: its size, its form, and its numbers row by row. */
export interface Table {
  readonly rows: number;
  readonly form: "row" | "typed row" | "rows" | "typed rows" | "flat";
  readonly values: NumericArray;
}

/** The least magnitude that is not a finite number of the precision: what is not below it rounds to infinity. */
const LIMITS: Readonly<Record<Precision, number>> = { float64: Number.POSITIVE_INFINITY, float32: 2 ** 128 - 2 ** 103 };

/** What a table must be. */
export interface TableShape {
  /** The argument's name in messages. */
  readonly name: string;
  readonly width: number;
  readonly precision: Precision;
  /** Whether a flat list stands for a column, one row of width 1 each, instead of a single row. */
  readonly column?: boolean;
}

/**
 * Reads and checks all numbers of a table before any of them is used. Arrays are read once, into a copy, so that it does not matter what a getter
 * says the next time: rows into the `room` that is given for so many. Typed arrays stay where they are, but for views of `memory`, which growth would
 * detach.
 */
export function readTable(
  value: unknown,
  shape: TableShape,
  memory: { readonly buffer: ArrayBufferLike },
  room: (rows: number) => Float64Array | Float32Array = (rows) => new Float64Array(rows * shape.width),
): Table {
  if (Array.isArray(value)) {
    if (value.length === 0) throw wrongValue(shape.name, "at least one row, got none");
    return typeof value[0] === "object" && value[0] !== null ? readRows(value, shape, room(value.length)) : readList(value, shape);
  }
  if (isNumericArray(value)) return readTypedList(value, shape, memory);
  if (typeof value === "object" && value !== null && "data" in value && "rows" in value) return readFlat(value, shape, memory);
  throw wrongKind(
    shape.name,
    `${shape.column ? "a list of numbers" : "an array of rows, one row"}, or { data: a typed array, rows: their number }`,
    value,
  );
}

function readRows(value: readonly unknown[], shape: TableShape, values: Float64Array | Float32Array): Table {
  const { name, width } = shape;
  const rows = values.length / width;
  let typed = true;
  for (let r = 0; r < rows; r++) {
    const row = value[r];
    const isTyped = isNumericArray(row);
    typed &&= isTyped;
    if (!isTyped && !Array.isArray(row)) {
      throw wrongKind(`${name}[${r}]`, `a row of ${count(width, "number")}`, row);
    }
    checkLength(`${name}[${r}]`, row, width);
    copyNumbers(row, values, r * width, width, shape, (c) => `${name}[${r}][${c}]`);
  }
  return { rows, form: typed ? "typed rows" : "rows", values };
}

/** An array of numbers: one row, or a column where the shape allows one. */
function readList(value: readonly unknown[], shape: TableShape): Table {
  const { name, width, column } = shape;
  if (!column) checkLength(name, value, width);
  const { length } = value;
  const values = new Float64Array(length);
  copyNumbers(value, values, 0, length, shape, (i) => `${name}[${i}]`);
  return { rows: column ? length : 1, form: "row", values };
}

function readTypedList(value: NumericArray, shape: TableShape, memory: { readonly buffer: ArrayBufferLike }): Table {
  const { name, width, column } = shape;
  checkAttached(name, value);
  if (!column) checkLength(name, value, width);
  else if (value.length === 0) throw wrongValue(name, "at least one row, got none");
  checkNumbers(value, shape, (i) => `${name}[${i}]`);
  return { rows: column ? value.length : 1, form: "typed row", values: settled(value, memory) };
}

function readFlat(
  value: object & Record<"data" | "rows", unknown>,
  shape: TableShape,
  memory: { readonly buffer: ArrayBufferLike },
): Table {
  const { name, width } = shape;
  const { data, rows: given } = value;
  if (!isNumericArray(data)) throw wrongKind(`${name}.data`, "a typed array of numbers", data);
  const rows = whole(`${name}.rows`, given, 1, Number.MAX_SAFE_INTEGER);
  checkAttached(`${name}.data`, data);
  if (data.length !== rows * width) {
    throw wrongValue(`${name}.data`, `${count(rows, "row")} × ${width} = ${count(rows * width, "number")}`, data.length);
  }
  checkNumbers(data, shape, (i) => `${name}[${Math.floor(i / width)}][${i % width}]`);
  return { rows, form: "flat", values: settled(data, memory) };
}

/** A copy of what lies in `memory`, which may have grown and moved before it is used. */
function settled(values: NumericArray, memory: { readonly buffer: ArrayBufferLike }): NumericArray {
  return values.buffer === memory.buffer ? Float64Array.from(values) : values;
}

/** Copies `width` numbers to `to[at]` and checks each as it is read. */
function copyNumbers(
  from: readonly unknown[] | NumericArray,
  to: Float64Array | Float32Array,
  at: number,
  width: number,
  { precision }: TableShape,
  where: (i: number) => string,
): void {
  const limit = LIMITS[precision];
  for (let i = 0; i < width; i++) {
    const x = from[i];
    if (!(typeof x === "number" && Math.abs(x) < limit)) throw numberError(where(i), x, precision);
    to[at + i] = x;
  }
}

/** Checks the numbers of a typed array; whole numbers need no check. */
function checkNumbers(values: NumericArray, { precision }: TableShape, where: (i: number) => string): void {
  if (/^u?int\d/i.test(values.constructor?.name)) return;
  const limit = LIMITS[precision];
  const last = values.length - 1;
  let i = 0;
  // A loop for each kind, two numbers at a time: 1 ns a number, and not 5, as where V8 has seen several kinds.
  if (values instanceof Float32Array) {
    while (i < last && Math.abs(values[i] as number) < limit && Math.abs(values[i + 1] as number) < limit) i += 2;
  } else if (values instanceof Float64Array) {
    while (i < last && Math.abs(values[i] as number) < limit && Math.abs(values[i + 1] as number) < limit) i += 2;
  }
  for (; i <= last; i++) {
    if (!(Math.abs(values[i] as number) < limit)) throw numberError(where(i), values[i], precision);
  }
}

/** The error for a number that is none, or none that the precision can hold. */
export function numberError(where: string, x: unknown, precision: Precision): Error {
  const expected = `a finite number${precision === "float32" && Number.isFinite(x) ? " that float32 can hold" : ""}`;
  return (typeof x === "number" ? wrongValue : wrongKind)(where, expected, x);
}

/** Whether `x` is a number that stays finite in the precision. */
export function isUsable(x: unknown, precision: Precision): x is number {
  return typeof x === "number" && Math.abs(x) < LIMITS[precision];
}

export function checkLength(name: string, row: readonly unknown[] | NumericArray, width: number): void {
  if (row.length === width) return;
  checkAttached(name, row);
  const severalRows = ArrayBuffer.isView(row) && row.length > 0 && row.length % width === 0;
  const hint = severalRows ? "; several rows in one typed array are passed as { data, rows }" : "";
  throw wrongValue(name, `${count(width, "number")}, got ${row.length}${hint}`);
}

/** Refuses a typed array whose buffer was transferred away, which looks like an empty one. */
export function checkAttached(name: string, row: readonly unknown[] | NumericArray): void {
  if (row.length > 0 || !ArrayBuffer.isView(row)) return;
  try {
    new Uint8Array(row.buffer);
  } catch {
    throw wrongKind(name, "numbers, got a typed array whose buffer is detached (it was transferred)");
  }
}

/** Whether a value is a typed array of numbers: of any engine's and any realm's kinds (frames, `vm`), Float16Array included, but not of bigints. */
export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && "length" in value && typeof (value as NumericArray)[0] !== "bigint";
}
