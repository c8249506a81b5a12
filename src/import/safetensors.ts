import { describe } from "../errors.js";
import type { Elements, Precision } from "../index.js";
import { ImportError } from "./errors.js";
import { type Entry, readHeader } from "./header.js";
import { notFinite, room } from "./network.js";

/** A tensor of a file: what the header says of it, and its bytes, which are still the file's. */
export interface Tensor extends Entry {
  readonly name: string;
  readonly data: DataView;
}

/** Headers are a few hundred bytes for each layer. */
const HEADER_LIMIT = 2 ** 20;

/** Bits of an element. What the format adds later is refused, since its tensors' sizes could not be checked. */
const BITS: ReadonlyMap<string, number> = new Map([
  ["BOOL", 8],
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["U8", 8],
  ["I8", 8],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["C64", 64],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
]);

/**
 * The tensors of a safetensors file by their names. All that the header says is checked against the file's length before anything is made of it: tensors
 * lie one after the other, without a hole and without an overlap, each as long as its type and shape say.
 */
export function readTensors(file: Uint8Array): Map<string, Tensor> {
  if (file.length < 8) throw new ImportError("syntax", `file: expected a safetensors file of 8 bytes or more, got ${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (headerBytes > HEADER_LIMIT) throw new ImportError("limit", `header: expected at most ${HEADER_LIMIT} bytes, got ${headerBytes}`);
  const start = 8 + headerBytes;
  if (start > file.length)
    throw new ImportError("syntax", `header: expected ${headerBytes} bytes, got ${file.length - 8}: the file is cut off`);
  const entries = readHeader(decode(file.slice(8, start)));
  checkPlaces(entries, file.length - start);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of entries) {
    const data = new DataView(file.buffer, file.byteOffset + start + entry.begin, entry.end - entry.begin);
    tensors.set(name, { ...entry, name, data });
  }
  return tensors;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ImportError("syntax", "header: expected UTF-8", { cause });
  }
}

function checkPlaces(entries: ReadonlyMap<string, Entry>, length: number): void {
  for (const [name, { dtype, shape, begin, end }] of entries) {
    const bits = BITS.get(dtype);
    if (bits === undefined) throw new ImportError("unsupported", `tensor ${describe(name)}: unknown type ${describe(dtype)}`);
    if (begin > end || end > length) {
      throw new ImportError(
        "syntax",
        `tensor ${describe(name)}: expected data_offsets within the ${length} bytes of data, got [${begin}, ${end}]`,
      );
    }
    // A product beyond 2⁵³ is rounded, but never to a number as small as a file.
    if ((product(shape) * bits) / 8 !== end - begin) {
      throw new ImportError("syntax", `tensor ${describe(name)}: expected ${shapeText(shape)} of ${dtype} in its ${end - begin} bytes`);
    }
  }
  let at = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw new ImportError("syntax", `tensor ${describe(name)}: expected to begin at ${at}, without hole or overlap, got ${begin}`);
    at = end;
  }
  if (at !== length) throw new ImportError("syntax", `file: expected ${at} bytes of data, got ${length}`);
}

function product(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);
}

/** "[2, 3]", of which a hostile file may have thousands of dimensions. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.length > 8 ? `${shape.slice(0, 8).join(", ")}, …` : shape.join(", ")}]`;
}

/** The numbers of a type, read at an offset in bytes. All of them are numbers of float32 but float64's. */
const READERS: Readonly<Record<string, (data: DataView, i: number) => number>> = {
  F64: (data, i) => data.getFloat64(8 * i, true),
  F32: (data, i) => data.getFloat32(4 * i, true),
  F16: (data, i) => half(data.getUint16(2 * i, true)),
  BF16: (data, i) => brainHalf(data.getUint16(2 * i, true)),
};

/** Whether a tensor's numbers can be a network's. */
export function hasNumbers({ dtype }: Tensor): boolean {
  return Object.hasOwn(READERS, dtype);
}

/** IEEE 754's binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16, the upper half of a float32. */
function brainHalf(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Rows of a matrix that are transposed at a time: so many numbers of a column fill a line of the processor's cache, which is then written at once. */
const BAND = 16;

/** A tensor's numbers in a precision, in which they are exact unless float64 is read as float32. With `transposed` a matrix' columns are given as rows. */
export function numbersOf(tensor: Tensor, precision: Precision, transposed = false): Elements {
  const { name, dtype, shape, data } = tensor;
  const read = READERS[dtype];
  if (!read) throw new ImportError("unsupported", `tensor ${describe(name)}: expected F64, F32, F16 or BF16, got ${dtype}`);
  const [rows, columns] = transposed ? (shape as [number, number]) : [1, product(shape)];
  const values = room(precision, rows * columns);
  for (let start = 0; start < rows; start += BAND) {
    const end = Math.min(start + BAND, rows);
    for (let column = 0; column < columns; column++) {
      for (let row = start; row < end; row++) {
        const from = row * columns + column;
        const to = column * rows + row;
        values[to] = read(data, from);
        const held = values[to] as number;
        if (!Number.isFinite(held)) throw notFinite(`tensor ${describe(name)}, element ${from}`, held, precision);
      }
    }
  }
  return values;
}
