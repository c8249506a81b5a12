import { availableParallelism } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { NeuralNetwork, type TrainAsyncOptions } from "feedforward";
import type { Case, Contender } from "../case.js";

// Training in the background beside `train`, on one thread and on as many as the machine has cores.

const INPUTS = 784;
const CLASSES = 10;

/** One, and as many as there are cores. */
const counts = (): number[] => [...new Set([1, availableParallelism()])];

type Normalization = "batch" | "layer" | undefined;

const networkOf = (hidden: readonly number[], width = INPUTS, normalization?: Normalization): NeuralNetwork =>
  new NeuralNetwork({
    inputs: width,
    precision: "float32",
    layers: [
      ...hidden.map((units) => ({ units, activation: "relu" as const, ...(normalization && { normalization }) })),
      { units: CLASSES, activation: "softmax" },
    ],
    optimizer: { name: "sgd", learningRate: 0.01 },
  });

const inputsOf = (rows: number, width = INPUTS) => ({
  data: Float32Array.from({ length: rows * width }, (_, i) => ((i * 7919) % 1009) / 1009),
  rows,
});
const targetsOf = (rows: number) => Int32Array.from({ length: rows }, (_, i) => (i * 104729) % CLASSES);

function training(
  name: string,
  hidden: readonly number[],
  batchSize: number,
  batches: number,
  epochs: number,
  width = INPUTS,
  normalization?: Normalization,
): Case {
  return {
    name: `threads-${name}`,
    title: `${[width, ...hidden, CLASSES].join("-")} in batches of ${batchSize}, float32${normalization ? `, ${normalization} normalisation` : ""}`,
    unit: "samples/s",
    contenders(isQuick) {
      const rows = isQuick ? 8 : batchSize * batches;
      const [inputs, targets] = [inputsOf(rows, width), targetsOf(rows)];
      const run = { epochs, batchSize, shuffle: false };
      const contender = (implementation: string, threads: number, train: (network: NeuralNetwork) => unknown): Contender => {
        const network = networkOf(hidden, width, normalization);
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

/** What a run's steps take in the mean, in milliseconds; what is before the end of the first and behind the last is not in it. */
async function meanOfSteps(train: (onStep: () => void) => unknown): Promise<number> {
  const ends: number[] = [];
  await train(() => void ends.push(performance.now()));
  return ((ends.at(-1) as number) - (ends[0] as number)) / (ends.length - 1);
}

/**
 * Steps without the handing over. What the machine's cores can do together is in the same table: as many networks at once, each on a thread of its own with nothing shared (`feedforward-apart`),
 * whose steps in the same time are added. It is means that are compared: the fastest of two networks' steps need not be at one time, those of two threads are.
 */
const steps: Case = {
  name: "threads-wide-steps",
  title: `a step of ${[INPUTS, 2048, 2048, CLASSES].join("-")} over 256 rows, float32: the mean of a run's 16 steps`,
  unit: "ms",
  contenders(isQuick) {
    const [rows, epochs] = isQuick ? [8, 4] : [256, 17];
    const [inputs, targets] = [inputsOf(rows), targetsOf(rows)];
    const run = { epochs, shuffle: false };
    const contender = (
      implementation: string,
      threads: number,
      train: (network: NeuralNetwork, onStep: () => void) => unknown,
      count = 1,
    ): Contender => {
      const networks = Array.from({ length: count }, () => networkOf([2048, 2048]));
      return {
        implementation,
        threads,
        calls: 1,
        async run() {
          const means = await Promise.all(networks.map((network) => meanOfSteps((onStep) => train(network, onStep))));
          return { overriddenDuration: 1 / means.reduce((steps, mean) => steps + 1 / mean, 0) };
        },
        isAsync: true,
        async answer() {
          await Promise.all(networks.map((network) => train(network, () => {})));
          return Array.from(networks[0]?.layers.at(-1)?.weights ?? []);
        },
      };
    };
    const asynchronous = (threads: number) => (network: NeuralNetwork, onStep: () => void) =>
      network.trainAsync(inputs, targets, { ...run, threads, onStep });
    return [
      contender("feedforward", 1, (network, onStep) => network.train(inputs, targets, { ...run, onStep })),
      ...counts().map((threads) => contender("feedforward-async", threads, asynchronous(threads))),
      contender("feedforward-apart", availableParallelism(), asynchronous(1), availableParallelism()),
    ];
  },
};

/**
 * The longest that a task holds the calling thread, in milliseconds: from one turn of its event loop to the next, with a timer of 1 ms between, so that like a page it mostly sleeps. One that
 * always has something to do would be a third thread at work on two cores, and the system would let it wait for its share.
 */
async function longestPause(task: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  delays.enable();
  await task();
  delays.disable();
  // What is over before the timer's first turn has held it for no longer than it took.
  return delays.max > 0 ? delays.max / 1e6 : performance.now() - start;
}

const pause = (name: string, count: number, hidden: readonly number[] = [128], batchSize = 32): Case => ({
  name,
  title: `the longest that the calling thread is held by a trainAsync of ${[INPUTS, ...hidden, 10].join("-")} over ${count} rows in batches of ${batchSize}, float32`,
  unit: "ms",
  contenders(isQuick) {
    const rows = isQuick ? 8 : count;
    const [inputs, targets] = [inputsOf(rows), targetsOf(rows)];
    let took = 0;
    const contender = (implementation: string, way: TrainAsyncOptions, isIdle = false): Contender => {
      const network = networkOf(hidden);
      const train = async () => {
        const start = performance.now();
        await network.trainAsync(inputs, targets, { batchSize, shuffle: false, ...way });
        took = performance.now() - start;
      };
      const task = isIdle ? () => setTimeout(took) : train;
      return {
        implementation,
        threads: Number(way.threads ?? 1),
        calls: 1,
        // What is sampled is the pause, not the time of the call.
        run: async () => ({ overriddenDuration: await longestPause(task) }),
        isAsync: true,
        async answer() {
          await train();
          return Array.from(network.layers.at(-1)?.weights ?? []);
        },
      };
    };
    return [
      ...counts().map((threads) => contender("feedforward-async", { epochs: 1, threads })),
      contender("feedforward-slices", { epochs: 1, worker: false }),
      // What the machine holds a loop up by that has nothing to do for as long.
      contender("idle", { epochs: 1 }, true),
    ];
  },
});

export const THREADS: readonly Case[] = [
  training("b32", [128], 32, 128, 20),
  training("b256", [128], 256, 16, 20),
  training("wide", [2048, 2048], 256, 1, 16),
  steps,
  training("batch", [128], 256, 16, 20, INPUTS, "batch"),
  training("layer", [128], 256, 16, 20, INPUTS, "layer"),
  // What `threads: "auto"` has to decide about: 1,780, 5,696 and 22,784 rows times parameters in a step.
  training("small-10", [8], 10, 2000, 10, 10),
  training("small-32", [8], 32, 1000, 10, 10),
  training("small-128", [8], 128, 500, 10, 10),
  start,
  pause("threads-pause", 4096),
  pause("threads-pause-large", 60_000),
  pause("threads-pause-steps", 1024, [2048, 2048], 512),
];
