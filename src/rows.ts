import { count, describe } from "./errors.js";
import { type Precision, whole } from "./options.js";

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

/** A table that was checked: its size, its form, and a way to copy its numbers row by row to the start of `view`. */
export interface Table {
  readonly rows: number;
  readonly form: "row" | "typed row" | "rows" | "typed rows" | "flat";
  place(view: Float64Array | Float32Array): void;
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

/** Checks all numbers of a table before any of them is used. */
export function readTable(value: unknown, shape: TableShape): Table {
  if (Array.isArray(value)) {
    if (value.length === 0) throw new RangeError(`${shape.name}: expected at least one row, got none`);
    return typeof value[0] === "object" && value[0] !== null ? readRows(value, shape) : readFlatList(value, shape, "row");
  }
  if (isNumericArray(value)) return readFlatList(value, shape, "typed row");
  if (typeof value === "object" && value !== null && "data" in value && "rows" in value) return readFlat(value, shape);
  throw new TypeError(
    `${shape.name}: expected an array of rows, one row, or { data: a typed array, rows: their number }, got ${describe(value)}`,
  );
}

function readRows(value: readonly unknown[], shape: TableShape): Table {
  const { name, width } = shape;
  let typed = true;
  for (let r = 0; r < value.length; r++) {
    const row = value[r];
    const isTyped = isNumericArray(row);
    typed &&= isTyped;
    if (!isTyped && !Array.isArray(row))
      throw new TypeError(`${name}[${r}]: expected a row of ${count(width, "number")}, got ${describe(row)}`);
    checkLength(`${name}[${r}]`, row, width);
    checkNumbers(row, shape, r);
  }
  return {
    rows: value.length,
    form: typed ? "typed rows" : "rows",
    place(view) {
      for (let r = 0, at = 0; r < value.length; r++, at += width) view.set(value[r] as Row, at);
    },
  };
}

/** One row, or a column where the shape allows one. */
function readFlatList(value: readonly unknown[] | NumericArray, shape: TableShape, form: Table["form"]): Table {
  if (shape.column) {
    checkAttached(shape.name, value);
    if (value.length === 0) throw new RangeError(`${shape.name}: expected at least one row, got none`);
    for (let r = 0; r < value.length; r++) checkNumbers([value[r]], shape, r);
  } else {
    checkLength(shape.name, value, shape.width);
    checkNumbers(value, shape, undefined);
  }
  return { rows: shape.column ? value.length : 1, form, place: (view) => view.set(value as Row) };
}

function readFlat(value: object & Record<"data" | "rows", unknown>, shape: TableShape): Table {
  const { name, width } = shape;
  const { data } = value;
  if (!isNumericArray(data)) throw new TypeError(`${name}.data: expected a typed array of numbers, got ${describe(data)}`);
  const rows = whole(`${name}.rows`, value.rows, 1, Number.MAX_SAFE_INTEGER);
  checkAttached(`${name}.data`, data);
  if (data.length !== rows * width) {
    throw new RangeError(`${name}.data: expected ${count(rows, "row")} × ${width} = ${count(rows * width, "number")}, got ${data.length}`);
  }
  if (data instanceof Float64Array || data instanceof Float32Array) checkFlat(data, shape);
  return { rows, form: "flat", place: (view) => view.set(data) };
}

function checkFlat(data: Float64Array | Float32Array, { name, width, precision }: TableShape): void {
  const limit = LIMITS[precision];
  for (let i = 0; i < data.length; i++) {
    if (Math.abs(data[i] as number) < limit) continue;
    throw numberError(`${name}[${Math.floor(i / width)}][${i % width}]`, data[i], precision);
  }
}

/** Checks one row, which is row `r` of a table or, without `r`, stands alone. */
export function checkNumbers(row: readonly unknown[] | NumericArray, { name, precision }: TableShape, r: number | undefined): void {
  const limit = LIMITS[precision];
  for (let c = 0; c < row.length; c++) {
    const x = row[c];
    if (typeof x === "number" && Math.abs(x) < limit) continue;
    throw numberError(r === undefined ? `${name}[${c}]` : `${name}[${r}][${c}]`, x, precision);
  }
}

function numberError(where: string, x: unknown, precision: Precision): Error {
  const kind = precision === "float32" && Number.isFinite(x) ? "finite number that float32 can hold" : "finite number";
  const message = `${where}: expected a ${kind}, got ${describe(x)}`;
  return typeof x === "number" ? new RangeError(message) : new TypeError(message);
}

export function checkLength(name: string, row: readonly unknown[] | NumericArray, width: number): void {
  if (row.length === width) return;
  checkAttached(name, row);
  throw new RangeError(
    `${name}: expected ${count(width, "number")}, got ${row.length}${
      ArrayBuffer.isView(row) && row.length % width === 0 ? "; several rows in one typed array are passed as { data, rows }" : ""
    }`,
  );
}

/** Refuses a typed array whose buffer was transferred away, which looks like an empty one. */
export function checkAttached(name: string, row: readonly unknown[] | NumericArray): void {
  if (row.length > 0 || !ArrayBuffer.isView(row)) return;
  try {
    new Uint8Array(row.buffer);
  } catch {
    throw new TypeError(`${name}: expected numbers, got a typed array whose buffer is detached (it was transferred)`);
  }
}

export function isNumericArray(value: unknown): value is NumericArray {
  return (
    ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array)
  );
}
