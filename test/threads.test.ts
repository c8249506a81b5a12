// Training by several threads over one memory: the same bits at any number of them, whatever the network, and what becomes of threads that die or do not start.

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import fc from "fast-check";
import { NeuralNetwork, type TrainAsyncOptions } from "feedforward";
import { scalarCore } from "feedforward/scalar";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameState, INPUTS, made, RUN, reasonOf, TARGETS, workers } from "./support/background.js";
import { randomSource, randomTable } from "./support/data.js";
import { everything } from "./support/everything.js";
import { SEED } from "./support/property.js";

afterAll(() => console.log(`properties were checked with FC_SEED=${SEED}`));

const COUNTS = [1, 2, 3, 4, 8];

describe.each(COUNTS)("%i threads", (threads) => {
  test("with everything, the bits and the history are those of train", { timeout: 120_000 }, async () => {
    const runs = fc.sample(everything, { numRuns: 60, seed: SEED + threads });
    for (const { network: options, inputs, targets, train } of runs) {
      const [background, plain] = [new NeuralNetwork(options), new NeuralNetwork(options)];
      const outcomes = await Promise.allSettled([
        background.trainAsync(inputs, targets, { ...(train as TrainAsyncOptions), threads }),
        (async () => plain.train(inputs, targets, train))(),
      ]);
      const [told, expected] = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : String(outcome.reason)));
      expect(told).toEqual(expected);
      expectSameState(background, plain);
      expect(background.capabilities).toMatchObject({
        path: threads > 1 ? "threads" : "worker",
        threads,
        why: `threads: ${threads} was asked for`,
      });
      background.dispose();
    }
  });

  test.each(["float32", "float64"] as const)(
    "a wide network in %s, batches of one chunk and of several, and fewer rows than threads",
    async (precision) => {
      const inputs = randomTable(3, 601, 37);
      const targets = randomTable(4, 601, 19);
      for (const batchSize of [1, 3, 32, 257, 601]) {
        const create = () =>
          new NeuralNetwork({
            inputs: 37,
            precision,
            layers: [
              { units: 65, activation: "relu" },
              { units: 34, activation: "gelu" },
              { units: 19, activation: "tanh" },
            ],
            loss: "squaredError",
            optimizer: { name: "adam", learningRate: 1e-3 },
          });
        const [background, plain] = [create(), create()];
        const run = { epochs: 2, batchSize };
        expect(await background.trainAsync(inputs, targets, { ...run, threads })).toEqual(plain.train(inputs, targets, run));
        expectSameState(background, plain);
        background.dispose();
      }
    },
  );

  test.each(["float32", "float64"] as const)(
    "in %s, layers whose products are shared by columns, with everything on them",
    async (precision) => {
      const units = precision === "float32" ? [1025, 1040, 1040, 1024] : [515, 530, 530, 512];
      const create = () =>
        new NeuralNetwork({
          inputs: 37,
          precision,
          layers: [
            { units: units[0] as number, activation: "relu", bias: false, dropout: 0.1 },
            { units: units[1] as number, activation: "gelu", normalization: "batch" },
            { units: units[2] as number, activation: "tanh", normalization: "layer", residual: true },
            { units: units[3] as number, activation: "sigmoid", trainable: false },
            { units: 7, activation: "softmax" },
          ],
          optimizer: { name: "adamW", learningRate: 1e-3, clipNorm: 1 },
        });
      const inputs = randomTable(3, 90, 37);
      const targets = Int32Array.from({ length: 90 }, (_, i) => (i * 5) % 7);
      const [background, plain] = [create(), create()];
      const run = { epochs: 2, batchSize: 41, validation: { inputs: randomTable(4, 9, 37), targets: [0, 1, 2, 3, 4, 5, 6, 0, 1] } };
      expect(await background.trainAsync(inputs, targets, { ...run, threads })).toEqual(plain.train(inputs, targets, run));
      expectSameState(background, plain);
      expect(await background.thinkAsync(inputs, { threads })).toEqual(plain.think(inputs));
      background.dispose();
    },
  );
});

test("one that is killed at a random moment is told of, and the network can be trained to the same bits", {
  timeout: 120_000,
}, async () => {
  const random = randomSource(SEED);
  const run = { epochs: 40, batchSize: 16 };
  const plain = made();
  plain.train(INPUTS, TARGETS, run);
  let deaths = 0;
  for (let round = 0; round < 50; round++) {
    const network = made();
    const [moment, turns] = [Math.floor(random() * 41), Math.floor(random() * 5)];
    const kill = async () => {
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      // Any of them: the one that leads, or one that the others wait for.
      const { all } = workers;
      void all.splice(Math.floor(random() * all.length), 1)[0]?.terminate();
    };
    if (moment === 0) void kill();
    try {
      await network.trainAsync(INPUTS, TARGETS, { ...run, threads: 3, onEpoch: ({ epoch }) => void (epoch === moment && kill()) });
    } catch (error) {
      expect(String(error)).toContain("the worker ended in the midst of the run (it ended with code 1)");
      deaths++;
      // It may have told of the last epoch, and died before it told of the end.
      if (network.epoch < run.epochs) await network.trainAsync(INPUTS, TARGETS, { ...run, threads: 2, resume: network.step > 0 });
    }
    expectSameState(network, plain);
    network.dispose();
  }
  expect(deaths).toBeGreaterThan(0);
});

