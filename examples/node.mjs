// The tutorial's network, and a deeper one for a table that a single neuron cannot learn.

import { NeuralNetwork } from "feedforward";

const inputs = [
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
  [0, 1, 1],
];
const targets = [[0], [1], [1], [0]];

const network = new NeuralNetwork();
console.log("Beginning Randomly Generated Weights:", network.synapticWeights);

network.train(inputs, targets, 15_000);
console.log("Ending Weights After Training:", network.synapticWeights);

console.log("Considering New Situation: 1 0 0");
console.log("New Output data:", network.think([1, 0, 0]));

// Exclusive or: 1 where the two inputs differ.
const table = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const deeper = new NeuralNetwork({
  inputs: 2,
  layers: [{ units: 4, activation: "tanh" }, { units: 1 }],
  optimizer: { name: "sgd", learningRate: 1 },
});
const { loss } = deeper.train(table, [0, 1, 1, 0], { epochs: 5_000, historyInterval: 1_000 });
console.log("Exclusive or, loss every 1,000 epochs:", loss);
console.log("Exclusive or, outputs:", deeper.think(table));
