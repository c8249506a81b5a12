// L-BFGS against PyTorch's, step by step, and where it ends against SciPy's.

import { NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectClose, parameters } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";
import { networkOf, type Pairs, type Trajectory, type Values } from "./support/trajectories.js";

interface Run extends Trajectory {
  /** Every epoch's loss, before its step. */
  readonly losses: Pairs;
  /** The parameters after some epochs. */
  readonly recorded: readonly (readonly [epoch: number, layers: readonly Values[]])[];
  /**
   * What the losses up to an epoch, and the parameters after it, may differ by, relatively: 1e−9, or more where changes in the last place of the first
   * weights change PyTorch's own run by a hundredth of that. See test/fixtures/make_lbfgs_fixtures.py.
   */
  readonly tolerances: readonly (readonly [epoch: number, losses: number, parameters: number])[];
}

interface ConvergingRun extends Trajectory {
  /** Where SciPy's L-BFGS-B ends. */
  readonly scipy: number;
}

const { runs: RUNS, converging: CONVERGING } = readFixture<{ runs: Run[]; converging: ConvergingRun[] }>("lbfgs.json");

/** Numbers smaller than this may differ by as much as one of this size. */
const SIZE = 1e-3;

/** The largest derivative at which training ends. */
const GRADIENT = 1e-7;

describe.each(BUILDS)("$name build", (build) => {
  test.each(RUNS)("$name, float64", (run) => {
    const network = networkOf(run, "float64", build);
    const losses: number[] = [];
    const expected = run.losses.map(([, loss]) => loss);
    const known = new Map([...run.recorded, [run.epochs, run.final] as const]);
    let from = 0;
    for (const [epoch, ofLosses, ofParameters] of run.tolerances) {
      // In parts, which shows that it goes on where it was.
      losses.push(...network.train(run.x, run.t, options(run, epoch - from)).loss);
      expectClose(losses.slice(from), expected.slice(from, epoch), { atol: 0, rtol: ofLosses }, `losses up to epoch ${epoch}`);
      const layers = known.get(epoch);
      const tolerance = { atol: SIZE * ofParameters, rtol: ofParameters };
      if (layers) expectClose(parameters(network), layers.flat(3), tolerance, `parameters after epoch ${epoch}`);
      from = epoch;
    }
    expect(losses.length).toBe(run.epochs);
  });

  // Rounding moves the path before long, but not what it leads to: losses as they were after the first steps, and as far down at the end.
  test.each(RUNS)("$name, float32", (run) => {
    const network = networkOf(run, "float32", build);
    const { loss } = network.train(run.x, run.t, options(run, run.epochs));
    const expected = run.losses.map(([, loss]) => loss);
    expectClose(loss.slice(0, 5), expected.slice(0, 5), { atol: 0, rtol: 1e-4 }, "first losses");
    const [first, last] = [expected[0] as number, expected.at(-1) as number];
    expect(loss.at(-1)).toBeLessThan(last + 0.1 * (first - last));
    expect(loss.every((value, i) => i === 0 || value <= (loss[i - 1] as number))).toBe(true);
  });

  test.each(CONVERGING)("$name: ends by itself at the minimum", (run) => {
    const network = networkOf(run, "float64", build);
    const { loss } = network.train(run.x, run.t, options(run, 1000));
    // Whether the epoch that finds nothing left to do is counted is not of importance here. Over a hundred steps their number depends on rounding.
    if (run.epochs < 50) expect([run.epochs, run.epochs + 1]).toContain(loss.length);
    else expect(loss.length).toBeLessThan(2 * run.epochs);
    expect(largestDerivative(run, network)).toBeLessThanOrEqual(GRADIENT * (1 + 1e-6));
    expectClose(loss.slice(-1), [run.scipy], { atol: 0, rtol: 1e-7 }, "last loss");
    expectClose(network.think(run.x).flat(), run.outputs.flat(), { atol: 2e-5, rtol: 0 }, "outputs");
  });
});

function options({ sampleWeights }: Trajectory, epochs: number) {
  return { epochs, historyInterval: 1, ...(sampleWeights && { sampleWeights }) };
}

/** From a step of gradient descent of a twin, which moves each parameter by its derivative. */
function largestDerivative({ x, t, layers, loss, reduction }: Trajectory, network: NeuralNetwork): number {
  const { inputs } = network;
  const twin = new NeuralNetwork({ inputs, layers, loss, reduction, optimizer: { name: "sgd", learningRate: 1 } });
  twin.layers.forEach(({ weights, biases }, i) => {
    weights.set(network.layers[i]?.weights as Float64Array);
    biases.set(network.layers[i]?.biases as Float64Array);
  });
  const before = parameters(twin);
  twin.train(x, t, 1);
  return Math.max(...parameters(twin).map((after, i) => Math.abs(after - (before[i] as number))));
}

test("the runs cover losses, reductions, frozen layers and lengths of the history, get far, and allow little", () => {
  expect(new Set(RUNS.map(({ loss, reduction }) => `${loss} ${reduction}`)).size).toBe(6);
  expect(RUNS.filter(({ layers }) => layers.some(({ trainable }) => trainable === false)).length).toBeGreaterThan(1);
  expect(RUNS.filter(({ sampleWeights }) => sampleWeights).length).toBeGreaterThan(0);
  expect(RUNS.filter(({ optimizer }) => typeof optimizer === "object" && "historySize" in optimizer).length).toBeGreaterThan(1);
  for (const { name, epochs, losses, tolerances } of RUNS) {
    expect(losses.length, name).toBe(epochs);
    expect(losses.at(-1)?.[1], name).toBeLessThan(0.9 * (losses[0]?.[1] as number));
    expect(tolerances.filter(([, ofLosses]) => ofLosses === 1e-9).length, name).toBeGreaterThanOrEqual(2);
    for (const [, ofLosses, ofParameters] of tolerances) expect(Math.max(ofLosses * 100, ofParameters), name).toBeLessThanOrEqual(2e-4);
  }
  expect(CONVERGING.length).toBeGreaterThan(5);
});

test("a run in which no length gives a lower loss is over", () => {
  const network = new NeuralNetwork({ inputs: 1, layers: [{ units: 1 }], optimizer: { name: "lbfgs", learningRate: 1e300 } });
  const before = network.layers[0]?.weights.slice();
  expect(network.train([[0], [1], [2], [3]], [0, 1, 0, 1], 20).loss).toHaveLength(1);
  expect(network.layers[0]?.weights).toEqual(before);
});
