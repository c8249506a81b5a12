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

/**
 * The memory of a network's core, where its own views lie; and, where nobody is to be held up by many rows, what takes work over all of them to do it in pieces: on rows
 * `from` to `to`, in order.
 */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  inPieces?(rows: number, work: (from: number, to: number) => void): void;
}

/** The least magnitude that is not a finite number of the precision: what is not below it rounds to infinity. */
const LIMITS: Readonly<Record<Precision, number>> = { float64: Number.POSITIVE_INFINITY, float32: 2 ** 128 - 2 ** 103 };

/** What a table must be. */
export interface TableShape {
  /** The argument's name in messages. */
  readonly name: string;
  readonly width: number;
  readonly precision: Precision;
  /** Whether a flat list stands for a column, rows of width 1, instead of a single row. */
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
  memory: Memory,
  room: (rows: number) => Float64Array | Float32Array = (rows) => new Float64Array(rows * shape.width),
): Table {
  if (Array.isArray(value)) {
    if (value.length === 0) throw wrongValue(shape.name, "at least one row, got none");
    return typeof value[0] === "object" && value[0] !== null
      ? readRows(value, shape, memory, room(value.length))
      : readList(value, shape, memory);
  }
  if (isNumericArray(value)) return readTypedList(value, shape, memory);
  if (typeof value === "object" && value !== null && "data" in value && "rows" in value) return readFlat(value, shape, memory);
  throw wrongKind(
    shape.name,
    `${shape.column ? "a list of numbers" : "an array of rows, one row"}, or { data: a typed array, rows: their number }`,
    value,
  );
}

/** Does the work on all rows, at once if it is not to be done in pieces. */
export function withRows(memory: Memory, rows: number, work: (from: number, to: number) => void): void {
  if (memory.inPieces) memory.inPieces(rows, work);
  else work(0, rows);
}

function readRows(value: readonly unknown[], shape: TableShape, memory: Memory, values: Float64Array | Float32Array): Table {
  const { name, width } = shape;
  const rows = values.length / width;
  const table: Omit<Table, "form"> & { form: Table["form"] } = { rows, form: "typed rows", values };
  withRows(memory, rows, (from, to) => {
    for (let r = from; r < to; r++) {
      const row = value[r];
      if (!isNumericArray(row)) {
        if (!Array.isArray(row)) throw wrongKind(`${name}[${r}]`, `a row of ${count(width, "number")}`, row);
        table.form = "rows";
      }
      checkLength(`${name}[${r}]`, row, width);
      copyNumbers(row, 0, width, values, r * width, shape, (c) => `${name}[${r}][${c}]`);
    }
  });
  return table;
}

/** An array of numbers: one row, or a column where the shape allows one. */
function readList(value: readonly unknown[], shape: TableShape, memory: Memory): Table {
  const { name, width, column } = shape;
  if (!column) checkLength(name, value, width);
  const { length } = value;
  const values = new Float64Array(length);
  withRows(memory, length, (from, to) => copyNumbers(value, from, to, values, 0, shape, (i) => `${name}[${i}]`));
  return { rows: length / width, form: "row", values };
}

function readTypedList(value: NumericArray, shape: TableShape, memory: Memory): Table {
  const { name, width, column } = shape;
  checkAttached(name, value);
  if (!column) checkLength(name, value, width);
  else if (value.length === 0) throw wrongValue(name, "at least one row, got none");
  return checked(value, "typed row", shape, memory, (i) => `${name}[${i}]`);
}

function readFlat(value: object & Record<"data" | "rows", unknown>, shape: TableShape, memory: Memory): Table {
  const { name, width } = shape;
  const { data, rows: given } = value;
  if (!isNumericArray(data)) throw wrongKind(`${name}.data`, "a typed array of numbers", data);
  const rows = whole(`${name}.rows`, given, 1, Number.MAX_SAFE_INTEGER);
  checkAttached(`${name}.data`, data);
  if (data.length !== rows * width) {
    throw wrongValue(`${name}.data`, `${count(rows, "row")} × ${width} = ${count(rows * width, "number")}`, data.length);
  }
  return checked(data, "flat", shape, memory, (i) => `${name}[${Math.floor(i / width)}][${i % width}]`);
}

/** Checks the numbers of a typed array, which stays where it is unless that is `memory`, which may have grown and moved before they are used. */
function checked(
  given: NumericArray,
  form: Table["form"],
  { width, precision }: TableShape,
  memory: Memory,
  where: (i: number) => string,
): Table {
  const values = given.buffer === memory.buffer ? Float64Array.from(given) : given;
  const { length } = values;
  withRows(memory, length, (from, to) => checkNumbers(values, from, to - 1, precision, where));
  return { rows: length / width, form, values };
}

/** Copies the numbers `from` … `to` to those from `at` on, and checks each as it is read. */
function copyNumbers(
  row: readonly unknown[] | NumericArray,
  from: number,
  to: number,
  values: Float64Array | Float32Array,
  at: number,
  { precision }: TableShape,
  where: (i: number) => string,
): void {
  for (let i = from; i < to; i++) {
    const x = row[i];
    if (!isUsable(x, precision)) throw numberError(where(i), x, precision);
    values[at + i] = x;
  }
}

/** Checks the numbers `i` … `last` of a typed array; whole numbers need no check. */
function checkNumbers(values: NumericArray, i: number, last: number, precision: Precision, where: (i: number) => string): void {
  if (/^u?int\d+(clamped)?array$/i.test(values.constructor?.name)) return;
  const limit = LIMITS[precision];
  // A loop for each kind, two numbers at a time: 1 ns a number, and not 5, as where V8 has seen several kinds.
  if (values instanceof Float32Array) {
    while (i < last && Math.abs(values[i] as number) < limit && Math.abs(values[i + 1] as number) < limit) i += 2;
  } else if (values instanceof Float64Array) {
    while (i < last && Math.abs(values[i] as number) < limit && Math.abs(values[i + 1] as number) < limit) i += 2;
  }
  for (; i <= last; i++) {
    if (!isUsable(values[i], precision)) throw numberError(where(i), values[i], precision);
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
    throw wrongKind(name, "numbers, got a typed array whose buffer was transferred");
  }
}

/** Whether a value is a typed array of numbers: of any engine's and any realm's kinds (frames, `vm`), Float16Array included, but not of bigints. */
export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && "length" in value && typeof (value as NumericArray)[0] !== "bigint";
}
