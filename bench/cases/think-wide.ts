import { NeuralNetwork } from "feedforward";
import type { Case } from "../case.js";

const INPUTS = 784;

/** One row through a layer whose weights fill the second-level cache. */
export const thinkWide: Case = {
  name: "think-1x784",
  title: "think of one row of 784 through 128 and 10 units, float32",
  unit: "µs",
  contenders() {
    const network = new NeuralNetwork({
      inputs: INPUTS,
      layers: [
        { units: 128, activation: "relu" },
        { units: 10, activation: "softmax" },
      ],
      precision: "float32",
    });
    const row = { data: Float32Array.from({ length: INPUTS }, (_, i) => Math.sin(i)), rows: 1 };
    const run = () => network.think(row);
    return [{ implementation: "feedforward", threads: 1, calls: 1, run, answer: () => [...run()] }];
  },
};
