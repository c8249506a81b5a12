// The law of order: how the work is cut never changes a bit of the result. FC_SEED=… repeats a run.

import fc from "fast-check";
import { type ActivationName, type NetworkOptions, NeuralNetwork, type TrainOptions } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits, parameterBytes } from "./support/compare.js";
import { randomSource, randomTable, reachableTable } from "./support/data.js";
import { networks, type Shape, SIZES } from "./support/networks.js";
import { check, SEED } from "./support/property.js";

const ALL = networks(["sigmoid", "tanh", "relu", "linear"]);
const SIZE = fc.constantFrom(...SIZES);

afterAll(() => console.info(`properties were checked with FC_SEED=${SEED}`));

describe(`FC_SEED=${SEED}`, () => {
  test("all builds give the same bits: weights, history, answers", () => {
    let learned = 0;
    check(200, [ALL, SIZE, SIZE, fc.nat()], (shape, rows, batchSize, seed) => {
      const [first, ...others] = BUILDS.map((build) =>
        trained({ ...shape, ...build.options }, rows, { epochs: 5, batchSize, shuffle: false }, seed),
      );
      for (const other of others) expectSameOutcome(other as Outcome, first as Outcome);
      learned += first?.before.equals(first.parameters) ? 0 : 1;
    });
    expect(learned).toBeGreaterThan(150);
  });

  test.each([
    { inputs: 5, units: [6, 4, 3], rows: 300 },
    { inputs: 5, units: [6, 4, 3], rows: 512 },
    { inputs: 7, units: [1], rows: 600 },
    { inputs: 700, units: [300, 3], rows: 16 },
    { inputs: 9, units: [803, 20, 1030, 2], rows: 257 },
  ])("all builds give the same bits in large networks and batches: $inputs, $units, $rows rows", ({ inputs, units, rows }) => {
    for (const precision of ["float64", "float32"] as const) {
      const layers = units.map((width, l) => ({ units: width, activation: (["tanh", "relu", "sigmoid"] as const)[l % 3] ?? "tanh" }));
      const shape: NetworkOptions = { inputs, layers, precision, optimizer: { name: "sgd", learningRate: 0.01 } };
      const [first, ...others] = BUILDS.map((build) => trained({ ...shape, ...build.options }, rows, { epochs: 2 }, rows));
      for (const other of others) expectSameOutcome(other as Outcome, first as Outcome);
      expect(first?.before.equals(first.parameters)).toBe(false);
    }
  });

  describe.each(BUILDS)("$name build", ({ options }) => {
    test("a row's answer does not depend on its neighbours", () => {
      let checked = 0;
      check(100, [ALL, SIZE, fc.nat()], (shape, rows, seed) => {
        const network = new NeuralNetwork({ ...shape, ...options });
        const inputs = randomTable(seed, rows, shape.inputs);
        const together = network.think(inputs);
        inputs.forEach((row, i) => {
          expectSameBits(bytesOf(network.think(row)), bytesOf(together[i] as number[]), `row ${i} alone`);
          checked++;
        });
        const random = randomSource(seed);
        for (let subset = 0; subset < 3; subset++) {
          const chosen = inputs.map((_, i) => i).filter(() => random() < 0.5);
          if (chosen.length === 0) continue;
          const answers = network.think(chosen.map((i) => inputs[i] as number[]));
          chosen.forEach((i, place) => {
            expectSameBits(bytesOf(answers[place] as number[]), bytesOf(together[i] as number[]), `row ${i} of a subset`);
          });
        }
      });
      expect(checked).toBeGreaterThan(100);
    });

    test("nor in more rows than pass through the layers at once, nor in panels", () => {
      for (const [inputs, units, rows] of [
        [5, 7, 700],
        [700, 300, 33],
      ] as const) {
        for (const precision of ["float64", "float32"] as const) {
          const network = new NeuralNetwork({ inputs, layers: [{ units, activation: "tanh" }, { units: 3 }], precision, ...options });
          const table = randomTable(rows, rows, inputs);
          const together = network.think(table);
          table.forEach((row, i) => {
            expectSameBits(bytesOf(network.think(row)), bytesOf(together[i] as number[]), `row ${i} alone`);
          });
          const middle = network.think(table.slice(5, 29));
          middle.forEach((answer, i) => {
            expectSameBits(bytesOf(answer), bytesOf(together[i + 5] as number[]), `row ${i + 5} of a part`);
          });
        }
      }
    });

    test("100 iterations are 40 and 60", () => {
      check(50, [ALL, SIZE, SIZE, fc.integer({ min: 0, max: 100 }), fc.nat()], (shape, rows, batchSize, cut, seed) => {
        expectResumes({ ...shape, ...options }, rows, batchSize, [40, 60], seed);
        expectResumes({ ...shape, ...options }, rows, batchSize, [cut, 100 - cut], seed);
      });
    });

    test("epochs over batches are one call for each batch", () => {
      check(60, [ALL, SIZE, SIZE, fc.nat()], (shape, rows, batchSize, seed) => {
        const [inputs, targets] = dataFor(shape, rows, seed);
        const whole = new NeuralNetwork({ ...shape, ...options });
        const parts = new NeuralNetwork({ ...shape, ...options });
        whole.train(inputs, targets, { epochs: 2, batchSize, shuffle: false });
        for (let epoch = 0; epoch < 2; epoch++) {
          for (let from = 0; from < rows; from += batchSize)
            parts.train(inputs.slice(from, from + batchSize), targets.slice(from, from + batchSize), 1);
        }
        expectSameBits(parameterBytes(parts), parameterBytes(whole), "parameters");
      });
    });

    test("thinking in between changes nothing", () => {
      check(30, [ALL, SIZE, fc.nat()], (shape, rows, seed) => {
        const [inputs, targets] = dataFor(shape, rows, seed);
        const quiet = new NeuralNetwork({ ...shape, ...options });
        const asked = new NeuralNetwork({ ...shape, ...options });
        for (let i = 0; i < 4; i++) {
          quiet.train(inputs, targets, 1);
          asked.train(inputs, targets, 1);
          asked.think(randomTable(seed + i, rows + 40 * i, shape.inputs));
        }
        expectSameBits(parameterBytes(asked), parameterBytes(quiet), "parameters");
      });
    });
  });
});

