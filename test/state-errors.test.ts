// Snapshots and runs that are refused: by an error that says why, and before anything has changed.

import { type LayerOptions, type NetworkOptions, NeuralNetwork, type TrainOptions } from "feedforward";
import { describe, expect, test } from "vitest";
import { Abi, Header } from "../src/abi.js";
import { expectSameBits } from "./support/compare.js";
import { randomTable } from "./support/data.js";

const INPUTS = randomTable(1, 5, 2);
const TARGETS = INPUTS.map((_, row) => [row % 2]);

const CHANGED = "snapshot: expected all bytes of a snapshot as they were, but some are missing or changed";
const OTHER = "snapshot: expected one of a network that was made with the same options";
const UNSOUND = "snapshot: expected the state of a network, got numbers that it cannot have";

const OPTIONS = { inputs: 2, layers: [{ units: 1 }], optimizer: { name: "lbfgs", historySize: 2 } } as const satisfies NetworkOptions;

/** A network that has learned a little, in a run that was cut. */
function trained(options: NetworkOptions = OPTIONS, run: Partial<TrainOptions> = {}): NeuralNetwork {
  const network = new NeuralNetwork(options);
  network.train(INPUTS, TARGETS, { epochs: 9, onStep: ({ step }) => step < 4, ...run });
  return network;
}

/** Expects that `call` throws this and leaves the network as it was, and that its run can then be resumed. */
function refuses(network: NeuralNetwork, call: (network: NeuralNetwork) => unknown, error: Error, run: Partial<TrainOptions> = {}): void {
  const before = network.snapshot();
  let thrown: unknown;
  try {
    call(network);
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toEqual(error);
  expect((thrown as Error).constructor).toBe(error.constructor);
  expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
  const twin = trained(OPTIONS, run);
  twin.restore(before);
  for (const each of [network, twin]) each.train(INPUTS, TARGETS, { epochs: 9, ...run, resume: true });
  expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(twin.snapshot().buffer), "snapshot of the resumed run");
}

/** The same bytes with the checksum that belongs to them: FNV-1a over the words behind the head. */
function signed(bytes: Uint8Array): Uint8Array {
  const words = new Uint32Array(bytes.buffer, 16);
  let sum = 2166136261;
  for (const word of words) sum = Math.imul(sum ^ word, 16777619);
  new DataView(bytes.buffer).setUint32(12, sum, true);
  new DataView(bytes.buffer).setUint32(8, bytes.length - 16, true);
  return bytes;
}

/** A snapshot in which `change` has changed the block's bytes, signed anew. */
function forged(change: (block: DataView) => void, from = trained().snapshot()): Uint8Array {
  change(new DataView(from.buffer, 16));
  return signed(from);
}

