// think(inputs, { into }): the same answers, in the caller's array.

import { execFileSync } from "node:child_process";
import { NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { randomTable } from "./support/data.js";

describe.each(BUILDS)("$name build", ({ options }) => {
  test.each(["float64", "float32"] as const)("%s: every form of inputs is answered there, and the array is returned", (precision) => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 5, activation: "tanh" }, { units: 2 }], precision, ...options });
    const Type = precision === "float64" ? Float64Array : Float32Array;
    const rows = randomTable(1, 300, 3);
    const answers = network.think(rows).flat();
    const flat = { data: Type.from(rows.flat()), rows: rows.length };
    for (const inputs of [rows, rows.map((row) => Type.from(row)), flat]) {
      const into = new Type(600).fill(7);
      expect(network.think(inputs, { into })).toBe(into);
      expect(Array.from(into)).toEqual(answers);
    }
    for (const row of [rows[4] as number[], Type.from(rows[4] as number[])]) {
      const into = new Type(2).fill(7);
      expect(network.think(row, { into })).toBe(into);
      expect(Array.from(into)).toEqual(answers.slice(8, 10));
    }
    const part = new Type(6).fill(7);
    network.think(rows[0] as number[], { into: part.subarray(2, 4) });
    expect(Array.from(part)).toEqual([7, 7, ...answers.slice(0, 2), 7, 7]);
  });

  test("what does not fit is refused, and left as it was", () => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 2 }], ...options });
    const think =
      (into: unknown, inputs: unknown = [1, 2, 3]) =>
      () =>
        network.think(inputs as number[], { into: into as Float64Array });
    expect(think(new Float32Array(2))).toThrow(
      new TypeError("into: expected a Float64Array, as the network's precision is float64, got a Float32Array of 2 elements"),
    );
    expect(think([0, 0])).toThrow(TypeError);
    expect(think(undefined)).toThrow(TypeError);
    expect(think(network.layers[0]?.biases)).toThrow(new TypeError("into: expected an array outside the network"));
    expect(think(new Float64Array(3))).toThrow(new RangeError("into: expected 2 numbers, got 3"));
    expect(
      think(new Float64Array(2), [
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toThrow(RangeError);
    expect(() => network.think([1, 2, 3], { onto: new Float64Array(2) } as never)).toThrow(
      'options: unknown option "onto"; did you mean "into"?',
    );
    const into = new Float64Array(2).fill(7);
    expect(think(into, [1, Number.NaN, 3])).toThrow(new RangeError("inputs[1]: expected a finite number, got NaN"));
    expect(think(into, new Float64Array([1, 2]))).toThrow(RangeError);
    expect(Array.from(into)).toEqual([7, 7]);
  });
});

test("nothing is allocated for a row", () => {
  const code = `
    import { NeuralNetwork } from "feedforward";
    const network = new NeuralNetwork();
    const options = { into: new Float64Array(1) };
    for (const row of [[1, 0, 0], Float64Array.of(1, 0, 0)]) {
      for (let i = 0; i < 200_000; i++) network.think(row, options);
      gc();
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 100_000; i++) network.think(row, options);
      console.log((process.memoryUsage().heapUsed - before) / 100_000);
    }
  `;
  const flags = ["--expose-gc", "--max-semi-space-size=256", "--input-type=module", "--eval", code];
  const bytes = execFileSync(process.execPath, flags, { encoding: "utf8" }).trim().split("\n").map(Number);
  expect(bytes).toHaveLength(2);
  // The smallest object takes 16.
  for (const each of bytes) expect(each).toBeLessThan(12);
});
