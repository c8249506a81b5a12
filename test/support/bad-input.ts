// Wrong input is refused by the error that names the argument, what was expected and what came, before anything has changed: snapshots are compared, and then a twin
// that never saw the bad call trains to the same bits.

import { NeuralNetwork } from "feedforward";
import { expect } from "vitest";
import { expectSameBits } from "./compare.js";

export const INPUTS = [
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
];
export const TARGETS = [
  [0, 1],
  [1, 0],
  [1, 1],
];

// Callers without types can pass anything.
// biome-ignore lint/suspicious/noExplicitAny: the point of these tests
export type Anything = any;

export type Kind = typeof TypeError | typeof RangeError;

/** Expects that two networks are the same in all. */
export function expectSameNetwork(actual: NeuralNetwork, expected: Uint8Array): void {
  expectSameBits(Buffer.from(actual.snapshot().buffer), Buffer.from(expected.buffer), "snapshot");
}

/** A network of three inputs and two outputs that has learned a little. */
export function fresh(precision: "float64" | "float32" = "float64"): NeuralNetwork {
  const layers = [{ units: 4, activation: "tanh" }, { units: 2 }] as const;
  const network = new NeuralNetwork({ inputs: 3, layers, precision, optimizer: { name: "sgd", learningRate: 0.5 } });
  network.train(INPUTS, TARGETS, 3);
  return network;
}

/** Expects that `call` throws just this, and leaves the network as it was. */
export function refuses(call: (network: NeuralNetwork) => unknown, kind: Kind, message: string, precision?: "float32"): void {
  const network = fresh(precision);
  const before = network.snapshot();
  let thrown: unknown;
  try {
    call(network);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(kind);
  expect((thrown as Error).message).toBe(message);
  expectSameNetwork(network, before);
  const twin = fresh(precision);
  network.train(INPUTS, TARGETS, 5);
  twin.train(INPUTS, TARGETS, 5);
  expectSameNetwork(network, twin.snapshot());
}

/** Expects that no network can be made with these options. */
export function rejects(options: unknown, kind: Kind, message: string): void {
  expect(() => new NeuralNetwork(options as Anything)).toThrow(kind);
  expect(() => new NeuralNetwork(options as Anything)).toThrow(new kind(message));
}

/** The same table with one number replaced. */
export function withBad(table: readonly (readonly number[])[], row: number, column: number, value: unknown): number[][] {
  const copy = table.map((numbers) => numbers.slice());
  (copy[row] as unknown[])[column] = value;
  return copy;
}

/** An array whose buffer was transferred away. */
export function detached(length: number): Float64Array {
  const data = new Float64Array(length);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}