describe("restore refuses", () => {
  test.each<[given: unknown, shown: string]>([
    [undefined, "undefined"],
    [null, "null"],
    ["FFSN", '"FFSN"'],
    [Array.from(trained().snapshot()).slice(0, 3), "an array of 3 elements"],
    [trained().snapshot().buffer, "an object (ArrayBuffer)"],
    [new Uint8ClampedArray(20), "a Uint8ClampedArray of 20 elements"],
  ])("what is no Uint8Array: %#", (given, shown) => {
    const error = new TypeError(`snapshot: expected a Uint8Array, got ${shown}`);
    refuses(trained(), (network) => network.restore(given as Uint8Array), error);
  });

  test("bytes that are no snapshot", () => {
    const error = new RangeError("snapshot: expected bytes that snapshot() has made");
    for (const bytes of [new Uint8Array(0), new Uint8Array(15), new Uint8Array(10_000)]) {
      refuses(trained(), (network) => network.restore(bytes), error);
    }
  });

  test("a snapshot that was cut off, at every length", () => {
    const network = trained();
    const before = network.snapshot();
    let lengths = 0;
    for (let length = 0; length < before.length; length++) {
      const error = length < 16 ? /^snapshot: expected bytes that/ : CHANGED;
      expect(() => network.restore(before.subarray(0, length))).toThrow(error);
      lengths++;
    }
    const longer = new Uint8Array(before.length + 8);
    longer.set(before);
    refuses(network, (each) => each.restore(longer), new RangeError(CHANGED));
    expect(lengths).toBeGreaterThan(5000);
  });

  test("a snapshot of which any bit was changed", () => {
    const network = trained();
    const before = network.snapshot();
    const bytes = before.slice();
    let flips = 0;
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const at = bit >> 3;
      bytes[at] = (before[at] as number) ^ (1 << (bit & 7));
      try {
        network.restore(bytes);
        expect.unreachable(`bit ${bit} was taken`);
      } catch (error) {
        // Within the head the message may say more.
        if ((error as Error).message !== CHANGED && at >= 8) throw error;
      }
      bytes[at] = before[at] as number;
      flips++;
    }
    expect(flips).toBeGreaterThan(40_000);
    refuses(network, (each) => each.restore(bytes.subarray(0, 100)), new RangeError(CHANGED));
    network.restore(bytes);
  });

  test("a snapshot of another version", () => {
    const bytes = trained().snapshot();
    new DataView(bytes.buffer).setUint32(4, Abi.Version + 1, true);
    const error = new RangeError("snapshot: expected one of the same version of the core");
    refuses(trained(), (network) => network.restore(bytes), error);
  });

  const LAYER: LayerOptions = { units: 2, activation: { name: "elu", alpha: 0.5 }, normalization: { name: "batch", momentum: 0.5 } };
  const ADAM = { name: "adam", learningRate: 0.01, schedule: { name: "step", steps: 3, factor: 0.5, warmUp: 2 } } as const;
  const BASE: NetworkOptions = { inputs: 2, layers: [LAYER, { units: 1 }], loss: { name: "huber", delta: 0.5 }, optimizer: ADAM };
  const layer = (more: Partial<LayerOptions>): NetworkOptions => ({ ...BASE, layers: [{ ...LAYER, ...more }, { units: 1 }] });
  const adam = (more: object): NetworkOptions => ({ ...BASE, optimizer: { ...ADAM, ...more } });
  const schedule = (more: object): NetworkOptions => adam({ schedule: { ...ADAM.schedule, ...more } });

  test.each<[name: string, options: NetworkOptions]>([
    ["inputs", { ...BASE, inputs: 3 }],
    ["another layer", { ...BASE, layers: [LAYER, { units: 1 }, { units: 1 }] }],
    ["a layer less", { ...BASE, layers: [{ units: 1 }] }],
    ["loss", { ...BASE, loss: "absoluteError" }],
    ["the loss's option", { ...BASE, loss: { name: "huber", delta: 0.25 } }],
    ["reduction", { ...BASE, reduction: "sum" }],
    ["precision", { ...BASE, precision: "float32" }],
    ["seed", { ...BASE, seed: 7 }],
    ["optimizer", { ...BASE, optimizer: "nadam" }],
    ["learningRate", adam({ learningRate: 0.02 })],
    ["beta1", adam({ beta1: 0.8 })],
    ["beta2", adam({ beta2: 0.99 })],
    ["epsilon", adam({ epsilon: 1e-7 })],
    ["weightDecay", adam({ weightDecay: 0.1 })],
    ["clipValue", adam({ clipValue: 1 })],
    ["clipNorm", adam({ clipNorm: 1 })],
    ["schedule", adam({ schedule: { name: "exponential", steps: 3, factor: 0.5, warmUp: 2 } })],
    ["the schedule's steps", schedule({ steps: 4 })],
    ["the schedule's factor", schedule({ factor: 0.25 })],
    ["the schedule's warm-up", schedule({ warmUp: 1 })],
    ["units", layer({ units: 3 })],
    ["activation", layer({ activation: "tanh" })],
    ["the activation's parameter", layer({ activation: { name: "elu", alpha: 0.75 } })],
    ["bias", layer({ bias: false })],
    ["initializer", layer({ initializer: "uniform" })],
    ["the biases' initializer", layer({ bias: "uniform" })],
    ["normalization", layer({ normalization: "layer" })],
    ["no normalization", { ...BASE, layers: [{ units: 2, activation: { name: "elu", alpha: 0.5 } }, { units: 1 }] }],
    ["the normalization's epsilon", layer({ normalization: { name: "batch", momentum: 0.5, epsilon: 0.1 } })],
    ["the normalization's momentum", layer({ normalization: { name: "batch", momentum: 0.25 } })],
    ["dropout", layer({ dropout: 0.5 })],
    ["residual", layer({ residual: true })],
    ["trainable", layer({ trainable: false })],
    ["l1", layer({ l1: 0.1 })],
    ["l2", layer({ l2: 0.1 })],
    ["maxNorm", layer({ maxNorm: 1 })],
  ])("a snapshot of a network with other options: %s", (_, options) => {
    const network = new NeuralNetwork(BASE);
    network.restore(new NeuralNetwork(BASE).snapshot());
    for (const other of [new NeuralNetwork(options).snapshot(), trainedAs(options)]) {
      const before = network.snapshot();
      expect(() => network.restore(other)).toThrow(new RangeError(OTHER));
      expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
    }
  });

  test("a snapshot of L-BFGS with another length of history", () => {
    const other = trained({ ...OPTIONS, optimizer: { name: "lbfgs", historySize: 3 } }).snapshot();
    refuses(trained(), (network) => network.restore(other), new RangeError(OTHER));
  });

  test.each<[name: string, change: (block: DataView) => void]>([
    ["more pairs than there is room for", (block) => block.setUint32(Header.PairCount, 3, true)],
    ["a newest pair beyond them", (block) => block.setUint32(Header.PairNewest, 2, true)],
    ["a generator beyond its words", (block) => block.setUint32(generators(block) + 624 * 4, 625, true)],
    ["the epoch's generator beyond its words", (block) => block.setUint32(generators(block) + 624 * 4 + 16 + 624 * 4, 625, true)],
    ["half an epoch", (block) => block.setFloat64(Header.Epoch, 1.5, true)],
    ["less than no epochs", (block) => block.setFloat64(Header.Epoch, -1, true)],
    ["steps that are no number", (block) => block.setFloat64(Header.Step, Number.NaN, true)],
    ["a run without an end", (block) => block.setFloat64(Header.EpochTarget, Number.POSITIVE_INFINITY, true)],
    ["a row behind the last", (block) => block.setUint32(Header.Cursor, 5, true)],
    ["a shuffle that is neither yes nor no", (block) => block.setUint32(Header.Shuffle, 2, true)],
    ["best weights that are neither there nor not", (block) => block.setUint32(Header.RestoreBest, 2, true)],
    ["no moments for its steps", (block) => block.setFloat64(Header.Step, 0, true)],
    [
      "no best weights where it has some",
      (block) => {
        block.setUint32(Header.RestoreBest, 1, true);
        block.setFloat64(Header.BestLoss, 1, true);
      },
    ],
  ])("a snapshot that says %s", (_, change) => {
    refuses(trained(), (network) => network.restore(forged(change)), new RangeError(UNSOUND));
  });

  test("a snapshot that is shorter than its header says, or longer", () => {
    const snapshot = trained().snapshot();
    for (const length of [snapshot.length - 8, snapshot.length + 8, 4000]) {
      const bytes = new Uint8Array(length);
      bytes.set(snapshot.subarray(0, length));
      refuses(trained(), (network) => network.restore(signed(bytes)), new RangeError(UNSOUND));
    }
    refuses(trained(), (network) => network.restore(signed(snapshot.slice(0, 40))), new RangeError(OTHER));
  });

  test("forged numbers where batches of batch normalisation are larger than a chunk leave room for them", () => {
    const options = { inputs: 2, layers: [{ units: 2, normalization: "batch" as const }, { units: 1 }] };
    const [network, twin] = [new NeuralNetwork(options), new NeuralNetwork(options)];
    const inputs = randomTable(2, 600, 2);
    const targets = inputs.map(() => [1]);
    const run = { epochs: 2, batchSize: 300, shuffle: false };
    for (const each of [network, twin]) each.train(inputs, targets, { ...run, onStep: ({ step }) => step < 3 });
    const change = (block: DataView) => {
      block.setUint32(Header.BatchRows, 3, true);
      block.setUint32(Header.RestoreBest, 1, true);
      block.setFloat64(Header.BestLoss, 1, true);
    };
    expect(() => network.restore(forged(change, network.snapshot()))).toThrow(new RangeError(UNSOUND));
    for (const each of [network, twin]) each.train(inputs, targets, { ...run, resume: true });
    expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(twin.snapshot().buffer), "snapshot");
  });

  test("nothing that it was given by a view of other bytes", () => {
    const snapshot = trained().snapshot();
    const within = new Uint8Array(snapshot.length + 10);
    within.set(snapshot, 3);
    const network = new NeuralNetwork(OPTIONS);
    network.restore(within.subarray(3, 3 + snapshot.length));
    expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(snapshot.buffer), "snapshot");
    network.restore(Buffer.from(snapshot));
    expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(snapshot.buffer), "snapshot");
  });

  /** The snapshot of a network of other inputs or targets that has learned. */
  function trainedAs(options: NetworkOptions): Uint8Array {
    const network = new NeuralNetwork(options);
    network.train(randomTable(3, 5, network.inputs), TARGETS, 2);
    return network.snapshot();
  }

  function generators(block: DataView): number {
    return Header.Bytes + block.getUint32(Header.LayerCount, true) * Abi.LayerBytes;
  }
});

