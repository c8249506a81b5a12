// The build for slices: its calls are cut anywhere and gone on with, and the bits are those of calls that are not.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { NeuralNetwork, type TrainOptions } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { Header, Status } from "../src/abi.js";
import { CuttingCore } from "../src/background/cuts.js";
import { Block } from "../src/block.js";
import { readOptions } from "../src/options/network.js";
import { answerOf, noHistory, placeRun, readRun, trainRun } from "../src/training.js";
import { expectSameState, reasonOf } from "./support/background.js";
import { expectSameBits } from "./support/compare.js";
import { randomTable } from "./support/data.js";
import { type Everything, everything } from "./support/everything.js";
import { SEED } from "./support/property.js";

afterAll(() => console.log(`properties were checked with FC_SEED=${SEED}`));

const binary = readFileSync("build/feedforward.slices.wasm");
const module = new WebAssembly.Module(binary);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A core that is asked after work on so many numbers, and cut each time. */
function cutting(numbers: number): CuttingCore {
  const cutting = new CuttingCore(module, 0);
  (cutting.core as unknown as { piece: WebAssembly.Global }).piece.value = numbers;
  return cutting;
}

/** A run by calls that are cut: all that the network is then, how it went, and how often calls were cut. */
function trained({ network, inputs, targets, train }: Pick<Everything, "network" | "inputs" | "targets" | "train">, core?: CuttingCore) {
  const plan = readOptions({ ...network });
  const block = core ? new Block(plan, core.core) : new Block(plan);
  const history = noHistory();
  let cuts = 0;
  let outcome: unknown;
  try {
    const run = readRun(block.core.memory, plan, inputs, targets, train);
    placeRun(block, plan, run);
    const slices = trainRun(block, run, undefined, history);
    for (let answer: unknown; ; ) {
      const { done, value } = slices.next(answer);
      if (done) break;
      if (core?.isCut) {
        expect(value).toBeUndefined();
        cuts++;
      } else answer = value && answerOf(run, value);
    }
  } catch (error) {
    outcome = String(error);
  }
  // All that is in its model file. Between its regions a block has bytes that mean nothing.
  const bytes = block.core.save(block.base, 0, 0, 0, 0, 0, 0, 0);
  const at = block.roomBehind(bytes);
  expect(block.core.save(block.base, at, 0, 0, 0, 0, 0, 0)).toBe(bytes);
  const file = Buffer.from(new Uint8Array(block.core.memory.buffer, at, bytes).slice());
  return { file, history, outcome, cuts };
}

describe.each([0, 50, 3000])("asked after work on %i numbers", (numbers) => {
  test("with everything, calls that are cut come to the bits of those that are not", { timeout: 240_000 }, () => {
    let cuts = 0;
    for (const each of fc.sample(everything, { numRuns: 60, seed: SEED + numbers })) {
      const [actual, expected] = [trained(each, cutting(numbers)), trained(each)];
      cuts += actual.cuts;
      expect({ history: actual.history, outcome: actual.outcome }).toEqual({ history: expected.history, outcome: expected.outcome });
      expectSameBits(actual.file, expected.file, JSON.stringify(each.network));
    }
    expect(cuts).toBeGreaterThan(numbers > 1000 ? 300 : 10_000);
  });
});

