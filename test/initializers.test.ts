// How first weights are spread. That the numbers are NumPy's is the fixtures' matter.

import { type InitializerName, type InitializerOption, NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";

const INPUTS = 120;
const UNITS = 80;

/** The variance of each, and for uniform ones the bound that goes with it: √(3 · variance). */
const VARIANCES: readonly { name: Exclude<InitializerName, "zeros" | "constant" | "orthogonal">; variance: number; bounded: boolean }[] = [
  { name: "uniform", variance: 1 / 3, bounded: true },
  { name: "glorotUniform", variance: 2 / (INPUTS + UNITS), bounded: true },
  { name: "glorotNormal", variance: 2 / (INPUTS + UNITS), bounded: false },
  { name: "heUniform", variance: 2 / INPUTS, bounded: true },
  { name: "heNormal", variance: 2 / INPUTS, bounded: false },
  { name: "lecunUniform", variance: 1 / INPUTS, bounded: true },
  { name: "lecunNormal", variance: 1 / INPUTS, bounded: false },
];

describe.each(BUILDS)("$name build", ({ options }) => {
  function weightsOf(
    initializer: InitializerOption | undefined,
    inputs = INPUTS,
    units = UNITS,
    activation: "tanh" | "relu" | "selu" = "tanh",
  ) {
    const layer = initializer === undefined ? { units, activation } : { units, activation, initializer };
    const network = new NeuralNetwork({ inputs, layers: [layer], seed: 11, ...options });
    return Array.from((network.layers[0] as { weights: ArrayLike<number> }).weights);
  }

  test.each(VARIANCES)("$name", ({ name, variance, bounded }) => {
    const weights = weightsOf(name);
    const count = weights.length;
    const mean = weights.reduce((sum, w) => sum + w, 0) / count;
    const measured = weights.reduce((sum, w) => sum + w * w, 0) / count;
    // Five standard deviations of what 9,600 draws estimate.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / count));
    expect(Math.abs(measured / variance - 1)).toBeLessThan(5 * Math.sqrt((bounded ? 0.8 : 2) / count));
    const largest = Math.max(...weights.map(Math.abs));
    const bound = Math.sqrt(3 * variance);
    if (bounded) {
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.99 * bound);
    } else {
      expect(largest).toBeGreaterThan(1.5 * bound);
    }
  });

  test.each([
    [7, 7],
    [12, 5],
    [5, 12],
    [1, 4],
  ])("orthogonal, %i inputs and %i units", (inputs, units) => {
    const w = weightsOf("orthogonal", inputs, units);
    const columns = inputs >= units;
    const [vectors, length] = columns ? [units, inputs] : [inputs, units];
    const at = (vector: number, i: number) => w[columns ? i * units + vector : vector * units + i] as number;
    for (let a = 0; a < vectors; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
        expect(Math.abs(dot - (a === b ? 1 : 0))).toBeLessThan(1e-14);
      }
    }
  });

  test("zeros, constant", () => {
    expect(new Set(weightsOf("zeros"))).toEqual(new Set([0]));
    expect(new Set(weightsOf({ name: "constant", value: -0.25 }))).toEqual(new Set([-0.25]));
  });

  test("values given", () => {
    const weights = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const make = (biases?: number[]) => {
      const initializer = biases ? ({ name: "values", weights, biases } as const) : ({ name: "values", weights } as const);
      const layers = [{ units: 2, activation: "linear", initializer }] as const;
      return new NeuralNetwork({ inputs: 3, layers, ...options }).layers[0];
    };
    expect(Array.from(make([7, 8])?.weights as Float64Array)).toEqual(weights.flat());
    expect(Array.from(make([7, 8])?.biases as Float64Array)).toEqual([7, 8]);
    expect(Array.from(make()?.biases as Float64Array)).toEqual([0, 0]);
  });

  test("several rows of biases are refused", () => {
    const layer = (units: number, biases: number[][]) => [
      { units, initializer: { name: "values", weights: [Array(units).fill(1)], biases } },
    ];
    for (const [units, biases] of [
      [1, [[7], [8]]],
      [
        2,
        [
          [7, 8],
          [9, 10],
        ],
      ],
    ] as const) {
      const make = () => new NeuralNetwork({ inputs: 1, layers: layer(units, biases as never) as never, ...options });
      expect(make).toThrow(new RangeError("layers[0].initializer.biases: expected one row, got 2"));
    }
  });

  test("biases are drawn behind their layer's weights, for its inputs and units", () => {
    const layers = [
      { units: 4, activation: "tanh", initializer: "glorotUniform", bias: "glorotUniform" },
      { units: 3, activation: "tanh", initializer: "heUniform", bias: "uniform" },
      { units: 2, activation: "tanh", initializer: "uniform", bias: { name: "constant", value: -0.5 } },
      { units: 2, activation: "tanh", initializer: "uniform" },
    ] as const;
    const drawn = new NeuralNetwork({ inputs: 5, layers, ...options, seed: 7 }).layers;
    // 2 r − 1 in the order of the stream, as the tutorial draws them.
    const stream = new NeuralNetwork({ inputs: 57, layers: [{ units: 1, initializer: "uniform" }], ...options, seed: 7 }).layers[0];
    const numbers = Array.from(stream?.weights as Float64Array);
    const taken = (count: number, bound: number) => numbers.splice(0, count).map((x) => bound * x);
    const expected = [
      taken(20, Math.sqrt(6 / 9)),
      taken(4, Math.sqrt(6 / 9)),
      taken(12, Math.sqrt(6 / 4)),
      taken(3, 1),
      taken(6, 1),
      [-0.5, -0.5],
      taken(4, 1),
      [0, 0],
    ];
    expect(drawn.flatMap(({ weights, biases }) => [Array.from(weights), Array.from(biases)])).toEqual(expected);
  });

  test("biases that are given come before a draw of biases", () => {
    const weights = [[1], [2]];
    const bias = { name: "constant", value: 9 } as const;
    const biasOf = (initializer: InitializerOption) =>
      new NeuralNetwork({ inputs: 2, layers: [{ units: 1, initializer, bias }], ...options }).layers[0]?.biases[0];
    expect(biasOf({ name: "values", weights, biases: [7] })).toBe(7);
    expect(biasOf({ name: "values", weights })).toBe(9);
  });

  test("by default what goes with the activation", () => {
    expect(weightsOf(undefined)).toEqual(weightsOf("glorotUniform"));
    expect(weightsOf(undefined, 9, 4, "relu")).toEqual(weightsOf("heUniform", 9, 4));
    expect(weightsOf(undefined, 9, 4, "selu")).toEqual(weightsOf("lecunNormal", 9, 4));
    expect(weightsOf("heUniform")).not.toEqual(weightsOf("lecunUniform"));
  });
});
