// The gradient against central differences, both through what users call: one iteration of `train` moves each parameter by −rate · gradient, and
// `think` gives the loss on either side of it.

import { type ActivationName, type Elements, NeuralNetwork, type ReductionName } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectClose } from "./support/compare.js";
import { randomTable, reachableTable } from "./support/data.js";
import { Oracle } from "./support/oracle.js";

const EPSILON = 1e-6;
const TOLERANCE = { atol: 1e-5, rtol: 1e-3 };

/** A power of two, so that the division by it is exact; 1 leaves 2^−53 of each gradient to rounding. */
const RATE = 1;

const ROWS = 6;

/** A seed that keeps the weighted sums of every relu below away from 0, in all cases; the tests check that. */
const SEED = 6;
const ACTIVATIONS: readonly ActivationName[] = ["sigmoid", "tanh", "relu", "linear"];

const CASES = ACTIVATIONS.flatMap((hidden) =>
  ACTIVATIONS.flatMap((last) =>
    [true, false].flatMap((bias) => (["sum", "mean"] as const).map((reduction) => ({ hidden, last, bias, reduction }))),
  ),
);

describe.each(BUILDS)("$name build", ({ options }) => {
  test.each(CASES)("$hidden, $last, bias $bias, $reduction", ({ hidden, last, bias, reduction }) => {
    const inputs = randomTable(1, ROWS, 3);
    const targets = reachableTable(2, ROWS, 2, last);
    const layers = [
      { units: 5, activation: hidden, bias, initializer: "uniform" },
      { units: 4, activation: last, bias, initializer: "uniform" },
      { units: 2, activation: last, bias, initializer: "uniform" },
    ] as const;
    const network = new NeuralNetwork({
      inputs: 3,
      layers,
      reduction,
      seed: SEED,
      optimizer: { name: "sgd", learningRate: RATE },
      ...options,
    });
    // Biases of 0 would hide mistakes in their use.
    for (const layer of network.layers) layer.biases.set(randomTable(3, 1, layer.biases.length).flat());
    expectNoKinkNear(network, inputs);

    const numeric = views(network).map((view) =>
      Array.from(view, (_, i) => centralDifference(network, view, i, inputs, targets, reduction)),
    );
    const before = views(network).map((view) => view.slice());
    const { loss } = network.train(inputs, targets, 1);
    const trained = views(network).map((view, v) => Array.from(view, (after, i) => ((before[v]?.[i] as number) - after) / RATE));

    // The network is back where it was, so the loss that `train` saw is that of the start.
    before.forEach((values, v) => {
      views(network)[v]?.set(values);
    });
    expectClose(loss, [lossOf(network, inputs, targets, reduction)], { atol: 0, rtol: 1e-12 }, "loss");
    expectClose(trained.flat(), numeric.flat(), TOLERANCE, "gradient");
    for (const [v, gradient] of trained.entries()) {
      if (gradient.length === 0) expect(bias).toBe(false);
      else expect(Math.max(...gradient.map(Math.abs)), `gradient ${v}`).toBeGreaterThan(1e-4);
    }
    expect(trained.flat().length).toBe(3 * 5 + 5 * 4 + 4 * 2 + (bias ? 11 : 0));
  });
});

/** All weights and biases, layer by layer; `train` may have moved them, so they are asked for each time. */
function views(network: NeuralNetwork): Elements[] {
  return network.layers.flatMap(({ weights, biases }) => [weights, biases]);
}

function centralDifference(
  network: NeuralNetwork,
  view: Elements,
  i: number,
  inputs: number[][],
  targets: number[][],
  reduction: ReductionName,
): number {
  const value = view[i] as number;
  view[i] = value + EPSILON;
  const above = lossOf(network, inputs, targets, reduction);
  view[i] = value - EPSILON;
  const below = lossOf(network, inputs, targets, reduction);
  view[i] = value;
  return (above - below) / (2 * EPSILON);
}

/** ½ Σ (output − target)² over the rows' outputs, or its mean over the rows. */
function lossOf(network: NeuralNetwork, inputs: number[][], targets: number[][], reduction: ReductionName): number {
  const outputs = network.think(inputs).flat();
  const sum = targets.flat().reduce((total, target, i) => total + 0.5 * ((outputs[i] as number) - target) ** 2, 0);
  return reduction === "mean" ? sum / inputs.length : sum;
}

/** Expects that no weighted sum of a relu is so near to 0 that a step of EPSILON could cross it. */
function expectNoKinkNear(network: NeuralNetwork, inputs: number[][]): void {
  new Oracle(network).weightedSums(inputs).forEach((sums, l) => {
    if (network.layers[l]?.activation !== "relu") return;
    expect(Math.min(...sums.map(Math.abs)), `layer ${l}: distance from relu's kink`).toBeGreaterThan(100 * EPSILON);
  });
}
