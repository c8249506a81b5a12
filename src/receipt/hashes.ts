import { wrongKind } from "../errors.js";
import type { FlatRows, NeuralNetwork, NumericArray, Precision, Row, Rows } from "../index.js";
import { isNumericArray } from "../rows.js";

// SHA-256, in hexadecimal, of what may be large: that of the hashes of its pieces, one behind the other, so that nobody is held for long and no copy of all of it is made.

/** Numbers, and bytes, of a piece. */
const NUMBERS = 65_536;
const BYTES = 8 * NUMBERS;

/** Lists of numbers by their names, each behind its name and length, in the precision in which a network takes them. */
export function hashOfLists(lists: Readonly<Record<string, Row | Rows>>, precision: Precision): Promise<string> {
  function* pieces(): Generator<Uint8Array> {
    for (const [name, list] of Object.entries(lists)) {
      let length = 0;
      for (const numbers of piecesOf(list)) {
        length += numbers.length;
        // A copy in any case: the next piece comes in the same place.
        yield bytesOf(precision === "float32" ? new Float32Array(numbers) : new Float64Array(numbers));
      }
      yield new TextEncoder().encode(`${name} ${length}\n`);
    }
  }
  return hashOf(pieces());
}

/** All numbers of rows in whatever form, one after the other. */
function* piecesOf(rows: Row | Rows): Generator<ArrayLike<number>> {
  if (!Array.isArray(rows)) {
    const flat = isNumericArray(rows) ? rows : (rows as FlatRows).data;
    for (let at = 0; at < flat.length; at += NUMBERS) yield flat.subarray(at, at + NUMBERS);
    return;
  }
  const piece = new Float64Array(NUMBERS);
  let filled = 0;
  for (const row of rows as readonly (number | ArrayLike<number>)[]) {
    const list = typeof row === "number" ? [row] : (row ?? []);
    for (let i = 0; i < list.length; i++) {
      piece[filled++] = list[i] as number;
      if (filled < NUMBERS) continue;
      yield piece;
      filled = 0;
    }
  }
  yield piece.subarray(0, filled);
}

/** Refuses what is no list of numbers and none of rows. What is in it, whoever trains will see. */
export function checkList(name: string, given: unknown): asserts given is Row | Rows {
  const { data, rows } = Object(given) as Partial<FlatRows>;
  if (Array.isArray(given) || isNumericArray(given) || (isNumericArray(data) && typeof rows === "number")) return;
  throw wrongKind(name, "an array of rows, of numbers, or { data, rows }", given);
}

/** What a network is at a moment, in bytes of its own: all that it has become, but for history and notes, and the words of the configuration that say what it is. */
export interface Moment {
  readonly state: Uint8Array;
  readonly configuration: Uint8Array;
}

/** The network as it is now. */
export function momentOf(network: NeuralNetwork): Moment {
  const file = network.snapshot();
  const head = headLength(file);
  const { configuration } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + head)));
  const [from, to] = configuration.data_offsets;
  // Before it: whether the file has weights only, and its history. A copy, which is small, so that nobody keeps the file for it.
  return { state: file.subarray(8 + head), configuration: file.slice(8 + head + from + 12, 8 + head + to) };
}

/** Parameters and statistics as they are now, layer by layer: copies, since views of the network's memory may move. */
export function parametersOf(network: NeuralNetwork): Uint8Array[] {
  return viewsOf(network).map((list) => bytesOf(list.slice()));
}

/** Whether a network has these parameters and statistics. One that has been disposed of has none. */
export function hasParameters(network: NeuralNetwork, lists: readonly Uint8Array[]): boolean {
  try {
    return viewsOf(network).every((list, i) => areSame(wordsOf(list), wordsOf(lists[i] as Uint8Array)));
  } catch {
    return false;
  }
}

function viewsOf({ layers }: NeuralNetwork): NumericArray[] {
  return layers.flatMap(({ weights, biases, scales, shifts, means, variances }): NumericArray[] => [
    weights,
    biases,
    scales,
    shifts,
    means,
    variances,
  ]);
}

/** Bits and not numbers: −0 is another parameter than 0. */
function wordsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

function areSame(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function headLength(file: Uint8Array): number {
  return new DataView(file.buffer).getUint32(0, true);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function* slices(lists: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const list of lists) for (let at = 0; at < list.length; at += BYTES) yield list.subarray(at, at + BYTES);
}

/** Lists of bytes, each in pieces of its own. */
export function hashOfBytes(...lists: readonly Uint8Array[]): Promise<string> {
  return hashOf(slices(lists));
}

/** Throws where there is nothing to hash with. */
export function checkHost(): void {
  if (!globalThis.crypto?.subtle) throw new Error("crypto.subtle: this host has none; browsers have it in secure contexts only");
}

async function hashOf(pieces: Iterable<Uint8Array>): Promise<string> {
  checkHost();
  const { subtle } = globalThis.crypto;
  const digest = async (bytes: Uint8Array) => new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  const hashes: number[] = [];
  for (const piece of pieces) hashes.push(...(await digest(piece)));
  return Array.from(await digest(Uint8Array.from(hashes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
