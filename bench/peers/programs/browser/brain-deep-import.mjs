// Past the documented entry, to leave out what the tutorial does not need: recurrent networks and those on a GPU.
import NeuralNetwork from "brain.js/dist/neural-network.js";

// Its layers have biases, which the tutorial's neuron has not: the answer is near the tutorial's and not equal.
const network = new NeuralNetwork.default({ hiddenLayers: [] });
network.train(
  [
    { input: [0, 0, 1], output: [0] },
    { input: [1, 1, 1], output: [1] },
    { input: [1, 0, 1], output: [1] },
    { input: [0, 1, 1], output: [0] },
  ],
  { iterations: 15_000, learningRate: 0.9, errorThresh: Number.MIN_VALUE },
);
console.log(network.run([1, 0, 0])[0]);