describe("where threads cannot be had, one trains to the same bits, and capabilities say why", () => {
  const inputs = randomTable(5, 2000, 40);
  const targets = randomTable(6, 2000, 8);
  const wide = (options: object = {}) =>
    new NeuralNetwork({
      inputs: 40,
      layers: [
        { units: 64, activation: "tanh" },
        { units: 8, activation: "linear" },
      ],
      optimizer: { name: "sgd", learningRate: 1e-3 },
      ...options,
    });
  const run = { epochs: 6, batchSize: 100 };

  /** What capabilities say after a run that must have train's bits. */
  async function capabilitiesAfter(options: object, asked: TrainAsyncOptions & { readonly batchSize: number }): Promise<unknown> {
    const [background, plain] = [wide(options), wide(options)];
    expect(background.capabilities).toEqual({ path: "calling thread", threads: 1, why: "no run yet" });
    await background.trainAsync(inputs, targets, asked);
    plain.train(inputs, targets, { epochs: asked.epochs, batchSize: asked.batchSize });
    expectSameState(background, plain);
    background.dispose();
    return background.capabilities;
  }

  /** Does something while a global has another value. */
  async function withGlobal<R>(name: string, value: unknown, task: () => Promise<R>): Promise<R> {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    try {
      return await task();
    } finally {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    }
  }

  test("by themselves as many as there are cores", async () => {
    const cores = availableParallelism();
    expect(await capabilitiesAfter({}, run)).toEqual(
      cores > 1
        ? { path: "threads", threads: cores, why: `this machine has ${cores} cores` }
        : { path: "worker", threads: 1, why: "this machine has one core" },
    );
  });

  test("a core of the caller's", async () => {
    const why = "a core was given, and threads need the library's own";
    expect(await capabilitiesAfter({ core: scalarCore() }, { ...run, threads: 4 })).toEqual({ path: "worker", threads: 1, why });
  });

  test("few rows, few parameters, few epochs", async () => {
    const few = { path: "worker", threads: 1 };
    expect(await capabilitiesAfter({}, { epochs: 2, batchSize: 1 })).toEqual({
      ...few,
      why: "1 rows at once and 3144 parameters are too little work to share",
    });
    expect(await capabilitiesAfter({}, { epochs: 2, batchSize: 100 })).toEqual({
      ...few,
      why: "4000 rows and 3144 parameters are too little work to start threads for",
    });
  });

  test("asked for one, or for none", async () => {
    expect(await capabilitiesAfter({}, { ...run, threads: 1 })).toEqual({ path: "worker", threads: 1, why: "threads: 1 was asked for" });
    expect(await capabilitiesAfter({}, { ...run, worker: false })).toEqual({
      path: "slices",
      threads: 1,
      why: "worker: false was asked for",
    });
  });

  test("no shared memory", async () => {
    const why = "this host's workers share no memory";
    await withGlobal("SharedArrayBuffer", undefined, async () => {
      expect(await capabilitiesAfter({}, { ...run, threads: 2 })).toEqual({ path: "worker", threads: 1, why });
    });
  });

  test("no memory to share", async () => {
    const { Memory } = WebAssembly;
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        if (descriptor.shared) throw new RangeError("none is left");
        super(descriptor);
      }
    };
    try {
      const why = "threads could not be had: none is left";
      expect(await capabilitiesAfter({}, { ...run, threads: 5 })).toEqual({ path: "worker", threads: 1, why });
    } finally {
      WebAssembly.Memory = Memory;
    }
  });

  test("no worker", async () => {
    const worker = new URL("file:///nowhere/worker.js");
    const capabilities = await capabilitiesAfter({}, { ...run, worker, threads: 2 });
    expect(capabilities).toEqual({ path: "slices", threads: 1, why: expect.stringMatching(/^no worker has started: Cannot find module/) });
  });
});

test("one that ends while the caller is waited for is told of at once", async () => {
  const network = made();
  let ended: (value: unknown) => void = () => {};
  const isAsked = new Promise((resolve) => {
    ended = resolve;
  });
  const { length } = workers.all;
  const run = network.trainAsync(INPUTS, TARGETS, {
    ...RUN,
    threads: 7,
    onEpoch() {
      ended(undefined);
      return new Promise(() => {});
    },
  });
  await isAsked;
  expect(workers.all.length).toBeGreaterThan(length);
  // The last that was started assists.
  void workers.all.pop()?.terminate();
  expect(String(await reasonOf(run))).toContain("the worker ended in the midst of the run (it ended with code 1)");
  expect(network.epoch).toBe(1);
  await network.trainAsync(INPUTS, TARGETS, { ...RUN, resume: true });
  const plain = made();
  plain.train(INPUTS, TARGETS, RUN);
  expectSameState(network, plain);
});

test("a process ends while threads wait for work, and in the midst of none", () => {
  const code = `
    import { NeuralNetwork } from "feedforward";
    const inputs = [[0, 0, 1], [1, 1, 1]];
    await Promise.all([2, 3, 4, 2].map((threads) => new NeuralNetwork().trainAsync(inputs, [0, 1], { epochs: 300, threads })));
    await new NeuralNetwork().training(inputs, [0, 1], { epochs: 300, threads: 2 }).next();
    console.log("done");
    // A team whose threads are new, and a caller who never answers.
    new NeuralNetwork().trainAsync(inputs, [0, 1], { epochs: 3, threads: 5, onEpoch: () => new Promise(() => {}) });
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "done\n", stderr: "" });
});

test("no worker is left a while after the last network was disposed of", { timeout: 60_000 }, async () => {
  const { length } = workers.all;
  const networks = [made(), made(), made()];
  await Promise.all(networks.map((network, i) => network.trainAsync(INPUTS, TARGETS, { ...RUN, threads: i + 1 })));
  expect(workers.all.length).toBeGreaterThanOrEqual(length);
  const ends = workers.all.map((worker) => new Promise((resolve) => (worker.threadId < 0 ? resolve(0) : worker.once("exit", resolve))));
  for (const network of networks) network.dispose();
  await Promise.all(ends);
});
