// Every activation, loss, optimizer, schedule, normalisation and regularisation against PyTorch: 50 steps from equal weights.

import type { LayerOptions } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { readFixture } from "./support/fixtures.js";
import { expectLearning, expectTrajectory, type Trajectory } from "./support/trajectories.js";

const RUNS = readFixture<Trajectory[]>("torch.json");

const CASES = BUILDS.flatMap((build) => (["float64", "float32"] as const).map((precision) => ({ build, precision })));

describe.each(CASES)("$build.name build, $precision", ({ build, precision }) => {
  test.each(RUNS)("$name", (run) => {
    expectTrajectory(run, precision, build);
  });
});

test("the runs cover what the options offer, and learn", () => {
  const named = (option: unknown) => (typeof option === "string" ? option : (option as { name: string }).name);
  const names = (of: (run: Trajectory) => unknown[]) =>
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
  expect(names(({ optimizer }) => [typeof optimizer === "object" && "schedule" in optimizer ? optimizer.schedule : undefined]).size).toBe(
    6,
  );
  for (const key of ["residual", "trainable", "l1", "l2", "maxNorm"] as const) {
    expect(RUNS.filter((run) => run.layers.some((layer) => layer[key] !== undefined)).length, key).toBeGreaterThan(0);
  }
  for (const run of RUNS) {
    expectLearning(run, 4e-3);
    expect(run.losses.length, run.name).toBeGreaterThanOrEqual(4);
  }
});
