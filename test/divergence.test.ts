// Training that can no longer go on.

import { NeuralNetwork, type OptimizerOption, TrainingError } from "feedforward";
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

  /** What training says when it stops. */
  function messageOf(network: NeuralNetwork, rows: readonly (readonly number[])[], t: readonly number[], batchSize?: number): string {
    const before = bytesOf(network);
    try {
      network.train(rows, t, { epochs: 1000, ...(batchSize && { batchSize }) });
    } catch (error) {
      expect(error).toBeInstanceOf(TrainingError);
      if (network.step === 0) expect(bytesOf(network)).toEqual(before);
      expect(network.layers.every(({ weights }) => weights.every(Number.isFinite))).toBe(true);
      return (error as TrainingError).message;
    }
    throw new Error("training went on");
  }

  describe("says where", () => {
    const layers = [
      { units: 3, activation: "linear" },
      { units: 1, activation: "linear" },
    ] as const;

    test("the loss", () => {
      const network = new NeuralNetwork({ inputs: 2, layers });
      expect(messageOf(network, [[1e200, 1e200]], [1])).toMatch(
        /^training stopped: the loss became Infinity, first seen in layers\[1\], at iteration 1 \(epoch 1, batch 1\)\. /,
      );
      network.layers[0]?.weights.fill(1e200);
      expect(messageOf(network, [[1e200, 1e200]], [1])).toContain("first seen in layers[0], at iteration 1");
    });

    test("the penalties", () => {
      const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 1, activation: "tanh", l2: 1 }] });
      network.layers[0]?.weights.fill(1e160);
      expect(messageOf(network, [[0, 0]], [0])).toContain("the loss became Infinity, first seen in the penalties, at iteration 1");
    });

    test("the gradient", () => {
      const initializer = { name: "constant", value: 1 } as const;
      const far = new NeuralNetwork({
        inputs: 2,
        layers: layers.map((layer) => ({ ...layer, initializer })),
        precision: "float32",
        optimizer: { name: "adam" },
      });
      // The loss is 1e36; the square of its derivative by the first layer's weights, 1e36 too, is more than float32 can hold, as is that by the second's, 3e36.
      const message = messageOf(far, [[1e18, 0]], [0]);
      expect(message).toContain("the gradient became too large, most in layers[1], at iteration 1");
      expect(message).toContain("clipNorm: 1");
      far.layers[1]?.weights.fill(100);
      expect(messageOf(far, [[1e15, 0]], [0])).toContain("the gradient became too large, most in layers[0], at iteration 1");
    });

    test("the statistics of a batch", () => {
      const network = new NeuralNetwork({ inputs: 1, layers: [{ units: 2, activation: "tanh", normalization: "batch" }, { units: 1 }] });
      expect(messageOf(network, [[1e200], [-1e200]], [0, 1])).toContain(
        "the statistics of the batch became too large in layers[0], at iteration 1",
      );
    });

    test("L-BFGS' gradient", () => {
      const network = new NeuralNetwork({ inputs: 1, layers: [{ units: 1, activation: "linear" }], optimizer: "lbfgs", reduction: "sum" });
      const message = messageOf(network, [[1e154], [1e154]], [0, 1]);
      expect(message).toMatch(/layers\[0\], at iteration 1/);
      expect(message).not.toContain("clipNorm");
    });
  });

  describe.each(["float64", "float32"] as const)(
    "a gradient whose square is out of range, or near the end of the range (%s)",
    (precision) => {
      const far = precision === "float64" ? 1e200 : 1e25;
      const start = { name: "constant", value: 1 } as const;
      const made = (optimizer: OptimizerOption) =>
        new NeuralNetwork({
          inputs: 1,
          layers: [{ units: 1, activation: "linear", bias: false, initializer: start }],
          loss: "absoluteError",
          precision,
          optimizer,
        });
      const changeBy = (optimizer: OptimizerOption) => {
        const network = made(optimizer);
        network.train([[far]], [0], 1);
        return 1 - (network.layers[0]?.weights[0] as number);
      };

      test("is clipped first", () => {
        expect(changeBy({ name: "sgd", learningRate: 0.25, clipValue: 0.5 })).toBe(0.125);
        expect(changeBy({ name: "sgd", learningRate: 0.25, clipNorm: 0.5 })).toBeCloseTo(0.125, 6);
        expect(changeBy({ name: "sgd", learningRate: 0.25, clipValue: far / 2, clipNorm: 0.5 })).toBeCloseTo(0.125, 6);
        for (const clipping of [{ clipValue: 1 }, { clipNorm: 1 }]) {
          expect(changeBy({ name: "adam", learningRate: 0.25, ...clipping })).toBeCloseTo(0.25, 6);
          expect(changeBy({ name: "rmsprop", learningRate: 0.25, ...clipping })).toBeGreaterThan(0);
        }
        // A norm that is not reached leaves the gradient as it is.
        expect(changeBy({ name: "sgd", learningRate: 1 / far, clipNorm: 2 * far })).toBeCloseTo(
          changeBy({ name: "sgd", learningRate: 1 / far }),
          6,
        );
      });

      test("stops adam that does not clip", () => {
        const message = messageOf(made("adam"), [[far]], [0]);
        expect(message).toContain("the gradient became too large, most in layers[0], at iteration 1");
        expect(message).toContain("the optimizer's option clipNorm: 1");
      });
    },
  );

  test("names the layer where infinity came up, though one behind it has swallowed it", () => {
    const constant = (value: number) => ({ name: "constant", value }) as const;
    const network = new NeuralNetwork({
      inputs: 2,
      layers: [
        { units: 2, activation: "linear", initializer: constant(1e308) },
        { units: 2, activation: "tanh", initializer: constant(1) },
      ],
    });
    expect(() => network.train([[3, 4]], [[0, 1]], 1)).toThrow(/the gradient became too large, most in layers\[0\], at iteration 1 /);
  });

  test("advises what there is to make smaller", () => {
    const decaying = new NeuralNetwork({ inputs: 1, layers: [{ units: 1 }], optimizer: { name: "adamW", weightDecay: 1e305 } });
    decaying.layers[0]?.weights.fill(1e10);
    expect(messageOf(decaying, [[0]], [0])).toContain("a smaller learning rate (it is 0.001) or weightDecay, ");
    const penalized = new NeuralNetwork({ inputs: 1, layers: [{ units: 1, l2: 1e300 }] });
    penalized.layers[0]?.weights.fill(1e10);
    expect(messageOf(penalized, [[0]], [0])).toContain("a smaller learning rate (it is 0.01), smaller l1 and l2, ");
    // The rate is that of the last step, not that before the schedule.
    const warming = new NeuralNetwork({
      inputs: 1,
      layers: [{ units: 1, activation: "linear" }],
      optimizer: { name: "sgd", learningRate: 1e6, schedule: { name: "constant", warmUp: 1000 } },
    });
    const rate = Number(/it is ([\d.e+]+)/.exec(messageOf(warming, [[1]], [0.5]))?.[1]);
    expect(rate).toBeLessThan(1e5);
    expect(rate).toBeCloseTo(1000 * warming.step, 6);
  });

  test("maxNorm holds for weights whose squares are beyond the range", () => {
    const network = new NeuralNetwork({
      inputs: 2,
      layers: [{ units: 2, activation: "linear", bias: false, maxNorm: 5, initializer: "zeros" }],
      optimizer: { name: "sgd", learningRate: 1e-300 },
    });
    network.layers[0]?.weights.set([3e200, 3, 4e200, 4e-10]);
    network.train([[0, 0]], [[0, 0]], 1);
    const [a, b, c, d] = network.layers[0]?.weights ?? [];
    expect(a).toBeCloseTo(3, 12);
    expect(c).toBeCloseTo(4, 12);
    expect([b, d]).toEqual([3, 4e-10]);
  });
});
