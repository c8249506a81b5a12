import { NeuralNetwork } from "feedforward";
import type { Case } from "../case.js";

/** Every construction but the first, which compiles the core. */
export const construct: Case = {
  name: "construct",
  title: "new NeuralNetwork() after the first, and dispose()",
  unit: "µs",
  contenders: () => [
    {
      implementation: "feedforward",
      threads: 1,
      calls: 1,
      run: () => new NeuralNetwork().dispose(),
      answer: () => new NeuralNetwork().synapticWeights.flat(),
    },
  ],
};