test.each(["float64", "float32"] as const)(
  "what is done in pieces only where it is large is cut as well, in %s",
  { timeout: 240_000 },
  (precision) => {
    const inputs = randomTable(SEED, 90, 600);
    const targets = randomTable(SEED + 1, 90, 290).map((row) => row.map(Math.abs));
    const layers = [
      { units: 290, activation: "gelu", normalization: "layer", dropout: 0.2, l1: 1e-4, l2: 1e-3, maxNorm: 2 },
      { units: 290, activation: "tanh", residual: true, l2: 1e-3 },
      { units: 290, activation: "sigmoid" },
    ] as const;
    // Without a largest norm, which goes with steps of one length only.
    const { maxNorm: _, ...first } = layers[0];
    const train: TrainOptions = { epochs: 2, batchSize: 50, validation: { split: 0.2 }, earlyStopping: { patience: 5, restoreBest: true } };
    const networks: Everything["network"][] = [
      { inputs: 600, layers, precision, loss: "squaredError", optimizer: { name: "adamW", clipNorm: 1, clipValue: 0.5 } },
      {
        inputs: 600,
        layers: layers.map((layer) => ({ ...layer, normalization: "batch" })),
        precision,
        loss: "absoluteError",
        optimizer: "nadam",
      },
      {
        inputs: 600,
        layers: [first, ...layers.slice(1)],
        precision,
        loss: "squaredError",
        optimizer: "lbfgs",
      },
      // A learning rate at which all is lost.
      { inputs: 600, layers: [{ units: 290, activation: "relu" }], precision, optimizer: { name: "sgd", learningRate: 1e30 } },
    ];
    for (const network of networks) {
      const run = network.optimizer === "lbfgs" ? { ...train, batchSize: undefined } : train;
      const given = { network, inputs, targets, train: JSON.parse(JSON.stringify(run)) };
      const [actual, expected] = [trained(given, cutting(20_000)), trained(given)];
      expect({ history: actual.history, outcome: actual.outcome }).toEqual({ history: expected.history, outcome: expected.outcome });
      expectSameBits(actual.file, expected.file, JSON.stringify(network.optimizer));
      expect(actual.cuts).toBeGreaterThan(20);
    }
  },
);

test("answers are cut, too", () => {
  const options = { inputs: 30, layers: [{ units: 40, activation: "tanh" }, { units: 5 }] } as const;
  const inputs = randomTable(SEED, 700, 30);
  const core = cutting(100);
  const block = new Block(readOptions(options), core.core);
  block.ensure({ [Header.SampleCapacity]: 700 });
  block.view(Header.SampleInputs, 700 * 30).set(inputs.flat());
  let cuts = 0;
  while (block.core.think(block.base, 700) === Status.Cut) cuts++;
  expect(cuts).toBeGreaterThan(20);
  const outputs = Buffer.from(block.view(Header.SampleTargets, 700 * 5).slice().buffer);
  expectSameBits(outputs, Buffer.from(Float64Array.from(new NeuralNetwork(options).think(inputs).flat()).buffer));
});

/** A step of this takes some 0.1 s. */
const LONG = {
  inputs: 40,
  layers: [{ units: 100, activation: "tanh" }, { units: 100, activation: "tanh" }, { units: 1 }],
  optimizer: "adam",
  precision: "float32",
} as const;
const ROWS = 16_000;
const INPUTS = { data: Float32Array.from({ length: ROWS * 40 }, (_, i) => Math.sin(i)), rows: ROWS };
const TARGETS = Uint8Array.from({ length: ROWS }, (_, i) => (i >> 3) % 2);

test("on the calling thread others have their turns in the midst of a step, of validation, and of an answer", async () => {
  const [background, plain] = [new NeuralNetwork(LONG), new NeuralNetwork(LONG)];
  let turns = 0;
  let isOver = false;
  const count = async () => {
    for (; !isOver; turns++) await turn();
  };
  void count();
  const run = { epochs: 4, validation: { inputs: INPUTS, targets: TARGETS } };
  plain.train(INPUTS, TARGETS, run);
  const between: Record<"steps" | "epochs", number[]> = { steps: [], epochs: [] };
  const note = (list: number[]) => {
    list.push(turns);
    turns = 0;
  };
  const onStep = () => note(between.steps);
  const onEpoch = () => note(between.epochs);
  await background.trainAsync(INPUTS, TARGETS, { ...run, worker: false, onStep, onEpoch });
  expectSameState(background, plain);
  // The first step comes after rows were read and placed, which takes turns as well.
  for (const turns of between.steps.slice(1)) expect(turns).toBeGreaterThan(8);
  turns = 0;
  const answers = await background.thinkAsync(INPUTS, { worker: false });
  expect(turns).toBeGreaterThan(8);
  isOver = true;
  expectSameBits(Buffer.from(answers.buffer), Buffer.from(plain.think(INPUTS).buffer));
});

