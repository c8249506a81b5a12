import { NeuralNetwork } from "feedforward";
import type { Case, Contender } from "../case.js";

/** A network of one layer, whose file has 4 bytes for each of the weights; without training, so that nothing else is in the file. */
function network(isQuick: boolean): NeuralNetwork {
  const width = isQuick ? 100 : 5000;
  return new NeuralNetwork({
    inputs: width,
    layers: [{ units: width, activation: "relu", initializer: { name: "constant", value: 0.25 } }],
    precision: "float32",
  });
}

/** What every way of handing the bytes on does at least. */
function copy(file: Uint8Array): Contender {
  return {
    implementation: "slice-of-the-bytes",
    threads: 1,
    calls: 1,
    operations: file.length,
    run: () => file.slice(),
    answer: () => [file.length],
  };
}

const save: Case = {
  name: "save",
  title: "save() of a network of 25 million weights, 100 MB",
  unit: "GB/s",
  contenders(isQuick) {
    const subject = network(isQuick);
    const file = subject.save();
    const run = () => subject.save();
    return [
      { implementation: "feedforward", threads: 1, calls: 1, operations: file.length, run, answer: () => [run().length] },
      copy(file),
    ];
  },
};

const load: Case = {
  name: "load",
  title: "NeuralNetwork.load() of the same file, and dispose()",
  unit: "GB/s",
  contenders(isQuick) {
    const file = network(isQuick).save();
    const run = () => NeuralNetwork.load(file).dispose();
    const answer = () => [NeuralNetwork.load(file).save().length];
    return [{ implementation: "feedforward", threads: 1, calls: 1, operations: file.length, run, answer }, copy(file)];
  },
};

const loadDigits: Case = {
  name: "load-digits",
  title: "load and first answer of a network for the digits, 64 × 32 × 10",
  unit: "ms",
  contenders() {
    const inputs = 64;
    const digits = new NeuralNetwork({
      inputs,
      layers: [
        { units: 32, activation: "relu" },
        { units: 10, activation: "softmax" },
      ],
    });
    const file = digits.save({ weightsOnly: true });
    const row = Float64Array.from({ length: inputs }, (_, i) => Math.sin(i));
    const run = () => {
      const network = NeuralNetwork.load(file);
      const answer = network.think(row);
      network.dispose();
      return answer;
    };
    return [{ implementation: "feedforward", threads: 1, calls: 1, run, answer: () => [...run()] }];
  },
};

export const MODEL_FILE: readonly Case[] = [save, load, loadDigits];
