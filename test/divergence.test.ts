// Training that can no longer go on.

import { NeuralNetwork, TrainingError } from "feedforward";
import { describe, expect, test } from "vitest";

/** All parameters. */
function bytesOf(network: NeuralNetwork): Uint8Array[] {
  return network.layers.flatMap(({ weights, biases }) => [weights, biases].map((view) => new Uint8Array(view.slice().buffer)));
}

describe("training that diverges", () => {
  test.each(["float64", "float32"] as const)(
    "by a weight decay that makes weights larger stops before they are not finite (%s)",
    (precision) => {
      for (const optimizer of [
        { name: "adam", learningRate: 0.5, weightDecay: 20 },
        { name: "adamW", learningRate: 1e30, weightDecay: 1e30 },
        { name: "lion", learningRate: 0.5, weightDecay: 20 },
      ] as const) {
        const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 4, activation: "tanh" }, { units: 1 }], precision, optimizer });
        expect(() =>
          network.train(
            [
              [0, 1],
              [1, 0],
            ],
            [1, 0],
            2000,
          ),
        ).toThrow(TrainingError);
        expect(network.layers.every(({ weights, biases }) => [...weights, ...biases].every(Number.isFinite))).toBe(true);
      }
    },
  );

  /** A linear network on unscaled inputs: every step multiplies the error. */
  function diverging(precision: "float64" | "float32"): NeuralNetwork {
    const layers = [
      { units: 3, activation: "linear" },
      { units: 1, activation: "linear" },
    ] as const;
    return new NeuralNetwork({ inputs: 2, layers, precision, optimizer: { name: "sgd", learningRate: 1 } });
  }
  const inputs = [
    [100, -50],
    [30, 80],
    [-60, 20],
  ];
  const targets = [[1], [0], [1]];

  test.each(["float64", "float32"] as const)(
    "stops at the step, keeps the weights of the step before and goes on afterwards (%s)",
    (precision) => {
      const network = diverging(precision);
      let error: unknown;
      try {
        network.train(inputs, targets, { epochs: 1000, batchSize: 2, shuffle: false });
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(TrainingError);
      const { iteration, epoch, message } = error as TrainingError;
      expect(iteration).toBeGreaterThan(1);
      expect(epoch).toBe(Math.ceil(iteration / 2));
      expect(message).toContain(`at iteration ${iteration} (epoch ${epoch}, batch ${iteration % 2 === 1 ? 1 : 2})`);
      expect(message).toContain("smaller learning rate (it is 1)");

      // The same run, cut just before the step that failed.
      const cut = diverging(precision);
      cut.train(inputs, targets, { epochs: epoch - 1, batchSize: 2, shuffle: false });
      if (iteration % 2 === 0) cut.train(inputs.slice(0, 2), targets.slice(0, 2), 1);
      expect(bytesOf(network)).toEqual(bytesOf(cut));
      expect(network.layers.every(({ weights }) => weights.every(Number.isFinite))).toBe(true);

      // Weights that are set right again can be trained, from the first row of the samples on and with no memory of the run that failed.
      const other = diverging(precision);
      for (const { layers } of [network, other]) {
        for (const { weights, biases } of layers) {
          weights.fill(0.001);
          biases.fill(0);
        }
      }
      const again = [network, other].map((n) =>
        n.train(
          [
            [0.1, 0.2],
            [0.3, 0.1],
            [0.2, 0.2],
          ],
          [[1], [0], [1]],
          { epochs: 2, batchSize: 2, shuffle: false },
        ),
      );
      expect(bytesOf(network)).toEqual(bytesOf(other));
      expect(again[0]?.loss).toEqual(again[1]?.loss);
    },
  );

  test.each(["float64", "float32"] as const)("in the middle of an epoch leaves nothing of that epoch behind (%s)", (precision) => {
    const far = precision === "float64" ? 1e200 : 1e30;
    const network = diverging(precision);
    const twin = diverging(precision);
    expect(() =>
      network.train(
        [
          [0.1, 0.2],
          [far, far],
        ],
        [[1], [0]],
        { epochs: 1, batchSize: 1, shuffle: false },
      ),
    ).toThrow(TrainingError);
    twin.train([[0.1, 0.2]], [[1]], 1);
    expect(bytesOf(network)).toEqual(bytesOf(twin));
    // The twin counts one epoch more, since its run was not broken off.
    const [after, expected] = [network, twin].map(
      (n) =>
        n.train(
          [
            [0.3, 0.1],
            [0.2, 0.2],
          ],
          [[1], [0]],
          { epochs: 2, batchSize: 1, shuffle: false },
        ).loss,
    );
    expect(after).toEqual(expected);
    expect(bytesOf(network)).toEqual(bytesOf(twin));
  });
});
