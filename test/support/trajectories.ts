// Training runs of other libraries from equal weights, as the scripts in test/fixtures write them, and the comparison with ours.

import { type LayerOptions, type NetworkOptions, NeuralNetwork, type Precision, type TrainOptions } from "feedforward";
import { expect } from "vitest";
import type { Build } from "./builds.js";
import { expectClose, parameters, type Tolerance } from "./compare.js";

/** Weights (inputs, units) and biases of a layer. */
export type Values = readonly [weights: number[][], biases: number[]];

/** Pairs of epoch and number. */
export type Pairs = readonly (readonly [epoch: number, value: number])[];

export interface Trajectory extends Required<Pick<NetworkOptions, "loss" | "reduction" | "optimizer">> {
  readonly name: string;
  readonly layers: readonly LayerOptions[];
  readonly initial: readonly Values[];
  readonly x: number[][];
  readonly t: number[][];
  readonly batch?: number;
  readonly sampleWeights?: number[];
  readonly validation?: { inputs: number[][]; targets: number[][] };
  readonly epochs: number;
  readonly losses: Pairs;
  readonly validationLosses?: Pairs;
  readonly learningRates?: number[];
  readonly final: readonly Values[];
  readonly outputs: number[][];
}

/** Relative, but for numbers below a hundredth, or in float64 a thousandth, whose last digits are those of the larger terms they are sums of. */
export const TOLERANCES: Readonly<Record<Precision, Tolerance>> = {
  float64: { atol: 1e-12, rtol: 1e-9 },
  float32: { atol: 1e-6, rtol: 1e-4 },
};

/** A network with the run's first weights. */
export function networkOf(run: Omit<Trajectory, "losses" | "final" | "outputs">, precision: Precision, build: Build): NeuralNetwork {
  const { layers, loss, reduction, optimizer } = run;
  const inputs = (run.x[0] as number[]).length;
  const network = new NeuralNetwork({ inputs, layers, loss, reduction, optimizer, precision, ...build.options });
  network.layers.forEach(({ weights, biases }, i) => {
    weights.set((run.initial[i] as Values)[0].flat());
    biases.set((run.initial[i] as Values)[1]);
  });
  expectClose(parameters(network), run.initial.flat(3), { atol: 0, rtol: 1e-7 }, "initial parameters");
  return network;
}

/** Trains as the run did, with more options if there are any, and expects the same losses, learning rates, parameters and outputs. */
export function expectTrajectory(run: Trajectory, precision: Precision, build: Build, options: Partial<TrainOptions> = {}): void {
  const { epochs, batch, sampleWeights, validation } = run;
  const tolerance = TOLERANCES[precision];
  const network = networkOf(run, precision, build);
  const history = network.train(run.x, run.t, {
    epochs,
    historyInterval: 1,
    shuffle: false,
    ...(batch && { batchSize: batch }),
    ...(sampleWeights && { sampleWeights }),
    ...(validation && { validation }),
    ...options,
  });

  expect(history.epoch).toEqual(Array.from({ length: epochs }, (_, i) => i + 1));
  expectClose(at(history.loss, run.losses), values(run.losses), tolerance, "losses");
  if (run.validationLosses) {
    expectClose(at(history.validationLoss, run.validationLosses), values(run.validationLosses), tolerance, "validation losses");
  }
  if (run.learningRates) expectClose(history.learningRate, run.learningRates, { atol: 0, rtol: 1e-13 }, "learning rates");
  expectClose(parameters(network), run.final.flat(3), tolerance, "parameters");
  expectClose(network.think(run.x).flat(), run.outputs.flat(), tolerance, "outputs");
}

/** What stands in the history at the pairs' epochs. */
function at(losses: readonly number[], pairs: Pairs): number[] {
  return pairs.map(([epoch]) => losses[epoch - 1] as number);
}

function values(pairs: Pairs): number[] {
  return pairs.map(([, value]) => value);
}

/** Expects that a run would notice an optimizer that does nothing: the loss falls and a parameter moves by more than `least`. */
export function expectLearning({ name, initial, final, losses }: Trajectory, least: number): void {
  const before = initial.flat(3);
  const moved = Math.max(...final.flat(3).map((after, i) => Math.abs(after - (before[i] as number))));
  expect(moved, name).toBeGreaterThan(least);
  expect(losses.at(-1)?.[1], name).toBeLessThan(losses[0]?.[1] as number);
}
