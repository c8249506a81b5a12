// Model files by what docs/model-file.md says of them, and nothing else: even the words' places come from the page's tables.

import { readFileSync } from "node:fs";

const PAGE = readFileSync("docs/model-file.md", "utf8");

/** Where the digits of the checksum stand. */
const DIGITS = 8 + '{"__metadata__":{"format":"feedforward","version":"1","checksum":"'.length;
const CONFIGURATION_WORDS = 36;
const LAYER_WORDS = 26;

export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What a file consists of. */
export interface Parts {
  readonly text: string;
  readonly tensors: readonly Tensor[];
}

/** Rows of the table of a part of the data: [word, type, name, range]. */
function fields(heading: string): string[][] {
  const section = PAGE.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => /^\| \d/.test(line));
  if (rows.length === 0) throw new Error(`docs/model-file.md has no table under "${heading}"`);
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

export const FIELDS = { Configuration: fields("Configuration"), Layers: fields("Layers"), Run: fields("Run") };

/** The length of a file's header. */
export function headerLength(file: Uint8Array): number {
  return Number(viewOf(file).getBigUint64(0, true));
}

export function headerOf(file: Uint8Array): string {
  return Buffer.from(file.subarray(8, 8 + headerLength(file))).toString("latin1");
}

/** Takes a file apart, which must have been written by the library. */
export function partsOf(file: Uint8Array): Parts {
  const { __metadata__, ...tensors } = JSON.parse(headerOf(file)) as {
    __metadata__: { text: string };
    [name: string]: unknown;
  };
  const data = file.subarray(8 + headerLength(file));
  return {
    text: __metadata__.text,
    tensors: Object.entries(tensors).map(([name, tensor]) => {
      const { dtype, shape, data_offsets } = tensor as { dtype: string; shape: number[]; data_offsets: [number, number] };
      return { name, dtype, shape, bytes: data.slice(...data_offsets) };
    }),
  };
}

/** The header of tensors, as the page has it. */
export function headerFor({ text, tensors }: Parts): string {
  let at = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    const entry = `,"${name}":{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${at},${at + bytes.length}]}`;
    at += bytes.length;
    return entry;
  });
  const escaped = text.replace(/["\\]/g, (c) => `\\${c}`);
  return `{"__metadata__":{"format":"feedforward","version":"1","checksum":"0000000000000000","text":"${escaped}"}${entries.join("")}}`;
}

/** A file of these parts, with another header where one is given, and the checksum that belongs to it. */
export function fileOf(parts: Parts, header: string = headerFor(parts)): Uint8Array {
  const padded = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8), "latin1");
  const length = new Uint8Array(8);
  viewOf(length).setBigUint64(0, BigInt(padded.length), true);
  return signed(Uint8Array.from(Buffer.concat([length, padded, ...parts.tensors.map(({ bytes }) => bytes)])));
}

/** The same bytes, in place, with the checksum that belongs to them. */
export function signed(file: Uint8Array): Uint8Array {
  file.set(Buffer.from(checksumOf(file)), DIGITS);
  return file;
}

/** The checksum of a file, whose digits are taken for 0. */
export function checksumOf(file: Uint8Array): string {
  const bytes = file.slice();
  bytes.fill(0x30, DIGITS, DIGITS + 16);
  const view = viewOf(bytes);
  const rotated = (x: bigint) => BigInt.asUintN(64, (x << 29n) | (x >> 35n));
  const step = (sum: bigint, word: bigint) => BigInt.asUintN(64, rotated(sum ^ word) * 0x9e3779b97f4a7c15n);
  const fold = (sum: bigint, word: bigint) => {
    const next = step(sum, word);
    return next ^ (next >> 32n);
  };
  const sums = [1n, 2n, 3n, 4n];
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32) {
    for (let i = 0; i < 4; i++) sums[i] = step(sums[i] as bigint, view.getBigUint64(at + 8 * i, true));
  }
  for (; at + 8 <= bytes.length; at += 8) sums[0] = step(sums[0] as bigint, view.getBigUint64(at, true));
  if (at < bytes.length) sums[0] = step(sums[0] as bigint, BigInt(view.getUint32(at, true)));
  return sums.reduce(fold, BigInt(bytes.length)).toString(16).padStart(16, "0");
}

/** The file in which a field of the page's tables has another value. */
export function withField(file: Uint8Array, part: keyof typeof FIELDS, field: string, value: number, layer = 0): Uint8Array {
  const row = FIELDS[part].find(([, , name]) => name === field);
  if (!row) throw new Error(`docs/model-file.md has no ${field}`);
  const word = Number(row[0]) + (part === "Layers" ? CONFIGURATION_WORDS + LAYER_WORDS * layer : 0);
  return edited(file, part === "Run" ? "run" : "configuration", (view) => {
    if (row[1] === "f64") view.setFloat64(4 * word, value, true);
    else view.setUint32(4 * word, value, true);
  });
}

/** A value of a file's field. */
export function fieldOf(file: Uint8Array, part: keyof typeof FIELDS, field: string, layer = 0): number {
  const row = FIELDS[part].find(([, , name]) => name === field) as string[];
  const word = Number(row[0]) + (part === "Layers" ? CONFIGURATION_WORDS + LAYER_WORDS * layer : 0);
  const view = viewOf(tensorOf(file, part === "Run" ? "run" : "configuration").bytes);
  return row[1] === "f64" ? view.getFloat64(4 * word, true) : view.getUint32(4 * word, true);
}

/** The file in which a tensor's bytes were changed, signed anew. */
export function edited(file: Uint8Array, name: string, change: (bytes: DataView) => void): Uint8Array {
  const parts = partsOf(file);
  const { bytes } = parts.tensors.find((tensor) => tensor.name === name) as Tensor;
  change(viewOf(bytes));
  return fileOf(parts);
}

export function tensorOf(file: Uint8Array, name: string): Tensor {
  const found = partsOf(file).tensors.find((tensor) => tensor.name === name);
  if (!found) throw new Error(`no tensor ${name}`);
  return found;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
