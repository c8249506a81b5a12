// MLPClassifier and MLPRegressor against the library: 50 epochs from equal weights. What is converted between the two is said in
// test/fixtures/make_sklearn_fixtures.py.

import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { readFixture } from "./support/fixtures.js";
import { expectLearning, expectTrajectory, type Trajectory } from "./support/trajectories.js";

const { runs: RUNS } = readFixture<{ runs: Trajectory[] }>("sklearn.json");

const CASES = BUILDS.flatMap((build) => (["float64", "float32"] as const).map((precision) => ({ build, precision })));

describe.each(CASES)("$build.name build, $precision", ({ build, precision }) => {
  test.each(RUNS)("$name", (run) => {
    expectTrajectory(run, precision, build);
  });
});

test("the runs cover what scikit-learn's networks offer, and learn", () => {
  const hidden = RUNS.flatMap(({ layers }) => layers.slice(0, -1).map(({ activation }) => activation));
  expect(new Set(hidden)).toEqual(new Set(["sigmoid", "tanh", "relu", "linear"]));
  const ends = RUNS.map(({ loss, layers }) => `${loss} ${(layers.at(-1)?.units as number) > 1 ? "many" : "one"}`);
  expect(new Set(ends)).toEqual(
    new Set(["binaryCrossEntropy one", "binaryCrossEntropy many", "crossEntropy many", "squaredError one", "squaredError many"]),
  );
  const optimizers = RUNS.map(({ optimizer }) => Object.keys(optimizer).filter((key) => ["nesterov", "schedule", "beta1"].includes(key)));
  expect(new Set(optimizers.flat())).toEqual(new Set(["nesterov", "schedule", "beta1"]));
  for (const key of ["batch", "sampleWeights", "learningRates"] as const) {
    expect(RUNS.filter((run) => run[key] !== undefined).length, key).toBeGreaterThan(2);
  }
  for (const run of RUNS) expectLearning(run, 4e-3);
});
