// The activations' values and slopes: their precision, their ends, and that the compiler's optimizer has kept NaN and −0 as they are.

import { describe, expect, test } from "vitest";
import { Activation, Function as CoreFunction } from "../src/abi.js";
import { applier, type Floats } from "./support/apply.js";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { type Exact, FLOAT64, sigmoid, tanh, ulpsBetween, ulpsOfFloat32 } from "./support/reference.js";
import { everyFloat32, logarithmic, uniform } from "./support/samples.js";

/**
 * 1 / (1 + e^−x) rounds three times: e^x, the sum and the quotient, whose last place may be worth twice that of the others. Measured: 2.27 in 500,000
 * random f64, 2.4807 in all float32 (worst at −16.635704).
 */
const SIGMOID_ULPS = 2.5;

/** Above 9/16 two roundings of the smaller part and one of the difference. Measured: 1.43 in all float32 (worst at 0.5641446), f64 likewise. */
const TANH_ULPS = 1.5;

const SIGMOID64 = withTruths([...uniform(11, 4000, -746, -30), ...uniform(12, 6000, -40, 40), ...logarithmic(13, 1000, -1074, 9)], sigmoid);
const TANH64 = withTruths([...uniform(21, 6000, -21, 21), ...uniform(22, 6000, -1, 1), ...logarithmic(23, 4000, -1074, 9)], tanh);

function withTruths(x: number[], truth: (x: number) => Exact): { x: number[]; truths: Exact[] } {
  return { x, truths: x.map(truth) };
}

const FORMATS = [
  { Type: Float64Array, tiny: 5e-324, leastNormal: 2 ** -1022 },
  { Type: Float32Array, tiny: 2 ** -149, leastNormal: 2 ** -126 },
] as const;

