// Weights of classes: scikit-learn's "balanced", and weights given by class, against the same weights given row by row.

import type { TrainOptions } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectClose, parameters } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";
import { expectLearning, expectTrajectory, networkOf, TOLERANCES, type Trajectory } from "./support/trajectories.js";

interface Fixture {
  /** Where `balanced`, with sample weights that are those of the rows' classes. */
  readonly runs: readonly (Trajectory & { readonly balanced?: true })[];
  readonly classWeights: readonly { readonly labels: number[]; readonly weights: number[] }[];
}

const { runs, classWeights: WEIGHTS } = readFixture<Fixture>("sklearn.json");
const RUNS = runs.filter(({ balanced }) => balanced);

const CASES = BUILDS.flatMap((build) => (["float64", "float32"] as const).map((precision) => ({ build, precision })));

describe.each(CASES)("$build.name build, $precision", ({ build, precision }) => {
  test.each(RUNS)("$name", (run) => {
    const { sampleWeights: _, ...rest } = run;
    expectTrajectory(rest, precision, build, { classWeights: "balanced" });
  });

  test.each(WEIGHTS)("$weights", ({ labels, weights }) => {
    const classes = weights.length;
    const first = Array.from({ length: classes }, (_, k) => k / 7 - 0.3);
    const run: Parameters<typeof networkOf>[0] = {
      name: "",
      layers: [{ units: classes, activation: "softmax" }],
      loss: "crossEntropy",
      reduction: "mean",
      optimizer: "sgd",
      initial: [[[first], first]],
      x: labels.map((label, i) => [Math.fround(label / 3 - (i % 4) / 5)]),
      t: labels as unknown as number[][],
      epochs: 5,
    };
    const train = (options: Partial<TrainOptions>) => {
      const network = networkOf(run, precision, build);
      network.train(run.x, run.t, { epochs: run.epochs, ...options });
      return network;
    };
    const byRow = train({ sampleWeights: labels.map((label) => weights[label] as number) });
    expect(parameters(byRow)).not.toEqual(parameters(train({})));
    for (const option of ["balanced", weights] as const) {
      expectClose(parameters(train({ classWeights: option })), parameters(byRow), TOLERANCES[precision], String(option));
    }
  });
});

test("there are runs, and they learn", () => {
  expect(RUNS.length).toBeGreaterThan(1);
  for (const run of RUNS) expectLearning(run, 4e-3);
});
