// What `evaluate` says of a network's outputs, against sklearn.metrics. The network passes sums on, by the identity, to its last activation.

import {
  type ActivationName,
  type ClassEvaluation,
  type Evaluation,
  type LossName,
  NeuralNetwork,
  type Precision,
  type ReductionName,
} from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS, type Build } from "./support/builds.js";
import { expectClose, type Tolerance } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";

interface Case {
  readonly name: string;
  readonly kind: Evaluation["kind"];
  readonly activation: ActivationName;
  readonly loss: LossName;
  readonly reduction: ReductionName;
  readonly l2?: number;
  readonly sums: number[][];
  /** Class numbers for softmax, rows for the others. */
  readonly targets: number[][] | number[];
  readonly sampleWeights?: number[];
  /** Fields of the evaluation, null where one is not a number, but `topAccuracy`: for each k from 1. */
  readonly expected: Readonly<Record<string, Numbers>>;
}

type Numbers = number | null | readonly Numbers[];

const { evaluations: EVALUATIONS } = readFixture<{ evaluations: Case[] }>("sklearn.json");

const TOLERANCES: Readonly<Record<Precision, Tolerance>> = { float64: { atol: 1e-13, rtol: 1e-9 }, float32: { atol: 1e-6, rtol: 1e-4 } };

const CASES = BUILDS.flatMap((build) => (["float64", "float32"] as const).map((precision) => ({ build, precision })));

describe.each(CASES)("$build.name build, $precision", ({ build, precision }) => {
  const tolerance = TOLERANCES[precision];

  test.each(EVALUATIONS)("$name", (each) => {
    const network = passing(each, precision, build);
    const { topAccuracy, ...expected } = each.expected;
    const evaluation = network.evaluate(each.sums, each.targets, options(each));
    const { kind, rows, ...measured } = evaluation;
    expect(kind).toBe(each.kind);
    expect(rows).toBe(each.sums.length);
    const names = [...Object.keys(expected), ...(topAccuracy ? ["topKAccuracy"] : [])];
    expect(Object.keys(measured).sort()).toEqual(names.sort());
    for (const [name, numbers] of Object.entries(expected)) {
      expectNumbers(measured[name as keyof typeof measured], numbers, tolerance, name);
    }
    if (!topAccuracy) return;
    const top = topAccuracy as number[];
    expectNumbers((evaluation as ClassEvaluation).topKAccuracy, top[Math.min(5, top.length) - 1] as number, tolerance, "topKAccuracy");
    top.forEach((accuracy, i) => {
      const { topKAccuracy } = network.evaluate(each.sums, each.targets, { ...options(each), topK: i + 1 }) as ClassEvaluation;
      expectNumbers(topKAccuracy, accuracy, tolerance, `accuracy of the first ${i + 1}`);
    });
  });

  test.each(EVALUATIONS.filter(({ activation }) => activation === "softmax"))("$name: rows of 0 and 1 are class numbers", (each) => {
    const network = passing(each, precision, build);
    const units = (each.sums[0] as number[]).length;
    const rows = (each.targets as number[]).map((label) => Array.from({ length: units }, (_, k) => (k === label ? 1 : 0)));
    expect(network.evaluate(each.sums, rows, options(each))).toEqual(network.evaluate(each.sums, each.targets, options(each)));
  });
});

/** A network whose outputs are the activation of its inputs. */
function passing({ sums, activation, loss, reduction, l2 = 0 }: Case, precision: Precision, build: Build): NeuralNetwork {
  const units = (sums[0] as number[]).length;
  const weights = Array.from({ length: units }, (_, i) => Array.from({ length: units }, (_, j) => (i === j ? 1 : 0)));
  return new NeuralNetwork({
    inputs: units,
    layers: [{ units, activation, bias: false, l2, initializer: { name: "values", weights } }],
    loss,
    reduction,
    precision,
    ...build.options,
  });
}

function options({ sampleWeights }: Case): { sampleWeights?: number[] } {
  return sampleWeights ? { sampleWeights } : {};
}

/** Expects the same shape, NaN where there is null, and numbers within the tolerance. */
function expectNumbers(actual: unknown, expected: Numbers, tolerance: Tolerance, what: string): void {
  if (expected === null) {
    expect(actual, what).toBeNaN();
  } else if (typeof expected === "number") {
    expectClose([actual as number], [expected], tolerance, what);
  } else {
    expect((actual as unknown[]).length, what).toBe(expected.length);
    expected.forEach((each, i) => {
      expectNumbers((actual as unknown[])[i], each, tolerance, `${what}[${i}]`);
    });
  }
}

test("the cases cover every kind, weights, and what is not defined", () => {
  for (const kind of ["classes", "labels", "values"]) {
    const cases = EVALUATIONS.filter((each) => each.kind === kind);
    expect(cases.filter(({ sampleWeights }) => sampleWeights).length, kind).toBeGreaterThan(3);
    expect(cases.filter(({ sampleWeights }) => !sampleWeights).length, kind).toBeGreaterThan(3);
  }
  const holds = (name: string, value: Numbers) => EVALUATIONS.filter(({ expected }) => [expected[name]].flat(2).includes(value)).length;
  expect(holds("rocAuc", null)).toBeGreaterThan(3);
  expect(holds("macroRocAuc", null)).toBeGreaterThan(1);
  for (const name of ["precision", "recall", "f1", "support", "r2"]) expect(holds(name, 0), name).toBeGreaterThan(1);
});
