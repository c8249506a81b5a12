// Random networks against the oracle in plain TypeScript: equal bits where no exponential is computed, near ones elsewhere.

import fc from "fast-check";
import { type NetworkOptions, NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectClose, expectSameBits, parameters } from "./support/compare.js";
import { randomTable, reachableTable } from "./support/data.js";
import { networks, SIZES } from "./support/networks.js";
import { Oracle } from "./support/oracle.js";
import { check, SEED } from "./support/property.js";

describe.each(BUILDS)(`$name build (FC_SEED=${SEED})`, ({ options }) => {
  test("linear and relu networks: think and train give the oracle's bits", () => {
    let changed = 0;
    check(150, [networks(["linear", "relu"]), fc.constantFrom(...SIZES), fc.nat()], (network, rows, seed) => {
      changed += compareExactly({ ...network, ...options }, rows, 3, seed) ? 1 : 0;
    });
    expect(changed).toBeGreaterThan(100);
  });

  // Without relu, whose slope jumps where a rounding error changes a sign.
  test("networks with sigmoid and tanh: think and train come within the tolerance", () => {
    check(150, [networks(["sigmoid", "tanh", "linear"]), fc.constantFrom(...SIZES), fc.nat()], (shape, rows, seed) => {
      const network = new NeuralNetwork({ ...shape, ...options });
      const oracle = new Oracle(network);
      const inputs = randomTable(seed, rows, network.inputs);
      const targets = reachableTable(seed + 1, rows, network.outputs, network.layers.at(-1)?.activation ?? "linear");
      // An exponential is an ulp off here or there, and weights near 1 in sums of at most 33 terms enlarge that in each of a few layers; measured 4e−15.
      const tolerance = network.precision === "float64" ? { atol: 1e-12, rtol: 1e-12 } : { atol: 1e-4, rtol: 1e-4 };
      expectClose(network.think(inputs).flat(), oracle.think(inputs).flat(), tolerance, "outputs");
      for (let i = 1; i <= 3; i++) {
        const loss = oracle.step(inputs, targets, shape.optimizer.learningRate, shape.reduction);
        expectClose(network.train(inputs, targets, 1).loss, [loss], tolerance, `loss ${i}`);
        expectClose(parameters(network), oracle.parameters(), tolerance, `parameters after step ${i}`);
      }
    });
  });

  // Batches of more rows than pass through the layers at once (256) are one sum all the same.
  describe.each(["float64", "float32"] as const)("%s: the oracle's bits at sizes where the core works in pieces", (precision) => {
    test.each([257, 300, 512, 600])("a batch of %i rows", (rows) => {
      const layers = [
        { units: 6, activation: "relu", initializer: "uniform" },
        { units: 5, activation: "linear", initializer: "uniform" },
        { units: 3, activation: "linear", initializer: "uniform" },
      ] as const;
      const shape = {
        inputs: 5,
        layers,
        precision,
        reduction: "sum",
        optimizer: { name: "sgd", learningRate: 2 ** -12 },
        ...options,
      } as const;
      expect(compareExactly(shape, rows, 3, rows)).toBe(true);
    });

    test.each([
      // A depth of 701 is five blocks and some; 301 columns are panels with a rest, in f64 rows so long that they are packed.
      { name: "a forward product in panels", rows: 16, inputs: 701, units: [301, 2] },
      { name: "a back-propagation in panels", rows: 17, inputs: 3, units: [21, 1030, 3] },
      // Deltas (256, 803) are packed, and the second chunk of 256 rows continues the sum of the first.
      { name: "a weight gradient in panels", rows: 600, inputs: 9, units: [803, 1] },
      { name: "as wide, and a strip with a row too few", rows: 7, inputs: 701, units: [301, 2] },
    ])("$name: $rows rows, widths $inputs, $units", ({ rows, inputs, units }) => {
      const layers = units.map((width, l) => ({ units: width, activation: l === 0 ? "relu" : "linear", initializer: "uniform" }) as const);
      const shape = {
        inputs,
        layers,
        precision,
        reduction: "mean",
        optimizer: { name: "sgd", learningRate: 2 ** -14 },
        ...options,
      } as const;
      expect(compareExactly(shape, rows, 2, inputs)).toBe(true);
    });
  });
});

/** Expects the oracle's bits from think, and after each of some steps from train, for as long as the numbers stay finite; answers whether the steps did so and changed something. */
function compareExactly(
  shape: NetworkOptions & { optimizer: { learningRate: number }; reduction: "sum" | "mean" },
  rows: number,
  steps: number,
  seed: number,
): boolean {
  const network = new NeuralNetwork(shape);
  const oracle = new Oracle(network);
  const inputs = randomTable(seed, rows, network.inputs);
  const targets = reachableTable(seed + 1, rows, network.outputs, network.layers.at(-1)?.activation ?? "linear");
  const before = bytesOf(oracle.parameters());
  expectSameBits(bytesOf(network.think(inputs).flat()), bytesOf(oracle.think(inputs).flat()), "outputs");
  for (let i = 1; i <= steps; i++) {
    const loss = oracle.step(inputs, targets, shape.optimizer.learningRate, shape.reduction);
    const { loss: losses } = network.train(inputs, targets, 1);
    // The loss alone is summed in another order: in four interleaved sums.
    expectClose(losses, [loss], { atol: 0, rtol: 1e-12 }, `loss ${i}`);
    expectSameBits(bytesOf(parameters(network)), bytesOf(oracle.parameters()), `parameters after step ${i}`);
  }
  return !before.equals(bytesOf(oracle.parameters()));
}
