// brain.js: a NeuralNetwork with the first weights by `fromJSON` and plain arrays as data. It steps after each row, its layers have biases and
// sigmoids (or one other activation throughout), its loss is the squared error. It keeps outputs and
// deltas in 32 bits, whatever the weights are.

import { serve, Unsupported, versionOf } from "./protocol.mjs";

await serve(async (subject) => {
  const { kind, parameters, loss, optimizer, rows, epochs, batchSize, inputs, targets, outputs: width } = subject;
  if (kind !== "train") throw new Unsupported("it has no softmax, and one activation for all layers");
  if (loss !== "squaredError") throw new Unsupported("it has neither softmax nor cross-entropy");
  if (parameters.some(({ bias }) => !bias)) throw new Unsupported("its layers always have biases");
  if (batchSize !== 1) throw new Unsupported("it steps after each row and has no batches");
  const { default: brain } = await import("brain.js");
  const x = (row) => Array.from(inputs.subarray(row * parameters[0].inputs, (row + 1) * parameters[0].inputs));
  const t = (row) => Array.from(targets.subarray(row * width, (row + 1) * width));
  const data = Array.from({ length: rows }, (_, row) => ({ input: x(row), output: t(row) }));
  const options = {
    iterations: epochs,
    learningRate: optimizer.learningRate,
    // It refuses 0; these are too small to change anything.
    momentum: 1e-30,
    errorThresh: Number.MIN_VALUE,
  };
  let network;
  return {
    precision: "float32",
    threads: 1,
    versions: { "brain.js": versionOf("brain.js") },
    reset: () => {
      network = new brain.NeuralNetwork({ activation: "sigmoid" });
      network.fromJSON(json(parameters));
    },
    run: () => network.train(data, options),
    result: () => fromNetwork(network, parameters),
  };
});

/** Its form of a network: for each layer a map of nodes, each with its bias and a map of weights. */
function json(parameters) {
  const nodes = (count, make) => Object.fromEntries(Array.from({ length: count }, (_, i) => [i, make(i)]));
  return {
    sizes: [parameters[0].inputs, ...parameters.map(({ units }) => units)],
    layers: [
      nodes(parameters[0].inputs, () => ({})),
      ...parameters.map(({ inputs, units, weights, biases }) =>
        nodes(units, (u) => ({ bias: biases[u], weights: nodes(inputs, (i) => weights[i * units + u]) })),
      ),
    ],
    outputLookup: false,
    inputLookup: false,
    activation: "sigmoid",
  };
}

function fromNetwork(network, parameters) {
  return parameters.flatMap(({ inputs, units }, l) => {
    const weights = network.weights[l + 1];
    return [...Array.from({ length: inputs * units }, (_, k) => weights[k % units][Math.floor(k / units)]), ...network.biases[l + 1]];
  });
}