describe("resume refuses", () => {
  const NONE = new RangeError("resume: expected a run that was cut, but the last one came to its end, or there was none");
  const SGD: NetworkOptions = { inputs: 2, layers: [{ units: 1 }] };

  test("where there is nothing to go on with", () => {
    const resume = (network: NeuralNetwork) => network.train(INPUTS, TARGETS, { epochs: 2, resume: true });
    const [fresh, ended, stopped, restored] = [1, 2, 3, 4].map(() => new NeuralNetwork(SGD)) as NeuralNetwork[];
    ended?.train(INPUTS, TARGETS, 2);
    stopped?.train(INPUTS, TARGETS, { epochs: 5, onEpoch: () => false });
    restored?.train(INPUTS, TARGETS, { epochs: 5, onStep: () => false });
    restored?.restore(new NeuralNetwork(SGD).snapshot());
    for (const network of [fresh, ended, stopped, restored] as NeuralNetwork[]) {
      const before = network.snapshot();
      expect(() => resume(network)).toThrow(NONE);
      expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
    }
  });

  const CUT: TrainOptions = { epochs: 4, batchSize: 2, shuffle: false, onStep: ({ step }) => step < 5 };

  test.each<[what: string, inputs: number[][], run: Partial<TrainOptions>, message: string]>([
    ["other rows", INPUTS.slice(1), {}, "as many rows as in the run that was cut, 5, got 4"],
    ["fewer rows left", INPUTS, { validation: { split: 0.3 } }, "as many rows as in the run that was cut, 5, got 3"],
    ["other batches", INPUTS, { batchSize: 3 }, "batches of as many rows as in the run that was cut, 2, got 3"],
    ["all rows in one batch", INPUTS, { batchSize: 9 }, "batches of as many rows as in the run that was cut, 2, got 5"],
    ["another order", INPUTS, { shuffle: true }, "shuffle as in the run that was cut, false, got true"],
    [
      "best weights that were not kept",
      INPUTS,
      { earlyStopping: true },
      "earlyStopping.restoreBest as in the run that was cut, false, got true",
    ],
  ])("%s", (_, inputs, more, message) => {
    const network = new NeuralNetwork(SGD);
    network.train(INPUTS, TARGETS, CUT);
    for (const each of [network, restoredFrom(network)]) {
      const before = each.snapshot();
      const targets = inputs.map((_row, row) => TARGETS[row] as number[]);
      const run = { epochs: 4, batchSize: 2, shuffle: false, ...more, resume: true };
      expect(() => each.train(inputs, targets, run)).toThrow(new RangeError(`resume: expected ${message}`));
      expectSameBits(Buffer.from(each.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
      each.train(INPUTS, TARGETS, { epochs: 4, batchSize: 2, shuffle: false, resume: true });
    }
  });

  test("nothing after other calls were refused", () => {
    const [network, twin] = [new NeuralNetwork(SGD), new NeuralNetwork(SGD)];
    for (const each of [network, twin]) each.train(INPUTS, TARGETS, CUT);
    const bad = INPUTS.map(() => [2]);
    const reach = "targets[0][0]: expected a number from 0 to 1, as sigmoid outputs are, got 2";
    expect(() => network.train(INPUTS, bad, { epochs: 1, shuffle: true, earlyStopping: true })).toThrow(new RangeError(reach));
    expect(() => network.gradients(INPUTS, bad, { training: true })).toThrow(new RangeError(reach));
    expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(twin.snapshot().buffer), "snapshot");
    for (const each of [network, twin]) each.train(INPUTS, TARGETS, { epochs: 4, batchSize: 2, shuffle: false, resume: true });
    expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(twin.snapshot().buffer), "snapshot");
  });

  test("no epochs, however many were made", () => {
    const network = new NeuralNetwork(SGD);
    network.train(INPUTS, TARGETS, CUT);
    const { epoch } = network.train(INPUTS, TARGETS, { epochs: Number.MAX_SAFE_INTEGER, batchSize: 2, shuffle: false, resume: true });
    expect(epoch).toEqual([4]);
  });

  function restoredFrom(network: NeuralNetwork): NeuralNetwork {
    const other = new NeuralNetwork(SGD);
    other.train(INPUTS, TARGETS, { epochs: 1, shuffle: true, earlyStopping: true });
    other.restore(network.snapshot());
    return other;
  }
});

describe.each(["onEpoch", "onStep"] as const)("from within %s", (callback) => {
  test.each<[method: string, call: (network: NeuralNetwork) => unknown]>([
    ["train", (network) => network.train(INPUTS, TARGETS, 1)],
    ["restore", (network) => network.restore(network.snapshot())],
    ["dispose", (network) => network.dispose()],
  ])("%s is refused", (method, call) => {
    const [network, twin] = [new NeuralNetwork(OPTIONS), new NeuralNetwork(OPTIONS)];
    let calls = 0;
    const tries = () => {
      const message = `${method}: expected no training to be under way`;
      expect(() => call(network)).toThrow(new TypeError(message));
      calls++;
    };
    network.train(INPUTS, TARGETS, { epochs: 3, [callback]: tries });
    twin.train(INPUTS, TARGETS, 3);
    expect(calls).toBe(3);
    expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(twin.snapshot().buffer), "snapshot");
    // And allowed again afterwards, also when the callback has thrown.
    const thrower = () => {
      throw new Error("mine");
    };
    expect(() => network.train(INPUTS, TARGETS, { epochs: 3, [callback]: thrower })).toThrow("mine");
    call(network);
  });
});
