import type { Floats } from "./apply.js";

/** The next number above a finite `x` ≠ 0 in the format of `Type`. */
export function above(Type: new (values: number[]) => Floats, x: number): number {
  const value = new Type([x]);
  // Away from 0 the bits, read as a whole number, count up in both signs.
  const bits = value.BYTES_PER_ELEMENT === 8 ? new BigInt64Array(value.buffer) : new Int32Array(value.buffer);
  if (bits instanceof BigInt64Array) bits[0] = (bits[0] as bigint) + (x > 0 ? 1n : -1n);
  else bits[0] = (bits[0] as number) + (x > 0 ? 1 : -1);
  return value[0] as number;
}

/** The next number below a finite `x` ≠ 0. */
export function below(Type: new (values: number[]) => Floats, x: number): number {
  return -above(Type, -x);
}
