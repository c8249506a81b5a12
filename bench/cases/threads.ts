import { availableParallelism } from "node:os";
import { NeuralNetwork } from "feedforward";
import type { Case, Contender } from "../case.js";

// Training in the background beside `train`, on one thread and on as many as the machine has cores.

const INPUTS = 784;
const CLASSES = 10;

/** One, and as many as there are cores. */
const counts = (): number[] => [...new Set([1, availableParallelism()])];

function training(name: string, hidden: readonly number[], batchSize: number, batches: number, epochs: number): Case {
  return {
    name: `threads-${name}`,
    title: `${[INPUTS, ...hidden, CLASSES].join("-")} in batches of ${batchSize}, float32`,
    unit: "samples/s",
    contenders(isQuick) {
      const rows = isQuick ? 8 : batchSize * batches;
      const inputs = { data: Float32Array.from({ length: rows * INPUTS }, (_, i) => ((i * 7919) % 1009) / 1009), rows };
      const targets = Int32Array.from({ length: rows }, (_, i) => (i * 104729) % CLASSES);
      const run = { epochs, batchSize, shuffle: false };
      const contender = (implementation: string, threads: number, train: (network: NeuralNetwork) => unknown): Contender => {
        const network = new NeuralNetwork({
          inputs: INPUTS,
          precision: "float32",
          layers: [...hidden.map((units) => ({ units, activation: "relu" as const })), { units: CLASSES, activation: "softmax" }],
          optimizer: { name: "sgd", learningRate: 0.01 },
        });
        return {
          implementation,
          threads,
          calls: 1,
          operations: rows * epochs,
          run: () => train(network),
          isAsync: implementation !== "feedforward",
          async answer() {
            await train(network);
            return Array.from(network.layers.at(-1)?.weights ?? []);
          },
        };
      };
      return [
        contender("feedforward", 1, (network) => network.train(inputs, targets, run)),
        ...counts().map((threads) =>
          contender("feedforward-async", threads, (network) => network.trainAsync(inputs, targets, { ...run, threads })),
        ),
      ];
    },
  };
}

/** What there is to a call besides the training, with workers that have worked before. */
const start: Case = {
  name: "threads-start",
  title: "a trainAsync of one step on four rows, from the call to its answer",
  unit: "ms",
  contenders() {
    const network = new NeuralNetwork();
    const inputs = [
      [0, 0, 1],
      [1, 1, 1],
      [1, 0, 1],
      [0, 1, 1],
    ];
    return counts().map((threads) => ({
      implementation: "feedforward-async",
      threads,
      calls: 1,
      run: () => network.trainAsync(inputs, [0, 1, 1, 0], { epochs: 1, threads }),
      isAsync: true,
      answer: () => [],
    }));
  },
};

export const THREADS: readonly Case[] = [
  training("b32", [128], 32, 128, 20),
  training("b256", [128], 256, 16, 20),
  training("wide", [2048, 2048], 256, 1, 6),
  start,
];