/** All that a training run leaves behind. */
interface Outcome {
  readonly before: Buffer;
  readonly parameters: Buffer;
  readonly losses: Buffer;
  readonly answers: Buffer;
}

function trained(options: NetworkOptions, rows: number, train: TrainOptions, seed: number): Outcome {
  const network = new NeuralNetwork(options);
  const [inputs, targets] = dataFor(network, rows, seed);
  const before = parameterBytes(network);
  const { loss } = network.train(inputs, targets, train);
  return { before, parameters: parameterBytes(network), losses: bytesOf(loss), answers: bytesOf(network.think(inputs).flat()) };
}

function expectSameOutcome(actual: Outcome, expected: Outcome): void {
  for (const part of ["before", "parameters", "losses", "answers"] as const) expectSameBits(actual[part], expected[part], part);
}

function expectResumes(shape: Shape, rows: number, batchSize: number, parts: readonly number[], seed: number): void {
  const [inputs, targets] = dataFor(shape, rows, seed);
  const whole = new NeuralNetwork(shape);
  const cut = new NeuralNetwork(shape);
  const history = whole.train(inputs, targets, { epochs: 100, batchSize, historyInterval: 1 });
  const pieces = parts.map((epochs) => cut.train(inputs, targets, { epochs, batchSize, historyInterval: 1 }));
  expectSameBits(parameterBytes(cut), parameterBytes(whole), "parameters");
  expect(pieces.flatMap(({ epoch }) => epoch)).toEqual(history.epoch);
  expectSameBits(bytesOf(pieces.flatMap(({ loss }) => loss)), bytesOf(history.loss), "losses");
  expect(history.epoch.length).toBe(100);
}

/** Inputs and targets for a network or its options. */
function dataFor(network: Shape | NeuralNetwork, rows: number, seed: number): [inputs: number[][], targets: number[][]] {
  const { units, activation = "sigmoid" } = network.layers.at(-1) as { units: number; activation?: ActivationName };
  return [randomTable(seed, rows, network.inputs), reachableTable(seed + 1, rows, units, activation)];
}
