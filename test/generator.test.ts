// First weights are NumPy's, bit for bit: `np.random.seed(s)`, then `2 * np.random.random((inputs, units)) - 1` layer by layer.

import { type NetworkOptions, NeuralNetwork, type Precision } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";

interface Draw {
  readonly seed: number;
  readonly widths: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

const DRAWS = readFixture<Draw[]>("generator.json");

function networkOf({ seed, widths }: Draw, options: NetworkOptions): NeuralNetwork {
  const layers = widths.slice(1).map((units) => ({ units, initializer: "uniform" as const }));
  return new NeuralNetwork({ inputs: widths[0] as number, layers, seed, ...options });
}

describe.each(BUILDS)("$name build", ({ options }) => {
  test.each(DRAWS)("seed $seed, widths $widths: float64", (draw) => {
    const { layers } = networkOf(draw, options);
    expect(layers.length).toBe(draw.weights.length);
    layers.forEach(({ weights }, l) => {
      expectSameBits(bytesOf(weights), bytesOf(draw.weights[l] as number[]), `layer ${l}`);
    });
  });

  test.each(DRAWS)("seed $seed, widths $widths: float32, the same numbers rounded", (draw) => {
    const { layers } = networkOf(draw, { ...options, precision: "float32" });
    layers.forEach(({ weights }, l) => {
      expect(weights).toBeInstanceOf(Float32Array);
      expectSameBits(bytesOf(weights), bytesOf(Float32Array.from(draw.weights[l] as number[])), `layer ${l}`);
    });
  });

  test.each<Precision>(["float64", "float32"])("biases start at +0: %s", (precision) => {
    const { layers } = networkOf(DRAWS[2] as Draw, { ...options, precision });
    for (const { biases, units } of layers) {
      expect(biases.length).toBe(units);
      expect(bytesOf(biases).every((byte) => byte === 0)).toBe(true);
    }
  });

  test("biases take nothing from the generator, and without them there are none", () => {
    const widths = { inputs: 5, seed: 42, ...options };
    const withBiases = new NeuralNetwork({ ...widths, layers: [{ units: 7 }, { units: 3 }] });
    const without = new NeuralNetwork({
      ...widths,
      layers: [
        { units: 7, bias: false },
        { units: 3, bias: false },
      ],
    });
    without.layers.forEach(({ weights, biases }, l) => {
      expect(biases.length).toBe(0);
      expect(weights).toEqual(withBiases.layers[l]?.weights);
    });
  });
});

test("the fixtures include a draw of more doubles than the generator's state holds", () => {
  expect(Math.max(...DRAWS.map(({ weights }) => weights.flat().length))).toBeGreaterThan(624 / 2);
});
