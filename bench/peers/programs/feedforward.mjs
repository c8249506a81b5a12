import { NeuralNetwork } from "../../../dist/index.js";

const network = new NeuralNetwork();
network.train(
  [
    [0, 0, 1],
    [1, 1, 1],
    [1, 0, 1],
    [0, 1, 1],
  ],
  [[0], [1], [1], [0]],
  15_000,
);
console.log(network.think([1, 0, 0])[0]);
