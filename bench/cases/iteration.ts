import { NeuralNetwork } from "feedforward";
import type { Case, Contender } from "../case.js";
import { PlainNetwork } from "../plain/general.js";

const ITERATIONS = 1000;

const LAYERS = [
  { units: 4, activation: "tanh", bias: true },
  { units: 1, activation: "sigmoid", bias: true },
] as const;

const LEARNING_RATE = 0.5;

const INPUTS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const TARGETS = [[0], [1], [1], [0]];

/** A network so small that what surrounds the arithmetic counts. */
export const iteration: Case = {
  name: "iteration-2-4-1",
  title: "one iteration of training 2-4-1 on the four rows of xor",
  unit: "ns",
  contenders() {
    const options = { inputs: 2, layers: LAYERS } as const;
    const ours = new NeuralNetwork({ ...options, reduction: "sum", optimizer: { name: "sgd", learningRate: LEARNING_RATE } });
    const plain = new PlainNetwork({ ...options, learningRate: LEARNING_RATE });
    const beginning = ours.layers.map(({ weights }) => weights.slice());
    return [contender("feedforward", ours, beginning), contender("plain-js", plain, beginning)];
  },
};

interface Trainable {
  readonly layers: readonly { readonly weights: Float64Array | Float32Array; readonly biases?: Float64Array | Float32Array | undefined }[];
  train(inputs: readonly number[][], targets: readonly number[][], iterations: number): unknown;
  think(row: readonly number[]): number[];
}

function contender(implementation: string, network: Trainable, beginning: readonly (Float64Array | Float32Array)[]): Contender {
  const before = () => {
    network.layers.forEach(({ weights, biases }, l) => {
      weights.set(beginning[l] as Float64Array);
      biases?.fill(0);
    });
  };
  const run = () => network.train(INPUTS, TARGETS, ITERATIONS);
  const answer = () => {
    before();
    run();
    return INPUTS.flatMap((row) => [...network.think(row)]);
  };
  return { implementation, threads: 1, calls: ITERATIONS, before, run, answer };
}
