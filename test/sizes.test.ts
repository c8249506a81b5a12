// Sizes that must work, from one neuron to several thousands: thinking and a training step against the oracle. Their layers are relu and
// linear, so that the bits must be the oracle's.

import { type NetworkOptions, NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { randomTable } from "./support/data.js";
import { Oracle } from "./support/oracle.js";

const PRECISIONS = ["float64", "float32"] as const;

describe.each(BUILDS)("$name build", ({ name, options }) => {
  describe.each(PRECISIONS)("%s", (precision) => {
    test("one neuron with one input", () => {
      compare({ inputs: 1, layers: [{ units: 1, activation: "linear" }], precision, ...options }, 2, 2 ** -3);
    });

    test("784-128-10", () => {
      compare(
        {
          inputs: 784,
          layers: [
            { units: 128, activation: "relu" },
            { units: 10, activation: "linear" },
          ],
          precision,
          ...options,
        },
        32,
        2 ** -12,
      );
    });

    // 134 MB of weights in float64: once is enough.
    if (precision === "float64" && name !== BUILDS[0]?.name) return;
    test("3-4096-4096-1", () => {
      const layers = [
        { units: 4096, activation: "relu" },
        { units: 4096, activation: "relu" },
        { units: 1, activation: "linear" },
      ] as const;
      compare({ inputs: 3, layers, precision, ...options }, 2, 2 ** -26);
    });
  });
});

function compare(shape: NetworkOptions, rows: number, learningRate: number): void {
  const network = new NeuralNetwork({ ...shape, optimizer: { name: "sgd", learningRate } });
  const oracle = new Oracle(network);
  const inputs = randomTable(rows, rows, network.inputs);
  const targets = randomTable(rows + 1, rows, network.outputs);
  const first = network.think(inputs);
  expectSameBits(bytesOf(first.flat()), bytesOf(oracle.think(inputs).flat()), "answers before training");
  const history = network.train(inputs, targets, 1);
  oracle.step(inputs, targets, learningRate, "mean");
  const Elements = network.precision === "float64" ? Float64Array : Float32Array;
  network.layers.forEach(({ weights, biases }, l) => {
    expectSameBits(bytesOf(weights), bytesOf(new Elements(oracle.layers[l]?.weights as Float64Array)), `weights of layer ${l}`);
    expectSameBits(bytesOf(biases), bytesOf(new Elements(oracle.layers[l]?.biases as Float64Array)), `biases of layer ${l}`);
  });
  expectSameBits(bytesOf(network.think(inputs).flat()), bytesOf(oracle.think(inputs).flat()), "answers after training");
  // So the step has changed something, and into the right direction.
  expect(network.train(inputs, targets, 1).loss[0]).toBeLessThan(history.loss[0] as number);
  network.dispose();
}
