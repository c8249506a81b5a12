import { NeuralNetwork } from "feedforward";
import type { Case, Contender } from "../case.js";
import { PlainNetwork } from "../plain/general.js";
import { OneNeuron } from "../plain/one-neuron.js";
import { BEGINNING, INPUTS, ITERATIONS, QUESTION, TARGETS } from "../tutorial.js";

/** The tutorial's training from its first weights, which are put back outside of the timed part. */
export const seed: Case = {
  name: "seed",
  title: `the tutorial's ${ITERATIONS.toLocaleString("en")} iterations`,
  unit: "ms",
  contenders: () => [
    contender("feedforward", new NeuralNetwork(), (network) => network.layers[0]?.weights),
    contender(
      "plain-js",
      new PlainNetwork({ inputs: 3, layers: [{ units: 1, activation: "sigmoid", bias: false }] }),
      (network) => network.layers[0]?.weights,
    ),
    contender("plain-js-one-neuron", new OneNeuron(), (network) => network.weights),
  ],
};

interface Trainable {
  train(inputs: readonly number[][], targets: readonly number[][], iterations: number): unknown;
  think(row: readonly number[]): number[];
}

function contender<N extends Trainable>(
  implementation: string,
  network: N,
  weightsOf: (network: N) => Float64Array | Float32Array | undefined,
): Contender {
  const before = () => weightsOf(network)?.set(BEGINNING);
  const run = () => network.train(INPUTS, TARGETS, ITERATIONS);
  const answer = () => {
    before();
    run();
    return [...(weightsOf(network) ?? []), ...network.think(QUESTION)];
  };
  return { implementation, threads: 1, calls: 1, before, run, answer };
}
