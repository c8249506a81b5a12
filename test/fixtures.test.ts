// Deeper networks against NumPy, step by step.

import { type LayerOptions, NeuralNetwork, type Precision, type ReductionName } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectClose, parameters, type Tolerance } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";

interface Run {
  readonly name: string;
  readonly inputs: number;
  readonly layers: LayerOptions[];
  readonly seed: number;
  readonly rate: number;
  readonly reduction: ReductionName;
  readonly rows: number;
  readonly batch: number;
  readonly epochs: number;
  readonly x: number[][];
  readonly t: number[][];
  readonly steps: { readonly epoch: number; readonly summedLoss: number; readonly parameters: number[] }[];
  readonly outputs: number[][];
}

const RUNS = readFixture<Run[]>("runs.json");

/**
 * Sums come in the same order, so only the libraries' exponentials differ, by an ulp (1.1e−16 of a weight of 1), which ten steps enlarge little: the
 * largest difference measured is 4e−16. float32 rounds every number to 6e−8.
 */
const TOLERANCES: Readonly<Record<Precision, Tolerance>> = { float64: { atol: 1e-14, rtol: 1e-13 }, float32: { atol: 1e-5, rtol: 1e-4 } };

const CASES = BUILDS.flatMap((build) => (["float64", "float32"] as const).map((precision) => ({ build, precision })));

describe.each(CASES)("$build.name build, $precision", ({ build, precision }) => {
  const tolerance = TOLERANCES[precision];

  function networkOf({ inputs, layers, seed, rate, reduction }: Run): NeuralNetwork {
    return new NeuralNetwork({
      inputs,
      layers: layers.map((layer) => ({ ...layer, initializer: "uniform" })),
      seed,
      reduction,
      precision,
      optimizer: { name: "sgd", learningRate: rate },
      ...build.options,
    });
  }

  test.each(RUNS)("$name: after every epoch", (run) => {
    const network = networkOf(run);
    const stepsPerEpoch = Math.ceil(run.rows / run.batch);
    for (let epoch = 1; epoch <= run.epochs; epoch++) {
      const steps = run.steps.filter((step) => step.epoch === epoch);
      expect(steps.length).toBe(stepsPerEpoch);
      const history = network.train(run.x, run.t, { epochs: 1, batchSize: run.batch, shuffle: false });
      const summed = steps.reduce((sum, step) => sum + step.summedLoss, 0);
      expect(history.epoch).toEqual([epoch]);
      expectClose(history.loss, [run.reduction === "mean" ? summed / run.rows : summed], tolerance, `loss of epoch ${epoch}`);
      expectClose(parameters(network), steps.at(-1)?.parameters as number[], tolerance, `parameters after epoch ${epoch}`);
    }
    expectClose(network.think(run.x).flat(), run.outputs.flat(), tolerance, "outputs");
  });

  test.each(RUNS)("$name: after every step", (run) => {
    const network = networkOf(run);
    let from = 0;
    run.steps.forEach((step, i) => {
      const rows = [from, Math.min(from + run.batch, run.rows)] as const;
      const count = rows[1] - rows[0];
      const history = network.train(run.x.slice(...rows), run.t.slice(...rows), 1);
      expectClose(history.loss, [run.reduction === "mean" ? step.summedLoss / count : step.summedLoss], tolerance, `loss of step ${i + 1}`);
      expectClose(parameters(network), step.parameters, tolerance, `parameters after step ${i + 1}`);
      from = rows[1] % run.rows;
    });
  });
});

test("the fixtures cover every activation, reduction and use of biases, and their losses fall", () => {
  const layers = RUNS.flatMap((run) => run.layers);
  expect(new Set(layers.map(({ activation }) => activation))).toEqual(new Set(["sigmoid", "tanh", "relu", "linear"]));
  expect(new Set(layers.map(({ bias }) => bias))).toEqual(new Set([true, false]));
  expect(new Set(RUNS.map(({ reduction }) => reduction))).toEqual(new Set(["sum", "mean"]));
  for (const { name, steps, rows, batch } of RUNS) {
    const last = Math.ceil(rows / batch);
    const lossOf = (part: Run["steps"]) => part.reduce((sum, step) => sum + step.summedLoss, 0);
    expect(lossOf(steps.slice(-last)), name).toBeLessThan(lossOf(steps.slice(0, last)));
  }
});
