import { NeuralNetwork } from "feedforward";
import type { Configuration } from "./configuration.js";
import type { Contender } from "./contender.js";
import type { Data, Examples } from "./subject.js";

/** Weights and biases begin as scikit-learn's do, uniform after Glorot, where this library's defaults are He's for relu and 0 for biases. */
const asScikitLearn = { initializer: "glorotUniform", bias: "glorotUniform" } as const;

export function feedforward({ train, test }: Data, configuration: Configuration): Contender {
  const { inputs, hidden, classes, activation, optimizer, learningRate, precision, epochs, batchSize } = configuration;
  // One untimed fit, so that neither side's first one pays for loading and compiling.
  learn(0, { inputs: train.inputs.subarray(0, batchSize * inputs), labels: train.labels.subarray(0, batchSize) }).dispose();

  function learn(seed: number, examples: Examples): NeuralNetwork {
    const network = new NeuralNetwork({
      inputs,
      layers: [
        { units: hidden, activation, ...asScikitLearn },
        { units: classes, activation: "softmax", ...asScikitLearn },
      ],
      loss: "crossEntropy",
      optimizer: { name: optimizer, learningRate },
      precision,
      seed,
    });
    network.train({ data: examples.inputs, rows: examples.labels.length }, examples.labels, { epochs, batchSize, shuffle: true });
    return network;
  }

  return {
    implementation: "feedforward",
    threads: 1,
    async fit(seed) {
      const start = performance.now();
      const network = learn(seed, train);
      const milliseconds = performance.now() - start;
      const outputs = network.think({ data: test.inputs, rows: test.labels.length });
      network.dispose();
      return { correct: test.labels.filter((label, row) => likeliest(outputs, row, classes) === label).length, milliseconds };
    },
  };
}

/** The class with the largest output in a row. */
function likeliest(outputs: Float32Array | Float64Array, row: number, classes: number): number {
  const probabilities = outputs.subarray(row * classes, (row + 1) * classes);
  return probabilities.indexOf(Math.max(...probabilities));
}