describe.each(BUILDS)("$name build", (build) => {
  const functions = {
    exponential: applier(build, "exponential"),
    linear: applier(build, CoreFunction.Activation + Activation.Linear),
    sigmoid: applier(build, CoreFunction.Activation + Activation.Sigmoid),
    tanh: applier(build, CoreFunction.Activation + Activation.Tanh),
    relu: applier(build, CoreFunction.Activation + Activation.Relu),
    sigmoidSlope: applier(build, CoreFunction.Slope + Activation.Sigmoid),
    tanhSlope: applier(build, CoreFunction.Slope + Activation.Tanh),
    reluSlope: applier(build, CoreFunction.Slope + Activation.Relu),
    linearSlope: applier(build, CoreFunction.Slope + Activation.Linear),
  };

  test("float64: sigmoid keeps its relative precision down to the smallest number", () => {
    expectWithin(SIGMOID_ULPS, SIGMOID64, functions.sigmoid(Float64Array.from(SIGMOID64.x)));
  });

  test("float64: tanh keeps its relative precision down to the smallest number", () => {
    expectWithin(TANH_ULPS, TANH64, functions.tanh(Float64Array.from(TANH64.x)));
  });

  test("float32: sigmoid keeps its relative precision down to the smallest number", () => {
    expectFloat32Within(SIGMOID_ULPS, functions.sigmoid, (x) => 1 / (1 + Math.exp(-x)), -105);
  });

  test("float32: tanh keeps its relative precision down to the smallest number", () => {
    expectFloat32Within(TANH_ULPS, functions.tanh, Math.tanh, -20);
  });

  describe.each(FORMATS)("$Type.name", ({ Type, tiny, leastNormal }) => {
    const of = (name: keyof typeof functions, ...x: number[]) => Array.from(functions[name](new Type(x)));
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

    test("sigmoid grows with its argument", () => {
      const x = new Type(Array.from({ length: 800 * 64 }, (_, i) => i / 64 - 760));
      const y = functions.sigmoid(x);
      const falls = y.findIndex((value, i) => i > 0 && value < (y[i - 1] as number));
      expect(falls).toBe(-1);
      expect(y[0]).toBe(0);
      expect(y.at(-1)).toBe(1);
      const [from, to] = Type === Float64Array ? [-700, 30] : [-85, 10];
      // Where neighbours of this grid differ by many ulps.
      const stands = y.findIndex((value, i) => (x[i] as number) > from && (x[i] as number) < to && value === y[i - 1]);
      expect(stands).toBe(-1);
    });

    test("tanh is odd, and its smallest arguments are their own results", () => {
      const x = new Type([tiny, 3 * tiny, leastNormal - tiny, leastNormal, leastNormal * 1.5, ...logarithmic(31, 200, -120, 6)]);
      const y = functions.tanh(x);
      expectSameBits(bytesOf(functions.tanh(x.map((value) => -value) as typeof x).map((value) => -value)), bytesOf(y));
      expectSameBits(bytesOf(y.subarray(0, 5)), bytesOf(x.subarray(0, 5)));
    });

    test("±0", () => {
      expect(of("sigmoid", 0, -0)).toEqual([0.5, 0.5]);
      expect(of("tanh", 0, -0, 0, -0, 0)).toEqual([0, -0, 0, -0, 0]);
      expect(of("relu", 0, -0, 0, -0, -0)).toEqual([0, -0, 0, -0, -0]);
      expect(of("linear", 0, -0)).toEqual([0, -0]);
    });

    test("±∞", () => {
      expect(of("sigmoid", infinity, -infinity, infinity, -infinity, infinity)).toEqual([1, 0, 1, 0, 1]);
      expect(of("tanh", infinity, -infinity, infinity, -infinity, infinity)).toEqual([1, -1, 1, -1, 1]);
      expect(of("relu", infinity, -infinity, infinity, -infinity, infinity)).toEqual([infinity, 0, infinity, 0, infinity]);
    });

    test.each(["exponential", "sigmoid", "tanh", "relu", "linear"] as const)("%s of NaN is NaN, and spoils no neighbour", (name) => {
      for (let length = 1; length <= 9; length++) {
        for (let at = 0; at < length; at++) {
          const x = Array.from({ length }, (_, i) => (i === at ? nan : 0.75));
          const alone = of(name, 0.75)[0];
          expect(of(name, ...x)).toEqual(x.map((value) => (Number.isNaN(value) ? nan : alone)));
        }
      }
    });

    test("relu", () => {
      expect(of("relu", -1, 2, -tiny, tiny, -leastNormal)).toEqual([0, 2, 0, tiny, 0]);
    });

    test("slopes by the output", () => {
      expect(of("sigmoidSlope", 0, 0.25, 0.5, 1)).toEqual([0, 0.1875, 0.25, 0]);
      expect(of("tanhSlope", -1, -0.5, 0, 0.5)).toEqual([0, 0.75, 1, 0.75]);
      expect(of("reluSlope", -0, 0, tiny, 2, infinity)).toEqual([0, 0, 1, 1, 1]);
      expect(of("linearSlope", -3, 0, 5)).toEqual([1, 1, 1]);
      for (const name of ["sigmoidSlope", "tanhSlope"] as const) expect(of(name, nan)).toEqual([nan]);
    });

    test.each(Object.keys(functions) as (keyof typeof functions)[])(
      "%s: a number's result does not depend on its place or its neighbours",
      (name) => {
        const values = [
          0,
          -0,
          0.3,
          -0.3,
          1.7,
          -20.25,
          33,
          86.9,
          -87.5,
          100,
          -100,
          707.5,
          -709,
          -744,
          1000,
          -1000,
          tiny,
          infinity,
          -infinity,
        ];
        let checked = 0;
        for (const value of values) {
          const alone = bytesOf(functions[name](new Type([value])));
          for (const neighbour of [0.5, 2000, nan]) {
            for (let length = 1; length <= 9; length++) {
              for (let at = 0; at < length; at++) {
                const y = functions[name](new Type(Array.from({ length }, (_, i) => (i === at ? value : neighbour))));
                if (!bytesOf(y.subarray(at, at + 1)).equals(alone))
                  expect.unreachable(`${value} beside ${neighbour} at ${at} of ${length}`);
                checked++;
              }
            }
          }
        }
        expect(checked).toBe(values.length * 3 * 45);
      },
    );
  });
});

function expectWithin(limit: number, { x, truths }: { x: number[]; truths: Exact[] }, y: Float64Array): void {
  let worst = { ulps: 0, x: 0 };
  truths.forEach((truth, i) => {
    const ulps = ulpsBetween(y[i] as number, truth, FLOAT64);
    if (ulps > worst.ulps) worst = { ulps, x: x[i] as number };
  });
  expect(worst.ulps, `worst at ${worst.x}`).toBeLessThanOrEqual(limit);
  expect(worst.ulps).toBeGreaterThan(0.49);
}

function expectFloat32Within(limit: number, fn: <F extends Floats>(x: F) => F, truth: (x: number) => number, from: number): void {
  let worst = { ulps: 0, x: 0 };
  let checked = 0;
  for (const x of everyFloat32({ stride: 2039, from, to: -from })) {
    const y = fn(x);
    for (let i = 0; i < x.length; i++) {
      const ulps = ulpsOfFloat32(y[i] as number, truth(x[i] as number));
      if (ulps > worst.ulps) worst = { ulps, x: x[i] as number };
    }
    checked += x.length;
  }
  expect(worst.ulps, `worst at ${worst.x}`).toBeLessThanOrEqual(limit);
  expect(checked).toBeGreaterThan(1_000_000);
}
