import type { NeuralNetwork } from "feedforward";
import { expect } from "vitest";

/** The bytes of all parameters, weights and biases layer by layer: equal bytes are equal bits. */
export function parameterBytes(network: NeuralNetwork): Buffer {
  return Buffer.concat(network.layers.flatMap(({ weights, biases }) => [bytesOf(weights), bytesOf(biases)]));
}

/** All parameters as numbers, in the same order. */
export function parameters(network: NeuralNetwork): number[] {
  return network.layers.flatMap(({ weights, biases }) => [...weights, ...biases]);
}

/** The bytes of numbers, whatever holds them. */
export function bytesOf(values: readonly number[] | Float64Array | Float32Array): Buffer {
  const array = ArrayBuffer.isView(values) ? values : Float64Array.from(values);
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** Expects equal bits without printing megabytes when they are not. */
export function expectSameBits(actual: Buffer, expected: Buffer, what = "bytes"): void {
  expect(actual.length, what).toBe(expected.length);
  if (actual.equals(expected)) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  expect.unreachable(`${what}: ${actual.length} bytes differ from byte ${at} on`);
}

/** How near two numbers must be: |actual − expected| ≤ atol + rtol · |expected|. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Expects as many numbers, each within the tolerance; the message names the worst. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, { atol, rtol }: Tolerance, what = "numbers"): void {
  expect(actual.length, what).toBe(expected.length);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    const share = difference === 0 ? 0 : difference / (atol + rtol * Math.abs(expected[i] as number));
    if (share <= worst) continue;
    // NaN arrives here too.
    worst = share;
    at = i;
    if (Number.isNaN(share)) break;
  }
  expect(worst, `${what}: [${at}] is ${actual[at]}, expected ${expected[at]}, in units of the tolerance`).toBeLessThanOrEqual(1);
}
