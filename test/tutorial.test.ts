// The tutorial's network, as its readers meet it: the same weights at the beginning and at the end, and the same answer.

import { NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectClose } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";

const INPUTS = [
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
  [0, 1, 1],
];
const TARGETS = [[0], [1], [1], [0]];

interface Tutorial {
  readonly inputs: number[][];
  readonly targets: number[][];
  readonly question: number[];
  readonly states: { readonly iteration: number; readonly weights: number[]; readonly answer: number }[];
}

describe.each(BUILDS)("$name build", ({ options }) => {
  test("the weights before training are NumPy's", () => {
    expect(new NeuralNetwork(options).synapticWeights).toEqual([[-0.165955990594852], [0.4406489868843162], [-0.9997712503653102]]);
  });

  test("after 15,000 iterations weights and answer equal NumPy's to the last digit", () => {
    const network = new NeuralNetwork(options);
    network.train(INPUTS, TARGETS, 15_000);
    expect(network.synapticWeights).toEqual([[10.087408960563154], [-0.2069536618062991], [-4.83757834715658]]);
    expect(network.think([1, 0, 0])).toEqual([0.9999584016709994]);
  });

  test("on the way there it is where NumPy is", () => {
    const { inputs, targets, question, states } = readFixture<Tutorial>("tutorial.json");
    expect([inputs, targets]).toEqual([INPUTS, TARGETS]);
    const network = new NeuralNetwork(options);
    let done = 0;
    for (const { iteration, weights, answer } of states) {
      network.train(inputs, targets, iteration - done);
      done = iteration;
      // NumPy's e^x differs by an ulp now and then; training pulls the two runs together again.
      const tolerance = { atol: 1e-14, rtol: 1e-13 };
      expectClose(network.synapticWeights.flat(), weights, tolerance, `weights after ${iteration} iterations`);
      expectClose(network.think(question), [answer], tolerance, `answer after ${iteration} iterations`);
    }
    expect(done).toBe(15_000);
  });

  test("float32 comes to the same answer in its own precision", () => {
    const network = new NeuralNetwork({ ...options, precision: "float32" });
    network.train(INPUTS, TARGETS, 15_000);
    expectClose(network.think([1, 0, 0]), [0.9999584016709994], { atol: 1e-5, rtol: 0 });
  });

  test("sigmoid and its derivative under the tutorial's names", () => {
    const network = new NeuralNetwork(options);
    expect(network.sigmoid(0)).toBe(0.5);
    expect(network.sigmoid([0, 1000, -1000])).toEqual([0.5, 1, 0]);
    expect(network.sigmoidDerivative(0.25)).toBe(0.1875);
    expectClose(
      network.sigmoid(Float64Array.of(1, -2, 3, 4, 5)),
      [1, -2, 3, 4, 5].map((x) => 1 / (1 + Math.exp(-x))),
      { atol: 0, rtol: 2e-15 },
    );
  });
});
