// Every activation, loss, optimizer, schedule, normalisation and regularisation against PyTorch: 50 steps from equal weights.

import { type LayerOptions, type NetworkOptions, NeuralNetwork, type Precision } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectClose, type Tolerance } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";

/** Weights (inputs, units) and biases of a layer. */
type Values = readonly [weights: number[][], biases: number[]];

interface Run extends Required<Pick<NetworkOptions, "loss" | "reduction" | "optimizer">> {
  readonly name: string;
  readonly layers: readonly LayerOptions[];
  readonly initial: readonly Values[];
  readonly x: number[][];
  readonly t: number[][];
  readonly batch?: number;
  readonly sampleWeights?: number[];
  readonly validation?: { inputs: number[][]; targets: number[][] };
  readonly epochs: number;
  /** Pairs of epoch and loss. */
  readonly losses: readonly (readonly [number, number])[];
  readonly validationLosses?: readonly (readonly [number, number])[];
  readonly learningRates?: number[];
  readonly final: readonly Values[];
  readonly outputs: number[][];
}

const RUNS = readFixture<Run[]>("torch.json");

/** Relative, but for numbers below a hundredth, or in float64 a thousandth, whose last digits are those of the larger terms they are sums of. */
const TOLERANCES: Readonly<Record<Precision, Tolerance>> = {
  float64: { atol: 1e-12, rtol: 1e-9 },
  float32: { atol: 1e-6, rtol: 1e-4 },
};

const CASES = BUILDS.flatMap((build) => (["float64", "float32"] as const).map((precision) => ({ build, precision })));

describe.each(CASES)("$build.name build, $precision", ({ build, precision }) => {
  const tolerance = TOLERANCES[precision];

  test.each(RUNS)("$name", (run) => {
    const { loss, reduction, optimizer, epochs, batch, sampleWeights, validation } = run;
    const network = new NeuralNetwork({ inputs: 3, layers: run.layers, loss, reduction, optimizer, precision, ...build.options });
    network.layers.forEach(({ weights, biases }, i) => {
      weights.set((run.initial[i] as Values)[0].flat());
      biases.set((run.initial[i] as Values)[1]);
    });
    expectClose(numbersOf(network), run.initial.flat(3), { atol: 0, rtol: 1e-7 }, "initial parameters");

    const history = network.train(run.x, run.t, {
      epochs,
      historyInterval: 1,
      ...(batch && { batchSize: batch }),
      ...(sampleWeights && { sampleWeights }),
      ...(validation && { validation }),
    });

    expect(history.epoch).toEqual(Array.from({ length: epochs }, (_, i) => i + 1));
    const at = (losses: number[], pairs: Run["losses"]) => pairs.map(([epoch]) => losses[epoch - 1] as number);
    const second = (pairs: Run["losses"]) => pairs.map(([, value]) => value);
    expectClose(at(history.loss, run.losses), second(run.losses), tolerance, "losses");
    if (run.validationLosses) {
      expectClose(at(history.validationLoss, run.validationLosses), second(run.validationLosses), tolerance, "validation losses");
    }
    if (run.learningRates) expectClose(history.learningRate, run.learningRates, { atol: 0, rtol: 1e-13 }, "learning rates");
    expectClose(numbersOf(network), run.final.flat(3), tolerance, "parameters");
    expectClose(network.think(run.x).flat(), run.outputs.flat(), tolerance, "outputs");
  });
});

/** Weights and biases, layer by layer. */
function numbersOf(network: NeuralNetwork): number[] {
  return network.layers.flatMap(({ weights, biases }) => [...weights, ...biases]);
}

test("the runs cover what the options offer, and learn", () => {
  const named = (option: unknown) => (typeof option === "string" ? option : (option as { name: string }).name);
  const names = (of: (run: Run) => unknown[]) =>
    new Set(
      RUNS.flatMap(of)
        .filter((option) => option !== undefined)
        .map(named),
    );
  const layers = (key: keyof LayerOptions) => names((run) => run.layers.map((layer) => layer[key]));
  expect(layers("activation").size).toBe(12);
  expect(layers("normalization").size).toBe(2);
  expect(names(({ loss }) => [loss]).size).toBe(5);
  expect(names(({ optimizer }) => [optimizer]).size).toBe(8);
  expect(names(({ optimizer }) => [typeof optimizer === "string" ? undefined : optimizer.schedule]).size).toBe(6);
  for (const key of ["residual", "trainable", "l1", "l2", "maxNorm"] as const) {
    expect(RUNS.filter((run) => run.layers.some((layer) => layer[key] !== undefined)).length, key).toBeGreaterThan(0);
  }
  for (const { name, initial, final, losses } of RUNS) {
    const before = initial.flat(3);
    const moved = Math.max(...final.flat(3).map((after, i) => Math.abs(after - (before[i] as number))));
    expect(moved, name).toBeGreaterThan(4e-3);
    expect(losses.length, name).toBeGreaterThanOrEqual(4);
    expect(losses.at(-1)?.[1], name).toBeLessThan(losses[0]?.[1] as number);
  }
});
