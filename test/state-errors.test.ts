// Snapshots and runs that are refused: by an error that says why, and before anything has changed.

import {
  type LayerOptions,
  ModelFileError,
  type ModelFileErrorCode,
  type NetworkOptions,
  NeuralNetwork,
  type TrainOptions,
} from "feedforward";
import { describe, expect, test } from "vitest";
import { expectSameBits } from "./support/compare.js";
import { randomTable } from "./support/data.js";
import { edited, signed, withField } from "./support/model-file.js";

const INPUTS = randomTable(1, 5, 2);
const TARGETS = INPUTS.map((_, row) => [row % 2]);

/** The errors of `restore` by their codes. */
const MESSAGES: Partial<Record<ModelFileErrorCode, string>> = {
  notModelFile: "a model file",
  newerVersion: "version 1 of the format, got a newer one",
  damaged: "a model file that is neither cut off nor changed",
  otherNetwork: "the file of a network with the same options",
  malformedHeader: "a header that belongs to the configuration",
  unsoundNumbers: "numbers that a network can have",
};

const OPTIONS = { inputs: 2, layers: [{ units: 1 }], optimizer: { name: "lbfgs", historySize: 2 } } as const satisfies NetworkOptions;

/** A network that has learned a little, in a run that was cut. */
function trained(options: NetworkOptions = OPTIONS, run: Partial<TrainOptions> = {}): NeuralNetwork {
  const network = new NeuralNetwork(options);
  network.train(INPUTS, TARGETS, { epochs: 9, onStep: ({ step }) => step < 4, ...run });
  return network;
}

/** Expects that `call` throws this, an error or the code of one, and leaves the network as it was, and that its run can then be resumed. */
function refuses(
  network: NeuralNetwork,
  call: (network: NeuralNetwork) => unknown,
  error: Error | ModelFileErrorCode,
  run: Partial<TrainOptions> = {},
): void {
  const before = network.snapshot();
  let thrown: unknown;
  try {
    call(network);
  } catch (caught) {
    thrown = caught;
  }
  if (typeof error === "string") expectCode(thrown, error);
  else {
    expect(thrown).toEqual(error);
    expect((thrown as Error).constructor).toBe(error.constructor);
  }
  expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
  const twin = trained(OPTIONS, run);
  twin.restore(before);
  for (const each of [network, twin]) each.train(INPUTS, TARGETS, { epochs: 9, ...run, resume: true });
  expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(twin.snapshot().buffer), "snapshot of the resumed run");
}

function expectCode(thrown: unknown, code: ModelFileErrorCode): void {
  expect(thrown).toBeInstanceOf(ModelFileError);
  expect(thrown).toBeInstanceOf(RangeError);
  expect(thrown).toMatchObject({ name: "ModelFileError", code, message: `restore: expected ${MESSAGES[code]}` });
}

describe("restore refuses", () => {
  test.each<[given: unknown, shown: string]>([
    [undefined, "undefined"],
    [null, "null"],
    ["file", '"file"'],
    [Array.from(trained().snapshot()).slice(0, 3), "an array of 3 elements"],
    [trained().snapshot().buffer, "an object (ArrayBuffer)"],
    [new Uint8ClampedArray(20), "a Uint8ClampedArray of 20 elements"],
  ])("what is no Uint8Array: %#", (given, shown) => {
    const error = new TypeError(`restore: expected a Uint8Array, got ${shown}`);
    refuses(trained(), (network) => network.restore(given as Uint8Array), error);
  });

  test("bytes that are no snapshot", () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(15), new Uint8Array(10_000)]) {
      refuses(trained(), (network) => network.restore(bytes), "notModelFile");
    }
  });

  test("a snapshot that was cut off or grew, and gone on from", () => {
    const network = trained();
    const before = network.snapshot();
    const longer = new Uint8Array(before.length + 8);
    longer.set(before);
    refuses(network, (each) => each.restore(longer), "damaged");
    refuses(trained(), (each) => each.restore(before.subarray(0, before.length - 8)), "damaged");
    refuses(trained(), (each) => each.restore(before.subarray(0, 1000)), "notModelFile");
  });

  test("a snapshot of a newer version", () => {
    const bytes = trained().snapshot();
    bytes[8 + '{"__metadata__":{"format":"feedforward","version":"'.length] = 0x32;
    refuses(trained(), (network) => network.restore(bytes), "newerVersion");
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
      expectCode(
        thrownBy(() => network.restore(other)),
        "otherNetwork",
      );
      expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
    }
  });

  test("a snapshot of L-BFGS with another length of history", () => {
    const other = trained({ ...OPTIONS, optimizer: { name: "lbfgs", historySize: 3 } }).snapshot();
    refuses(trained(), (network) => network.restore(other), "otherNetwork");
  });

  test.each<[name: string, field: string, value: number, code?: ModelFileErrorCode]>([
    ["more pairs than there is room for", "PairCount", 3],
    ["a newest pair beyond them", "PairNewest", 2],
    ["half an epoch", "Epoch", 1.5],
    ["less than no epochs", "Epoch", -1],
    ["steps that are no number", "Step", Number.NaN],
    ["a run without an end", "EpochTarget", Number.POSITIVE_INFINITY],
    ["a row behind the last", "Cursor", 5],
    ["a shuffle that is neither yes nor no", "Shuffle", 2],
    ["best weights that are neither there nor not", "RestoreBest", 2],
    ["no moments for its steps", "Step", 0, "malformedHeader"],
    ["best weights where it has none", "RestoreBest", 1, "malformedHeader"],
  ])("a snapshot that says %s", (_, field, value, code = "unsoundNumbers") => {
    const stopped = { earlyStopping: { restoreBest: false } };
    const file = withField(trained(OPTIONS, field === "RestoreBest" ? stopped : {}).snapshot(), "Run", field, value);
    refuses(trained(), (network) => network.restore(file), code);
  });

  test.each([0, 628])("a snapshot that says a generator beyond its words: %i", (from) => {
    const file = edited(trained().snapshot(), "generators", (words) => words.setUint32(4 * (from + 624), 625, true));
    refuses(trained(), (network) => network.restore(file), "unsoundNumbers");
  });

  test("a snapshot that is shorter than its header says, or longer", () => {
    const snapshot = trained().snapshot();
    for (const length of [snapshot.length - 8, snapshot.length + 8, 4000]) {
      const bytes = new Uint8Array(length);
      bytes.set(snapshot.subarray(0, length));
      refuses(trained(), (network) => network.restore(signed(bytes)), "malformedHeader");
    }
  });

  test("forged numbers where batches of batch normalisation are larger than a chunk leave room for them", () => {
    const options = { inputs: 2, layers: [{ units: 2, normalization: "batch" as const }, { units: 1 }] };
    const [network, twin] = [new NeuralNetwork(options), new NeuralNetwork(options)];
    const inputs = randomTable(2, 600, 2);
    const targets = inputs.map(() => [1]);
    const run = { epochs: 2, batchSize: 300, shuffle: false };
    for (const each of [network, twin]) each.train(inputs, targets, { ...run, onStep: ({ step }) => step < 3 });
    const few = withField(network.snapshot(), "Run", "BatchRows", 3);
    const forged = withField(withField(few, "Run", "RestoreBest", 1), "Run", "BestLoss", 1);
    expectCode(
      thrownBy(() => network.restore(forged)),
      "malformedHeader",
    );
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

  function thrownBy(call: () => unknown): unknown {
    try {
      call();
    } catch (error) {
      return error;
    }
    return undefined;
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
