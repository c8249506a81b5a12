import type { NumericArray, Table } from "../rows.js";
import { otherEvents } from "./events.js";

// Typed arrays of users may be of classes of their own, such as Node's Buffer, whose `slice` is no copy, or whose constructors know nothing of lengths. Here they are looked at as what
// they are of the language's own classes.

type Kind = { new (length: number): NumericArray; new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericArray };

const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as () => string;

function kindOf(values: NumericArray): Kind {
  return (globalThis as unknown as Record<string, Kind>)[tag.call(values)] as Kind;
}

/** A view of the numbers `from` … `to`. */
export function part(values: NumericArray, from = 0, to = values.length): NumericArray {
  const Kind = kindOf(values);
  return new Kind(values.buffer, values.byteOffset + from * values.BYTES_PER_ELEMENT, to - from);
}

export function copyOf(values: NumericArray): NumericArray {
  const copy = new (kindOf(values))(values.length);
  copy.set(values as never);
  return copy;
}

/** A copy that is made in pieces. */
export async function copyInPieces(values: NumericArray, bytes: number): Promise<NumericArray> {
  const copy = new (kindOf(values))(values.length);
  const step = bytes / values.BYTES_PER_ELEMENT;
  for (let at = 0; at < values.length; at += step) {
    if (at > 0) await otherEvents();
    copy.set(part(values, at, Math.min(at + step, values.length)) as never, at);
  }
  return copy;
}

/** A table that can be sent. Numbers that are not all of their buffer, which would be sent whole, are copied if they are less than `bytes`: what is more goes in pieces. */
export function plainTable(table: Table, bytes: number): Table {
  const { values } = table;
  const isWhole = values.byteLength === values.buffer.byteLength;
  return { ...table, values: isWhole || values.byteLength > bytes ? part(values) : copyOf(values) };
}