test("also while very many rows are brought into a new order, and weighed by their classes", async () => {
  const create = () => new NeuralNetwork({ inputs: 1, layers: [{ units: 1 }] });
  const rows = 3_000_000;
  const [inputs, targets] = [
    { data: Float32Array.from({ length: rows }, (_, i) => Math.sin(i)), rows },
    Uint8Array.from({ length: rows }, (_, i) => i % 2),
  ];
  const run = { epochs: 3, batchSize: rows - 1, shuffle: true, classWeights: "balanced" } as const;
  const [background, plain] = [create(), create()];
  plain.train(inputs, targets, run);
  const steps: number[] = [];
  let turns = 0;
  let isOver = false;
  void (async () => {
    for (; !isOver; turns++) await turn();
  })();
  const onStep = () => {
    steps.push(turns);
    turns = 0;
  };
  await background.trainAsync(inputs, targets, { ...run, worker: false, onStep });
  isOver = true;
  expectSameState(background, plain);
  // The first of each epoch but the first one, in which rows are placed besides: it has a new order before it.
  for (const step of [2, 4]) expect(steps[step]).toBeGreaterThan(4 * ((steps[step + 1] as number) + 1));
});

test("a stop in the midst of a step leaves the network at the last one, and the run is gone on with", async () => {
  const run = { epochs: 3, worker: false } as const;
  const plain = new NeuralNetwork(LONG);
  plain.train(INPUTS, TARGETS, { epochs: 3 });
  const steps = new Set<number>();
  for (let moment = 0; moment < 10; moment++) {
    const network = new NeuralNetwork(LONG);
    const stop = new AbortController();
    const running = network.trainAsync(INPUTS, TARGETS, { ...run, signal: stop.signal }).then(
      () => "the end",
      (reason) => reason,
    );
    for (let turns = 0; turns < 20 + 12 * moment; turns++) await turn();
    stop.abort("enough");
    const reason = await running;
    steps.add(network.step);
    const before = new NeuralNetwork(LONG);
    if (network.step > 0) before.train(INPUTS, TARGETS, { epochs: 3, onStep: ({ step }) => step < network.step });
    for (const [l, { weights }] of network.layers.entries()) {
      expectSameBits(Buffer.from(weights.slice().buffer), Buffer.from(before.layers[l]?.weights.slice().buffer as ArrayBuffer));
    }
    if (reason === "enough") await network.trainAsync(INPUTS, TARGETS, { ...run, resume: true });
    expectSameState(network, plain);
    network.dispose();
  }
  expect(steps.size).toBeGreaterThan(1);
});

test("a network that is disposed of in the midst of a step is nobody's hindrance", async () => {
  const gone = new NeuralNetwork(LONG);
  const running = reasonOf(gone.trainAsync(INPUTS, TARGETS, { epochs: 3, worker: false }));
  for (let turns = 0; turns < 40; turns++) await turn();
  gone.dispose();
  const [one, other, plain] = [new NeuralNetwork(LONG), new NeuralNetwork(LONG), new NeuralNetwork(LONG)];
  const runs = [one, other].map((network) => network.trainAsync(INPUTS, TARGETS, { epochs: 1, worker: false }));
  expect(String(await running)).toMatch("this network has been disposed");
  await Promise.all(runs);
  plain.train(INPUTS, TARGETS, 1);
  expectSameState(one, plain);
  expectSameState(other, plain);
});

test("a stream's steps are cut, too, and a stop in the midst of one is not held up", async () => {
  async function* batches() {
    for (let batch = 0; batch < 3; batch++) yield { inputs: INPUTS, targets: TARGETS };
  }
  const [network, plain] = [new NeuralNetwork(LONG), new NeuralNetwork(LONG)];
  await network.trainAsync(batches, { worker: false });
  for (let step = 0; step < 3; step++) plain.train(INPUTS, TARGETS, 1);
  for (const [l, { weights }] of network.layers.entries()) {
    expectSameBits(Buffer.from(weights.slice().buffer), Buffer.from(plain.layers[l]?.weights.slice().buffer as ArrayBuffer));
  }
  const stop = new AbortController();
  const stopped = new NeuralNetwork(LONG);
  const running = stopped.trainAsync(batches, { worker: false, epochs: 100, signal: stop.signal });
  for (let turns = 0; turns < 60; turns++) await turn();
  stop.abort("enough");
  expect(await reasonOf(running)).toBe("enough");
  expect(stopped.step).toBeLessThan(100);
});
